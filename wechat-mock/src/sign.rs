//! The card signature, as WeChat's app checks it.
//!
//! Written apart from the client's own signing on purpose: two sides that share this code would
//! agree on a mistake. Both are held to the known answers in `fixtures`.

use sha1::{Digest, Sha1};

pub(crate) mod diagnose;
pub(crate) mod page;

/// What is signed for one claim; an empty value is as good as an absent one.
///
/// Source: official page JS-SDK, appendix 4.
///
/// # Examples
///
/// ```
/// use wechat_mock::sign::Signed;
///
/// let signed = Signed {
///     api_ticket: "ticket",
///     timestamp: "1798000000",
///     card_id: "pCard",
///     nonce_str: "nonce",
///     ..Signed::default()
/// };
/// // Sorted as bytes, with nothing between them; what is empty takes no part.
/// assert_eq!(signed.sorted(), ["1798000000", "nonce", "pCard", "ticket"]);
/// assert_eq!(signed.joined(), "1798000000noncepCardticket");
/// assert_eq!(signed.signature().len(), 40);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signed<'a> {
    /// The `wx_card` ticket of the card's own account.
    pub api_ticket: &'a str,
    /// Seconds since 1970, as the text that stands in cardExt.
    pub timestamp: &'a str,
    /// The card.
    pub card_id: &'a str,
    /// Random text of at most 32 characters.
    pub nonce_str: &'a str,
    /// For cards with `use_custom_code` alone.
    pub code: &'a str,
    /// For cards with `bind_openid` alone.
    pub openid: &'a str,
}

impl<'a> Signed<'a> {
    /// The values that take part, sorted as bytes.
    pub fn sorted(&self) -> Vec<&'a str> {
        Values::from(*self).sorted()
    }

    /// The sorted values, with nothing between them.
    pub fn joined(&self) -> String {
        Values::from(*self).joined()
    }

    /// The signature: SHA-1 of [`Self::joined`], 40 lower-case hex digits.
    pub fn signature(&self) -> String {
        Values::from(*self).signature()
    }
}

/// What is signed for one call of `wx.chooseCard`, as its `cardSign`; an empty value is as good as an
/// absent one.
///
/// Source: official page JS-SDK, appendix 4.
///
/// # Examples
///
/// ```
/// use wechat_mock::sign::ChooseCardSigned;
///
/// let signed = ChooseCardSigned {
///     api_ticket: "ticket",
///     app_id: "wx0000000000000001",
///     timestamp: "1798000000",
///     nonce_str: "nonce",
///     ..ChooseCardSigned::default()
/// };
/// assert_eq!(signed.sorted(), ["1798000000", "nonce", "ticket", "wx0000000000000001"]);
/// assert_eq!(signed.signature().len(), 40);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChooseCardSigned<'a> {
    /// The `wx_card` ticket of the account whose page calls it.
    pub api_ticket: &'a str,
    /// The appid of that account.
    pub app_id: &'a str,
    /// `shopId` of the call.
    pub location_id: &'a str,
    /// Seconds since 1970, as the text that is passed.
    pub timestamp: &'a str,
    /// `nonceStr` of the call.
    pub nonce_str: &'a str,
    /// `cardId` of the call.
    pub card_id: &'a str,
    /// `cardType` of the call.
    pub card_type: &'a str,
}

impl<'a> ChooseCardSigned<'a> {
    /// The values that take part, sorted as bytes.
    pub fn sorted(&self) -> Vec<&'a str> {
        Values::from(*self).sorted()
    }

    /// The signature: SHA-1 of the sorted values, 40 lower-case hex digits.
    pub fn signature(&self) -> String {
        Values::from(*self).signature()
    }
}

/// The values of either sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Values<'a> {
    pub(crate) api_ticket: &'a str,
    pub(crate) timestamp: &'a str,
    pub(crate) card_id: &'a str,
    pub(crate) nonce_str: &'a str,
    pub(crate) code: &'a str,
    pub(crate) openid: &'a str,
    /// Of `wx.chooseCard` alone, as the two behind it.
    pub(crate) app_id: &'a str,
    pub(crate) location_id: &'a str,
    pub(crate) card_type: &'a str,
}

impl<'a> From<Signed<'a>> for Values<'a> {
    fn from(signed: Signed<'a>) -> Self {
        Self {
            api_ticket: signed.api_ticket,
            timestamp: signed.timestamp,
            card_id: signed.card_id,
            nonce_str: signed.nonce_str,
            code: signed.code,
            openid: signed.openid,
            ..Self::default()
        }
    }
}

impl<'a> From<ChooseCardSigned<'a>> for Values<'a> {
    fn from(signed: ChooseCardSigned<'a>) -> Self {
        Self {
            api_ticket: signed.api_ticket,
            timestamp: signed.timestamp,
            card_id: signed.card_id,
            nonce_str: signed.nonce_str,
            app_id: signed.app_id,
            location_id: signed.location_id,
            card_type: signed.card_type,
            ..Self::default()
        }
    }
}

