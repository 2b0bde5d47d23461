//! Expectations: which calls a test wants to see, and how many of them.

use std::{
    ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{ControlError, Explanation, JournalRow};
use crate::{
    control,
    expect::{self, Came, Listed, Meant},
    journal::Filter,
    mock::Mock,
    nearest::{unknown_path, unknown_rule},
};

/// How many calls are wanted: a number, or a range of numbers.
///
/// # Examples
///
/// ```
/// use wechat_mock::Times;
///
/// assert_eq!(Times::from(2), Times::from(2..=2));
/// assert_eq!(Times::from(1..4), Times::from(1..=3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times(expect::Range);

impl Times {
    const fn new(least: u64, most: u64) -> Self {
        Self(expect::Range { least, most })
    }

    /// Up to the number before `end`; a range before 0 holds nothing.
    const fn before(least: u64, end: u64) -> Self {
        match end.checked_sub(1) {
            Some(most) => Self::new(least, most),
            None => Self::new(1, 0),
        }
    }
}

impl From<u64> for Times {
    fn from(times: u64) -> Self {
        Self::new(times, times)
    }
}

impl From<RangeInclusive<u64>> for Times {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self::new(*range.start(), *range.end())
    }
}

impl From<Range<u64>> for Times {
    fn from(range: Range<u64>) -> Self {
        Self::before(range.start, range.end)
    }
}

impl From<RangeFrom<u64>> for Times {
    fn from(range: RangeFrom<u64>) -> Self {
        Self::new(range.start, u64::MAX)
    }
}

impl From<RangeTo<u64>> for Times {
    fn from(range: RangeTo<u64>) -> Self {
        Self::before(0, range.end)
    }
}

impl From<RangeToInclusive<u64>> for Times {
    fn from(range: RangeToInclusive<u64>) -> Self {
        Self::new(0, range.end)
    }
}

impl From<RangeFull> for Times {
    fn from(_: RangeFull) -> Self {
        Self::new(0, u64::MAX)
    }
}

/// An expectation in the making; [`Self::times`] or [`Self::never`] makes it.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// let mock = wechat_mock::MockWechat::start_blocking();
/// let appid = mock.official_account().appid;
///
/// let redemptions = mock.expect().on("/card/code/consume").appid(&appid).errcode(0);
/// redemptions.named("the redemption").times(0..=1)?;
/// mock.expect().on("/card/delete").never()?;
/// mock.verify();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "an expectation is made by `times` or `never`"]
pub struct ExpectationBuilder {
    mock: Mock,
    meant: Meant,
}

impl std::fmt::Debug for ExpectationBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ExpectationBuilder")
            .field(&self.meant)
            .finish()
    }
}

impl ExpectationBuilder {
    pub(crate) fn new(mock: &Mock) -> Self {
        Self {
            mock: mock.clone(),
            meant: Meant::default(),
        }
    }

    /// Only calls of this path, such as `/card/code/consume`; it has to be one of [`crate::paths`].
    pub fn on(mut self, path: &str) -> Self {
        self.meant.path = Some(path.to_owned());
        self
    }

    /// Only calls of this account.
    pub fn appid(mut self, appid: &str) -> Self {
        self.meant.appid = Some(appid.to_owned());
        self
    }

    /// Only calls that WeChat answers with this number; 0 is a success.
    ///
    /// A refusal that is expected so is no problem for [`MockWechat::verify`](crate::MockWechat::verify).
    ///
    /// # Examples
    ///
    /// ```should_panic
    /// # fn main() -> Result<(), wechat_mock::ControlError> {
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// mock.expect().on("/card/code/consume").errcode(40099).times(1)?;
    /// mock.verify(); // nobody redeemed a code twice
    /// # Ok(())
    /// # }
    /// ```
    pub fn errcode(mut self, errcode: i64) -> Self {
        self.meant.errcode = Some(errcode);
        self
    }

    /// What the message of a failure calls it.
    pub fn named(mut self, name: &str) -> Self {
        self.meant.name = Some(name.to_owned());
        self
    }

