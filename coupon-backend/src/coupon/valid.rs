//! When a code can be redeemed, worked out from the coupon's draft.

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

const DAY: i64 = 86_400;

/// First and last second of a code that was claimed at a time.
///
/// WeChat's own word on it is better, where there is one.
pub(crate) fn validity(draft: &str, claimed_at: i64) -> (i64, i64) {
    let draft: Value = serde_json::from_str(draft).unwrap_or_default();
    let valid = &draft["valid"];
    let moment = |name: &str| {
        let time = OffsetDateTime::parse(valid[name].as_str()?, &Rfc3339).ok()?;
        Some(time.unix_timestamp())
    };
    if let (Some(from), Some(to)) = (moment("from"), moment("to")) {
        return (from, to);
    }
    let days = |name: &str| valid[name].as_i64().unwrap_or(0).saturating_mul(DAY);
    let begins_at = claimed_at.saturating_add(days("starts_after_days"));
    (begins_at, begins_at.saturating_add(days("days")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_the_drafts_or_count_from_the_claim() {
        let between = r#"{"valid":{"from":"2026-12-01T00:00:00Z","to":"2026-12-02T00:00:00Z"}}"#;
        assert_eq!(validity(between, 5), (1_796_083_200, 1_796_169_600));
        let days = r#"{"valid":{"days":3,"starts_after_days":1}}"#;
        assert_eq!(validity(days, 5), (5 + DAY, 5 + 4 * DAY));
    }
}
