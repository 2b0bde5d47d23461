//! The first pass: what came is of the right kinds, and stands where the table has it.

use serde_json::{Map, Value};

use super::{
    Judge,
    table::{Field, Kind, Tree},
};
use crate::{
    api::call::{shortened, wrong_kind},
    refusal::{Advice, Refusal},
    switches::Switch,
};

/// Holds a value and all below it against the kinds of their fields.
pub(super) fn check(
    tree: &Tree,
    value: &Value,
    path: &str,
    judge: &mut Judge<'_>,
) -> Result<(), Refusal> {
    let Some(field) = tree.field else {
        return Ok(());
    };
    if field.is_never_sent() {
        return Err(Refusal::new("WX-CRD-007")
            .field(field.rule)
            .expected(format!("no {path}"))
            .received(path));
    }
    let is_first_foreign = judge.notice_foreign(field, path)?;
    judge.kind(field, value, path)?;
    let checked = match value {
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
    };
    if is_first_foreign {
        judge.is_in_foreign = false;
    }
    checked
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
            Some(member) => check(member, value, &path, judge)?,
            None if field.ignores_unknown_keys => {}
            // An object of which no member is in the table is taken as it is.
            None if tree.members.is_empty() => {}
            None => judge.unknown_key(&path)?,
        }
    }
    Ok(())
}

impl Judge<'_> {
    pub(super) fn unknown_key(&self, path: &str) -> Result<(), Refusal> {
        let is_fourth = ["custom_field", "custom_cell"].iter().any(|list| {
            let number = path.strip_prefix(list).map(str::parse::<u32>);
            number.is_some_and(|number| number.is_ok())
        });
        if self.card_type == "MEMBER_CARD" && is_fourth {
            return Err(Refusal::new("WX-CRD-034")
                .expected("at most three of each")
                .received(shortened(path)));
        }
        if self.switches.is(Switch::UnknownKey, "ignore") {
            return Ok(());
        }
        Err(Refusal::new("WX-WIRE-008")
            .expected("keys of the documentation, in their place")
            .received(shortened(path)))
    }

    /// Says of the outermost field that the card's type does not have; true when this is it.
    fn notice_foreign(&mut self, field: &Field, path: &str) -> Result<bool, Refusal> {
        if field.is_of(self.card_type) || self.is_in_foreign {
            return Ok(false);
        }
        if self.switches.is(Switch::FieldOfOtherType, "refuse") {
            let types = field.cards.as_deref().unwrap_or_default().join(", ");
            return Err(Refusal::new("WX-WIRE-008")
                .field(field.rule)
                .expected(format!("{path} in one of {types}"))
                .received(self.card_type));
        }
        self.advice.push(Advice::new("WX-ADV-020", path));
        self.is_in_foreign = true;
        Ok(true)
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
        let takes = field.kind.takes(value);
        if let (Some(errcode), false, Value::String(text)) = (field.not_a_number, takes, value) {
            return Err(Refusal::numbered("WX-CRD-028", errcode)
                .field(field.rule)
                .expected(format!("{path}: a whole number"))
                .received(shortened(text)));
        }
        let is_wrong = !takes
            || (value.is_null() && is_off(Switch::NullScalar))
            || (value.is_string() && field.kind == Kind::Int && is_off(Switch::NumericString))
            || (value.is_number() && is_time && is_off(Switch::CardTimestampNumber));
        if is_wrong {
            return Err(wrong_kind(path, field.kind.name(), value).field(field.rule));
        }
        self.advise(field, value, path);
        Ok(())
    }

    /// What is taken though the documentation has it otherwise.
    fn advise(&mut self, field: &Field, value: &Value, path: &str) {
        let mut add = |rule, at: String| self.advice.push(Advice::new(rule, at));
        if field.dropped && !value.is_null() {
            add("WX-ADV-009", path.to_owned());
        }
        match (field.kind, value) {
            (Kind::Timestamp, Value::Number(_)) => add("WX-ADV-001", path.to_owned()),
            (Kind::Int, Value::String(_)) => add("WX-ADV-010", path.to_owned()),
            (Kind::Ids, Value::Array(entries)) => {
                // One is enough: a list may hold thousands.
                if let Some(index) = entries.iter().position(Value::is_string) {
                    add("WX-ADV-010", format!("{path}[{index}]"));
                }
            }
            (_, Value::Number(_)) if field.path == "base_info.date_info.type" => {
                add("WX-ADV-008", path.to_owned());
            }
            _ => {}
        }
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
