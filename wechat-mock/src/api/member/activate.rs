//! POST `/card/membercard/activate` and `…/unactivate`, and the same of `/card/generalcard/`: the
//! holder of a card becomes a member, and is none any more.

use serde_json::json;

use super::{code_of_general_card, code_of_member_card, custom_values, set_all, short_text};
use crate::{
    api::{Context, code::refuse_unusable, node::Node, reply::Reply},
    refusal::Refusal,
    world::{clock::LATEST, life::CodeAt, member},
};

pub(in crate::api) fn activate(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = code_of_member_card(context)?;
    let body = Node::body(context.call)?;
    body.required_text("membership_number")?;
    make_member(context, at, &body)
}

/// POST `/card/generalcard/activate`; its number may be left out, and then is the code.
///
/// Source: public clients; the fields by analogy to membercard/activate.
pub(in crate::api) fn activate_general(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = code_of_general_card(context)?;
    let body = Node::body(context.call)?;
    make_member(context, at, &body)
}

/// POST `/card/membercard/unactivate`.
pub(in crate::api) fn deactivate(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = code_of_member_card(context)?;
    end_membership(context, at)
}

/// POST `/card/generalcard/unactivate`.
pub(in crate::api) fn deactivate_general(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = code_of_general_card(context)?;
    end_membership(context, at)
}

fn end_membership(context: &mut Context<'_>, at: CodeAt) -> Result<Reply, Refusal> {
    if context.world.end_membership(at) {
        return Ok(Reply::card(json!({})));
    }
    Err(Refusal::new("WX-MBR-015")
        .expected("a card that was activated")
        .received("one that was not"))
}

fn make_member(context: &mut Context<'_>, at: CodeAt, body: &Node<'_>) -> Result<Reply, Refusal> {
    let code = context.world.code(at).code.clone();
    let number = short_text(body, "membership_number", 20)?
        .or(short_text(body, "card_number", 20)?)
        .unwrap_or(&code);
    let picture = short_text(body, "background_pic_url", 128)?;
    let values = custom_values(body, "init_custom_field_value")?;
    body.text("init_bonus_record")?;
    let bonus = in_limits("WX-MBR-004", "init_bonus", body.number("init_bonus")?)?;
    let balance = in_limits("WX-MBR-005", "init_balance", body.number("init_balance")?)?;
    let dates = dates(context, body, at)?;
    refuse_unusable(context.world.code_status(at))?;
    only_new(context, at)?;

    let member = context.world.make_member(at, number);
    member.bonus = bonus.unwrap_or(member.bonus);
    member.balance = balance.unwrap_or(member.balance);
    set_all(&mut member.custom_field_values, values);
    picture
        .unwrap_or_default()
        .clone_into(&mut member.background_pic_url);
    let codes = &mut context.own_account().codes;
    codes.set_dates(at.1, dates.0, dates.1);
    Ok(Reply::card(json!({})))
}

fn in_limits(rule: &'static str, key: &str, value: Option<i64>) -> Result<Option<i64>, Refusal> {
    match value {
        Some(value) if !(0..=member::HIGHEST).contains(&value) => Err(Refusal::new(rule)
            .expected(format!("{key}: 0 to {}", member::HIGHEST))
            .received(value.to_string())),
        _ => Ok(value),
    }
}

/// When the card can be used, where activation sets it anew.
fn dates(context: &Context<'_>, body: &Node<'_>, at: CodeAt) -> Result<(i64, i64), Refusal> {
    let code = context.world.code(at);
    let begin = body.number("activate_begin_time")?;
    let end = body.number("activate_end_time")?;
    let is_set = begin.is_some() || end.is_some();
    let (begin, end) = (
        begin.unwrap_or(code.begin_time),
        end.unwrap_or(code.end_time),
    );
    if !is_set || (0 <= begin && begin < end && end <= LATEST) {
        return Ok((begin, end));
    }
    Err(Refusal::new("WX-MBR-007")
        .expected("activate_begin_time before activate_end_time, in seconds")
        .received(format!("{begin} and {end}")))
}

fn only_new(context: &Context<'_>, at: CodeAt) -> Result<(), Refusal> {
    let member = context.world.account(at.0).members.of_code(at.1);
    match member.and_then(|member| member.activated_at) {
        None => Ok(()),
        Some(since) => Err(Refusal::new("WX-MBR-002")
            .expected("a code that was not activated")
            .received(format!("one that was, at {since}"))),
    }
}
