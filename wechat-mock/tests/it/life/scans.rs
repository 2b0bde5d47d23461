//! Claims by QR code, before the review, and redemption without staff.

use serde_json::{Value, json};

use super::on_phone;
use crate::support::{DAY, TestMock};

/// The ticket of a fresh QR code.
async fn qr(test: &TestMock, call: Value) -> Value {
    let answer = test.post("/card/qrcode/create", &call).await.json();
    assert_eq!(answer["errcode"], 0, "{answer}");
    answer
}

fn one(card: &Value) -> Value {
    json!({"action_name": "QR_CARD", "action_info": {"card": card}})
}

fn ticket(qr: &Value) -> &str {
    qr["ticket"].as_str().unwrap()
}

#[tokio::test]
async fn a_qr_code_is_claimed_with_by_ticket_or_url() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let qr = qr(
        &test,
        one(&json!({"card_id": card_id, "outer_str": "shop-7"})),
    )
    .await;

    let outcome = test.mock.user("alice").scan(ticket(&qr)).unwrap();
    assert_eq!(outcome.err_msg(), "scan:ok");
    assert!(outcome.encrypted_code().is_some());
    let by_url = json!({"url": qr["url"]});
    let answer = test.control("POST", "users/bob/scan", &by_url).await.json();
    assert_eq!(answer["cardList"][0]["isSuccess"], true);
    assert_eq!(
        test.mock.user("bob").wallet().unwrap()[0]["outer_str"],
        "shop-7"
    );

    for (body, status) in [
        (json!({}), 422),
        (json!({"url": qr["url"], "ticket": qr["ticket"]}), 422),
        (json!({"ticket": "nonsense"}), 404),
    ] {
        let answer = test.control("POST", "users/bob/scan", &body).await;
        assert_eq!(answer.status, status, "{body}");
    }
}

#[tokio::test]
async fn several_cards_are_claimed_at_once_each_by_itself() {
    let test = TestMock::start().await;
    let (first, second) = (test.create().await, test.create().await);
    let call = json!({
        "action_name": "QR_MULTIPLE_CARD",
        "action_info": {"multiple_card": {"card_list": [{"card_id": first}, {"card_id": second}]}},
    });
    let qr = qr(&test, call).await;
    test.post("/card/delete", &json!({"card_id": first})).await;
    let outcome = test.mock.user("alice").scan(ticket(&qr)).unwrap();
    let taken = &outcome.raw()["cardList"];
    assert_eq!(
        (&taken[0]["isSuccess"], &taken[1]["isSuccess"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(outcome.explain()["rule"], "WX-CLM-004");
}

#[tokio::test]
async fn a_qr_code_for_one_is_used_once_and_ends() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let unique = qr(
        &test,
        one(&json!({"card_id": card_id, "is_unique_code": true})),
    )
    .await;
    assert!(
        test.mock
            .user("alice")
            .scan(ticket(&unique))
            .unwrap()
            .is_success()
    );
    let again = test.mock.user("bob").scan(ticket(&unique)).unwrap();
    assert_eq!(again.explain()["rule"], "WX-CLM-020");

    let openid = test.openid("bob").await;
    let own = qr(&test, one(&json!({"card_id": card_id, "openid": openid}))).await;
    let wrong = test.mock.user("carol").scan(ticket(&own)).unwrap();
    assert_eq!(wrong.explain()["rule"], "WX-CLM-014");
    assert!(
        test.mock
            .user("bob")
            .scan(ticket(&own))
            .unwrap()
            .is_success()
    );

    let mut short = one(&json!({"card_id": card_id}));
    short["expire_seconds"] = json!(60);
    let short = qr(&test, short).await;
    test.mock.clock().advance(60).unwrap();
    let body = json!({"ticket": short["ticket"]});
    let late = test.control("POST", "users/carol/scan", &body).await;
    assert_eq!(late.status, 409);
}

#[tokio::test]
async fn the_picture_of_a_qr_code_is_at_the_mocks_own_address() {
    let test = TestMock::start().await;
    let qr = qr(&test, one(&json!({"card_id": test.create().await}))).await;
    let url = qr["show_qrcode_url"].as_str().unwrap();
    let path = url.strip_prefix("https://mp.weixin.qq.com").unwrap();
    let picture = test.get(path).await;
    assert_eq!(picture.content_type, "image/svg+xml");
    assert!(picture.text().contains("<svg"));
}

#[tokio::test]
async fn people_on_the_test_list_claim_what_is_not_reviewed() {
    let test = TestMock::start().await;
    let oa = test.mock.official_account();
    let path = format!("accounts/{}", oa.appid);
    test.control("PATCH", &path, &json!({"review": "manual"}))
        .await;
    let card_id = test.create().await;
    let listed = json!({"username": ["alice"]});
    test.post("/card/testwhitelist/set", &listed).await;
    assert!(test.claim("alice", &card_id, "1").await.is_success());
    assert!(!test.claim("bob", &card_id, "2").await.is_success());
    test.post("/card/testwhitelist/set", &json!({"username": ["bob"]}))
        .await;
    assert!(test.claim("bob", &card_id, "3").await.is_success());
}

#[tokio::test]
async fn a_customer_redeems_by_themselves_when_the_cell_is_open() {
    let mut test = TestMock::start().await;
    let card_id = test
        .create_with(|base| {
            base["use_all_locations"] = json!(true);
            for key in ["center_title", "center_sub_title", "center_url"] {
                base[key] = json!("");
            }
        })
        .await;
    let code = test.claimed_of("alice", &card_id, "1").await;
    let closed = on_phone(&test, "alice", &code, "consume", Value::Null).await;
    assert_eq!(closed.status, 409);
    let cell = json!({
        "card_id": card_id, "is_open": true, "need_verify_cod": true, "need_remark_amount": true,
    });
    assert_eq!(
        test.post("/card/selfconsumecell/set", &cell)
            .await
            .errcode(),
        0
    );
    for (body, status) in [
        (json!({"remark_amount": "100"}), 422),
        (json!({"verify_code": "123"}), 422),
        (json!({"verify_code": "123", "remark_amount": "100"}), 200),
        (json!({"verify_code": "123", "remark_amount": "100"}), 409),
    ] {
        let answer = on_phone(&test, "alice", &code, "consume", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    test.mock.clock().advance(DAY).unwrap();
    test.token = test.token_of("oa").await;
    assert_eq!(super::status(&test, &code).await, "CONSUMED");
}
