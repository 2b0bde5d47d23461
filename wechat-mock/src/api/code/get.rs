//! POST `/card/code/get`: how a code stands.

use serde_json::json;

use super::find::suited_code;
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
};

pub(in crate::api) fn get(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_code(context)?;
    let world = &*context.world;
    let code = world.code(at);
    let status = world.code_status(at);
    let card = world.card((at.0, code.card));
    let mut reply = json!({
        "card": {
            "card_id": card.card_id,
            "begin_time": code.begin_time,
            "end_time": code.end_time,
            "code": code.code,
        },
        "openid": world.openid(code.user, at.0),
        "can_consume": status.is_usable() && code.begin_time <= world.now(),
        "user_card_status": status.as_str(),
    });
    if let Some(outer_str) = &code.outer_str {
        reply["outer_str"] = json!(outer_str);
    }
    Ok(Reply::card(reply))
}
