//! Daily quotas: how often an account may call a path, and how often it may start anew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::clock::{day, month};

/// Clearings of all paths a month, by `clear_quota` and `clear_quota/v2` together.
const CLEARINGS: u32 = 10;
/// Clearings of single paths a month, by `openapi/quota/clear`, whatever the paths.
const PATH_CLEARINGS: u32 = 50;
/// What nobody has published, for the paths of which nothing is known: never reached by hand.
const UNKNOWN: u64 = 100_000_000;
/// What the pages say of a verified account.
const PUBLISHED: [(&str, u64); 4] = [
    ("/cgi-bin/token", 2000),
    ("/cgi-bin/stable_token", 500_000),
    ("/cgi-bin/media/upload", 100_000),
    ("/cgi-bin/media/get", 200_000),
];

/// Calls a day by path, where an account has other limits than the published ones.
pub(crate) type Limits = BTreeMap<String, u64>;

/// Calls a day that an account has on a path.
pub(crate) fn limit(limits: &Limits, path: &str) -> u64 {
    let published = PUBLISHED.iter().find(|(known, _)| *known == path);
    limits
        .get(path)
        .copied()
        .or(published.map(|(_, limit)| *limit))
        .unwrap_or(UNKNOWN)
}

/// The month has no clearing left; it had so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoClearingLeft(pub(crate) u32);

/// What one account has called, and cleared this month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Usage {
    /// By path; a day is one in China.
    today: Tally,
    /// By path, or by path and user.
    this_minute: Tally,
    /// The month, counted from year 0, and its clearings of all paths.
    cleared: (i32, u32),
    /// The same of single paths.
    cleared_paths: (i32, u32),
}

/// Calls within a span of time; in the next span it begins at nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Tally {
    /// The day or minute, counted from 1970.
    span: i64,
    used: BTreeMap<String, u64>,
}

impl Tally {
    fn used(&self, what: &str, span: i64) -> u64 {
        let used = self.used.get(what).filter(|_| self.span == span);
        used.copied().unwrap_or(0)
    }

    /// Counts one call, unless the span has none left.
    fn count(&mut self, what: &str, limit: u64, span: i64) -> bool {
        let span = if crate::breaks::broken("quota-never-starts-anew") {
            0
        } else {
            span
        };
        if self.span != span {
            self.span = span;
            self.used.clear();
        }
        if self.used(what, span) >= limit && !crate::breaks::broken("quota-ignored") {
            return false;
        }
        match self.used.get_mut(what) {
            Some(used) => *used += 1,
            None => drop(self.used.insert(what.to_owned(), 1)),
        }
        true
    }
}

impl Usage {
    /// Calls on a path today.
    pub(crate) fn used(&self, path: &str, now: i64) -> u64 {
        self.today.used(path, day(now))
    }

    /// The paths that were called today, with the number of calls.
    pub(crate) fn of_today(&self, now: i64) -> impl Iterator<Item = (&str, u64)> {
        let is_today = self.today.span == day(now);
        let used = self.today.used.iter().filter(move |_| is_today);
        used.map(|(path, used)| (path.as_str(), *used))
    }

    /// Counts one call, unless the day has none left.
    pub(crate) fn count(&mut self, path: &str, limit: u64, now: i64) -> bool {
        self.today.count(path, limit, day(now))
    }

    /// Counts one call, unless the minute has none left.
    pub(crate) fn count_minute(&mut self, what: &str, limit: u64, now: i64) -> bool {
        self.this_minute.count(what, limit, now.div_euclid(60))
    }

    /// Starts anew, on one path or on all.
    pub(crate) fn clear(&mut self, path: Option<&str>, now: i64) -> Result<(), NoClearingLeft> {
        let month = month(now);
        let (pool, most) = match path {
            None => (&mut self.cleared, CLEARINGS),
            Some(_) => (&mut self.cleared_paths, PATH_CLEARINGS),
        };
        let cleared = if pool.0 == month { pool.1 } else { 0 };
        if cleared >= most && !crate::breaks::broken("clearings-unlimited") {
            return Err(NoClearingLeft(most));
        }
        *pool = (month, cleared + 1);
        match path {
            Some(path) => drop(self.today.used.remove(path)),
            None => self.today.used.clear(),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-30 23:59:59 in China.
    const LAST_OF_NOVEMBER: i64 = 1_796_054_399;

    #[test]
    fn a_day_ends_at_midnight_in_china() {
        let mut usage = Usage::default();
        assert!(usage.count("/a", 1, LAST_OF_NOVEMBER));
        assert!(!usage.count("/a", 1, LAST_OF_NOVEMBER));
        assert_eq!(usage.used("/a", LAST_OF_NOVEMBER), 1);
        assert_eq!(usage.used("/a", LAST_OF_NOVEMBER + 1), 0);
        assert!(usage.count("/a", 1, LAST_OF_NOVEMBER + 1));
        assert!(!usage.count("/b", 0, LAST_OF_NOVEMBER));
    }

    #[test]
    fn a_month_has_ten_clearings_of_all_paths_and_fifty_of_single_ones() {
        let mut usage = Usage::default();
        for turn in 0..50 {
            let path = if turn % 2 == 0 { "/a" } else { "/c" };
            usage.count(path, 5, LAST_OF_NOVEMBER);
            usage.count("/b", 50, LAST_OF_NOVEMBER);
            assert_eq!(usage.clear(Some(path), LAST_OF_NOVEMBER), Ok(()));
            assert_eq!(usage.used(path, LAST_OF_NOVEMBER), 0);
        }
        assert_eq!(usage.used("/b", LAST_OF_NOVEMBER), 50);
        let refused = Err(NoClearingLeft(50));
        assert_eq!(usage.clear(Some("/b"), LAST_OF_NOVEMBER), refused);
        for _ in 0..10 {
            assert_eq!(usage.clear(None, LAST_OF_NOVEMBER), Ok(()));
        }
        assert_eq!(usage.used("/b", LAST_OF_NOVEMBER), 0);
        let refused = Err(NoClearingLeft(10));
        assert_eq!(usage.clear(None, LAST_OF_NOVEMBER), refused);
        assert_eq!(usage.clear(None, LAST_OF_NOVEMBER + 1), Ok(()));
        assert_eq!(usage.clear(Some("/b"), LAST_OF_NOVEMBER + 1), Ok(()));
    }
}
