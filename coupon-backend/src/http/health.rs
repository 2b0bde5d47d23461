//! `/healthz` asks nobody; `/readyz` tries a write that is taken back, and tells
//! whether WeChat answers, by what it said lately.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use super::AppState;

/// How long both are waited for: the usual probe has one second.
const PATIENCE: Duration = Duration::from_millis(800);

pub(super) async fn alive() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

pub(super) async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Value>) {
    let (database, wechat) = tokio::join!(
        tokio::time::timeout(PATIENCE, state.store.probe()),
        tokio::time::timeout(PATIENCE, state.reachability.ask(&state.wechat.cards)),
    );
    let database = matches!(database, Ok(Ok(())));
    let wechat = matches!(wechat, Ok(true));
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
