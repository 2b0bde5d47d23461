//! One call as it came: query, body, and its fields, judged as JSON.

use std::{borrow::Cow, net::IpAddr};

use axum::http::Method;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::{
    body::Upload,
    card::Draft,
    schema::{Body, Fields},
};
use crate::refusal::Refusal;

/// A call on one of WeChat's paths.
#[derive(Debug)]
pub(crate) struct Call {
    /// Whether it was sent to one of WeChat's hosts without TLS.
    pub(crate) is_plain_http: bool,
    /// The address it came from.
    pub(crate) peer: IpAddr,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
    /// The body as its endpoint reads it.
    pub(crate) content: Content,
    /// Of a call that makes a card: the card, judged without the world.
    pub(in crate::api) draft: Option<Result<Draft, Refusal>>,
}

/// A body after reading.
#[derive(Debug)]
pub(crate) enum Content {
    /// The endpoint takes no body; what came is not looked at.
    Ignored,
    Json(Result<Body, Refusal>),
    Upload(Result<Upload, Refusal>),
}

/// A query string, decoded once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(raw: Option<&str>) -> Self {
        let raw = raw.unwrap_or_default();
        // Most queries have nothing to decode.
        if !raw.contains(['%', '+']) {
            let pairs = raw.split('&').filter(|pair| !pair.is_empty());
            let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            return Self(
                pairs
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect(),
            );
        }
        Self(
            form_urlencoded::parse(raw.as_bytes())
                .map(|(key, value)| (key.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The first value of a key; an empty one counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

impl Call {
    /// A call of which nothing but path and body matters.
    #[cfg(test)]
    pub(crate) fn bare(path: &str, body: Bytes) -> Self {
        Self {
            is_plain_http: false,
            peer: IpAddr::from([127, 0, 0, 1]),
            method: Method::POST,
            path: path.to_owned(),
            query: Query::default(),
            content_type: String::new(),
            body,
            content: Content::Ignored,
            draft: None,
        }
    }

    /// The body, when it could be read.
    fn body(&self) -> Result<&Body, Refusal> {
        match &self.content {
            Content::Json(read) => read.as_ref().map_err(Clone::clone),
            Content::Ignored | Content::Upload(_) => Err(Refusal::new("WX-WIRE-005")),
        }
    }

    /// The fields of the body, all that are required among them and none with a wrong value.
    pub(in crate::api) fn fields(&self) -> Result<Fields<'_>, Refusal> {
        let body = self.body()?;
        match &body.breach {
            Some(breach) => Err(breach.clone()),
            None => Ok(Fields::new(&body.members)),
        }
    }

    /// The fields of the body as far as they came, for calls that look at something else before they
    /// ask for what is missing.
    pub(in crate::api) fn given(&self) -> Result<Fields<'_>, Refusal> {
        self.body().map(|body| Fields::new(&body.members))
    }

    /// The body as a JSON object.
    pub(crate) fn json(&self) -> Result<&Map<String, Value>, Refusal> {
        self.body().map(|body| &body.members)
    }

    /// The uploaded file.
    pub(crate) fn upload(&self) -> Result<&Upload, Refusal> {
        match &self.content {
            Content::Upload(read) => read.as_ref().map_err(Clone::clone),
            Content::Ignored | Content::Json(_) => Err(Refusal::new("WX-MED-001")),
        }
    }
}

/// A value of another kind than the field has.
pub(crate) fn wrong_kind(path: &str, expected: &str, received: &Value) -> Refusal {
    Refusal::new("WX-WIRE-007")
        .expected(format!("{path}: {expected}"))
        .received(format!(
            "{path}: {} {}",
            kind(received),
            shortened(&received.to_string())
        ))
}

pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a flag",
        Value::Number(number) if number.is_f64() => "a number with a fraction or out of range",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// At most 80 characters of a text that came from outside.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(80) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_once() {
        let query = Query::parse(Some("a=%2525&b=x+y&b=z&c="));
        assert_eq!(query.get("a"), Some("%25"));
        assert_eq!(query.get("b"), Some("x y"));
        assert_eq!(query.get("c"), None);
    }

    proptest::proptest! {
        #[test]
        fn a_query_is_read_as_a_form_is(raw in "([ab=&%+;?é]|%[0-9a-f]{2}){0,12}") {
            let expected: Vec<(String, String)> = form_urlencoded::parse(raw.as_bytes())
                .map(|(key, value)| (key.into_owned(), value.into_owned()))
                .collect();
            proptest::prop_assert_eq!(Query::parse(Some(&raw)).into_pairs(), expected);
        }
    }
}
