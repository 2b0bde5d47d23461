//! POST `/card/code/unavailable`: the merchant makes a code void, for good.

use serde_json::json;

use super::find::{find, wrong_state};
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
};

pub(in crate::api) fn make_void(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = find(context)?;
    let reason = context.call.fields()?.text("reason").unwrap_or_default();
    context
        .world
        .make_void(at, reason)
        .map_err(|state| wrong_state(state.0))?;
    Ok(Reply::card(json!({})))
}
