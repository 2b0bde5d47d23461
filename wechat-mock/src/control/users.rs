//! Customers, and what they do in their WeChat.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fault,
    accounts::account_no,
    body::{JsonBody, QueryOf, Segment},
    part::{MOST, Part, USUAL, bad_cursor, limit_of, shown},
};
use crate::{
    api::call::shortened,
    mock::Mock,
    wallet::{self, Claim, Claimant, Held, Item, Way},
    world::{UserChange, UserDraft, World, code::UserNo, profile::AccountKind},
};

/// `{"appid"}`: which mini-program calls `wx.login`.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    pub(crate) appid: String,
}

impl Login {
    /// What `wx.login` does: a fresh login code.
    pub(crate) fn carry_out(&self, world: &mut World, user: &str) -> Result<String, Fault> {
        let user = user_no(world, user)?;
        let account = account_no(world, &self.appid)?;
        if world.account(account).profile.kind != AccountKind::MiniProgram {
            let message = "wx.login runs in a mini-program; this is an Official Account's appid";
            return Err(Fault::bad_value("appid", message));
        }
        Ok(world.login(user, account))
    }
}

/// `{"appid","cardList"}`: what a page hands to `wx.addCard`.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddCard {
    appid: String,
    #[serde(rename = "cardList")]
    card_list: Vec<Entry>,
    /// The customer closes the sheet.
    #[serde(default)]
    cancel: bool,
}

/// One entry of `cardList`; what stands beside `cardId` and `cardExt` is ignored, as the phone does,
/// but for `code` and `openid`, which may have been signed.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(rename = "cardId")]
    card_id: String,
    #[serde(rename = "cardExt", default)]
    card_ext: Value,
    #[serde(default)]
    code: Value,
    #[serde(default)]
    openid: Value,
}

impl AddCard {
    /// Cards that one call can carry.
    const MOST: usize = 100;

    /// The call for a single card.
    pub(crate) fn one(appid: &str, card_id: &str, card_ext: Value) -> Self {
        Self::several(appid, vec![(card_id.to_owned(), card_ext)])
    }

    /// The call for cards with the `cardExt` of each.
    pub(crate) fn several(appid: &str, cards: Vec<(String, Value)>) -> Self {
        let entries = cards.into_iter().map(|(card_id, card_ext)| Entry {
            card_id,
            card_ext,
            code: Value::Null,
            openid: Value::Null,
        });
        Self {
            appid: appid.to_owned(),
            card_list: entries.collect(),
            cancel: false,
        }
    }

    /// The same call, of which the customer closes the sheet.
    pub(crate) fn cancelled(self) -> Self {
        Self {
            cancel: true,
            ..self
        }
    }

    /// What `wx.addCard` does: the page's answer, with the record that explains it.
    pub(crate) fn carry_out(self, mock: &Mock, user: &str) -> Result<Value, Fault> {
        if self.card_list.is_empty() || self.card_list.len() > Self::MOST {
            let message = format!("1 to {} cards", Self::MOST);
            return Err(Fault::bad_value("cardList", message));
        }
        let items = self.card_list.into_iter().map(|entry| Item {
            card_id: entry.card_id,
            card_ext: entry.card_ext,
            code: entry.code.as_str().map(str::to_owned),
            openid: entry.openid.as_str().map(str::to_owned),
        });
        let mut world = mock.world.lock();
        let claimant = Claimant {
            user: user_no(&world, user)?,
            page: account_no(&world, &self.appid)?,
            way: Way::Page,
        };
        let claim = if self.cancel {
            Claim::cancel(&world, claimant)
        } else {
            Claim::carry_out(&mut world, claimant, items.collect())
        };
        Ok(claim.keep(mock, world))
    }
}

pub(super) async fn list(State(mock): State<Mock>) -> Json<Value> {
    let world = mock.world.lock();
    Json(json!({"users": world.users()}))
}

pub(super) async fn one(
    State(mock): State<Mock>,
    Segment(name): Segment,
) -> Result<Json<Value>, Fault> {
    let world = mock.world.lock();
    let number = user_no(&world, &name)?;
    Ok(Json(json!(world.user(number))))
}

pub(super) async fn add(
    State(mock): State<Mock>,
    JsonBody(draft): JsonBody<UserDraft>,
) -> Result<(StatusCode, Json<Value>), Fault> {
    let mut world = mock.world.lock();
    let number = add_user(&mut world, draft)?;
    let user = json!(world.user(number));
    Ok((StatusCode::CREATED, Json(user)))
}

/// Adds a customer; what the draft leaves out is invented.
pub(crate) fn add_user(world: &mut World, draft: UserDraft) -> Result<UserNo, Fault> {
    Ok(world.add_user(draft)?)
}

pub(super) async fn change(
    State(mock): State<Mock>,
    Segment(name): Segment,
    JsonBody(change): JsonBody<UserChange>,
) -> Result<Json<Value>, Fault> {
    let mut world = mock.world.lock();
    let number = change_user(&mut world, &name, change)?;
    Ok(Json(json!(world.user(number))))
}

/// Changes a customer; what is left out stays.
pub(crate) fn change_user(
    world: &mut World,
    name: &str,
    change: UserChange,
) -> Result<UserNo, Fault> {
    let number = user_no(world, name)?;
    world.change_user(number, change)?;
    Ok(number)
}

pub(super) async fn login(
    State(mock): State<Mock>,
    Segment(name): Segment,
    JsonBody(login): JsonBody<Login>,
) -> Result<Json<Value>, Fault> {
    let code = login.carry_out(&mut mock.world.lock(), &name)?;
    Ok(Json(json!({"code": code})))
}

pub(super) async fn add_card(
    State(mock): State<Mock>,
    Segment(name): Segment,
    JsonBody(call): JsonBody<AddCard>,
) -> Result<Json<Value>, Fault> {
    call.carry_out(&mock, &name).map(Json)
}

pub(super) async fn wallet(
    State(mock): State<Mock>,
    Segment(name): Segment,
    QueryOf(part): QueryOf<Part>,
) -> Result<Json<Value>, Fault> {
    let after = part.after.as_deref();
    let after = after
        .map(|after| after.parse::<Held>().map_err(|_| bad_cursor()))
        .transpose()?;
    // Without parameters all of it, as it always was.
    let limit = match (part.limit, after) {
        (None, None) => None,
        (limit, _) => Some(limit_of(limit, USUAL, MOST)?),
    };
    let world = mock.world.lock();
    let number = user_no(&world, &name)?;
    Ok(Json(match limit {
        None => json!({"cards": wallet::wallet(&world, number)}),
        Some(limit) => shown("cards", wallet::page(&world, number, after, limit)),
    }))
}

/// Names that a message lists.
const LISTED: usize = 20;

/// The users there are, as a sentence.
fn names(world: &World) -> String {
    let users = world.users();
    if users.is_empty() {
        return "this world has no users: POST /_mock/v1/users adds one".to_owned();
    }
    let listed: Vec<&str> = users
        .iter()
        .take(LISTED)
        .map(|user| user.name.as_str())
        .collect();
    match users.len().saturating_sub(LISTED) {
        0 => format!("there are {}", listed.join(", ")),
        more => format!("there are {} and {more} more", listed.join(", ")),
    }
}

pub(crate) fn user_no(world: &World, name: &str) -> Result<UserNo, Fault> {
    world.user_no(name).ok_or_else(|| {
        Fault::not_found(format!(
            "no user is called {}; {}",
            shortened(name),
            names(world)
        ))
    })
}
