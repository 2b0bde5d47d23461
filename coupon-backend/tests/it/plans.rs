//! No statement that the service runs while it works reads a whole table.
//!
//! The statements are those that the real program ran, taken from its log; their plans are the
//! database's own, over tables with some thousand rows.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlx::{AnyPool, Row};
use tokio::process::Command;

use crate::{
    killed::Program,
    kills::shop_on_a_road,
    support::{ADMIN, NOW, Shop, send},
};

/// Tables whose size is bounded: by the number of instances, kinds or databases.
const BOUNDED: [&str; 5] = [
    "migration_lock",
    "credentials",
    "credential_leases",
    "leases",
    "tables",
];
/// Tables that grow.
const LARGE: [&str; 7] = [
    "customers",
    "coupons",
    "claims",
    "pushes",
    "operations",
    "history",
    "sessions",
];

/// What the program ran in the course of claims, redemptions, lists and its own work.
async fn statements() -> (Shop, BTreeSet<String>) {
    let (mut shop, _road) = shop_on_a_road(1).await;
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "exec \"$0\" 2>\"$LOG\"",
            env!("CARGO_BIN_EXE_coupon-backend"),
        ])
        .env("RUST_LOG", "sqlx::query=debug")
        .env("NO_COLOR", "1")
        .env("LOG", log.path());
    let mut program = Program::run(command, &shop.settings()).await;
    shop.service = program.service.shared();
    let (id, card_id) = shop
        .coupon_with(|draft| draft["valid"] = json!({"days": 30, "starts_after_days": 0}))
        .await;
    let claimed = shop.claimed_of("alice", &id, &card_id).await;
    let again = shop
        .claim(&claimed.session, &card_id, &claimed.encrypted)
        .await;
    assert_eq!(again.status, 200);
    for _ in 0..2 {
        let redeemed = send(shop.service.keyed_redeem(&claimed.code, "k")).await;
        assert_eq!(redeemed.status, 200, "{}", redeemed.text);
    }
    let lists = [
        ("/admin/v1/coupons", ADMIN),
        ("/admin/v1/claims", ADMIN),
        ("/admin/v1/pushes?state=pending", ADMIN),
        ("/v1/coupons", claimed.session.as_str()),
        ("/v1/claims", claimed.session.as_str()),
    ];
    for (path, token) in lists {
        let list = shop.service.call("GET", path, token, &Value::Null).await;
        assert_eq!(list.status, 200, "{path}: {}", list.text);
    }
    // Ended in order, so that its log is whole.
    program.signal("-TERM").await;
    assert!(program.child.wait().await.unwrap().success());
    let log = std::fs::read_to_string(log.path()).unwrap();
    (shop, log.lines().filter_map(statement).collect())
}

/// The statement of a line of the log, which a summary stands for where it is short.
fn statement(line: &str) -> Option<String> {
    let text = ["db.statement=\"", "summary=\""]
        .iter()
        .filter_map(|mark| line.split_once(mark))
        .map(|(_, rest)| rest)
        .find(|rest| !rest.starts_with('"'))?;
    // The fields are written as Rust writes a string.
    let end = text
        .char_indices()
        .scan(false, |is_escaped, (at, c)| {
            let is_end = c == '"' && !*is_escaped;
            *is_escaped = c == '\\' && !*is_escaped;
            Some((at, is_end))
        })
        .find_map(|(at, is_end)| is_end.then_some(at))?;
    let sql = text[..end].replace("\\n", " ").replace("\\\"", "\"");
    let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = sql.split(' ').next()?.to_uppercase();
    let has_a_plan = match first.as_str() {
        "SELECT" | "UPDATE" | "DELETE" => sql.contains(" FROM ") || first == "UPDATE",
        _ => false,
    };
    // The migrations' own table has a row for each of them, and is read at the start alone.
    (has_a_plan && !sql.contains("_sqlx_migrations")).then_some(sql)
}

