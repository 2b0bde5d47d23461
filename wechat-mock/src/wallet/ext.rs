//! cardExt, as the phone reads it.

use serde_json::{Map, Value};

use crate::{
    api::call::{kind, shortened},
    refusal::Advice,
    sign::Signed,
    world::{card::whole, clock::LATEST},
};

/// Something that is no cardExt.
#[derive(Clone, Debug)]
pub(crate) struct NotExt {
    pub(super) rule: &'static str,
    /// An id of `fixtures::signature_mistakes`, when it is one that people make.
    pub(crate) mistake: Option<&'static str>,
    pub(super) expected: &'static str,
    pub(crate) received: String,
}

impl NotExt {
    fn new(rule: &'static str, expected: &'static str, received: impl Into<String>) -> Self {
        Self {
            rule,
            mistake: None,
            expected,
            received: received.into(),
        }
    }

    fn mistake(self, mistake: &'static str) -> Self {
        Self {
            mistake: Some(mistake),
            ..self
        }
    }
}

const EXPECTED: &str = "an object with timestamp and signature";
/// Members that are signed, and the signature.
const SIGNED: [&str; 5] = ["timestamp", "nonce_str", "code", "openid", "signature"];
/// Other members that are kept, and characters of each: no more than a wrong sum is tried with.
const UNSIGNED: usize = 16;
const UNSIGNED_LENGTH: usize = 256;

/// The first second of a term, as cardExt sets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Begin {
    /// Absent, empty or 0: the card's own terms hold.
    #[default]
    Unset,
    At(i64),
    /// No whole seconds of ten digits: what came instead.
    Wrong(String),
}

impl Begin {
    fn read(value: &Value) -> Self {
        match whole(value) {
            Some(0) => Self::Unset,
            Some(time) if is_ten_digits(time) => Self::At(time),
            None if value.is_null() || value == "" => Self::Unset,
            _ => Self::Wrong(shortened(&value.to_string()).into_owned()),
        }
    }

    pub(super) fn time(&self) -> Option<i64> {
        match self {
            Self::At(time) => Some(*time),
            Self::Unset | Self::Wrong(_) => None,
        }
    }
}

/// Whether a time is seconds of ten digits, within the mock's clock: neither milliseconds nor a short number.
pub(super) fn is_ten_digits(time: i64) -> bool {
    (1_000_000_000..=LATEST).contains(&time)
        || time > LATEST && crate::breaks::broken("milliseconds-as-begin")
}

/// The values of cardExt, as text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ext {
    pub(super) timestamp: String,
    pub(super) nonce_str: String,
    pub(super) code: String,
    pub(super) openid: String,
    pub(crate) signature: String,
    pub(super) outer_str: String,
    pub(super) begin: Begin,
    /// What else stands in cardExt, such as `outer_str`, with its names: not in the sum.
    pub(crate) unsigned: Vec<(String, String)>,
    pub(super) timestamp_is_number: bool,
    /// The former form of `outer_str`.
    pub(super) outer_id: i64,
    has_outer_id: bool,
    begin_is_text: bool,
}

impl Ext {
    pub(super) fn read(value: &Value) -> Result<Self, NotExt> {
        let Value::String(text) = value else {
            let fault = NotExt::new("WX-SIG-004", "a JSON string", kind(value));
            if value.is_object() && crate::breaks::broken("card-ext-object-taken") {
                return Self::parse(&value.to_string());
            }
            return Err(if value.is_object() {
                fault.mistake("card_object")
            } else {
                fault
            });
        };
        let ext = Self::parse(text)?;
        for (name, text) in [("timestamp", &ext.timestamp), ("signature", &ext.signature)] {
            if text.is_empty() {
                return Err(NotExt::new("WX-SIG-005", EXPECTED, format!("no {name}")));
            }
        }
        Ok(ext)
    }

    /// Reads the text of cardExt, whatever its members lack.
    pub(crate) fn parse(text: &str) -> Result<Self, NotExt> {
        let members = match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(members)) => members,
            Ok(Value::String(inner)) if serde_json::from_str::<Map<_, _>>(&inner).is_ok() => {
                let received = "a JSON string that holds the object once more as text";
                let fault = NotExt::new("WX-SIG-005", EXPECTED, received);
                return Err(fault.mistake("double_stringified"));
            }
            _ => {
                let received = format!("{}, which is no JSON object", shortened(text));
                return Err(NotExt::new("WX-SIG-005", EXPECTED, received));
            }
        };
        let unsigned = members
            .keys()
            .filter(|name| !SIGNED.contains(&name.as_str()))
            .map(|name| (name.clone(), as_text(&members, name)))
            .filter(|(_, text)| (1..=UNSIGNED_LENGTH).contains(&text.len()))
            .take(UNSIGNED);
        Ok(Self {
            timestamp: as_text(&members, "timestamp"),
            nonce_str: as_text(&members, "nonce_str"),
            code: as_text(&members, "code"),
            openid: as_text(&members, "openid"),
            signature: as_text(&members, "signature"),
            outer_str: as_text(&members, "outer_str"),
            begin: members
                .get("fixed_begintimestamp")
                .map_or(Begin::Unset, Begin::read),
            unsigned: unsigned.collect(),
            timestamp_is_number: members.get("timestamp").is_some_and(Value::is_number),
            outer_id: members.get("outer_id").and_then(whole).unwrap_or(0),
            has_outer_id: members.contains_key("outer_id"),
            begin_is_text: members
                .get("fixed_begintimestamp")
                .is_some_and(Value::is_string),
        })
    }

    pub(crate) fn signed<'a>(&'a self, api_ticket: &'a str, card_id: &'a str) -> Signed<'a> {
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
        if self.has_outer_id {
            advice.push(Advice::new("WX-ADV-009", "cardExt.outer_id"));
        }
        if self.begin_is_text {
            advice.push(Advice::new("WX-ADV-010", "cardExt.fixed_begintimestamp"));
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
