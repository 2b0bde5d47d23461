//! The mock's clock.

use super::{ControlError, Seconds};
use crate::{
    broadcast::Topic,
    control::{self, ClockChange},
    mock::Mock,
};

/// The mock's clock.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wechat_mock::ControlError> {
/// use std::time::Duration;
///
/// let mock = wechat_mock::MockWechat::start().await;
/// let clock = mock.clock();
/// clock.freeze();
/// clock.set(1_798_000_000)?;
/// clock.advance(7200)?;
/// clock.advance(Duration::from_secs(60))?;
/// assert_eq!(clock.now(), 1_798_007_260);
/// clock.unfreeze();
/// assert_eq!(clock.advance(-1).unwrap_err().field.as_deref(), Some("advance"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Clock(Mock);

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Clock");
        shown.field("now", &self.now()).finish_non_exhaustive()
    }
}

impl Clock {
    pub(crate) fn new(mock: &Mock) -> Self {
        Self(mock.clone())
    }

    /// Seconds since 1970.
    pub fn now(&self) -> i64 {
        self.0.world.lock().now()
    }

    /// Moves the time ahead, by seconds or a [`Duration`](std::time::Duration); what fell due has
    /// happened on return.
    ///
    /// Pushes that fell due are on their way: [`Events::settled`](crate::Events::settled) waits for them.
    ///
    /// # Errors
    ///
    /// 422 when that is backwards, or beyond 2106.
    pub fn advance(&self, by: impl Into<Seconds>) -> Result<(), ControlError> {
        self.change(ClockChange {
            advance: Some(by.into().0),
            ..ClockChange::default()
        })
    }

    /// Sets the time, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// 422 when it is negative, or beyond 2106.
    pub fn set(&self, to: i64) -> Result<(), ControlError> {
        self.change(ClockChange {
            set: Some(to),
            ..ClockChange::default()
        })
    }

    /// Stops the time where it is.
    pub fn freeze(&self) {
        self.stop(true);
    }

    /// Lets a stopped time run on.
    pub fn unfreeze(&self) {
        self.stop(false);
    }

    fn stop(&self, freeze: bool) {
        let stopped = self.change(ClockChange {
            freeze: Some(freeze),
            ..ClockChange::default()
        });
        stopped.expect("a clock can always be stopped and let run");
    }

    fn change(&self, change: ClockChange) -> Result<(), ControlError> {
        let mut world = self.0.world.lock();
        change.carry_out(&mut world)?;
        let broadcast = &self.0.broadcast;
        broadcast.tell(Topic::Clock, || control::clock_standing(&world));
        Ok(())
    }
}
