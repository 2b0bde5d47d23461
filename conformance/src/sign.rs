//! Signatures and merge patches.

use serde_json::{Map, Value};
use sha1::{Digest, Sha1};

/// The SHA-1 of the values, sorted as bytes unless the case is about those who forget to.
pub(crate) fn signature(signed: &Value, is_unsorted: bool) -> String {
    let members = signed.as_object().into_iter().flatten();
    let mut values: Vec<String> = members
        .filter(|(_, value)| !value.is_null())
        .map(|(_, value)| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        })
        .collect();
    if !is_unsorted {
        values.sort();
    }
    hex::encode(Sha1::digest(values.concat()))
}

/// Merges a patch into a value, as RFC 7386 has it: null takes a member away.
pub(crate) fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        if !patch.is_null() {
            *value = patch.clone();
        }
        return;
    };
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(target) = value else {
        return;
    };
    for (key, member) in members {
        if member.is_null() {
            target.shift_remove(key);
        } else {
            merge(target.entry(key).or_insert(Value::Null), member);
        }
    }
}
