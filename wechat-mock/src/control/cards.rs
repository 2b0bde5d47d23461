//! Cards of all accounts, their codes, and their reviewer.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fault,
    accounts::account_no,
    body::{JsonBody, QueryOf, Segment},
    part::{MOST, USUAL, bad_cursor, limit_of, shown},
};
use crate::{
    api::{card_as_wechat_shows_it, date_info},
    facts,
    mock::Mock,
    paging::Page,
    world::{
        AccountNo, World,
        card::CardStatus,
        code::{CardNo, CodeNo, UserCardStatus},
        life::CardAt,
    },
};

/// Which cards are asked for.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CardsQuery {
    /// Cards of this account alone.
    appid: Option<String>,
    /// So many at most, 1 to 200; 50 when left out.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Which codes of a card are asked for.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodesQuery {
    /// So many at most, 1 to 200; 50 when left out.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
    /// A state of `code/get`, such as `NORMAL` or `CONSUMED`.
    status: Option<String>,
}

/// What the reviewer decides.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verdict {
    pub(crate) pass: bool,
    /// Why it was refused.
    #[serde(default)]
    pub(crate) reason: String,
}

pub(crate) fn card_no(world: &World, card_id: &str) -> Result<CardAt, Fault> {
    world
        .card_no(card_id)
        .ok_or_else(|| Fault::not_found(format!("no card has the id {card_id}")))
}

/// A card in a list.
pub(crate) fn row(world: &World, at: CardAt) -> Value {
    let (account, card) = (world.account(at.0), world.card(at));
    let base = card.node.base_info();
    let color = base["color"].as_str();
    let handed_out = account.codes.of_card(at.1);
    let mut row = json!({
        "card_id": card.card_id,
        "appid": account.profile.appid,
        "card_type": card.card_type.name,
        "title": base["title"],
        "brand_name": base["brand_name"],
        "logo_url": base["logo_url"],
        "color": color,
        "color_value": color.map(|name| facts::color_value(name).unwrap_or(name)),
        "code_type": base["code_type"],
        "status": card.status(),
        "sku": {"quantity": card.quantity, "total_quantity": card.total_quantity},
        "date_info": date_info(card.terms.dates),
        "notice": base["notice"],
        "get_limit": card.terms.get_limit,
        "claimed": handed_out.claimed,
        "consumed": handed_out.consumed,
        "use_custom_code": card.terms.use_custom_code,
        "bind_openid": card.terms.bind_openid,
        "can_give_friend": card.terms.can_give_friend,
        "need_push_on_view": card.terms.pushes_views,
        "deleted": card.status() == CardStatus::Delete,
    });
    if !card.refuse_reason.is_empty() {
        row["state_reason"] = json!(card.refuse_reason);
    }
    row
}

/// The page of cards behind one, of an account or of all; its cursor is a `card_id`.
fn cards(
    world: &World,
    of: Option<AccountNo>,
    after: Option<CardAt>,
    limit: usize,
) -> Page<String, Value> {
    let accounts = match of {
        Some(number) => number..number + 1,
        None => 0..world.accounts().len(),
    };
    let (account, begin) = after.map_or((accounts.start, 0), |(account, card)| (account, card + 1));
    let numbers = (account.max(accounts.start)..accounts.end).flat_map(|number| {
        let first = if number == account { begin } else { 0 };
        let count = CardNo::try_from(world.account(number).cards.len()).unwrap_or(CardNo::MAX);
        (first..count).map(move |card| (number, card))
    });
    let list = numbers.map(|at| (world.card(at).card_id.clone(), at));
    Page::of(list, limit, |at| Some(row(world, at)))
}

/// A code in a list.
fn code_row(world: &World, at: (AccountNo, CodeNo)) -> Value {
    let code = world.code(at);
    let (begin_time, end_time) = world.dates(at);
    json!({
        "code": code.code,
        "status": world.code_status(at).as_str(),
        "user": world.user(code.user).name,
        "openid": world.openid(code.user, at.0),
        "begin_time": begin_time,
        "end_time": end_time,
        "is_gift": code.is_gift,
    })
}

