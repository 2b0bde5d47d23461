//! POST `/card/code/consume`: redeems a code, once.

use serde_json::json;

use super::find::suited_code;
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
    world::life::Redeemed,
};

pub(in crate::api) fn consume(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_code(context)?;
    let outer_str = context.call.fields()?.required_text("outer_str");
    let world = &mut *context.world;
    let code = world.code(at);
    let reply = json!({
        "card": {"card_id": world.card((at.0, code.card)).card_id},
        "openid": world.openid(code.user, at.0),
    });
    // The world holds to its states, whatever the table of suits lets through.
    world
        .consume(at, Redeemed::ByApi { outer_str })
        .map_err(|_| Refusal::new("WX-COD-007"))?;
    Ok(Reply::card(reply))
}
