//! The reviewer of cards.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fault,
    body::{JsonBody, Segment},
};
use crate::mock::Mock;

/// What the reviewer decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Verdict {
    pub(super) pass: bool,
    /// Why it was refused.
    #[serde(default)]
    pub(super) reason: String,
}

pub(super) async fn review(
    State(mock): State<Mock>,
    Segment(card_id): Segment,
    JsonBody(verdict): JsonBody<Verdict>,
) -> Result<Json<Value>, Fault> {
    let mut world = mock.world.lock();
    let at = world
        .card_no(&card_id)
        .ok_or_else(|| Fault::not_found(format!("no card has the id {card_id}")))?;
    world
        .review(at, verdict.pass, &verdict.reason)
        .map_err(|fault| {
            Fault::conflict(format!("the card is not waiting: it is {}", json!(fault.0)))
        })?;
    Ok(Json(
        json!({"card_id": card_id, "status": world.card(at).status}),
    ))
}
