//! Accounts and users of the control API.

use serde_json::{Value, json};

use crate::support::TestMock;

#[tokio::test]
async fn an_account_that_is_shown_can_be_added_elsewhere() {
    let test = TestMock::start().await;
    let made = test.control("POST", "accounts", &json!({})).await;
    assert_eq!(made.status, 201);
    let shown = made.json();
    assert_eq!(shown["kind"], "official_account");

    let elsewhere = TestMock::start().await;
    let copy = elsewhere.control("POST", "accounts", &shown).await;
    assert_eq!((copy.status, copy.json()), (201, shown.clone()));
    let again = elsewhere.control("POST", "accounts", &shown).await;
    assert_eq!(again.status, 409);

    let list = elsewhere
        .control("GET", "accounts", &Value::Null)
        .await
        .json();
    assert_eq!(list["accounts"].as_array().unwrap().len(), 4);
    assert_eq!(list["accounts"][3], shown);
}

#[tokio::test]
async fn a_bad_value_names_its_field() {
    let test = TestMock::start().await;
    for (body, status, field) in [
        (json!({"appid": "nonsense"}), 422, json!("appid")),
        (json!({"secret": "short"}), 422, json!("secret")),
        (json!({"kind": "bank"}), 422, json!("kind")),
        (json!({"colour": "red"}), 422, json!("colour")),
        (json!({"review": {"after": -1}}), 422, json!("review.after")),
        (json!({"name": ""}), 422, json!("name")),
        (json!([]), 422, json!(".")),
    ] {
        let answer = test.control("POST", "accounts", &body).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["field"]),
            (status, &field),
            "{body}"
        );
    }
    let request = test.request("POST", "/_mock/v1/accounts");
    let answer = test.send(request.body("{")).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (400, &json!("invalid_json"))
    );
}

#[tokio::test]
async fn an_account_is_changed_and_keeps_what_is_not_named() {
    let test = TestMock::start().await;
    let path = "accounts/wx00000000000000a0";
    let before = test.control("GET", path, &Value::Null).await.json();
    let changed = test
        .control("PATCH", path, &json!({"card_right": false}))
        .await;
    let mut expected = before;
    expected["card_right"] = json!(false);

    assert_eq!((changed.status, changed.json()), (200, expected));
    assert_eq!(test.ask("/card/getcolors").await.errcode(), 48001);
    for body in [
        json!({"kind": "mini_program"}),
        json!({"appid": "wx00000000000000ff"}),
    ] {
        assert_eq!(test.control("PATCH", path, &body).await.status, 422);
    }
    let unknown = test.control("PATCH", "accounts/wx0", &json!({})).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_user_with_a_chinese_name_has_an_openid_at_every_account() {
    let test = TestMock::start().await;
    let made = test
        .control("POST", "users", &json!({"name": "小明"}))
        .await;
    assert_eq!(made.status, 201);
    assert_eq!(made.json()["openids"].as_object().unwrap().len(), 3);
    let read = test
        .control("GET", "users/%E5%B0%8F%E6%98%8E", &Value::Null)
        .await;
    assert_eq!(read.json(), made.json());
    let code = test
        .mock
        .user("小明")
        .login(&test.mock.mini_program().appid);
    assert_eq!(code.len(), 32);

    assert_eq!(
        test.control("POST", "users", &json!({"name": "小明"}))
            .await
            .status,
        409
    );
    let bad = test.control("POST", "users", &json!({"name": "a/b"})).await;
    assert_eq!(
        (bad.status, &bad.json()["error"]["field"]),
        (422, &json!("name"))
    );

    test.control("POST", "accounts", &json!({"name": "new"}))
        .await;
    let read = test
        .control("GET", "users/alice", &Value::Null)
        .await
        .json();
    assert_eq!(read["openids"].as_object().unwrap().len(), 4);
}
