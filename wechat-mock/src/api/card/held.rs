//! POST `/card/user/getcardlist`: what one customer holds.

use serde_json::{Value, json};

use super::{own_card, user_of_openid};
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
    world::code::{Code, CodeStatus},
};

pub(in crate::api) fn held(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let user = user_of_openid(context, fields.required_text("openid"))?;
    let only = fields
        .text("card_id")
        .map(|id| own_card(context, id))
        .transpose()?;

    let account = context.world.account(context.own_number());
    // What was deleted or made void stays, as captured; only code/get tells it apart.
    let is_listed = |code: &&Code| {
        let is_gone = matches!(code.status, CodeStatus::Consumed | CodeStatus::GiftSucc);
        (!is_gone || crate::breaks::broken("getcardlist-shows-the-used"))
            && (crate::breaks::broken("getcardlist-of-all-cards")
                || only.is_none_or(|at| at.1 == code.card))
    };
    let codes = account.codes.held_by(user).filter(is_listed);
    let shown: Vec<Value> = codes
        .map(|code| json!({"code": code.code, "card_id": account.card(code.card).card_id}))
        .collect();
    Ok(Reply::card(
        json!({"card_list": shown, "has_share_card": false}),
    ))
}
