//! Bodies: read within a limit, in time, as JSON.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, header, request::Parts},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Failure;
use crate::coupon::{Fault, Fields};

/// Bytes of a JSON body.
const MAX_JSON: usize = 256 * 1024;
/// What comes beyond the limit is read and thrown away up to this, so that the caller, who is still
/// sending, sees the answer and not a broken connection.
const MAX_DRAINED: usize = 16 * 1024 * 1024;
/// How long a body may take.
const IN_TIME: Duration = Duration::from_secs(10);

/// A body of at most `limit` bytes.
pub(super) async fn read(body: Body, limit: usize) -> Result<Bytes, Failure> {
    let whole = async {
        let mut stream = body.into_data_stream();
        let (mut kept, mut length) = (BytesMut::new(), 0);
        while let Some(part) = stream.next().await {
            let part = part.map_err(|_| Failure::NoJson)?;
            length += part.len();
            if length <= limit {
                kept.extend_from_slice(&part);
            } else if length > MAX_DRAINED {
                break;
            }
        }
        if length <= limit {
            Ok(kept.freeze())
        } else {
            Err(Failure::TooLarge(limit))
        }
    };
    tokio::time::timeout(IN_TIME, whole)
        .await
        .unwrap_or(Err(Failure::SlowBody))
}

/// Bodies are read as they come: a compressed one is refused by its name, not as bad JSON.
pub(super) fn check_encoding(headers: &HeaderMap) -> Result<(), Failure> {
    let is_plain = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_plain {
        Ok(())
    } else {
        Err(Failure::Encoded)
    }
}

/// A body that is judged later, within the limit of JSON.
pub(super) struct Raw {
    pub(super) bytes: Bytes,
}

impl Raw {
    /// The body in JSON, whatever its content type says; nothing at all is null.
    pub(super) fn json(&self) -> Result<Json, Failure> {
        let value = if self.bytes.iter().all(u8::is_ascii_whitespace) {
            Value::Null
        } else {
            serde_json::from_slice(&self.bytes).map_err(|_| Failure::NoJson)?
        };
        Ok(Json { value })
    }
}

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        check_encoding(request.headers())?;
        let bytes = read(request.into_body(), MAX_JSON).await?;
        Ok(Self { bytes })
    }
}

/// A body in JSON.
pub(super) struct Json {
    pub(super) value: Value,
}

impl Json {
    /// Reads the fields of the body; all faults at once.
    pub(super) fn fields<T>(
        &self,
        read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Result<T, Failure> {
        Fields::read(&self.value, read).map_err(Failure::Invalid)
    }
}

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        Raw::from_request(request, state).await?.json()
    }
}

/// A segment of the path, decoded.
pub(super) struct Segment(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segment = Path::<String>::from_request_parts(parts, state).await;
        let Path(segment) = segment.map_err(|_| Failure::NotFound("no such path"))?;
        Ok(Self(segment))
    }
}

/// The query string.
pub(super) struct QueryOf<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let Query(query) = Query::try_from_uri(&parts.uri).map_err(|fault| {
            // It ends with serde's words, in which the field stands in backticks.
            let message = fault.to_string();
            let field = message.split('`').nth(1).unwrap_or("query").to_owned();
            Failure::Invalid(vec![Fault::new(field, "cannot be read")])
        })?;
        Ok(Self(query))
    }
}
