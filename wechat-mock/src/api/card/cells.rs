//! POST `/card/paycell/set` and `/card/selfconsumecell/set`: cells that are opened and closed.

use serde_json::json;

use super::suited_card;
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
    switches::Switch,
    world::card::SelfConsume,
};

/// POST `/card/paycell/set`.
pub(in crate::api) fn set_pay_cell(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let is_open = context.call.fields()?.flag("is_open");
    let is_required = context.world.switches.is(Switch::PaycellIsOpen, "required");
    if is_open.is_none() && is_required {
        return Err(Refusal::new("WX-WIRE-009")
            .expected("is_open")
            .received("no is_open"));
    }
    let at = suited_card(context)?;
    // An older edition of the page has it optional, and true.
    let is_open = is_open.unwrap_or(true);
    let card = context.world.card_mut(at);
    card.cells.pay = is_open;
    Ok(Reply::card(json!({})))
}

/// POST `/card/selfconsumecell/set`.
pub(in crate::api) fn set_self_consume_cell(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_card(context)?;
    let fields = context.call.fields()?;
    let is_open = fields.flag("is_open").unwrap_or_default();
    let cell = SelfConsume {
        // WeChat's own spelling.
        need_verify_cod: fields.flag("need_verify_cod").unwrap_or(false),
        need_remark_amount: fields.flag("need_remark_amount").unwrap_or(false),
    };
    let card = context.world.card_mut(at);
    card.cells.self_consume = is_open.then_some(cell);
    Ok(Reply::card(json!({})))
}
