//! A card: a kind of coupon, its terms, its stock and its review.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha1::{Digest, Sha1};

mod cells;
mod deposit;

pub(crate) use cells::{Cells, SelfConsume};
pub(crate) use deposit::{Deposit, LONGEST_CODE, is_custom_code};

use super::clock;
use crate::facts;

const DAY: i64 = 86_400;

/// How a card stands; the names are WeChat's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CardStatus {
    #[serde(rename = "CARD_STATUS_NOT_VERIFY")]
    NotVerify,
    #[serde(rename = "CARD_STATUS_VERIFY_FAIL")]
    VerifyFail,
    #[serde(rename = "CARD_STATUS_VERIFY_OK")]
    VerifyOk,
    /// Deleted by the merchant.
    #[serde(rename = "CARD_STATUS_DELETE")]
    Delete,
    /// Approved, and handed out from WeChat's web console: the mock has none, a world file may.
    #[serde(rename = "CARD_STATUS_DISPATCH")]
    Dispatch,
}

impl CardStatus {
    /// Reads WeChat's name of a state, today's or a former one.
    pub(crate) fn read(name: &str) -> Option<Self> {
        match name {
            "CARD_STATUS_VERIFY_FALL" => Some(Self::VerifyFail),
            "CARD_STATUS_USER_DELETE" => Some(Self::Delete),
            "CARD_STATUS_USER_DISPATCH" => Some(Self::Dispatch),
            name => serde_json::from_value(Value::from(name)).ok(),
        }
    }

    /// WeChat's name of it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NotVerify => "CARD_STATUS_NOT_VERIFY",
            Self::VerifyFail => "CARD_STATUS_VERIFY_FAIL",
            Self::VerifyOk => "CARD_STATUS_VERIFY_OK",
            Self::Delete => "CARD_STATUS_DELETE",
            Self::Dispatch => "CARD_STATUS_DISPATCH",
        }
    }
}

/// When a code of the card can be redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dates {
    /// Seconds since 1970, the same for all codes.
    Range { begin: i64, end: i64 },
    /// Days, counted from the claim; `end` is a common last moment.
    Term {
        days: i64,
        starts_after: i64,
        end: Option<i64>,
    },
    /// Member cards alone.
    Permanent,
}

impl Dates {
    /// Reads `date_info` as create takes it; [`None`] when its keys do not make dates.
    pub(crate) fn read(info: &Value) -> Option<Self> {
        let number = |key: &str| whole(&info[key]);
        let kind = &info["type"];
        if kind == "DATE_TYPE_FIX_TIME_RANGE" || whole(kind) == Some(1) {
            Some(Self::Range {
                begin: number("begin_timestamp")?,
                end: number("end_timestamp")?,
            })
        } else if kind == "DATE_TYPE_FIX_TERM" || whole(kind) == Some(2) {
            Some(Self::Term {
                days: number("fixed_term")?,
                starts_after: number("fixed_begin_term")?,
                // Beside a begin it belongs to the other type, and is ignored; libraries send zeros.
                end: number("end_timestamp")
                    .filter(|end| *end != 0 && number("begin_timestamp").unwrap_or(0) == 0),
            })
        } else {
            (kind == "DATE_TYPE_PERMANENT").then_some(Self::Permanent)
        }
    }

    /// The moment after which nobody can claim any more.
    pub(crate) fn last_claim(self) -> Option<i64> {
        match self {
            Self::Range { end, .. } => Some(end),
            Self::Term { end, .. } => end,
            Self::Permanent => None,
        }
    }

    /// First and last second of a code claimed at `now`; `begin` overrides the first for a term.
    pub(crate) fn of_claim(self, now: i64, begin: Option<i64>) -> (i64, i64) {
        match self {
            Self::Range { begin, end } => (begin, end),
            Self::Term {
                days,
                starts_after,
                end,
            } => {
                let begin =
                    begin.unwrap_or_else(|| now.saturating_add(starts_after.saturating_mul(DAY)));
                let last = match days {
                    // Taken by a switch alone: the day of the claim.
                    0 => clock::end_of_day(begin),
                    days => begin.saturating_add(days.saturating_mul(DAY)),
                };
                (begin, end.map_or(last, |end| last.min(end)))
            }
            // As code/get was seen to show it.
            Self::Permanent => (0, clock::LATEST),
        }
    }
}

/// The attributes that claims and codes depend on, read once from the card's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) dates: Dates,
    pub(crate) use_custom_code: bool,
    /// Codes are imported; cardExt carries none.
    pub(crate) deposit: bool,
    pub(crate) bind_openid: bool,
    pub(crate) get_limit: u32,
}

