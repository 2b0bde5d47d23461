//! An object in the body of a call: its fields, named by their whole path when they are refused.

use serde_json::{Map, Value};

use super::call::{Call, wrong_kind};
use crate::{refusal::Refusal, world::card::whole};

#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    members: &'a Map<String, Value>,
    /// Where it stands; nothing for the body itself.
    path: String,
}

impl<'a> Node<'a> {
    /// The body of a call.
    pub(super) fn body(call: &'a Call) -> Result<Self, Refusal> {
        Ok(Self {
            members: call.json()?,
            path: String::new(),
        })
    }

    pub(super) fn path(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.members.get(key).filter(|value| !value.is_null())
    }

    fn wrong(&self, key: &str, expected: &str, received: &Value) -> Refusal {
        wrong_kind(&self.path(key), expected, received)
    }

    fn missing(&self, key: &str) -> Refusal {
        let path = self.path(key);
        Refusal::new("WX-WIRE-009")
            .received(format!("no {path}"))
            .expected(path)
    }

    /// A text; the empty one counts as absent.
    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, Refusal> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(other) => Err(self.wrong(key, "a string", other)),
        }
    }

    pub(super) fn required_text(&self, key: &str) -> Result<&'a str, Refusal> {
        self.text(key)?.ok_or_else(|| self.missing(key))
    }

    /// A whole number.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, Refusal> {
        let read = |value: &Value| {
            let number = value.as_i64();
            number.ok_or_else(|| self.wrong(key, "a whole number", value))
        };
        self.get(key).map(read).transpose()
    }

    pub(super) fn required_number(&self, key: &str) -> Result<i64, Refusal> {
        self.number(key)?.ok_or_else(|| self.missing(key))
    }

    /// An id, which is a number in some samples and a string in others.
    pub(super) fn required_id(&self, key: &str) -> Result<u64, Refusal> {
        let value = self.get(key).ok_or_else(|| self.missing(key))?;
        let id = whole(value).and_then(|id| u64::try_from(id).ok());
        id.ok_or_else(|| self.wrong(key, "a number", value))
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, Refusal> {
        let read = |value: &Value| {
            let flag = value.as_bool();
            flag.ok_or_else(|| self.wrong(key, "true or false", value))
        };
        self.get(key).map(read).transpose()
    }

    /// A list of texts; an absent one is empty.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<&'a str>, Refusal> {
        let Some(value) = self.get(key) else {
            return Ok(Vec::new());
        };
        let entries = value.as_array();
        let texts = entries.and_then(|entries| entries.iter().map(Value::as_str).collect());
        texts.ok_or_else(|| self.wrong(key, "a list of strings", value))
    }

    /// An object below this one.
    pub(super) fn node(&self, key: &str) -> Result<Option<Self>, Refusal> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Self {
                members,
                path: self.path(key),
            })),
            Some(other) => Err(self.wrong(key, "an object", other)),
        }
    }

    pub(super) fn required_node(&self, key: &str) -> Result<Self, Refusal> {
        self.node(key)?.ok_or_else(|| self.missing(key))
    }

    /// The objects of a list; an absent one is empty.
    pub(super) fn nodes(&self, key: &str) -> Result<Vec<Self>, Refusal> {
        let Some(value) = self.get(key) else {
            return Ok(Vec::new());
        };
        let read = |(at, entry): (usize, &'a Value)| {
            Some(Self {
                members: entry.as_object()?,
                path: format!("{}[{at}]", self.path(key)),
            })
        };
        let entries = value.as_array();
        let nodes = entries.and_then(|entries| entries.iter().enumerate().map(read).collect());
        nodes.ok_or_else(|| self.wrong(key, "a list of objects", value))
    }
}
