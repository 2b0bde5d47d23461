//! A JSON text as a tree that borrows from it: each value and each key knows where it stands.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// A value of a JSON text.
#[derive(Debug)]
pub(crate) struct Node<'t> {
    /// The byte at which the value starts.
    pub(crate) at: usize,
    pub(crate) kind: Kind<'t>,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Kind<'t> {
    Null,
    Flag(bool),
    /// A number as it is written, such as `100.0000`; it is finite.
    Number(&'t str),
    Text(Cow<'t, str>),
    List(Vec<Node<'t>>),
    /// In the order of the text; a key may stand twice.
    Object(Vec<Member<'t>>),
}

/// A key and its value.
#[derive(Debug)]
pub(crate) struct Member<'t> {
    pub(crate) key: Cow<'t, str>,
    /// The byte at which the closing quote of the key stands.
    pub(crate) key_end: usize,
    pub(crate) value: Node<'t>,
}

impl<'t> Node<'t> {
    /// The members of an object; none for any other value.
    pub(crate) fn members(&self) -> &[Member<'t>] {
        match &self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    /// The last member of an object that has a key, as most parsers take it.
    pub(crate) fn member(&self, key: &str) -> Option<&Member<'t>> {
        self.members().iter().rev().find(|member| member.key == key)
    }

    /// The value without its places; of a key that stands twice the last counts.
    pub(crate) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Flag(flag) => Value::Bool(*flag),
            Kind::Number(digits) => number(digits),
            Kind::Text(text) => Value::String(text.clone().into_owned()),
            Kind::List(entries) => entries.iter().map(Node::to_value).collect(),
            Kind::Object(_) => Value::Object(self.to_map()),
        }
    }

    /// The members without their places; none for what is no object.
    pub(crate) fn to_map(&self) -> Map<String, Value> {
        let members = self.members().iter();
        members
            .map(|member| (member.key.clone().into_owned(), member.value.to_value()))
            .collect()
    }
}

/// A number as JSON values hold it.
fn number(digits: &str) -> Value {
    serde_json::from_str(digits).unwrap_or_default()
}
