//! Nothing that can be printed holds a secret.

use serde_json::{from_value, json};
use wechat_client::{
    AccessToken, ActivateTicket, AppSecret, CardTicket, Credential, EncryptedCode, JsCode,
    RetryPolicy, SeenCall, SessionKey, member::FilledValue,
};

use crate::{
    canned::NOBODY,
    support::{SECRET, builder, client, mini_program, server},
};

#[tokio::test]
async fn no_secret_type_prints_itself() {
    let filled: FilledValue = from_value(json!({"name": "phone", "value": "hush"})).unwrap();
    assert_eq!(filled.value, "hush");
    let seen: SeenCall =
        from_value(json!({"request_url": "hush", "request_body": "hush"})).unwrap();
    assert_eq!(seen.request_body, "hush");
    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        AppSecret::from("hush"),
        AccessToken::from("hush"),
        CardTicket::from("hush"),
        SessionKey::from("hush"),
        EncryptedCode::from("hush"),
        JsCode::from("hush"),
        ActivateTicket::from("hush"),
        filled,
        seen,
        Credential::new("hush", 1, 2, 3),
    );
    assert!(!shown.contains("hush"), "{shown}");

    let server = server().await;
    let shown = format!(
        "{:?} {:?} {:?}",
        client(&server),
        builder(&server.uri()),
        mini_program(&server)
    );
    assert!(!shown.contains(SECRET), "{shown}");
}

/// An error with all its causes, as people and as logs see it.
fn shown(error: &dyn std::error::Error) -> String {
    let mut texts = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        texts.push(format!("{error:?} {error}"));
        next = error.source();
    }
    texts.join(" ")
}

#[tokio::test]
async fn no_error_holds_a_secret_or_a_token() {
    // The token call answers, the call itself finds the connection refused.
    let server = server().await;
    let with_token = client(&server);
    with_token.access_token().await.unwrap();
    drop(server);
    let error = with_token.colors().await.unwrap_err();
    assert!(!shown(&error).contains("token-1"), "{}", shown(&error));

    let url = NOBODY;
    let without = builder(url).retry(RetryPolicy::NEVER).build().unwrap();
    let error = without.colors().await.unwrap_err();
    assert!(!shown(&error).contains(SECRET), "{}", shown(&error));

    let login = wechat_client::MiniProgram::builder("wx0".into(), SECRET.into())
        .api_base(url)
        .build()
        .unwrap();
    let error = login.code_to_session(&"js-code".into()).await.unwrap_err();
    assert!(!shown(&error).contains(SECRET), "{}", shown(&error));
    assert!(!shown(&error).contains("js-code"), "{}", shown(&error));
}
