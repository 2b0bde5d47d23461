//! What methods take in more than one form.

use std::time::Duration;

use serde_json::{Map, Value};

/// The `cardExt` of `wx.addCard`: a text as the page passes it, or any JSON value.
///
/// WeChat takes nothing but a text; a JSON object is what a page passes that forgot to make a text of
/// it.
///
/// # Examples
///
/// ```
/// use wechat_mock::CardExt;
///
/// let text = String::from("{}");
/// assert_eq!(CardExt::from(&text), CardExt::from("{}"));
/// assert_ne!(CardExt::from(&text), CardExt::from(serde_json::json!({})));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CardExt(pub(super) Value);

impl From<&str> for CardExt {
    fn from(text: &str) -> Self {
        Self(Value::from(text))
    }
}

impl From<&String> for CardExt {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for CardExt {
    fn from(text: String) -> Self {
        Self(Value::String(text))
    }
}

impl From<Value> for CardExt {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl From<&Value> for CardExt {
    fn from(value: &Value) -> Self {
        Self(value.clone())
    }
}

impl From<Map<String, Value>> for CardExt {
    fn from(members: Map<String, Value>) -> Self {
        Self(Value::Object(members))
    }
}

/// Whole seconds of the mock's clock, from a number or a [`Duration`]; a piece of a second counts as a
/// whole one.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use wechat_mock::Seconds;
///
/// assert_eq!(Seconds::from(Duration::from_millis(1500)), Seconds::from(2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub(super) i64);

impl From<i64> for Seconds {
    fn from(seconds: i64) -> Self {
        Self(seconds)
    }
}

impl From<Duration> for Seconds {
    fn from(duration: Duration) -> Self {
        let begun = u64::from(duration.subsec_nanos() > 0);
        let seconds = duration.as_secs().saturating_add(begun);
        Self(i64::try_from(seconds).unwrap_or(i64::MAX))
    }
}
