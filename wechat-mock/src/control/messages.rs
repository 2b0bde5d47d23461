//! Messages with a card that accounts sent to a customer.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fault,
    accounts::account_no,
    body::{OptionalBody, Segment, Segments},
    users::user_no,
};
use crate::{
    mock::Mock,
    wallet::{Claim, Claimant, Way},
    world::{World, message::CardMessage},
};

/// What the customer does with the card of a message.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OpenMessage {
    /// The customer closes the sheet.
    pub(crate) cancel: bool,
}

impl OpenMessage {
    /// Claims the card of a message; answers as add-card does.
    pub(crate) fn carry_out(&self, mock: &Mock, user: &str, id: &str) -> Result<Value, Fault> {
        let mut world = mock.world.lock();
        let user = user_no(&world, user)?;
        let message = world.messages_of(user).find(|message| message.id == id);
        let message = message
            .cloned()
            .ok_or_else(|| Fault::not_found(format!("this customer has no message {id}")))?;
        let account = account_no(&world, &message.appid)?;
        let claim = if self.cancel {
            let claimant = Claimant {
                user,
                page: account,
                way: Way::Message,
            };
            Claim::cancel(&world, claimant)
        } else {
            Claim::open_message(&mut world, (user, account), &message)
        };
        Ok(claim.keep(mock, world))
    }
}

/// The messages of a customer, newest last.
pub(crate) fn messages(world: &World, user: &str) -> Result<Vec<Value>, Fault> {
    let user = user_no(world, user)?;
    let shown = |message: &CardMessage| {
        let mut shown = json!(message);
        let card = world.card_no(&message.card_id).map(|at| world.card(at));
        shown["title"] = card.map_or(Value::Null, |card| card.node.base_info()["title"].take());
        shown
    };
    Ok(world.messages_of(user).map(shown).collect())
}

pub(super) async fn list(
    State(mock): State<Mock>,
    Segment(name): Segment,
) -> Result<Json<Value>, Fault> {
    let messages = messages(&mock.world.lock(), &name)?;
    Ok(Json(json!({"messages": messages})))
}

pub(super) async fn add_card(
    State(mock): State<Mock>,
    Segments(name, id): Segments,
    OptionalBody(open): OptionalBody<OpenMessage>,
) -> Result<Json<Value>, Fault> {
    open.carry_out(&mock, &name, &id).map(Json)
}
