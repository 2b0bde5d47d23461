//! What was called, and why it was refused.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    Fault,
    body::{QueryOf, Segment},
    done,
};
use crate::{journal::Filter, mock::Mock};

pub(super) async fn list(
    State(mock): State<Mock>,
    QueryOf(filter): QueryOf<Filter>,
) -> Json<Value> {
    Json(json!({"requests": mock.journal.lock().show(&filter)}))
}

pub(super) async fn clear(State(mock): State<Mock>) -> Json<Value> {
    mock.journal.lock().clear();
    done()
}

pub(super) async fn explain(
    State(mock): State<Mock>,
    Segment(id): Segment,
) -> Result<Json<Value>, Fault> {
    let record = mock.journal.lock().explain(&id);
    record.map(Json).ok_or_else(|| {
        Fault::not_found(format!(
            "{id} is no rid, hint, call or claim in the journal"
        ))
    })
}
