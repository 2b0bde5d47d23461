//! POST `/card/code/unavailable`: the merchant makes a code void, for good.

use serde_json::json;

use super::find::{find, refuse_unusable};
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
};

pub(in crate::api) fn make_void(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = find(context)?;
    let reason = context.call.text("reason")?.unwrap_or_default();
    refuse_unusable(context.world.code_status(at))?;
    context
        .world
        .make_void(at, reason)
        .or_else(|state| refuse_unusable(state.0))?;
    Ok(Reply::card(json!({})))
}
