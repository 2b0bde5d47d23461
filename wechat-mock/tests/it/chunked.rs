//! Bodies in chunks: what stands in front of all calls of WeChat's reads Content-Length alone.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::TestMock;

/// Sends a body in chunks of at most 700 bytes; the whole answer, head and body.
async fn send(test: &TestMock, path: &str, content_type: &str, body: &[u8]) -> String {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    .into_bytes();
    for chunk in body.chunks(700) {
        request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");

    let address = test.mock.url().replace("http://", "");
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(&request).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_post_in_chunks_is_412_on_every_path_and_is_not_done() {
    let test = TestMock::start().await;
    for path in wechat_mock::paths().chain(["/card/nonsense"]) {
        let answer = send(&test, &test.signed_in(path), "application/json", b"{}").await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 412 Precondition Failed"),
            "{path}: {head}"
        );
        assert_eq!(body, "", "{path}");
    }

    let (_, _, code) = test.claimed("alice").await;
    let call = json!({"code": code}).to_string();
    let consume = "/card/code/consume";
    let answer = send(
        &test,
        &test.signed_in(consume),
        "application/json",
        call.as_bytes(),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 412 "), "{answer}");
    let row = test.mock.journal().of_path(consume).pop().unwrap();
    assert_eq!(row["status"], 412);
    let why = test
        .mock
        .journal()
        .explain(row["id"].as_str().unwrap())
        .unwrap();
    assert_eq!(
        (&why["rule"], &why["outcome"]),
        (&json!("WX-WIRE-021"), &json!("refused"))
    );
    // The code is still there to be redeemed.
    let done = test.post(consume, &json!({"code": code})).await;
    assert_eq!(done.errcode(), 0);
}

#[tokio::test]
async fn a_file_in_chunks_is_412_however_large() {
    let test = TestMock::start().await;
    let large = vec![b'x'; 3 * 1024 * 1024];
    for body in [&b""[..], &large] {
        let path = test.signed_in("/cgi-bin/media/uploadimg");
        let answer = send(&test, &path, "multipart/form-data; boundary=x", body).await;
        assert!(answer.starts_with("HTTP/1.1 412 "));
    }
}

#[tokio::test]
async fn the_control_api_takes_chunks() {
    let test = TestMock::start().await;
    let answer = send(
        &test,
        "/_mock/v1/users",
        "application/json",
        b"{\"name\":\"dora\"}",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}
