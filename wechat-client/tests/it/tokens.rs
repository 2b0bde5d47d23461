//! The access token: one for all, refreshed by one, replaced once when refused.

use std::sync::Arc;

use serde_json::{Value, json};
use wechat_client::{Client, ErrCode, MemoryStore};
use wiremock::MockServer;

use crate::support::{
    TestClock, answer, answer_first, builder, calls, client, refusal, server, token, token_of,
};

const TOKEN: &str = "/cgi-bin/stable_token";
const COLORS: &str = "/card/getcolors";

async fn answer_colors(server: &MockServer) {
    answer(
        server,
        COLORS,
        &json!({"errcode": 0, "errmsg": "ok", "colors": []}),
    )
    .await;
}

fn with_clock(server: &MockServer) -> (Client, TestClock) {
    let clock = TestClock::new();
    let client = builder(&server.uri())
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    (client, clock)
}

#[tokio::test]
async fn many_callers_wait_for_one_token() {
    let server = server().await;
    answer_colors(&server).await;
    let client = client(&server);
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.colors().await.map(drop) })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(calls(&server, TOKEN).await.len(), 1);
    assert_eq!(calls(&server, COLORS).await.len(), 10);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let server = server().await;
    answer_colors(&server).await;
    let (client, clock) = with_clock(&server);
    client.colors().await.unwrap();
    clock.advance(7200 - 121);
    client.colors().await.unwrap();
    assert_eq!(calls(&server, TOKEN).await.len(), 1);
    clock.advance(1);
    client.colors().await.unwrap();
    assert_eq!(calls(&server, TOKEN).await.len(), 2);
}

#[tokio::test]
async fn a_stale_token_is_replaced_and_the_call_made_again() {
    for errcode in [40001, 40014, 42001] {
        let server = MockServer::start().await;
        answer_first(&server, TOKEN, 1, &token("old")).await;
        answer(&server, TOKEN, &token("new")).await;
        answer_first(&server, COLORS, 1, &refusal(errcode)).await;
        answer_colors(&server).await;

        client(&server).colors().await.unwrap();
        let tokens: Vec<String> = calls(&server, COLORS).await.iter().map(token_of).collect();
        assert_eq!(tokens, ["old", "new"], "{errcode}");
        // Another token came by itself, so none was forced.
        for call in calls(&server, TOKEN).await {
            assert_eq!(
                call.body_json::<Value>().unwrap().get("force_refresh"),
                None
            );
        }
    }
}

#[tokio::test]
async fn only_when_the_refused_token_comes_again_another_is_forced() {
    let server = MockServer::start().await;
    answer_first(&server, TOKEN, 2, &token("dead")).await;
    answer(&server, TOKEN, &token("forced")).await;
    answer_first(&server, COLORS, 1, &refusal(40001)).await;
    answer_colors(&server).await;

    client(&server).colors().await.unwrap();
    let forced: Vec<bool> = calls(&server, TOKEN)
        .await
        .iter()
        .map(|call| call.body_json::<Value>().unwrap()["force_refresh"] == true)
        .collect();
    assert_eq!(forced, [false, false, true]);
}

#[tokio::test]
async fn a_token_that_is_refused_twice_is_an_error() {
    let server = server().await;
    answer(&server, COLORS, &refusal(40001)).await;
    let error = client(&server).colors().await.unwrap_err();
    assert_eq!(error.errcode(), Some(ErrCode::INVALID_CREDENTIAL));
    assert_eq!(calls(&server, COLORS).await.len(), 2);
}

#[tokio::test]
async fn other_refusals_are_not_tried_again() {
    let server = server().await;
    answer(&server, COLORS, &refusal(48001)).await;
    let error = client(&server).colors().await.unwrap_err();
    assert_eq!(error.errcode(), Some(ErrCode::UNAUTHORIZED));
    assert!(!error.is_outage());
    assert_eq!(calls(&server, COLORS).await.len(), 1);
}

#[tokio::test]
async fn instances_with_one_store_share_one_token_and_one_refresh() {
    let server = MockServer::start().await;
    answer_first(&server, TOKEN, 1, &token("old")).await;
    answer(&server, TOKEN, &token("new")).await;
    answer_colors(&server).await;
    let store = Arc::new(MemoryStore::default());
    let instance = || {
        builder(&server.uri())
            .credentials(store.clone())
            .build()
            .unwrap()
    };
    let (one, two) = (instance(), instance());
    one.colors().await.unwrap();
    two.colors().await.unwrap();
    assert_eq!(calls(&server, TOKEN).await.len(), 1);

    // Both learn that it is dead; the second finds what the first fetched.
    answer_first(&server, COLORS, 1, &refusal(40001)).await;
    one.colors().await.unwrap();
    answer_first(&server, COLORS, 1, &refusal(40001)).await;
    two.colors().await.unwrap();
    assert_eq!(calls(&server, TOKEN).await.len(), 2);
}

#[tokio::test]
async fn a_wrong_secret_is_an_error_of_the_token_call() {
    let server = MockServer::start().await;
    answer(&server, TOKEN, &refusal(40125)).await;
    let error = client(&server).colors().await.unwrap_err();
    assert_eq!(error.errcode(), Some(ErrCode::INVALID_SECRET));
    let cause = std::error::Error::source(&error).unwrap();
    assert!(cause.to_string().starts_with(TOKEN), "{cause}");
}
