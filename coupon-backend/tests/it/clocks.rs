//! A clock that was wrong and was set right: what it wrote holds nothing up.

use serde_json::json;
use wechat_mock::{Fault, FaultKind};

use crate::{
    killed::until,
    support::{CALLBACK_TOKEN, DAY, NOW, Shop, send},
};

/// Every stored time before which nothing is done about its row.
const MARKS: [(&str, &str, &str); 5] = [
    ("coupons", "checked_at", "1 = 1"),
    ("claims", "checked_at", "status = 'claimed'"),
    ("known_openids", "asked_at", "1 = 1"),
    ("operations", "due_at", "state = 'unknown'"),
    ("pushes", "due_at", "state = 'pending'"),
];

/// Rows that wait for a time to come.
async fn waiting(shop: &Shop, (table, mark, condition): (&str, &str, &str)) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table} WHERE {mark} > {NOW} AND {condition}");
    let (count,): (i64,) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .fetch_one(&shop.ledger().await)
        .await
        .unwrap();
    count
}

#[tokio::test]
async fn a_mark_from_the_future_is_stale_whatever_it_marks() {
    let mut shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    // One whose outcome is not known.
    let (id, card_id) = shop.coupon().await;
    let lost = shop.claimed_of("bob", &id, &card_id).await;
    let fault = Fault::new(FaultKind::LostAnswer)
        .on("/card/code/consume")
        .times(1);
    shop.mock.faults().add(fault).unwrap();
    shop.forget_codes_after_one();
    let unknown = send(shop.service.keyed_redeem(&lost.code, "k")).await;
    assert_eq!(unknown.status, 503, "{}", unknown.text);
    shop.mock.faults().clear();
    shop.service.end().await;
    // And a push that could not be acted upon.
    let ledger = shop.ledger().await;
    let body = json!({"never": "read"}).to_string();
    sqlx::query(
        "INSERT INTO pushes (id, dedup, received_at, query, body, message, state) \
         VALUES ('p', ?, ?, '', ?, ?, 'pending')",
    )
    .bind(CALLBACK_TOKEN.as_bytes())
    .bind(NOW)
    .bind(body.as_bytes())
    .bind(&body)
    .execute(&ledger)
    .await
    .unwrap();
    for mark in MARKS {
        let (table, column, condition) = mark;
        let sql = format!(
            "UPDATE {table} SET {column} = {} WHERE {condition}",
            NOW + DAY
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&ledger)
            .await
            .unwrap();
        assert!(waiting(&shop, mark).await > 0, "{table} has none");
    }

    shop.service = shop.second_instance().await;
    for mark in MARKS {
        until(&format!("{mark:?}"), async || {
            waiting(&shop, mark).await == 0
        })
        .await;
    }
    let (state,): (String,) = sqlx::query_as("SELECT state FROM operations WHERE idem_key = 'k'")
        .fetch_one(&ledger)
        .await
        .unwrap();
    assert_eq!(state, "done");
    assert_eq!(shop.redeem(&claimed.code).await.status, 200);
}
