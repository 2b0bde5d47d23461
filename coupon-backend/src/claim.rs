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
    fn a_list_shows_the_end_of_a_code_alone() {
        assert_eq!(last_four("012345678901"), "********8901");
        assert_eq!(last_four("123"), "***");
        assert_eq!(last_four("1234"), "****");
    }
}
