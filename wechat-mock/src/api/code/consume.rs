//! POST `/card/code/consume`: redeems a code, once.

use serde_json::json;

use super::find::{find, refuse_unusable};
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
    world::life::{CodeAt, Redeemed},
};

pub(in crate::api) fn consume(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = find(context)?;
    check_redeemable(context, at)?;
    let world = &mut *context.world;
    let code = world.code(at);
    let reply = json!({
        "card": {"card_id": world.card((at.0, code.card)).card_id},
        "openid": world.openid(code.user, at.0),
    });
    world
        .consume(at, Redeemed::BY_API)
        .or_else(|state| refuse_unusable(state.0))?;
    Ok(Reply::card(reply))
}

fn check_redeemable(context: &Context<'_>, at: CodeAt) -> Result<(), Refusal> {
    let world = &*context.world;
    refuse_unusable(world.code_status(at))?;
    let (code, now) = (world.code(at), world.now());
    if now < code.begin_time {
        return Err(Refusal::new("WX-COD-008")
            .expected(format!("a call from {} on", code.begin_time))
            .received(format!("a call at {now}")));
    }
    let card_at = (at.0, code.card);
    let used = world.redemptions(code.user, card_at);
    if let Some(limit) = world.card(card_at).use_limit()
        && used >= limit
    {
        return Err(Refusal::new("WX-COD-020")
            .expected(format!("at most {limit} of this card by one customer"))
            .received(format!("{used} that were redeemed before")));
    }
    Ok(())
}
