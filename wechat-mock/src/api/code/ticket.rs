//! What the shop says of one ticket: seat, screening, flight.
//!
//! POST `/card/meetingticket/updateuser`, `/card/movieticket/updateuser`, `/card/boardingpass/checkin`.

use serde_json::{Map, Value, json};

use super::find::{find, refuse_unusable};
use crate::{
    api::{
        Context,
        call::{missing, wrong_kind},
        reply::Reply,
    },
    refusal::Refusal,
};

/// A field of a ticket.
struct Field {
    name: &'static str,
    kind: Kind,
    presence: Presence,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Flag,
    Texts,
}

enum Presence {
    Required,
    /// Required, with a rule of its own.
    Numbered(&'static str),
    Optional,
    /// May be left out, but not be empty.
    Filled(&'static str),
}

const fn field(name: &'static str, kind: Kind, presence: Presence) -> Field {
    Field {
        name,
        kind,
        presence,
    }
}

const MEETING: [Field; 5] = [
    field("zone", Kind::Text, Presence::Required),
    field("entrance", Kind::Text, Presence::Required),
    field("seat_number", Kind::Text, Presence::Numbered("WX-COD-044")),
    field("begin_time", Kind::Number, Presence::Optional),
    field("end_time", Kind::Number, Presence::Optional),
];

const MOVIE: [Field; 5] = [
    field("ticket_class", Kind::Text, Presence::Numbered("WX-COD-041")),
    field("show_time", Kind::Number, Presence::Numbered("WX-COD-042")),
    field("duration", Kind::Number, Presence::Required),
    field("screening_room", Kind::Text, Presence::Filled("WX-COD-043")),
    field("seat_number", Kind::Texts, Presence::Filled("WX-COD-044")),
];

const BOARDING: [Field; 6] = [
    field("passenger_name", Kind::Text, Presence::Required),
    field("class", Kind::Text, Presence::Required),
    field("seat", Kind::Text, Presence::Optional),
    field("etkt_bnr", Kind::Text, Presence::Required),
    field("qrcode_data", Kind::Text, Presence::Optional),
    field("is_cancel", Kind::Flag, Presence::Optional),
];

/// POST `/card/meetingticket/updateuser`.
pub(in crate::api) fn meeting(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    keep(context, "MEETING_TICKET", &MEETING)
}

/// POST `/card/movieticket/updateuser`.
pub(in crate::api) fn movie(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    keep(context, "MOVIE_TICKET", &MOVIE)
}

/// POST `/card/boardingpass/checkin`.
pub(in crate::api) fn check_in(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    keep(context, "BOARDING_PASS", &BOARDING)
}

fn keep(
    context: &mut Context<'_>,
    card_type: &'static str,
    fields: &[Field],
) -> Result<Reply, Refusal> {
    let at = find(context)?;
    let world = &*context.world;
    let card = world.card((at.0, world.code(at).card));
    if card.card_type != card_type {
        return Err(Refusal::new("WX-COD-045")
            .expected(format!("a code of a {card_type}"))
            .received(format!("a code of a {}", card.card_type)));
    }
    refuse_unusable(world.code_status(at))?;
    let body = context.call.json()?;
    let mut details = Map::new();
    for field in fields {
        if let Some(value) = field.read(body)? {
            details.insert(field.name.to_owned(), value.clone());
        }
    }
    let notes = context.own_account().codes.note(at.1);
    notes.details = Some(Value::Object(details));
    Ok(Reply::card(json!({})))
}

impl Field {
    /// The value of the field, if there is one.
    fn read<'a>(&self, body: &'a Map<String, Value>) -> Result<Option<&'a Value>, Refusal> {
        let value = body.get(self.name).filter(|value| !value.is_null());
        if let Some(value) = value
            && !self.kind.takes(value)
        {
            return Err(wrong_kind(self.name, self.kind.name(), value));
        }
        let filled = value.filter(|value| !is_empty(value));
        let is_empty = value.is_some() && filled.is_none();
        match self.presence {
            Presence::Required if filled.is_none() => Err(missing(self.name)),
            Presence::Numbered(rule) if filled.is_none() => Err(self.lacking(rule)),
            Presence::Filled(rule) if is_empty => Err(self.lacking(rule)),
            _ => Ok(filled),
        }
    }

    fn lacking(&self, rule: &'static str) -> Refusal {
        Refusal::new(rule)
            .expected(self.name)
            .received(format!("no {}, or an empty one", self.name))
    }
}

impl Kind {
    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Number => value.is_i64(),
            Self::Flag => value.is_boolean(),
            Self::Texts => value
                .as_array()
                .is_some_and(|texts| texts.iter().all(Value::is_string)),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Number => "a whole number",
            Self::Flag => "true or false",
            Self::Texts => "a flat list of strings",
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        _ => false,
    }
}
