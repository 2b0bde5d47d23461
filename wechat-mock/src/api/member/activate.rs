//! POST `/card/membercard/activate` and `…/unactivate`, and the same of `/card/generalcard/`: the
//! holder of a card becomes a member, and is none any more.

use serde_json::json;

use super::{custom_values, set_all};
use crate::{
    api::{
        Context,
        code::{find, suited_code},
        reply::Reply,
        schema::Fields,
        suits,
    },
    refusal::Refusal,
    world::{clock::LATEST, life::CodeAt},
};

pub(in crate::api) fn activate(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = find(context)?;
    make_member(context, at)
}

/// POST `/card/generalcard/activate`; its number may be left out, and then is the code.
///
/// Source: public clients; the fields by analogy to membercard/activate.
pub(in crate::api) fn activate_general(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = find(context)?;
    make_member(context, at)
}

/// POST `/card/membercard/unactivate` and `/card/generalcard/unactivate`.
pub(in crate::api) fn deactivate(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_code(context)?;
    // The table of suits has refused who is no member; the world holds to it whatever that says.
    if context.world.end_membership(at) {
        Ok(Reply::card(json!({})))
    } else {
        Err(Refusal::new("WX-MBR-015"))
    }
}

fn make_member(context: &mut Context<'_>, at: CodeAt) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let dates = dates(context, fields, at)?;
    suits::check_code(context, at)?;

    let code = context.world.code(at).code.clone();
    let number = fields.text("membership_number");
    let number = number.or(fields.text("card_number")).unwrap_or(&code);
    let member = context.world.make_member(at, number);
    let bonus = fields
        .number("init_bonus")
        .filter(|_| !crate::breaks::broken("bonus-of-activation-lost"));
    member.bonus = bonus.unwrap_or(member.bonus);
    member.balance = fields.number("init_balance").unwrap_or(member.balance);
    set_all(
        &mut member.custom_field_values,
        custom_values(fields, "init_custom_field_value"),
    );
    fields
        .required_text("background_pic_url")
        .clone_into(&mut member.background_pic_url);
    let codes = &mut context.own_account().codes;
    codes.set_dates(at.1, dates.0, dates.1);
    Ok(Reply::card(json!({})))
}

/// When the card can be used, where activation sets it anew.
fn dates(context: &Context<'_>, fields: Fields<'_>, at: CodeAt) -> Result<(i64, i64), Refusal> {
    let (first, last) = context.world.dates(at);
    let begin = fields.number("activate_begin_time");
    let end = fields.number("activate_end_time");
    let is_set = begin.is_some() || end.is_some();
    let (begin, end) = (begin.unwrap_or(first), end.unwrap_or(last));
    if !is_set || (0 <= begin && begin < end && end <= LATEST) {
        return Ok((begin, end));
    }
    Err(Refusal::new("WX-MBR-007")
        .expected("activate_begin_time before activate_end_time, in seconds")
        .received(format!("{begin} and {end}")))
}
