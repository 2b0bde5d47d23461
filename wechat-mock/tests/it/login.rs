//! `/sns/jscode2session`: who a login code stands for.

use insta::assert_snapshot;

use crate::support::TestMock;

fn session(appid: &str, secret: &str, js_code: &str) -> String {
    format!(
        "/sns/jscode2session?appid={appid}&secret={secret}&js_code={js_code}&grant_type=authorization_code"
    )
}

#[tokio::test]
async fn a_login_code_gives_the_session_of_its_user_once() {
    let test = TestMock::start().await;
    let mp = test.mock.mini_program();
    let js_code = test.mock.user("alice").login(&mp.appid);
    assert_eq!(js_code.len(), 32);

    let path = session(&mp.appid, &mp.secret, &js_code);
    let first = test.get(&path).await;
    assert_snapshot!("session", first.shown());
    let alice = test
        .control("GET", "users/alice", &serde_json::Value::Null)
        .await
        .json();
    assert_eq!(first.json()["openid"], alice["openids"][&mp.appid]);
    assert_eq!(first.json()["unionid"], alice["unionid"]);

    let second = test.get(&path).await;
    assert_snapshot!("session_twice", second.shown());
    assert_eq!(test.rule(&second), "WX-LOG-003");
}

#[tokio::test]
async fn a_login_code_is_good_for_one_app_and_five_minutes() {
    let test = TestMock::start().await;
    let mp = test.mock.mini_program();
    let js_code = test.mock.user("alice").login(&mp.appid);

    let made_up = test.get(&session(&mp.appid, &mp.secret, "nonsense")).await;
    assert_snapshot!("session_unknown_code", made_up.shown());

    let none = test.get(&session(&mp.appid, &mp.secret, "")).await;
    assert_snapshot!("session_no_code", none.shown());

    let oa = test.mock.official_account();
    let answer = test.get(&session(&oa.appid, &oa.secret, &js_code)).await;
    assert_eq!(answer.errcode(), 40029, "an Official Account has no logins");

    test.mock.clock().advance(300);
    let late = test.get(&session(&mp.appid, &mp.secret, &js_code)).await;
    assert_eq!(late.errcode(), 40029);
    assert_eq!(test.rule(&late), "WX-LOG-002");
}
