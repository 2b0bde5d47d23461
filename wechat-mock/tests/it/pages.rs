//! Web pages and the control API: whose may call it.

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use wechat_mock::{MockWechat, StartError};

use crate::support::TestMock;

const SHOP: &str = "http://localhost:5173";

fn port(test: &TestMock) -> String {
    test.mock.url().rsplit_once(':').unwrap().1.to_owned()
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

/// Adds a user, as the page of `origin` could.
fn as_page(test: &TestMock, origin: &str) -> RequestBuilder {
    test.request("POST", "/_mock/v1/reset")
        .header("origin", origin)
        .header("content-type", "text/plain")
}

#[tokio::test]
async fn a_foreign_page_does_nothing() {
    let test = TestMock::start().await;
    test.control("POST", "users", &json!({"name": "dora"}))
        .await;
    let port = port(&test);
    for origin in [
        "http://evil.example".to_owned(),
        format!("http://evil.example:{port}"),
        format!("https://127.0.0.1:{port}"),
        format!("http://127.0.0.1.evil.example:{port}"),
        format!("http://localhost:{port}.evil.example"),
        "http://127.0.0.1".to_owned(),
        SHOP.to_owned(),
        "null".to_owned(),
        "file://".to_owned(),
        String::new(),
        "\u{7f}".escape_default().to_string(),
    ] {
        let answer = test.send(as_page(&test, &origin)).await;
        assert_eq!(answer.status, 403, "{origin}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], "foreign_page");
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains("--allow-origin")
        );
        // Nor may it look.
        let look = test.request("GET", "/_mock/v1/world");
        assert_eq!(status(look.header("origin", &origin)).await, 403);
        let ask = test
            .request("OPTIONS", "/_mock/v1/reset")
            .header("origin", &origin)
            .header("access-control-request-method", "POST");
        assert_eq!(status(ask).await, 403);
    }
    // Nothing was reset.
    let dora = test.control("GET", "users/dora", &Value::Null).await;
    assert_eq!(dora.status, 200);
    // WeChat's own paths ask no page where it comes from.
    let token = test.request("GET", "/cgi-bin/token");
    let answer = test
        .send(token.header("origin", "http://evil.example"))
        .await;
    assert_eq!(answer.errcode(), 41002);
}

#[tokio::test]
async fn a_foreign_name_of_this_address_is_refused() {
    let test = TestMock::start().await;
    let port = port(&test);
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        "10.0.0.1".to_owned(),
        "mock".to_owned(),
    ] {
        for path in ["/_mock/v1/health", "/_mock/v1/world", "/_mock/ca.pem"] {
            let request = test.request("GET", path).header("host", &host);
            let answer = test.send(request).await;
            assert_eq!(answer.status, 403, "{host} {path}");
            assert!(
                answer.text().contains("--allow-origin"),
                "{}",
                answer.text()
            );
        }
    }
    for host in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("LOCALHOST:{port}"),
        format!("[::1]:{port}"),
        "127.0.0.1".to_owned(),
    ] {
        let request = test.request("GET", "/_mock/v1/health");
        assert_eq!(status(request.header("host", &host)).await, 200, "{host}");
    }
}

#[tokio::test]
async fn the_mocks_own_pages_may_call() {
    let test = TestMock::start().await;
    let port = port(&test);
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let origin = format!("http://{host}:{port}");
        assert_eq!(status(as_page(&test, &origin)).await, 200, "{origin}");
    }
}

