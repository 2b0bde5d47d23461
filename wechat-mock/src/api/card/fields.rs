//! Holds the JSON of a card against the field table.
//!
//! Three passes, in WeChat's order: kinds of values and unknown keys over all that came, then the
//! first required field that is missing, then the values. Rules that relate fields are in `create`.

use serde_json::{Map, Value};

mod kinds;
mod table;
mod values;

pub(in crate::api) use values::is_picture_host;

use table::{FIELDS, Field, Plain, Required, TREE, Update};

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
            let known = FIELDS
                .iter()
                .find(|field| self.inside(field.path) == Some(path.as_str()));
            match known.and_then(|field| field.update) {
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
        for field in FIELDS.iter() {
            let Some(path) = self.inside(field.path) else {
                continue;
            };
            let is_forgiven = forgives && field.was_optional;
            if !is_forgiven && self.is_due(field, path) && self.first(path).is_none_or(is_empty) {
                return Err(missing(field, path));
            }
        }
        Ok(())
    }

    /// Whether a field must be there.
    fn is_due(&self, field: &Field, path: &str) -> bool {
        let has_parent = || {
            let parent = path.rsplit_once('.');
            parent.is_none_or(|(parent, _)| self.first(parent).is_some_and(Value::is_object))
        };
        let at = |path| self.inside(path).and_then(|path| self.first(path));
        match &field.required {
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
        for field in FIELDS.iter() {
            let Some(path) = self.inside(field.path) else {
                continue;
            };
            for value in self.all(path) {
                field.check(value, judge)?;
            }
        }
        Ok(())
    }

    /// A path of the table inside this node; [`None`] for paths of other types.
    fn inside(&self, path: &'static str) -> Option<&'static str> {
        let (node, below) = path.split_once('.').unwrap_or((path, ""));
        if node == "base_info" || node == "advanced_info" {
            Some(path)
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
