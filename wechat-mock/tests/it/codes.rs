//! `/card/code/…`: decrypt, get, consume.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{DAY, NOW, TestMock};

#[tokio::test]
async fn a_claimed_code_is_decrypted_read_and_consumed_once() {
    let test = TestMock::start().await;
    let (_, encrypted, code) = test.claimed("alice").await;
    assert_eq!((encrypted.len(), code.len()), (44, 12));

    let decrypted = test
        .post("/card/code/decrypt", &json!({"encrypt_code": encrypted}))
        .await;
    assert_snapshot!("decrypt", decrypted.shown());

    let read = test
        .post(
            "/card/code/get",
            &json!({"code": code, "check_consume": true}),
        )
        .await;
    assert_snapshot!("code_get", read.shown());

    let first = test
        .post("/card/code/consume", &json!({"code": code}))
        .await;
    assert_snapshot!("consume", first.shown());

    let second = test
        .post("/card/code/consume", &json!({"code": code}))
        .await;
    assert_snapshot!("consume_twice", second.shown());

    let read = test
        .post(
            "/card/code/get",
            &json!({"code": code, "check_consume": false}),
        )
        .await;
    assert_eq!(read.json()["user_card_status"], "CONSUMED");
    assert_eq!(read.json()["can_consume"], false);
}

#[tokio::test]
async fn only_the_account_of_a_code_can_decrypt_it() {
    let test = TestMock::start().await;
    let (_, encrypted, _) = test.claimed("alice").await;
    let other = test
        .control(
            "POST",
            "accounts",
            &json!({"kind": "official_account", "name": "other"}),
        )
        .await;
    assert_eq!(other.status, 201);
    let token = test.token_of("other").await;

    let request = test.request("POST", &format!("/card/code/decrypt?access_token={token}"));
    let answer = test
        .send(request.body(json!({"encrypt_code": encrypted}).to_string()))
        .await;
    assert_snapshot!("decrypt_foreign", answer.shown());
    assert_eq!(test.rule(&answer), "WX-COD-011");
}

#[tokio::test]
async fn what_is_no_encrypted_code_is_told_apart_in_the_explanation() {
    let test = TestMock::start().await;
    let (_, encrypted, code) = test.claimed("alice").await;
    for (text, rule) in [
        (code.clone(), "WX-COD-012"),
        ("AAAA".to_owned(), "WX-COD-010"),
        (
            format!("{} {}", &encrypted[..10], &encrypted[11..]),
            "WX-COD-010",
        ),
        (format!("{}=", "A".repeat(43)), "WX-COD-011"),
    ] {
        let answer = test
            .post("/card/code/decrypt", &json!({"encrypt_code": text}))
            .await;
        assert_eq!(
            (answer.errcode(), test.rule(&answer).as_str()),
            (40075, rule),
            "{text}"
        );
    }
    let answer = test.post("/card/code/decrypt", &json!({})).await;
    assert_snapshot!("decrypt_nothing", answer.shown());
}

#[tokio::test]
async fn a_code_that_cannot_be_consumed_says_why() {
    let test = TestMock::start().await;
    let (card_id, encrypted, code) = test.claimed("alice").await;
    let other = test.create().await;
    let consume = async |body: Value| test.post("/card/code/consume", &body).await;

    let mut shown = Vec::new();
    for (what, body) in [
        ("no code", json!({})),
        ("an unknown code", json!({"code": "000000000000"})),
        ("the encrypted code", json!({"code": encrypted})),
        ("the card_id", json!({"code": card_id})),
        (
            "a code of another card",
            json!({"code": code, "card_id": other}),
        ),
        (
            "an unknown card",
            json!({"code": code, "card_id": "pNobody"}),
        ),
        ("a number", json!({"code": 12})),
    ] {
        let answer = consume(body).await;
        shown.push(format!(
            "# {what}: {}\n{}",
            test.rule(&answer),
            answer.shown()
        ));
    }
    assert_snapshot!("consume_refused", shown.join("\n"));

    test.mock.clock().advance(30 * DAY + 1);
    let token = test.token_of("oa").await;
    let request = test.request("POST", &format!("/card/code/consume?access_token={token}"));
    let late = test
        .send(request.body(json!({"code": code}).to_string()))
        .await;
    assert_snapshot!("consume_expired", late.shown());
}

#[tokio::test]
async fn a_code_before_its_begin_waits() {
    let test = TestMock::start().await;
    let card_id = test
        .create_with(|base| base["date_info"]["begin_timestamp"] = json!((NOW + DAY).to_string()))
        .await;
    let claim = test.claim("bob", &card_id, "n").await;
    let encrypted = claim.encrypted_code().unwrap();
    let answer = test
        .post("/card/code/decrypt", &json!({"encrypt_code": encrypted}))
        .await;
    let code = answer.json()["code"].clone();

    let early = test
        .post("/card/code/consume", &json!({"code": code}))
        .await;
    assert_eq!(
        (early.errcode(), test.rule(&early).as_str()),
        (40079, "WX-COD-008")
    );
}
