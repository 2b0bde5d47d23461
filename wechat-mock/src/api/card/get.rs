//! POST `/card/get`: what was set and what WeChat adds, in WeChat's order, and nothing else.
//!
//! Source: published replies of five clients (2016 to 2021). The order is fixed for each level,
//! whatever the order in which create got its members.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::suited_card;
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
    world::card::{Card, Dates, Piece},
};

mod pieces;

pub(in crate::api) fn get(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_card(context)?;
    let mut reply = String::with_capacity(2048);
    reply.push_str("{\"errcode\":0,\"errmsg\":\"ok\",\"card\":");
    write_shown(context.world.card(at), &mut reply);
    reply.push('}');
    Ok(Reply::Written(reply))
}

/// A card as WeChat shows it.
pub(crate) fn shown(card: &Card) -> Value {
    let mut text = String::new();
    write_shown(card, &mut text);
    serde_json::from_str(&text).expect("what was written is JSON")
}

/// Writes a card as WeChat shows it. What stands where is found once for each card: a card is looked at
/// often.
fn write_shown(card: &Card, text: &mut String) {
    let kept = card.node.text();
    for piece in card.node.shown(|| pieces::of(card)) {
        match piece {
            Piece::Kept(range) => text.push_str(&kept[range.start as usize..range.end as usize]),
            Piece::Fixed(fixed) => text.push_str(fixed),
            Piece::Status => push_json(text, card.status().as_str()),
            Piece::Stock => {
                let (left, total) = (card.quantity, card.total_quantity);
                // Memory takes what is written.
                let _ = write!(text, "{{\"quantity\":{left},\"total_quantity\":{total}}}");
            }
            Piece::UpdateTime => {
                let _ = write!(text, "{}", card.update_time);
            }
        }
    }
}

/// Writes a text as JSON.
fn push_json(into: &mut String, text: &str) {
    let is_plain = text
        .bytes()
        .all(|byte| !matches!(byte, 0..0x20 | b'"' | b'\\'));
    if is_plain {
        into.extend(["\"", text, "\""]);
    } else {
        into.push_str(&Value::from(text).to_string());
    }
}

/// `date_info` as WeChat shows it.
pub(crate) fn date_info(dates: Dates) -> Value {
    match dates {
        Dates::Range { begin, end } => json!({
            "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": begin, "end_timestamp": end,
        }),
        Dates::Term {
            days,
            starts_after,
            end,
        } => {
            let mut info = json!({
                "type": "DATE_TYPE_FIX_TERM", "fixed_term": days, "fixed_begin_term": starts_after,
            });
            if let Some(end) = end {
                info["end_timestamp"] = json!(end);
            }
            info
        }
        Dates::Permanent => json!({"type": "DATE_TYPE_PERMANENT"}),
    }
}
