//! The console's files, wx.js, and who may reach what under `/_mock`.

use reqwest::{Client, Method, Response, redirect::Policy};
use serde_json::{Value, json};
use wechat_mock::MockWechat;

use crate::support::TestMock;

/// Methods that a control call may have.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const TOKEN: &str = "the-control-token";

/// A client that goes where it is told, and nowhere else.
fn client() -> Client {
    let client = Client::builder().no_proxy().redirect(Policy::none());
    client.build().unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

/// All control calls, by method and path with its places filled in.
async fn calls(client: &Client, url: &str) -> Vec<(Method, String)> {
    let document = client.get(format!("{url}/_mock/openapi.json")).send().await;
    let document: Value = serde_json::from_str(&document.unwrap().text().await.unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let calls = paths.iter().flat_map(|(path, operations)| {
        let path = path.replace(['{', '}'], "");
        let methods = operations.as_object().unwrap().keys();
        methods.map(move |method| {
            let method = method.to_uppercase().parse().unwrap();
            (method, path.clone())
        })
    });
    calls.collect()
}

#[tokio::test]
async fn a_browser_is_led_to_the_console_and_everybody_else_gets_wechats_answer() {
    let test = TestMock::start().await;
    let (client, url) = (client(), test.mock.url());
    let page = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
    for path in ["/", "/_mock"] {
        let answer = client.get(format!("{url}{path}")).header("accept", page);
        let answer = answer.send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), header(&answer, "location")),
            (302, "/_mock/"),
            "{path}"
        );
    }
    for (method, accept) in [("GET", "*/*"), ("GET", "application/json"), ("POST", page)] {
        let request = test.request(method, "/").header("accept", accept);
        assert_eq!(
            test.send(request).await.errcode(),
            40066,
            "{method} {accept}"
        );
    }
}