/// The page of a card's codes behind one, of one state or of all; its cursor is the number of a code.
fn codes(
    world: &World,
    at: CardAt,
    after: Option<CodeNo>,
    (status, limit): (Option<UserCardStatus>, usize),
) -> Page<CodeNo, Value> {
    let numbers = &world.account(at.0).codes.of_card(at.1).numbers;
    let begin = after.map_or(0, |after| {
        numbers.partition_point(|number| *number <= after)
    });
    let list = numbers[begin..].iter().map(|number| (*number, *number));
    Page::of(list, limit, |number| {
        let code = (at.0, number);
        let fits = status.is_none_or(|status| world.code_status(code) == status);
        fits.then(|| code_row(world, code))
    })
}

pub(super) async fn list(
    State(mock): State<Mock>,
    QueryOf(query): QueryOf<CardsQuery>,
) -> Result<Json<Value>, Fault> {
    let limit = limit_of(query.limit, USUAL, MOST)?;
    let world = mock.world.lock();
    let of = query.appid.as_deref();
    let of = of.map(|appid| account_no(&world, appid)).transpose()?;
    let after = query.after.as_deref();
    let after = after
        .map(|card_id| world.card_no(card_id).ok_or_else(bad_cursor))
        .transpose()?;
    Ok(Json(shown("cards", cards(&world, of, after, limit))))
}

pub(super) async fn one(
    State(mock): State<Mock>,
    Segment(card_id): Segment,
) -> Result<Json<Value>, Fault> {
    card_of(&mock.world.lock(), &card_id).map(Json)
}

/// One card, and what `card/get` shows of it.
pub(crate) fn card_of(world: &World, card_id: &str) -> Result<Value, Fault> {
    let at = card_no(world, card_id)?;
    let mut shown = row(world, at);
    shown["card"] = card_as_wechat_shows_it(world.card(at));
    if world.card(at).is_member_card() {
        shown["wx_activate"] = json!(world.card(at).terms.wx_activate);
    }
    if let Some(form) = world.account(at.0).members.forms.get(card_id) {
        shown["form"] = json!(form);
    }
    Ok(shown)
}

