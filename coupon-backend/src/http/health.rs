//! `/healthz` asks nobody; `/readyz` tries a write that is taken back, and tells how WeChat was last seen.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use super::AppState;

/// How long the probe waits for either.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn alive() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

pub(super) async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Value>) {
    let database = tokio::time::timeout(PATIENCE, state.store.probe()).await;
    let database = matches!(database, Ok(Ok(())));
    // Answered from what is kept while the token lives, so a probe costs WeChat nothing.
    let wechat = tokio::time::timeout(PATIENCE, state.wechat.cards.access_token()).await;
    let wechat = matches!(wechat, Ok(Ok(_)));
    let status = if database {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let word = |is_up| if is_up { "ok" } else { "down" };
    (
        status,
        Json(json!({"database": word(database), "wechat": word(wechat)})),
    )
}
