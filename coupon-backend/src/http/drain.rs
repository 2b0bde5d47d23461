//! Bodies that a call did not read: read and thrown away before it is answered.
//!
//! Who is still sending when the connection closes reads "broken pipe" in place of the refusal.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::header,
};
use bytes::Bytes;
use futures_util::StreamExt;

/// Bytes that are thrown away at most; then the connection is closed on the sender.
const MOST: usize = 16 * 1024 * 1024;
/// How long that may take.
const IN_TIME: Duration = Duration::from_secs(5);

type Shared = Arc<Mutex<Body>>;

/// What a handler reads of the body of a call.
struct Lent(Shared);

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        body.size_hint()
    }
}

/// What is left of the body of a call once it is answered.
pub(super) struct Rest {
    body: Shared,
    /// The sender waits to be told that it may send; a refusal tells it not to.
    waits: bool,
}

impl Rest {
    /// Lends the body of a call to who handles it.
    pub(super) fn of(request: Request) -> (Request, Self) {
        let waits = request.headers().contains_key(header::EXPECT);
        let (parts, body) = request.into_parts();
        let body: Shared = Arc::new(Mutex::new(body));
        let lent = Body::new(Lent(body.clone()));
        (Request::from_parts(parts, lent), Self { body, waits })
    }

    /// Reads the rest, up to a limit of bytes and time.
    pub(super) async fn drain(self) {
        let body = std::mem::take(&mut *self.body.lock().unwrap_or_else(PoisonError::into_inner));
        if self.waits || body.is_end_stream() {
            return;
        }
        let reading = async {
            let mut rest = body.into_data_stream();
            let mut length = 0;
            while let Some(Ok(part)) = rest.next().await {
                length += part.len();
                if length > MOST {
                    return;
                }
            }
        };
        // Who is slower than that sees a closed connection.
        let _in_time = tokio::time::timeout(IN_TIME, reading).await;
    }
}
