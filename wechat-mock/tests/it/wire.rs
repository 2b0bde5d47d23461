//! What all of WeChat's paths have in common: bodies, methods, paths.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::TestMock;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_json_body_labelled_as_a_form_is_read_as_json() {
    let test = TestMock::start().await;
    let card = test.seed_card().await.to_string();
    let answer = test.post_text("/card/create", FORM, &card).await;
    assert_eq!(answer.errcode(), 0, "{}", answer.text());

    // As the seed's library sends it: raw JSON, but for five characters.
    let mut card = test.seed_card().await;
    card["card"]["general_coupon"]["default_detail"] = json!("买一送一%21");
    let answer = test
        .post_text("/card/create", FORM, &card.to_string())
        .await;
    let card_id = answer.json()["card_id"].clone();
    let read = test
        .post("/card/get", &json!({"card_id": card_id}))
        .await
        .json();
    assert_eq!(
        read["card"]["general_coupon"]["default_detail"],
        "买一送一%21"
    );
}

#[tokio::test]
async fn a_body_that_really_is_a_form_is_refused() {
    let test = TestMock::start().await;
    for body in [
        "encrypt_code=abc",
        "a=1&b=2",
        "%7B%22encrypt_code%22%3A%22abc%22%7D",
    ] {
        let answer = test.post_text("/card/code/decrypt", FORM, body).await;
        assert_eq!(answer.errcode(), 47001, "{body}");
        assert_eq!(test.rule(&answer), "WX-WIRE-006", "{body}");
    }
    let answer = test.post_text("/card/code/decrypt", FORM, "a=1").await;
    assert_snapshot!("form", answer.shown());
}

#[tokio::test]
async fn a_body_that_is_no_object_is_refused() {
    let test = TestMock::start().await;
    for (body, errcode) in [
        ("", 44002),
        ("null", 47001),
        ("[]", 47001),
        ("{", 47001),
        ("\u{feff}{}", 47001),
        // Blanks are a body, though one without a value.
        (" \r\n", 47001),
        ("{} {}", 47001),
        ("{\"encrypt_code\": true}", 47001),
        // A number counts as its text, as it was captured of updateuser.
        ("{\"encrypt_code\": 5}", 40075),
    ] {
        let answer = test
            .post_text("/card/code/decrypt", "application/json", body)
            .await;
        assert_eq!(answer.errcode(), errcode, "{body:?}");
    }
    let empty = test
        .post_text("/card/code/decrypt", "application/json", "")
        .await;
    assert_snapshot!("empty_body", empty.shown());
}

#[tokio::test]
async fn a_refusal_quotes_a_card_body_from_the_fault_on() {
    let test = TestMock::start().await;
    let mut shown = Vec::new();
    for (what, path, body) in [
        ("a comma too many", "/card/get", "{\"card_id\":\"p1\",}"),
        ("null", "/card/get", "null"),
        (
            "a flag for a text",
            "/card/get",
            "{\"card_id\": true, \"a\": 1}",
        ),
        (
            "control characters",
            "/card/get",
            "{\"card_id\":\"\u{1}\0\n\"}",
        ),
        (
            "text behind the object",
            "/card/get",
            "{\"card_id\":\"p1\"} https://a/b",
        ),
        ("a text that breaks off", "/card/get", "{\"card_id\":\"p1"),
        ("blanks", "/card/get", "  "),
        (
            "a list for an object",
            "/card/create",
            r#"{"card":{"card_type":"CASH","cash":{"base_info":[1]}}}"#,
        ),
        (
            "the gateway, which quotes nothing",
            "/cgi-bin/stable_token",
            "{]",
        ),
    ] {
        let answer = test.post_text(path, "application/json", body).await;
        shown.push(format!("# {what}\n{}", answer.shown()));
    }
    assert_snapshot!("error_before", shown.join("\n"));
}

#[tokio::test]
async fn a_quoted_secret_does_not_stand_in_the_journal() {
    let test = TestMock::start().await;
    let body = r#"{"appid":"wx1","secret": s3cret}"#;
    let answer = test.post_text("/card/get", "application/json", body).await;
    assert!(answer.text().contains("Error before s3cret}"));
    let row = test.mock.journal().of_path("/card/get")[0]
        .raw()
        .to_string();
    assert!(!row.contains("s3cret"), "{row}");
}

#[tokio::test]
async fn a_body_that_is_no_utf8_is_refused() {
    let test = TestMock::start().await;
    let request = test.request("POST", &test.signed_in("/card/get"));
    let answer = test
        .send(request.body(b"{\"card_id\":\"\xff\"}".to_vec()))
        .await;
    assert_eq!(answer.errcode(), 47001);
}

#[tokio::test]
async fn each_call_has_its_method_and_each_path_its_name() {
    let test = TestMock::start().await;
    let get = test.ask("/card/create").await;
    assert_snapshot!("get_for_post", get.shown());
    let post = test
        .post("/cgi-bin/ticket/getticket?type=wx_card", &json!({}))
        .await;
    assert_snapshot!("post_for_get", post.shown());
    let unknown = test.ask("/card/nonsense").await;
    assert_snapshot!("unknown_path", unknown.shown());
}

#[tokio::test]
async fn colours_are_listed() {
    let test = TestMock::start().await;
    let answer = test.ask("/card/getcolors").await;
    assert_snapshot!("getcolors", answer.shown());
}

#[tokio::test]
async fn a_token_is_read_from_the_query_alone() {
    let test = TestMock::start().await;
    let request = test.request("POST", "/card/get");
    let body = json!({"access_token": test.token, "card_id": "p"}).to_string();
    let answer = test.send(request.bearer_auth(&test.token).body(body)).await;
    assert_eq!(answer.errcode(), 41001);
}

/// The head of an answer to a raw request, its lines sorted, without the time.
fn head_of(test: &TestMock, version: &str, header: &str) -> String {
    use std::io::{Read, Write};
    let url = test.mock.url();
    let mut stream = std::net::TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let request =
        format!("GET /card/getcolors {version}\r\nhost: api.weixin.qq.com\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    // The head alone is read: a connection that stays open does not end with the answer.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines: Vec<&str> = head
        .lines()
        .filter(|line| !line.is_empty())
        .filter(|line| !line.starts_with("Date:"))
        .collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_headers_are_those_that_were_captured() {
    let test = TestMock::start().await;
    assert_snapshot!(head_of(&test, "HTTP/1.1", ""), @r"
    Connection: keep-alive
    Content-Length: 81
    Content-Type: application/json; encoding=utf-8
    HTTP/1.1 200 OK
    ");
    for (version, header) in [("HTTP/1.1", "connection: close\r\n"), ("HTTP/1.0", "")] {
        let head = head_of(&test, version, header);
        assert!(!head.contains("keep-alive"), "{head}");
    }
}
