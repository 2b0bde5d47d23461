//! One row of a schema: a field of a JSON body, as the data of `fixtures` describe it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{switches::Switches, world::restrictions::Right};

/// What kind of JSON value a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A text; a number counts as its text.
    String,
    /// A whole number, or digits in a string.
    Int,
    /// A whole number, perhaps with a fraction part of zero, as clients write balances.
    Number,
    /// Whole seconds; digits in a string are what the table of cards asks for.
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
pub(crate) enum Required {
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

impl Required {
    /// The paths of the fields on which it depends.
    pub(super) fn paths(&self) -> &[&'static str] {
        match self {
            Self::Plain(_) => &[],
            Self::If { r#if: path, .. } | Self::UnlessGiven { unless_given: path } => {
                std::slice::from_ref(path)
            }
            Self::UnlessTrue { unless_true } => unless_true,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Plain {
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
pub(crate) enum Form {
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
pub(crate) enum Update {
    /// The card is reviewed anew.
    Review,
    AtOnce,
}

/// How long a text may be while a switch stands at a value.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LengthWith {
    pub(crate) switch: &'static str,
    pub(crate) value: &'static str,
    pub(crate) max_bytes: usize,
}

/// One row; the head of its file explains the columns.
#[derive(Debug, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a column of the data, independent of the others"
)]
pub(crate) struct FieldRow {
    /// The path of the call whose body has the field.
    #[serde(skip)]
    pub(crate) call: &'static str,
    /// The id of the row itself, which the fields of cards have.
    pub(crate) rule: Option<&'static str>,
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: Required,
    /// What a missing one is answered with, and the rule that explains it.
    pub(crate) missing: Option<i64>,
    pub(crate) missing_rule: Option<&'static str>,
    /// What an empty text or list is answered with, where it does not count as missing.
    pub(crate) empty: Option<i64>,
    pub(crate) empty_rule: Option<&'static str>,
    pub(crate) max_bytes: Option<usize>,
    /// Another length, by a switch.
    pub(crate) length_with: Option<LengthWith>,
    pub(crate) max_items: Option<usize>,
    pub(crate) min_items: Option<usize>,
    pub(crate) values: Option<Vec<Value>>,
    pub(crate) values_from: Option<&'static str>,
    /// A text by the number that stands for it.
    pub(crate) named: Option<BTreeMap<&'static str, &'static str>>,
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    /// What a wrong value is answered with, and the rule that explains it.
    pub(crate) errcode: Option<i64>,
    pub(crate) wrong_rule: Option<&'static str>,
    pub(crate) not_a_number: Option<i64>,
    pub(crate) form: Option<Form>,
    pub(crate) right: Option<Right>,
    /// Without it card/update cannot change the field.
    pub(crate) update: Option<Update>,
    /// The card types that have it; without them all.
    pub(crate) cards: Option<Vec<&'static str>>,
    #[serde(default)]
    pub(crate) dropped: bool,
    #[serde(default)]
    pub(crate) ignores_unknown_keys: bool,
    #[serde(default)]
    pub(crate) was_optional: bool,
    /// Read, and without effect.
    #[serde(default)]
    pub(crate) ignored: bool,
    /// Once true it stays true.
    #[serde(default)]
    pub(crate) stays_true: bool,
    /// One text in place of the list is taken too.
    #[serde(default)]
    pub(crate) single: bool,
    #[serde(default)]
    pub(crate) source: &'static str,
    #[serde(default)]
    pub(crate) confidence: &'static str,
}

impl FieldRow {
    /// A text that may be left out, well attested.
    pub(super) fn text(call: &'static str, path: &'static str) -> Self {
        let row = json!({"path": path, "kind": "string", "required": "no", "confidence": "high"});
        let row: &'static Value = Box::leak(Box::new(row));
        let row = Self::deserialize(row).expect("the row has all columns that must be there");
        Self { call, ..row }
    }

    pub(crate) fn is_never_sent(&self) -> bool {
        self.required == Required::Plain(Plain::NeverSent)
    }

    /// Whether a body without it can be refused for that.
    pub(super) fn can_be_missing(&self) -> bool {
        !self.is_optional() && !self.is_never_sent()
    }

    pub(crate) fn is_optional(&self) -> bool {
        self.required == Required::Plain(Plain::No)
    }

    /// The most bytes of a text, as the switches stand.
    pub(crate) fn most_bytes(&self, switches: Switches) -> Option<usize> {
        let other = self.length_with.as_ref();
        let other = other.filter(|other| switches.stands(other.switch, other.value));
        other.map_or(self.max_bytes, |other| Some(other.max_bytes))
    }

    pub(crate) fn is_of(&self, card_type: &str) -> bool {
        let types = self.cards.as_deref();
        types.is_none_or(|types| types.contains(&card_type))
    }
}

impl Kind {
    /// The kind in words, for whoever sent another.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Int | Self::Number => "a whole number",
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{api::schema::read_body, switches::Switches};

    /// What stands beside a card's own node has no row in the tables, and is named all the same.
    #[test]
    fn a_text_outside_the_tables_is_refused_as_a_field_of_its_call() {
        for (call, path, body) in [
            (
                "/card/create",
                "card.card_type",
                json!({"card": {"card_type": ["GROUPON"]}}),
            ),
            ("/card/update", "card_id", json!({"card_id": ["p1"]})),
        ] {
            let body = body.to_string();
            let refusal = read_body(call, body.as_bytes(), Switches::default()).unwrap_err();
            let row = refusal.row.unwrap();
            assert_eq!((row.call, row.path), (call, path));
        }
    }
}
