//! What a coupon is, and what may be done with it: plain rules over plain data.

mod card;
mod draft;
mod fields;
mod valid;

use wechat_client::card::CardStatus;

pub(crate) use draft::Draft;
pub(crate) use fields::{Fault, Fields};
pub(crate) use valid::validity;

/// How far a coupon has come, in our words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// WeChat's reviewers have it.
    InReview,
    /// Customers can claim it.
    Approved,
    /// The reviewers turned it down.
    Refused,
    /// The merchant took it back.
    Withdrawn,
    /// WeChat has not said.
    Unknown,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InReview => "in_review",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Unknown => "unknown",
        }
    }

    /// The status that the ledger holds as text.
    pub(crate) fn from_ledger(text: &str) -> Self {
        [
            Self::InReview,
            Self::Approved,
            Self::Refused,
            Self::Withdrawn,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
        .unwrap_or(Self::Unknown)
    }
}

impl From<&CardStatus> for Status {
    fn from(status: &CardStatus) -> Self {
        match status {
            CardStatus::NotVerify => Self::InReview,
            CardStatus::VerifyFail => Self::Refused,
            // Handed out from WeChat's console before; it can still be claimed.
            CardStatus::VerifyOk | CardStatus::Dispatch => Self::Approved,
            CardStatus::UserDelete => Self::Withdrawn,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledger_keeps_every_status() {
        for status in [
            Status::InReview,
            Status::Approved,
            Status::Refused,
            Status::Withdrawn,
            Status::Unknown,
        ] {
            assert_eq!(Status::from_ledger(status.as_str()), status);
        }
    }
}
