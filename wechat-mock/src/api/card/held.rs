//! POST `/card/user/getcardlist`: what one customer holds.

use serde_json::{Value, json};

use super::{own_card, user_of_openid};
use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
    world::code::CodeNo,
};

pub(in crate::api) fn held(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let user = user_of_openid(context, fields.required_text("openid"))?;
    let only = fields
        .text("card_id")
        .map(|id| own_card(context, id))
        .transpose()?;

    let account = context.world.account(context.own_number());
    let only = only.filter(|_| !crate::breaks::broken("getcardlist-of-all-cards"));
    // What was deleted or made void stays, as captured; only code/get tells it apart.
    let codes: Vec<CodeNo> = match only {
        _ if crate::breaks::broken("getcardlist-shows-the-used") => {
            account.codes.numbers_held_by(user).collect()
        }
        Some(at) => account.codes.living_of_card(user, at.1).collect(),
        None => account.codes.living_of(user),
    };
    let shown = codes.into_iter().map(|number| {
        let code = account.codes.at(number);
        json!({"code": code.code, "card_id": account.card(code.card).card_id})
    });
    let shown: Vec<Value> = shown.collect();
    Ok(Reply::card(
        json!({"card_list": shown, "has_share_card": false}),
    ))
}
