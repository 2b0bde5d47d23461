//! `/card/…`: colours, and the life of a card.

use serde_json::json;

mod cells;
mod create;
mod delete;
mod fields;
mod get;
mod held;
mod list;
mod page;
pub(super) mod qr;
mod relations;
mod stock;
mod testers;
mod update;

pub(super) use cells::{set_pay_cell, set_self_consume_cell};
pub(super) use create::{Draft, create};
pub(super) use delete::delete;
pub(super) use fields::is_picture_host;
pub(super) use get::get;
pub(crate) use get::{date_info, shown as card_as_wechat_shows_it};
pub(super) use held::held;
pub(super) use list::list;
pub(super) use page::{biz, create_page, html};
pub(super) use stock::modify_stock;
pub(super) use testers::set_testers;
pub(super) use update::update;

use super::{Context, call::shortened, reply::Reply, suits};
use crate::{
    refusal::Refusal,
    world::{code::UserNo, life::CardAt},
};

/// GET (or POST) `/card/getcolors`.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the table of endpoints holds functions of one type"
)]
pub(super) fn colors(_: &mut Context<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::card(json!({"colors": fixtures::colors()})))
}

/// The card that `card_id` of the body names, whatever its state.
pub(super) fn named_card(context: &Context<'_>) -> Result<CardAt, Refusal> {
    let card_id = context.call.fields()?.text("card_id");
    own_card(context, card_id.ok_or_else(|| Refusal::new("WX-CRD-050"))?)
}

/// The same, when the call suits it.
pub(super) fn suited_card(context: &Context<'_>) -> Result<CardAt, Refusal> {
    let at = named_card(context)?;
    suits::check_card(context, at)?;
    Ok(at)
}

/// The customer that an openid of this account names.
pub(super) fn user_of_openid(context: &Context<'_>, openid: &str) -> Result<UserNo, Refusal> {
    let (world, number) = (&*context.world, context.own_number());
    world.of_openid(openid, number).ok_or_else(|| {
        let mut others = (0..world.accounts().len()).filter(|other| *other != number);
        let owner = others.find(|other| world.of_openid(openid, *other).is_some());
        let received = match owner {
            Some(owner) => format!("an openid at {}", world.account(owner).profile.name),
            None => shortened(openid).into_owned(),
        };
        Refusal::new("WX-COD-025")
            .expected("an openid at the account whose token is used")
            .received(received)
    })
}

/// The card of this account that has an id, whatever its state.
pub(super) fn own_card(context: &Context<'_>, card_id: &str) -> Result<CardAt, Refusal> {
    let known = context.world.card_no(card_id);
    known
        .filter(|at| {
            at.0 == context.own_number() || crate::breaks::broken("card-of-another-account-taken")
        })
        .ok_or_else(|| unknown_card(context, card_id))
}

/// A `card_id` that this account may not use.
fn unknown_card(context: &Context<'_>, card_id: &str) -> Refusal {
    let received = match context.world.card_no(card_id) {
        Some((owner, _)) => format!("a card of {}", context.world.account(owner).profile.name),
        None if card_id.bytes().all(|byte| byte.is_ascii_digit()) => {
            "digits alone: a code is not a card_id".to_owned()
        }
        None => shortened(card_id).into_owned(),
    };
    Refusal::new("WX-CRD-051")
        .expected("a card_id that this account was given")
        .received(received)
}