    /// Expects so many calls from now on: a number, or a range such as `1..` or `1..=3`.
    ///
    /// [`MockWechat::verify`](crate::MockWechat::verify) checks it, and so does the drop of the mock.
    ///
    /// # Errors
    ///
    /// 422 for a path that the mock does not answer (the message names the nearest), and for a range
    /// that holds no number; 404 when no account has the appid.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), wechat_mock::ControlError> {
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let error = mock.expect().on("/card/code/consum").times(1).unwrap_err();
    /// assert!(error.message.ends_with("the nearest is /card/code/consume"));
    ///
    /// let logins = mock.expect().on("/sns/jscode2session").times(..=1)?;
    /// assert_eq!((logins.count(), logins.is_met()), (0, true));
    /// # Ok(())
    /// # }
    /// ```
    pub fn times(self, times: impl Into<Times>) -> Result<Expectation, ControlError> {
        let Self { mock, meant } = self;
        let Times(range) = times.into();
        if range.least > range.most {
            return Err(control::Fault::bad_value("times", "this range holds no number").into());
        }
        if let Some(message) = meant.path.as_deref().and_then(unknown_path) {
            return Err(control::Fault::bad_value("path", message).into());
        }
        if let Some(appid) = &meant.appid {
            control::account_no(&mock.world.lock(), appid)?;
        }
        // Locked until it is made: whatever call is written down later counts.
        let journal = mock.journal.lock();
        let newest = journal.page(&Filter::default(), None, 1).items;
        let since = newest.last().map_or(0, |row| number_of(&row["id"]));
        let count = mock.expectations.add(meant, range, since);
        drop(journal);
        Ok(Expectation {
            count,
            times: Times(range),
        })
    }

    /// Expects no such call from now on.
    ///
    /// # Errors
    ///
    /// As [`Self::times`].
    pub fn never(self) -> Result<Expectation, ControlError> {
        self.times(0)
    }
}

/// An expectation, with the calls counted that fit it.
///
/// It stays with the mock when it is dropped.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// let mock = wechat_mock::MockWechat::start_blocking();
/// let creations = mock.expect().on("/card/create").never()?;
/// assert_eq!((creations.count(), creations.is_met()), (0, true));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Expectation {
    count: Arc<AtomicU64>,
    times: Times,
}

impl Expectation {
    /// How many such calls came so far.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Whether that is as many as are wanted.
    pub fn is_met(&self) -> bool {
        let Times(range) = self.times;
        (range.least..=range.most).contains(&self.count())
    }
}

/// The number in `call-…`.
fn number_of(id: &serde_json::Value) -> u64 {
    let number = id.as_str().and_then(|id| id.strip_prefix("call-"));
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

/// Lets verification pass over the refusals and the advice of a rule.
pub(crate) fn forgive(mock: &Mock, rule: &str) -> Result<(), ControlError> {
    if let Some(message) = unknown_rule(rule) {
        return Err(control::Fault::bad_value("rule", message).into());
    }
    mock.expectations.lock().forgive(rule);
    Ok(())
}

/// Whether a test provoked this problem on purpose, as its expectations and what it forgives say.
pub(crate) fn is_on_purpose(mock: &Mock, problem: &Explanation) -> bool {
    let expectations = mock.expectations.lock();
    if let Some(rule) = &problem.rule {
        let call = problem.call.as_deref().unwrap_or_default();
        let call = Came {
            path: call.split_once(' ').map_or(call, |(_, path)| path),
            appid: problem["appid"].as_str(),
            errcode: problem.errcode.unwrap_or_default(),
            is_lost: problem.outcome == "lost",
        };
        let number = number_of(&problem["id"]);
        return expectations.is_forgiven(rule) || expectations.expect_refusal(number, &call);
    }
    let mut advice = problem["advice"].as_array().into_iter().flatten();
    advice.all(|advice| expectations.is_forgiven(advice["rule"].as_str().unwrap_or_default()))
}

/// What is expected and did not come, or came too often, with the calls that did come; a failure is told
/// once.
pub(crate) fn unmet(mock: &Mock) -> Option<String> {
    if mock.expectations.lock().is_met() {
        return None;
    }
    let rows = super::rows::all(mock.journal.lock().show(&Filter::default()), JournalRow::of);
    let (lines, since) = mock.expectations.lock().take_unmet();
    let rows = rows.into_iter();
    let calls = rows.filter(|row| number_of(&row["id"]) > since);
    let calls = expect::list(calls.map(|row| Listed {
        path: row.path,
        method: row.method,
        appid: row.appid,
        errcode: row.errcode,
    }));
    Some(format!("{}\n{calls}", lines.join("\n")))
}
