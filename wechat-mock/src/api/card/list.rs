//! POST `/card/batchget`: the ids of an account's cards.

use serde_json::json;

use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
    world::card::{Card, CardStatus, States},
};

pub(in crate::api) fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let number = |key| usize::try_from(fields.required_number(key)).unwrap_or_default();
    let (offset, count) = (number("offset"), number("count"));
    let count = count.saturating_sub(usize::from(crate::breaks::broken(
        "batchget-count-off-by-one",
    )));
    let states: Option<States> = fields.value("status_list").map(|_| {
        let names = fields.texts("status_list").into_iter();
        if crate::breaks::broken("batchget-status-ignored") {
            return States::ALL;
        }
        names.filter_map(CardStatus::read).collect()
    });

    let cards = &context.own_account().cards;
    let id = |card: &Card| card.card_id.clone();
    // Without a choice of states nobody has to look at the cards before the page.
    let (shown, total): (Vec<String>, usize) = match states {
        None => {
            let page = cards
                .iter()
                .skip(offset + usize::from(crate::breaks::broken("batchget-offset-off-by-one")))
                .take(count);
            (page.map(id).collect(), cards.len())
        }
        Some(states) => {
            let page = cards.of_states(states, offset).take(count);
            (page.map(id).collect(), cards.count_of(states))
        }
    };
    Ok(Reply::card(json!({
        "card_id_list": shown, "total_num": if crate::breaks::broken("batchget-total-of-the-page") { count.min(total) } else { total }, "card_list": [],
    })))
}
