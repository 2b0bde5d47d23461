//! What customers do with the cards in their WeChat.

use std::{fmt, str::FromStr};

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fault,
    body::{JsonBody, OptionalBody, QueryOf, Segment, Segments},
    part::{self, MOST, Part, USUAL, bad_cursor, limit_of},
    users::user_no,
};
use crate::{
    mock::Mock,
    paging::Page,
    wallet::{Claim, NoPlace},
    world::{
        AccountNo, World,
        code::{CodeStatus, UserNo},
        life::{CannotRedeem, CodeAt, Redeemed, WrongState},
    },
};

/// Which card's code is meant, when several cards have it.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    pub(crate) card_id: Option<String>,
}

/// `{"to"}`: which friend gets it.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Give {
    pub(crate) to: String,
    #[serde(default)]
    pub(crate) card_id: Option<String>,
}

/// What a customer types in who redeems a card by themselves.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SelfConsumption {
    pub(crate) card_id: Option<String>,
    pub(crate) verify_code: String,
    pub(crate) remark_amount: String,
}

/// `{"url"}` or `{"ticket"}`: the QR code before the camera.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Scan {
    pub(crate) url: Option<String>,
    pub(crate) ticket: Option<String>,
}

impl Give {
    /// Offers a code to a friend, who has a day to take it.
    pub(crate) fn carry_out(
        &self,
        world: &mut World,
        user: &str,
        code: &str,
    ) -> Result<Value, Fault> {
        let at = held(world, user, code, self.card_id.as_deref())?;
        let friend = user_no(world, &self.to)?;
        let code = world.code(at);
        if friend == code.user {
            return Err(Fault::bad_value("to", "nobody gives to themselves"));
        }
        if !world.card((at.0, code.card)).terms.can_give_friend
            && !crate::breaks::broken("gift-of-cards-that-cannot-be-given")
        {
            return Err(Fault::conflict("the card has can_give_friend false"));
        }
        world.offer(at, friend).map_err(wrong_state)?;
        Ok(shown(world, at))
    }
}

impl Which {
    /// Takes what a friend offers under their code.
    pub(crate) fn accept(&self, world: &mut World, user: &str, code: &str) -> Result<Value, Fault> {
        let user = user_no(world, user)?;
        let at = only_one(world, code, self.card_id.as_deref(), |at| {
            let notes = world.account(at.0).codes.notes(at.1);
            notes
                .and_then(|notes| notes.gift)
                .is_some_and(|gift| gift.to == user)
        });
        let Some(at) = at? else {
            return Err(if of_text(world, code).next().is_some() {
                Fault::conflict("nobody offers this code to this customer")
            } else {
                no_code(code)
            });
        };
        if world.now() > world.dates(at).1 {
            return Err(Fault::conflict("the card has ended"));
        }
        let taken = world.accept(at).map_err(wrong_state)?;
        Ok(shown(world, (at.0, taken)))
    }

    /// Throws a code away.
    pub(crate) fn delete(&self, world: &mut World, user: &str, code: &str) -> Result<Value, Fault> {
        let at = held(world, user, code, self.card_id.as_deref())?;
        world.throw_away(at).map_err(wrong_state)?;
        Ok(shown(world, at))
    }

    /// Opens a code, as `wx.openCard` does.
    pub(crate) fn view(&self, world: &mut World, user: &str, code: &str) -> Result<Value, Fault> {
        let at = held(world, user, code, self.card_id.as_deref())?;
        if world.code(at).status == CodeStatus::GiftSucc {
            return Err(wrong_state(WrongState(world.code_status(at))));
        }
        world.view(at);
        Ok(shown(world, at))
    }
}

