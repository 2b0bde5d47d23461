//! Tokens, tickets and logins.

use serde_json::{Value, json};

use super::{OA, Page, SECRET};
use crate::support::TestMock;

/// Numbers with which WeChat's people turn an account away when it asks for a token.
const STANDINGS: [i64; 12] = [
    40243, 48004, 50002, 50004, 50007, 89501, 89502, 89503, 89504, 89505, 89506, 89507,
];

pub(super) async fn token(page: &mut Page) {
    let right = format!("?grant_type=client_credential&appid={OA}&secret={SECRET}");
    page.get("a token", &right).await;
    for (what, query) in [
        ("no appid", "?grant_type=client_credential".to_owned()),
        ("an unknown appid", format!("?appid=wx1&secret={SECRET}")),
        ("no grant_type", format!("?appid={OA}&secret={SECRET}")),
        (
            "no secret",
            format!("?grant_type=client_credential&appid={OA}"),
        ),
        (
            "the secret of another account",
            right.replace(SECRET, "000000000000000000000000000000b0"),
        ),
    ] {
        page.get(what, &query).await;
    }
    page.change_account(json!({"quotas": {"/cgi-bin/token": 0}}))
        .await;
    page.get("a quota of nothing", &right).await;
    page.change_account(json!({"quotas": {}, "ip_whitelist": ["10.0.0.1"]}))
        .await;
    page.get("an address that is not listed", &right).await;
    page.change_account(json!({"ip_whitelist": ["10.0.0.1", "127.0.0.1"]}))
        .await;
    page.get("an address that is listed", &right).await;
    for errcode in STANDINGS {
        page.set_standing(errcode).await;
        page.get(&format!("the standing {errcode}"), &right).await;
    }
}

pub(super) async fn stable_token(page: &mut Page) {
    let right = json!({"grant_type": "client_credential", "appid": OA, "secret": SECRET});
    let with = |key: &str, value: Value| {
        let mut body = right.clone();
        body[key] = value;
        body
    };
    page.post("a token", &right).await;
    page.post("forced", &with("force_refresh", json!(true)))
        .await;
    for (what, body) in [
        ("no appid", with("appid", Value::Null)),
        ("an unknown appid", with("appid", json!("wx1"))),
        ("no grant_type", with("grant_type", Value::Null)),
        ("no secret", with("secret", json!(""))),
        ("a wrong secret", with("secret", json!("1"))),
        ("a number for the appid", with("appid", json!(1))),
        ("a text for the flag", with("force_refresh", json!("true"))),
    ] {
        page.post(what, &body).await;
    }
    page.ask("the other method", "").await;
    for (what, body) in [("an empty body", ""), ("a form", "appid=1&secret=2")] {
        let answer = page.test.post_text("/cgi-bin/stable_token", "", body).await;
        page.note(what, &answer);
    }
    for _ in 0..20 {
        page.test.mock.clock().advance(30).unwrap();
        page.test
            .post("/cgi-bin/stable_token", &with("force_refresh", json!(true)))
            .await;
    }
    page.post(
        "forced for the 21st time",
        &with("force_refresh", json!(true)),
    )
    .await;
    page.change_account(json!({"quotas": {"/cgi-bin/stable_token": 0}}))
        .await;
    page.post("a quota of nothing", &right).await;
    page.change_account(json!({"quotas": {}, "ip_whitelist": ["10.0.0.1"]}))
        .await;
    page.post("an address that is not listed", &right).await;
    page.change_account(json!({"ip_whitelist": []})).await;
    for errcode in STANDINGS {
        page.set_standing(errcode).await;
        page.post(&format!("the standing {errcode}"), &right).await;
    }
}

fn login(test: &TestMock, user: &str) -> String {
    let mp = test.mock.mini_program();
    let code = test.mock.user(user).login(&mp.appid).unwrap();
    format!(
        "?appid={}&secret={}&grant_type=authorization_code&js_code={code}",
        mp.appid, mp.secret
    )
}

pub(super) async fn session(page: &mut Page) {
    let right = login(&page.test, "alice");
    page.get("a session", &right).await;
    page.get("the same code again", &right).await;
    let (rest, _) = right.split_once("&js_code").unwrap();
    let old = login(&page.test, "alice");
    page.test.mock.clock().advance(300).unwrap();
    for (what, query) in [
        ("no appid", String::new()),
        ("an unknown appid", "?appid=wx1".to_owned()),
        (
            "an Official Account",
            format!("?appid={OA}&secret={SECRET}&grant_type=authorization_code&js_code=1"),
        ),
        (
            "another grant_type",
            right.replace("authorization_code", "client_credential"),
        ),
        (
            "no secret",
            right.replace("secret=000000000000000000000000000000b0", "secret="),
        ),
        ("a wrong secret", right.replace("secret=0", "secret=1")),
        ("no code", rest.to_owned()),
        (
            "a code that nobody gave out",
            format!("{rest}&js_code=nonsense"),
        ),
        ("a code of 300 s ago", old),
    ] {
        page.get(what, &query).await;
    }
    let mallory = json!({"name": "mallory", "blocked": true});
    let added = page.test.control("POST", "users", &mallory).await;
    assert_eq!(added.json()["blocked"], true);
    let query = login(&page.test, "mallory");
    page.get("a user who is blocked", &query).await;
    for _ in 0..100 {
        let query = login(&page.test, "bob");
        page.test.get(&format!("/sns/jscode2session{query}")).await;
    }
    let query = login(&page.test, "bob");
    page.get("the 101st login of a user within a minute", &query)
        .await;
    let query = login(&page.test, "carol");
    page.get("another user within that minute", &query).await;
    page.test.mock.clock().advance(60).unwrap();
    let query = login(&page.test, "bob");
    page.get("the next minute", &query).await;

    let answer = page.test.post("/sns/jscode2session", &json!({})).await;
    page.note("the other method", &answer);
    let path = format!("accounts/{}", page.test.mock.mini_program().appid);
    let restrictions = json!({"restrictions": {"standing": 50001}});
    page.test.control("PATCH", &path, &restrictions).await;
    let query = login(&page.test, "carol");
    page.get("a user who has not agreed", &query).await;
}

pub(super) async fn ticket(page: &mut Page) {
    page.ask("for cards", "?type=wx_card").await;
    page.ask("for pages", "?type=jsapi").await;
    page.ask("no type", "").await;
    page.ask("an unknown type", "?type=card").await;
    page.behind_the_gateway("GET", "?type=wx_card", "").await;
}
