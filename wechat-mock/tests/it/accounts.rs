//! Accounts and users of the control API.

use serde_json::{Value, json};

use crate::support::{DAY, NOW, TestMock};

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
        .login(&test.mock.mini_program().appid)
        .unwrap();
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

/// Calls of one test that shares the mock with others, by an account of its own.
struct Tenant<'a> {
    test: &'a TestMock,
    account: Value,
    token: String,
}

impl<'a> Tenant<'a> {
    async fn new(test: &'a TestMock) -> Self {
        let draft = json!({"kind": "official_account"});
        let account = test.control("POST", "accounts", &draft).await.json();
        let token = test.token_of(account["name"].as_str().unwrap()).await;
        Self {
            test,
            account,
            token,
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let path = format!("{path}?access_token={}", self.token);
        let request = self.test.request("POST", &path).body(body.to_string());
        self.test.send(request).await.json()
    }

    /// Makes the seed's card with pictures of nobody, and names it.
    async fn create(&self) -> String {
        let url = "http://mmbiz.qpic.cn/mmbiz_png/x/0";
        let card = fixtures::seed_card_with(url, url, NOW, NOW + DAY);
        let made = self.post("/card/create", &card).await;
        made["card_id"]
            .as_str()
            .unwrap_or_else(|| panic!("{made}"))
            .to_owned()
    }

    /// The calls in the journal that are this tenant's.
    async fn calls(&self) -> usize {
        let path = format!("requests?appid={}", self.account["appid"].as_str().unwrap());
        let rows = self.test.control("GET", &path, &Value::Null).await.json();
        rows["requests"].as_array().unwrap().len()
    }

    fn state(&self, world: &Value) -> Value {
        let mut accounts = world["accounts"].as_array().unwrap().iter();
        let own = accounts.find(|account| account["appid"] == self.account["appid"]);
        own.unwrap()["state"].clone()
    }
}

#[tokio::test]
async fn two_tests_on_one_mock_never_see_each_other() {
    let test = TestMock::start().await;
    let (one, two) = (Tenant::new(&test).await, Tenant::new(&test).await);
    let world = async || test.control("GET", "world", &Value::Null).await.json();

    let before = two.state(&world().await);
    let card_id = one.create().await;
    let path = format!("accounts/{}", one.account["appid"].as_str().unwrap());
    let quotas = json!({"quotas": {"/card/get": 0}, "restrictions": {"banned_words": ["满"]}});
    test.control("PATCH", &path, &quotas).await;
    let fault = json!({"path": "/card/getcolors", "appid": one.account["appid"], "errcode": -1});
    test.control("POST", "faults", &fault).await;
    assert_eq!(one.post("/card/getcolors", &json!({})).await["errcode"], -1);
    assert_eq!(two.state(&world().await), before);

    assert_eq!(two.post("/card/getcolors", &json!({})).await["errcode"], 0);
    let foreign = two.post("/card/get", &json!({"card_id": card_id})).await;
    assert_eq!(foreign["errcode"], 40073);
    two.create().await;
    assert_eq!((one.calls().await, two.calls().await), (3, 4));

    // What one draws does not depend on what the other drew before.
    let alone = TestMock::start().await;
    let first = Tenant::new(&alone).await;
    let second = Tenant::new(&alone).await;
    assert_eq!(second.account, two.account);
    assert_eq!(second.token, two.token);
    assert_eq!(first.create().await, card_id);
}

#[tokio::test]
async fn an_openid_that_a_later_user_would_be_given_stays_with_whom_it_has() {
    // What dora would be given, as a mock of the same seed tells.
    let elsewhere = TestMock::start().await;
    let dora = json!({"name": "dora"});
    let dora = elsewhere.control("POST", "users", &dora).await.json();

    let test = TestMock::start().await;
    let eve = json!({"name": "eve", "openids": dora["openids"]});
    assert_eq!(test.control("POST", "users", &eve).await.status, 201);
    let late = json!({"name": "dora"});
    let late = test.control("POST", "users", &late).await;
    assert_eq!(late.status, 201, "{}", late.text());
    for (appid, openid) in late.json()["openids"].as_object().unwrap() {
        assert_ne!(*openid, dora["openids"][appid]);
    }

    // Who is meant by it is still eve.
    let card_id = test.create().await;
    let code = test.claimed_of("eve", &card_id, "n-1").await;
    let held = json!({"openid": dora["openids"]["wx00000000000000a0"], "card_id": card_id});
    let held = test.post("/card/user/getcardlist", &held).await.json();
    assert_eq!(held["card_list"][0]["code"], json!(code), "{held}");
}

#[tokio::test]
async fn an_unknown_user_is_told_who_there_is() {
    let test = TestMock::start().await;
    let call = json!({"appid": "wx00000000000000b0", "cardList": []});
    for path in [
        "users/alicia/wallet",
        "users/alicia/add-card",
        "users/alicia",
    ] {
        let method = if path.ends_with("card") {
            "POST"
        } else {
            "GET"
        };
        let mut call = call.clone();
        call["cardList"] = json!([{"cardId": "p1", "cardExt": "{}"}]);
        let body = if method == "POST" { call } else { Value::Null };
        let answer = test.control(method, path, &body).await;
        let message = answer.json()["error"]["message"].to_string();
        assert_eq!(answer.status, 404, "{path}");
        assert!(message.contains("alice, bob, carol"), "{message}");
    }
    let crowd: Vec<Value> = (0..30)
        .map(|number| json!({"name": format!("u{number}")}))
        .collect();
    let world = json!({"accounts": [{}], "users": crowd});
    assert_eq!(test.control("PUT", "world", &world).await.status, 200);
    let answer = test.control("GET", "users/alice", &Value::Null).await;
    assert!(
        answer.text().contains("u19 and 10 more"),
        "{}",
        answer.text()
    );
}
