//! Codes: one customer's cards.

use serde::{Deserialize, Serialize};

use crate::{
    CardCode, CardId, Client, EncryptedCode, Error, OpenId,
    transport::Call,
    wire::{flag, text, whole},
};

mod imports;
mod state;
mod tickets;

pub use imports::{CheckedCodes, ImportStopped, Imported};
pub use state::Mark;
pub use tickets::{BoardingPass, MeetingSeat, MovieSeat};

/// Whether [`Client::code`] refuses a code that cannot be consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckConsume {
    /// A code that is not NORMAL is refused.
    Yes,
    /// Every code is shown as it is.
    No,
}

/// How a code stands; the names are WeChat's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum UserCardStatus {
    /// It can be redeemed, once its time has come.
    Normal,
    /// It was redeemed.
    Consumed,
    /// Its time is over.
    Expire,
    /// It is being given to somebody.
    Gifting,
    /// Nobody took the gift within 24 hours.
    GiftTimeout,
    /// It was given to somebody, who holds it under a new code.
    GiftSucc,
    /// Its owner deleted it.
    Delete,
    /// The shop made it void.
    Unavailable,
    /// A status that this client does not know.
    #[serde(untagged)]
    Other(#[serde(deserialize_with = "text")] String),
}

/// One customer's card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeDetail {
    /// The kind of card.
    pub card_id: CardId,
    /// The code.
    pub code: CardCode,
    /// First second of its validity, since 1970.
    pub begin_time: i64,
    /// Last second of its validity, since 1970.
    pub end_time: i64,
    /// Who holds it, at the Official Account.
    pub openid: OpenId,
    /// Whether it can be redeemed now.
    pub can_consume: bool,
    /// How it stands.
    pub status: UserCardStatus,
    /// The tag it was claimed with.
    pub outer_str: Option<String>,
}

/// A redeemed code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumed {
    /// The kind of card.
    pub card_id: CardId,
    /// Who held it, at the Official Account.
    pub openid: OpenId,
}

/// What names one customer's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CodeRef<'a> {
    /// The code.
    pub code: &'a CardCode,
    /// The kind of card; custom codes cannot be found without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_id: Option<&'a CardId>,
}

impl<'a> CodeRef<'a> {
    /// A code that WeChat gave out.
    pub fn wechat(code: &'a CardCode) -> Self {
        Self {
            code,
            card_id: None,
        }
    }

    /// A code of the shop's own.
    pub fn custom(code: &'a CardCode, card_id: &'a CardId) -> Self {
        Self {
            code,
            card_id: Some(card_id),
        }
    }
}

impl Client {
    /// The code behind what `wx.addCard` gave the page.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::INVALID_ENCRYPT_CODE`] when it is no encrypted code, or
    /// another account's.
    pub async fn decrypt_code(&self, encrypted: &EncryptedCode) -> Result<CardCode, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            encrypt_code: &'a EncryptedCode,
        }

        #[derive(Deserialize)]
        struct Answer {
            code: CardCode,
        }

        let request = Request {
            encrypt_code: encrypted,
        };
        let answer: Answer = self.call(Call::ask("/card/code/decrypt", &request)).await?;
        Ok(answer.code)
    }

    /// How a code stands. `card_id` is needed for custom codes.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::UNKNOWN_CODE`] when nobody holds it; with
    /// [`CheckConsume::Yes`] also when it cannot be redeemed.
    pub async fn code(
        &self,
        code: &CardCode,
        card_id: Option<&CardId>,
        check: CheckConsume,
    ) -> Result<CodeDetail, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            #[serde(flatten)]
            code: CodeRef<'a>,
            check_consume: bool,
        }

        let request = Request {
            code: CodeRef { code, card_id },
            check_consume: check == CheckConsume::Yes,
        };
        self.read_code(code, &request).await
    }

    /// How the code stands that a dynamic code of a member card belongs to, whether or not it can be
    /// redeemed.
    ///
    /// A dynamic code is shown for a short time; with `even_expired` one that was shown before is
    /// still found, for what a shop took in while it was offline.
    ///
    /// Source: the official page on codes, as comments of public clients quote it.
    ///
    /// # Errors
    ///
    /// As [`Self::code`].
    pub async fn dynamic_code(
        &self,
        code: CodeRef<'_>,
        even_expired: bool,
    ) -> Result<CodeDetail, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            #[serde(flatten)]
            code: CodeRef<'a>,
            check_consume: bool,
            is_expire_dynamic_code: bool,
        }

        let request = Request {
            code,
            check_consume: false,
            is_expire_dynamic_code: even_expired,
        };
        self.read_code(code.code, &request).await
    }

    async fn read_code(
        &self,
        asked: &CardCode,
        request: &impl Serialize,
    ) -> Result<CodeDetail, Error> {
        #[derive(Deserialize)]
        struct Card {
            card_id: CardId,
            #[serde(deserialize_with = "whole")]
            begin_time: i64,
            #[serde(deserialize_with = "whole")]
            end_time: i64,
            /// Some captures have none.
            code: Option<CardCode>,
        }

        #[derive(Deserialize)]
        struct Answer {
            card: Card,
            openid: OpenId,
            #[serde(deserialize_with = "flag")]
            can_consume: bool,
            user_card_status: UserCardStatus,
            outer_str: Option<String>,
        }

        let answer: Answer = self.call(Call::ask("/card/code/get", request)).await?;
        Ok(CodeDetail {
            card_id: answer.card.card_id,
            code: answer.card.code.unwrap_or_else(|| asked.clone()),
            begin_time: answer.card.begin_time,
            end_time: answer.card.end_time,
            openid: answer.openid,
            can_consume: answer.can_consume,
            status: answer.user_card_status,
            outer_str: answer.outer_str.filter(|text| !text.is_empty()),
        })
    }

    /// Redeems a code, once. `card_id` is needed for custom codes.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::CODE_CONSUMED`] when it was redeemed before, be it by an
    /// earlier try of this very call whose answer got lost; with
    /// [`crate::ErrCode::CODE_UNAVAILABLE`], [`crate::ErrCode::INVALID_TIME`] or
    /// [`crate::ErrCode::UNKNOWN_CODE`] when it cannot be. After [`Error::NoAnswer`] or
    /// [`Error::Unreadable`] it may be redeemed.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(client: &wechat_client::Client) -> Result<(), wechat_client::Error> {
    /// let redeemed = client.consume_code(&"110201201245".into(), None).await?;
    /// println!("redeemed for {}", redeemed.openid);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn consume_code(
        &self,
        code: &CardCode,
        card_id: Option<&CardId>,
    ) -> Result<Consumed, Error> {
        #[derive(Deserialize)]
        struct Card {
            card_id: CardId,
        }

        #[derive(Deserialize)]
        struct Answer {
            card: Card,
            openid: OpenId,
        }

        let request = CodeRef { code, card_id };
        let answer: Answer = self.call(Call::act("/card/code/consume", &request)).await?;
        Ok(Consumed {
            card_id: answer.card.card_id,
            openid: answer.openid,
        })
    }
}
