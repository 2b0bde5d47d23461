//! How a claim stands, and what a list may show of it: plain rules over plain data.

use wechat_client::UserCardStatus;

/// How a code stands, in our words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClaimStatus {
    /// Its holder can use it.
    Claimed,
    /// It was redeemed.
    Redeemed,
    /// It was given to somebody, who holds it under another code.
    Gifted,
    /// Its holder threw it away.
    Deleted,
    /// Its time is over.
    Expired,
    /// The shop made it void.
    Void,
}

impl ClaimStatus {
    pub(crate) const ALL: [Self; 6] = [
        Self::Claimed,
        Self::Redeemed,
        Self::Gifted,
        Self::Deleted,
        Self::Expired,
        Self::Void,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Redeemed => "redeemed",
            Self::Gifted => "gifted",
            Self::Deleted => "deleted",
            Self::Expired => "expired",
            Self::Void => "void",
        }
    }

    /// Whether a code that stands so can be redeemed as far as the ledger knows; WeChat judges the
    /// time.
    pub(crate) const fn is_redeemable(self) -> bool {
        matches!(self, Self::Claimed | Self::Expired)
    }

    /// Of news of the same second, what cannot have been before the other counts.
    const fn rank(self) -> u8 {
        match self {
            Self::Claimed => 0,
            Self::Gifted => 1,
            Self::Deleted => 2,
            Self::Redeemed | Self::Expired | Self::Void => 3,
        }
    }
}

impl TryFrom<String> for ClaimStatus {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == text);
        known.ok_or_else(|| format!("no status of a claim: {text}"))
    }
}

impl From<&UserCardStatus> for ClaimStatus {
    fn from(status: &UserCardStatus) -> Self {
        match status {
            UserCardStatus::Consumed => Self::Redeemed,
            UserCardStatus::Expire => Self::Expired,
            UserCardStatus::GiftSucc => Self::Gifted,
            UserCardStatus::Delete => Self::Deleted,
            UserCardStatus::Unavailable => Self::Void,
            // On its way to somebody it is still its owner's, until they take it.
            _ => Self::Claimed,
        }
    }
}

/// Whether news of a status, and when it came to be, supersede what is known.
///
/// News comes late and in any order. What was redeemed stays so; otherwise the later counts, and of
/// one second what cannot have been before the other.
pub(crate) fn supersedes(news: (ClaimStatus, i64), known: (ClaimStatus, i64)) -> bool {
    known.0 != ClaimStatus::Redeemed
        && (news.0 == ClaimStatus::Redeemed || (news.1, news.0.rank()) > (known.1, known.0.rank()))
}

/// A code as people type it and scanners send it: blanks and dashes fall away, wherever they stand,
/// and full-width characters become plain ones.
pub(crate) fn normal_code(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .map(|c| match c {
            // The full-width forms of ASCII stand in the same order.
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            other => other,
        })
        .filter(|c| {
            !matches!(
                c,
                '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{feff}' | '\u{200b}'
            )
        })
        .collect()
}

/// Whoever knows a code can redeem it: lists show its end alone.
pub(crate) fn last_four(code: &str) -> String {
    let length = code.chars().count();
    let hidden = length.saturating_sub(4);
    // A code so short would be shown whole.
    if hidden == 0 {
        return "*".repeat(length);
    }
    let last: String = code.chars().skip(hidden).collect();
    format!("{}{last}", "*".repeat(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_news_counts_and_what_was_redeemed_stays_so() {
        use ClaimStatus::{Claimed, Deleted, Gifted, Redeemed, Void};

        assert!(supersedes((Deleted, 5), (Claimed, 0)));
        assert!(!supersedes((Claimed, 4), (Deleted, 5)));
        assert!(
            supersedes((Claimed, 6), (Deleted, 5)),
            "a member card that is back"
        );
        assert!(supersedes((Gifted, 5), (Claimed, 5)));
        assert!(!supersedes((Gifted, 5), (Deleted, 5)));
        assert!(!supersedes((Claimed, 5), (Void, 5)));
        assert!(supersedes((Redeemed, 5), (Deleted, 9)));
        for status in [Claimed, Gifted, Deleted, Void, Redeemed] {
            assert!(!supersedes((status, 9), (Redeemed, 5)), "{status:?}");
            assert!(!supersedes((status, 5), (status, 5)), "{status:?}");
        }
    }

    #[test]
    fn what_wechat_says_of_a_code_has_one_word_of_ours() {
        use ClaimStatus::{Claimed, Deleted, Expired, Gifted, Redeemed, Void};

        for (said, ours) in [
            (UserCardStatus::Normal, Claimed),
            (UserCardStatus::Gifting, Claimed),
            (UserCardStatus::GiftTimeout, Claimed),
            (UserCardStatus::Consumed, Redeemed),
            (UserCardStatus::Expire, Expired),
            (UserCardStatus::GiftSucc, Gifted),
            (UserCardStatus::Delete, Deleted),
            (UserCardStatus::Unavailable, Void),
            (UserCardStatus::Other("NEW".to_owned()), Claimed),
        ] {
            assert_eq!(ClaimStatus::from(&said), ours, "{said:?}");
        }
    }

    #[test]
    fn only_what_is_held_can_be_redeemed_and_wechat_judges_the_time() {
        use ClaimStatus::{Claimed, Expired};

        for status in ClaimStatus::ALL {
            let expected = [Claimed, Expired].contains(&status);
            assert_eq!(status.is_redeemable(), expected, "{status:?}");
        }
    }

    #[test]
    fn every_status_has_a_name() {
        for status in ClaimStatus::ALL {
            assert_eq!(
                ClaimStatus::try_from(status.as_str().to_owned()),
                Ok(status)
            );
        }
        ClaimStatus::try_from("lost".to_owned()).unwrap_err();
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for typed in [
            "491358930001",
            " 4913 5893 0001 ",
            "4913-5893-0001\r\n",
            "\t491358930001",
            "\u{ff14}\u{ff19}\u{ff11}\u{ff13}\u{3000}\u{ff15}\u{ff18}\u{ff19}\u{ff13}\u{ff0d}\u{ff10}\u{ff10}\u{ff10}\u{ff11}",
        ] {
            assert_eq!(normal_code(typed), "491358930001", "{typed:?}");
        }
        assert_eq!(normal_code("0012"), "0012", "a leading zero stays");
    }

    #[test]
    fn a_list_shows_the_end_of_a_code_alone() {
        assert_eq!(last_four("012345678901"), "********8901");
        assert_eq!(last_four("123"), "***");
        assert_eq!(last_four("1234"), "****");
    }
}
