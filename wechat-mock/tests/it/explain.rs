//! Every refusal explains itself, and the journal keeps no secret.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, TestMock};

/// What a record says of every refusal.
fn is_complete(record: &Value) {
    for text in ["rule", "expected", "received", "source", "confidence"] {
        assert!(
            record[text].as_str().is_some_and(|text| !text.is_empty()),
            "{text} of {record:#}"
        );
    }
    for texts in ["statement", "mistake", "fix"] {
        for language in ["en", "zh"] {
            assert!(
                record[texts][language]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{texts} of {record:#}"
            );
        }
    }
    let severity = record["severity"].as_str();
    assert!(
        matches!(severity, Some("error" | "transient")),
        "severity of {record:#}"
    );
}

/// Refusals of every family of calls, each by a token, secret or login code of this world.
async fn refusals(test: &TestMock, page: &str) -> Vec<Answer> {
    let (oa, mp) = (test.mock.official_account(), test.mock.mini_program());
    let js_code = test.mock.user("alice").login(&mp.appid).unwrap();
    let mut answers = Vec::new();
    for path in [
        "/cgi-bin/token".to_owned(),
        format!("/cgi-bin/token?appid={}", oa.appid),
        format!(
            "/cgi-bin/token?appid={}&grant_type=client_credential",
            oa.appid
        ),
        format!(
            "/cgi-bin/token?appid={}&grant_type=client_credential&secret={}",
            oa.appid, mp.secret
        ),
        format!(
            "/sns/jscode2session?appid={}&secret={}&grant_type=authorization_code",
            mp.appid, mp.secret
        ),
        format!(
            "/sns/jscode2session?appid={}&secret={}&grant_type=authorization_code&js_code={js_code}x",
            mp.appid, mp.secret
        ),
        format!("/card/getcolors?access_token={page}"),
        format!("/card/getcolors?access_token={}x", test.token),
        "/card/getcolors".to_owned(),
        format!("/card/nothing?access_token={}", test.token),
    ] {
        answers.push(test.get(&path).await);
    }
    for path in [
        "/cgi-bin/ticket/getticket",
        "/cgi-bin/media/get",
        "/cgi-bin/media/get?media_id=gone",
        "/card/create",
    ] {
        answers.push(test.ask(path).await);
    }
    for (path, body) in [
        ("/cgi-bin/clear_quota", json!({"appid": mp.appid})),
        ("/cgi-bin/openapi/quota/get", json!({})),
        ("/cgi-bin/getcallbackip", json!({})),
        ("/cgi-bin/media/uploadimg", json!({})),
        ("/cgi-bin/media/upload?type=picture", json!({})),
        ("/card/create", json!({})),
        (
            "/card/create",
            json!({"card": {"card_type": "CASH", "cash": {"secret": oa.secret}}}),
        ),
        (
            "/card/create",
            json!({"card": {"card_type": "CASH", "cash": {"base_info": {}}}}),
        ),
        ("/card/get", json!({})),
        ("/card/get", json!({"card_id": 7})),
        ("/card/code/get", json!({"access_token": test.token})),
        ("/card/code/consume", json!({"code": "000000000000"})),
        ("/card/code/decrypt", json!({})),
        ("/card/code/decrypt", json!({"encrypt_code": "AAAA"})),
    ] {
        answers.push(test.post(path, &body).await);
    }
    let form = format!("access_token={}&secret={}", test.token, oa.secret);
    answers.push(test.post_text("/card/get", "", &form).await);
    answers
}

#[tokio::test]
async fn every_refusal_is_explained_in_full_and_without_secrets() {
    let test = TestMock::start().await;
    let (oa, mp) = (test.mock.official_account(), test.mock.mini_program());
    let page = test.token_of("mp").await;
    let ticket = test.ticket("wx_card").await;

    for refused in refusals(&test, &page).await {
        assert_ne!(refused.errcode(), 0, "{}", refused.text());
        let record = test.mock.journal().explain(&refused.trace()).unwrap();
        assert_eq!(record["outcome"], "refused");
        is_complete(record.raw());
        for secret in [&oa.secret, &mp.secret, &test.token, &page, &ticket] {
            assert!(!record.to_string().contains(secret.as_str()), "{record:#}");
        }
    }
}

#[tokio::test]
async fn each_card_of_a_claim_has_its_own_reason() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let right = test.card_ext(&card_id, "n").await;
    let object: Value = serde_json::from_str(&right).unwrap();
    let call = json!({"appid": test.mock.mini_program().appid, "cardList": [
        {"cardId": card_id, "cardExt": right},
        {"cardId": card_id, "cardExt": object},
        {"cardId": "pNoSuchCard", "cardExt": right},
        {"cardId": card_id, "cardExt": right},
    ]});
    let answer = test.control("POST", "users/alice/add-card", &call).await;
    let record = answer.json()["explain"].clone();
    let id = record["id"].as_str().unwrap();
    assert_eq!(test.mock.journal().explain(id).unwrap().raw(), &record);

    let cards = record["cards"].as_array().unwrap();
    let rules: Vec<&Value> = cards.iter().map(|card| &card["rule"]).collect();
    assert_eq!(
        rules,
        [
            &Value::Null,
            &json!("WX-SIG-004"),
            &json!("WX-SIG-001"),
            &json!("WX-CLM-010")
        ]
    );
    for card in &cards[1..] {
        is_complete(card);
        assert!(card["phone_text"].is_string(), "{card:#}");
    }
    // The first refusal stands at the head, too.
    is_complete(&record);
    assert_eq!(record["rule"], "WX-SIG-004");
}

