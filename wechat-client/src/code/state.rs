//! What becomes of a code without being redeemed.

use serde::Serialize;

use super::CodeRef;
use crate::{CardCode, CardId, Client, Error, OpenId, transport::Call};

/// Holds a friends' coupon for one customer, or lets it go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Mark<'a> {
    /// The code.
    pub code: &'a CardCode,
    /// The kind of card.
    pub card_id: &'a CardId,
    /// Who is to redeem it, at the Official Account.
    pub openid: &'a OpenId,
    /// Whether it is held.
    pub is_mark: bool,
}

impl Client {
    /// Gives a custom code another name, as after a gift: the giver may still know the former one.
    ///
    /// Source: official page `Managing_Coupons_Vouchers_and_Cards`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::UNKNOWN_CODE`] when nobody holds it. After
    /// [`Error::NoAnswer`] or [`Error::Unreadable`] it may go by either name.
    pub async fn update_code(&self, code: CodeRef<'_>, new_code: &CardCode) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            #[serde(flatten)]
            code: CodeRef<'a>,
            new_code: &'a CardCode,
        }

        self.done(Call::act("/card/code/update", &Request { code, new_code }))
            .await
    }

    /// Makes a code void, for good; its holder is told the reason.
    ///
    /// Source: official page `Managing_Coupons_Vouchers_and_Cards`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::UNKNOWN_CODE`] when nobody holds it, with
    /// [`crate::ErrCode::CODE_UNAVAILABLE`] when it is void already.
    pub async fn make_code_unavailable(
        &self,
        code: CodeRef<'_>,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            #[serde(flatten)]
            code: CodeRef<'a>,
            #[serde(skip_serializing_if = "Option::is_none")]
            reason: Option<&'a str>,
        }

        self.done(Call::act(
            "/card/code/unavailable",
            &Request { code, reason },
        ))
        .await
    }

    /// Holds a friends' coupon for one customer before it is redeemed, or lets it go.
    /// WeChat lets it go by itself after about five minutes.
    ///
    /// Source: page text in the comments of public clients.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::CODE_MARKED`] when it is held for somebody else.
    pub async fn mark_code(&self, mark: Mark<'_>) -> Result<(), Error> {
        self.done(Call::act("/card/code/mark", &mark)).await
    }
}
