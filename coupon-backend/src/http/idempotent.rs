//! Calls that act, as HTTP sees them: headers in, the operation's answer out.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{
    error::{Failure, response},
    layers::RequestId,
};
use crate::operations::{Answer, Call};

/// Reads a call from its headers; `what` and `body` are what its key belongs to.
pub(super) fn call(
    headers: &HeaderMap,
    what: &str,
    body: &[u8],
    id: &RequestId,
) -> Result<Call, Failure> {
    let key = headers.get("idempotency-key").map(HeaderValue::as_bytes);
    Call::new(key, what, body, Some(id.0.clone()))
}

/// The answer of an operation.
pub(super) fn answered(answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body: Value = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
    if status.is_success() {
        (status, Json(body)).into_response()
    } else {
        response(status, body)
    }
}
