-- The whole schema, as the SQLite migrations 0001 to 0004 leave it; what the columns mean stands there.
-- Every statement can be run again: MySQL commits each by itself, and a process may die in between.
-- Ids, codes and keys compare byte by byte. No foreign keys: they make conflicts between the nodes of
-- a Galera cluster, and TiDB has them only in newer versions.
CREATE TABLE IF NOT EXISTS customers (
    id         VARCHAR(32)  NOT NULL PRIMARY KEY,
    unionid    VARCHAR(128) NULL,
    mp_openid  VARCHAR(128) NULL,
    created_at BIGINT       NOT NULL,
    UNIQUE KEY customers_unionid (unionid),
    UNIQUE KEY customers_mp_openid (mp_openid)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS sessions (
    token_hash  VARBINARY(32) NOT NULL PRIMARY KEY,
    customer_id VARCHAR(32)   NOT NULL,
    expires_at  BIGINT        NOT NULL,
    KEY sessions_expires_at (expires_at),
    KEY sessions_customer_id (customer_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS coupons (
    id            VARCHAR(32) NOT NULL PRIMARY KEY,
    card_id       VARCHAR(64) NULL,
    status        VARCHAR(16) NOT NULL,
    draft         LONGTEXT    NOT NULL,
    ends_at       BIGINT      NULL,
    created_at    BIGINT      NOT NULL,
    checked_at    BIGINT      NOT NULL DEFAULT 0,
    refuse_reason TEXT        NULL,
    reviewed_at   BIGINT      NOT NULL DEFAULT 0,
    remaining     BIGINT      NULL,
    total         BIGINT      NULL,
    operation_id  VARCHAR(32) NULL,
    UNIQUE KEY coupons_card_id (card_id),
    KEY coupons_status (status, id),
    KEY coupons_checked_at (checked_at, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS claims (
    id               VARCHAR(32)   NOT NULL PRIMARY KEY,
    card_id          VARCHAR(64)   NOT NULL,
    code             VARCHAR(64)   NOT NULL,
    customer_id      VARCHAR(32)   NULL,
    status           VARCHAR(16)   NOT NULL,
    openid           VARCHAR(128)  NOT NULL,
    begins_at        BIGINT        NOT NULL,
    ends_at          BIGINT        NOT NULL,
    claimed_at       BIGINT        NOT NULL,
    redeemed_at      BIGINT        NULL,
    staff            VARCHAR(64)   NULL,
    terminal         VARCHAR(64)   NULL,
    status_at        BIGINT        NOT NULL DEFAULT 0,
    unionid          VARCHAR(128)  NULL,
    got_at           BIGINT        NULL,
    from_push        BIGINT        NOT NULL DEFAULT 0,
    operation_id     VARCHAR(32)   NULL,
    encrypt_hash     VARBINARY(32) NULL,
    consumed_at      BIGINT        NULL,
    consumed_by_hand BIGINT        NOT NULL DEFAULT 0,
    checked_at       BIGINT        NOT NULL DEFAULT 0,
    is_confirmed     BIGINT        NOT NULL DEFAULT 0,
    UNIQUE KEY claims_code (code, card_id),
    KEY claims_customer_id (customer_id, id),
    KEY claims_unionid (unionid),
    KEY claims_openid (openid),
    KEY claims_encrypt_hash (encrypt_hash),
    KEY claims_checked_at (status, checked_at),
    KEY claims_card_id (card_id, status)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS pushes (
    id          VARCHAR(32)   NOT NULL PRIMARY KEY,
    dedup       VARBINARY(32) NOT NULL,
    received_at BIGINT        NOT NULL,
    query       TEXT          NOT NULL,
    body        LONGBLOB      NOT NULL,
    message     LONGTEXT      NULL,
    event       VARCHAR(64)   NULL,
    card_id     VARCHAR(64)   NULL,
    code        VARCHAR(64)   NULL,
    state       VARCHAR(16)   NOT NULL,
    error       TEXT          NULL,
    tries       BIGINT        NOT NULL DEFAULT 0,
    due_at      BIGINT        NOT NULL DEFAULT 0,
    UNIQUE KEY pushes_dedup (dedup),
    KEY pushes_state (state, id),
    KEY pushes_due_at (state, due_at),
    KEY pushes_received_at (received_at),
    KEY pushes_card_id (card_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS operations (
    id             VARCHAR(32)   NOT NULL PRIMARY KEY,
    idem_key       VARCHAR(255)  NULL,
    fingerprint    VARBINARY(32) NOT NULL,
    kind           VARCHAR(16)   NOT NULL,
    subject        VARCHAR(64)   NOT NULL,
    request        LONGTEXT      NOT NULL,
    state          VARCHAR(16)   NOT NULL,
    owner          VARCHAR(255)  NULL,
    epoch          BIGINT        NOT NULL,
    lease_until    BIGINT        NOT NULL,
    may_have_acted BIGINT        NOT NULL DEFAULT 0,
    try_began_at   BIGINT        NULL,
    try_ended_at   BIGINT        NULL,
    due_at         BIGINT        NOT NULL DEFAULT 0,
    put_off        BIGINT        NOT NULL DEFAULT 0,
    answer_status  BIGINT        NULL,
    answer_body    LONGTEXT      NULL,
    request_id     VARCHAR(64)   NULL,
    created_at     BIGINT        NOT NULL,
    updated_at     BIGINT        NOT NULL,
    UNIQUE KEY operations_idem_key (idem_key),
    KEY operations_state (state, due_at),
    KEY operations_subject (subject),
    KEY operations_updated_at (updated_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS history (
    id           VARCHAR(32) NOT NULL PRIMARY KEY,
    subject_kind VARCHAR(16) NOT NULL,
    subject_id   VARCHAR(32) NOT NULL,
    who          VARCHAR(16) NOT NULL,
    what         VARCHAR(64) NOT NULL,
    why          TEXT        NULL,
    request_id   VARCHAR(64) NULL,
    at           BIGINT      NOT NULL,
    clock        VARCHAR(16) NOT NULL,
    KEY history_subject (subject_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS probes (
    id   VARCHAR(32) NOT NULL PRIMARY KEY,
    data LONGBLOB    NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS credentials (
    app_id     VARCHAR(64) NOT NULL,
    kind       VARCHAR(32) NOT NULL,
    value      TEXT        NOT NULL,
    expires_at BIGINT      NOT NULL,
    first_seen BIGINT      NOT NULL,
    checked_at BIGINT      NOT NULL,
    version    BIGINT      NOT NULL DEFAULT 1,
    PRIMARY KEY (app_id, kind)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS leases (
    name        VARCHAR(191) NOT NULL PRIMARY KEY,
    holder      VARCHAR(255) NOT NULL,
    lease_until BIGINT       NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS reconciliations (
    id         VARCHAR(32) NOT NULL PRIMARY KEY,
    cause      VARCHAR(16) NOT NULL,
    started_at BIGINT      NOT NULL,
    ended_at   BIGINT      NULL,
    asked      BIGINT      NOT NULL DEFAULT 0,
    failed     BIGINT      NOT NULL DEFAULT 0,
    changed    BIGINT      NOT NULL DEFAULT 0,
    KEY reconciliations_started_at (started_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS drifts (
    id                VARCHAR(32) NOT NULL PRIMARY KEY,
    reconciliation_id VARCHAR(32) NOT NULL,
    subject_kind      VARCHAR(16) NOT NULL,
    subject_id        VARCHAR(64) NOT NULL,
    what              VARCHAR(64) NOT NULL,
    was               TEXT        NULL,
    became            TEXT        NULL,
    KEY drifts_reconciliation_id (reconciliation_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS foreign_cards (
    card_id VARCHAR(64) NOT NULL PRIMARY KEY,
    seen_at BIGINT      NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS holders (
    openid  VARCHAR(128) NOT NULL PRIMARY KEY,
    unionid VARCHAR(128) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
