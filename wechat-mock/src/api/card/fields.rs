//! Holds the JSON of a card, which was read by its schema, against the field table.
//!
//! In WeChat's order: the first required field that is missing, then the values. Rules that relate
//! fields are in `relations`.

use serde_json::{Map, Value};

mod values;

pub(in crate::api) use values::is_picture_host;

use crate::{
    api::schema::{self, FieldRow, Kind, NodeRows, Required, Row, Update, lacks},
    refusal::{Advice, Refusal},
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
    pub(super) account: &'a Account,
    /// All accounts, among them the mini-programs that a card can lead to.
    pub(super) accounts: &'a [Account],
    pub(super) switches: Switches,
    pub(super) advice: &'a mut Vec<Advice>,
}

impl CardNode<'_> {
    /// Judges a new card.
    pub(super) fn check(&self, judge: &mut Judge<'_>) -> Result<(), Refusal> {
        self.check_required(judge)?;
        self.check_values(schema::rows_of_create(self.name), judge)
    }

    /// Judges what card/update changes; `changed` is the card as it would be.
    ///
    /// True when it has to be reviewed anew.
    pub(super) fn check_update(
        &self,
        changed: &Self,
        judge: &mut Judge<'_>,
    ) -> Result<bool, Refusal> {
        let rows = schema::rows_of_update(self.name);
        let lacking = rows.required().find(|row| lacks(self.members, row));
        if let Some(row) = lacking {
            return Err(missing(row));
        }
        changed.check_required(judge)?;
        self.check_values(rows, judge)?;
        let is_changed = |row: &&Row| has(self.members, &row.names);
        let mut changed = rows.all().iter().filter(is_changed);
        Ok(changed.any(|row| row.field.update == Some(Update::Review)))
    }

    fn check_required(&self, judge: &Judge<'_>) -> Result<(), Refusal> {
        let forgives = judge.switches.is(Switch::SpecialTicketFields, "optional");
        let forgives_id = judge.switches.is(Switch::EmptySubMerchant, "accept");
        for row in schema::rows_of_create(self.name).required() {
            let is_forgiven = (forgives && row.field.was_optional)
                || (forgives_id && row.path == "base_info.sub_merchant_info.merchant_id");
            if !is_forgiven && lacks(self.members, row) {
                return Err(missing(row));
            }
        }
        Ok(())
    }

    fn check_values(&self, rows: &NodeRows, judge: &mut Judge<'_>) -> Result<(), Refusal> {
        for (row, value) in rows.values(self.members) {
            if self.counts(row) {
                row.field.judge(value, judge)?;
            }
        }
        Ok(())
    }

    /// Whether a field counts: one that another value asks for is ignored without it, such as the dates
    /// of another type of `date_info`.
    fn counts(&self, row: &Row) -> bool {
        let Required::If { is, .. } = &row.field.required else {
            return true;
        };
        let mut conditions = row.conditions.iter();
        conditions
            .any(|names| schema::first(self.members, names).is_some_and(|value| is.contains(value)))
    }
}

/// Whether a path leads to a member.
fn has(members: &Map<String, Value>, names: &[&str]) -> bool {
    let Some((name, rest)) = names.split_first() else {
        return false;
    };
    match members.get(*name) {
        None => false,
        Some(_) if rest.is_empty() => true,
        Some(value) => value.as_object().is_some_and(|members| has(members, rest)),
    }
}

/// What a card without a required field is answered with; the tail is the test in WeChat's code.
fn missing(row: &Row) -> Refusal {
    let refusal = match row.field.missing {
        // Only the keys of date_info have a number of their own.
        Some(errcode) => Refusal::numbered("WX-CRD-015", errcode),
        None => Refusal::new("WX-CRD-001").tail(tail(row)),
    };
    refusal
        .row(row.field)
        .expected(row.path)
        .received("nothing, or an empty value")
}

/// `m_data.base_info().title`; of a flag, for which false would do, the test asks for presence:
/// `m_data.has_supply_bonus` was captured.
fn tail(row: &Row) -> String {
    let (around, name) = row.path.rsplit_once('.').unwrap_or(("", row.path));
    let dot = if around.is_empty() { "" } else { "()." };
    let around = around.replace('.', "().");
    let has = if row.field.kind == Kind::Bool {
        "has_"
    } else {
        ""
    };
    format!("m_data.{around}{dot}{has}{name}")
}