#[tokio::test]
async fn an_allowed_page_may_call_and_its_browser_is_told_so() {
    let builder = MockWechat::builder()
        .allow_origin("http://LOCALHOST:5173/")
        .allow_origin("https://shop.example");
    let test = TestMock::start_with(builder).await;
    for origin in [SHOP, "https://shop.example"] {
        let ask = test
            .request("OPTIONS", "/_mock/v1/switches")
            .header("origin", origin)
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "content-type")
            .header("access-control-request-private-network", "true");
        let told = ask.send().await.unwrap();
        assert_eq!(told.status(), 204);
        assert_eq!(header(&told, "access-control-allow-origin"), origin);
        assert!(header(&told, "access-control-allow-methods").contains("PATCH"));
        assert!(header(&told, "access-control-allow-headers").contains("content-type"));
        assert_eq!(
            header(&told, "access-control-allow-private-network"),
            "true"
        );
        assert_eq!(header(&told, "vary"), "Origin");

        let done = as_page(&test, origin).send().await.unwrap();
        assert_eq!(done.status(), 200);
        assert_eq!(header(&done, "access-control-allow-origin"), origin);
        // A page reads refusals too.
        let request = test.request("GET", "/_mock/v1/users/nobody");
        let refused = request.header("origin", origin).send().await.unwrap();
        assert_eq!(refused.status(), 404);
        assert_eq!(header(&refused, "access-control-allow-origin"), origin);
    }
    assert_eq!(status(as_page(&test, "http://shop.example")).await, 403);
    // Behind the name of an allowed page the mock may be reached too.
    let request = test.request("GET", "/_mock/v1/health");
    assert_eq!(status(request.header("host", "shop.example")).await, 200);

    let wrong = MockWechat::builder().allow_origin("*").try_start().await;
    assert!(matches!(wrong, Err(StartError::Origin { .. })));
}

#[tokio::test]
async fn a_token_that_was_set_is_asked_for_on_any_address() {
    let builder = MockWechat::builder()
        .control_token("right-token")
        .allow_origin(SHOP);
    let mock = builder.start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let call = |token: &str| {
        let request = http.get(format!("{}/_mock/v1/users", mock.url()));
        request.header("authorization", token)
    };
    for wrong in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer right-toke",
        "right-token",
        "Basic right-token",
    ] {
        assert_eq!(status(call(wrong)).await, 401, "{wrong}");
    }
    assert_eq!(status(call("Bearer right-token")).await, 200);
    // A preflight carries no token, and a page that is not allowed is refused with one.
    let ask = http
        .request(
            "OPTIONS".parse().unwrap(),
            format!("{}/_mock/v1/users", mock.url()),
        )
        .header("origin", SHOP)
        .header("access-control-request-method", "POST");
    assert_eq!(status(ask).await, 204);
    let foreign = call("Bearer right-token").header("origin", "http://evil.example");
    assert_eq!(status(foreign).await, 403);
    // Whoever has the token may reach the mock by any name, and so may the pages of that name.
    let named = call("Bearer right-token")
        .header("host", "mock:7420")
        .header("origin", "http://mock:7420");
    assert_eq!(status(named).await, 200);
}

#[tokio::test]
async fn the_index_names_every_call() {
    let test = TestMock::start().await;
    let index = test.get("/_mock/v1").await.json();
    let calls = index["calls"].as_array().unwrap();
    assert!(calls.len() > 20);
    for call in calls {
        let path = call["path"].as_str().unwrap();
        // Whatever a call is about is unknown, and that it says so shows that the path is answered.
        let filled = path.replace(['{', '}'], "");
        let mut methods = Vec::new();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let request = test.request(method, &filled).body("[]");
            if (method, path) == ("GET", "/_mock/v1/stream") {
                // It does not end, so the status has to do.
                assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
                methods.push(method);
                continue;
            }
            let answer = test.send(request).await;
            let code = answer.json()["error"]["code"].clone();
            assert_ne!(answer.json()["error"]["message"], "no such path", "{path}");
            if code != "method_not_allowed" {
                methods.push(method);
            }
        }
        let listed: Vec<&str> = call["methods"]
            .as_array()
            .unwrap()
            .iter()
            .map(|method| method.as_str().unwrap())
            .collect();
        assert_eq!(listed, methods, "{path}");
    }
}
