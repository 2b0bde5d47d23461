//! POST `/card/batchget`: the ids of an account's cards.

use serde_json::json;

use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
    world::card::CardStatus,
};

pub(in crate::api) fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let number = |key| usize::try_from(fields.required_number(key)).unwrap_or_default();
    let (offset, count) = (number("offset"), number("count"));
    let states: Option<Vec<CardStatus>> = fields.value("status_list").map(|_| {
        let names = fields.texts("status_list").into_iter();
        names.filter_map(CardStatus::read).collect()
    });

    let cards = &context.own_account().cards;
    let is_wanted = |status| {
        states
            .as_ref()
            .is_none_or(|states| states.contains(&status))
    };
    let ids: Vec<&str> = cards
        .iter()
        .filter(|card| is_wanted(card.status))
        .map(|card| card.card_id.as_str())
        .collect();
    let shown: Vec<&&str> = ids.iter().skip(offset).take(count).collect();
    Ok(Reply::card(json!({
        "card_id_list": shown, "total_num": ids.len(), "card_list": [],
    })))
}
