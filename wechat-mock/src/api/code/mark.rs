//! POST `/card/code/mark`: holds a code for one customer before it is redeemed.

use serde_json::json;

use super::find::find;
use crate::{
    api::{Context, card, reply::Reply, suits},
    refusal::Refusal,
    world::code::Mark,
};

pub(in crate::api) fn mark(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    card::named_card(context)?;
    let at = find(context)?;
    let user = card::user_of_openid(context, fields.required_text("openid"))?;
    let is_mark = fields.flag("is_mark").unwrap_or_default();
    suits::check_code(context, at)?;

    let now = context.world.now();
    let codes = &mut context.own_account().codes;
    let is_mark = is_mark && !crate::breaks::broken("mark-ignored");
    codes.set_mark(at.1, is_mark.then(|| Mark::new(user, now)));
    Ok(Reply::card(json!({})))
}
