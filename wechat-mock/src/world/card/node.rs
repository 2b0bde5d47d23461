//! What create took of a card, kept as text: a tree of it would take six times the memory.

use std::{borrow::Cow, fmt, ops::Range, sync::OnceLock};

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Value, value::RawValue};

/// The JSON below the node named like a card's type, without blanks.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    text: Box<str>,
    /// What card/get shows of it, once somebody asked; a node never changes.
    shown: OnceLock<Box<[Piece]>>,
}

/// A piece of what card/get shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Bytes of the node's text.
    Kept(Range<u32>),
    /// What is not in the text, and does not change.
    Fixed(Box<str>),
    Status,
    Stock,
    UpdateTime,
}

impl Node {
    pub(crate) fn new(node: &Value) -> Self {
        let mut text = Vec::with_capacity(2048);
        serde_json::to_writer(&mut text, node).expect("memory takes what is written");
        Self {
            text: String::from_utf8(text).expect("JSON is UTF-8").into(),
            shown: OnceLock::new(),
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What card/get shows of it, which `read` makes of it once.
    pub(crate) fn shown(&self, read: impl FnOnce() -> Box<[Piece]>) -> &[Piece] {
        self.shown.get_or_init(read)
    }

    /// The whole of it.
    pub(crate) fn to_value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A member of it; null when there is none.
    pub(crate) fn member(&self, key: &str) -> Value {
        let members = self.members();
        let found = members.into_iter().find(|(known, _)| known == key);
        found.map_or(Value::Null, |(_, text)| {
            serde_json::from_str(text).unwrap_or_default()
        })
    }

    /// `base_info`, which every card has.
    pub(crate) fn base_info(&self) -> Value {
        self.member("base_info")
    }

    /// The members in their order, each value as its text.
    pub(crate) fn members(&self) -> Vec<(Cow<'_, str>, &str)> {
        members(&self.text)
    }
}

/// The members of an object in a JSON text, each value as its text; none of what is no object.
pub(crate) fn members(text: &str) -> Vec<(Cow<'_, str>, &str)> {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.deserialize_map(Members).unwrap_or_default()
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Cow<'de, str>, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(32);
        while let Some(Key(key)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            members.push((key, value.get()));
        }
        Ok(members)
    }
}

/// A key, borrowed unless it is written with escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_node_is_what_it_was_made_of() {
        let value =
            json!({"base_info": {"title": "满\"减\"/", "n": 1.5}, "a\"b": null, "list": [1, {}]});
        let node = Node::new(&value);
        assert_eq!(node.to_value(), value);
        assert_eq!(node.base_info(), value["base_info"]);
        assert_eq!(node.member("none"), Value::Null);
        let read = node.members();
        let texts: Vec<(&str, &str)> = read.iter().map(|(key, text)| (&**key, *text)).collect();
        assert_eq!(
            texts,
            [
                ("base_info", "{\"title\":\"满\\\"减\\\"/\",\"n\":1.5}"),
                ("a\"b", "null"),
                ("list", "[1,{}]")
            ]
        );
        assert_eq!(members(texts[2].1), []);
    }
}
