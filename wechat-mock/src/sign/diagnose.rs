//! Which known mistake produces the hash that came.
//!
//! WeChat says no more than "signature error". The mistakes people make are few, so each is tried
//! until one gives the hash in question.

use md5::Md5;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Signed, sha1_hex};
use crate::facts;

/// A secret that could have been signed in place of the right ticket.
#[derive(Clone, Debug)]
pub(crate) struct OtherSecret {
    /// The mistake it would be, an id of `fixtures::signature_mistakes`.
    pub(crate) mistake: &'static str,
    pub(crate) value: String,
}

/// What is known about a signature that was refused.
#[derive(Clone, Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) signed: Signed<'a>,
    /// The hash that came.
    pub(crate) received: &'a str,
    /// Values of cardExt that take no part in the sum.
    pub(crate) unsigned: Vec<&'a str>,
    pub(crate) others: Vec<OtherSecret>,
}

/// Texts that languages put in place of a value that is not there.
const ABSENT: [&str; 6] = ["undefined", "null", "None", "[object Object]", "nil", "NaN"];

impl Evidence<'_> {
    /// What there is to say about the sum: `sorted`, `joined`, `expected`, `received`, `mistake`.
    pub(crate) fn describe(&self) -> Value {
        let mistake = self.mistake();
        let texts = facts::signature_mistake(mistake);
        json!({
            "sorted": self.signed.sorted(),
            "joined": self.signed.joined(),
            "expected": self.signed.signature(),
            "received": self.received,
            "mistake": {
                "id": mistake,
                "en": texts["mistake"]["en"],
                "zh": texts["mistake"]["zh"],
                "fix": texts["fix"],
            },
        })
    }

    /// The id of the mistake that gives the hash that came, `other` when none does.
    pub(crate) fn mistake(&self) -> &'static str {
        self.wrong_hash()
            .or_else(|| self.wrong_ticket())
            .or_else(|| self.wrong_order())
            .or_else(|| self.wrong_join())
            .or_else(|| self.wrong_set_of_values())
            .or_else(|| self.wrong_text())
            .unwrap_or("other")
    }

    fn gives(&self, joined: &str) -> bool {
        sha1_hex(joined) == self.received.to_ascii_lowercase()
    }

    fn gives_sorted(&self, mut values: Vec<&str>) -> bool {
        values.sort_unstable();
        self.gives(&values.concat())
    }

    fn wrong_hash(&self) -> Option<&'static str> {
        let joined = self.signed.joined();
        let received = self.received.to_ascii_lowercase();
        if self.gives(&joined) {
            return Some("upper_case_hex");
        }
        if hex::encode(Sha256::digest(&joined)) == received {
            return Some("sha256");
        }
        (hex::encode(Md5::digest(&joined)) == received).then_some("md5")
    }

    fn wrong_ticket(&self) -> Option<&'static str> {
        let other = self.others.iter().find(|other| {
            let signed = Signed {
                api_ticket: &other.value,
                ..self.signed
            };
            self.gives(&signed.joined())
        })?;
        Some(other.mistake)
    }

    fn wrong_order(&self) -> Option<&'static str> {
        let named = self.signed.named();
        let mut by_key = named.clone();
        by_key.sort_unstable_by_key(|(name, _)| *name);
        let by_key: Vec<&str> = by_key.into_iter().map(|(_, value)| value).collect();
        if self.gives(&by_key.concat()) {
            return Some("sorted_by_key");
        }

        let mut values: Vec<&str> = named.into_iter().map(|(_, value)| value).collect();
        let mut folded = values.clone();
        folded.sort_by_key(|value| value.to_lowercase());
        if self.gives(&folded.concat()) {
            return Some("case_insensitive_sort");
        }
        // What a language without a comparison for mixed values does: numbers first, by size.
        let mut numeric = values.clone();
        numeric.sort_by_key(|value| value.parse::<u128>().unwrap_or(u128::MAX));
        if self.gives(&numeric.concat()) {
            return Some("numeric_sort");
        }
        // At most six values: 720 orders.
        any_order(&mut values, 0, &mut |order| self.gives(&order.concat())).then_some("unsorted")
    }

    fn wrong_join(&self) -> Option<&'static str> {
        let mut named = self.signed.named();
        named.sort_unstable();
        let pairs = |nonce: &str, ticket: &str| {
            let pairs: Vec<String> = named
                .iter()
                .map(|(name, value)| {
                    let name = match *name {
                        "nonce_str" => nonce,
                        "api_ticket" => ticket,
                        other => other,
                    };
                    format!("{name}={value}")
                })
                .collect();
            pairs.join("&")
        };
        for nonce in ["nonce_str", "noncestr", "nonceStr"] {
            for ticket in ["api_ticket", "jsapi_ticket", "ticket"] {
                if self.gives(&pairs(nonce, ticket)) {
                    return Some("key_value_pairs");
                }
            }
        }
        [" ", ",", "&", "\n", "-", "_"]
            .into_iter()
            .any(|separator| self.gives(&self.signed.sorted().join(separator)))
            .then_some("joined_with_separator")
    }

    fn wrong_set_of_values(&self) -> Option<&'static str> {
        let signed = self.signed;
        let left_out = [
            (
                "nonce_left_out",
                Signed {
                    nonce_str: "",
                    ..signed
                },
            ),
            ("code_left_out", Signed { code: "", ..signed }),
            (
                "openid_left_out",
                Signed {
                    openid: "",
                    ..signed
                },
            ),
        ];
        if let Some((mistake, _)) = left_out
            .iter()
            .find(|(_, fewer)| *fewer != signed && self.gives(&fewer.joined()))
        {
            return Some(mistake);
        }
        for text in ABSENT {
            for times in 1..=3 {
                let mut values = signed.sorted();
                values.extend(std::iter::repeat_n(text, times));
                if self.gives_sorted(values) {
                    return Some("absent_as_text");
                }
            }
        }
        let one_too_many = self.unsigned.iter().any(|extra| {
            let mut values = signed.sorted();
            values.push(extra);
            self.gives_sorted(values)
        });
        let mut all = signed.sorted();
        all.extend(&self.unsigned);
        (one_too_many || (!self.unsigned.is_empty() && self.gives_sorted(all)))
            .then_some("outer_str_signed")
    }

    fn wrong_text(&self) -> Option<&'static str> {
        let sorted = self.signed.sorted();
        for blank in [" ", "\n", "\r\n", "\t"] {
            if self.gives(&(sorted.concat() + blank)) {
                return Some("stray_blank");
            }
            for at in 0..sorted.len() {
                for padded in [
                    format!("{}{blank}", sorted[at]),
                    format!("{blank}{}", sorted[at]),
                ] {
                    let mut values = sorted.clone();
                    values[at] = &padded;
                    if self.gives_sorted(values) {
                        return Some("stray_blank");
                    }
                }
            }
        }
        self.other_timestamps()
            .any(|timestamp| {
                let signed = Signed {
                    timestamp: &timestamp,
                    ..self.signed
                };
                self.gives(&signed.joined())
            })
            .then_some("milliseconds")
    }

    /// The seconds of a millisecond timestamp, or the thousand milliseconds of a second.
    fn other_timestamps(&self) -> impl Iterator<Item = String> {
        let timestamp = self.signed.timestamp;
        let seconds = timestamp
            .get(..10)
            .filter(|_| timestamp.len() > 10)
            .map(str::to_owned);
        let milliseconds = (timestamp.len() == 10)
            .then(|| (0..1000).map(move |part| format!("{timestamp}{part:03}")));
        seconds
            .into_iter()
            .chain(milliseconds.into_iter().flatten())
    }
}

