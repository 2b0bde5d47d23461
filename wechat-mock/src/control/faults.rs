//! What goes wrong on demand.

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use super::{
    Fault,
    body::{JsonBody, Segment},
    done,
};
use crate::{api::call::shortened, faults::FaultDraft, mock::Mock};

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

pub(super) async fn remove(
    State(mock): State<Mock>,
    Segment(id): Segment,
) -> Result<Json<Value>, Fault> {
    remove_fault(&mock, &id)?;
    Ok(done())
}

/// Takes one fault back.
pub(crate) fn remove_fault(mock: &Mock, id: &str) -> Result<(), Fault> {
    let number = id.parse().ok();
    if number.is_some_and(|number| mock.faults.lock().remove(number)) {
        return Ok(());
    }
    let message = format!("no fault has the id {}", shortened(id));
    Err(Fault::not_found(message))
}
