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
        .login(&shop.mock.mini_program().appid)
        .unwrap();
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
        .login(&shop.mock.mini_program().appid)
        .unwrap();
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

/// A mini-program that is not bound to the shop's Open Platform account: logins in it tell no unionid.
async fn new_mini_program(shop: &Shop) -> (String, String) {
    let (appid, secret) = ("wx00000000000000d0", "000000000000000000000000000000d0");
    let account = json!({
        "name": "新小程序", "kind": "mini_program", "appid": appid, "secret": secret,
    });
    assert_eq!(
        shop.control("POST", "/_mock/v1/accounts", &account).await,
        201
    );
    (appid.to_owned(), secret.to_owned())
}

#[tokio::test]
async fn two_logins_that_prove_to_be_one_persons_become_one_customer() {
    let shop = Shop::open().await;
    let before = shop.claimed("alice").await;
    let (appid, secret) = new_mini_program(&shop).await;
    let mut settings = shop.settings();
    settings.insert("WECHAT_MP_APPID", appid.clone());
    settings.insert("WECHAT_MP_SECRET", secret);
    let service = shop.instance_with(&settings).await;
    let login = async || {
        let js_code = shop.mock.user("alice").login(&appid).unwrap();
        let body = json!({"js_code": js_code});
        let answer = service.call("POST", "/v1/login", "", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.get("session_token")
    };
    let mine = async |session: &str| {
        let list = service
            .call("GET", "/v1/claims", session, &Value::Null)
            .await;
        let list = list.json()["claims"].as_array().unwrap().clone();
        let codes = list
            .iter()
            .map(|claim| claim["code"].as_str().unwrap().to_owned());
        codes.collect::<std::collections::BTreeSet<_>>()
    };
    // She comes before the new one is bound: nobody can know who she is.
    let unbound = login().await;
    assert!(mine(&unbound).await.is_empty());
    let (id, card_id) = shop.coupon().await;
    let outcome = shop
        .add_card("alice", &id, &shop.login("alice").await)
        .await;
    let encrypted = outcome.encrypted_code().unwrap().to_owned();
    let body = json!({"card_id": card_id, "encrypt_code": encrypted});
    let claim = async |session: &str| service.call("POST", "/v1/claims", session, &body).await;
    let code = claim(&unbound).await.get("code");

    let path = format!("/_mock/v1/accounts/{}", shop.mock.official_account().appid);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let account: Value = http
        .get(format!("{}{path}", shop.mock.url()))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let bind = json!({"open_platform": account["open_platform"]});
    let path = format!("/_mock/v1/accounts/{appid}");
    assert_eq!(shop.control("PATCH", &path, &bind).await, 200);

    let bound = login().await;
    let both = [before.code.clone(), code.clone()].into();
    assert_eq!(mine(&bound).await, both);
    assert_eq!(
        mine(&unbound).await,
        both,
        "the session from before is hers, too"
    );
    assert_eq!(
        mine(&before.session).await,
        both,
        "and that of the old mini-program"
    );
    let again = claim(&bound).await;
    assert_eq!((again.status, again.get("code")), (200, code.clone()));
    assert_eq!(mine(&shop.login("alice").await).await, both);
    assert_eq!(mine(&login().await).await, both);
    // Another customer is another one.
    assert!(mine(&shop.login("bob").await).await.is_empty());

    let path = format!("/admin/v1/history?code={code}");
    let history = shop.admin("GET", &path, &Value::Null).await.json();
    let bound = history["history"].as_array().unwrap();
    let bound = bound.iter().filter(|row| row["what"] == "bound");
    assert_eq!(bound.count(), 2, "{history}");
}
