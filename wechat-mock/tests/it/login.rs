//! `/sns/jscode2session`: who a login code stands for.

use insta::assert_snapshot;
use serde_json::json;

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
    let js_code = test.mock.user("alice").login(&mp.appid).unwrap();
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
    let js_code = test.mock.user("alice").login(&mp.appid).unwrap();

    let made_up = test.get(&session(&mp.appid, &mp.secret, "nonsense")).await;
    assert_snapshot!("session_unknown_code", made_up.shown());

    let none = test.get(&session(&mp.appid, &mp.secret, "")).await;
    assert_snapshot!("session_no_code", none.shown());

    let oa = test.mock.official_account();
    let answer = test.get(&session(&oa.appid, &oa.secret, &js_code)).await;
    assert_eq!(answer.errcode(), 40029, "an Official Account has no logins");

    test.mock.clock().advance(300).unwrap();
    let late = test.get(&session(&mp.appid, &mp.secret, &js_code)).await;
    assert_eq!(late.errcode(), 40029);
    assert_eq!(test.rule(&late), "WX-LOG-002");
}

#[tokio::test]
async fn an_app_that_is_bound_to_no_open_platform_account_learns_no_unionid() {
    let test = TestMock::start().await;
    let login = async |appid: &str, secret: &str| {
        let js_code = test.mock.user("alice").login(appid).unwrap();
        test.get(&session(appid, secret, &js_code)).await.json()
    };
    let alone = json!({"name": "alone", "kind": "mini_program"});
    let alone = test.control("POST", "accounts", &alone).await.json();
    let (appid, secret) = (&alone["appid"], &alone["secret"]);
    let (appid, secret) = (appid.as_str().unwrap(), secret.as_str().unwrap());
    let unbound = login(appid, secret).await;
    assert!(unbound["openid"].is_string(), "{unbound}");
    assert_eq!(unbound.get("unionid"), None);

    let bind = json!({"open_platform": "open-1"});
    let path = format!("accounts/{appid}");
    assert_eq!(test.control("PATCH", &path, &bind).await.status, 200);
    let bound = login(appid, secret).await;
    let mp = test.mock.mini_program();
    assert!(bound["unionid"].is_string(), "{bound}");
    assert_eq!(
        bound["unionid"],
        login(&mp.appid, &mp.secret).await["unionid"]
    );
    assert_eq!(bound["openid"], unbound["openid"]);
}

#[tokio::test]
async fn a_moved_clock_is_told_by_the_date_of_the_answers() {
    let test = TestMock::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/cgi-bin/token", test.mock.url());
    let date = async || {
        let answer = http.get(&url).send().await.unwrap();
        answer.headers()["date"].to_str().unwrap().to_owned()
    };
    test.mock.clock().freeze();
    test.mock.clock().set(1_700_028_800).unwrap();
    assert_eq!(date().await, "Wed, 15 Nov 2023 06:13:20 GMT");
    test.mock.clock().advance(86_400).unwrap();
    assert_eq!(date().await, "Thu, 16 Nov 2023 06:13:20 GMT");
}
