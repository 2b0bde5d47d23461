//! POST `/card/delete`: nobody claims the card any more; its codes live on.

use serde_json::json;

use super::suited_card;
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
};

pub(in crate::api) fn delete(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_card(context)?;
    context.world.delete_card(at);
    Ok(Reply::card(json!({})))
}
