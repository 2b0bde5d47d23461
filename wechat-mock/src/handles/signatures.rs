//! What signatures should be, and what is wrong with those at hand.

use serde_json::Value;

use super::{CardExt, ControlError, SignatureCheck};
use crate::{
    control::{Signature, check_signature},
    mock::Mock,
};

/// Looks at signatures without a customer and without a claim: nothing is used up.
///
/// Each check tells the right signature for the ticket that the account was given last.
///
/// # Examples
///
/// ```
/// let mock = wechat_mock::MockWechat::start_blocking();
/// mock.world().reset_to("shop")?;
/// let card_id = mock.cards().list().remove(0).card_id;
///
/// let card_ext = r#"{"timestamp": "1798000000", "nonce_str": "n", "signature": "wrong"}"#;
/// let check = mock.signatures().card_ext(&card_id, card_ext)?;
/// assert!(!check.is_ok() && check.rule.is_some());
/// // To be signed: what WeChat would sort and join.
/// assert!(check.values.contains(&card_id));
/// # Ok::<(), wechat_mock::ControlError>(())
/// ```
#[derive(Clone)]
pub struct Signatures(Mock);

impl std::fmt::Debug for Signatures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Signatures").finish_non_exhaustive()
    }
}

impl Signatures {
    pub(crate) fn new(mock: &Mock) -> Self {
        Self(mock.clone())
    }

    /// Checks what a page hands to `wx.addCard` for a card.
    ///
    /// # Errors
    ///
    /// 404 when no card has this id.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let refused = mock.signatures().card_ext("pNoSuchCard", "{}");
    /// assert_eq!(refused.unwrap_err().status, 404);
    /// ```
    pub fn card_ext(
        &self,
        card_id: &str,
        card_ext: impl Into<CardExt>,
    ) -> Result<SignatureCheck, ControlError> {
        self.check(&Signature::of_card_ext(card_id, card_ext.into().0))
    }

    /// Checks what a page of the Official Account `appid` hands to `wx.chooseCard`: `arguments` is the
    /// object that the page passes, as in [`User::choose_card`](crate::User::choose_card).
    ///
    /// # Errors
    ///
    /// 404 when there is no such account, 422 when it is a mini-program or an argument has an unknown name.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let appid = mock.official_account().appid;
    /// let arguments = serde_json::json!({
    ///     "timestamp": 1798000000, "nonceStr": "n", "signType": "SHA1", "cardSign": "wrong",
    /// });
    /// let check = mock.signatures().choose_card(&appid, &arguments)?;
    /// assert!(!check.is_ok() && check.values.contains(&appid));
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn choose_card(
        &self,
        appid: &str,
        arguments: &Value,
    ) -> Result<SignatureCheck, ControlError> {
        self.check(&Signature::of_choice(appid, arguments)?)
    }

    /// Checks what a page of the Official Account `appid` hands to `wx.config`: `arguments` is the object
    /// that the page passes, of which `timestamp`, `nonceStr` and `signature` are looked at, and `url` the
    /// address of the page, as `location.href` has it.
    ///
    /// # Errors
    ///
    /// 404 when there is no such account, 422 when it is a mini-program.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let appid = mock.official_account().appid;
    /// let arguments = serde_json::json!({"timestamp": 1, "nonceStr": "n", "signature": "wrong"});
    /// let check = mock.signatures().page(&appid, "https://shop.example/", &arguments)?;
    /// // Nobody has asked /cgi-bin/ticket/getticket for a ticket of the kind jsapi.
    /// assert_eq!(check.mistake.unwrap().id.as_deref(), Some("no_ticket"));
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn page(
        &self,
        appid: &str,
        url: &str,
        arguments: &Value,
    ) -> Result<SignatureCheck, ControlError> {
        self.check(&Signature::of_page(appid, url, arguments))
    }

    fn check(&self, signature: &Signature) -> Result<SignatureCheck, ControlError> {
        Ok(SignatureCheck::of(check_signature(&self.0, signature)?))
    }
}
