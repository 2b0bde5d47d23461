//! Holds the JSON of a card against the field table.
//!
//! Three passes, in WeChat's order: kinds of values and unknown keys over all that came, then the
//! first required field that is missing, then the values. Rules that relate fields are in `create`.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    api::call::{kind, shortened, wrong_kind},
    facts,
    refusal::{Advice, Refusal},
    switches::{Switch, Switches},
    world::card::whole,
};

/// What kind of JSON value a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Required {
    Always,
    /// When the object around it is there.
    WithParent,
    No,
    /// Read only.
    NeverSent,
}

/// One row of the field table.
#[derive(Debug, Deserialize)]
struct Field {
    rule: &'static str,
    path: &'static str,
    kind: Kind,
    required: Required,
    /// What a missing one is answered with, when it is not 41011.
    missing: Option<i64>,
    max_bytes: Option<usize>,
    max_items: Option<usize>,
    values: Option<Vec<Value>>,
    values_from: Option<&'static str>,
    min: Option<i64>,
    max: Option<i64>,
    /// What a value out of range is answered with.
    errcode: Option<i64>,
    #[serde(default)]
    cdn_url: bool,
    #[serde(default)]
    ignores_unknown_keys: bool,
    /// Required today, optional in the editions before.
    #[serde(default)]
    was_optional: bool,
}

/// The table as a tree, for the pass that walks what came.
#[derive(Debug, Default)]
struct Tree {
    field: Option<&'static Field>,
    members: HashMap<&'static str, Self>,
}

static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let rows = fixtures::card_fields().as_array().into_iter().flatten();
    rows.map(|row| Field::deserialize(row).expect("a test reads the whole table"))
        .collect()
});

/// Lists stand for their entries: the tree knows no `[]`.
static TREE: LazyLock<Tree> = LazyLock::new(|| {
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

/// The card's own node, and what it is called.
pub(super) struct CardNode<'a> {
    /// The type in lower case, such as `general_coupon`.
    pub(super) name: &'a str,
    pub(super) members: &'a Map<String, Value>,
}

/// How strictly a card is judged, and what it merely got away with.
pub(super) struct Judge<'a> {
    pub(super) switches: Switches,
    /// Whether this account uploaded a picture.
    pub(super) uploaded: &'a dyn Fn(&str) -> bool,
    pub(super) advice: &'a mut Vec<Advice>,
}

impl Judge<'_> {
    fn unknown_key(&self, path: &str) -> Result<(), Refusal> {
        if self.switches.is(Switch::UnknownKey, "ignore") {
            return Ok(());
        }
        Err(Refusal::new("WX-WIRE-008")
            .expected("keys of the documentation, in their place")
            .received(shortened(path)))
    }

    /// Holds one value against the kind of its field.
    fn kind(&mut self, field: &Field, value: &Value, path: &str) -> Result<(), Refusal> {
        let is_off = |switch| self.switches.is(switch, "refuse");
        let is_time = field.kind == Kind::Timestamp;
        if is_time && has_fraction(value) && self.switches.is(Switch::Fraction, "40079") {
            return Err(Refusal::new("WX-CRD-012")
                .field(field.rule)
                .expected(format!("{path}: whole seconds since 1970"))
                .received(shortened(&value.to_string())));
        }
        let is_wrong = !field.kind.takes(value)
            || (value.is_null() && is_off(Switch::NullScalar))
            || (value.is_string() && field.kind == Kind::Int && is_off(Switch::NumericString))
            || (value.is_number() && is_time && is_off(Switch::CardTimestampNumber));
        if is_wrong {
            return Err(wrong_kind(path, field.kind.name(), value).field(field.rule));
        }
        if is_time && value.is_number() {
            self.advice.push(Advice::new("WX-ADV-001", path));
        }
        Ok(())
    }
}

/// Digits, a point and digits, as a number or in a string.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::String(text) => {
            let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            text.split_once('.')
                .is_some_and(|(whole, rest)| is_digits(whole) && is_digits(rest))
        }
        _ => false,
    }
}

