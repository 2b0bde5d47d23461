//! GET `/admin/v1/colors`.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{AppState, auth::Admin, error::Failure};

pub(super) async fn list(_: Admin, State(state): State<AppState>) -> Result<Json<Value>, Failure> {
    let colors = state.wechat.cards.colors().await?;
    Ok(Json(json!({"colors": colors})))
}
