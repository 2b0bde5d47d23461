//! The calls on WeChat's paths, and the reasons of refusals.

use super::rows::{self, Explanation, JournalRow};
use crate::{control, journal::Filter, mock::Mock};

/// The calls on WeChat's paths, and the reasons of refusals.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mock = wechat_mock::MockWechat::start().await;
/// let journal = mock.journal();
/// assert!(journal.rows().is_empty() && journal.problems().is_empty());
/// assert!(journal.of_path("/card/create").is_empty());
/// assert!(journal.explain("call-1").is_none());
/// # }
/// ```
#[derive(Clone)]
pub struct Journal(Mock);

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Journal").finish_non_exhaustive()
    }
}

impl Journal {
    pub(crate) fn new(mock: &Mock) -> Self {
        Self(mock.clone())
    }

    /// All rows, newest last; secrets redacted.
    pub fn rows(&self) -> Vec<JournalRow> {
        self.show(&Filter::default())
    }

    /// The rows of one path, newest last.
    pub fn of_path(&self, path: &str) -> Vec<JournalRow> {
        self.show(&Filter {
            path: Some(path.to_owned()),
            ..Filter::default()
        })
    }

    fn show(&self, filter: &Filter) -> Vec<JournalRow> {
        rows::all(self.0.journal.lock().show(filter), JournalRow::of)
    }

    /// The records of all calls that were refused or got an advice, oldest first.
    pub fn problems(&self) -> Vec<Explanation> {
        rows::all(self.0.journal.lock().problems(), Explanation::of)
    }

    /// The records of what happened on the phones, oldest first.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let appid = mock.mini_program().appid;
    /// let outcome = mock.user("alice").add_card(&appid, "pNoSuchCard", "{}")?;
    /// assert_eq!(mock.journal().claims().last(), Some(outcome.explain()));
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn claims(&self) -> Vec<Explanation> {
        rows::all(control::claims_of(&self.0), Explanation::of)
    }

    /// Forgets all rows.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// mock.journal().clear();
    /// assert!(mock.journal().rows().is_empty());
    /// ```
    pub fn clear(&self) {
        self.0.journal.lock().clear();
        self.0.broadcast.tell_change("requests");
    }

    /// Why a call or claim was refused; `id` is a rid, a hint, or an id of a row or claim.
    ///
    /// [`None`] when nothing in the journal has that id.
    pub fn explain(&self, id: &str) -> Option<Explanation> {
        self.0.journal.lock().explain(id).map(Explanation::of)
    }
}
