//! Ledgers of earlier versions are opened, and nothing of them is lost.

use serde_json::Value;
use sha2::Digest;
use sqlx::SqlitePool;

use crate::support::{NOW, Shop, send};

/// Makes a shop's ledger one of the version before operations, with a redemption whose end nobody
/// knew and an answer that was kept.
async fn earlier_ledger(shop: &Shop, code: &str, card_id: &str) {
    let file = shop.ledger_file();
    for left in ["", "-wal", "-shm"] {
        let mut name = file.clone().into_os_string();
        name.push(left);
        if std::path::Path::new(&name).exists() {
            std::fs::remove_file(&name).unwrap();
        }
    }
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let ledger = SqlitePool::connect(&url).await.unwrap();
    sqlx::migrate!("migrations/sqlite")
        .run_to(2, &ledger)
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO coupons (id, card_id, status, draft, created_at) \
         VALUES ('c1', ?, 'approved', '{}', ?)",
    )
    .bind(card_id)
    .bind(NOW)
    .execute(&ledger)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO claims (id, card_id, code, status, openid, begins_at, ends_at, claimed_at, \
         redeem_state, redeem_try, redeem_began_at) \
         VALUES ('l1', ?, ?, 'claimed', 'o', ?, ?, ?, 'running', 't1', ?)",
    )
    .bind(card_id)
    .bind(code)
    .bind(NOW)
    .bind(NOW + 86_400)
    .bind(NOW)
    .bind(NOW)
    .execute(&ledger)
    .await
    .unwrap();
    // The bytes of the call and its empty body, as that version took them.
    let mut hashed = sha2::Sha256::new();
    hashed.update(format!("POST /admin/v1/codes/{code}/redeem\0"));
    let fingerprint = hashed.finalize();
    sqlx::query("INSERT INTO idempotency (key, fingerprint, began_at, status, body) VALUES ('old', ?, ?, 200, '{\"kept\":1}')")
        .bind(fingerprint.to_vec())
        .bind(NOW)
        .execute(&ledger)
        .await
        .unwrap();
    ledger.close().await;
}

#[tokio::test]
async fn a_redemption_that_an_earlier_version_left_unknown_goes_on_as_an_operation() {
    let mut shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    // WeChat has redeemed it; the process died.
    crate::redeem::consume_elsewhere(&shop, &claimed.code).await;
    shop.service.end().await;
    earlier_ledger(&shop, &claimed.code, &claimed.card_id).await;

    let mut settings = shop.settings();
    let url = format!("sqlite://{}", shop.ledger_file().display());
    settings.insert("COUPON_DATABASE_URL", url);
    let service = shop.instance_with(&settings).await;
    // The worker may be quicker; either way it is booked once.
    let mut settled = send(service.keyed_redeem(&claimed.code, "k")).await;
    for _ in 0..500 {
        if settled.status == 200 || settled.error().1 == "already_redeemed" {
            break;
        }
        settled = send(service.keyed_redeem(&claimed.code, "k")).await;
    }
    let list = service
        .call(
            "GET",
            "/admin/v1/claims",
            crate::support::ADMIN,
            &Value::Null,
        )
        .await;
    assert_eq!(list.json()["claims"][0]["status"], "redeemed");
    let other = send(service.keyed_redeem(&claimed.code, "old")).await;
    assert_eq!((other.status, other.text.as_str()), (200, "{\"kept\":1}"));
}
