//! POST `sign`: what a signature should be, and what is wrong with the one at hand.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use wechat_mock::sign::ChooseCardSigned;

use crate::support::{NOW, TestMock, card_ext};

fn sha1(text: &str) -> String {
    hex::encode(Sha1::digest(text))
}

async fn sign(test: &TestMock, call: &Value) -> Value {
    let answer = test.control("POST", "sign", call).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn card_ext_is_right_or_its_mistake_is_told() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let right = test.card_ext(&card_id, "nonce").await;
    let call = |ext: Value| json!({"kind": "card_ext", "card_id": card_id, "card_ext": ext});
    let verdict = sign(&test, &call(json!(right))).await;
    assert_eq!(verdict["ok"], true);
    assert_eq!(verdict["expected"], verdict["received"]);
    let values = verdict["values"].as_array().unwrap();
    let joined: String = values.iter().map(|value| value.as_str().unwrap()).collect();
    assert_eq!(verdict["joined"], json!(joined));
    assert_eq!(verdict["expected"], json!(sha1(&joined)));
    assert_eq!(verdict.get("mistake"), None);

    let page_ticket = test.ticket("jsapi").await;
    let with_page_ticket = card_ext(&page_ticket, &card_id, "nonce", &NOW.to_string());
    for (ext, mistake) in [
        (json!(with_page_ticket), "jsapi_ticket"),
        (json!({"timestamp": "1"}), "card_object"),
        (json!(json!(right).to_string()), "double_stringified"),
    ] {
        let verdict = sign(&test, &call(ext)).await;
        assert_eq!(
            (&verdict["ok"], &verdict["mistake"]["id"]),
            (&json!(false), &json!(mistake))
        );
        assert!(verdict["fix"]["zh"].is_string());
    }
    // Nothing was claimed, and the phone takes it still.
    assert!(test.add_card("alice", &card_id, right).is_success());
}

#[tokio::test]
async fn the_values_of_choose_card_are_looked_at() {
    let test = TestMock::start().await;
    let ticket = test.ticket("wx_card").await;
    let (appid, now) = (test.mock.official_account().appid, NOW.to_string());
    let signed = ChooseCardSigned {
        api_ticket: &ticket,
        app_id: &appid,
        timestamp: &now,
        nonce_str: "n",
        ..ChooseCardSigned::default()
    };
    let without_appid = ChooseCardSigned {
        app_id: "",
        ..signed
    };
    for (signature, mistake) in [
        (signed.signature(), Value::Null),
        (without_appid.signature(), json!("app_id_left_out")),
    ] {
        let call = json!({
            "kind": "choose_card", "appid": appid, "timestamp": now, "nonceStr": "n",
            "signType": "SHA1", "cardSign": signature,
        });
        let verdict = sign(&test, &call).await;
        assert_eq!(verdict["ok"], mistake.is_null(), "{verdict}");
        assert_eq!(verdict["mistake"]["id"], mistake);
        assert_eq!(verdict["expected"], json!(signed.signature()));
    }
}

/// What a page at `url` would have signed.
fn page_text(ticket: &str, timestamp: &str, url: &str) -> String {
    format!("jsapi_ticket={ticket}&noncestr=Nonce&timestamp={timestamp}&url={url}")
}

#[tokio::test]
async fn every_mistake_in_a_page_signature_is_told_by_its_hash() {
    const URL: &str = "https://shop.example/a?b=c&d=e#/list";
    const SIGNED: &str = "https://shop.example/a?b=c&d=e";
    let test = TestMock::start().await;
    let account = test.mock.official_account();
    let now = NOW.to_string();
    let page = async |signature: &str| {
        let call = json!({
            "kind": "page", "appid": account.appid, "url": URL, "noncestr": "Nonce",
            "timestamp": NOW, "signature": signature,
        });
        sign(&test, &call).await
    };
    let mut told = BTreeSet::new();
    let no_ticket = page("0").await;
    told.insert(no_ticket["mistake"]["id"].as_str().unwrap().to_owned());
    let ticket = test.ticket("jsapi").await;
    let card_ticket = test.ticket("wx_card").await;
    // Another account with a ticket of its own.
    let stranger = test.token_of("stranger").await;
    let path = format!("/cgi-bin/ticket/getticket?type=jsapi&access_token={stranger}");
    let foreign = test.get(&path).await.json()["ticket"]
        .as_str()
        .unwrap()
        .to_owned();

    let right = page(&sha1(&page_text(&ticket, &now, SIGNED))).await;
    assert_eq!(right["ok"], true, "{right}");
    assert_eq!(right["joined"], json!(page_text(&ticket, &now, SIGNED)));
    assert_eq!(right["values"].as_array().unwrap().len(), 4);

    let mut values = [ticket.as_str(), "Nonce", &now, SIGNED];
    values.sort_unstable();
    let encoded = "https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc%26d%3De";
    for (mistake, text) in [
        ("wx_card_ticket", page_text(&card_ticket, &now, SIGNED)),
        ("foreign_ticket", page_text(&foreign, &now, SIGNED)),
        ("app_secret", page_text(&account.secret, &now, SIGNED)),
        ("access_token", page_text(&test.token, &now, SIGNED)),
        ("url_with_fragment", page_text(&ticket, &now, URL)),
        (
            "url_without_query",
            page_text(&ticket, &now, "https://shop.example/a"),
        ),
        ("url_encoded", page_text(&ticket, &now, encoded)),
        ("url_slash", page_text(&ticket, &now, &format!("{SIGNED}/"))),
        (
            "url_scheme",
            page_text(&ticket, &now, &SIGNED.replace("https", "http")),
        ),
        (
            "key_spelling",
            page_text(&ticket, &now, SIGNED).replace("noncestr", "nonceStr"),
        ),
        (
            "key_order",
            format!("noncestr=Nonce&jsapi_ticket={ticket}&timestamp={now}&url={SIGNED}"),
        ),
        ("values_alone", values.concat()),
        (
            "milliseconds",
            page_text(&ticket, &format!("{now}000"), SIGNED),
        ),
        ("other", "something else".to_owned()),
    ] {
        let verdict = page(&sha1(&text)).await;
        assert_eq!(
            (&verdict["ok"], &verdict["mistake"]["id"]),
            (&json!(false), &json!(mistake))
        );
        told.insert(mistake.to_owned());
    }
    let upper = sha1(&page_text(&ticket, &now, SIGNED)).to_uppercase();
    told.insert(
        page(&upper).await["mistake"]["id"]
            .as_str()
            .unwrap()
            .to_owned(),
    );

    test.mock.clock().advance(7200).unwrap();
    let expired = page(&sha1(&page_text(&ticket, &now, SIGNED))).await;
    assert_eq!(expired["ok"], false);
    told.insert(expired["mistake"]["id"].as_str().unwrap().to_owned());

    let known = fixtures::page_signature_mistakes()
        .as_array()
        .unwrap()
        .iter();
    let known: BTreeSet<String> = known
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told, known);
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_refused() {
    let test = TestMock::start().await;
    for (call, status) in [
        (
            json!({"kind": "card_ext", "card_id": "p0", "card_ext": "{}"}),
            404,
        ),
        (
            json!({"kind": "choose_card", "appid": "wx00000000000000b0"}),
            422,
        ),
        (json!({"kind": "page", "appid": "wx00000000000000a0"}), 422),
        (json!({"kind": "other"}), 422),
        (json!({}), 422),
    ] {
        assert_eq!(
            test.control("POST", "sign", &call).await.status,
            status,
            "{call}"
        );
    }
}
