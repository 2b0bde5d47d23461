//! `Idempotency-Key`: one call, one answer.

use serde_json::{Value, json};

use crate::support::{ADMIN, Answer, Shop, send};
use wechat_mock::{Fault, FaultKind};

async fn keyed(shop: &Shop, path: &str, key: &str, body: &Value) -> Answer {
    let request = shop
        .service
        .request("POST", path, ADMIN)
        .header("idempotency-key", key);
    let request = if body.is_null() {
        request
    } else {
        request.body(body.to_string())
    };
    send(request).await
}

#[tokio::test]
async fn a_repeat_with_the_same_key_gets_the_same_answer() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let path = format!("/admin/v1/codes/{}/redeem", claimed.code);
    let first = keyed(&shop, &path, "k-1", &Value::Null).await;
    shop.advance(60);
    let again = keyed(&shop, &path, "k-1", &Value::Null).await;
    assert_eq!((again.status, again.text), (200, first.text));
    let other = keyed(&shop, &path, "k-2", &Value::Null).await;
    assert_eq!(other.error(), (409, "already_redeemed".to_owned()));
    // Refusals are answers, too.
    let other = keyed(&shop, &path, "k-2", &Value::Null).await;
    assert_eq!(other.error(), (409, "already_redeemed".to_owned()));
    assert!(other.json()["error"]["request_id"].is_string());
}

#[tokio::test]
async fn a_key_belongs_to_one_call_and_body() {
    let shop = Shop::open().await;
    let draft = shop.draft().await;
    let first = keyed(&shop, "/admin/v1/coupons", "k", &draft).await;
    assert_eq!(first.status, 201);
    let mut other = draft.clone();
    other["title"] = json!("另一张券");
    for (path, body) in [
        ("/admin/v1/coupons", &other),
        ("/admin/v1/codes/1/redeem", &Value::Null),
    ] {
        let answer = keyed(&shop, path, "k", body).await;
        assert_eq!(
            answer.error(),
            (409, "idempotency_conflict".to_owned()),
            "{path}"
        );
    }
    let again = keyed(&shop, "/admin/v1/coupons", "k", &draft).await;
    assert_eq!((again.status, again.text), (201, first.text));
    assert_eq!(shop.calls("/card/create"), 1);
}

#[tokio::test]
async fn an_outage_is_no_answer_to_keep() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let path = format!("/admin/v1/codes/{}/redeem", claimed.code);
    shop.mock
        .faults()
        .add(
            Fault::new(FaultKind::Reset)
                .on("/card/code/consume")
                .times(1),
        )
        .unwrap();
    assert_eq!(keyed(&shop, &path, "k", &Value::Null).await.status, 503);
    assert_eq!(keyed(&shop, &path, "k", &Value::Null).await.status, 200);
}

#[tokio::test]
async fn calls_with_one_key_at_once_are_made_once() {
    let shop = Shop::open().await;
    let draft = shop.draft().await;
    let calls = (0..6).map(|_| keyed(&shop, "/admin/v1/coupons", "k", &draft));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().any(|answer| answer.status == 201));
    for answer in &answers {
        assert!([201, 409].contains(&answer.status), "{}", answer.text);
    }
    assert_eq!(shop.calls("/card/create"), 1);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let shop = Shop::open().await;
    let answer = keyed(
        &shop,
        "/admin/v1/codes/1/redeem",
        &"k".repeat(256),
        &Value::Null,
    )
    .await;
    assert_eq!(
        (answer.status, answer.fields()),
        (422, vec!["Idempotency-Key".to_owned()])
    );
}
