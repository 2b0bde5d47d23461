//! Ids: each a type of its own, so that a `card_id` cannot stand where a code belongs.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text as WeChat writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

/// An id that may be shown.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        text! { $(#[$doc])* $name }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.0)
            }
        }
    };
}

id! {
    /// An app at WeChat: `wx` and 16 hex digits. An Official Account's and a mini-program's differ.
    AppId
}
id! {
    /// A user at one app: 28 characters that begin with `o`.
    OpenId
}
id! {
    /// A user at all apps of one Open Platform account.
    UnionId
}
id! {
    /// A kind of card, not one customer's card: 28 characters that begin with `p`.
    CardId
}
id! {
    /// A temporary file, kept for three days.
    MediaId
}
id! {
    /// A merchant of WeChat Pay: digits, as text.
    MchId
}
id! {
    /// A store, by its `poi_id`.
    PoiId
}

/// An id that is a number; WeChat's answers hold some of them as text.
macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(deserialize_with = "crate::wire::whole")] u64);

        impl $name {
            /// The number.
            pub fn number(self) -> u64 {
                self.0
            }
        }

        impl From<u64> for $name {
            fn from(number: u64) -> Self {
                Self(number)
            }
        }

        impl TryFrom<i64> for $name {
            type Error = std::num::TryFromIntError;

            fn try_from(number: i64) -> Result<Self, Self::Error> {
                u64::try_from(number).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id! {
    /// A sub-merchant, in whose name a parent account makes cards.
    MerchantId
}
number_id! {
    /// A rule by which a payment gives a card.
    RuleId
}
number_id! {
    /// A landing page.
    PageId
}

text! {
    /// One customer's card: 12 digits, or up to 20 characters of the shop's own.
    ///
    /// Whoever knows it can redeem it, so `Debug` shows its last four characters alone.
    CardCode
}
text! {
    /// A card code as `wx.addCard` gives it to the page: base64, to be decrypted by WeChat alone.
    EncryptedCode
}
text! {
    /// What `wx.login` gives the page: good once, for five minutes.
    JsCode
}

text! {
    /// What the page of a member card's form gets: the right to read what was filled in.
    ActivateTicket
}

impl fmt::Debug for CardCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.0.chars().count();
        let last: String = self.0.chars().skip(length.saturating_sub(4)).collect();
        // A code so short would be shown whole.
        let last = if length > 4 { last.as_str() } else { "" };
        write!(f, "CardCode(…{last})")
    }
}

impl fmt::Debug for EncryptedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptedCode([redacted])")
    }
}

impl fmt::Debug for ActivateTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActivateTicket([redacted])")
    }
}

impl fmt::Debug for JsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsCode([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_does_not_show_itself() {
        assert_eq!(
            format!("{:?}", CardCode::from("012345678901")),
            "CardCode(…8901)"
        );
        assert_eq!(format!("{:?}", CardCode::from("0123")), "CardCode(…)");
        assert!(!format!("{:?}", EncryptedCode::from("c2VjcmV0")).contains("c2Vj"));
        assert!(!format!("{:?}", JsCode::from("c2VjcmV0")).contains("c2Vj"));
    }

    #[test]
    fn a_leading_zero_stays() {
        let code: CardCode = serde_json::from_str("\"000012345678\"").unwrap();
        assert_eq!(code.as_str(), "000012345678");
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"000012345678\"");
    }
}