impl<'a> Values<'a> {
    /// The values that take part, sorted as bytes.
    pub(crate) fn sorted(&self) -> Vec<&'a str> {
        let mut values: Vec<&str> = self.named().into_iter().map(|(_, value)| value).collect();
        if !crate::breaks::broken("signature-unsorted") {
            values.sort_unstable();
        }
        values
    }

    /// The sorted values, with nothing between them.
    pub(crate) fn joined(&self) -> String {
        self.sorted().concat()
    }

    /// SHA-1 of the joined values, 40 lower-case hex digits.
    pub(crate) fn signature(&self) -> String {
        sha1_hex(&self.joined())
    }

    /// The values that take part with their names, in the order of the documentation.
    fn named(&self) -> Vec<(&'static str, &'a str)> {
        [
            ("api_ticket", self.api_ticket),
            (
                "timestamp",
                if crate::breaks::broken("timestamp-not-signed") {
                    ""
                } else {
                    self.timestamp
                },
            ),
            ("card_id", self.card_id),
            (
                "code",
                if crate::breaks::broken("code-not-signed") {
                    ""
                } else {
                    self.code
                },
            ),
            (
                "openid",
                if crate::breaks::broken("openid-not-signed") {
                    ""
                } else {
                    self.openid
                },
            ),
            (
                "nonce_str",
                if crate::breaks::broken("nonce-not-signed") {
                    ""
                } else {
                    self.nonce_str
                },
            ),
            ("app_id", self.app_id),
            ("location_id", self.location_id),
            (
                "card_type",
                if crate::breaks::broken("card-type-not-signed") {
                    ""
                } else {
                    self.card_type
                },
            ),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
    }
}

fn sha1_hex(text: &str) -> String {
    hex::encode(Sha1::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn text<'a>(inputs: &'a Value, name: &str) -> &'a str {
        inputs[name].as_str().unwrap_or_default()
    }

    fn claim_of(values: Values<'_>) -> Signed<'_> {
        Signed {
            api_ticket: values.api_ticket,
            timestamp: values.timestamp,
            card_id: values.card_id,
            nonce_str: values.nonce_str,
            code: values.code,
            openid: values.openid,
        }
    }

    fn choice_of(values: Values<'_>) -> ChooseCardSigned<'_> {
        ChooseCardSigned {
            api_ticket: values.api_ticket,
            app_id: values.app_id,
            location_id: values.location_id,
            timestamp: values.timestamp,
            nonce_str: values.nonce_str,
            card_id: values.card_id,
            card_type: values.card_type,
        }
    }

    #[test]
    fn every_published_card_signature_comes_out() {
        let (mut checked, mut others) = (0, Vec::new());
        for vector in fixtures::signature_vectors().as_array().unwrap() {
            let kind = vector["kind"].as_str().unwrap();
            let is_choice = kind == "chooseCard";
            if !kind.starts_with("addCard") && !is_choice {
                others.push(kind);
                continue;
            }
            let inputs = &vector["inputs"];
            let signed = Values {
                api_ticket: text(inputs, "api_ticket"),
                timestamp: text(inputs, "timestamp"),
                card_id: text(inputs, "card_id"),
                // In the refused case the nonce was left out of the sum.
                nonce_str: if kind == "addCard" || is_choice {
                    text(inputs, "nonce_str")
                } else {
                    ""
                },
                code: text(inputs, "code"),
                openid: text(inputs, "openid"),
                app_id: text(inputs, "app_id"),
                location_id: text(inputs, "location_id"),
                card_type: text(inputs, "card_type"),
            };
            let joined = vector["joined"].as_str().unwrap();
            let sha1 = vector["sha1"].as_str().unwrap();
            assert_eq!(signed.joined(), joined);
            assert_eq!(signed.signature(), sha1);
            // The same by what a caller has at hand.
            let sorted: Vec<&str> = vector["sorted"]
                .as_array()
                .unwrap()
                .iter()
                .map(|value| value.as_str().unwrap())
                .collect();
            if is_choice {
                let choice = choice_of(signed);
                assert_eq!(
                    (choice.sorted(), choice.signature().as_str()),
                    (sorted, sha1)
                );
            } else {
                let claim = claim_of(signed);
                assert_eq!((claim.sorted(), claim.signature().as_str()), (sorted, sha1));
                assert_eq!(claim.joined(), joined);
            }
            checked += 1;
        }

        assert_eq!(checked, 12);
        // Page signatures and a bare sum are no card signatures.
        assert_eq!(
            others,
            ["generic_sort_join", "jsapi_config", "jsapi_config"]
        );
    }

    proptest! {
        #[test]
        fn the_sum_is_that_of_the_sorted_bytes(
            values in proptest::collection::vec("[ -~]{0,20}", 9),
        ) {
            let signed = Values {
                api_ticket: &values[0],
                timestamp: &values[1],
                card_id: &values[2],
                nonce_str: &values[3],
                code: &values[4],
                openid: &values[5],
                app_id: &values[6],
                location_id: &values[7],
                card_type: &values[8],
            };
            let mut bytes: Vec<&[u8]> = values.iter().map(String::as_bytes).collect();
            bytes.sort();

            prop_assert_eq!(signed.signature(), hex::encode(Sha1::digest(bytes.concat())));
        }

        #[test]
        fn which_value_stands_where_does_not_matter(
            a in "[!-~]{1,20}", b in "[!-~]{1,20}", c in "[!-~]{1,20}", d in "[!-~]{1,20}",
        ) {
            let one = Signed { api_ticket: &a, timestamp: &b, card_id: &c, nonce_str: &d, ..Signed::default() };
            let two = Signed { api_ticket: &d, timestamp: &c, card_id: &a, code: &b, ..Signed::default() };

            prop_assert_eq!(one.signature(), two.signature());
        }
    }
}
