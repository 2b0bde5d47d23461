//! How a failure is answered.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

pub(super) use crate::failure::Failure;

/// What [`super::layers::answer`] makes the body of.
#[derive(Clone, Debug)]
pub(super) struct ErrorBody(pub(super) Value);

/// An error's answer without its body, which the outermost layer writes.
pub(super) fn response(status: StatusCode, body: Value) -> Response {
    let mut response = status.into_response();
    let headers = response.headers_mut();
    if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::CONFLICT {
        let is_worth_a_wait =
            status == StatusCode::SERVICE_UNAVAILABLE || body["code"] == "operation_in_progress";
        if is_worth_a_wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response.extensions_mut().insert(ErrorBody(body));
    response
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.log();
        let (status, body) = self.parts();
        response(status, body)
    }
}
