//! POST `/card/code/unavailable`: the merchant makes a code void, for good.

use serde_json::json;

use super::find::suited_code;
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
};

pub(in crate::api) fn make_void(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_code(context)?;
    let reason = context.call.fields()?.text("reason").unwrap_or_default();
    context
        .world
        .make_void(at, reason)
        .map_err(|_| Refusal::new("WX-COD-007"))?;
    Ok(Reply::card(json!({})))
}
