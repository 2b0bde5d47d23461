//! A world goes out and comes in again, and mocks do not disturb each other.

use serde_json::{Value, json};
use wechat_mock::{MockWechat, StartError};

use crate::support::TestMock;

#[tokio::test]
async fn a_world_in_the_middle_of_things_goes_on_elsewhere() {
    let test = TestMock::start().await;
    let (card_id, encrypted, code) = test.claimed("alice").await;
    let used = test.card_ext(&card_id, "n-1").await;
    let js_code = test
        .mock
        .user("bob")
        .login(&test.mock.mini_program().appid)
        .unwrap();
    let world = test.control("GET", "world", &Value::Null).await.json();

    let mut other = TestMock::start().await;
    let put = other.control("PUT", "world", &world).await;
    assert_eq!(put.status, 200, "{}", put.text());
    assert_eq!(
        other.control("GET", "world", &Value::Null).await.json(),
        world
    );

    // The token, the code, the burnt nonce and the login code all live on.
    other.token = test.token.clone();
    let decrypted = other
        .post("/card/code/decrypt", &json!({"encrypt_code": encrypted}))
        .await;
    assert_eq!(decrypted.json()["code"], json!(code));
    assert_eq!(
        other.add_card("bob", &card_id, used).explain()["rule"],
        "WX-CLM-010"
    );
    let mp = other.mock.mini_program();
    let session = other
        .get(&format!(
            "/sns/jscode2session?appid={}&secret={}&js_code={js_code}&grant_type=authorization_code",
            mp.appid, mp.secret
        ))
        .await;
    assert_eq!(session.errcode(), 0);

    // And both draw the same ids from here on.
    other.control("PUT", "world", &world).await;
    assert_eq!(other.create().await, test.create().await);
}

#[tokio::test]
async fn a_world_that_cannot_be_read_changes_nothing() {
    let test = TestMock::start().await;
    let before = test.control("GET", "world", &Value::Null).await.json();
    let answer = test
        .control("PUT", "world", &json!({"users": [{"name": ""}]}))
        .await;

    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["error"]["field"], "users[0]");
    assert_eq!(
        test.control("GET", "world", &Value::Null).await.json(),
        before
    );
}

#[tokio::test]
async fn the_same_seed_and_calls_give_the_same_world() {
    let (one, two) = (TestMock::start().await, TestMock::start().await);
    assert_eq!(one.claimed("alice").await, two.claimed("alice").await);
    let world = async |test: &TestMock| test.control("GET", "world", &Value::Null).await.json();
    assert_eq!(world(&one).await, world(&two).await);
}

#[tokio::test]
async fn a_start_that_cannot_be_says_why() {
    let mock = MockWechat::start().await;
    let address = mock.url().trim_start_matches("http://").parse().unwrap();
    let taken = MockWechat::builder().listen(address).try_start().await;
    assert!(matches!(taken, Err(StartError::Listen { .. })), "{taken:?}");

    let world = MockWechat::builder()
        .world(json!({"version": 99}))
        .try_start()
        .await;
    assert!(matches!(world, Err(StartError::World(_))), "{world:?}");

    // Dropped, it gives the port back at once.
    drop(mock);
    MockWechat::builder().listen(address).start().await;
}

#[tokio::test]
async fn a_world_without_accounts_is_refused_with_what_is_missing() {
    let test = TestMock::start().await;
    for world in [
        json!({}),
        json!({"accounts": []}),
        json!({"users": [{"name": "dora"}]}),
    ] {
        let answer = test.control("PUT", "world", &world).await;
        let error = &answer.json()["error"];
        assert_eq!(
            (answer.status, &error["field"]),
            (422, &json!("accounts")),
            "{world}"
        );
        assert!(error["message"].as_str().unwrap().contains("missing"));
        let started = MockWechat::builder().world(world).try_start().await;
        assert!(matches!(started, Err(StartError::World(_))));
    }
}