impl Terms {
    fn read(node: &Value) -> Option<Self> {
        let base = &node["base_info"];
        let flag = |key: &str| base[key].as_bool().unwrap_or(false);
        Some(Self {
            dates: Dates::read(&base["date_info"])?,
            use_custom_code: flag("use_custom_code"),
            deposit: base["get_custom_code_mode"] == "GET_CUSTOM_CODE_MODE_DEPOSIT",
            bind_openid: flag("bind_openid"),
            get_limit: whole(&base["get_limit"])
                .and_then(|limit| limit.try_into().ok())
                .unwrap_or(50),
        })
    }
}

/// What a card is, as the world file holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CardRecord {
    pub(crate) card_id: String,
    pub(crate) card_type: String,
    /// What create took below the node named like the type.
    pub(crate) node: Value,
    pub(crate) status: CardStatus,
    /// Why the reviewer refused it.
    #[serde(default)]
    pub(crate) refuse_reason: String,
    /// Stock that is left.
    pub(crate) quantity: u64,
    /// All stock that was put in, less what was taken out again unclaimed.
    pub(crate) total_quantity: u64,
    #[serde(deserialize_with = "clock::time")]
    pub(crate) create_time: i64,
    #[serde(deserialize_with = "clock::time")]
    pub(crate) update_time: i64,
    /// When the review ends by itself.
    #[serde(default, deserialize_with = "clock::optional_time")]
    pub(crate) review_due: Option<i64>,
    /// Hashes of the (timestamp, `nonce_str`) pairs that were claimed with.
    #[serde(default)]
    pub(crate) used_pairs: Vec<String>,
    /// Codes that the merchant put in.
    #[serde(default, skip_serializing_if = "Deposit::is_empty")]
    pub(crate) deposit: Deposit,
    #[serde(default)]
    pub(crate) cells: Cells,
    /// When the account was last told that the stock runs low.
    #[serde(default, deserialize_with = "clock::optional_time")]
    pub(crate) reminded_at: Option<i64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub(crate) card_id: String,
    pub(crate) card_type: String,
    pub(crate) node: Value,
    pub(crate) terms: Terms,
    pub(crate) status: CardStatus,
    pub(crate) refuse_reason: String,
    pub(crate) quantity: u64,
    pub(crate) total_quantity: u64,
    pub(crate) create_time: i64,
    pub(crate) update_time: i64,
    pub(crate) review_due: Option<i64>,
    pub(crate) deposit: Deposit,
    pub(crate) cells: Cells,
    pub(crate) reminded_at: Option<i64>,
    used_pairs: HashSet<u128>,
}

/// The reviewer came to a card that is not waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotWaiting(pub(crate) CardStatus);

impl Card {
    /// A new card, waiting for its review; [`None`] when its JSON holds no dates.
    pub(crate) fn new(card_id: String, card_type: &str, node: Value, now: i64) -> Option<Self> {
        let terms = Terms::read(&node)?;
        let quantity = whole(&node["base_info"]["sku"]["quantity"])?
            .try_into()
            .ok()?;
        Some(Self {
            card_id,
            card_type: card_type.to_owned(),
            node,
            terms,
            status: CardStatus::NotVerify,
            refuse_reason: String::new(),
            quantity,
            total_quantity: quantity,
            create_time: now,
            update_time: now,
            review_due: None,
            deposit: Deposit::default(),
            cells: Cells::default(),
            reminded_at: None,
            used_pairs: HashSet::new(),
        })
    }

    /// Reads a card back, or says what cannot be read.
    pub(crate) fn restore(record: CardRecord) -> Result<Self, (&'static str, &'static str)> {
        if !facts::is_card_type(&record.card_type) {
            return Err(("card_type", "no type of card is called so"));
        }
        if record.quantity > record.total_quantity {
            return Err((
                "quantity",
                "more than total_quantity, all that was ever put in",
            ));
        }
        let used_pairs = record
            .used_pairs
            .iter()
            .map(|pair| u128::from_str_radix(pair, 16).ok())
            .collect::<Option<_>>()
            .ok_or(("used_pairs", "hashes of 32 hex digits each"))?;
        let terms = Terms::read(&record.node).ok_or(("node", "base_info has no dates"))?;
        if terms.deposit && record.quantity > record.deposit.left() {
            return Err((
                "quantity",
                "more than the codes that were put in and are left",
            ));
        }
        Ok(Self {
            terms,
            card_id: record.card_id,
            card_type: record.card_type,
            node: record.node,
            status: record.status,
            refuse_reason: record.refuse_reason,
            quantity: record.quantity,
            total_quantity: record.total_quantity,
            create_time: record.create_time,
            update_time: record.update_time,
            review_due: record.review_due,
            deposit: record.deposit,
            cells: record.cells,
            reminded_at: record.reminded_at,
            used_pairs,
        })
    }

