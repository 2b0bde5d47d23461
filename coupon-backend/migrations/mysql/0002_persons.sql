-- As the SQLite migration 0005. Every statement can be run again.
CREATE TABLE IF NOT EXISTS mp_openids (
    openid      VARCHAR(128) NOT NULL PRIMARY KEY,
    customer_id VARCHAR(32)  NOT NULL,
    KEY mp_openids_customer_id (customer_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
INSERT IGNORE INTO mp_openids (openid, customer_id)
SELECT mp_openid, id FROM customers WHERE mp_openid IS NOT NULL;

CREATE TABLE IF NOT EXISTS merged_customers (
    id          VARCHAR(32) NOT NULL PRIMARY KEY,
    merged_into VARCHAR(32) NOT NULL,
    KEY merged_customers_into (merged_into)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS known_openids (
    openid   VARCHAR(128) NOT NULL PRIMARY KEY,
    asked_at BIGINT       NOT NULL DEFAULT 0,
    KEY known_openids_asked_at (asked_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
INSERT IGNORE INTO known_openids (openid) SELECT DISTINCT openid FROM claims WHERE openid <> '';
