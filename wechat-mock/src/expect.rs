//! What a test expects of the calls that its code makes, counted as they come.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use crate::journal::{Answered, Outcome};

/// Lines of calls that a message lists.
const LISTED: usize = 20;

/// How many calls are wanted, from `least` to `most`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) least: u64,
    /// Itself included; [`u64::MAX`] is no bound.
    pub(crate) most: u64,
}

impl Range {
    fn holds(self, count: u64) -> bool {
        (self.least..=self.most).contains(&count)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = |number| if number == 1 { "call" } else { "calls" };
        match (self.least, self.most) {
            (_, 0) => f.write_str("no call"),
            (least, most) if least == most => write!(f, "exactly {least} {}", calls(least)),
            (least, u64::MAX) => write!(f, "at least {least} {}", calls(least)),
            (0, most) => write!(f, "at most {most} {}", calls(most)),
            (least, most) => write!(f, "{least} to {most} calls"),
        }
    }
}

/// Which calls are counted: those that fit everything that is said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meant {
    pub(crate) path: Option<String>,
    pub(crate) appid: Option<String>,
    pub(crate) errcode: Option<i64>,
    pub(crate) name: Option<String>,
}

impl Meant {
    fn is(&self, call: &Came<'_>) -> bool {
        let is_path = self.path.as_deref().is_none_or(|path| path == call.path);
        let appid = self.appid.as_deref();
        let is_appid = appid.is_none_or(|appid| Some(appid) == call.appid);
        // WeChat never heard of a call that is lost, so it is no success.
        let is_answer = |errcode| call.errcode == errcode && (errcode != 0 || !call.is_lost);
        is_path && is_appid && self.errcode.is_none_or(is_answer)
    }
}

impl fmt::Display for Meant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path.as_deref().unwrap_or("any path"))?;
        if let Some(appid) = &self.appid {
            write!(f, " by {appid}")?;
        }
        if let Some(errcode) = self.errcode {
            write!(f, " answered {errcode}")?;
        }
        Ok(())
    }
}

/// A call that came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Came<'a> {
    pub(crate) path: &'a str,
    pub(crate) appid: Option<&'a str>,
    pub(crate) errcode: i64,
    pub(crate) is_lost: bool,
}

/// One expectation, from the moment it was made.
#[derive(Debug)]
struct Expected {
    meant: Meant,
    range: Range,
    /// The journal's number of the last call before it.
    since: u64,
    count: Arc<AtomicU64>,
}

/// A call in the journal, as a failed expectation lists it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listed {
    pub(crate) path: String,
    pub(crate) method: String,
    pub(crate) appid: Option<String>,
    pub(crate) errcode: i64,
}

/// The expectations of a mock, shared by its handles.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedExpectations {
    all: Arc<Mutex<Expectations>>,
    /// How many there are, told without a lock.
    made: Arc<AtomicUsize>,
}

impl SharedExpectations {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Expectations> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call. The journal is locked, so that a call is counted by the expectations before it.
    pub(crate) fn count(&self, answered: &Answered) {
        if self.made.load(Ordering::Acquire) == 0 {
            return;
        }
        let call = Came {
            path: &answered.call.path,
            appid: answered.appid.as_deref(),
            errcode: answered.wire.errcode,
            is_lost: matches!(answered.outcome, Outcome::Lost),
        };
        for expected in &self.lock().expected {
            if expected.meant.is(&call) {
                expected.count.fetch_add(1, Ordering::AcqRel);
            }
        }
    }

    /// Makes an expectation of the calls behind `since`; how many came is counted in what it returns.
    pub(crate) fn add(&self, meant: Meant, range: Range, since: u64) -> Arc<AtomicU64> {
        let count = Arc::new(AtomicU64::new(0));
        let mut all = self.lock();
        all.expected.push(Expected {
            meant,
            range,
            since,
            count: count.clone(),
        });
        self.made.store(all.expected.len(), Ordering::Release);
        count
    }
}

