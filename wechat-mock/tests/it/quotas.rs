//! Quotas: counted per account, path and day; shown, used up, and begun anew.

use std::fmt::Write;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{DAY, TestMock};

const COLORS: &str = "/card/getcolors";
const OA: &str = "wx00000000000000a0";

async fn limit(test: &TestMock, path: &str, calls: u64) {
    let change = json!({"quotas": {path: calls}});
    let path = format!("accounts/{OA}");
    let changed = test.control("PATCH", &path, &change).await;
    assert_eq!(changed.json()["quotas"], change["quotas"]);
}

async fn quota(test: &TestMock, path: &str) -> Value {
    let body = json!({"cgi_path": path});
    let answer = test.post("/cgi-bin/openapi/quota/get", &body).await;
    answer.json()["quota"].clone()
}

#[tokio::test]
async fn a_day_has_so_many_calls_and_the_next_begins_anew() {
    let test = TestMock::start().await;
    limit(&test, COLORS, 2).await;
    for expected in [0, 0, 45009] {
        assert_eq!(test.ask(COLORS).await.errcode(), expected);
    }
    let refused = test.ask(COLORS).await;
    assert_snapshot!("quota_used_up", refused.shown());
    assert_eq!(test.rule(&refused), "WX-QTA-001");
    // Refused for want of quota, a call counts no more; other paths are untouched.
    assert_eq!(
        quota(&test, COLORS).await,
        json!({"daily_limit": 2, "used": 2, "remain": 0})
    );
    assert_eq!(test.create().await.len(), 28);

    test.mock.clock().advance(DAY).unwrap();
    let mut tomorrow = test;
    tomorrow.token = tomorrow.token_of("oa").await;
    assert_eq!(tomorrow.ask(COLORS).await.errcode(), 0);
}

#[tokio::test]
async fn whoever_fetches_a_token_for_every_call_runs_out_of_them() {
    let test = TestMock::start().await;
    let before = quota(&test, "/cgi-bin/token").await;
    assert_eq!(
        before,
        json!({"daily_limit": 2000, "used": 1, "remain": 1999})
    );

    limit(&test, "/cgi-bin/token", 3).await;
    let call = format!(
        "/cgi-bin/token?grant_type=client_credential&appid={OA}&secret=000000000000000000000000000000a0"
    );
    for expected in [0, 0, 45009] {
        assert_eq!(test.get(&call).await.errcode(), expected);
    }
    // The last token still opens what it opened, clear_quota too.
    let cleared = test
        .post("/cgi-bin/clear_quota", &json!({"appid": OA}))
        .await;
    assert_snapshot!("quota_cleared", cleared.shown());
    assert_eq!(test.get(&call).await.errcode(), 0);
}

#[tokio::test]
async fn all_paths_are_cleared_ten_times_a_month_and_single_ones_fifty_times() {
    const SECRET: &str = "000000000000000000000000000000a0";
    let test = TestMock::start().await;
    let own = json!({"appid": OA});
    let path = json!({"cgi_path": COLORS});
    let by_secret = json!({"appid": OA, "appsecret": SECRET});
    let in_query = format!("/cgi-bin/clear_quota/v2?appid={OA}&appsecret={SECRET}");
    for _ in 0..50 {
        let cleared = test.post("/cgi-bin/openapi/quota/clear", &path).await;
        assert_eq!(cleared.errcode(), 0);
    }
    for _ in 0..4 {
        assert_eq!(test.post("/cgi-bin/clear_quota", &own).await.errcode(), 0);
    }
    for _ in 0..3 {
        let cleared = test.post("/cgi-bin/clear_quota/v2", &by_secret).await;
        assert_eq!(cleared.errcode(), 0);
        // The official sample has no body.
        let cleared = test.send(test.request("POST", &in_query)).await;
        assert_eq!(cleared.errcode(), 0, "{}", cleared.text());
    }
    for (call, body) in [
        ("/cgi-bin/clear_quota", &own),
        ("/cgi-bin/clear_quota/v2", &by_secret),
        (in_query.as_str(), &json!({})),
        ("/cgi-bin/openapi/quota/clear", &path),
    ] {
        let refused = test.post(call, body).await;
        assert_eq!(
            (refused.errcode(), test.rule(&refused).as_str()),
            (48006, "WX-QTA-002"),
            "{call}"
        );
    }
}

#[tokio::test]
async fn appid_and_secret_in_the_query_are_judged_as_in_the_body() {
    let test = TestMock::start().await;
    for (query, errcode) in [
        ("appid=wx0&appsecret=x", 40013),
        ("appid=wx00000000000000a0", 41004),
        ("appsecret=000000000000000000000000000000a0", 41002),
        ("appid=wx00000000000000a0&appsecret=x", 40125),
        ("", 44002),
    ] {
        let path = format!("/cgi-bin/clear_quota/v2?{query}");
        let answer = test.send(test.request("POST", &path)).await;
        assert_eq!(answer.errcode(), errcode, "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_quota_call_has_its_number() {
    let test = TestMock::start().await;
    let mut seen = String::new();
    for (call, body) in [
        ("/cgi-bin/clear_quota", json!({})),
        (
            "/cgi-bin/clear_quota",
            json!({"appid": "wx00000000000000b0"}),
        ),
        ("/cgi-bin/clear_quota/v2", json!({})),
        ("/cgi-bin/clear_quota/v2", json!({"appid": "wx0"})),
        ("/cgi-bin/clear_quota/v2", json!({"appid": OA})),
        (
            "/cgi-bin/clear_quota/v2",
            json!({"appid": OA, "appsecret": "x"}),
        ),
        ("/cgi-bin/openapi/quota/get", json!({})),
        (
            "/cgi-bin/openapi/quota/get",
            json!({"cgi_path": "card/create"}),
        ),
        (
            "/cgi-bin/openapi/quota/get",
            json!({"cgi_path": "/card/create?a=1"}),
        ),
        (
            "/cgi-bin/openapi/quota/get",
            json!({"cgi_path": "/sns/jscode2session"}),
        ),
        (
            "/cgi-bin/openapi/quota/clear",
            json!({"cgi_path": "/nonsense"}),
        ),
    ] {
        let answer = test.post(call, &body).await;
        let rule = test.rule(&answer);
        writeln!(seen, "{call} {body}: {} {rule}", answer.errcode()).unwrap();
    }
    assert_snapshot!("quota_refused", seen);
}

#[tokio::test]
async fn quotas_and_what_was_used_of_them_travel_with_the_world() {
    let test = TestMock::start().await;
    limit(&test, COLORS, 1).await;
    test.ask(COLORS).await;
    let world = test.control("GET", "world", &Value::Null).await.json();

    let mut other = TestMock::start().await;
    other.control("PUT", "world", &world).await;
    other.token.clone_from(&test.token);
    assert_eq!(other.ask(COLORS).await.errcode(), 45009);

    let nonsense = json!({"quotas": {"/card/nonsense": 1}});
    let refused = test
        .control("PATCH", &format!("accounts/{OA}"), &nonsense)
        .await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.json()["error"]["field"], "quotas");
}
