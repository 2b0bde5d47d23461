//! What a network can do to a call.

use std::time::Duration;

use serde_json::json;
use wechat_client::{Client, Error, ImageFile, RetryPolicy};
use wiremock::{Mock, ResponseTemplate, matchers::path};

use crate::{
    canned::{Answer, NOBODY, serve},
    support::{answer, answer_first, answer_text, builder, calls, client, refusal, server},
};

const COLORS: &str = "/card/getcolors";

fn impatient(url: &str) -> Client {
    builder(url)
        .try_timeout(Duration::from_millis(30))
        .retry(RetryPolicy::NEVER)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_gateways_error_page_is_unreadable_and_tells_its_status() {
    let server = server().await;
    answer_text(&server, COLORS, 502, "<html>Bad Gateway</html>").await;
    let error = client(&server).colors().await.unwrap_err();
    assert!(
        matches!(error, Error::Unreadable { status: 502, .. }),
        "{error:?}"
    );
    assert!(error.is_outage());
    assert_eq!(
        calls(&server, COLORS).await.len(),
        3,
        "a read is tried again"
    );
}

#[tokio::test]
async fn a_refusal_under_another_status_is_not_wechats() {
    let server = server().await;
    answer_text(&server, COLORS, 500, "{\"errcode\":0,\"colors\":[]}").await;
    let error = client(&server).colors().await.unwrap_err();
    assert!(
        matches!(error, Error::Unreadable { status: 500, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_no_answer_of_the_call_is_unreadable() {
    for body in [
        "",
        "ok",
        "[]",
        "{\"errcode\":0}",
        "{\"errcode\":\"0\"}",
        "{\"colors\":[",
        "null",
    ] {
        let server = server().await;
        answer_text(&server, COLORS, 200, body).await;
        let error = client(&server).colors().await.unwrap_err();
        assert!(
            matches!(error, Error::Unreadable { status: 200, .. }),
            "{body}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_missing_errcode_is_a_success_and_bare_control_characters_are_forgiven() {
    let server = server().await;
    answer_text(
        &server,
        COLORS,
        200,
        "{\"colors\":[{\"name\":\"a\nb\",\"value\":\"#0\"}]}",
    )
    .await;
    let colors = client(&server).colors().await.unwrap();
    assert_eq!(colors[0].name, "a\nb");
}

#[tokio::test]
async fn a_busy_wechat_is_asked_again_for_what_can_be_repeated() {
    let server = server().await;
    answer_first(&server, COLORS, 2, &refusal(-1)).await;
    answer(&server, COLORS, &json!({"errcode": 0, "colors": []})).await;
    client(&server).colors().await.unwrap();
    assert_eq!(calls(&server, COLORS).await.len(), 3);

    answer(&server, "/card/code/consume", &refusal(-1)).await;
    let error = client(&server)
        .consume_code(&"1".into(), None)
        .await
        .unwrap_err();
    assert!(error.is_outage());
    assert_eq!(
        calls(&server, "/card/code/consume").await.len(),
        1,
        "never twice"
    );
}

#[tokio::test]
async fn uploads_are_never_made_twice() {
    let server = server().await;
    answer_text(&server, "/cgi-bin/media/uploadimg", 502, "").await;
    let file = ImageFile {
        file_name: "标志.jpg".to_owned(),
        bytes: fixtures::image("logo.jpg").into(),
    };
    client(&server).upload_image(file).await.unwrap_err();
    let calls = calls(&server, "/cgi-bin/media/uploadimg").await;
    assert_eq!(calls.len(), 1);
    let head = String::from_utf8_lossy(&calls[0].body[..300]).into_owned();
    assert!(head.contains("name=\"media\""), "{head}");
    assert!(
        head.to_lowercase().contains("content-type: image/jpeg"),
        "{head}"
    );
    assert!(calls[0].headers.contains_key("content-length"));
}

#[tokio::test]
async fn nobody_there_is_told_as_not_reached() {
    let client = impatient(NOBODY);
    let error = client.access_token().await.unwrap_err();
    assert!(matches!(error, Error::Unreached { .. }), "{error:?}");
    assert!(error.is_outage());
    let error = client.colors().await.unwrap_err();
    assert!(matches!(error, Error::NoToken { .. }), "{error:?}");
    assert!(error.is_outage());
}

#[tokio::test]
async fn a_closed_cut_or_garbled_connection_is_no_answer() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access_token\"";
    for answer in [
        Answer::Nothing,
        Answer::Bytes(cut),
        Answer::Bytes(b"garbage\r\n\r\n"),
    ] {
        let client = impatient(&serve(answer).await);
        let error = client.access_token().await.unwrap_err();
        assert!(
            matches!(error, Error::NoAnswer { .. }),
            "{answer:?}: {error:?}"
        );
        assert!(error.is_outage());
    }
}

#[tokio::test]
async fn who_stays_silent_is_given_up() {
    let error = impatient(&serve(Answer::Silence).await)
        .access_token()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NoAnswer { .. }), "{error:?}");
}

#[tokio::test]
async fn all_tries_together_have_an_end() {
    let url = serve(Answer::Silence).await;
    let client = builder(&url)
        .try_timeout(Duration::from_secs(3600))
        .total_timeout(Duration::from_millis(30))
        .build()
        .unwrap();
    let error = client.access_token().await.unwrap_err();
    assert!(matches!(error, Error::NoAnswer { .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let server = server().await;
    answer_text(&server, COLORS, 200, &" ".repeat(1024 * 1024 + 1)).await;
    let error = client(&server).colors().await.unwrap_err();
    assert!(matches!(error, Error::Unreadable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let server = server().await;
    let elsewhere = ResponseTemplate::new(302).insert_header("location", "/elsewhere");
    Mock::given(path(COLORS))
        .respond_with(elsewhere)
        .mount(&server)
        .await;
    let error = client(&server).colors().await.unwrap_err();
    assert!(
        matches!(error, Error::Unreadable { status: 302, .. }),
        "{error:?}"
    );
    assert!(calls(&server, "/elsewhere").await.is_empty());
}
