//! Quotas and rids.

use serde_json::{Value, json};

use super::{OA, Page, SECRET};
use crate::support::DAY;

pub(super) async fn clear(page: &mut Page) {
    let own = json!({"appid": OA});
    page.post("all of them", &own).await;
    page.post("no appid", &json!({})).await;
    page.post("another's appid", &json!({"appid": "wx00000000000000b0"}))
        .await;
    for _ in 0..9 {
        page.test.post("/cgi-bin/clear_quota", &own).await;
    }
    page.post("for the 11th time", &own).await;
    page.behind_the_gateway("POST", "", &own.to_string()).await;
}

pub(super) async fn clear_by_secret(page: &mut Page) {
    let own = json!({"appid": OA, "appsecret": SECRET});
    page.post("all of them", &own).await;
    for (what, body) in [
        ("no appid", json!({})),
        ("an unknown appid", json!({"appid": "wx1"})),
        ("no secret", json!({"appid": OA})),
        ("a wrong secret", json!({"appid": OA, "appsecret": "1"})),
    ] {
        page.post(what, &body).await;
    }
    for _ in 0..9 {
        page.test.post("/cgi-bin/clear_quota/v2", &own).await;
    }
    page.post("for the 11th time", &own).await;
    page.ask("the other method", "").await;
    page.set_standing(50002).await;
    page.post("an account that is restricted", &own).await;
}

/// What is wrong with a `cgi_path`.
async fn paths(page: &mut Page, call: &str) {
    for (what, body) in [
        ("no cgi_path", json!({})),
        ("no slash", json!({"cgi_path": "card/create"})),
        ("a query", json!({"cgi_path": "/card/create?a=1"})),
        ("a path of sns", json!({"cgi_path": "/sns/jscode2session"})),
    ] {
        page.post(what, &body).await;
    }
    let token = page.test.token_of("mp").await;
    let request = page
        .test
        .request("POST", &format!("{call}?access_token={token}"))
        .body(json!({"cgi_path": "/card/create"}).to_string());
    let answer = page.test.send(request).await;
    page.note("a path that the account may not call", &answer);
}

pub(super) async fn get(page: &mut Page) {
    let body = json!({"cgi_path": "/cgi-bin/token"});
    page.post("of a path", &body).await;
    paths(page, "/cgi-bin/openapi/quota/get").await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn clear_path(page: &mut Page) {
    let body = json!({"cgi_path": "/card/create"});
    page.post("of a path", &body).await;
    paths(page, "/cgi-bin/openapi/quota/clear").await;
    for _ in 0..9 {
        page.test.post("/cgi-bin/openapi/quota/clear", &body).await;
    }
    page.post("for the 11th time", &body).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn rid(page: &mut Page) {
    // What it shows of a call has a snapshot of its own, without the rid that differs in every run.
    let mp = page.test.token_of("mp").await;
    let foreign = page
        .test
        .get(&format!("/cgi-bin/media/get?access_token={mp}"))
        .await
        .trace();
    let own = page.test.ask("/cgi-bin/media/get").await.trace();
    for (what, rid) in [
        ("no rid", ""),
        ("no rid by its looks", "6aac0064"),
        ("a rid that nobody gave out", "6aac0064-355b48ab-4c5b487e"),
        ("a rid of another account", &foreign),
    ] {
        page.post(what, &json!({"rid": rid})).await;
    }
    page.behind_the_gateway("POST", "", &json!({"rid": "6aac0064"}).to_string())
        .await;
    page.test.mock.clock().advance(7 * DAY).unwrap();
    page.test.token = page.test.token_of("oa").await;
    page.post("a rid of more than seven days ago", &json!({"rid": own}))
        .await;
    page.test.control("DELETE", "requests", &Value::Null).await;
}
