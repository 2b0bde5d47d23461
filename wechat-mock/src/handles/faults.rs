//! The faults in force.

use super::{
    ControlError,
    rows::{self, FaultRow},
};
use crate::{control, faults::Fault, mock::Mock};

/// The faults in force.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wechat_mock::ControlError> {
/// use wechat_mock::{Fault, FaultKind};
///
/// let mock = wechat_mock::MockWechat::start().await;
/// let busy = Fault::new(FaultKind::Errcode(-1)).on("/card/create").times(2);
///
/// let added = mock.faults().add(busy)?;
/// assert_eq!((added.times, added.done), (Some(2), 0));
/// assert_eq!(mock.faults().list(), [added]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Faults(Mock);

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Faults").field(&self.list()).finish()
    }
}

impl Faults {
    pub(crate) fn new(mock: &Mock) -> Self {
        Self(mock.clone())
    }

    /// Puts a fault into force; of several that fit a call, the first happens to it.
    ///
    /// # Errors
    ///
    /// 422 when it could never happen: on a path that the mock does not answer (the message names the
    /// nearest), zero times, or with a number or status that is no failure.
    pub fn add(&self, fault: Fault) -> Result<FaultRow, ControlError> {
        fault
            .check()
            .map_err(|(field, message)| control::Fault::bad_value(field, message))?;
        let added = self.0.faults.lock().add(fault);
        self.0.broadcast.tell_change("fault");
        Ok(FaultRow::of(added))
    }

    /// All faults, oldest first, with `seen` (calls they could have happened to) and `done` (calls they
    /// happened to).
    pub fn list(&self) -> Vec<FaultRow> {
        rows::all(self.0.faults.lock().show(), FaultRow::of)
    }

    /// Ends one fault, by the `id` of its row.
    ///
    /// # Errors
    ///
    /// 404 when no fault has the id.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), wechat_mock::ControlError> {
    /// use wechat_mock::{Fault, FaultKind, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// let fault = mock.faults().add(Fault::new(FaultKind::Garbage))?;
    /// mock.faults().remove(fault.id)?;
    /// assert_eq!(mock.faults().remove(fault.id).unwrap_err().status, 404);
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove(&self, id: u64) -> Result<(), ControlError> {
        control::remove_fault(&self.0, &id.to_string())?;
        self.0.broadcast.tell_change("fault");
        Ok(())
    }

    /// Ends all faults.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{Fault, FaultKind, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// mock.faults().add(Fault::new(FaultKind::Garbage))?;
    /// mock.faults().clear();
    /// assert!(mock.faults().list().is_empty());
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn clear(&self) {
        self.0.faults.lock().clear();
        self.0.broadcast.tell_change("fault");
    }
}
