//! Every refusal explains itself, and the journal keeps no secret.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::TestMock;

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

    assert_eq!(test.mock.journal().explain(id), by_hint);
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
    let js_code = test.mock.user("alice").login(&mp.appid);
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
