//! What a customer does on the phone that can be refused: each answers with a [`Result`].

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use super::{CardExt, ControlError, Explanation, Mistake, User};
use crate::control::{self, AddCard, ChooseCard, OpenCard, OpenMessage};

/// A message with a card that an account sent to a customer.
///
/// # Examples
///
/// ```
/// let mock = wechat_mock::MockWechat::start_blocking();
/// // After `/cgi-bin/message/custom/send` with msgtype wxcard, alice opens what she was sent.
/// for message in mock.user("alice").messages()? {
///     mock.user("alice").open_message(&message.id)?;
/// }
/// assert_eq!(mock.user("alice").open_message("message-1").unwrap_err().status, 404);
/// # Ok::<(), wechat_mock::ControlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// What the outcomes have in common: the page's answer, with the explanation that stands in it.
macro_rules! outcome {
    ($name:ident) => {
        impl $name {
            pub(crate) fn of(raw: Value) -> Self {
                let explanation = Explanation::of(raw["explain"].clone());
                Self { raw, explanation }
            }

            /// Why it ended so: rule, expected, received, likely mistake, fix.
            pub fn explain(&self) -> &Explanation {
                &self.explanation
            }

            /// The id of the rule that was broken, such as `WX-SIG-001`.
            pub fn rule(&self) -> Option<&str> {
                self.explanation.rule.as_deref()
            }

            /// The mistake that is likeliest behind a refusal.
            pub fn mistake(&self) -> Option<&Mistake> {
                self.explanation.mistake.as_ref()
            }

            /// All of it as the control API answers.
            pub fn raw(&self) -> &Value {
                &self.raw
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.raw.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = Value::deserialize(deserializer)?;
                let explanation = Explanation::deserialize(&raw["explain"]);
                let explanation = explanation.map_err(D::Error::custom)?;
                Ok(Self { raw, explanation })
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut shown = f.debug_struct(stringify!($name));
                shown.field("err_msg", &self.err_msg());
                if let Some(rule) = self.rule() {
                    let mistake = self.mistake().map(|mistake| &mistake.en);
                    shown.field("rule", &rule).field("mistake", &mistake);
                }
                shown.finish_non_exhaustive()
            }
        }
    };
}

outcome!(AddCardOutcome);
outcome!(ChooseCardOutcome);
outcome!(OpenCardOutcome);

/// What a page is handed by `wx.addCard`, or comes of a scan, and why.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wechat_mock::ControlError> {
/// let mock = wechat_mock::MockWechat::start().await;
///
/// let outcome = mock.user("alice").add_card(&mock.mini_program().appid, "pNoSuchCard", "{}")?;
/// assert_eq!((outcome.is_success(), outcome.rule()), (false, Some("WX-SIG-005")));
/// assert!(outcome.err_msg().starts_with("addCard:fail") && outcome.mistake().is_some());
/// assert_eq!(outcome.encrypted_code(), None);
///
/// let written = serde_json::to_string(&outcome).unwrap();
/// let read: wechat_mock::AddCardOutcome = serde_json::from_str(&written).unwrap();
/// assert_eq!(read, outcome);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq)]
pub struct AddCardOutcome {
    raw: Value,
    explanation: Explanation,
}

/// What became of one card of a claim.
///
/// # Examples
///
/// ```
/// let mock = wechat_mock::MockWechat::start_blocking();
/// let appid = mock.mini_program().appid;
/// let outcome = mock.user("alice").add_cards(&appid, [("pOne", "{}"), ("pTwo", "{}")])?;
/// let two = &outcome.cards()[1];
/// assert_eq!((two.card_id.as_str(), two.is_success), ("pTwo", false));
/// # Ok::<(), wechat_mock::ControlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AddedCard {
    /// Which card it is.
    pub card_id: String,
    /// Whether it is in the wallet.
    pub is_success: bool,
    /// Its encrypted code, when it is in the wallet.
    pub encrypted_code: Option<String>,
}

