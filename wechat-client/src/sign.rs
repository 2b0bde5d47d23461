//! Card signatures and what `wx.addCard` takes.
//!
//! Written apart from any server's own signing on purpose; both are held to published answers.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use crate::{CardCode, CardId, CardTicket, OpenId, Timestamp};

/// The signature over card values: SHA-1 of the values sorted as bytes and joined, in lower-case hex.
///
/// The order in which they are given does not matter; an empty value adds nothing. For
/// `wx.addCard` the values are the ticket, timestamp, `card_id`, nonce, and `code` and `openid` where
/// the card asks for them.
///
/// Source: official page JS-SDK, appendix 4.
///
/// # Examples
///
/// ```
/// let signature = wechat_client::card_signature([
///     "ojZ8YtyVyr30HheH3CM73y7h4jJE",
///     "1404896688",
///     "pjZ8Yt1XGILfi-FUsewpnnolGgZk",
///     "1434008071",
///     "123",
/// ]);
/// assert_eq!(signature, "f137ab68b7f8112d20ee528ab6074564e2796250");
/// ```
pub fn card_signature<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let mut values: Vec<&[u8]> = values.into_iter().map(str::as_bytes).collect();
    values.sort_unstable();
    let mut sum = Sha1::new();
    for value in values {
        sum.update(value);
    }
    hex::encode(sum.finalize())
}

/// Random text that is good for one claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

/// A text that is no nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a nonce has 1 to 32 letters and digits")]
pub struct NonceError;

impl Nonce {
    /// The longest that WeChat takes, in characters.
    pub const MAX: usize = 32;

    /// A nonce that was never used: 32 hex digits from the system's randomness.
    ///
    /// # Panics
    ///
    /// When the system has no randomness to give.
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system gives randomness");
        Self(hex::encode(bytes))
    }

    /// A nonce of the caller's.
    ///
    /// # Errors
    ///
    /// [`NonceError`] when it is empty, longer than [`Self::MAX`] or holds anything but ASCII
    /// letters and digits.
    pub fn new(text: impl Into<String>) -> Result<Self, NonceError> {
        let text = text.into();
        let fits = (1..=Self::MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits {
            Ok(Self(text))
        } else {
            Err(NonceError)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What one claim is signed for.
#[derive(Clone, Debug)]
pub struct CardExtRequest<'a> {
    /// The card.
    pub card_id: &'a CardId,
    /// Now.
    pub timestamp: Timestamp,
    /// Good for this claim alone.
    pub nonce: Nonce,
    /// For cards with `use_custom_code` alone.
    pub code: Option<&'a CardCode>,
    /// For cards with `bind_openid` alone: the openid at the Official Account.
    pub openid: Option<&'a OpenId>,
    /// A tag that comes back with the claim; not signed.
    pub outer_str: Option<&'a str>,
    /// Begin of validity, for cards with `DATE_TYPE_FIX_TERM`; not signed.
    pub fixed_begin: Option<Timestamp>,
}

/// `cardExt`: the signed terms of one claim.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardExt {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<CardCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    openid: Option<OpenId>,
    timestamp: Timestamp,
    nonce_str: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fixed_begintimestamp: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outer_str: Option<String>,
    signature: String,
}

impl CardExt {
    /// Signs one claim with the ticket of the account that made the card.
    pub fn sign(ticket: &CardTicket, request: CardExtRequest<'_>) -> Self {
        let timestamp = request.timestamp.to_string();
        let signature = card_signature([
            ticket.expose(),
            &timestamp,
            request.card_id.as_str(),
            request.nonce.as_str(),
            request.code.map_or("", CardCode::as_str),
            request.openid.map_or("", OpenId::as_str),
        ]);
        Self {
            code: request.code.cloned(),
            openid: request.openid.cloned(),
            timestamp: request.timestamp,
            nonce_str: request.nonce.0,
            fixed_begintimestamp: request.fixed_begin,
            outer_str: request.outer_str.map(str::to_owned),
            signature,
        }
    }

    /// The JSON text that `wx.addCard` wants; it takes no object.
    ///
    /// # Panics
    ///
    /// Never: all of it can be written as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts can be written as JSON")
    }

    /// The signature: 40 lower-case hex digits.
    pub fn signature(&self) -> &str {
        &self.signature
    }
}

impl fmt::Debug for CardExt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The signature lets its holder claim a card.
        f.debug_struct("CardExt")
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

/// One entry of `cardList` in `wx.addCard`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddCardItem {
    /// The card.
    #[serde(rename = "cardId")]
    pub card_id: CardId,
    /// [`CardExt::to_json`].
    #[serde(rename = "cardExt")]
    pub card_ext: String,
}

impl AddCardItem {
    /// The entry of one signed claim.
    pub fn new(card_id: CardId, ext: &CardExt) -> Self {
        Self {
            card_id,
            card_ext: ext.to_json(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The claim of the official page.
    fn published() -> CardExt {
        let card_id = CardId::from("pjZ8Yt1XGILfi-FUsewpnnolGgZk");
        let code = CardCode::from("1434008071");
        let request = CardExtRequest {
            card_id: &card_id,
            timestamp: Timestamp::from_seconds(1_404_896_688).unwrap(),
            nonce: Nonce::new("123").unwrap(),
            code: Some(&code),
            openid: None,
            outer_str: None,
            fixed_begin: None,
        };
        CardExt::sign(&CardTicket::from("ojZ8YtyVyr30HheH3CM73y7h4jJE"), request)
    }

    #[test]
    fn the_signature_of_a_claim_is_the_published_one() {
        assert_eq!(
            published().signature(),
            "f137ab68b7f8112d20ee528ab6074564e2796250"
        );
    }

    #[test]
    fn a_card_ext_shows_when_it_was_signed_and_nothing_that_claims_a_card() {
        let shown = format!("{:?}", published());
        assert!(
            shown.contains("timestamp") && shown.contains("1404896688"),
            "{shown}"
        );
        for hidden in ["f137ab68", "1434008071", "nonce"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
    }
}
