-- What WeChat pushed. It is kept before it is answered, and acted upon afterwards: 'pending' until then.
CREATE TABLE pushes (
    id          TEXT    NOT NULL PRIMARY KEY,
    -- SHA-256 of what is the same when WeChat sends it again; of the body when that cannot be read.
    dedup       BLOB    NOT NULL UNIQUE,
    received_at INTEGER NOT NULL,
    query       TEXT    NOT NULL,
    body        BLOB    NOT NULL,
    -- In clear; null when it cannot be read.
    message     TEXT,
    event       TEXT,
    card_id     TEXT,
    code        TEXT,
    state       TEXT    NOT NULL CHECK (state IN ('pending', 'done', 'ignored', 'unknown_card', 'unreadable')),
    -- Why it cannot be read, or could not be acted upon so far.
    error       TEXT,
    tries       INTEGER NOT NULL DEFAULT 0,
    -- A push that failed waits until then.
    due_at      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX pushes_state ON pushes (state, id);
CREATE INDEX pushes_received_at ON pushes (received_at);
CREATE INDEX pushes_card_id ON pushes (card_id);

-- When the status became what it is, by WeChat's clock; 0 where anything that is heard is newer.
ALTER TABLE claims ADD COLUMN status_at INTEGER NOT NULL DEFAULT 0;
UPDATE claims SET status_at = claimed_at WHERE status <> 'claimed';
-- Whose it is, by WeChat's word; the customer may not have logged in yet.
ALTER TABLE claims ADD COLUMN unionid TEXT;
-- When its holder got it, by the latest push that said so.
ALTER TABLE claims ADD COLUMN got_at INTEGER;
-- 1 for a row that a push made: its times are worked out from the coupon's draft.
ALTER TABLE claims ADD COLUMN from_push INTEGER NOT NULL DEFAULT 0;
CREATE INDEX claims_unionid ON claims (unionid);

-- Why the reviewers turned it down, and when they last said anything in a push.
ALTER TABLE coupons ADD COLUMN refuse_reason TEXT;
ALTER TABLE coupons ADD COLUMN reviewed_at INTEGER NOT NULL DEFAULT 0;
