//! What every call passes through: request id, log line, deadline, the body of errors.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use serde_json::json;
use tracing::Instrument;

use super::{
    drain::Rest,
    error::{ErrorBody, Failure},
};

/// A caller has an answer within 20 seconds, whatever WeChat does.
const DEADLINE: Duration = Duration::from_secs(19);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a call: in its answer, its log lines, and the history of what it changed.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) String);

pub(super) async fn not_found() -> Failure {
    Failure::NotFound("no such path")
}

pub(super) async fn method_not_allowed() -> Failure {
    Failure::MethodNotAllowed
}

/// The outermost layer.
pub(super) async fn answer(mut request: Request, next: Next) -> Response {
    let id = request_id(&request);
    request.extensions_mut().insert(RequestId(id.clone()));
    let path = request.extensions().get::<MatchedPath>();
    // The template, not the path: a code may stand in that.
    let path = path.map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("call", method = %request.method(), path, request_id = id);
    let (request, rest) = Rest::of(request);
    let mut response = guarded(next.run(request)).instrument(span.clone()).await;
    rest.drain().await;
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), "answered"));

    if let Some(ErrorBody(mut body)) = response.extensions_mut().remove() {
        body["request_id"] = json!(id);
        let text = json!({"error": body}).to_string();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(text);
    }
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The caller's own id when it is one, else a new one.
fn request_id(request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID);
    given
        .and_then(|value| value.to_str().ok())
        .filter(|id| (1..=64).contains(&id.len()))
        .filter(|id| {
            id.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        })
        .map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), str::to_owned)
}

/// An answer in time, even when something of ours panics.
async fn guarded(answer: impl Future<Output = Response>) -> Response {
    let caught = AssertUnwindSafe(answer).catch_unwind();
    match tokio::time::timeout(DEADLINE, caught).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            tracing::error!("a handler panicked");
            Failure::Internal.into_response()
        }
        Err(_) => Failure::Late.into_response(),
    }
}
