//! `wx.chooseCard` and `wx.openCard` on the customer's phone.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Fault,
    accounts::account_no,
    body::{JsonBody, Segment},
    users::user_no,
};
use crate::{
    mock::Mock,
    wallet::{Choice, Filters, Opening},
};

/// What a page hands to `wx.chooseCard`, with the appid of its account.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ChooseCard {
    appid: String,
    #[serde(rename = "shopId")]
    shop_id: Value,
    #[serde(rename = "cardType")]
    card_type: Value,
    #[serde(rename = "cardId")]
    card_id: Value,
    timestamp: Value,
    #[serde(rename = "nonceStr")]
    nonce_str: Value,
    #[serde(rename = "signType")]
    sign_type: Value,
    #[serde(rename = "cardSign")]
    card_sign: Value,
    /// Which codes the customer chooses from the list; the first one when none is named.
    codes: Vec<String>,
    /// The customer leaves the list.
    cancel: bool,
}

impl ChooseCard {
    /// The call that a page of `appid` makes with these arguments, of which `codes` are chosen.
    pub(crate) fn of_page(appid: &str, arguments: &Value, codes: &[&str]) -> Result<Self, Fault> {
        let call: Self = serde_path_to_error::deserialize(arguments).map_err(|fault| {
            Fault::bad_value(fault.path().to_string(), fault.inner().to_string())
        })?;
        Ok(Self {
            appid: appid.to_owned(),
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
            ..call
        })
    }

    pub(super) fn appid(&self) -> &str {
        &self.appid
    }

    pub(super) fn filters(&self) -> Filters {
        Filters {
            shop_id: as_text(&self.shop_id),
            card_type: as_text(&self.card_type),
            card_id: as_text(&self.card_id),
            timestamp: as_text(&self.timestamp),
            nonce_str: as_text(&self.nonce_str),
            sign_type: as_text(&self.sign_type),
            card_sign: as_text(&self.card_sign),
        }
    }

    /// What `wx.chooseCard` does: the page's answer, with the record that explains it.
    pub(crate) fn carry_out(&self, mock: &Mock, user: &str) -> Result<Value, Fault> {
        let world = mock.world.lock();
        let user = user_no(&world, user)?;
        let page = account_no(&world, &self.appid)?;
        if !world.account(page).is_official() {
            let message = "wx.chooseCard is of the JS-SDK: give the appid of an Official Account";
            return Err(Fault::bad_value("appid", message));
        }
        let (filters, codes) = (self.filters(), &self.codes);
        let choice = Choice::carry_out(&world, (user, page), &filters, codes, self.cancel);
        drop(world);
        let choice = choice.map_err(|not_listed| {
            let message = format!("the list does not show the code {}", not_listed.0);
            Fault::conflict(message)
        })?;
        Ok(choice.keep(mock))
    }
}

/// A value as the text that would be signed; what is neither text nor number counts as absent.
pub(super) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// `{"appid","cardList":[{"cardId","code"}]}`: what a page hands to `wx.openCard`.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenCard {
    appid: String,
    #[serde(rename = "cardList")]
    card_list: Vec<Held>,
}

#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
struct Held {
    #[serde(rename = "cardId")]
    card_id: String,
    code: String,
}

impl OpenCard {
    /// Cards that one call can carry.
    const MOST: usize = 100;

    /// The call for a single card.
    pub(crate) fn one(appid: &str, card_id: &str, code: &str) -> Self {
        Self {
            appid: appid.to_owned(),
            card_list: vec![Held {
                card_id: card_id.to_owned(),
                code: code.to_owned(),
            }],
        }
    }

    /// What `wx.openCard` does: the page's answer, with the record that explains it.
    pub(crate) fn carry_out(self, mock: &Mock, user: &str) -> Result<Value, Fault> {
        if self.card_list.is_empty() || self.card_list.len() > Self::MOST {
            let message = format!("1 to {} cards", Self::MOST);
            return Err(Fault::bad_value("cardList", message));
        }
        let mut world = mock.world.lock();
        let who = (user_no(&world, user)?, account_no(&world, &self.appid)?);
        let cards = self.card_list.into_iter();
        let cards: Vec<_> = cards.map(|held| (held.card_id, held.code)).collect();
        let opening = Opening::carry_out(&mut world, who, &cards);
        drop(world);
        Ok(opening.keep(mock))
    }
}

pub(super) async fn choose_card(
    State(mock): State<Mock>,
    Segment(name): Segment,
    JsonBody(call): JsonBody<ChooseCard>,
) -> Result<Json<Value>, Fault> {
    call.carry_out(&mock, &name).map(Json)
}

pub(super) async fn open_card(
    State(mock): State<Mock>,
    Segment(name): Segment,
    JsonBody(call): JsonBody<OpenCard>,
) -> Result<Json<Value>, Fault> {
    call.carry_out(&mock, &name).map(Json)
}
