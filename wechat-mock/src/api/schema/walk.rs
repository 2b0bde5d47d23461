//! The walk over a body by its schema.

use std::{borrow::Cow, fmt::Display};

use serde_json::{Map, Value};

use super::{
    SECRETS,
    nodes::create_has,
    number::{is_decimal, whole},
    path::Path,
    row::{FieldRow, Kind as Wanted},
    table::{Level, Slot},
};
use crate::{
    api::{
        advise::MOST,
        body::{Kind, Member, Node},
        call::shortened,
    },
    refusal::{Advice, Refusal},
    switches::{Switch, Switches},
};

/// One walk: how strict it is, and what it took though the documents have it otherwise.
pub(super) struct Walk {
    switches: Switches,
    is_update: bool,
    pub(super) advice: Vec<Advice>,
    /// The type of the card in whose node the walk is.
    card_type: Option<&'static str>,
    /// Within a field that the card's type does not have, which has been said already.
    is_in_foreign: bool,
}

/// A value that is read, and what is known of it.
#[derive(Clone, Copy)]
struct Place<'w> {
    row: &'static FieldRow,
    path: &'w Path<'w>,
    /// The closing quote of the key that was read last.
    key_end: usize,
}

impl Walk {
    /// A walk over the body of the call with a path.
    pub(super) fn new(call: &str, switches: Switches) -> Self {
        Self {
            switches,
            is_update: call == "/card/update",
            advice: Vec::new(),
            card_type: None,
            is_in_foreign: false,
        }
    }

    /// Reads a whole body.
    pub(super) fn body(
        &mut self,
        level: &'static Level,
        body: &Node<'_>,
    ) -> Result<Map<String, Value>, Refusal> {
        self.members(level, body.members(), None)
    }