impl AddCardOutcome {
    /// `addCard:ok`, or `addCard:fail (…)` with the text on the phone; `scan:…` for a scan.
    pub fn err_msg(&self) -> &str {
        self.raw["errMsg"].as_str().unwrap_or_default()
    }

    /// Whether the card is in the wallet; of several, the first one.
    pub fn is_success(&self) -> bool {
        self.raw["cardList"][0]["isSuccess"] == true
    }

    /// The encrypted code of the card, when it is in the wallet; of several, of the first one.
    pub fn encrypted_code(&self) -> Option<&str> {
        self.raw["cardList"][0]["code"]
            .as_str()
            .filter(|code| !code.is_empty())
    }

    /// What became of each card, in the order in which the page named them.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let appid = mock.mini_program().appid;
    /// let outcome = mock.user("alice").add_card(&appid, "pNoSuchCard", "{}")?;
    /// assert_eq!(outcome.cards()[0].card_id, "pNoSuchCard");
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn cards(&self) -> Vec<AddedCard> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let cards = self.explanation.raw()["cards"]
            .as_array()
            .into_iter()
            .flatten();
        cards
            .enumerate()
            .map(|(place, card)| AddedCard {
                card_id: text(&card["cardId"]).unwrap_or_default(),
                is_success: card["isSuccess"] == true,
                encrypted_code: text(&self.raw["cardList"][place]["code"])
                    .filter(|code| !code.is_empty()),
            })
            .collect()
    }
}

/// What a page is handed by `wx.chooseCard`, and why.
///
/// # Examples
///
/// ```
/// let mock = wechat_mock::MockWechat::start_blocking();
/// let (alice, appid) = (mock.user("alice"), mock.official_account().appid);
/// let arguments = serde_json::json!({"timestamp": 1, "nonceStr": "n", "cardSign": "wrong"});
///
/// let outcome = alice.choose_card(&appid, &arguments, &[])?;
/// assert!(outcome.encrypted_codes().is_empty() && outcome.rule().is_some());
/// assert!(outcome.err_msg().starts_with("chooseCard:"));
/// # Ok::<(), wechat_mock::ControlError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct ChooseCardOutcome {
    raw: Value,
    explanation: Explanation,
}

impl ChooseCardOutcome {
    /// `chooseCard:ok`, or `chooseCard:cancel` when nothing was chosen.
    pub fn err_msg(&self) -> &str {
        self.raw["errMsg"].as_str().unwrap_or_default()
    }

    /// The encrypted codes of what was chosen.
    pub fn encrypted_codes(&self) -> Vec<String> {
        let list = self.raw["cardList"].as_str().unwrap_or_default();
        let cards: Vec<Value> = serde_json::from_str(list).unwrap_or_default();
        let codes = cards
            .iter()
            .filter_map(|card| card["encrypt_code"].as_str());
        codes.map(str::to_owned).collect()
    }
}

/// What a page is handed by `wx.openCard`, and why.
///
/// # Examples
///
/// ```
/// let mock = wechat_mock::MockWechat::start_blocking();
/// mock.world().reset_to("shop")?;
/// let (alice, appid) = (mock.user("alice"), mock.official_account().appid);
/// let entry = alice.wallet()?.remove(0);
///
/// let outcome = alice.open_card(&appid, &entry.card_id, &entry.code)?;
/// assert!(outcome.is_success(), "{}", outcome.err_msg());
/// # Ok::<(), wechat_mock::ControlError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct OpenCardOutcome {
    raw: Value,
    explanation: Explanation,
}

impl OpenCardOutcome {
    /// `openCard:ok`, or `openCard:fail (…)` with the text on the phone.
    pub fn err_msg(&self) -> &str {
        self.raw["errMsg"].as_str().unwrap_or_default()
    }

