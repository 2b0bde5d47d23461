//! What goes wrong on demand.

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use super::{Fault, body::JsonBody, done};
use crate::{faults::FaultDraft, mock::Mock};

pub(super) async fn list(State(mock): State<Mock>) -> Json<Value> {
    Json(json!({"faults": mock.faults.lock().show()}))
}

pub(super) async fn add(
    State(mock): State<Mock>,
    JsonBody(draft): JsonBody<FaultDraft>,
) -> Result<(StatusCode, Json<Value>), Fault> {
    let fault = draft
        .read()
        .map_err(|(field, message)| Fault::bad_value(field, message))?;
    Ok((StatusCode::CREATED, Json(mock.faults.lock().add(fault))))
}

pub(super) async fn clear(State(mock): State<Mock>) -> Json<Value> {
    mock.faults.lock().clear();
    done()
}
