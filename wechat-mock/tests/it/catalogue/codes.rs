//! Codes: their encrypted form, their state, their redemption.

use serde_json::json;

use super::Page;
use crate::support::{DAY, NOW};

pub(super) async fn decrypt(page: &mut Page) {
    let (_, encrypted, code) = page.test.claimed("alice").await;
    let body = json!({"encrypt_code": encrypted});
    page.post("an encrypted code", &body).await;
    for (what, text) in [
        ("none", json!("")),
        ("a number", json!(5)),
        ("the code itself", json!(code)),
        ("+ as a blank", json!(format!(" {}", &encrypted[1..]))),
        ("not url-decoded", json!(encrypted.replace('=', "%3D"))),
        ("cut off", json!(&encrypted[..20])),
        (
            "nobody's",
            json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ),
    ] {
        page.post(what, &json!({"encrypt_code": text})).await;
    }
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

/// What is wrong with a code, for both calls that take one.
async fn codes(page: &mut Page) {
    let (card_id, encrypted, code) = page.test.claimed("alice").await;
    let other = page.test.create().await;
    for (what, body) in [
        ("no code", json!({})),
        ("an empty code", json!({"code": ""})),
        ("a number", json!({"code": 5})),
        ("an unknown code", json!({"code": "000000000000"})),
        ("an encrypted code", json!({"code": encrypted})),
        (
            "a code of another card",
            json!({"code": code, "card_id": other}),
        ),
        ("an unknown card", json!({"code": code, "card_id": "p1"})),
        ("a code for a card", json!({"code": code, "card_id": code})),
        ("a card for a code", json!({"code": card_id})),
    ] {
        page.post(what, &body).await;
    }
    page.turn("unknown_code", "40116").await;
    page.post("unknown_code=40116", &json!({"code": "000000000000"}))
        .await;
}

pub(super) async fn get(page: &mut Page) {
    let (card_id, _, code) = page.test.claimed("bob").await;
    let body = json!({"code": code, "card_id": card_id});
    page.post("a code", &body).await;
    codes(page).await;
    page.test.post("/card/code/consume", &body).await;
    page.post("a code that was redeemed", &body).await;
    let unchecked = json!({"code": code, "check_consume": false});
    page.post("the same, not checked", &unchecked).await;
    page.behind_the_gateway("POST", "", &unchecked.to_string())
        .await;
}

pub(super) async fn consume(page: &mut Page) {
    let (card_id, _, code) = page.test.claimed("bob").await;
    let body = json!({"code": code, "card_id": card_id});
    page.post("a code", &body).await;
    page.post("the same again", &body).await;
    codes(page).await;

    let early = page
        .test
        .create_with(|base| {
            base["date_info"]["begin_timestamp"] = json!((NOW + DAY).to_string());
        })
        .await;
    let encrypted = page.test.claim("carol", &early, "n-2").await;
    let encrypted = json!({"encrypt_code": encrypted.encrypted_code().unwrap()});
    let code = page
        .test
        .post("/card/code/decrypt", &encrypted)
        .await
        .json()["code"]
        .clone();
    page.post("before its begin", &json!({"code": code})).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;

    page.test.mock.clock().advance(60 * DAY);
    page.test.token = page.test.token_of("oa").await;
    page.post("past its end", &json!({"code": code})).await;
}
