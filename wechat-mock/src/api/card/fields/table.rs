//! The field table of `fixtures`, read once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use serde::Deserialize;
use serde_json::Value;

use crate::world::{card::whole, restrictions::Right};

/// What kind of JSON value a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    String,
    /// A whole number, or digits in a string.
    Int,
    /// Whole seconds; digits in a string are what the table asks for.
    Timestamp,
    StringOrInt,
    Bool,
    Object,
    Strings,
    Objects,
    /// A list of numbers or strings.
    Ids,
    /// A list of anything.
    Array,
}

/// When a field must be there.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum Required {
    Plain(Plain),
    /// When the value at a path is one of these.
    If {
        r#if: &'static str,
        is: Vec<Value>,
    },
    /// Unless one of these flags is true.
    UnlessTrue {
        unless_true: Vec<&'static str>,
    },
    /// When the object around it is there, unless another field is.
    UnlessGiven {
        unless_given: &'static str,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Plain {
    Always,
    /// When the object around it is there.
    WithParent,
    No,
    /// Read only.
    NeverSent,
}

/// What a text must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Form {
    /// A URL on WeChat's picture host.
    Picture,
    /// A web page of the merchant's.
    Link,
    /// `gh_…@app`.
    MiniProgram,
    /// A path of a mini-program.
    Page,
    OneLine,
}

/// What a change by card/update leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Update {
    /// The card is reviewed anew.
    Review,
    AtOnce,
}

/// One row of the field table; the head of the file explains the columns.
#[derive(Debug, Deserialize)]
pub(super) struct Field {
    pub(super) rule: &'static str,
    pub(super) path: &'static str,
    pub(super) kind: Kind,
    pub(super) required: Required,
    pub(super) missing: Option<i64>,
    pub(super) max_bytes: Option<usize>,
    pub(super) max_items: Option<usize>,
    pub(super) values: Option<Vec<Value>>,
    pub(super) values_from: Option<&'static str>,
    pub(super) min: Option<i64>,
    /// Of the card types that have another one than the rest.
    #[serde(default)]
    pub(super) min_of: BTreeMap<&'static str, i64>,
    pub(super) max: Option<i64>,
    pub(super) errcode: Option<i64>,
    pub(super) not_a_number: Option<i64>,
    pub(super) form: Option<Form>,
    pub(super) right: Option<Right>,
    /// Without it card/update cannot change the field.
    pub(super) update: Option<Update>,
    /// The card types that have it; without them all.
    pub(super) cards: Option<Vec<&'static str>>,
    #[serde(default)]
    pub(super) dropped: bool,
    #[serde(default)]
    pub(super) ignores_unknown_keys: bool,
    #[serde(default)]
    pub(super) was_optional: bool,
}

/// The table as a tree, for the pass that walks what came.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) field: Option<&'static Field>,
    pub(super) members: HashMap<&'static str, Self>,
}

static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let rows = fixtures::card_fields().as_array().into_iter().flatten();
    rows.map(|row| Field::deserialize(row).expect("a test reads the whole table"))
        .collect()
});

/// A row as the cards of one type have it.
#[derive(Debug)]
pub(super) struct RowOfNode {
    pub(super) field: &'static Field,
    /// Its path inside the card's own node.
    pub(super) path: &'static str,
    /// The names on the way; lists stand for their entries.
    pub(super) names: Vec<&'static str>,
}

/// The rows of the node of a card type, such as `general_coupon`, in the order of the table.
pub(super) fn rows_of(node: &str) -> &'static [RowOfNode] {
    static ROWS: LazyLock<HashMap<String, Vec<RowOfNode>>> = LazyLock::new(|| {
        let types = fixtures::card_types().as_array().into_iter().flatten();
        let nodes = types.filter_map(Value::as_str).map(str::to_ascii_lowercase);
        nodes
            .map(|node| {
                let rows = FIELDS.iter().filter_map(|field| {
                    let path = inside(&node, field.path)?;
                    let names = path.split('.').map(|name| name.trim_end_matches("[]"));
                    let names = names.collect();
                    Some(RowOfNode { field, path, names })
                });
                let rows = rows.collect();
                (node, rows)
            })
            .collect()
    });
    ROWS.get(node).map_or(&[], Vec::as_slice)
}

/// A path of the table inside the node of a card type; [`None`] for paths of other types.
pub(super) fn inside(node: &str, path: &'static str) -> Option<&'static str> {
    let (of, below) = path.split_once('.').unwrap_or((path, ""));
    if of == "base_info" || of == "advanced_info" {
        Some(path)
    } else {
        (of == node).then_some(below)
    }
}

/// Lists stand for their entries: the tree knows no `[]`.
pub(super) static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let mut tree = Tree::default();
    for field in FIELDS.iter() {
        let mut at = &mut tree;
        for name in field.path.split('.') {
            at = at.members.entry(name.trim_end_matches("[]")).or_default();
        }
        at.field = Some(field);
    }
    tree
});

impl Field {
    pub(super) fn is_never_sent(&self) -> bool {
        self.required == Required::Plain(Plain::NeverSent)
    }

    pub(super) fn is_optional(&self) -> bool {
        self.required == Required::Plain(Plain::No)
    }

    pub(super) fn is_of(&self, card_type: &str) -> bool {
        let types = self.cards.as_deref();
        types.is_none_or(|types| types.contains(&card_type))
    }
}

impl Kind {
    pub(super) fn takes(self, value: &Value) -> bool {
        let is_text_or_int = |value: &Value| value.is_string() || value.is_i64() || value.is_u64();
        match self {
            // A scalar that is null counts as absent; an object or a list does not.
            Self::String | Self::Int | Self::Timestamp | Self::StringOrInt | Self::Bool
                if value.is_null() =>
            {
                true
            }
            Self::String => value.is_string(),
            Self::Int | Self::Timestamp => whole(value).is_some(),
            Self::StringOrInt => is_text_or_int(value),
            Self::Bool => value.is_boolean(),
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
            Self::Strings => is_list_of(value, Value::is_string),
            Self::Objects => is_list_of(value, Value::is_object),
            Self::Ids => is_list_of(value, is_text_or_int),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Int => "a whole number",
            Self::Timestamp => "whole seconds, as digits in a string",
            Self::StringOrInt => "a string or a whole number",
            Self::Bool => "true or false",
            Self::Object => "an object",
            Self::Strings => "a flat list of strings",
            Self::Objects => "a list of objects",
            Self::Ids => "a list of numbers or strings",
            Self::Array => "a list",
        }
    }
}

fn is_list_of(value: &Value, is_entry: impl Fn(&Value) -> bool) -> bool {
    value
        .as_array()
        .is_some_and(|entries| entries.iter().all(is_entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table_can_be_read() {
        assert_eq!(
            FIELDS.len(),
            fixtures::card_fields().as_array().unwrap().len()
        );
    }

    #[test]
    fn every_field_stands_below_an_object_of_the_table() {
        let types: Vec<String> = fixtures::card_types()
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_ascii_lowercase())
            .collect();
        for field in FIELDS.iter() {
            let Some((parent, _)) = field.path.rsplit_once('.') else {
                continue;
            };
            let parent = parent.trim_end_matches("[]");
            assert!(
                types.iter().any(|name| name == parent)
                    || FIELDS.iter().any(|other| other.path == parent),
                "{} has no parent",
                field.path
            );
        }
    }
}