/// The cards of an account, or of all.
pub(crate) fn all_cards(world: &World, appid: Option<&str>) -> Result<Vec<Value>, Fault> {
    let of = appid.map(|appid| account_no(world, appid)).transpose()?;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = cards(world, of, after, MOST);
        all.extend(page.items);
        after = page.next.and_then(|card_id| world.card_no(&card_id));
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// The codes that were handed out of a card.
pub(crate) fn all_codes(world: &World, card_id: &str) -> Result<Vec<Value>, Fault> {
    let at = card_no(world, card_id)?;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = codes(world, at, after, (None, MOST));
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

pub(super) async fn list_codes(
    State(mock): State<Mock>,
    Segment(card_id): Segment,
    QueryOf(query): QueryOf<CodesQuery>,
) -> Result<Json<Value>, Fault> {
    let limit = limit_of(query.limit, USUAL, MOST)?;
    let status = query.status.as_deref();
    let unknown = || Fault::bad_value("status", "a state of code/get, such as NORMAL");
    let status = status
        .map(|name| UserCardStatus::read(name).ok_or_else(unknown))
        .transpose()?;
    let after = query.after.as_deref();
    let after = after
        .map(|number| number.parse().map_err(|_| bad_cursor()))
        .transpose()?;
    let world = mock.world.lock();
    let at = card_no(&world, &card_id)?;
    let page = codes(&world, at, after, (status, limit));
    Ok(Json(shown("codes", page)))
}

pub(super) async fn review(
    State(mock): State<Mock>,
    Segment(card_id): Segment,
    JsonBody(verdict): JsonBody<Verdict>,
) -> Result<Json<Value>, Fault> {
    let mut world = mock.world.lock();
    let at = verdict.carry_out(&mut world, &card_id)?;
    Ok(Json(
        json!({"card_id": card_id, "status": world.card(at).status()}),
    ))
}

impl Verdict {
    pub(crate) fn pass() -> Self {
        Self {
            pass: true,
            reason: String::new(),
        }
    }

    pub(crate) fn refuse(reason: &str) -> Self {
        Self {
            pass: false,
            reason: reason.to_owned(),
        }
    }

    /// The reviewer decides on a card that waits.
    pub(crate) fn carry_out(&self, world: &mut World, card_id: &str) -> Result<CardAt, Fault> {
        let at = card_no(world, card_id)?;
        world.review(at, self.pass, &self.reason).map_err(|fault| {
            Fault::conflict(format!("the card is not waiting: it is {}", json!(fault.0)))
        })?;
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        paging::LOOKED_AT,
        world::{
            card::{Card, CardType, Description},
            code::{Code, CodeStatus},
        },
    };

    /// A world whose first account has some cards, the first of them with so many codes, every
    /// `step`-th of them redeemed.
    fn world(count: usize, codes: usize, step: usize) -> World {
        let mut world = World::starter(1);
        for number in 0..count {
            let card = fixtures::seed_card_with("", "", 0, 4_000_000_000);
            let node = card["card"]["general_coupon"].clone();
            let card_type = CardType::read("GENERAL_COUPON").unwrap();
            let description = Description::read(&node).unwrap();
            let card = Card::new(format!("p{number}"), card_type, description, 1);
            world.add_card(0, card);
        }
        for number in 0..codes {
            let is_consumed = number % step == step - 1;
            let code = Code {
                code: format!("{number:012}").into(),
                card: 0,
                user: 0,
                status: if is_consumed {
                    CodeStatus::Consumed
                } else {
                    CodeStatus::Normal
                },
                is_gift: false,
                first_dates: (0, 4_000_000_000),
                outer_str: None,
            };
            world.account_mut(0).codes.add(code, false);
        }
        world
    }

    #[test]
    fn a_page_of_a_hundred_thousand_codes_looks_at_few_of_them() {
        let world = world(1, 100_000, 1_000);
        let at = world.card_no("p0").unwrap();
        assert_eq!(codes(&world, at, Some(50_000), (None, 200)).looked_at, 200);
        let consumed = Some(UserCardStatus::Consumed);
        let (mut found, mut after) = (0, None);
        loop {
            let page = codes(&world, at, after, (consumed, 200));
            assert!(page.looked_at <= LOOKED_AT);
            found += page.items.len();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, 100);
        let row = row(&world, at);
        assert_eq!(
            (&row["claimed"], &row["consumed"]),
            (&json!(100_000), &json!(100))
        );
    }

    #[test]
    fn pages_of_cards_together_are_all_cards() {
        let mut world = world(25, 0, 1);
        let node = world.card((0, 0)).node.to_value();
        let card_type = CardType::read("GENERAL_COUPON").unwrap();
        let description = Description::read(&node).unwrap();
        world.add_card(2, Card::new("pLast".to_owned(), card_type, description, 1));
        for of in [None, Some(0), Some(1), Some(2)] {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = cards(&world, of, after, 7);
                assert!(page.looked_at <= 7);
                found.extend(page.items.into_iter().map(|card| card["card_id"].clone()));
                after = page.next.map(|card_id| world.card_no(&card_id).unwrap());
                if after.is_none() {
                    break;
                }
            }
            let wanted =
                (0..world.accounts().len()).filter(|number| of.is_none_or(|of| of == *number));
            let wanted: Vec<Value> = wanted
                .flat_map(|number| &world.account(number).cards)
                .map(|card| json!(card.card_id))
                .collect();
            assert_eq!(found, wanted, "{of:?}");
        }
    }
}