#[derive(Debug, Default)]
pub(crate) struct Expectations {
    expected: Vec<Expected>,
    /// Rules whose refusals and advice are no problem.
    forgiven: BTreeSet<String>,
}

impl Expectations {
    pub(crate) fn clear(&mut self) {
        self.expected.clear();
        self.forgiven.clear();
    }

    pub(crate) fn forgive(&mut self, rule: &str) {
        self.forgiven.insert(rule.to_owned());
    }

    pub(crate) fn is_forgiven(&self, rule: &str) -> bool {
        self.forgiven.contains(rule)
    }

    /// Whether the refused call of this number in the journal was expected to be refused so.
    pub(crate) fn expect_refusal(&self, number: u64, call: &Came<'_>) -> bool {
        self.expected.iter().any(|expected| {
            let is_of_refusal = expected.meant.errcode.is_some_and(|errcode| errcode != 0);
            is_of_refusal && number > expected.since && expected.meant.is(call)
        })
    }

    pub(crate) fn is_met(&self) -> bool {
        self.expected.iter().all(Expected::is_met)
    }

    /// Takes out those that are not met, a line each, and the number of the last call before them all.
    pub(crate) fn take_unmet(&mut self) -> (Vec<String>, u64) {
        let mut since = u64::MAX;
        let mut lines = Vec::new();
        self.expected.retain(|expected| {
            let is_met = expected.is_met();
            if !is_met {
                since = since.min(expected.since);
                lines.push(expected.to_string());
            }
            is_met
        });
        (lines, since)
    }
}

impl Expected {
    fn is_met(&self) -> bool {
        self.range.holds(self.count.load(Ordering::Acquire))
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.meant.name {
            write!(f, "{name}: ")?;
        }
        write!(f, "expected {} of {}, ", self.range, self.meant)?;
        match self.count.load(Ordering::Acquire) {
            0 => f.write_str("none came"),
            1 => f.write_str("1 came"),
            count => write!(f, "{count} came"),
        }
    }
}

/// The calls that came, alike ones on one line.
pub(crate) fn list(calls: impl Iterator<Item = Listed>) -> String {
    let mut counted: BTreeMap<Listed, u64> = BTreeMap::new();
    for call in calls {
        *counted.entry(call).or_default() += 1;
    }
    if counted.is_empty() {
        return "no call came since then".to_owned();
    }
    let lines = counted.iter().take(LISTED).map(|(call, count)| {
        let appid = call.appid.as_ref();
        let by = appid.map_or_else(String::new, |appid| format!(" by {appid}"));
        let Listed { path, method, .. } = call;
        format!(
            "\n  {count} × {method} {path}{by} answered {}",
            call.errcode
        )
    });
    let mut text = format!("these calls came since then:{}", lines.collect::<String>());
    if let Some(more) = counted.len().checked_sub(LISTED).filter(|more| *more > 0) {
        text.push_str("\n  and ");
        text.push_str(&more.to_string());
        text.push_str(" other kinds of calls");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_said_in_words() {
        for (least, most, words) in [
            (0, 0, "no call"),
            (1, 1, "exactly 1 call"),
            (2, 2, "exactly 2 calls"),
            (1, u64::MAX, "at least 1 call"),
            (0, 3, "at most 3 calls"),
            (1, 3, "1 to 3 calls"),
        ] {
            assert_eq!(Range { least, most }.to_string(), words);
        }
    }

    #[test]
    fn the_list_of_calls_has_a_bound() {
        let call = |number: usize| Listed {
            path: format!("/{number:03}"),
            method: "GET".to_owned(),
            appid: None,
            errcode: 0,
        };
        assert_eq!(list(std::iter::empty()), "no call came since then");
        let twice = list([call(1), call(1)].into_iter());
        assert!(twice.ends_with("\n  2 × GET /001 answered 0"), "{twice}");
        let many = list((0..LISTED + 5).map(call));
        assert!(many.ends_with("\n  and 5 other kinds of calls"), "{many}");
        assert_eq!(many.lines().count(), LISTED + 2);
        assert!(!list((0..LISTED).map(call)).contains("other kinds"));
    }
}
