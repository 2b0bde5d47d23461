//! The wallet: what a customer holds at all accounts.

use std::str::FromStr;

use serde_json::{Value, json};

use crate::{
    paging::Page,
    world::{
        AccountNo, World,
        code::{CodeNo, CodeStatus, UserNo},
    },
};

/// A place in a wallet: an account, and the number of a code there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held(AccountNo, CodeNo);

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

/// A text that is no place in a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoPlace;

impl FromStr for Held {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (account, code) = text.split_once('-').ok_or(NoPlace)?;
        let account = account.parse().map_err(|_| NoPlace)?;
        Ok(Self(account, code.parse().map_err(|_| NoPlace)?))
    }
}

/// What a user holds at all accounts, in the order in which it came to them at each.
///
/// What was given away is not held any more; everything else stays to be looked at.
pub(crate) fn wallet(world: &World, user: UserNo) -> Vec<Value> {
    places(world, user, None)
        .filter_map(|(place, _)| shown(world, place))
        .collect()
}

/// The page of the wallet behind a place.
pub(crate) fn page(
    world: &World,
    user: UserNo,
    after: Option<Held>,
    limit: usize,
) -> Page<Held, Value> {
    Page::of(places(world, user, after), limit, |place| {
        shown(world, place)
    })
}

/// All places behind one, each with itself as its cursor.
fn places(world: &World, user: UserNo, after: Option<Held>) -> impl Iterator<Item = (Held, Held)> {
    let (begin, first) = after.map_or((0, 0), |Held(account, code)| {
        (account, code.saturating_add(1))
    });
    (begin..world.accounts().len()).flat_map(move |number| {
        let first = if number == begin { first } else { 0 };
        let numbers = world.account(number).codes.numbers_held_from(user, first);
        numbers.map(move |code| (Held(number, code), Held(number, code)))
    })
}

fn shown(world: &World, Held(number, at): Held) -> Option<Value> {
    let account = world.account(number);
    let code = account.codes.at(at);
    if code.status == CodeStatus::GiftSucc {
        return None;
    }
    let card = account.card(code.card);
    let (begin_time, end_time) = account.codes.dates(at);
    let mut shown = json!({
        "code": code.code,
        "encrypt_code": account.seal_key().seal(&code.code),
        "card_id": card.card_id,
        "title": card.node.base_info()["title"],
        "appid": account.profile.appid,
        "status": account.codes.status_at(at, world.now()).as_str(),
        "begin_time": begin_time,
        "end_time": end_time,
        "outer_str": code.outer_str,
    });
    if card.is_member_card() {
        let member = account.members.of_code(at);
        let is_active = member.is_some_and(|member| member.activated_at.is_some());
        shown["active"] = json!(is_active);
    }
    let notes = account.codes.notes(at);
    if let Some(reason) = notes.and_then(|notes| notes.reason.as_deref()) {
        shown["reason"] = json!(reason);
    }
    if let Some(details) = notes.and_then(|notes| notes.details.as_ref()) {
        shown["details"] = details.clone();
    }
    Some(shown)
}
