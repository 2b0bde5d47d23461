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

    test.mock.clock().advance(30 * DAY + 1).unwrap();
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

/// Two living codes of a card never have one text, in whatever order a text comes to the card.
#[tokio::test]
async fn a_text_that_a_customer_holds_cannot_be_put_in_again() {
    let test = TestMock::start().await;
    let card_id = test.deposit_card().await;
    let deposit = async |codes: &[&str]| {
        let body = json!({"card_id": card_id, "code": codes});
        test.post("/card/code/deposit", &body).await.json()
    };
    let more = json!({"card_id": card_id, "increase_stock_value": 2});
    assert_eq!(
        deposit(&["A-1", "B-1"]).await["succ_code"],
        json!(["A-1", "B-1"])
    );
    assert_eq!(test.post("/card/modifystock", &more).await.errcode(), 0);
    assert_eq!(test.claimed_of("alice", &card_id, "n-1").await, "A-1");
    let rename = json!({"card_id": card_id, "code": "A-1", "new_code": "X-1"});
    assert_eq!(test.post("/card/code/update", &rename).await.errcode(), 0);

    let answer = deposit(&["X-1", "C-1"]).await;
    assert_eq!(answer["duplicate_code"], json!(["X-1"]));
    assert_eq!(answer["succ_code"], json!(["C-1"]));
    // Neither can a code become one that waits, nor can what was ever put in come again.
    for new_code in ["B-1", "A-1", "C-1"] {
        let rename = json!({"card_id": card_id, "code": "X-1", "new_code": new_code});
        let answer = test.post("/card/code/update", &rename).await;
        assert_eq!(test.rule(&answer), "WX-COD-022", "{new_code}");
    }
    let held = json!({"card_id": card_id, "code": "X-1"});
    let shown = test.post("/card/code/get", &held).await.json();
    assert_eq!(shown["openid"], json!(test.openid("alice").await));

    // A world in which a held code waits to be handed out cannot be put in.
    let mut world = test.control("GET", "world", &Value::Null).await.json();
    world["accounts"][0]["state"]["cards"][0]["deposit"]["codes"][1] = json!("X-1");
    let answer = test.control("PUT", "world", &world).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
}
