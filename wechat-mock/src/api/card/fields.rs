//! Holds the JSON of a card, which was read by its schema, against the field table.
//!
//! In WeChat's order: the first required field that is missing, then the values. It is pure: what the
//! account has to be asked is kept in that order, and asked once the world is at hand. Rules that
//! relate fields are in `relations`.

use serde_json::{Map, Value};

mod questions;
mod values;

use questions::Asked;
pub(super) use questions::Judged;
pub(in crate::api) use values::is_picture_host;

use crate::{
    api::schema::{self, FieldRow, Kind, NodeRows, Required, Row, Update, lacks},
    refusal::Refusal,
    switches::{Switch, Switches},
};

/// The card's own node, and what it is called.
pub(super) struct CardNode<'a> {
    /// The type in lower case, such as `general_coupon`.
    pub(super) name: &'a str,
    pub(super) members: &'a Map<String, Value>,
}

/// How strictly is judged, and what the account has to be asked.
struct Judge {
    switches: Switches,
    judged: Judged,
}

impl Judge {
    fn new(switches: Switches) -> Self {
        let judged = Judged::default();
        Self { switches, judged }
    }

    fn ask(&mut self, row: &'static FieldRow, asked: Asked) {
        self.judged.ask(row, asked);
    }
}

impl CardNode<'_> {
    /// Judges a new card.
    pub(super) fn judge(&self, switches: Switches) -> Judged {
        let mut judge = Judge::new(switches);
        let result = self
            .check_required(switches)
            .and_then(|()| self.check_values(schema::rows_of_create(self.name), &mut judge));
        judge.judged.ended(result)
    }

    /// Judges what card/update changes; `changed` is the card as it would be.
    pub(super) fn judge_update(&self, changed: &Self, switches: Switches) -> Judged {
        let mut judge = Judge::new(switches);
        let rows = schema::rows_of_update(self.name);
        let lacking = rows.required().find(|row| lacks(self.members, row));
        let result = lacking
            .map_or(Ok(()), |row| Err(missing(row)))
            .and_then(|()| changed.check_required(switches))
            .and_then(|()| self.check_values(rows, &mut judge));
        judge.judged.ended(result)
    }

    /// Whether a card that card/update changes so has to be reviewed anew.
    pub(super) fn is_reviewed(&self) -> bool {
        let rows = schema::rows_of_update(self.name).all().iter();
        let mut changed = rows.filter(|row| has(self.members, &row.names));
        changed.any(|row| row.field.update == Some(Update::Review))
    }

    fn check_required(&self, switches: Switches) -> Result<(), Refusal> {
        let forgives = switches.is(Switch::SpecialTicketFields, "optional");
        let forgives_id = switches.is(Switch::EmptySubMerchant, "accept");
        for row in schema::rows_of_create(self.name).required() {
            let is_forgiven = (forgives && row.field.was_optional)
                || (forgives_id && row.path == "base_info.sub_merchant_info.merchant_id");
            if !is_forgiven && lacks(self.members, row) {
                return Err(missing(row));
            }
        }
        Ok(())
    }

    fn check_values(&self, rows: &NodeRows, judge: &mut Judge) -> Result<(), Refusal> {
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
