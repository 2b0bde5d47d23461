//! A card under review, changed, and deleted.

use serde_json::{Value, json};

use super::{giveable, status};
use crate::support::{DAY, NOW, TestMock};

async fn shown(test: &TestMock, card_id: &str) -> Value {
    let answer = test.post("/card/get", &json!({"card_id": card_id})).await;
    answer.json()["card"]["general_coupon"]["base_info"].clone()
}

async fn change(test: &TestMock, card_id: &str, base: Value) -> Value {
    let call = json!({"card_id": card_id, "general_coupon": {"base_info": base}});
    test.post("/card/update", &call).await.json()
}

#[tokio::test]
async fn a_reviewed_field_sends_the_card_to_review_again() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let path = format!("accounts/{}", test.mock.official_account().appid);
    test.control("PATCH", &path, &json!({"review": {"after": 60}}))
        .await;

    let answer = change(&test, &card_id, json!({"service_phone": "020"})).await;
    assert_eq!(answer["send_check"], false);
    assert_eq!(
        shown(&test, &card_id).await["status"],
        "CARD_STATUS_VERIFY_OK"
    );

    let answer = change(&test, &card_id, json!({"notice": "请出示"})).await;
    assert_eq!(answer["send_check"], true);
    test.mock.clock().advance(59).unwrap();
    // Changed again, it waits from the beginning.
    change(&test, &card_id, json!({"notice": "请出示二维码"})).await;
    test.mock.clock().advance(59).unwrap();
    let card = shown(&test, &card_id).await;
    assert_eq!(
        (&card["status"], &card["notice"]),
        (&json!("CARD_STATUS_NOT_VERIFY"), &json!("请出示二维码"))
    );
    assert!(!test.claim("alice", &card_id, "n").await.is_success());
    test.mock.clock().advance(1).unwrap();
    assert_eq!(
        shown(&test, &card_id).await["status"],
        "CARD_STATUS_VERIFY_OK"
    );
}

#[tokio::test]
async fn a_wider_range_reaches_the_codes_in_the_wallets() {
    let mut test = TestMock::start().await;
    let card_id = test.create().await;
    let code = test.claimed_of("alice", &card_id, "n").await;
    let dates = json!({"date_info": {
        "type": "DATE_TYPE_FIX_TIME_RANGE",
        "begin_timestamp": NOW.to_string(), "end_timestamp": (NOW + 40 * DAY).to_string(),
    }});
    assert_eq!(change(&test, &card_id, dates).await["send_check"], false);
    test.mock.clock().advance(35 * DAY).unwrap();
    test.token = test.token_of("oa").await;
    assert_eq!(status(&test, &code).await, "NORMAL");
    assert!(test.claim("bob", &card_id, "n-2").await.is_success());
}

#[tokio::test]
async fn a_change_that_is_refused_changes_nothing() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let before = shown(&test, &card_id).await;
    for base in [
        json!({"notice": "好", "title": "新"}),
        json!({"notice": "好", "get_limit": 51}),
        json!({"notice": "好", "date_info": {"type": "DATE_TYPE_PERMANENT"}}),
    ] {
        assert_ne!(change(&test, &card_id, base).await["errcode"], 0);
    }
    assert_eq!(shown(&test, &card_id).await, before);
}

#[tokio::test]
async fn a_deleted_card_is_claimed_no_more_and_its_codes_live_on() {
    let test = TestMock::start().await;
    let card_id = giveable(&test).await;
    let code = test.claimed_of("alice", &card_id, "1").await;
    let call = json!({"card_id": card_id});
    assert_eq!(test.post("/card/delete", &call).await.errcode(), 0);
    assert_eq!(test.post("/card/delete", &call).await.errcode(), 40078);
    // The page of card/get lists the status of deleted cards.
    let shown = test.post("/card/get", &call).await.json();
    let base = &shown["card"]["general_coupon"]["base_info"];
    assert_eq!(base["status"], "CARD_STATUS_DELETE");
    assert!(!test.claim("bob", &card_id, "2").await.is_success());
    let review = json!({"pass": true});
    let path = format!("cards/{card_id}/review");
    assert_eq!(test.control("POST", &path, &review).await.status, 409);

    test.mock.user("alice").gift(&code, "bob").unwrap();
    let code = test.mock.user("bob").accept(&code).unwrap();
    let consumed = test
        .post("/card/code/consume", &json!({"code": code}))
        .await;
    assert_eq!(consumed.errcode(), 0);
}

#[tokio::test]
async fn a_deletion_outlives_a_review_that_was_under_way() {
    let test = TestMock::start().await;
    let path = format!("accounts/{}", test.mock.official_account().appid);
    test.control("PATCH", &path, &json!({"review": {"after": 60}}))
        .await;
    let card_id = test.create().await;
    test.post("/card/delete", &json!({"card_id": card_id}))
        .await;
    test.mock.clock().advance(60).unwrap();
    let deleted = json!({"offset": 0, "count": 1, "status_list": ["CARD_STATUS_DELETE"]});
    let answer = test.post("/card/batchget", &deleted).await.json();
    assert_eq!(answer["card_id_list"], json!([card_id]));
}
