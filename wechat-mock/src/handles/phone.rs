//! What a customer does on the phone that can be refused: each answers with a [`Result`].

use serde_json::Value;

use super::{AddCardOutcome, User};
use crate::control::{self, AddCard, ChooseCard, OpenCard, OpenMessage};

/// Why the mock cannot do what a test asks of the phone: nothing of it was done.
///
/// A card that WeChat refuses is no error but an outcome, which says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct PhoneError {
    /// What the control API would answer: 404 for a thing that is not there, 409 for a wrong state, 422
    /// for a wrong value.
    pub status: u16,
    /// What is wrong, in English.
    pub message: String,
}

impl From<control::Fault> for PhoneError {
    fn from(fault: control::Fault) -> Self {
        Self {
            status: fault.status.as_u16(),
            message: fault.message,
        }
    }
}

/// A message with a card that an account sent to a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CardMessage {
    /// `message-…`, by which [`User::open_message`] finds it.
    pub id: String,
    /// The account that sent it.
    pub appid: String,
    /// The card that it offers.
    pub card_id: String,
    /// A JSON text such as the `cardExt` of `wx.addCard`, when the account sent one.
    pub card_ext: Option<String>,
    /// Seconds since 1970 on the mock's clock.
    pub at: i64,
}

impl CardMessage {
    fn of(message: &Value) -> Self {
        let text = |key: &str| message[key].as_str().map(str::to_owned);
        Self {
            id: text("id").unwrap_or_default(),
            appid: text("appid").unwrap_or_default(),
            card_id: text("card_id").unwrap_or_default(),
            card_ext: text("card_ext"),
            at: message["at"].as_i64().unwrap_or_default(),
        }
    }
}

/// What a page is handed by `wx.chooseCard`, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct ChooseCardOutcome(Value);

impl ChooseCardOutcome {
    /// `chooseCard:ok`, or `chooseCard:cancel` when nothing was chosen.
    pub fn err_msg(&self) -> &str {
        self.0["errMsg"].as_str().unwrap_or_default()
    }

    /// The encrypted codes of what was chosen.
    pub fn encrypted_codes(&self) -> Vec<String> {
        let list = self.0["cardList"].as_str().unwrap_or_default();
        let cards: Vec<Value> = serde_json::from_str(list).unwrap_or_default();
        let codes = cards
            .iter()
            .filter_map(|card| card["encrypt_code"].as_str());
        codes.map(str::to_owned).collect()
    }

    /// Why the list was empty: rule, expected, received, likely mistake, fix; and `listed`, the codes
    /// that the customer saw.
    pub fn explain(&self) -> &Value {
        &self.0["explain"]
    }

    /// All of it as the control API answers.
    pub fn as_json(&self) -> &Value {
        &self.0
    }
}

/// What a page is handed by `wx.openCard`, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenCardOutcome(Value);

impl OpenCardOutcome {
    /// `openCard:ok`, or `openCard:fail (…)` with the text on the phone.
    pub fn err_msg(&self) -> &str {
        self.0["errMsg"].as_str().unwrap_or_default()
    }

    /// Whether the customer sees the card.
    pub fn is_success(&self) -> bool {
        self.err_msg() == "openCard:ok"
    }

    /// Why it was refused: rule, expected, received, likely mistake, fix.
    pub fn explain(&self) -> &Value {
        &self.0["explain"]
    }

    /// All of it as the control API answers.
    pub fn as_json(&self) -> &Value {
        &self.0
    }
}

impl User<'_> {
    /// What `wx.chooseCard` does on the page of the Official Account `appid`.
    ///
    /// `arguments` is the object that the page passes: `timestamp`, `nonceStr`, `signType`, `cardSign`,
    /// and the filters `shopId`, `cardType` and `cardId`. The customer chooses `codes` from the list,
    /// the first one in it when none is named.
    ///
    /// # Errors
    ///
    /// When `appid` is no Official Account of this world, an argument has an unknown name, or the list
    /// does not show one of `codes`.
    pub fn choose_card(
        &self,
        appid: &str,
        arguments: &Value,
        codes: &[&str],
    ) -> Result<ChooseCardOutcome, PhoneError> {
        let call = ChooseCard::of_page(appid, arguments, codes)?;
        let answer = call.carry_out(self.mock, &self.name)?;
        Ok(ChooseCardOutcome(answer))
    }

    /// What `wx.openCard` does with one card on the page of `appid`; it counts as a view of the card.
    ///
    /// # Errors
    ///
    /// When `appid` is no account of this world.
    pub fn open_card(
        &self,
        appid: &str,
        card_id: &str,
        code: &str,
    ) -> Result<OpenCardOutcome, PhoneError> {
        let answer = OpenCard::one(appid, card_id, code).carry_out(self.mock, &self.name)?;
        Ok(OpenCardOutcome(answer))
    }

    /// What `wx.addCard` hands the page of `appid` when the customer closes the sheet: nothing is
    /// claimed, and nothing used up.
    ///
    /// # Errors
    ///
    /// When `appid` is no account of this world.
    pub fn cancel_add_card(
        &self,
        appid: &str,
        card_id: &str,
        card_ext: impl Into<Value>,
    ) -> Result<AddCardOutcome, PhoneError> {
        let call = AddCard::one(appid, card_id, card_ext.into()).cancelled();
        let answer = call.carry_out(self.mock, &self.name)?;
        Ok(AddCardOutcome(answer))
    }

    /// The latest messages with a card that this customer was sent, newest last; at most 100.
    ///
    /// # Errors
    ///
    /// When nobody in this world has the customer's name.
    pub fn messages(&self) -> Result<Vec<CardMessage>, PhoneError> {
        let messages = control::messages(&self.mock.world.lock(), &self.name)?;
        Ok(messages.iter().map(CardMessage::of).collect())
    }

    /// The customer opens a message and takes its card.
    ///
    /// # Errors
    ///
    /// When this customer has no such message.
    pub fn open_message(&self, id: &str) -> Result<AddCardOutcome, PhoneError> {
        let answer = OpenMessage::default().carry_out(self.mock, &self.name, id)?;
        Ok(AddCardOutcome(answer))
    }
}