#[tokio::test]
async fn what_a_fault_swallowed_is_explained_as_that() {
    use wechat_mock::{Fault, FaultKind};

    let test = TestMock::start().await;
    for kind in [FaultKind::Errcode(-1), FaultKind::HttpStatus(502)] {
        test.mock
            .faults()
            .add(Fault::new(kind).on("/card/getcolors").times(1))
            .unwrap();
        test.ask("/card/getcolors").await;
    }
    for row in test.mock.journal().of_path("/card/getcolors") {
        let record = test
            .mock
            .journal()
            .explain(row["id"].as_str().unwrap())
            .unwrap();
        is_complete(record.raw());
        assert_eq!(
            (&record["rule"], &record["severity"]),
            (&json!("WX-FLT-001"), &json!("transient"))
        );
    }
}

#[tokio::test]
async fn a_refusal_is_explained_by_its_hint_and_by_its_row() {
    let test = TestMock::start().await;
    let answer = test
        .post("/card/code/consume", &json!({"code": "000000000000"}))
        .await;
    let by_hint = test
        .control("GET", &format!("explain/{}", answer.trace()), &Value::Null)
        .await
        .json();
    let rows = test.mock.journal().of_path("/card/code/consume");
    let id = rows[0]["id"].as_str().unwrap();

    assert_eq!(test.mock.journal().explain(id).unwrap().raw(), &by_hint);
    let mut shown = by_hint;
    shown["trace"] = json!("TRACE");
    assert_snapshot!("explain", format!("{shown:#}"));

    let unknown = test.control("GET", "explain/nothing", &Value::Null).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn rows_can_be_filtered_and_forgotten() {
    let test = TestMock::start().await;
    test.ask("/card/getcolors").await;
    test.post("/card/get", &json!({})).await;
    let list = async |query: &str| {
        let answer = test
            .control("GET", &format!("requests{query}"), &Value::Null)
            .await
            .json();
        answer["requests"].as_array().unwrap().len()
    };

    assert_eq!(list("").await, 3);
    assert_eq!(list("?path=/card/get").await, 1);
    assert_eq!(list("?errcode=41012").await, 1);
    assert_eq!(list("?appid=wx00000000000000b0").await, 0);
    assert_eq!(list("?appid=wx00000000000000a0&errcode=0").await, 2);
    let nonsense = test
        .control("GET", "requests?errcode=many", &Value::Null)
        .await;
    assert_eq!(nonsense.status, 422);

    test.control("DELETE", "requests", &Value::Null).await;
    assert_eq!(list("").await, 0);
}

#[tokio::test]
async fn no_secret_stands_in_the_journal() {
    let test = TestMock::start().await;
    let oa = test.mock.official_account();
    let call = json!({"grant_type": "client_credential", "appid": oa.appid, "secret": oa.secret});
    let stable = test.post("/cgi-bin/stable_token", &call).await.json();
    let ticket = test.ticket("wx_card").await;
    let mp = test.mock.mini_program();
    let js_code = test.mock.user("alice").login(&mp.appid).unwrap();
    let session = format!(
        "/sns/jscode2session?appid={}&secret={}&js_code={js_code}&grant_type=authorization_code",
        mp.appid, mp.secret
    );
    let session = test.get(&session).await.json();

    let shown = test.control("GET", "requests", &Value::Null).await;
    for secret in [
        oa.secret.as_str(),
        &mp.secret,
        &test.token,
        &ticket,
        &js_code,
        stable["access_token"].as_str().unwrap(),
        session["session_key"].as_str().unwrap(),
    ] {
        assert!(!shown.text().contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn verify_tells_what_was_refused_and_what_got_away() {
    let test = TestMock::start().await;
    test.create().await;
    test.mock.verify();

    test.post("/card/get", &json!({})).await;
    let mut card = test.seed_card().await;
    card["card"]["general_coupon"]["base_info"]["sku"]["quantity"] = json!("7");
    test.post("/card/create", &card).await;
    let mock = &test.mock;
    let complaint = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| mock.verify()));
    let complaint = complaint.unwrap_err();
    let complaint = complaint.downcast_ref::<String>().unwrap();
    assert!(
        complaint.contains("POST /card/get: 41012 missing card id (WX-CRD-050)"),
        "{complaint}"
    );
    assert!(
        complaint.contains("WX-ADV-010 at base_info.sku.quantity"),
        "{complaint}"
    );
    assert_eq!(complaint.lines().count(), 3);
}
