//! Who may call what, and what every answer carries.

use serde_json::{Value, json};

use crate::support::{ADMIN, NOW, Shop, send};

const UNAUTHORIZED: (u16, &str) = (401, "unauthorized");
const FORBIDDEN: (u16, &str) = (403, "forbidden");

#[tokio::test]
async fn each_path_takes_its_own_kind_of_token() {
    let shop = Shop::open().await;
    let session = shop.login("alice").await;
    let admins = [
        ("GET", "/admin/v1/colors"),
        ("GET", "/admin/v1/coupons"),
        ("POST", "/admin/v1/coupons"),
        ("GET", "/admin/v1/coupons/1"),
        ("GET", "/admin/v1/claims"),
        ("POST", "/admin/v1/codes/1/redeem"),
        ("POST", "/admin/v1/logos"),
        ("POST", "/admin/v1/photos"),
    ];
    let customers = [
        ("GET", "/v1/coupons"),
        ("POST", "/v1/coupons/1/card-ext"),
        ("GET", "/v1/claims"),
        ("POST", "/v1/claims"),
    ];
    for (paths, wrong) in [(&admins[..], session.as_str()), (&customers[..], ADMIN)] {
        for (method, path) in paths {
            for (token, expected) in [
                ("", UNAUTHORIZED),
                ("nonsense", UNAUTHORIZED),
                (wrong, FORBIDDEN),
            ] {
                let answer = shop.service.call(method, path, token, &Value::Null).await;
                let (status, code) = answer.error();
                assert_eq!(
                    (status, code.as_str()),
                    expected,
                    "{method} {path} with {token:?}"
                );
            }
        }
    }
    let answer = shop
        .service
        .call("GET", "/v1/claims", "", &Value::Null)
        .await;
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
    let basic = shop
        .service
        .request("GET", "/admin/v1/coupons", "")
        .basic_auth("a", Some("b"));
    assert_eq!(send(basic).await.status, 401);
}

#[tokio::test]
async fn a_session_ends_after_seven_days() {
    let shop = Shop::open().await;
    let js_code = shop
        .mock
        .user("alice")
        .login(&shop.mock.mini_program().appid);
    let answer = shop
        .service
        .call("POST", "/v1/login", "", &json!({"js_code": js_code}))
        .await;
    assert_eq!(answer.get("expires_at"), "2026-12-30T04:26:40Z");
    let session = answer.get("session_token");
    assert_eq!(session.len(), 43);

    let mine = async || {
        shop.service
            .call("GET", "/v1/claims", &session, &Value::Null)
            .await
            .status
    };
    shop.clock.advance(7 * 86_400 - 1);
    assert_eq!(mine().await, 200);
    shop.clock.advance(1);
    assert_eq!(mine().await, 401);
}

#[tokio::test]
async fn a_login_code_that_is_no_good_is_401() {
    let shop = Shop::open().await;
    let login = async |js_code: &str| {
        let body = json!({"js_code": js_code});
        shop.service.call("POST", "/v1/login", "", &body).await
    };
    let js_code = shop
        .mock
        .user("alice")
        .login(&shop.mock.mini_program().appid);
    assert_eq!(login("made-up").await.error().0, 401);
    assert_eq!(login(&js_code).await.status, 200);
    assert_eq!(
        login(&js_code).await.error(),
        (401, "unauthorized".to_owned()),
        "used before"
    );

    for (body, field) in [
        (json!({}), "js_code"),
        (json!({"js_code": 5}), "js_code"),
        (json!({"js_code": "a", "x": 1}), "x"),
    ] {
        let answer = shop.service.call("POST", "/v1/login", "", &body).await;
        assert_eq!(
            (answer.status, answer.fields()),
            (422, vec![field.to_owned()]),
            "{body}"
        );
    }
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let shop = Shop::open().await;
    let answer = shop.service.call("GET", "/nothing", "", &Value::Null).await;
    assert_eq!(answer.error(), (404, "not_found".to_owned()));
    let id = answer.headers["x-request-id"].to_str().unwrap();
    assert_eq!(answer.json()["error"]["request_id"], json!(id));

    let own = shop
        .service
        .request("GET", "/healthz", "")
        .header("x-request-id", "mine-1");
    assert_eq!(send(own).await.headers["x-request-id"], "mine-1");
    let bad = shop
        .service
        .request("GET", "/healthz", "")
        .header("x-request-id", "no good");
    assert_ne!(send(bad).await.headers["x-request-id"], "no good");

    let method = shop
        .service
        .call("DELETE", "/healthz", "", &Value::Null)
        .await;
    assert_eq!(method.error(), (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn bodies_have_a_limit_and_are_json() {
    let shop = Shop::open().await;
    let post =
        async |body: String| send(shop.service.request("POST", "/v1/login", "").body(body)).await;
    assert_eq!(
        post("{".to_owned()).await.error(),
        (400, "invalid_request".to_owned())
    );
    let large = format!("{{\"js_code\":\"{}\"}}", "x".repeat(256 * 1024));
    assert_eq!(post(large).await.error(), (413, "too_large".to_owned()));
    assert_eq!(
        post("[]".to_owned()).await.error(),
        (422, "invalid_request".to_owned())
    );
    assert_eq!(post(String::new()).await.status, 422);
    // Deep nesting is refused, not followed.
    assert_eq!(post("[".repeat(100_000)).await.status, 400);
}

#[tokio::test]
async fn health_asks_nobody_and_readiness_tells_of_both() {
    let shop = Shop::open().await;
    let health = shop.service.call("GET", "/healthz", "", &Value::Null).await;
    assert_eq!(
        (health.status, health.json()),
        (200, json!({"status": "ok"}))
    );
    assert_eq!(shop.mock.journal().rows().len(), 0);

    let ready = shop.service.call("GET", "/readyz", "", &Value::Null).await;
    assert_eq!(
        (ready.status, ready.json()),
        (200, json!({"database": "ok", "wechat": "ok"}))
    );
}

#[tokio::test]
async fn one_person_is_one_customer_however_often_they_log_in() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let again = shop.login("alice").await;
    assert_ne!(again, claimed.session);
    let mine = shop
        .service
        .call("GET", "/v1/claims", &again, &Value::Null)
        .await
        .json();
    assert_eq!(mine["claims"][0]["code"], json!(claimed.code));
    assert_eq!(shop.mock.clock().now(), NOW);
}