    pub(crate) fn record(&self) -> CardRecord {
        let mut used_pairs: Vec<String> = self
            .used_pairs
            .iter()
            .map(|pair| format!("{pair:032x}"))
            .collect();
        used_pairs.sort_unstable();
        CardRecord {
            card_id: self.card_id.clone(),
            card_type: self.card_type.clone(),
            node: self.node.clone(),
            status: self.status,
            refuse_reason: self.refuse_reason.clone(),
            quantity: self.quantity,
            total_quantity: self.total_quantity,
            create_time: self.create_time,
            update_time: self.update_time,
            review_due: self.review_due,
            used_pairs,
            deposit: self.deposit.clone(),
            cells: self.cells,
            reminded_at: self.reminded_at,
        }
    }

    /// The name of the node that describes a card: its type in lower case.
    pub(crate) fn node_name(&self) -> String {
        self.card_type.to_ascii_lowercase()
    }

    /// The stock with which it was made.
    pub(crate) fn first_stock(&self) -> u64 {
        let quantity = whole(&self.node["base_info"]["sku"]["quantity"]);
        quantity
            .and_then(|quantity| quantity.try_into().ok())
            .unwrap_or_default()
    }

    /// Whether this pair was claimed with before.
    pub(crate) fn has_used(&self, timestamp: &str, nonce: &str) -> bool {
        self.used_pairs.contains(&pair(timestamp, nonce))
    }

    /// Remembers that this pair was claimed with.
    pub(crate) fn use_up(&mut self, timestamp: &str, nonce: &str) {
        self.used_pairs.insert(pair(timestamp, nonce));
    }

    /// A flag of `base_info` that is true unless create said otherwise.
    fn is_allowed(&self, key: &str) -> bool {
        self.node["base_info"][key].as_bool().unwrap_or(true)
    }

    pub(crate) fn can_give_friend(&self) -> bool {
        self.is_allowed("can_give_friend")
    }

    /// Whether the account hears of it when a holder looks at the card.
    pub(crate) fn pushes_views(&self) -> bool {
        self.node["base_info"]["need_push_on_view"] == true
    }

    /// How often one customer may redeem it.
    pub(crate) fn use_limit(&self) -> Option<u64> {
        whole(&self.node["base_info"]["use_limit"])?.try_into().ok()
    }

    /// The first store that the card names, 0 when it names none.
    pub(crate) fn first_store(&self) -> i64 {
        whole(&self.node["base_info"]["location_id_list"][0]).unwrap_or(0)
    }

    /// Gives the card another node; false, and nothing changes, when it holds no dates.
    #[must_use]
    pub(crate) fn change(&mut self, node: Value, now: i64) -> bool {
        let Some(terms) = Terms::read(&node) else {
            return false;
        };
        self.terms = terms;
        self.node = node;
        self.update_time = now;
        true
    }
}

/// 16 bytes of a hash: a million claims must not cost a million texts.
fn pair(timestamp: &str, nonce: &str) -> u128 {
    let hash: [u8; 20] = Sha1::new()
        .chain_update(timestamp)
        .chain_update([0])
        .chain_update(nonce)
        .finalize()
        .into();
    u128::from_be_bytes(*hash.first_chunk().expect("16 of 20 bytes"))
}

/// A whole number, as a number or as digits in a string.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => is_digits(text).then(|| text.parse().ok()).flatten(),
        _ => None,
    }
}

/// One or more decimal digits, perhaps with a minus sign before them.
fn is_digits(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_are_read_in_all_forms_that_create_takes() {
        let range = Dates::Range { begin: 10, end: 20 };
        for info in [
            json!({"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": 10, "end_timestamp": 20}),
            json!({"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": "10", "end_timestamp": "20"}),
            json!({"type": 1, "begin_timestamp": 10, "end_timestamp": 20}),
        ] {
            assert_eq!(Dates::read(&info), Some(range), "{info}");
        }
        let info = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 15, "fixed_begin_term": 0});
        assert_eq!(
            Dates::read(&info),
            Some(Dates::Term {
                days: 15,
                starts_after: 0,
                end: None
            })
        );
        assert_eq!(
            Dates::read(&json!({"type": "DATE_TYPE_FIX_TIME_RANGE"})),
            None
        );
    }

    #[test]
    fn a_term_counts_from_the_claim() {
        let dates = Dates::Term {
            days: 2,
            starts_after: 1,
            end: None,
        };
        assert_eq!(dates.of_claim(1000, None), (1000 + DAY, 1000 + 3 * DAY));
        assert_eq!(dates.of_claim(1000, Some(5000)), (5000, 5000 + 2 * DAY));

        let common_end = Dates::Term {
            days: 2,
            starts_after: 0,
            end: Some(1000 + DAY),
        };
        assert_eq!(common_end.of_claim(1000, None), (1000, 1000 + DAY));
    }

    #[test]
    fn only_whole_numbers_are_whole() {
        assert_eq!(whole(&json!("007")), Some(7));
        for value in [
            json!(1.5),
            json!("1.5"),
            json!(""),
            json!("-"),
            json!("1e3"),
            json!(null),
            json!(true),
        ] {
            assert_eq!(whole(&value), None, "{value}");
        }
    }
}
