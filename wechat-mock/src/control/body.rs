//! Reads what the control API is sent, and says which field is at fault.

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::request::Parts,
};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::Fault;

/// Bytes of a body that are read: a world with the media and pictures of some accounts, in base64.
const MAX_BODY: usize = 512 * 1024 * 1024;

/// A JSON body, whatever its content type says.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        let bytes = whole(request).await?;
        read(&bytes).map(Self)
    }
}

/// A JSON body that may be left out: nothing counts as an empty object.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalBody<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        let bytes = whole(request).await?;
        read(if bytes.is_empty() { b"{}" } else { &bytes }).map(Self)
    }
}

/// A body as it came.
pub(crate) struct Text(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        whole(request).await.map(Self)
    }
}

async fn whole(request: Request) -> Result<Bytes, Fault> {
    axum::body::to_bytes(Body::new(request.into_body()), MAX_BODY)
        .await
        .map_err(|_| Fault::unreadable(format!("a body of more than {MAX_BODY} bytes")))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    // Read as JSON first: only then is a fault one of a field.
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|fault| no_json(&fault))?;
    read_value(value)
}

/// What a text that is no JSON is answered with.
pub(crate) fn no_json(error: &serde_json::Error) -> Fault {
    Fault::unreadable(format!("no JSON: {error}"))
}

/// Reads what a call takes, or says which field is at fault.
pub(crate) fn read_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Fault> {
    serde_path_to_error::deserialize(value).map_err(|fault| {
        let message = fault.inner().to_string();
        let path = fault.path().to_string();
        let field = if path == "." {
            named_in(&message)
        } else {
            path
        };
        Fault::bad_value(field, message)
    })
}

/// The field that serde names in backticks, when it complains about one that is missing or unknown.
fn named_in(message: &str) -> String {
    message.split('`').nth(1).unwrap_or(".").to_owned()
}

/// A segment of the path, decoded.
pub(crate) struct Segment(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let Path(segment) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Fault::not_found("a path that is no UTF-8"))?;
        Ok(Self(segment))
    }
}

/// Two segments of the path, decoded.
pub(crate) struct Segments(pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segments {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let Path((first, second)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| Fault::not_found("a path that is no UTF-8"))?;
        Ok(Self(first, second))
    }
}

/// The query string.
pub(crate) struct QueryOf<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let Query(query) = Query::try_from_uri(&parts.uri).map_err(|fault| {
            let message = fault.to_string();
            Fault::bad_value(named_in(&message), message)
        })?;
        Ok(Self(query))
    }
}
