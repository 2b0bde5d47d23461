-- Who the customers are. One person is one row: by WeChat's unionid, or, while none is known, by
-- the mini-program's openid.
CREATE TABLE customers (
    id         TEXT    NOT NULL PRIMARY KEY,
    unionid    TEXT    UNIQUE,
    mp_openid  TEXT    UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

-- Logins. The token itself is the customer's; here is its SHA-256.
CREATE TABLE sessions (
    token_hash  BLOB    NOT NULL PRIMARY KEY,
    customer_id TEXT    NOT NULL REFERENCES customers (id),
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_expires_at ON sessions (expires_at);
CREATE INDEX sessions_customer_id ON sessions (customer_id);

-- Kinds of card. A row without card_id is a create that WeChat has not answered (yet).
CREATE TABLE coupons (
    id         TEXT    NOT NULL PRIMARY KEY,
    card_id    TEXT    UNIQUE,
    status     TEXT    NOT NULL CHECK (status IN ('in_review', 'approved', 'refused', 'withdrawn', 'unknown')),
    draft      TEXT    NOT NULL,
    -- When nobody can claim it any more; null when it counts from the claim.
    ends_at    INTEGER,
    created_at INTEGER NOT NULL,
    -- When WeChat was last asked for the status.
    checked_at INTEGER
) STRICT;
CREATE INDEX coupons_status ON coupons (status, id);

-- One customer's card each. `redeem_*` is the story of its redemption:
--   redeem_state 'running' since redeem_began_at: somebody is asking WeChat,
--                'unknown': WeChat may have redeemed it, its answer was lost,
--                'done': it was redeemed here.
CREATE TABLE claims (
    id              TEXT    NOT NULL PRIMARY KEY,
    card_id         TEXT    NOT NULL REFERENCES coupons (card_id),
    code            TEXT    NOT NULL,
    -- Null for a code that was redeemed before anybody claimed it here.
    customer_id     TEXT    REFERENCES customers (id),
    status          TEXT    NOT NULL CHECK (status IN ('claimed', 'redeemed', 'gifted', 'deleted', 'expired', 'void')),
    -- The Official Account's openid of who holds it, as WeChat says.
    openid          TEXT    NOT NULL,
    begins_at       INTEGER NOT NULL,
    ends_at         INTEGER NOT NULL,
    claimed_at      INTEGER NOT NULL,
    redeemed_at     INTEGER,
    redeem_state    TEXT    CHECK (redeem_state IN ('running', 'unknown', 'done')),
    redeem_try      TEXT,
    redeem_began_at INTEGER,
    staff           TEXT,
    terminal        TEXT,
    UNIQUE (code, card_id)
) STRICT;
CREATE INDEX claims_customer_id ON claims (customer_id, id);

-- What was answered to a call with an Idempotency-Key; no status yet while it is under way.
CREATE TABLE idempotency (
    key         TEXT    NOT NULL PRIMARY KEY,
    -- SHA-256 of the call and its body.
    fingerprint BLOB    NOT NULL,
    began_at    INTEGER NOT NULL,
    status      INTEGER,
    body        TEXT
) STRICT;
CREATE INDEX idempotency_began_at ON idempotency (began_at);

-- The access token and the card ticket that all instances share.
CREATE TABLE credentials (
    app_id     TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    checked_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, kind)
) STRICT;
