//! What was seen: of the world and the ledger at a quiet point, and by the actors in all the time.

use std::collections::BTreeMap;

use serde_json::Value;

/// Seconds for which the backend keeps the answer of a key, with a day to spare.
pub(super) const KEPT: i64 = 6 * super::step::DAY;

/// World and ledger at a quiet point.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    /// Seconds since 1970.
    pub(super) now: i64,
    /// Cards of the world, by their ids.
    pub(super) cards: BTreeMap<String, Card>,
    /// Codes of the world.
    pub(super) codes: Vec<Code>,
    /// The admin's list of coupons.
    pub(super) coupons: Vec<Coupon>,
    /// The customers' lists of claims.
    pub(super) claims: Vec<Claim>,
    /// The admin's list of claims: card, last four digits of the code, status.
    pub(super) of_admin: Vec<(String, String, String)>,
}

/// A card of the world.
#[derive(Clone, Debug)]
pub(super) struct Card {
    /// WeChat's word.
    pub(super) status: String,
    /// What is left.
    pub(super) quantity: i64,
}

/// A code of the world.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) code: String,
    pub(super) card_id: String,
    pub(super) user: String,
    /// WeChat's word; one whose time is over is still `NORMAL`.
    pub(super) status: String,
    /// It came from a friend, and so is no claim.
    pub(super) is_gift: bool,
    /// The last second in which it can be redeemed.
    pub(super) end_time: i64,
}

/// A coupon as the admin's list shows it.
#[derive(Clone, Debug)]
pub(super) struct Coupon {
    pub(super) card_id: String,
    pub(super) status: String,
    pub(super) remaining: Option<i64>,
}

/// A claim as its customer's list shows it.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) user: String,
    pub(super) code: String,
    pub(super) card_id: String,
    pub(super) status: String,
    pub(super) redeemed_at: Option<String>,
}

/// What the actors did and were told since the history began.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    /// Drafts that became a card, by the card.
    pub(super) made: BTreeMap<String, Made>,
    /// Codes of claims that were answered with success.
    pub(super) claimed: Vec<String>,
    /// Every `redeemed_at` that was told: code and time.
    pub(super) redeemed_at: Vec<(String, String)>,
    /// Calls that act: those with the same key are one.
    pub(super) calls: Vec<Acted>,
    /// All answers of the backend.
    pub(super) answers: Vec<Answered>,
}

/// What a coupon was made with.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) coupon_id: String,
    /// In the order in which they were made.
    pub(super) number: usize,
    pub(super) stock: i64,
    pub(super) limit: usize,
}

/// A call that acts at WeChat, and all its answers.
#[derive(Clone, Debug)]
pub(super) struct Acted {
    pub(super) key: Option<String>,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) body: Value,
    /// When it was first made, in seconds since 1970.
    pub(super) at: i64,
    pub(super) answers: Vec<Answered>,
}

impl Acted {
    /// The first answer that a repeat has to get, too.
    pub(super) fn final_answer(&self) -> Option<&Answered> {
        self.answers.iter().find(|answer| answer.is_final())
    }

    /// Whether it ended well.
    pub(super) fn is_done(&self) -> bool {
        self.answers.iter().any(|answer| answer.status < 300)
    }

    /// The code that it redeems, or makes void.
    pub(super) fn code(&self, verb: &str) -> Option<&str> {
        let rest = self.path.strip_prefix("/admin/v1/codes/")?;
        let (code, of) = rest.split_once('/')?;
        (of == verb).then_some(code)
    }
}

/// An answer of the backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    /// Method and path, for readers.
    pub(super) call: String,
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) has_retry_after: bool,
}

impl Answered {
    /// The stable code of an error.
    pub(super) fn error(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// Whether a repeat under the same key has to be answered so again: 5xx, what nobody holds yet and
    /// what time lifts is not kept.
    pub(super) fn is_final(&self) -> bool {
        let reason = self.body["error"]["reason"].as_str().unwrap_or_default();
        self.status < 500
            && self.status != 404
            && self.error() != "operation_in_progress"
            && !["not_yet_valid", "unavailable", "unknown"].contains(&reason)
    }

    /// What a repeat has in common with the first: all but the id of the request.
    pub(super) fn told(&self) -> (u16, Value) {
        let mut body = self.body.clone();
        let error = body.get_mut("error").and_then(Value::as_object_mut);
        if let Some(error) = error {
            error.shift_remove("request_id");
        }
        (self.status, body)
    }
}
