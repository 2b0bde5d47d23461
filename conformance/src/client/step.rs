//! The steps of a case about the client, as its data has them.

use serde::Deserialize;
use serde_json::{Map, Value};

/// One call of the client, what WeChat answers, what the client sends and what it makes of the answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Step {
    /// The method of the client, such as `decrypt_code`.
    pub(super) client: String,
    pub(super) arguments: Value,
    /// What is answered, by path; of several for one path each once, the last from then on.
    pub(super) answers: Vec<Canned>,
    /// The requests, all of them and in their order.
    pub(super) sends: Option<Vec<Sent>>,
    /// The typed result, member by member.
    pub(super) gives: Option<Value>,
    /// At least these members of the error: `kind`, `errcode`, `errmsg`, `status`, `effect`, `is_outage`.
    pub(super) fails: Option<Value>,
}

/// A literal answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Canned {
    pub(super) path: String,
    #[serde(default = "ok")]
    pub(super) status: u16,
    #[serde(default = "json")]
    pub(super) content_type: String,
    #[serde(default)]
    pub(super) body: String,
    /// The head's `Date`; none unless said.
    pub(super) date: Option<String>,
    /// The connection ends after so many bytes of the body, though its length is told in full.
    pub(super) cut: Option<usize>,
    /// The connection ends without an answer.
    #[serde(default)]
    pub(super) silent: bool,
}

/// A literal request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) path: String,
    /// All of the query.
    pub(super) query: Map<String, Value>,
    pub(super) content_type: Value,
    /// The body as JSON, the kinds of its values included.
    pub(super) json: Option<Value>,
    /// The body byte for byte; nothing unless said.
    pub(super) body: Option<String>,
    /// Parts that the body has, for uploads.
    pub(super) parts: Vec<String>,
}

fn ok() -> u16 {
    200
}

/// As WeChat's own.
fn json() -> String {
    "application/json; encoding=utf-8".to_owned()
}