impl CardNode<'_> {
    /// Runs the three passes.
    pub(super) fn check(&self, judge: &mut Judge<'_>) -> Result<(), Refusal> {
        self.check_kinds(judge)?;
        self.check_required(judge.switches)?;
        self.check_values(judge)
    }

    fn check_kinds(&self, judge: &mut Judge<'_>) -> Result<(), Refusal> {
        for (key, value) in self.members {
            let tree = match key.as_str() {
                "base_info" | "advanced_info" => TREE.members.get(key.as_str()),
                own => TREE
                    .members
                    .get(self.name)
                    .and_then(|node| node.members.get(own)),
            };
            match tree {
                Some(tree) => check_kind(tree, value, key, judge)?,
                None => judge.unknown_key(key)?,
            }
        }
        Ok(())
    }

    fn check_required(&self, switches: Switches) -> Result<(), Refusal> {
        let forgives = switches.is(Switch::SpecialTicketFields, "optional");
        for field in FIELDS.iter() {
            let Some(path) = self.path_of(field) else {
                continue;
            };
            let is_due = match field.required {
                Required::Always => !(forgives && field.was_optional),
                Required::WithParent => path
                    .rsplit_once('.')
                    .is_some_and(|(parent, _)| self.first(parent).is_some_and(Value::is_object)),
                Required::No | Required::NeverSent => false,
            };
            if is_due && self.first(path).is_none_or(is_empty) {
                return Err(missing(field, path));
            }
        }
        Ok(())
    }

    fn check_values(&self, judge: &mut Judge<'_>) -> Result<(), Refusal> {
        for field in FIELDS.iter() {
            let Some(path) = self.path_of(field) else {
                continue;
            };
            for value in self.all(path) {
                field.check_value(value, judge.switches)?;
                if field.cdn_url {
                    field.check_picture(value, judge)?;
                }
            }
        }
        Ok(())
    }

    /// A field's path inside this node; [`None`] for fields of other types.
    fn path_of(&self, field: &'static Field) -> Option<&'static str> {
        let (node, below) = field.path.split_once('.').unwrap_or((field.path, ""));
        if node == "base_info" || node == "advanced_info" {
            Some(field.path)
        } else {
            (node == self.name).then_some(below)
        }
    }

    fn first(&self, path: &str) -> Option<&Value> {
        self.all(path).into_iter().next()
    }

    /// All values at a path; `[]` opens a list.
    fn all(&self, path: &str) -> Vec<&Value> {
        let mut names = path.split('.');
        let first = names.next().unwrap_or_default();
        let mut found: Vec<&Value> = self.members.get(first).into_iter().collect();
        for name in names {
            let name = name.trim_end_matches("[]");
            found = found
                .into_iter()
                .flat_map(|value| match value {
                    Value::Array(entries) => entries.iter().collect(),
                    other => vec![other],
                })
                .filter_map(|value| value.get(name))
                .collect();
        }
        found.retain(|value| !value.is_null());
        found
    }
}