/// Fills the large tables, so that an index is worth its while.
async fn fill(ledger: &AnyPool, is_on_a_server: bool) {
    let ten = "(SELECT 0 AS i UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 \
                UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7)";
    let numbers = format!(
        "(SELECT a.i + 8 * b.i + 64 * c.i + 512 * d.i AS n \
         FROM {ten} a, {ten} b, {ten} c, {ten} d) numbers"
    );
    for insert in [
        "customers (id, mp_openid, created_at) SELECT CONCAT('u', n), CONCAT('o', n), n".to_owned(),
        format!(
            "coupons (id, card_id, status, draft, created_at) \
         SELECT CONCAT('c', n), CONCAT('p', n), 'approved', '{{}}', {NOW} + n"
        ),
        format!(
            "claims (id, card_id, code, customer_id, status, openid, begins_at, ends_at, claimed_at) \
         SELECT CONCAT('l', n), CONCAT('p', n), CONCAT('k', n), CONCAT('u', n), 'claimed', 'o', n, {NOW}, n"
        ),
        format!(
            "pushes (id, dedup, received_at, query, body, card_id, code, state) \
         SELECT CONCAT('w', n), CONCAT('d', n), {NOW} + n, '', x'', CONCAT('p', n), CONCAT('k', n), 'done'"
        ),
        format!(
            "operations (id, idem_key, fingerprint, kind, subject, request, state, epoch, \
         lease_until, created_at, updated_at) SELECT CONCAT('x', n), CONCAT('i', n), x'', 'redeem', \
         CONCAT('l', n), '{{}}', 'done', 1, 0, {NOW}, {NOW} + n"
        ),
        "history (id, subject_kind, subject_id, who, what, at, clock) \
         SELECT CONCAT('h', n), 'claim', CONCAT('l', n), 'system', 'claimed', n, 'ours'"
            .to_owned(),
        format!(
            "sessions (token_hash, customer_id, expires_at) \
         SELECT CONCAT('t', n), CONCAT('u', n), {NOW} + n"
        ),
    ] {
        // SQLite's binary columns take no text.
        let binary = if is_on_a_server { "BINARY" } else { "BLOB" };
        let insert = insert
            .replace(
                "CONCAT('d', n)",
                &format!("CAST(CONCAT('d', n) AS {binary})"),
            )
            .replace(
                "CONCAT('t', n)",
                &format!("CAST(CONCAT('t', n) AS {binary})"),
            );
        let sql = format!("INSERT INTO {insert} FROM {numbers}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(ledger)
            .await
            .unwrap();
    }
}

/// A statement with values in place of its parameters.
fn with_values(sql: &str) -> String {
    let mut parts = sql.split('?');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let value = if filled.ends_with("LIMIT ") {
            "100"
        } else {
            "'1'"
        };
        filled.push_str(value);
        filled.push_str(part);
    }
    filled
}

/// The tables that SQLite reads from end to end.
async fn scanned_by_sqlite(ledger: &AnyPool, sql: &str) -> Vec<String> {
    let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", with_values(sql)));
    let plan = sqlx::raw_sql(sql).fetch_all(ledger).await.unwrap();
    plan.iter()
        .map(|row| row.get::<String, _>("detail"))
        .filter_map(|detail| {
            let table = detail.strip_prefix("SCAN ")?.split(' ').next()?;
            Some(table.to_owned())
        })
        .collect()
}

/// The tables, or whole indexes, that a MySQL server reads from end to end.
async fn scanned_by_server(ledger: &sqlx::MySqlPool, sql: &str) -> Vec<String> {
    let sql = sqlx::AssertSqlSafe(format!("EXPLAIN {}", with_values(sql)));
    let plan = sqlx::raw_sql(sql).fetch_all(ledger).await.unwrap();
    plan.iter()
        .filter(|row| {
            let access: Option<String> = row.get("type");
            // A range that holds every row is read in whole for that reason; what counts is that an
            // index was there to be taken.
            let keys: Option<String> = row.get("possible_keys");
            matches!(access.as_deref(), Some("ALL" | "index")) && keys.is_none()
        })
        .map(|row| row.get::<Option<String>, _>("table").unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn no_statement_of_the_running_service_reads_a_whole_table() {
    let (shop, statements) = statements().await;
    // The paths that this test is about.
    for part in [
        "FROM claims WHERE code = ?",
        "FROM claims WHERE customer_id = ?",
        "LEFT JOIN claims ON encrypt_hash = ?",
        "FROM known_openids WHERE openid IN (?",
        "FROM operations WHERE idem_key = ?",
        "FROM operations WHERE state = 'running'",
        "FROM operations WHERE state = 'unknown'",
        "FROM claims WHERE status = 'claimed'",
        "FROM known_openids WHERE asked_at",
        "UPDATE operations SET",
        "UPDATE claims SET",
        "FROM pushes WHERE state",
        "FROM coupons WHERE id < ? AND status = 'approved'",
        "FROM sessions",
    ] {
        assert!(
            statements.iter().any(|sql| sql.contains(part)),
            "{part} is not among {statements:#?}"
        );
    }
    let ledger = shop.ledger().await;
    fill(&ledger, shop.is_on_a_server()).await;
    let mut faults = Vec::new();
    for sql in &statements {
        let mut scanned = if shop.is_on_a_server() {
            let server = sqlx::MySqlPool::connect(shop.ledger_url()).await.unwrap();
            for table in LARGE {
                let analyze = sqlx::AssertSqlSafe(format!("ANALYZE TABLE {table}"));
                sqlx::raw_sql(analyze).execute(&server).await.unwrap();
            }
            scanned_by_server(&server, sql).await
        } else {
            scanned_by_sqlite(&ledger, sql).await
        };
        scanned.retain(|table| !BOUNDED.contains(&table.as_str()));
        if !scanned.is_empty() {
            faults.push(format!("{scanned:?}: {sql}"));
        }
    }
    assert!(faults.is_empty(), "whole tables are read: {faults:#?}");
}
