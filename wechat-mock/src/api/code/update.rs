//! POST `/card/code/update`: a custom code gets another text, so that the giver of a gift knows it no more.

use serde_json::json;

use super::find::suited_code;
use crate::{
    api::{Context, call::shortened, reply::Reply},
    refusal::Refusal,
    world::card::is_custom_code,
};

pub(in crate::api) fn update(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_code(context)?;
    let new_code = context.call.fields()?.required_text("new_code");

    let account = context.world.account(at.0);
    let card_no = account.codes.at(at.1).card;
    if !is_custom_code(new_code) && !crate::breaks::broken("code-update-of-any-form") {
        return Err(Refusal::new("WX-COD-021")
            .expected("at most 20 letters, digits, \"-\" or \"_\"")
            .received(shortened(new_code)));
    }
    if account.is_code_of(card_no, new_code)
        && !crate::breaks::broken("code-update-to-a-known-code")
    {
        return Err(Refusal::new("WX-COD-022")
            .expected("a text that is no code of the card yet")
            .received(new_code));
    }
    context.own_account().codes.rename(at.1, new_code);
    Ok(Reply::card(json!({})))
}
