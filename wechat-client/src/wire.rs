//! Values as WeChat writes them: a number now and then comes as text, and names are added.

use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
use serde_json::Value;

use crate::Timestamp;

/// A whole number, be it written as a number or as text.
fn number<T: TryFrom<i64>>(value: &Value) -> Option<T> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let whole: i64 = text.strip_suffix(".0").unwrap_or(&text).parse().ok()?;
    T::try_from(whole).ok()
}

/// Reads a whole number from a number or text.
pub(crate) fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(
    deserializer: D,
) -> Result<T, D::Error> {
    number(&Value::deserialize(deserializer)?)
        .ok_or_else(|| D::Error::custom("no whole number in its range"))
}

/// As [`whole`]; `null` and an empty text are none.
pub(crate) fn maybe_whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() || value == "" {
        return Ok(None);
    }
    number(&value)
        .map(Some)
        .ok_or_else(|| D::Error::custom("no whole number in its range"))
}

/// Reads yes or no from a boolean, from 0 or 1, or from the text of either.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match value.as_str() {
        Some("true") => return Ok(true),
        Some("false" | "") => return Ok(false),
        _ => {}
    }
    value
        .as_bool()
        .or_else(|| number(&value).map(|number: i64| number != 0))
        .ok_or_else(|| D::Error::custom("neither yes nor no"))
}

/// Reads text that may come as a number.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(D::Error::custom("no text")),
    }
}

/// As text; `null` and an empty text are none.
pub(crate) fn maybe_text<'de, D: Deserializer<'de>, T: From<String>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        value => text(value).map_err(D::Error::custom)?,
    };
    Ok(Some(text).filter(|text| !text.is_empty()).map(T::from))
}

/// Writes a time as a number: only `date_info` and `cardExt` want it as text.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands every field over by reference"
)]
pub(crate) fn seconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(time.seconds())
}

/// As [`seconds`], for a field that is left out when there is no time.
#[expect(
    clippy::ref_option,
    reason = "serde hands every field over by reference"
)]
pub(crate) fn maybe_seconds<S: Serializer>(
    time: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => seconds(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// Names of WeChat's, some with other spellings that mean the same; one that this client does not
/// know is kept as it came.
macro_rules! open_names {
    ($(#[$doc:meta])* $enum:ident {
        $($(#[$about:meta])* $variant:ident = $name:literal $(or $other:literal)*,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $enum {
            $($(#[$about])* $variant,)*
            /// A name that this client does not know.
            Other(String),
        }

        impl $enum {
            /// WeChat's name.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }
        }

        impl From<String> for $enum {
            fn from(name: String) -> Self {
                match name.as_str() {
                    $($name $(| $other)* => Self::$variant,)*
                    _ => Self::Other(name),
                }
            }
        }

        impl serde::Serialize for $enum {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $enum {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::text(deserializer).map(Self::from)
            }
        }
    };
}

pub(crate) use open_names;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Fen;

    #[test]
    fn whole_numbers_are_read_from_numbers_and_text() {
        for value in [
            json!(120),
            json!("120"),
            json!(" 120"),
            json!(120.0),
            json!("120.0"),
        ] {
            assert_eq!(number::<u64>(&value), Some(120), "{value}");
        }
        for value in [
            json!(-1),
            json!(1.5),
            json!("x"),
            json!(""),
            json!(null),
            json!(true),
        ] {
            assert_eq!(number::<u64>(&value), None, "{value}");
            assert_eq!(number::<Fen>(&value), None, "{value}");
        }
        assert_eq!(maybe_whole::<_, u64>(json!("")).unwrap(), None);
        assert_eq!(maybe_whole::<_, u64>(json!(null)).unwrap(), None);
        assert_eq!(maybe_whole(json!("7")).unwrap(), Some(7_u64));
    }

    #[test]
    fn yes_and_no_are_read_in_every_way_they_were_seen() {
        for (value, expected) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(1), true),
            (json!("1"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!(0), false),
            (json!(""), false),
        ] {
            assert_eq!(flag(&value).unwrap(), expected, "{value}");
        }
        assert!(flag(json!("perhaps")).is_err());
        assert!(flag(json!([])).is_err());
    }
}
