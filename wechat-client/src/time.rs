//! Time and money as WeChat writes them.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A moment in whole seconds since 1970, ten digits.
///
/// Milliseconds, fractions and negative times cannot be held. It leaves as a string of digits,
/// which is what `date_info` and `cardExt` want, and is read from a string or a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A number that is no time in whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value} is no time in whole seconds of ten digits")]
pub struct TimestampError {
    value: String,
}

impl Timestamp {
    /// The first time of ten digits: 2001-09-09T01:46:40Z.
    pub const MIN: Self = Self(1_000_000_000);
    /// The last time that fits WeChat's 32 bits: 2106-02-07T06:28:15Z.
    pub const MAX: Self = Self(u32::MAX as i64);

    /// A time from seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`TimestampError`] outside [`Self::MIN`] and [`Self::MAX`], as milliseconds are.
    pub fn from_seconds(seconds: i64) -> Result<Self, TimestampError> {
        if (Self::MIN.0..=Self::MAX.0).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(TimestampError {
                value: seconds.to_string(),
            })
        }
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = is_digits.then(|| text.parse().ok()).flatten();
        // Ten digits alone: a leading zero would come back as another text.
        seconds
            .filter(|_| text.len() == 10)
            .and_then(|seconds| Self::from_seconds(seconds).ok())
            .ok_or_else(|| TimestampError {
                value: text.to_owned(),
            })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("whole seconds of ten digits")
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Timestamp, E> {
                Timestamp::from_seconds(seconds).map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Timestamp, E> {
                let seconds = i64::try_from(seconds).map_err(E::custom)?;
                self.visit_i64(seconds)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// An amount in fen; 100 fen are one yuan.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Fen(pub u64);

impl TryFrom<i64> for Fen {
    type Error = std::num::TryFromIntError;

    fn try_from(fen: i64) -> Result<Self, Self::Error> {
        u64::try_from(fen).map(Self)
    }
}

/// Tells what time it is, so that tests can say so.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Seconds since 1970.
    fn now(&self) -> i64;
}

/// This machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the client reads real time"
    )]
    fn now(&self) -> i64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
            })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(value: Value) -> Option<Timestamp> {
        serde_json::from_value(value).ok()
    }

    proptest! {
        #[test]
        fn a_time_goes_out_as_digits_in_a_string_and_comes_back(
            seconds in 1_000_000_000..=i64::from(u32::MAX),
        ) {
            let time = Timestamp::from_seconds(seconds).unwrap();
            let value = json!(time);
            prop_assert_eq!(&value, &json!(seconds.to_string()));
            prop_assert_eq!(read(value), Some(time));
            prop_assert_eq!(read(json!(seconds)), Some(time));
        }

        #[test]
        fn milliseconds_cannot_be_built_or_read(
            seconds in 1_000_000_000..=i64::from(u32::MAX), part in 0..1000_i64,
        ) {
            let milliseconds = seconds * 1000 + part;
            prop_assert!(Timestamp::from_seconds(milliseconds).is_err());
            prop_assert_eq!(read(json!(milliseconds)), None);
            prop_assert_eq!(read(json!(milliseconds.to_string())), None);
        }

        #[test]
        fn negative_times_and_fractions_cannot_be_read(
            seconds in 1_000_000_000..=i64::from(u32::MAX), part in 1..1000_u32,
        ) {
            prop_assert!(Timestamp::from_seconds(-seconds).is_err());
            prop_assert_eq!(read(json!(-seconds)), None);
            prop_assert_eq!(read(json!(format!("-{seconds}"))), None);
            let fraction = f64::from(u32::try_from(seconds).unwrap()) + f64::from(part) / 1000.0;
            prop_assert_eq!(read(json!(fraction)), None);
            prop_assert_eq!(read(json!(format!("{seconds}.{part:03}"))), None);
        }
    }

    #[test]
    fn what_is_no_number_is_no_time() {
        for value in [
            json!(""),
            json!("now"),
            json!("+1587744000"),
            json!(" 1587744000"),
            json!(null),
        ] {
            assert_eq!(read(value), None);
        }
    }
}
