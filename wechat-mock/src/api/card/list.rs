//! POST `/card/batchget`: the ids of an account's cards.

use serde_json::{Value, json};

use crate::{
    api::{
        Context,
        call::{missing, shortened},
        reply::Reply,
    },
    refusal::Refusal,
    world::card::CardStatus,
};

/// Ids that one call answers.
const MOST: i64 = 50;

pub(in crate::api) fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let call = context.call;
    let offset = call.number("offset")?.ok_or_else(|| missing("offset"))?;
    let count = call.number("count")?.ok_or_else(|| missing("count"))?;
    let page = usize::try_from(offset)
        .ok()
        .zip(usize::try_from(count).ok())
        .filter(|_| (1..=MOST).contains(&count));
    let (offset, count) = page.ok_or_else(|| {
        Refusal::new("WX-CRD-060")
            .expected(format!("offset from 0 on, count 1 to {MOST}"))
            .received(format!("offset {offset}, count {count}"))
    })?;
    let wanted = wanted(context)?;

    let cards = &context.own_account().cards;
    let is_wanted = |status| {
        wanted
            .as_ref()
            .is_none_or(|wanted| wanted.contains(&status))
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

/// The states that are asked for; a single one may come as a bare text.
fn wanted(context: &Context<'_>) -> Result<Option<Vec<CardStatus>>, Refusal> {
    let texts = match context.call.json()?.get("status_list") {
        Some(Value::String(text)) => Some(vec![text.as_str()]),
        _ => context.call.texts("status_list")?,
    };
    let read = |text: &str| {
        CardStatus::read(text).ok_or_else(|| {
            Refusal::new("WX-CRD-061")
                .expected("states such as CARD_STATUS_VERIFY_OK")
                .received(shortened(text))
        })
    };
    texts
        .map(|texts| texts.into_iter().map(read).collect())
        .transpose()
}
