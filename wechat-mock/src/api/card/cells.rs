//! POST `/card/paycell/set` and `/card/selfconsumecell/set`: cells that are opened and closed.

use serde_json::json;

use super::living_card;
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
    switches::Switch,
    world::card::{Card, SelfConsume},
};

/// POST `/card/paycell/set`.
pub(in crate::api) fn set_pay_cell(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = living_card(context)?;
    let is_open = context.call.fields()?.flag("is_open");
    if is_open.is_none() && context.world.switches.is(Switch::PaycellIsOpen, "required") {
        return Err(Refusal::new("WX-WIRE-009")
            .expected("is_open")
            .received("no is_open"));
    }
    let is_open = is_open.unwrap_or(true);
    let card = context.world.card_mut(at);
    if is_open {
        check_store(card)?;
        if card.cells.self_consume.is_some() {
            return Err(conflict("the cell of self-redemption is open"));
        }
        if Card::has_centre(&card.node["base_info"]) {
            return Err(Refusal::new("WX-CRD-065")
                .expected("a card without center_title, center_sub_title and center_url")
                .received("a card with a button in the middle"));
        }
    }
    card.cells.pay = is_open;
    Ok(Reply::card(json!({})))
}

/// POST `/card/selfconsumecell/set`.
pub(in crate::api) fn set_self_consume_cell(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = living_card(context)?;
    let fields = context.call.fields()?;
    let is_open = fields.flag("is_open").unwrap_or_default();
    let cell = SelfConsume {
        // WeChat's own spelling.
        need_verify_cod: fields.flag("need_verify_cod").unwrap_or(false),
        need_remark_amount: fields.flag("need_remark_amount").unwrap_or(false),
    };
    let card = context.world.card_mut(at);
    if is_open {
        check_store(card)?;
        if card.cells.pay {
            return Err(conflict("the payment cell is open"));
        }
        if Card::has_centre(&card.node["base_info"]) {
            return Err(conflict("the card has a button in the middle"));
        }
    }
    card.cells.self_consume = is_open.then_some(cell);
    Ok(Reply::card(json!({})))
}

fn check_store(card: &Card) -> Result<(), Refusal> {
    if card.has_store() {
        return Ok(());
    }
    Err(Refusal::new("WX-CRD-070")
        .expected("a card with location_id_list or use_all_locations")
        .received("a card without stores"))
}

fn conflict(received: &str) -> Refusal {
    Refusal::new("WX-CRD-071")
        .expected("one of: a button in the middle, the payment cell, the cell of self-redemption")
        .received(received)
}
