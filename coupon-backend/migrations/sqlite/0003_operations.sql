-- What may act at WeChat is a row of its own. States:
--   'running'    its owner works on it until lease_until, renewed while it works;
--   'unknown'    WeChat may have acted, its answer was lost; looked into again at due_at;
--   'released'   it surely did not act, or the refusal passes with time: a repeat starts it again;
--   'superseded' another operation took over what it had begun; a repeat starts it again;
--   'done'       the answer is final and kept.
CREATE TABLE operations (
    id            TEXT    NOT NULL PRIMARY KEY,
    -- The Idempotency-Key, where the call had one.
    idem_key      TEXT    UNIQUE,
    -- SHA-256 of the call and its body, by meaning.
    fingerprint   BLOB    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('create', 'redeem', 'stock', 'withdraw', 'void')),
    -- What it is about: the id of the claim or of the coupon.
    subject       TEXT    NOT NULL,
    request       TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('running', 'unknown', 'released', 'superseded', 'done')),
    -- The process that works on it, and how often it changed hands.
    owner         TEXT,
    epoch         INTEGER NOT NULL,
    lease_until   INTEGER NOT NULL,
    -- 1 once an earlier try may have acted.
    may_have_acted INTEGER NOT NULL DEFAULT 0,
    -- The first try that may have acted began, the last one ended; by our clock.
    try_began_at  INTEGER,
    try_ended_at  INTEGER,
    -- When somebody looks into it again, and how often that was put off.
    due_at        INTEGER NOT NULL DEFAULT 0,
    put_off       INTEGER NOT NULL DEFAULT 0,
    -- The last answer; final when done.
    answer_status INTEGER,
    answer_body   TEXT,
    request_id    TEXT,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX operations_state ON operations (state, due_at);
CREATE INDEX operations_subject ON operations (subject);
CREATE INDEX operations_updated_at ON operations (updated_at);

-- Who did what, when and why. Rows are added, never changed.
CREATE TABLE history (
    id           TEXT    NOT NULL PRIMARY KEY,
    -- 'claim' or 'coupon', and its id.
    subject_kind TEXT    NOT NULL CHECK (subject_kind IN ('claim', 'coupon')),
    subject_id   TEXT    NOT NULL,
    who          TEXT    NOT NULL CHECK (who IN ('customer', 'staff', 'wechat', 'reconciler', 'system')),
    what         TEXT    NOT NULL,
    why          TEXT,
    request_id   TEXT,
    at           INTEGER NOT NULL,
    -- Whose clock that was: 'ours' or 'wechat'.
    clock        TEXT    NOT NULL CHECK (clock IN ('ours', 'wechat'))
) STRICT;
CREATE INDEX history_subject ON history (subject_id, id);

-- A write that is rolled back tells whether writing is possible at all.
CREATE TABLE probes (
    id   TEXT NOT NULL PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;

-- The operation that holds the code while it is redeemed.
ALTER TABLE claims ADD COLUMN operation_id TEXT;
-- SHA-256 of what the customer's page claimed it with: a repeat is answered without asking WeChat.
ALTER TABLE claims ADD COLUMN encrypt_hash BLOB;
CREATE INDEX claims_encrypt_hash ON claims (encrypt_hash);
-- When WeChat says that it was consumed (its push, its clock), and whether by hand.
ALTER TABLE claims ADD COLUMN consumed_at INTEGER;
ALTER TABLE claims ADD COLUMN consumed_by_hand INTEGER NOT NULL DEFAULT 0;

-- Redemptions whose end nobody knew go on as operations.
INSERT INTO operations (id, fingerprint, kind, subject, request, state, epoch, lease_until,
    may_have_acted, try_began_at, try_ended_at, created_at, updated_at)
SELECT redeem_try, x'', 'redeem', id,
    json_object('claim_id', id, 'code', code, 'card_id', card_id),
    'unknown', 1, 0, 1, redeem_began_at, redeem_began_at + 30, redeem_began_at, redeem_began_at
FROM claims WHERE redeem_state IN ('running', 'unknown') AND redeem_try IS NOT NULL;
UPDATE claims SET operation_id = redeem_try
WHERE redeem_state IN ('running', 'unknown') AND redeem_try IS NOT NULL;
UPDATE claims SET consumed_at = redeemed_at WHERE status = 'redeemed' AND redeem_state IS NULL;
ALTER TABLE claims DROP COLUMN redeem_state;
ALTER TABLE claims DROP COLUMN redeem_try;
ALTER TABLE claims DROP COLUMN redeem_began_at;

-- Answers that were kept go on being kept; a call that was under way gives its key back.
INSERT INTO operations (id, idem_key, fingerprint, kind, subject, request, state, epoch, lease_until,
    answer_status, answer_body, created_at, updated_at)
SELECT lower(hex(randomblob(16))), key, fingerprint, 'redeem', '', '{}', 'done', 1, 0,
    status, body, began_at, began_at
FROM idempotency WHERE status IS NOT NULL;
DROP TABLE idempotency;

-- Each save of a token or ticket counts one further; only who knows the count may save.
ALTER TABLE credentials ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- Who may fetch a new token or ticket until when.
CREATE TABLE credential_leases (
    app_id      TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    holder      TEXT    NOT NULL,
    lease_until INTEGER NOT NULL,
    PRIMARY KEY (app_id, kind)
) STRICT;
