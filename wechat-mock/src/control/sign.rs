//! What a signature should be, and what is wrong with the one at hand.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::Value;

use super::{ChooseCard, Fault, accounts::account_no, body::JsonBody, choice::as_text};
use crate::{
    mock::Mock,
    wallet::{PageValues, SignVerdict},
    world::{AccountNo, World},
};

/// A signature to be looked at, and what it was made for.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Signature {
    /// What a page hands to `wx.addCard`.
    CardExt {
        card_id: String,
        /// A JSON text; anything else is a mistake that is named.
        #[serde(default)]
        card_ext: Value,
    },
    /// What a page hands to `wx.chooseCard`.
    ChooseCard(Box<ChooseCard>),
    /// What a page hands to `wx.config`, with its own address.
    Page(Page),
}

/// What a page hands to `wx.config`, with its own address.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    /// Of an Official Account.
    appid: String,
    /// The address of the page, as `location.href` has it.
    url: String,
    /// `nonceStr` of `wx.config`.
    #[serde(alias = "nonceStr")]
    noncestr: String,
    /// Seconds since 1970, a number or a text.
    timestamp: Value,
    /// The signature, 40 hex digits.
    signature: String,
}

/// The Official Account of a page.
fn official(world: &World, appid: &str) -> Result<AccountNo, Fault> {
    let number = account_no(world, appid)?;
    if world.account(number).is_official() {
        return Ok(number);
    }
    let message = "the JS-SDK is an Official Account's: give its appid";
    Err(Fault::bad_value("appid", message))
}

impl Signature {
    /// What a page hands to `wx.addCard`.
    pub(crate) fn of_card_ext(card_id: &str, card_ext: Value) -> Self {
        Self::CardExt {
            card_id: card_id.to_owned(),
            card_ext,
        }
    }

    /// The arguments that a page of `appid` hands to `wx.chooseCard`.
    pub(crate) fn of_choice(appid: &str, arguments: &Value) -> Result<Self, Fault> {
        let call = ChooseCard::of_page(appid, arguments, &[])?;
        Ok(Self::ChooseCard(Box::new(call)))
    }

    /// The arguments that a page of `appid` with this address hands to `wx.config`.
    pub(crate) fn of_page(appid: &str, url: &str, arguments: &Value) -> Self {
        Self::Page(Page {
            appid: appid.to_owned(),
            url: url.to_owned(),
            noncestr: as_text(&arguments["nonceStr"]),
            timestamp: arguments["timestamp"].clone(),
            signature: as_text(&arguments["signature"]),
        })
    }

    fn look_at(&self, world: &World) -> Result<SignVerdict, Fault> {
        match self {
            Self::CardExt { card_id, card_ext } => {
                let at = world
                    .card_no(card_id)
                    .ok_or_else(|| Fault::not_found(format!("no card has the id {card_id}")))?;
                Ok(SignVerdict::of_card_ext(world, at, card_ext))
            }
            Self::ChooseCard(call) => {
                let page = official(world, call.appid())?;
                Ok(SignVerdict::of_choice(world, page, &call.filters()))
            }
            Self::Page(page) => {
                let number = official(world, &page.appid)?;
                let given = PageValues {
                    url: page.url.clone(),
                    noncestr: page.noncestr.clone(),
                    timestamp: as_text(&page.timestamp),
                    signature: page.signature.clone(),
                };
                Ok(SignVerdict::of_page(world, number, &given))
            }
        }
    }
}

pub(super) async fn check(
    State(mock): State<Mock>,
    JsonBody(signature): JsonBody<Signature>,
) -> Result<Json<Value>, Fault> {
    check_signature(&mock, &signature).map(Json)
}

/// What a signature should be, and what is wrong with it.
pub(crate) fn check_signature(mock: &Mock, signature: &Signature) -> Result<Value, Fault> {
    let verdict = signature.look_at(&mock.world.lock())?;
    let earlier = mock.journal.lock().stamps();
    // To tell the mistake takes a while; nobody need wait for it.
    Ok(verdict.show(&earlier))
}
