//! How a claim stands, and what a list may show of it: plain rules over plain data.

use wechat_client::UserCardStatus;

/// WeChat's status in our words.
pub(crate) fn status(status: &UserCardStatus) -> &'static str {
    match status {
        UserCardStatus::Consumed => "redeemed",
        UserCardStatus::Expire => "expired",
        UserCardStatus::GiftSucc => "gifted",
        UserCardStatus::Delete => "deleted",
        UserCardStatus::Unavailable => "void",
        // On its way to somebody it is still its owner's, until they take it.
        _ => "claimed",
    }
}

/// A status as the reason for which a code cannot be redeemed.
pub(crate) fn reason(status: &str) -> &'static str {
    ["gifted", "deleted", "expired", "void"]
        .into_iter()
        .find(|known| *known == status)
        .unwrap_or("unavailable")
}

/// Whether news of a status, and when it came to be, count more than what is known.
///
/// News comes late and in any order. What was redeemed stays so; otherwise the later counts, and of
/// one second what cannot have been before the other.
pub(crate) fn counts(known: (&str, i64), news: (&str, i64)) -> bool {
    let rank = |status| match status {
        "claimed" => 0,
        "gifted" => 1,
        "deleted" => 2,
        _ => 3,
    };
    known.0 != "redeemed"
        && (news.0 == "redeemed" || (news.1, rank(news.0)) > (known.1, rank(known.0)))
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
        assert!(counts(("claimed", 0), ("deleted", 5)));
        assert!(!counts(("deleted", 5), ("claimed", 4)));
        assert!(
            counts(("deleted", 5), ("claimed", 6)),
            "a member card that is back"
        );
        assert!(counts(("claimed", 5), ("gifted", 5)));
        assert!(!counts(("deleted", 5), ("gifted", 5)));
        assert!(!counts(("void", 5), ("claimed", 5)));
        assert!(counts(("deleted", 9), ("redeemed", 5)));
        for status in ["claimed", "gifted", "deleted", "void", "redeemed"] {
            assert!(!counts(("redeemed", 5), (status, 9)), "{status}");
            assert!(!counts((status, 5), (status, 5)), "{status}");
        }
    }

    #[test]
    fn a_list_shows_the_end_of_a_code_alone() {
        assert_eq!(last_four("012345678901"), "********8901");
        assert_eq!(last_four("123"), "***");
        assert_eq!(last_four("1234"), "****");
    }
}
