//! POST `/card/modifystock`: adds to the stock, or takes from it.

use serde_json::json;

use super::suited_card;
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
    world::card::Card,
};

/// The largest stock of a card.
const MOST: u64 = 100_000_000;

pub(in crate::api) fn modify_stock(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_card(context)?;
    let fields = context.call.fields()?;
    let amount = |key| {
        fields
            .number(key)
            .and_then(|amount| u64::try_from(amount).ok())
    };
    let increase = amount("increase_stock_value").unwrap_or(0);
    let increase = if crate::breaks::broken("stock-increase-ignored") {
        0
    } else {
        increase
    };
    let reduce = amount("reduce_stock_value").unwrap_or(0);
    let reduce = if crate::breaks::broken("stock-reduction-ignored") {
        0
    } else {
        reduce
    };
    let now = context.world.now();
    let card = context.world.card_mut(at);
    let (left, total) = changed(card, increase, reduce)?;
    (card.quantity, card.total_quantity, card.update_time) = (left, total, now);
    Ok(Reply::card(json!({})))
}

/// The stock that is left and the whole stock after a change.
///
/// What was handed out stays handed out: no stock falls below nothing.
fn changed(card: &Card, increase: u64, reduce: u64) -> Result<(u64, u64), Refusal> {
    let change = |stock: u64| stock.saturating_add(increase).checked_sub(reduce);
    let changed = change(card.quantity).zip(change(card.total_quantity));
    let (left, total) = changed.ok_or_else(|| {
        Refusal::new("WX-CRD-068")
            .expected(format!("at most the {} that are left", card.quantity))
            .received(reduce.to_string())
    })?;
    if total > MOST {
        return Err(Refusal::new("WX-CRD-066")
            .expected(format!("a stock of at most {MOST}"))
            .received(total.to_string()));
    }
    let deposited = card.deposit.left();
    if card.terms.deposit
        && left > deposited
        && !crate::breaks::broken("deposit-limit-of-stock-ignored")
    {
        return Err(Refusal::new("WX-CRD-067")
            .expected(format!("at most the {deposited} codes left in deposit"))
            .received(left.to_string()));
    }
    Ok((left, total))
}