impl SelfConsumption {
    /// Redeems a code without staff, when the card's cell for it is open.
    pub(crate) fn carry_out(
        &self,
        world: &mut World,
        user: &str,
        code: &str,
    ) -> Result<Value, Fault> {
        let at = held(world, user, code, self.card_id.as_deref())?;
        let card = world.card((at.0, world.code(at).card));
        let Some(cell) = card.cells.self_consume else {
            return Err(Fault::conflict(
                "the card's cell is closed: /card/selfconsumecell/set opens it",
            ));
        };
        for (is_needed, field, text) in [
            (cell.need_verify_cod, "verify_code", &self.verify_code),
            (
                cell.need_remark_amount,
                "remark_amount",
                &self.remark_amount,
            ),
        ] {
            if is_needed && text.is_empty() {
                return Err(Fault::bad_value(field, "the card asks for it"));
            }
        }
        let how = Redeemed::OnPhone {
            verify_code: &self.verify_code,
            remark_amount: &self.remark_amount,
        };
        world.consume(at, how).map_err(|fault| match fault {
            CannotRedeem::State(status) => wrong_state(WrongState(status)),
            CannotRedeem::NotBegun(begin) => Fault::conflict(format!("the card begins at {begin}")),
            CannotRedeem::Limit(limit) => {
                Fault::conflict(format!("one customer redeems {limit} at most"))
            }
        })?;
        Ok(shown(world, at))
    }
}

impl Scan {
    /// Claims the cards of a QR code.
    pub(crate) fn carry_out(&self, mock: &Mock, user: &str) -> Result<Value, Fault> {
        let mut world = mock.world.lock();
        let found = match (&self.ticket, &self.url) {
            (Some(ticket), None) => world.qr_of_ticket(ticket),
            (None, Some(url)) => world.qr_of_url(url),
            _ => return Err(Fault::bad_value("ticket", "give ticket or url")),
        };
        let user = user_no(&world, user)?;
        let (account, qr) =
            found.ok_or_else(|| Fault::not_found("no QR code has this ticket or url"))?;
        if world.now() >= world.account(account).qrs[qr].expires_at {
            return Err(Fault::conflict("the QR code has ended"));
        }
        let claim = Claim::scan(&mut world, user, (account, qr));
        Ok(claim.keep(mock, world))
    }
}

/// A place in the list of what friends offer: when the offer ends, and which code it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Offered(i64, CodeAt);

impl fmt::Display for Offered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(until, (account, code)) = self;
        write!(f, "{until}-{account}-{code}")
    }
}

impl FromStr for Offered {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (until, place) = text.split_once('-').ok_or(NoPlace)?;
        let (account, code) = place.split_once('-').ok_or(NoPlace)?;
        let code = code.parse().map_err(|_| NoPlace)?;
        Ok(Self(
            until.parse().map_err(|_| NoPlace)?,
            (account.parse().map_err(|_| NoPlace)?, code),
        ))
    }
}

/// The page, behind a place, of what friends offer a customer who can still take it; what ends first
/// comes first.
fn offers(
    world: &World,
    user: UserNo,
    after: Option<Offered>,
    limit: usize,
) -> Page<Offered, Value> {
    let after = after.map(|Offered(until, at)| (until, at));
    let list = world.gifts_to(user, after);
    let list = list.map(|(at, gift)| (Offered(gift.until, at), (at, gift)));
    Page::of(list, limit, |(at, gift)| {
        let code = world.code(at);
        let card = world.card((at.0, code.card));
        (world.now() <= world.dates(at).1).then(|| {
            json!({
                "code": code.code,
                "card_id": card.card_id,
                "title": card.node.base_info()["title"],
                "appid": world.account(at.0).profile.appid,
                "from": world.user(code.user).name,
                "until": gift.until,
            })
        })
    })
}

/// The one code of this text that a customer holds, or held until they gave it away.
pub(super) fn held(
    world: &World,
    user: &str,
    code: &str,
    card_id: Option<&str>,
) -> Result<CodeAt, Fault> {
    let user = user_no(world, user)?;
    let is_live = |at: CodeAt| world.code(at).status != CodeStatus::GiftSucc;
    let is_own = |at: CodeAt| world.code(at).user == user;
    let live = only_one(world, code, card_id, |at| is_own(at) && is_live(at))?;
    let gone = only_one(world, code, card_id, is_own)?;
    live.or(gone).ok_or_else(|| no_code(code))
}