    /// Reads the members of an object, in their order; of a key that stands twice the last counts.
    fn members(
        &mut self,
        level: &'static Level,
        members: &[Member<'_>],
        above: Option<&Path<'_>>,
    ) -> Result<Map<String, Value>, Refusal> {
        let mut read = Map::with_capacity(members.len());
        let is_body = above.is_none();
        let is_node = level.card_type.is_some();
        if is_node {
            self.card_type = level.card_type;
        }
        let above = above.filter(|_| !is_node);
        let slots: Vec<_> = members
            .iter()
            .map(|member| level.members.get(&member.key))
            .collect();
        let mut last = vec![0; level.members.len()];
        for (index, slot) in slots.iter().enumerate() {
            if let Some((number, _)) = slot {
                last[*number] = index;
            }
        }
        for (index, (member, slot)) in members.iter().zip(slots).enumerate() {
            let path = Path::key(above, &member.key);
            let Some((number, slot)) = slot else {
                let is_secret = SECRETS.contains(&&*member.key);
                if !(is_body && is_secret) {
                    self.unknown_key(level, member, &path)?;
                }
                continue;
            };
            if last[number] != index {
                continue;
            }
            if let Some(value) = self.member(slot, member, &path)? {
                read.insert(member.key.clone().into_owned(), value);
            }
        }
        Ok(read)
    }

    fn unknown_key(
        &self,
        level: &Level,
        member: &Member<'_>,
        path: &Path<'_>,
    ) -> Result<(), Refusal> {
        if crate::breaks::broken("unknown-keys-taken")
            || level.ignores_unknown_keys
            || self.switches.is(Switch::UnknownKey, "ignore")
        {
            return Ok(());
        }
        let path = path.to_string();
        let refusal = match self.card_type {
            // It is a field of cards, but not one that can be changed.
            Some(card_type) if self.is_update && create_has(card_type, &path) => {
                Refusal::new("WX-CRD-062").expected("fields that card/update can change")
            }
            _ => Refusal::new("WX-WIRE-008").expected("keys of the documentation, in their place"),
        };
        Err(refusal.received(shortened(&path)).at(member.key_end))
    }

    fn member(
        &mut self,
        slot: &'static Slot,
        member: &Member<'_>,
        path: &Path<'_>,
    ) -> Result<Option<Value>, Refusal> {
        let Some(row) = slot.row else {
            return self.object_around_cards(slot, member, path);
        };
        if row.is_never_sent() {
            return Err(Refusal::new("WX-CRD-007")
                .row(row)
                .expected(format!("no {path}"))
                .received(path.to_string())
                .at(member.key_end));
        }
        let is_first_foreign = self.notice_foreign(row, member, path)?;
        let place = Place {
            row,
            path,
            key_end: member.key_end,
        };
        let value = self.value(slot, &member.value, place)?;
        if is_first_foreign {
            self.is_in_foreign = false;
        }
        Ok(value.filter(|_| !row.ignored))
    }

    /// `card`, and the nodes of the card types: they have no row.
    fn object_around_cards(
        &mut self,
        slot: &'static Slot,
        member: &Member<'_>,
        path: &Path<'_>,
    ) -> Result<Option<Value>, Refusal> {
        let members = match &member.value.kind {
            Kind::Null => return Ok(None),
            Kind::Object(members) => members.as_slice(),
            Kind::List(entries) if entries.is_empty() => &[],
            _ => {
                let refusal = wrong_kind(path, "an object", &member.value);
                return Err(refusal.at(member.key_end));
            }
        };
        let read = self.members(&slot.below, members, Some(path))?;
        Ok(Some(Value::Object(read)))
    }

    /// Says of the outermost field that the card's type does not have; true when this is it.
    fn notice_foreign(
        &mut self,
        row: &'static FieldRow,
        member: &Member<'_>,
        path: &Path<'_>,
    ) -> Result<bool, Refusal> {
        let Some(card_type) = self.card_type else {
            return Ok(false);
        };
        if row.is_of(card_type) || self.is_in_foreign {
            return Ok(false);
        }
        if self.switches.is(Switch::FieldOfOtherType, "refuse") {
            let types = row.cards.as_deref().unwrap_or_default().join(", ");
            return Err(Refusal::new("WX-WIRE-008")
                .row(row)
                .expected(format!("{path} in one of {types}"))
                .received(card_type)
                .at(member.key_end));
        }
        self.advise("WX-ADV-020", path);
        self.is_in_foreign = true;
        Ok(true)
    }

    /// Reads one value; [`None`] for null, which counts as absent.
    fn value(
        &mut self,
        slot: &'static Slot,
        node: &Node<'_>,
        place: Place<'_>,
    ) -> Result<Option<Value>, Refusal> {
        if matches!(node.kind, Kind::Null) {
            return if self.switches.is(Switch::NullScalar, "refuse") {
                Err(place.wrong_kind(node))
            } else {
                Ok(None)
            };
        }
        let row = place.row;
        if row.dropped {
            self.advise("WX-ADV-009", place.path);
        }
        let read = match row.kind {
            Wanted::String => self.text(node, place)?,
            Wanted::Int | Wanted::Number | Wanted::Timestamp => self.number(node, place)?,
            Wanted::StringOrInt => self.text_or_number(node, place)?,
            Wanted::Bool => match node.kind {
                Kind::Flag(flag) => Value::Bool(flag),
                _ => return Err(place.wrong_kind(node)),
            },
            Wanted::Object => self.object(slot, node, place)?,
            Wanted::Strings | Wanted::Ids | Wanted::Objects | Wanted::Array => {
                self.list(slot, node, place)?
            }
        };
        Ok(Some(read))
    }

    /// A text; a number counts as its text.
    fn text(&mut self, node: &Node<'_>, place: Place<'_>) -> Result<Value, Refusal> {
        let text = match &node.kind {
            Kind::Text(text) => text,
            Kind::Number(number) if !self.switches.is(Switch::NumberForText, "refuse") => {
                self.advise("WX-ADV-023", place.path);
                &Cow::Borrowed(*number)
            }
            _ => return Err(place.wrong_kind(node)),
        };
        let names = place.row.named.as_ref();
        Ok(match names.and_then(|names| names.get(&**text)) {
            Some(name) => Value::from(*name),
            None => Value::String(text.clone().into_owned()),
        })
    }

    fn text_or_number(&mut self, node: &Node<'_>, place: Place<'_>) -> Result<Value, Refusal> {
        match &node.kind {
            Kind::Text(text) => Ok(Value::String(text.clone().into_owned())),
            Kind::Number(number) => {
                let number = whole(number).ok_or_else(|| place.wrong_kind(node))?;
                if place.row.path.ends_with("date_info.type") {
                    self.advise("WX-ADV-008", place.path);
                }
                Ok(Value::from(number))
            }
            _ => Err(place.wrong_kind(node)),
        }
    }

    /// A whole number; digits in a text count as it.
    fn number(&mut self, node: &Node<'_>, place: Place<'_>) -> Result<Value, Refusal> {
        let row = place.row;
        let is_time_of_card = row.kind == Wanted::Timestamp && self.card_type.is_some();
        let (text, is_text) = match &node.kind {
            Kind::Number(number) => (*number, false),
            Kind::Text(text) => (&**text, true),
            _ => return Err(place.wrong_kind(node)),
        };
        let number = whole(text).filter(|_| !is_text || is_decimal(text));
        let Some(number) = number else {
            return Err(self.no_whole_number(node, place, is_text));
        };
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-');
        let refuses = |switch| self.switches.is(switch, "refuse");
        let is_refused =
            (is_text && row.kind != Wanted::Timestamp && refuses(Switch::NumericString))
                || (!is_plain && refuses(Switch::WholeFraction))
                || (!is_text && is_time_of_card && refuses(Switch::CardTimestampNumber));
        if is_refused {
            return Err(place.wrong_kind(node));
        }
        if is_time_of_card && !is_text {
            self.advise("WX-ADV-001", place.path);
        } else if is_text && row.kind != Wanted::Timestamp {
            self.advise("WX-ADV-010", place.path);
        }
        Ok(Value::from(number))
    }

    fn no_whole_number(&self, node: &Node<'_>, place: Place<'_>, is_text: bool) -> Refusal {
        let row = place.row;
        let digits = match &node.kind {
            Kind::Number(number) => number,
            Kind::Text(text) => &**text,
            _ => "",
        };
        let is_time_with_fraction =
            row.kind == Wanted::Timestamp && digits.contains('.') && is_decimal(digits);
        if is_time_with_fraction && self.switches.is(Switch::Fraction, "40079") {
            return Refusal::new("WX-CRD-012")
                .row(row)
                .expected(format!("{}: whole seconds since 1970", place.path))
                .received(shortened(&node.to_value().to_string()));
        }
        match row.not_a_number.filter(|_| is_text) {
            Some(errcode) => Refusal::numbered("WX-CRD-028", errcode)
                .row(row)
                .expected(format!("{}: a whole number", place.path))
                .received(shortened(digits)),
            None => place.wrong_kind(node),
        }
    }

    fn object(
        &mut self,
        slot: &'static Slot,
        node: &Node<'_>,
        place: Place<'_>,
    ) -> Result<Value, Refusal> {
        let members = match &node.kind {
            Kind::Object(members) => members.as_slice(),
            // What PHP makes of an empty object.
            Kind::List(entries) if entries.is_empty() => &[],
            _ => return Err(place.wrong_kind(node)),
        };
        // An object of which no member is in the table is taken as it is.
        if slot.below.members.is_empty() {
            return Ok(Value::Object(node.to_map()));
        }
        let read = self.members(&slot.below, members, Some(place.path))?;
        Ok(Value::Object(read))
    }

    fn list(
        &mut self,
        slot: &'static Slot,
        node: &Node<'_>,
        place: Place<'_>,
    ) -> Result<Value, Refusal> {
        let entries = match &node.kind {
            Kind::List(entries) => entries.as_slice(),
            Kind::Text(_) | Kind::Number(_) if place.row.single => std::slice::from_ref(node),
            _ => return Err(place.wrong_kind(node)),
        };
        if place.row.kind == Wanted::Array {
            return Ok(node.to_value());
        }
        let mut read = Vec::with_capacity(entries.len());
        let mut has_text = false;
        for (index, entry) in entries.iter().enumerate() {
            let path = place.path.entry(index);
            let place = Place {
                path: &path,
                ..place
            };
            let value = match (place.row.kind, &entry.kind) {
                (_, Kind::Null) if !self.switches.is(Switch::NullScalar, "refuse") => continue,
                (Wanted::Strings, _) => self.text(entry, place)?,
                (Wanted::Objects, _) => self.object(slot, entry, place)?,
                (_, Kind::Text(text)) => {
                    // One is enough: a list may hold thousands.
                    if !has_text {
                        self.advise("WX-ADV-010", &path);
                    }
                    has_text = true;
                    Value::String(text.clone().into_owned())
                }
                (_, Kind::Number(number)) => {
                    let number = whole(number).ok_or_else(|| place.wrong_kind(entry))?;
                    Value::from(number)
                }
                _ => return Err(place.wrong_kind(entry)),
            };
            read.push(value);
        }
        Ok(Value::Array(read))
    }

    fn advise(&mut self, rule: &'static str, path: &Path<'_>) {
        if self.advice.len() < MOST {
            self.advice.push(Advice::new(rule, path.to_string()));
        }
    }
}

impl Place<'_> {
    /// A value of another kind; the reading stops at the last key that was read: that of the value, or
    /// the first one inside an object that stands in place of a list.
    fn wrong_kind(&self, node: &Node<'_>) -> Refusal {
        let is_list = matches!(
            self.row.kind,
            Wanted::Strings | Wanted::Ids | Wanted::Objects | Wanted::Array
        );
        let inner = node.members().first().filter(|_| is_list);
        wrong_kind(self.path, self.row.kind.name(), node)
            .row(self.row)
            .at(inner.map_or(self.key_end, |member| member.key_end))
    }
}

fn wrong_kind(path: &dyn Display, expected: &str, node: &Node<'_>) -> Refusal {
    let path = path.to_string();
    crate::api::call::wrong_kind(&path, expected, &node.to_value())
}