/// Whether any order of `values` satisfies `holds`; the first `fixed` stay where they are.
fn any_order<'a>(
    values: &mut Vec<&'a str>,
    fixed: usize,
    holds: &mut impl FnMut(&[&'a str]) -> bool,
) -> bool {
    if fixed == values.len() {
        return holds(values);
    }
    for next in fixed..values.len() {
        values.swap(fixed, next);
        let found = any_order(values, fixed + 1, holds);
        values.swap(fixed, next);
        if found {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: Signed<'static> = Signed {
        api_ticket: "Zticket-of-the-account",
        timestamp: "1798000000",
        card_id: "pAbCdE0123456789",
        nonce_str: "Q7nonce",
        code: "",
        openid: "",
    };

    fn mistake_of(received: &str) -> &'static str {
        Evidence {
            signed: SIGNED,
            received,
            unsigned: vec!["shop-7"],
            others: vec![
                OtherSecret {
                    mistake: "jsapi_ticket",
                    value: "jsapi".to_owned(),
                },
                OtherSecret {
                    mistake: "foreign_ticket",
                    value: "theirs".to_owned(),
                },
                OtherSecret {
                    mistake: "expired_ticket",
                    value: "former".to_owned(),
                },
            ],
        }
        .mistake()
    }

    fn sum(values: &[&str]) -> String {
        sha1_hex(&values.concat())
    }

    #[test]
    fn each_known_mistake_is_told_from_its_hash() {
        let Signed {
            api_ticket: ticket,
            timestamp,
            card_id: card,
            nonce_str: nonce,
            ..
        } = SIGNED;
        let joined = SIGNED.joined();
        let with_ticket = |api_ticket| {
            Signed {
                api_ticket,
                ..SIGNED
            }
            .signature()
        };
        let cases = [
            ("jsapi_ticket", with_ticket("jsapi")),
            ("foreign_ticket", with_ticket("theirs")),
            ("expired_ticket", with_ticket("former")),
            ("sorted_by_key", sum(&[ticket, card, nonce, timestamp])),
            ("unsorted", sum(&[ticket, timestamp, card, nonce])),
            (
                "case_insensitive_sort",
                sum(&[timestamp, card, nonce, ticket]),
            ),
            ("numeric_sort", sum(&[timestamp, ticket, card, nonce])),
            ("absent_as_text", {
                let mut values = SIGNED.sorted();
                values.extend(["undefined", "undefined"]);
                values.sort_unstable();
                sum(&values)
            }),
            (
                "nonce_left_out",
                Signed {
                    nonce_str: "",
                    ..SIGNED
                }
                .signature(),
            ),
            ("outer_str_signed", {
                let mut values = SIGNED.sorted();
                values.push("shop-7");
                values.sort_unstable();
                sum(&values)
            }),
            (
                "milliseconds",
                Signed {
                    timestamp: "1798000000123",
                    ..SIGNED
                }
                .signature(),
            ),
            ("upper_case_hex", SIGNED.signature().to_uppercase()),
            ("stray_blank", sha1_hex(&format!("{joined}\n"))),
            ("stray_blank", with_ticket("Zticket-of-the-account ")),
            (
                "joined_with_separator",
                sha1_hex(&SIGNED.sorted().join(",")),
            ),
            (
                "key_value_pairs",
                sha1_hex(&format!(
                    "api_ticket={ticket}&card_id={card}&nonce_str={nonce}&timestamp={timestamp}"
                )),
            ),
            ("sha256", hex::encode(Sha256::digest(&joined))),
            ("md5", hex::encode(Md5::digest(&joined))),
            ("other", sha1_hex("something else")),
        ];

        for (mistake, received) in cases {
            assert_eq!(mistake_of(&received), mistake);
        }
    }

    #[test]
    fn every_mistake_that_can_be_named_has_its_texts() {
        let known: Vec<&str> = fixtures::signature_mistakes()
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_str().unwrap())
            .collect();

        for named in [
            "code_left_out",
            "openid_left_out",
            "app_secret",
            "access_token",
            "card_object",
            "other",
        ] {
            assert!(known.contains(&named), "{named}");
        }
    }
}
