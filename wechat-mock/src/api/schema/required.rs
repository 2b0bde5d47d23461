//! Which fields must be there.

use serde_json::{Map, Value};

use super::{
    row::{FieldRow, Plain, Required},
    table::Row,
};
use crate::refusal::Refusal;

/// Whether a field is missing that must be there.
pub(in crate::api) fn lacks(node: &Map<String, Value>, row: &Row) -> bool {
    let mut conditions = row.conditions.iter().map(|names| first(node, names));
    let has_parent_only = match &row.field.required {
        Required::Plain(Plain::Always) => false,
        Required::Plain(Plain::WithParent) => true,
        Required::Plain(Plain::No | Plain::NeverSent) => return false,
        Required::If { is, .. } => {
            let is_met = |value: Option<&Value>| value.is_some_and(|value| is.contains(value));
            if !conditions.any(is_met) {
                return false;
            }
            false
        }
        Required::UnlessTrue { .. } => {
            if conditions.any(|flag| flag == Some(&Value::Bool(true))) {
                return false;
            }
            false
        }
        Required::UnlessGiven { .. } => {
            if conditions.any(|value| value.is_some_and(|value| !is_empty(value))) {
                return false;
            }
            true
        }
    };
    let counts_as_empty = |value: &Value| row.field.empty.is_none() && is_empty(value);
    any_lacks(node, &row.names, !has_parent_only, &counts_as_empty)
        && !crate::breaks::broken("required-fields-ignored")
}

/// Whether an object at the way to a field is without it; lists are looked through entry by entry.
fn any_lacks(
    members: &Map<String, Value>,
    names: &[&str],
    without_parent: bool,
    is_empty: &dyn Fn(&Value) -> bool,
) -> bool {
    let Some((name, rest)) = names.split_first() else {
        return false;
    };
    let value = members.get(*name).filter(|value| !value.is_null());
    if rest.is_empty() {
        return value.is_none_or(is_empty);
    }
    match value {
        Some(Value::Object(members)) => any_lacks(members, rest, without_parent, is_empty),
        Some(Value::Array(entries)) => {
            let mut objects = entries.iter().filter_map(Value::as_object);
            objects.any(|members| any_lacks(members, rest, without_parent, is_empty))
        }
        _ => without_parent,
    }
}

/// The first value at a path; lists are looked through.
pub(in crate::api) fn first<'v>(
    members: &'v Map<String, Value>,
    names: &[&str],
) -> Option<&'v Value> {
    let (name, rest) = names.split_first()?;
    let value = members.get(*name).filter(|value| !value.is_null())?;
    if rest.is_empty() {
        return Some(value);
    }
    match value {
        Value::Object(members) => first(members, rest),
        Value::Array(entries) => {
            let mut objects = entries.iter().filter_map(Value::as_object);
            objects.find_map(|members| first(members, rest))
        }
        _ => None,
    }
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// What a missing field is answered with.
pub(in crate::api) fn missing(row: &'static FieldRow) -> Refusal {
    let rule = row.missing_rule.unwrap_or("WX-WIRE-009");
    Refusal::numbered(rule, row.missing.unwrap_or(47001))
        .row(row)
        .expected(row.path)
        .received(format!("no {}, or an empty one", row.path))
}