/// The one code of this text that is meant; a text that several cards have needs a `card_id`.
fn only_one(
    world: &World,
    code: &str,
    card_id: Option<&str>,
    is_meant: impl Fn(CodeAt) -> bool,
) -> Result<Option<CodeAt>, Fault> {
    let is_of_card = |at: CodeAt| {
        let card = world.card((at.0, world.code(at).card));
        card_id.is_none_or(|card_id| card.card_id == card_id)
    };
    let mut found = of_text(world, code).filter(|at| is_meant(*at) && is_of_card(*at));
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(Fault::bad_value(
            "card_id",
            "several cards have this code: name one",
        )),
        (first, _) => Ok(first),
    }
}

fn of_text<'a>(world: &'a World, code: &'a str) -> impl Iterator<Item = CodeAt> + 'a {
    let of_account = move |number: AccountNo| {
        let codes = &world.account(number).codes;
        codes.of_text(code).map(move |code| (number, code))
    };
    (0..world.accounts().len()).flat_map(of_account)
}

fn no_code(code: &str) -> Fault {
    Fault::not_found(format!("this customer has no code {code}"))
}

fn wrong_state(state: WrongState) -> Fault {
    Fault::conflict(format!("the code is {}", state.0.as_str()))
}

fn shown(world: &World, at: CodeAt) -> Value {
    let code = world.code(at);
    json!({
        "code": code.code,
        "card_id": world.card((at.0, code.card)).card_id,
        "status": world.code_status(at).as_str(),
    })
}

pub(super) async fn gift(
    State(mock): State<Mock>,
    Segments(name, code): Segments,
    JsonBody(give): JsonBody<Give>,
) -> Result<Json<Value>, Fault> {
    give.carry_out(&mut mock.world.lock(), &name, &code)
        .map(Json)
}

pub(super) async fn gifts(
    State(mock): State<Mock>,
    Segment(name): Segment,
    QueryOf(part): QueryOf<Part>,
) -> Result<Json<Value>, Fault> {
    let limit = limit_of(part.limit, USUAL, MOST)?;
    let after = part.after.as_deref();
    let after = after
        .map(|after| after.parse::<Offered>().map_err(|_| bad_cursor()))
        .transpose()?;
    let world = mock.world.lock();
    let user = user_no(&world, &name)?;
    Ok(Json(part::shown(
        "gifts",
        offers(&world, user, after, limit),
    )))
}

/// What friends offer a customer.
pub(crate) fn all_gifts(world: &World, name: &str) -> Result<Vec<Value>, Fault> {
    let user = user_no(world, name)?;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = offers(world, user, after, MOST);
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

pub(super) async fn accept(
    State(mock): State<Mock>,
    Segments(name, code): Segments,
    OptionalBody(which): OptionalBody<Which>,
) -> Result<Json<Value>, Fault> {
    which.accept(&mut mock.world.lock(), &name, &code).map(Json)
}

pub(super) async fn delete(
    State(mock): State<Mock>,
    Segments(name, code): Segments,
    OptionalBody(which): OptionalBody<Which>,
) -> Result<Json<Value>, Fault> {
    which.delete(&mut mock.world.lock(), &name, &code).map(Json)
}

pub(super) async fn view(
    State(mock): State<Mock>,
    Segments(name, code): Segments,
    OptionalBody(which): OptionalBody<Which>,
) -> Result<Json<Value>, Fault> {
    which.view(&mut mock.world.lock(), &name, &code).map(Json)
}

pub(super) async fn consume(
    State(mock): State<Mock>,
    Segments(name, code): Segments,
    OptionalBody(consumption): OptionalBody<SelfConsumption>,
) -> Result<Json<Value>, Fault> {
    consumption
        .carry_out(&mut mock.world.lock(), &name, &code)
        .map(Json)
}

pub(super) async fn scan(
    State(mock): State<Mock>,
    Segment(name): Segment,
    JsonBody(scan): JsonBody<Scan>,
) -> Result<Json<Value>, Fault> {
    scan.carry_out(&mock, &name).map(Json)
}
