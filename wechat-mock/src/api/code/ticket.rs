//! What the shop says of one ticket: seat, screening, flight.
//!
//! POST `/card/meetingticket/updateuser`, `/card/movieticket/updateuser`, `/card/boardingpass/checkin`.

use serde_json::{Value, json};

use super::find::suited_code;
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
};

/// POST `/card/meetingticket/updateuser`.
pub(in crate::api) fn meeting(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    keep(context)
}

/// POST `/card/movieticket/updateuser`.
pub(in crate::api) fn movie(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    keep(context)
}

/// POST `/card/boardingpass/checkin`.
pub(in crate::api) fn check_in(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    keep(context)
}

fn keep(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let at = suited_code(context)?;
    let details = fields.all().filter(|(key, value)| {
        let names_the_ticket = ["code", "card_id"].contains(key);
        !names_the_ticket && !is_empty(value)
    });
    let details = details
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .collect();
    let notes = context.own_account().codes.note(at.1);
    let is_withdrawn = fields.flag("is_cancel") == Some(true);
    notes.details = (!is_withdrawn).then_some(Value::Object(details));
    Ok(Reply::card(json!({})))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        _ => false,
    }
}