fn missing(field: &Field, path: &str) -> Refusal {
    let refusal = match field.missing {
        // The one field that has a number of its own is the type of date_info.
        Some(errcode) => Refusal::numbered("WX-CRD-015", errcode),
        None => Refusal::new("WX-CRD-001").tail(format!("m_data.{}", path.replace('.', "()."))),
    };
    refusal
        .field(field.rule)
        .expected(path)
        .received("nothing, or an empty value")
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn check_kind(
    tree: &Tree,
    value: &Value,
    path: &str,
    judge: &mut Judge<'_>,
) -> Result<(), Refusal> {
    let Some(field) = tree.field else {
        return Ok(());
    };
    if field.required == Required::NeverSent {
        return Err(Refusal::new("WX-CRD-007")
            .field(field.rule)
            .expected(format!("no {path}"))
            .received(path));
    }
    judge.kind(field, value, path)?;
    match value {
        Value::Object(members) => check_members(tree, field, members, path, judge),
        Value::Array(entries) if field.kind == Kind::Objects => {
            entries.iter().enumerate().try_for_each(|(index, entry)| {
                let path = format!("{path}[{index}]");
                match entry {
                    Value::Object(members) => check_members(tree, field, members, &path, judge),
                    other => Err(wrong_kind(&path, "an object", other).field(field.rule)),
                }
            })
        }
        _ => Ok(()),
    }
}

fn check_members(
    tree: &Tree,
    field: &Field,
    members: &Map<String, Value>,
    path: &str,
    judge: &mut Judge<'_>,
) -> Result<(), Refusal> {
    for (key, value) in members {
        let path = format!("{path}.{key}");
        match tree.members.get(key.as_str()) {
            Some(member) => check_kind(member, value, &path, judge)?,
            None if field.ignores_unknown_keys => {}
            // An object of which no member is in the table is taken as it is.
            None if tree.members.is_empty() => {}
            None => judge.unknown_key(&path)?,
        }
    }
    Ok(())
}

impl Kind {
    fn takes(self, value: &Value) -> bool {
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

    fn name(self) -> &'static str {
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

impl Field {
    fn check_value(&self, value: &Value, switches: Switches) -> Result<(), Refusal> {
        if let (Some(limit), Value::Array(entries)) = (self.max_items, value)
            && entries.len() > limit
        {
            return Err(Refusal::new("WX-CRD-021")
                .field(self.rule)
                .expected(format!("{}: at most {limit}", self.path))
                .received(format!("{} entries", entries.len())));
        }
        match value {
            Value::Array(entries) => entries
                .iter()
                .try_for_each(|entry| self.check_one(entry, switches)),
            one => self.check_one(one, switches),
        }
    }

    fn check_one(&self, value: &Value, switches: Switches) -> Result<(), Refusal> {
        if let (Some(limit), Some(text)) = (self.max_bytes, value.as_str())
            && text.len() > limit
        {
            return Err(Refusal::new("WX-CRD-002")
                .field(self.rule)
                .expected(format!("{}: at most {limit} bytes", self.path))
                .received(format!("{} bytes", text.len())));
        }
        if self.values_from == Some("colors")
            && facts::color_value(value.as_str().unwrap_or_default()).is_none()
        {
            return Err(Refusal::new("WX-CRD-006")
                .field(self.rule)
                .expected("Color010 to Color102, as /card/getcolors lists them")
                .received(shortened(&value.to_string())));
        }
        if let Some(values) = &self.values
            && !values.contains(value)
        {
            let known: Vec<String> = values.iter().map(Value::to_string).collect();
            let mut refusal =
                self.breach("WX-CRD-003", &format!("one of {}", known.join(", ")), value);
            if self.path == "base_info.code_type" {
                let errcode = switches.errcode(Switch::UnknownCodeType);
                refusal.errcode = errcode.unwrap_or(refusal.errcode);
            }
            return Err(refusal);
        }
        let is_same_day = self.path == "base_info.date_info.fixed_term" && whole(value) == Some(0);
        if is_same_day && switches.is(Switch::FixedTermZero, "accept") {
            return Ok(());
        }
        self.check_range(value)
    }

    fn check_range(&self, value: &Value) -> Result<(), Refusal> {
        let Some(number) = whole(value).filter(|_| self.kind == Kind::Int) else {
            return Ok(());
        };
        let above = self.min.is_none_or(|min| number >= min);
        let below = self.max.is_none_or(|max| number <= max);
        if above && below {
            return Ok(());
        }
        let range = match (self.min, self.max) {
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("{min} or more"),
            (None, Some(max)) => format!("{max} or less"),
            (None, None) => String::new(),
        };
        Err(self.breach("WX-CRD-004", &range, value))
    }

    fn breach(&self, rule: &'static str, expected: &str, received: &Value) -> Refusal {
        // 40097, "invalid args", is what there is for fields whose own number is not known.
        Refusal::numbered(rule, self.errcode.unwrap_or(40097))
            .field(self.rule)
            .expected(format!("{}: {expected}", self.path))
            .received(format!(
                "{} {}",
                kind(received),
                shortened(&received.to_string())
            ))
    }

    /// A picture: a URL on WeChat's picture host; one that this account did not upload gets an advice.
    fn check_picture(&self, value: &Value, judge: &mut Judge<'_>) -> Result<(), Refusal> {
        let urls = match value {
            Value::Array(entries) => entries.iter().collect(),
            one => vec![one],
        };
        for url in urls.into_iter().filter_map(Value::as_str) {
            // An optional picture may be left empty.
            if url.is_empty() && self.required == Required::No {
                continue;
            }
            let is_own = (judge.uploaded)(url);
            let must_be_own = judge.switches.is(Switch::ForeignImage, "refuse");
            if !is_picture_host(url) || (must_be_own && !is_own) {
                let whose = if must_be_own {
                    ", uploaded by this account"
                } else {
                    ""
                };
                return Err(Refusal::new("WX-CRD-005")
                    .field(self.rule)
                    .expected(format!("{}: a URL on mmbiz.qpic.cn{whose}", self.path))
                    .received(shortened(url)));
            }
            if !is_own {
                judge.advice.push(Advice::new("WX-ADV-002", self.path));
            }
        }
        Ok(())
    }
}

fn is_picture_host(url: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .filter_map(|scheme| url.strip_prefix(scheme))
        .any(|rest| rest.starts_with("mmbiz.qpic.cn/"))
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

    #[test]
    fn only_wechats_picture_host_will_do() {
        assert!(is_picture_host("http://mmbiz.qpic.cn/mmbiz_jpg/x/0"));
        assert!(is_picture_host("https://mmbiz.qpic.cn/mmbiz_jpg/x/0"));
        for url in [
            "http://mmecoa.qpic.cn/mmbiz_jpg/x/0",
            "http://mmbiz.qpic.cn.evil.example/x",
            "ftp://mmbiz.qpic.cn/x",
            "media-id",
        ] {
            assert!(!is_picture_host(url), "{url}");
        }
    }
}
