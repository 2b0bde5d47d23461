//! Holds the JSON of a card against the field table.
//!
//! Three passes, in WeChat's order: kinds of values and unknown keys over all that came, then the
//! first required field that is missing, then the values. Rules that relate fields are in `create`.

use serde_json::{Map, Value};

mod kinds;
mod table;
mod values;

pub(in crate::api) use values::is_picture_host;

use table::{Field, Plain, Required, RowOfNode, TREE, Update, inside, rows_of};

use crate::{
    refusal::{Advice, Place, Refusal},
    switches::{Switch, Switches},
    world::account::Account,
};

/// The card's own node, and what it is called.
pub(super) struct CardNode<'a> {
    /// The type in lower case, such as `general_coupon`.
    pub(super) name: &'a str,
    pub(super) members: &'a Map<String, Value>,
}

/// Who is judged, how strictly, and what merely got away.
pub(super) struct Judge<'a> {
    pub(super) card_type: &'a str,
    pub(super) account: &'a Account,
    /// All accounts, among them the mini-programs that a card can lead to.
    pub(super) accounts: &'a [Account],
    pub(super) switches: Switches,
    pub(super) advice: &'a mut Vec<Advice>,
    /// Within a field that the card's type does not have, which has been said already.
    is_in_foreign: bool,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        card_type: &'a str,
        account: &'a Account,
        accounts: &'a [Account],
        switches: Switches,
        advice: &'a mut Vec<Advice>,
    ) -> Self {
        Self {
            card_type,
            account,
            accounts,
            switches,
            advice,
            is_in_foreign: false,
        }
    }
}

impl CardNode<'_> {
    /// Runs the three passes.
    pub(super) fn check(&self, judge: &mut Judge<'_>) -> Result<(), Refusal> {
        self.check_kinds(judge)?;
        self.check_required(judge)?;
        self.check_values(judge)
    }

    /// Runs the passes over what card/update changes; `changed` is the card as it would be.
    ///
    /// True when it has to be reviewed anew.
    pub(super) fn check_update(
        &self,
        changed: &Self,
        judge: &mut Judge<'_>,
    ) -> Result<bool, Refusal> {
        self.check_kinds(judge)?;
        let is_reviewed = self.check_changeable()?;
        changed.check_required(judge)?;
        self.check_values(judge)?;
        Ok(is_reviewed)
    }

    /// Refuses what stays as it was made; true when a change is reviewed.
    fn check_changeable(&self) -> Result<bool, Refusal> {
        let base_info = self.members.get("base_info").and_then(Value::as_object);
        let of_base = base_info.into_iter().flatten();
        let of_base = of_base.map(|(key, _)| format!("base_info.{key}"));
        let own = self.members.keys().filter(|key| *key != "base_info");
        let mut is_reviewed = false;
        for path in of_base.chain(own.cloned()) {
            let known = rows_of(self.name).iter().find(|row| row.path == path);
            match known.and_then(|row| row.field.update) {
                Some(update) => is_reviewed |= update == Update::Review,
                None => {
                    return Err(Refusal::new("WX-CRD-062")
                        .expected("fields that card/update can change")
                        .received(path.as_str())
                        .at(Place::Path(path)));
                }
            }
        }
        Ok(is_reviewed)
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
                Some(tree) => kinds::check(tree, value, key, judge)?,
                None => judge.unknown_key(key)?,
            }
        }
        Ok(())
    }

    fn check_required(&self, judge: &Judge<'_>) -> Result<(), Refusal> {
        let forgives = judge.switches.is(Switch::SpecialTicketFields, "optional");
        for row in rows_of(self.name) {
            let is_forgiven = forgives && row.field.was_optional;
            if !is_forgiven && self.is_due(row) && self.first(&row.names).is_none_or(is_empty) {
                return Err(missing(row.field, row.path));
            }
        }
        Ok(())
    }

    /// Whether a field must be there.
    fn is_due(&self, row: &RowOfNode) -> bool {
        let has_parent = || match row.names.split_last() {
            Some((_, parent)) if !parent.is_empty() => {
                self.first(parent).is_some_and(Value::is_object)
            }
            _ => true,
        };
        let at = |path| {
            let names: Vec<&str> = inside(self.name, path)?.split('.').collect();
            self.first(&names)
        };
        match &row.field.required {
            Required::Plain(Plain::Always) => true,
            Required::Plain(Plain::WithParent) => has_parent(),
            Required::Plain(Plain::No | Plain::NeverSent) => false,
            Required::If { r#if, is } => at(r#if).is_some_and(|value| is.contains(value)),
            Required::UnlessTrue { unless_true } => !unless_true
                .iter()
                .any(|flag| at(flag) == Some(&Value::Bool(true))),
            Required::UnlessGiven { unless_given } => {
                has_parent() && at(unless_given).is_none_or(is_empty)
            }
        }
    }

    fn check_values(&self, judge: &mut Judge<'_>) -> Result<(), Refusal> {
        for row in rows_of(self.name) {
            let Some((name, rest)) = row.names.split_first() else {
                continue;
            };
            if let Some(value) = self.members.get(*name) {
                each(value, rest, &mut |value| row.field.check(value, judge))?;
            }
        }
        Ok(())
    }

    /// The first value at a path.
    fn first(&self, names: &[&str]) -> Option<&Value> {
        let (name, rest) = names.split_first()?;
        first(self.members.get(*name)?, rest)
    }
}

/// The first value below another that is there; lists are looked through.
fn first<'v>(value: &'v Value, names: &[&str]) -> Option<&'v Value> {
    match (names.split_first(), value) {
        (None, value) => Some(value).filter(|value| !value.is_null()),
        (Some((name, rest)), Value::Array(entries)) => entries
            .iter()
            .find_map(|entry| first(entry.get(name)?, rest)),
        (Some((name, rest)), value) => first(value.get(name)?, rest),
    }
}

/// Looks at all values below another that are there; lists are looked through.
fn each<'v>(
    value: &'v Value,
    names: &[&str],
    look: &mut impl FnMut(&'v Value) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    match (names.split_first(), value) {
        (None, Value::Null) => Ok(()),
        (None, value) => look(value),
        (Some((name, rest)), Value::Array(entries)) => entries
            .iter()
            .filter_map(|entry| entry.get(name))
            .try_for_each(|value| each(value, rest, look)),
        (Some((name, rest)), value) => value
            .get(name)
            .map_or(Ok(()), |value| each(value, rest, look)),
    }
}

fn missing(field: &Field, path: &str) -> Refusal {
    let refusal = match field.missing {
        // Only the keys of date_info have a number of their own.
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