    /// Whether the customer sees the card.
    pub fn is_success(&self) -> bool {
        self.err_msg() == "openCard:ok"
    }
}

impl User {
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
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let (alice, appid) = (mock.user("alice"), mock.official_account().appid);
    /// let unsigned = serde_json::json!({"timestamp": 1, "nonceStr": "n"});
    /// let outcome = alice.choose_card(&appid, &unsigned, &[])?;
    /// assert_ne!(outcome.err_msg(), "chooseCard:ok");
    /// // Only an Official Account has the JS-SDK.
    /// let page = mock.mini_program().appid;
    /// assert_eq!(alice.choose_card(&page, &unsigned, &[]).unwrap_err().status, 422);
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn choose_card(
        &self,
        appid: &str,
        arguments: &Value,
        codes: &[&str],
    ) -> Result<ChooseCardOutcome, ControlError> {
        let call = ChooseCard::of_page(appid, arguments, codes)?;
        let answer = self.tell(call.carry_out(&self.mock, &self.name))?;
        Ok(ChooseCardOutcome::of(answer))
    }

    /// What `wx.openCard` does with one card on the page of `appid`; it counts as a view of the card.
    ///
    /// # Errors
    ///
    /// When `appid` is no account of this world.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// mock.world().reset_to("shop")?;
    /// let (alice, appid) = (mock.user("alice"), mock.official_account().appid);
    /// let held = alice.wallet()?.remove(0);
    /// assert!(alice.open_card(&appid, &held.card_id, &held.code)?.is_success());
    /// // The page has to decrypt the code first.
    /// let outcome = alice.open_card(&appid, &held.card_id, &held.encrypt_code)?;
    /// assert_eq!(outcome.rule(), Some("WX-OPN-001"));
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn open_card(
        &self,
        appid: &str,
        card_id: &str,
        code: &str,
    ) -> Result<OpenCardOutcome, ControlError> {
        let answer =
            self.tell(OpenCard::one(appid, card_id, code).carry_out(&self.mock, &self.name))?;
        Ok(OpenCardOutcome::of(answer))
    }

    /// What `wx.addCard` hands the page of `appid` when the customer closes the sheet: nothing is
    /// claimed, and nothing used up.
    ///
    /// # Errors
    ///
    /// When `appid` is no account of this world.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let appid = mock.mini_program().appid;
    /// let outcome = mock.user("alice").cancel_add_card(&appid, "pCard", "{}")?;
    /// assert_eq!(outcome.explain().outcome, "cancelled");
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn cancel_add_card(
        &self,
        appid: &str,
        card_id: &str,
        card_ext: impl Into<CardExt>,
    ) -> Result<AddCardOutcome, ControlError> {
        let call = AddCard::one(appid, card_id, card_ext.into().0).cancelled();
        let answer = self.tell(call.carry_out(&self.mock, &self.name))?;
        Ok(AddCardOutcome::of(answer))
    }

    /// The latest messages with a card that this customer was sent, newest last; at most 100.
    ///
    /// # Errors
    ///
    /// When nobody in this world has the customer's name.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// assert!(mock.user("alice").messages()?.is_empty());
    /// assert_eq!(mock.user("nobody").messages().unwrap_err().status, 404);
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn messages(&self) -> Result<Vec<CardMessage>, ControlError> {
        let messages = control::messages(&self.mock.world.lock(), &self.name)?;
        Ok(messages.iter().map(CardMessage::of).collect())
    }

    /// The customer opens a message and takes its card.
    ///
    /// # Errors
    ///
    /// When this customer has no such message.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let refused = mock.user("alice").open_message("message-1");
    /// assert_eq!(refused.unwrap_err().status, 404);
    /// ```
    pub fn open_message(&self, id: &str) -> Result<AddCardOutcome, ControlError> {
        let answer = self.tell(OpenMessage::default().carry_out(&self.mock, &self.name, id))?;
        Ok(AddCardOutcome::of(answer))
    }
}
