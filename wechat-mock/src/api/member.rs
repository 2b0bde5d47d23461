//! `/card/membercard/…` and `/card/generalcard/…`: who is a member, and what of.

use serde_json::json;

mod activate;
mod change;
mod form;
mod info;

pub(super) use activate::{activate, activate_general, deactivate, deactivate_general};
pub(super) use change::{change_general, change_member};
pub(super) use form::set_form;
pub(super) use info::{filled_in, info};

use super::{
    Context,
    card::{biz, living_card},
    code,
    reply::Reply,
    schema::Fields,
};
use crate::{
    refusal::Refusal,
    world::{
        card::Card,
        life::{CardAt, CodeAt},
    },
};

/// POST `/card/membercard/activate/geturl`: the page on which WeChat's form is filled in.
pub(super) fn url(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = member_card(context)?;
    let outer_str = context.call.fields()?.text("outer_str").unwrap_or_default();
    let account = context.world.account(at.0);
    // Behind the action stand two ampersands. Captured 2017 to 2019.
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair(
            "encrypt_card_id",
            &account.seal_key().seal(&account.card(at.1).card_id),
        )
        .append_pair("outer_str", outer_str)
        .append_pair("biz", &biz(account))
        .finish();
    // Two ampersands: six captures have them.
    let url = format!(
        "https://mp.weixin.qq.com/bizmall/activatemembercard?action=preshow&&{query}#wechat_redirect"
    );
    Ok(Reply::card(json!({"url": url})))
}

/// The member card that `card_id` of the body names.
fn member_card(context: &Context<'_>) -> Result<CardAt, Refusal> {
    let at = living_card(context)?;
    only_member_card(context.world.card(at))?;
    Ok(at)
}

/// The code of a member card that the body names; `card_id` need not be given to every call.
fn code_of_member_card(context: &Context<'_>) -> Result<CodeAt, Refusal> {
    let at = code::find(context)?;
    let card_no = context.world.code(at).card;
    only_member_card(context.world.card((at.0, card_no)))?;
    Ok(at)
}

/// The code of a general card that the body names.
fn code_of_general_card(context: &Context<'_>) -> Result<CodeAt, Refusal> {
    let at = code::find(context)?;
    let card = context.world.card((at.0, context.world.code(at).card));
    if card.is_general_card() {
        return Ok(at);
    }
    Err(Refusal::new("WX-MBR-012")
        .expected("GENERAL_CARD")
        .received(card.card_type.as_str()))
}

fn only_member_card(card: &Card) -> Result<(), Refusal> {
    if card.is_member_card() {
        return Ok(());
    }
    Err(Refusal::new("WX-MBR-001")
        .expected("MEMBER_CARD")
        .received(card.card_type.as_str()))
}

/// A card that WeChat's own form activates.
fn only_activated_by_wechat(card: &Card) -> Result<(), Refusal> {
    if card.says("wx_activate") {
        return Ok(());
    }
    Err(Refusal::new("WX-MBR-008")
        .expected("a card with wx_activate true")
        .received("a card without it"))
}

/// What three fields that differ in their last digit alone are changed to.
fn custom_values<'a>(fields: Fields<'a>, name: &str) -> [Option<&'a str>; 3] {
    ["1", "2", "3"].map(|digit| fields.text(&format!("{name}{digit}")))
}

fn set_all(into: &mut [String; 3], values: [Option<&str>; 3]) {
    for (into, value) in into.iter_mut().zip(values) {
        if let Some(value) = value {
            value.clone_into(into);
        }
    }
}
