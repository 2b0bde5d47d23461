//! The code that a call is about, and whether it can still be used.

use crate::{
    api::{Context, call::shortened, card, suits},
    refusal::Refusal,
    switches::Switch,
    world::{account::Account, code::CodeStatus, life::CodeAt},
};

/// The code that `code` and `card_id` of the body name.
pub(in crate::api) fn find(context: &Context<'_>) -> Result<CodeAt, Refusal> {
    let fields = context.call.fields()?;
    let text = fields.required_text("code");
    let number = context.own_number();
    let account = context.world.account(number);
    let Some(card_id) = fields.text("card_id") else {
        let code = account.codes.find(text, None);
        return code
            .map(|code| (number, code))
            .ok_or_else(|| unknown(context, account, text));
    };

    let (_, card_no) = card::own_card(context, card_id)?;
    let code = account
        .codes
        .find(text, account.custom_of(card_no))
        .ok_or_else(|| unknown(context, account, text))?;
    if account.codes.at(code).card != card_no
        && !crate::breaks::broken("code-of-another-card-taken")
    {
        return Err(Refusal::new("WX-COD-005")
            .expected(format!("a code of {card_id}"))
            .received("a code of another card"));
    }
    Ok((number, code))
}

/// The same, when the call suits it and its card.
pub(in crate::api) fn suited_code(context: &Context<'_>) -> Result<CodeAt, Refusal> {
    let at = find(context)?;
    suits::check_code(context, at)?;
    Ok(at)
}

fn unknown(context: &Context<'_>, account: &Account, text: &str) -> Refusal {
    if account.codes.is_custom_somewhere(text) {
        Refusal::new("WX-COD-004")
            .expected("code and card_id")
            .received("a custom code alone")
    } else if let Some(gone) = account.codes.gone(text) {
        let is_given = gone.status == CodeStatus::GiftSucc;
        Refusal::new("WX-COD-013")
            .expected("the code that its holder has today")
            .received(if is_given {
                "the giver's code of a gift that was taken"
            } else {
                "a custom code from before code/update"
            })
    } else if account.seal_key().open(text).is_ok() {
        Refusal::new("WX-COD-003")
            .expected("the code in clear")
            .received("its encrypted form")
    } else {
        let errcode = context.world.switches.errcode(Switch::UnknownCode);
        Refusal::numbered("WX-COD-002", errcode.unwrap_or(40056))
            .expected("a code that was claimed from this account")
            .received(shortened(text))
    }
}
