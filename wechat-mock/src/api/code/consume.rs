//! POST `/card/code/consume`: redeems a code, once.

use serde_json::json;

use super::find::{find, wrong_state};
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
    world::life::{CannotRedeem, Redeemed},
};

pub(in crate::api) fn consume(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = find(context)?;
    let outer_str = context.call.fields()?.required_text("outer_str");
    let world = &mut *context.world;
    let code = world.code(at);
    let reply = json!({
        "card": {"card_id": world.card((at.0, code.card)).card_id},
        "openid": world.openid(code.user, at.0),
    });
    match world.consume(at, Redeemed::ByApi { outer_str }) {
        Ok(()) => Ok(Reply::card(reply)),
        Err(CannotRedeem::State(status)) => Err(wrong_state(status)),
        Err(CannotRedeem::NotBegun(begin)) => Err(Refusal::new("WX-COD-008")
            .expected(format!("a call from {begin} on"))
            .received(format!("a call at {}", world.now()))),
        Err(CannotRedeem::Limit(limit)) => Err(Refusal::new("WX-COD-020")
            .expected(format!("at most {limit} of this card by one customer"))
            .received("one more")),
    }
}
