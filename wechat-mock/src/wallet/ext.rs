//! cardExt, as the phone reads it.

use serde_json::{Map, Value};

use crate::{
    api::call::{kind, shortened},
    refusal::Advice,
    sign::Signed,
    world::card::whole,
};

/// Something that is no cardExt.
#[derive(Clone, Debug)]
pub(super) struct NotExt {
    pub(super) rule: &'static str,
    pub(super) expected: &'static str,
    pub(super) received: String,
}

impl NotExt {
    fn new(rule: &'static str, expected: &'static str, received: impl Into<String>) -> Self {
        Self {
            rule,
            expected,
            received: received.into(),
        }
    }
}

/// The values of cardExt, as text.
#[derive(Clone, Debug, Default)]
pub(super) struct Ext {
    pub(super) timestamp: String,
    pub(super) nonce_str: String,
    pub(super) code: String,
    pub(super) openid: String,
    pub(super) signature: String,
    pub(super) outer_str: String,
    pub(super) fixed_begin: Option<i64>,
    /// `outer_str` and `fixed_begintimestamp`: in cardExt, but not in the sum.
    pub(super) unsigned: Vec<String>,
    pub(super) timestamp_is_number: bool,
}

impl Ext {
    pub(super) fn read(value: &Value) -> Result<Self, NotExt> {
        let Value::String(text) = value else {
            return Err(NotExt::new("WX-SIG-004", "a JSON string", kind(value)));
        };
        let expected = "an object with timestamp and signature";
        let Ok(Value::Object(members)) = serde_json::from_str::<Value>(text) else {
            let received = format!("{}, which is no JSON object", shortened(text));
            return Err(NotExt::new("WX-SIG-005", expected, received));
        };
        let ext = Self {
            timestamp: as_text(&members, "timestamp"),
            nonce_str: as_text(&members, "nonce_str"),
            code: as_text(&members, "code"),
            openid: as_text(&members, "openid"),
            signature: as_text(&members, "signature"),
            outer_str: as_text(&members, "outer_str"),
            fixed_begin: members.get("fixed_begintimestamp").and_then(whole),
            unsigned: ["outer_str", "fixed_begintimestamp"]
                .iter()
                .map(|key| as_text(&members, key))
                .filter(|text| !text.is_empty())
                .collect(),
            timestamp_is_number: members.get("timestamp").is_some_and(Value::is_number),
        };
        for (name, text) in [("timestamp", &ext.timestamp), ("signature", &ext.signature)] {
            if text.is_empty() {
                return Err(NotExt::new("WX-SIG-005", expected, format!("no {name}")));
            }
        }
        Ok(ext)
    }

    pub(super) fn signed<'a>(&'a self, api_ticket: &'a str, card_id: &'a str) -> Signed<'a> {
        Signed {
            api_ticket,
            timestamp: &self.timestamp,
            card_id,
            nonce_str: &self.nonce_str,
            code: &self.code,
            openid: &self.openid,
        }
    }

    pub(super) fn advice(&self) -> Vec<Advice> {
        let mut advice = Vec::new();
        if self.timestamp_is_number {
            advice.push(Advice::new("WX-ADV-003", "cardExt.timestamp"));
        }
        if self.nonce_str.is_empty() {
            advice.push(Advice::new("WX-ADV-004", "cardExt.nonce_str"));
        }
        advice
    }
}

/// A value as the text that would be signed; what is neither text nor number counts as absent.
fn as_text(members: &Map<String, Value>, key: &str) -> String {
    match members.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}
