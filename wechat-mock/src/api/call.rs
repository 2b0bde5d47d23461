//! One call as it came: query, body, and readers that judge JSON as JSON.

use std::{borrow::Cow, net::IpAddr};

use axum::http::Method;
use bytes::Bytes;
use serde_json::{Map, Value};

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
}

/// A body after reading.
#[derive(Debug)]
pub(crate) enum Content {
    /// The endpoint takes no body; what came is not looked at.
    Ignored,
    Json(Result<Map<String, Value>, Refusal>),
    Upload(Result<Upload, Refusal>),
}

/// The file of a multipart body.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) file_name: String,
    pub(crate) bytes: Bytes,
}

/// A query string, decoded once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(raw: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(raw.unwrap_or_default().as_bytes());
        Self(
            pairs
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

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
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
        }
    }

    /// The body as a JSON object.
    pub(crate) fn json(&self) -> Result<&Map<String, Value>, Refusal> {
        match &self.content {
            Content::Json(read) => read.as_ref().map_err(Clone::clone),
            Content::Ignored | Content::Upload(_) => Err(Refusal::new("WX-WIRE-005")),
        }
    }

    /// The uploaded file.
    pub(crate) fn upload(&self) -> Result<&Upload, Refusal> {
        match &self.content {
            Content::Upload(read) => read.as_ref().map_err(Clone::clone),
            Content::Ignored | Content::Json(_) => Err(Refusal::new("WX-MED-001")),
        }
    }

    /// A text field of the body; null and the empty text count as absent.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&str>, Refusal> {
        match self.json()?.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(other) => Err(wrong_kind(key, "a string", other)),
        }
    }

    /// A flag of the body.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, Refusal> {
        match self.json()?.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(wrong_kind(key, "true or false", other)),
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

/// Reads a body as one JSON object, whatever its Content-Type says.
pub(crate) fn read_json(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Err(Refusal::new("WX-WIRE-004")
            .expected("a JSON object")
            .received("an empty body"));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(Refusal::new("WX-WIRE-005")
            .expected("a JSON object")
            .received(kind(&other))),
        Err(fault) => Err(unreadable(body, &fault)),
    }
}

/// A JSON text in which every `\uXXXX` stands for itself; [`None`] when it has none.
pub(crate) fn with_escapes_kept(json: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(json.len() + 16);
    let mut bytes = json.iter().copied();
    let mut found = false;
    while let Some(byte) = bytes.next() {
        kept.push(byte);
        if byte == b'\\'
            && let Some(escaped) = bytes.next()
        {
            if escaped == b'u' {
                found = true;
                kept.push(b'\\');
            }
            kept.push(escaped);
        }
    }
    found.then_some(kept)
}

fn unreadable(body: &[u8], fault: &serde_json::Error) -> Refusal {
    if body.starts_with(b"\xef\xbb\xbf") {
        return Refusal::new("WX-WIRE-005")
            .expected("{ as the first byte")
            .received("a byte order mark before it");
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return Refusal::new("WX-WIRE-005")
            .expected("UTF-8")
            .received("bytes that are not UTF-8, such as GBK");
    };
    let looks_like_a_form = text.starts_with("%7B")
        || text.starts_with("%7b")
        || (text.contains('=') && !text.trim_start().starts_with(['{', '[', '"']));
    if looks_like_a_form {
        return Refusal::new("WX-WIRE-006")
            .expected("raw JSON, starting with {")
            .received("a url-encoded form");
    }
    Refusal::new("WX-WIRE-005")
        .expected("JSON")
        .received(format!("an error at this place: {fault}"))
}

/// Reads the one file of a multipart body; what its part is called does not matter.
pub(crate) async fn read_upload(content_type: &str, body: Bytes) -> Result<Upload, Refusal> {
    let none = |received: &str| {
        Refusal::new("WX-MED-001")
            .expected("multipart/form-data with a part that has a filename")
            .received(received)
    };
    let boundary = multer::parse_boundary(content_type)
        .map_err(|_| none("no multipart/form-data with a boundary in Content-Type"))?;
    let whole = futures_util::stream::once(async { Ok::<_, std::convert::Infallible>(body) });
    let mut parts = multer::Multipart::new(whole, boundary);
    loop {
        let part = match parts.next_field().await {
            Ok(Some(part)) => part,
            Ok(None) => return Err(none("no part with a filename")),
            Err(_) => return Err(none("a body that does not keep to its boundary")),
        };
        let Some(file_name) = part.file_name().map(str::to_owned) else {
            continue;
        };
        let bytes = part
            .bytes()
            .await
            .map_err(|_| none("a part that is cut off"))?;
        if bytes.is_empty() {
            return Err(Refusal::new("WX-MED-002")
                .expected("a file")
                .received("a part without bytes"));
        }
        return Ok(Upload { file_name, bytes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &[u8]) -> (i64, &'static str) {
        let refusal = read_json(body).unwrap_err();
        (refusal.errcode, refusal.rule)
    }

    #[test]
    fn what_is_not_a_json_object_is_refused_by_its_own_rule() {
        assert_eq!(refused(b""), (44002, "WX-WIRE-004"));
        assert_eq!(refused(b"null"), (47001, "WX-WIRE-005"));
        assert_eq!(refused(b"\xef\xbb\xbf{}"), (47001, "WX-WIRE-005"));
        assert_eq!(refused(b"{'card_id':'a'}"), (47001, "WX-WIRE-005"));
        assert_eq!(
            refused("{\"a\":\"\u{4f60}".as_bytes()),
            (47001, "WX-WIRE-005")
        );
        assert_eq!(refused(b"{\"a\":\"\xc4\xe3\"}"), (47001, "WX-WIRE-005"));
        assert_eq!(refused(b"a=1&b=2"), (47001, "WX-WIRE-006"));
        assert_eq!(refused(b"%7B%22a%22%3A1%7D="), (47001, "WX-WIRE-006"));
    }

    #[test]
    fn nesting_without_end_is_refused_not_followed() {
        assert_eq!(refused("[".repeat(100_000).as_bytes()).0, 47001);
        let deep = format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000));
        assert_eq!(refused(deep.as_bytes()).0, 47001);
    }

    #[test]
    fn a_query_is_decoded_once() {
        let query = Query::parse(Some("a=%2525&b=x+y&b=z&c="));
        assert_eq!(query.get("a"), Some("%25"));
        assert_eq!(query.get("b"), Some("x y"));
        assert_eq!(query.get("c"), None);
    }
}
