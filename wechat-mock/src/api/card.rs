//! `/card/…`: colours, making a card, reading it.

use serde_json::json;

mod create;
mod fields;
mod get;

pub(super) use create::create;
pub(super) use fields::is_picture_host;
pub(super) use get::get;

use super::{Context, call::shortened, reply::Reply};
use crate::{refusal::Refusal, world::life::CardAt};

/// GET (or POST) `/card/getcolors`.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the table of endpoints holds functions of one type"
)]
pub(super) fn colors(_: &mut Context<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::card(json!({"colors": fixtures::colors()})))
}

/// The card of this account that has an id, whatever its state.
pub(super) fn own_card(context: &Context<'_>, card_id: &str) -> Result<CardAt, Refusal> {
    let known = context.world.card_no(card_id);
    known
        .filter(|at| at.0 == context.own_number())
        .ok_or_else(|| unknown_card(context, card_id))
}

/// A `card_id` that this account may not use.
fn unknown_card(context: &Context<'_>, card_id: &str) -> Refusal {
    let received = match context.world.card_no(card_id) {
        Some((owner, _)) => format!("a card of {}", context.world.account(owner).profile.name),
        None if card_id.bytes().all(|byte| byte.is_ascii_digit()) => {
            "digits alone: a code is not a card_id".to_owned()
        }
        None => shortened(card_id).into_owned(),
    };
    Refusal::new("WX-CRD-051")
        .expected("a card_id that this account was given")
        .received(received)
}
