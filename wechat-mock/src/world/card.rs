//! A card: a kind of coupon, its terms, its stock and its review.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha1::{Digest, Sha1};

mod card_type;
mod cells;
mod deposit;
mod list;
mod node;
mod terms;

pub(crate) use card_type::CardType;
pub(crate) use cells::{Cells, SelfConsume};
pub(crate) use deposit::{Deposit, LONGEST_CODE, is_custom_code};
pub(crate) use list::{Cards, States};
pub(crate) use node::{Node, Piece, members};
pub(crate) use terms::{Dates, Description, Terms};

use super::clock;

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
    pub(crate) card_type: CardType,
    pub(crate) node: Node,
    pub(crate) terms: Terms,
    /// Changed by [`Cards::set_status`] alone.
    status: CardStatus,
    pub(crate) refuse_reason: String,
    pub(crate) quantity: u64,
    pub(crate) total_quantity: u64,
    pub(crate) create_time: i64,
    pub(crate) update_time: i64,
    pub(crate) review_due: Option<i64>,
    pub(crate) deposit: Deposit,
    pub(crate) cells: Cells,
    pub(crate) reminded_at: Option<i64>,
    used_pairs: BTreeSet<u128>,
}

/// The reviewer came to a card that is not waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotWaiting(pub(crate) CardStatus);

impl Card {
    /// A new card, waiting for its review.
    pub(crate) fn new(
        card_id: String,
        card_type: CardType,
        Description { node, terms }: Description,
        now: i64,
    ) -> Self {
        Self {
            card_id,
            card_type,
            node,
            terms,
            status: CardStatus::NotVerify,
            refuse_reason: String::new(),
            quantity: terms.first_stock,
            total_quantity: terms.first_stock,
            create_time: now,
            update_time: now,
            review_due: None,
            deposit: Deposit::default(),
            cells: Cells::default(),
            reminded_at: None,
            used_pairs: BTreeSet::new(),
        }
    }

    /// Reads a card back, or says what cannot be read.
    pub(crate) fn restore(record: CardRecord) -> Result<Self, (&'static str, &'static str)> {
        let card_type = CardType::read(&record.card_type)
            .ok_or(("card_type", "no type of card is called so"))?;
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
        let Description { node, terms } =
            Description::read(&record.node).ok_or(("node", "base_info has no dates"))?;
        if terms.deposit && record.quantity > record.deposit.left() {
            return Err((
                "quantity",
                "more than the codes that were put in and are left",
            ));
        }
        Ok(Self {
            terms,
            card_id: record.card_id,
            card_type,
            node,
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
            card_type: self.card_type.name.to_owned(),
            node: self.node.to_value(),
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

    /// How it stands.
    pub(crate) fn status(&self) -> CardStatus {
        self.status
    }

    /// Whether this pair was claimed with before.
    pub(crate) fn has_used(&self, timestamp: &str, nonce: &str) -> bool {
        self.used_pairs.contains(&pair(timestamp, nonce))
    }

    /// Remembers that this pair was claimed with.
    pub(crate) fn use_up(&mut self, timestamp: &str, nonce: &str) {
        self.used_pairs.insert(pair(timestamp, nonce));
    }

    /// The card says something else from now on.
    pub(crate) fn change(&mut self, description: Description, now: i64) {
        self.terms = description.terms;
        self.node = description.node;
        self.update_time = now;
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
