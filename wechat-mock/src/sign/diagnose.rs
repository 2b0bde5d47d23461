//! Which known mistake produces the hash that came.
//!
//! WeChat says no more than "signature error". The mistakes people make are few, so each is tried
//! until one gives the hash in question.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{Values, sha1_hex};

mod candidates;

/// Bytes of the joined values beyond which no other sums are tried: no claim is so long.
const LONGEST: usize = 4096;

/// A secret that could have been signed in place of the right ticket.
#[derive(Clone, Debug)]
pub(crate) struct OtherSecret {
    /// The mistake it would be, an id of `fixtures::signature_mistakes`.
    pub(crate) mistake: &'static str,
    pub(crate) value: String,
}

/// What one claim was signed with, and by whom it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) timestamp: String,
    pub(crate) nonce_str: String,
    pub(crate) signature: String,
    pub(crate) user: String,
}

impl Stamp {
    /// Bytes of timestamp, nonce and signature together beyond which a stamp is not remembered.
    pub(crate) const LONGEST: usize = 192;

    /// Bytes of what the page sent.
    pub(crate) fn size(&self) -> usize {
        self.timestamp.len() + self.nonce_str.len() + self.signature.len()
    }

    /// Why a pair of timestamp and nonce comes a second time, an id of `fixtures::mistakes`.
    pub(crate) fn repeated(&self, earlier: &[Self]) -> Option<&'static str> {
        let is_pair =
            |other: &&Self| self.timestamp == other.timestamp && self.nonce_str == other.nonce_str;
        let mut pairs = earlier.iter().filter(is_pair).peekable();
        pairs.peek()?;
        let is_other = |other: &Self| self.user != other.user || self.signature != other.signature;
        Some(if pairs.any(is_other) {
            "constant_nonce"
        } else {
            "card_ext_reused"
        })
    }

    /// Whether it is short enough to be remembered.
    pub(crate) fn is_short(&self) -> bool {
        self.size() <= Self::LONGEST
    }
}

/// What else may have been signed; whoever fills it keeps each list short.
#[derive(Clone, Debug, Default)]
pub(crate) struct Material {
    pub(crate) secrets: Vec<OtherSecret>,
    /// Other cards than the one claimed.
    pub(crate) cards: Vec<String>,
    /// Codes that do not stand in cardExt.
    pub(crate) codes: Vec<String>,
    /// The customer's openids.
    pub(crate) openids: Vec<String>,
    /// Appids of other accounts, for `wx.chooseCard`.
    pub(crate) app_ids: Vec<String>,
    /// Where the page may run, for a signature made as `wx.config` wants it.
    pub(crate) urls: Vec<String>,
}

impl Material {
    /// How much of each kind a choice is tried with: seven values have 5,040 orders as it is.
    pub(crate) const FEW: usize = 100;
}

/// What is known about a signature that was refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) signed: Values<'a>,
    /// The hash that came.
    pub(crate) received: &'a str,
    /// Names and values of cardExt that take no part in the sum.
    pub(crate) unsigned: &'a [(String, String)],
    pub(crate) material: &'a Material,
    /// What earlier claims were made with.
    pub(crate) earlier: &'a [Stamp],
}

impl Evidence<'_> {
    /// The sums: `sorted`, `joined`, `expected`, `received`.
    pub(crate) fn describe(&self) -> Value {
        json!({
            "sorted": self.signed.sorted(),
            "joined": self.signed.joined(),
            "expected": self.signed.signature(),
            "received": self.received,
        })
    }

    /// The id of the mistake that gives the hash that came, `other` when none does.
    pub(crate) fn mistake(&self) -> &'static str {
        let received = self.received.trim().to_ascii_lowercase();
        if let Some(mistake) = self.wrong_hash(&received) {
            return mistake;
        }
        if self.signed.joined().len() > LONGEST {
            return "other";
        }
        self.candidates()
            .find(|(_, joined)| sha1_hex(joined) == received)
            .map_or("other", |(mistake, _)| mistake)
    }

    /// The right string, hashed or written in another way.
    fn wrong_hash(&self, received: &str) -> Option<&'static str> {
        let joined = self.signed.joined();
        if sha1_hex(&joined) == received {
            let is_padded = self.received.trim() != self.received;
            return Some(if is_padded {
                "stray_blank"
            } else {
                "upper_case_hex"
            });
        }
        if hex::encode(Sha256::digest(&joined)) == received {
            return Some("sha256");
        }
        if hex::encode(Md5::digest(&joined)) == received {
            return Some("md5");
        }
        let digest = Sha1::digest(&joined);
        let unpadded = self.received.trim().trim_end_matches('=');
        if [STANDARD_NO_PAD, URL_SAFE_NO_PAD]
            .map(|base64| base64.encode(digest))
            .contains(&unpadded.to_owned())
        {
            return Some("base64");
        }
        self.is_keyed(received).then_some("hmac")
    }

    /// Whether it is an HMAC with the ticket or an `AppSecret` as its key.
    fn is_keyed(&self, received: &str) -> bool {
        let without_ticket = Values {
            api_ticket: "",
            ..self.signed
        };
        let secrets = self.material.secrets.iter();
        let keys = secrets
            .filter(|other| other.mistake == "app_secret")
            .map(|other| other.value.as_str())
            .take(8)
            .chain([self.signed.api_ticket]);
        let texts = [self.signed.joined(), without_ticket.joined()];
        keys.into_iter().any(|key| {
            texts.iter().any(|text| {
                keyed::<Hmac<Sha1>>(key, text) == received
                    || keyed::<Hmac<Sha256>>(key, text) == received
            })
        })
    }
}

fn keyed<M: Mac + KeyInit>(key: &str, text: &str) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).expect("HMAC takes any key");
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests;
