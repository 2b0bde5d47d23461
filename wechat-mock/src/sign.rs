//! The card signature, as WeChat's app checks it.
//!
//! Written apart from the client's own signing on purpose: two sides that share this code would
//! agree on a mistake. Both are held to the known answers in `fixtures`.

use sha1::{Digest, Sha1};

pub(crate) mod diagnose;

/// What is signed for one claim; an empty value is as good as an absent one.
///
/// Source: official page JS-SDK, appendix 4.
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
        let mut values: Vec<&str> = self.named().into_iter().map(|(_, value)| value).collect();
        values.sort_unstable();
        values
    }

    /// The sorted values, with nothing between them.
    pub fn joined(&self) -> String {
        self.sorted().concat()
    }

    /// The signature: SHA-1 of [`Self::joined`], 40 lower-case hex digits.
    pub fn signature(&self) -> String {
        sha1_hex(&self.joined())
    }

    /// The values that take part with their names, in the order of the documentation.
    fn named(&self) -> Vec<(&'static str, &'a str)> {
        [
            ("api_ticket", self.api_ticket),
            ("timestamp", self.timestamp),
            ("card_id", self.card_id),
            ("code", self.code),
            ("openid", self.openid),
            ("nonce_str", self.nonce_str),
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

    #[test]
    fn every_published_card_signature_comes_out() {
        let (mut checked, mut others) = (0, Vec::new());
        for vector in fixtures::signature_vectors().as_array().unwrap() {
            let kind = vector["kind"].as_str().unwrap();
            if !kind.starts_with("addCard") {
                others.push(kind);
                continue;
            }
            let inputs = &vector["inputs"];
            let signed = Signed {
                api_ticket: text(inputs, "api_ticket"),
                timestamp: text(inputs, "timestamp"),
                card_id: text(inputs, "card_id"),
                // In the refused case the nonce was left out of the sum.
                nonce_str: if kind == "addCard" {
                    text(inputs, "nonce_str")
                } else {
                    ""
                },
                code: text(inputs, "code"),
                openid: text(inputs, "openid"),
            };
            assert_eq!(signed.joined(), vector["joined"].as_str().unwrap());
            assert_eq!(signed.signature(), vector["sha1"].as_str().unwrap());
            checked += 1;
        }

        assert_eq!(checked, 10);
        // Page signatures, the choice of cards and a bare sum are not claims.
        assert_eq!(
            others,
            [
                "generic_sort_join",
                "jsapi_config",
                "jsapi_config",
                "chooseCard",
                "chooseCard"
            ]
        );
    }

    proptest! {
        #[test]
        fn the_sum_is_that_of_the_sorted_bytes(
            values in proptest::collection::vec("[ -~]{0,20}", 6),
        ) {
            let signed = Signed {
                api_ticket: &values[0],
                timestamp: &values[1],
                card_id: &values[2],
                nonce_str: &values[3],
                code: &values[4],
                openid: &values[5],
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
