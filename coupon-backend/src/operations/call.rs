//! A call that acts: its `Idempotency-Key`, and what the key belongs to.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{failure::Failure, store::operations::OperationRow};

/// Characters of a key at most.
const MAX_KEY: usize = 255;

/// SHA-256 of a call and its body.
pub(crate) type Fingerprint = [u8; 32];

/// A call, its key if it has one, and what both belong to.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) key: Option<String>,
    pub(crate) fingerprint: Fingerprint,
    /// As versions before 0.2 took it: of the bytes as they came.
    of_bytes: Fingerprint,
    pub(crate) request_id: Option<String>,
}

impl Call {
    /// `what` and the meaning of `body` are what the key belongs to.
    ///
    /// # Errors
    ///
    /// [`Failure::Invalid`] for a key that is empty, too long or not visible ASCII.
    pub(crate) fn new(
        key: Option<&[u8]>,
        what: &str,
        body: &[u8],
        request_id: Option<String>,
    ) -> Result<Self, Failure> {
        let key = key
            .map(|key| {
                let key = std::str::from_utf8(key).unwrap_or_default().trim();
                let is_visible = key
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() || byte == b' ');
                if key.is_empty() || key.len() > MAX_KEY || !is_visible {
                    let message = format!("must have 1 to {MAX_KEY} visible ASCII characters");
                    return Err(Failure::field("Idempotency-Key", message));
                }
                Ok(key.to_owned())
            })
            .transpose()?;
        Ok(Self {
            key,
            fingerprint: fingerprint(what, &meaning(body)),
            of_bytes: fingerprint(what, body),
            request_id,
        })
    }

    /// Whether a row was made by this very call.
    pub(crate) fn is_call_of(&self, row: &OperationRow) -> bool {
        row.fingerprint == self.fingerprint || row.fingerprint == self.of_bytes
    }
}

fn fingerprint(what: &str, body: &[u8]) -> Fingerprint {
    Sha256::new()
        .chain_update(what)
        .chain_update([0])
        .chain_update(body)
        .finalize()
        .into()
}

/// A body by its meaning: members sorted, blanks and escapes gone, empty texts and nulls as left
/// out; no body at all is `{}` and `null`. What is not JSON stays as it came.
fn meaning(body: &[u8]) -> Vec<u8> {
    let value = if body.iter().all(u8::is_ascii_whitespace) {
        Value::Null
    } else {
        match serde_json::from_slice(body) {
            Ok(value) => value,
            Err(_) => return body.to_vec(),
        }
    };
    let value = match canonical(value) {
        Value::Null => Value::Object(Map::new()),
        value => value,
    };
    value.to_string().into_bytes()
}

fn canonical(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<_> = object
                .into_iter()
                .map(|(name, value)| (name, canonical(value)))
                .filter(|(_, value)| !value.is_null() && value.as_str() != Some(""))
                .collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(body: &str) -> Fingerprint {
        Call::new(None, "POST /x", body.as_bytes(), None)
            .unwrap()
            .fingerprint
    }

    #[test]
    fn the_same_meaning_is_the_same_call() {
        for (one, other) in [
            (
                r#"{"staff":"A","terminal":"T"}"#,
                r#"{"terminal":"T", "staff":"A"}"#,
            ),
            (r#"{"staff":"甲"}"#, "{ \"staff\" : \"\\u7532\" }\n"),
            ("", "{}"),
            ("", "null"),
            ("{}", r#"{"staff":"","terminal":null}"#),
        ] {
            assert_eq!(of(one), of(other), "{one} {other}");
        }
        for (one, other) in [
            (r#"{"staff":"A"}"#, r#"{"staff":"B"}"#),
            (r#"{"staff":"A"}"#, "{}"),
            (r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#),
            (r#"{"a":1}"#, r#"{"a":"1"}"#),
            ("{", "{}"),
        ] {
            assert_ne!(of(one), of(other), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_members_and_blanks_say_nothing(
            members in proptest::collection::btree_map("[a-z]{1,6}", "[a-z甲乙]{1,6}", 0..6),
            seed in any::<u64>(),
        ) {
            let mut shuffled: Vec<_> = members.iter().collect();
            shuffled.sort_by_key(|(name, _)| {
                name.bytes().fold(seed, |hash, byte| hash.rotate_left(9) ^ u64::from(byte).wrapping_mul(31))
            });
            let text: Vec<_> = shuffled.iter().map(|(name, value)| format!(" \"{name}\" :\t\"{value}\"")).collect();
            let plain = serde_json::to_string(&members).unwrap();
            prop_assert_eq!(of(&plain), of(&format!("{{{}\n}}", text.join(","))));
        }
    }
}
