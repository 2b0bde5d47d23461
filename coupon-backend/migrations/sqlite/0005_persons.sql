-- Which customer an openid of a mini-program is. A person has one in each mini-program that the shop
-- ever had; customers.mp_openid is no longer read.
CREATE TABLE mp_openids (
    openid      TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (id)
) STRICT;
CREATE INDEX mp_openids_customer_id ON mp_openids (customer_id);
INSERT INTO mp_openids (openid, customer_id)
SELECT mp_openid, id FROM customers WHERE mp_openid IS NOT NULL;

-- Customers of whom it turned out that they are the same person as another.
CREATE TABLE merged_customers (
    id          TEXT NOT NULL PRIMARY KEY,
    merged_into TEXT NOT NULL
) STRICT;
CREATE INDEX merged_customers_into ON merged_customers (merged_into);

-- Openids of the Official Account that ever held a code, and when WeChat was last asked what they hold.
CREATE TABLE known_openids (
    openid   TEXT    NOT NULL PRIMARY KEY,
    asked_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX known_openids_asked_at ON known_openids (asked_at);
INSERT INTO known_openids (openid) SELECT DISTINCT openid FROM claims WHERE openid <> '';
