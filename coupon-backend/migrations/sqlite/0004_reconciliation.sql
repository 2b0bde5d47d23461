-- Rights that one instance has at a time, such as to fetch a new token or to reconcile. `lease_until`
-- is told by the database's clock, which is the same for all.
CREATE TABLE leases (
    name        TEXT    NOT NULL PRIMARY KEY,
    holder      TEXT    NOT NULL,
    lease_until INTEGER NOT NULL
) STRICT;
DROP TABLE credential_leases;

-- WeChat's stock: what is left, and all that was ever put in. Null until WeChat has said.
ALTER TABLE coupons ADD COLUMN remaining INTEGER;
ALTER TABLE coupons ADD COLUMN total INTEGER;
-- The operation that changes the coupon's card.
ALTER TABLE coupons ADD COLUMN operation_id TEXT;

-- When WeChat was last asked about it; 0 when never, so that an index finds who is next.
ALTER TABLE coupons DROP COLUMN checked_at;
ALTER TABLE coupons ADD COLUMN checked_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX coupons_checked_at ON coupons (checked_at, id);

-- When WeChat was last asked how the code stands.
ALTER TABLE claims ADD COLUMN checked_at INTEGER NOT NULL DEFAULT 0;
-- 1 when an answer of WeChat's, and not a push alone, says that it was redeemed.
ALTER TABLE claims ADD COLUMN is_confirmed INTEGER NOT NULL DEFAULT 0;
UPDATE claims SET is_confirmed = 1 WHERE status = 'redeemed' AND consumed_at IS NULL;
CREATE INDEX claims_checked_at ON claims (status, checked_at);
CREATE INDEX claims_card_id ON claims (card_id, status);
CREATE INDEX pushes_due_at ON pushes (state, due_at);

-- Rounds in which ledger and WeChat were brought together.
CREATE TABLE reconciliations (
    id         TEXT    NOT NULL PRIMARY KEY,
    -- 'timer' or 'admin'.
    cause      TEXT    NOT NULL CHECK (cause IN ('timer', 'admin')),
    started_at INTEGER NOT NULL,
    -- Null while it runs, or when its process died.
    ended_at   INTEGER,
    -- Items about which WeChat was asked, and those about which it could not say anything.
    asked      INTEGER NOT NULL DEFAULT 0,
    failed     INTEGER NOT NULL DEFAULT 0,
    changed    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX reconciliations_started_at ON reconciliations (started_at);

-- What a round found to be other at WeChat than in the ledger.
CREATE TABLE drifts (
    id                TEXT NOT NULL PRIMARY KEY,
    reconciliation_id TEXT NOT NULL,
    -- 'claim', 'coupon', 'card' or 'operation', and its id.
    subject_kind      TEXT NOT NULL CHECK (subject_kind IN ('claim', 'coupon', 'card', 'operation')),
    subject_id        TEXT NOT NULL,
    what              TEXT NOT NULL,
    was               TEXT,
    became            TEXT
) STRICT;
CREATE INDEX drifts_reconciliation_id ON drifts (reconciliation_id, id);

-- Cards of the account that are none of ours: they are not asked about again.
CREATE TABLE foreign_cards (
    card_id TEXT    NOT NULL PRIMARY KEY,
    seen_at INTEGER NOT NULL
) STRICT;

-- Who stands behind an openid of the Official Account, by any push that told both: the push of a gift
-- that a friend took tells the openid alone.
CREATE TABLE holders (
    openid  TEXT NOT NULL PRIMARY KEY,
    unionid TEXT NOT NULL
) STRICT;
CREATE INDEX claims_openid ON claims (openid);
