//! `/cgi-bin/token`, `/cgi-bin/stable_token`, and what a token opens.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::TestMock;

const CREDENTIALS: &str = "appid=wx00000000000000a0&secret=000000000000000000000000000000a0";

#[tokio::test]
async fn a_token_is_given_for_the_right_secret() {
    let test = TestMock::start().await;
    let answer = test
        .get(&format!(
            "/cgi-bin/token?grant_type=client_credential&{CREDENTIALS}"
        ))
        .await;
    assert_snapshot!("token", answer.shown());
}

#[tokio::test]
async fn what_is_wrong_with_a_token_call_has_its_number() {
    let test = TestMock::start().await;
    let cases = [
        ("no appid", ""),
        ("no grant_type", CREDENTIALS),
        (
            "another grant_type",
            &format!("grant_type=password&{CREDENTIALS}"),
        ),
        (
            "an unknown appid",
            "appid=wx1&secret=1&grant_type=client_credential",
        ),
        (
            "no secret",
            "appid=wx00000000000000a0&grant_type=client_credential",
        ),
        (
            "a wrong secret",
            "appid=wx00000000000000a0&secret=1&grant_type=client_credential",
        ),
    ];
    let mut shown = Vec::new();
    for (what, query) in cases {
        let answer = test.get(&format!("/cgi-bin/token?{query}")).await;
        shown.push(format!("# {what}\n{}", answer.shown()));
    }
    assert_snapshot!("token_refused", shown.join("\n"));
}

#[tokio::test]
async fn the_stable_token_stays_the_same_and_counts_down() {
    let test = TestMock::start().await;
    let oa = test.mock.official_account();
    let call = json!({"grant_type": "client_credential", "appid": oa.appid, "secret": oa.secret});

    let first = test.post("/cgi-bin/stable_token", &call).await;
    assert_snapshot!("stable_token", first.shown());

    test.mock.clock().advance(100).unwrap();
    let second = test.post("/cgi-bin/stable_token", &call).await.json();
    assert_eq!(second["access_token"], first.json()["access_token"]);
    assert_eq!(second["expires_in"], 7100);
}

#[tokio::test]
async fn every_state_of_a_token_has_its_number() {
    let test = TestMock::start().await;
    let colors = |token: String| format!("/card/getcolors?access_token={token}");
    let replaced = test.token.clone();
    let latest = test.token_of("oa").await;
    test.mock.clock().advance(300).unwrap();

    let mut shown = Vec::new();
    for (what, path) in [
        ("none", "/card/getcolors".to_owned()),
        ("made up", colors("00_made_up".to_owned())),
        ("replaced 300 s ago", colors(replaced)),
        ("of a mini-program", colors(test.token_of("mp").await)),
        (
            "of an account without the right",
            colors(test.token_of("stranger").await),
        ),
    ] {
        shown.push(format!("# {what}\n{}", test.get(&path).await.shown()));
    }
    test.mock.clock().advance(6900).unwrap();
    let answer = test.get(&colors(latest)).await;
    shown.push(format!("# 7200 s old\n{}", answer.shown()));
    assert_snapshot!("token_states", shown.join("\n"));
}

#[tokio::test]
async fn a_replaced_token_works_during_its_grace() {
    let test = TestMock::start().await;
    test.token_of("oa").await;
    test.mock.clock().advance(299).unwrap();
    assert_eq!(test.ask("/card/getcolors").await.errcode(), 0);
    test.mock.clock().advance(1).unwrap();
    assert_eq!(test.ask("/card/getcolors").await.errcode(), 40001);
}

#[tokio::test]
async fn a_token_is_looked_at_before_method_body_and_right() {
    let test = TestMock::start().await;
    for path in ["/card/create", "/card/getcolors", "/cgi-bin/media/upload"] {
        let answer = test.get(&format!("{path}?access_token=nonsense")).await;
        assert_eq!(answer.errcode(), 40001, "{path}");
    }
}

#[tokio::test]
async fn the_card_ticket_keeps_its_value_and_always_says_7200() {
    let test = TestMock::start().await;
    let first = test.ask("/cgi-bin/ticket/getticket?type=wx_card").await;
    assert_snapshot!("ticket", first.shown());

    test.mock.clock().advance(7199).unwrap();
    let again = test.token_of("oa").await;
    let path = format!("/cgi-bin/ticket/getticket?type=wx_card&access_token={again}");
    assert_eq!(test.get(&path).await.text(), first.text());
    test.mock.clock().advance(1).unwrap();
    assert_ne!(test.get(&path).await.text(), first.text());
}

#[tokio::test]
async fn a_ticket_of_an_unknown_type_is_refused() {
    let test = TestMock::start().await;
    let answer = test.ask("/cgi-bin/ticket/getticket?type=card").await;
    assert_snapshot!("ticket_type", answer.shown());
}

#[tokio::test]
async fn a_stable_token_outlives_any_number_of_others() {
    let test = TestMock::start().await;
    let oa = test.mock.official_account();
    let call = serde_json::json!({
        "grant_type": "client_credential", "appid": oa.appid, "secret": oa.secret,
    });
    let stable = test.post("/cgi-bin/stable_token", &call).await.json();
    let stable = stable["access_token"].as_str().unwrap();
    for _ in 0..1_200 {
        test.token_of("oa").await;
    }
    let answer = test
        .get(&format!("/card/getcolors?access_token={stable}"))
        .await;
    assert_eq!(answer.errcode(), 0, "{}", answer.text());
}