#[tokio::test]
async fn the_console_runs_its_own_scripts_alone() {
    let test = TestMock::start().await;
    let (client, url) = (client(), test.mock.url());
    let page = client.get(format!("{url}/_mock/")).send().await.unwrap();
    assert!(header(&page, "content-type").starts_with("text/html"));
    let policy = header(&page, "content-security-policy").to_owned();
    let rules: Vec<&str> = policy.split(';').map(str::trim).collect();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
    ] {
        assert!(rules.contains(&rule), "{policy}");
    }
    let html = page.text().await.unwrap();
    for script in html.split("<script").skip(1) {
        let (tag, rest) = script.split_once('>').unwrap();
        assert!(tag.contains(" src="), "{tag}");
        assert!(rest.trim_start().starts_with("</script>"), "{rest}");
    }
    // What the page names is there.
    let quoted = html.split('"').filter(|text| text.starts_with("./"));
    for name in quoted {
        let answer = client
            .get(format!("{url}/_mock/{}", &name[2..]))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{name}");
        assert_ne!(
            header(&answer, "content-type"),
            "application/octet-stream",
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_file_is_sent_once() {
    let test = TestMock::start().await;
    let (client, url) = (client(), test.mock.url());
    for path in ["/_mock/", "/_mock/wx.js", "/_mock/wx-mock.d.ts"] {
        let first = client.get(format!("{url}{path}")).send().await.unwrap();
        assert_eq!(first.status().as_u16(), 200, "{path}");
        let etag = header(&first, "etag").to_owned();
        assert!(!first.bytes().await.unwrap().is_empty(), "{path}");
        for (known, status) in [(etag.as_str(), 304), ("\"another\"", 200)] {
            let again = client
                .get(format!("{url}{path}"))
                .header("if-none-match", known);
            assert_eq!(
                again.send().await.unwrap().status().as_u16(),
                status,
                "{path}"
            );
        }
    }
}

/// The files of the console that its page names: those whose names have a hash.
async fn hashed_files(client: &Client, url: &str) -> Vec<String> {
    let page = client.get(format!("{url}/_mock/")).send().await.unwrap();
    let html = page.text().await.unwrap();
    let names = html
        .split('"')
        .filter_map(|text| text.strip_prefix("./assets/"));
    names.map(|name| format!("/_mock/assets/{name}")).collect()
}

#[tokio::test]
async fn a_file_whose_name_has_its_hash_is_kept_for_good() {
    let test = TestMock::start().await;
    let (client, url) = (client(), test.mock.url());
    let files = hashed_files(&client, &url).await;
    assert!(files.len() > 2, "{files:?}");
    for path in &files {
        let answer = client.get(format!("{url}{path}")).send().await.unwrap();
        assert_eq!(
            header(&answer, "cache-control"),
            "public, max-age=31536000, immutable",
            "{path}"
        );
    }
    // What leads to them is asked for again.
    for path in ["/_mock/", "/_mock/wx.js"] {
        let answer = client.get(format!("{url}{path}")).send().await.unwrap();
        assert_eq!(header(&answer, "cache-control"), "no-cache", "{path}");
    }
}

#[tokio::test]
async fn a_file_is_sent_in_a_coding_that_the_browser_takes() {
    let test = TestMock::start().await;
    let (client, url) = (client(), test.mock.url());
    let files = hashed_files(&client, &url).await;
    let path = files.iter().find(|path| path.contains("/vendor-")).unwrap();
    let mut lengths = Vec::new();
    for (takes, coding) in [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("gzip, deflate", "gzip"),
        ("GZip", "gzip"),
        ("identity", ""),
        ("br;q=0.000", ""),
        ("brotli", ""),
        ("", ""),
    ] {
        let ask = || {
            client
                .get(format!("{url}{path}"))
                .header("accept-encoding", takes)
        };
        let answer = ask().send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{takes}");
        assert_eq!(header(&answer, "content-encoding"), coding, "{takes}");
        assert_eq!(header(&answer, "vary"), "accept-encoding", "{takes}");
        let etag = header(&answer, "etag").to_owned();
        lengths.push((coding, etag.clone(), answer.bytes().await.unwrap().len()));
        let again = ask().header("if-none-match", etag).send().await.unwrap();
        assert_eq!(again.status().as_u16(), 304, "{takes}");
    }
    // Each coding is another answer, and smaller than the file.
    let of = |coding: &str| lengths.iter().find(|(known, ..)| *known == coding).unwrap();
    let [br, gzip, plain] = ["br", "gzip", ""].map(of);
    assert!(br.2 < gzip.2 && gzip.2 * 2 < plain.2, "{lengths:?}");
    assert!(br.1 != gzip.1 && gzip.1 != plain.1, "{lengths:?}");
}

#[tokio::test]
async fn every_control_call_asks_for_the_token_and_no_file_does() {
    let mock = MockWechat::builder().control_token(TOKEN).start().await;
    let (client, url) = (client(), mock.url());
    for path in [
        "/_mock/",
        "/_mock/wx.js",
        "/_mock/wx-mock.d.ts",
        "/_mock/openapi.json",
    ] {
        let answer = client.get(format!("{url}{path}")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        assert!(!answer.text().await.unwrap().contains(TOKEN), "{path}");
    }
    let calls = calls(&client, &url).await;
    assert!(calls.len() > 50, "{}", calls.len());
    for (method, path) in calls {
        for shown in [None, Some("Bearer wrong"), Some(TOKEN)] {
            let mut request = client.request(method.clone(), format!("{url}{path}"));
            if let Some(shown) = shown {
                request = request.header("authorization", shown);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 401, "{method} {path} {shown:?}");
        }
    }
    // Paths that are none do not say so without it either.
    for method in METHODS {
        let request = client.request(method.parse().unwrap(), format!("{url}/_mock/v1/nothing"));
        assert_eq!(
            request.send().await.unwrap().status().as_u16(),
            401,
            "{method}"
        );
    }
}

#[tokio::test]
async fn a_foreign_page_can_neither_read_nor_act() {
    let test = TestMock::start().await;
    let (client, url) = (client(), test.mock.url());
    let before = test.control("GET", "world", &Value::Null).await.json();
    for (method, path) in calls(&client, &url).await {
        for (name, value) in [
            ("origin", "http://evil.example"),
            ("host", "evil.example:7420"),
        ] {
            let request = client.request(method.clone(), format!("{url}{path}"));
            let answer = request.header(name, value).body("{}").send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 403, "{method} {path} {name}");
            assert_eq!(header(&answer, "access-control-allow-origin"), "");
        }
        // What a page embeds without asking, a browser does not hand to it.
        if method == Method::GET && !path.ends_with("/stream") {
            let answer = client.get(format!("{url}{path}")).send().await.unwrap();
            assert_eq!(
                header(&answer, "cross-origin-resource-policy"),
                "same-origin"
            );
            assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
            assert_eq!(header(&answer, "content-type"), "application/json");
        }
    }
    assert_eq!(
        test.control("GET", "world", &Value::Null).await.json(),
        before
    );
    // The console itself is not shown under a foreign name.
    let renamed = client
        .get(format!("{url}/_mock/"))
        .header("host", "evil.example");
    assert_eq!(renamed.send().await.unwrap().status().as_u16(), 403);
}

#[tokio::test]
async fn any_page_may_load_wx_js() {
    let test = TestMock::start().await;
    let request = client().get(format!("{}/_mock/wx.js", test.mock.url()));
    let answer = request
        .header("origin", "http://shop.example")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("x-content-type-options", "nosniff"),
        ("content-type", "text/javascript; charset=utf-8"),
    ] {
        assert_eq!(header(&answer, name), value);
    }
}

#[tokio::test]
async fn texts_of_requests_are_never_answered_as_html() {
    const TEXT: &str = "<b>x</b>";
    let test = TestMock::start().await;
    let card_id = test
        .create_with(|base| {
            base["title"] = json!(TEXT);
            base["notice"] = json!(TEXT);
        })
        .await;
    assert!(test.claim("alice", &card_id, "n").await.is_success());
    let (client, url) = (client(), test.mock.url());
    let mut found = 0;
    for path in [
        "cards",
        &format!("cards/{card_id}"),
        "users/alice/wallet",
        "requests",
        "world",
        "explain/%3Cb%3Ex%3C%2Fb%3E",
        "users/%3Cb%3Ex%3C%2Fb%3E",
    ] {
        let answer = client
            .get(format!("{url}/_mock/v1/{path}"))
            .send()
            .await
            .unwrap();
        assert_eq!(
            header(&answer, "content-type"),
            "application/json",
            "{path}"
        );
        assert_eq!(
            header(&answer, "x-content-type-options"),
            "nosniff",
            "{path}"
        );
        found += usize::from(answer.text().await.unwrap().contains(TEXT));
    }
    assert_eq!(found, 7);
    // The one piece of HTML that holds something of a card holds its id alone.
    let html = test
        .post("/card/mpnews/gethtml", &json!({"card_id": card_id}))
        .await
        .json();
    assert!(!html["content"].as_str().unwrap().contains("<b>"));
}
