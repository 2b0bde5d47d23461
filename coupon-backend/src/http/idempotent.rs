//! Calls that change something: once begun they end, and with an `Idempotency-Key` they are made once.

use axum::{
    Json,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    AppState,
    error::{Failure, response},
};
use crate::store::idempotency::{Fingerprint, Known};

/// Characters of a key at most.
const MAX_KEY: usize = 255;

/// A call that was done.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

/// A call and its key, if it has one.
pub(super) struct Call {
    key: Option<String>,
    fingerprint: Fingerprint,
}

impl Call {
    /// `what` and `body` are what the key belongs to.
    pub(super) fn new(headers: &HeaderMap, what: &str, body: &[u8]) -> Result<Self, Failure> {
        let key = match headers.get("idempotency-key") {
            None => None,
            Some(value) => {
                let key = value.to_str().unwrap_or_default().trim();
                if key.is_empty() || key.len() > MAX_KEY {
                    let message = format!("must have 1 to {MAX_KEY} visible ASCII characters");
                    return Err(Failure::field("Idempotency-Key", message));
                }
                Some(key.to_owned())
            }
        };
        let fingerprint = Sha256::new()
            .chain_update(what)
            .chain_update([0])
            .chain_update(body)
            .finalize();
        Ok(Self {
            key,
            fingerprint: fingerprint.into(),
        })
    }

    /// Does the work, or gives the answer that was given before.
    ///
    /// The work goes on when the caller goes away or the deadline passes: half of it would be worse
    /// than all of it.
    pub(super) async fn answer(
        self,
        state: AppState,
        work: impl Future<Output = Result<Reply, Failure>> + Send + 'static,
    ) -> Result<Response, Failure> {
        if let Some(key) = &self.key {
            let now = state.clock.now();
            match state.store.take_key(key, &self.fingerprint, now).await? {
                Known::New => {}
                Known::Running => {
                    return Err(Failure::IdempotencyConflict("the same call is under way"));
                }
                Known::Another => {
                    return Err(Failure::IdempotencyConflict(
                        "this Idempotency-Key belongs to another call",
                    ));
                }
                Known::Answered(status, body) => return Ok(replayed(status, &body)),
            }
        }
        let span = tracing::Span::current();
        let done = tokio::spawn(tracing::Instrument::instrument(
            async move {
                let answer = work.await;
                if let Some(key) = &self.key {
                    keep(&state, key, &answer).await?;
                }
                answer
            },
            span,
        ));
        match done.await {
            Ok(answer) => answer.map(|reply| (reply.status, Json(reply.body)).into_response()),
            Err(_) => Err(Failure::Internal),
        }
    }
}

/// Keeps a final answer; any other leaves the key free for the next try.
async fn keep(state: &AppState, key: &str, answer: &Result<Reply, Failure>) -> Result<(), Failure> {
    let (status, body) = match answer {
        Ok(reply) => (reply.status, reply.body.clone()),
        Err(failure) if failure.is_final() => failure.parts(),
        Err(_) => return Ok(state.store.give_key_back(key).await?),
    };
    let text = body.to_string();
    Ok(state.store.keep_answer(key, status.as_u16(), &text).await?)
}

fn replayed(status: u16, body: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    if status.is_success() {
        (status, Json(body)).into_response()
    } else {
        response(status, body)
    }
}
