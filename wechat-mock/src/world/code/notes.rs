//! What few codes have, kept apart so that the others stay small.

use serde_json::Value;

use super::UserNo;

/// Seconds for which a code is held for somebody by code/mark.
pub(crate) const MARK_LIFE: i64 = 300;
/// Seconds that a friend has to take a gift.
pub(crate) const GIFT_LIFE: i64 = 86_400;

/// Whom a code is held for, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) user: UserNo,
    pub(crate) until: i64,
}

impl Mark {
    /// A mark made at `now`.
    pub(crate) fn new(user: UserNo, now: i64) -> Self {
        Self {
            user,
            until: now.saturating_add(MARK_LIFE),
        }
    }
}

/// Whom a code was offered to, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gift {
    pub(crate) to: UserNo,
    pub(crate) until: i64,
}

impl Gift {
    /// An offer made at `now`.
    pub(crate) fn new(to: UserNo, now: i64) -> Self {
        Self {
            to,
            until: now.saturating_add(GIFT_LIFE),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Notes {
    pub(crate) mark: Option<Mark>,
    pub(crate) gift: Option<Gift>,
    /// Why the merchant made it void.
    pub(crate) reason: Option<Box<str>>,
    /// Its text before code/update.
    pub(crate) former: Option<Box<str>>,
    /// What the shop said of this ticket: seat, entrance, flight.
    pub(crate) details: Option<Value>,
}

impl Notes {
    /// Whom the code is held for at `now`.
    pub(crate) fn marked_for(&self, now: i64) -> Option<UserNo> {
        self.mark
            .filter(|mark| now < mark.until)
            .map(|mark| mark.user)
    }
}
