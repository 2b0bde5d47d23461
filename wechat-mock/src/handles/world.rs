//! The whole world: out, in, and back to its beginning.

use serde_json::Value;

use super::{
    ControlError,
    rows::{self, StarterRow},
};
use crate::{control, mock::Mock};

/// The whole world: out, in, and back to its beginning.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// let mock = wechat_mock::MockWechat::start_blocking();
/// mock.world().reset_to("shop")?;
/// let saved = mock.world().export();
///
/// mock.world().reset();
/// assert!(mock.cards().list().is_empty());
/// mock.world().import(saved)?;
/// assert_eq!(mock.cards().list().len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct WorldHandle(Mock);

impl std::fmt::Debug for WorldHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("WorldHandle").finish_non_exhaustive()
    }
}

impl WorldHandle {
    pub(crate) fn new(mock: &Mock) -> Self {
        Self(mock.clone())
    }

    /// Everything in the world as one JSON, secrets too: what
    /// [`Builder::world`](crate::Builder::world) and `wechat-mock serve --world` take.
    pub fn export(&self) -> Value {
        self.0.world.lock().export()
    }

    /// Puts another world in place of the one at hand; the journal, faults and expectations stay. So do
    /// the switches, when the world does not name its own.
    ///
    /// # Errors
    ///
    /// 422 when the world cannot be read, with the place of the fault in it.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let error = mock.world().import(serde_json::json!({})).unwrap_err();
    /// assert_eq!(error.status, 422);
    /// ```
    pub fn import(&self, world: Value) -> Result<(), ControlError> {
        control::replace(&self.0, world)?;
        self.0.broadcast.tell_change("import");
        Ok(())
    }

    /// Back to the world that the mock began with; faults and expectations go, and the journal and its
    /// numbers begin anew.
    pub fn reset(&self) {
        self.0.reset();
        self.0.broadcast.tell_change("reset");
    }

    /// The same with a world that is in the program; switches and seed stay those the mock began with.
    ///
    /// # Errors
    ///
    /// 422 when no such world is called `name`; [`Self::starters`] lists them.
    pub fn reset_to(&self, name: &str) -> Result<(), ControlError> {
        control::reset_to(&self.0, name)?;
        self.0.broadcast.tell_change("reset");
        Ok(())
    }

    /// The worlds that are in the program.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// for world in mock.world().starters() {
    ///     mock.world().reset_to(&world.name)?;
    /// }
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn starters(&self) -> Vec<StarterRow> {
        rows::all(control::worlds(), StarterRow::of)
    }
}
