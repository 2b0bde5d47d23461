//! Where WeChat is lax or unknown.

use serde_json::Value;

use super::{
    ControlError,
    rows::{self, SwitchRow},
};
use crate::{control, mock::Mock};

/// Where WeChat is lax or unknown, and how the mock decides; the README lists the switches.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// let mock = wechat_mock::MockWechat::start_blocking();
/// mock.switches().set("nonce", "required")?;
///
/// let switches = mock.switches().list();
/// let nonce = switches.iter().find(|switch| switch.name == "nonce").unwrap();
/// assert_eq!((nonce.value.as_str(), nonce.default.as_str()), ("required", "optional"));
/// assert_eq!(mock.switches().set("nonce", "maybe").unwrap_err().status, 422);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Switches(Mock);

impl std::fmt::Debug for Switches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Switches").finish_non_exhaustive()
    }
}

impl Switches {
    pub(crate) fn new(mock: &Mock) -> Self {
        Self(mock.clone())
    }

    /// How all of them stand.
    pub fn list(&self) -> Vec<SwitchRow> {
        let shown = self.0.world.lock().switches.show();
        match shown {
            Value::Array(shown) => rows::all(shown, SwitchRow::of),
            _ => Vec::new(),
        }
    }

    /// Sets one switch, from the next call on.
    ///
    /// # Errors
    ///
    /// 422 when no switch has this name or value.
    pub fn set(&self, name: &str, value: &str) -> Result<(), ControlError> {
        self.set_all([(name, value)])
    }

    /// Sets several switches, or none when one of them cannot be set.
    ///
    /// # Errors
    ///
    /// As [`Self::set`].
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let refused = mock.switches().set_all([("nonce", "required"), ("nonce", "maybe")]);
    /// assert_eq!(refused.unwrap_err().field.as_deref(), Some("nonce"));
    /// assert!(mock.switches().list().iter().all(|switch| switch.value == switch.default));
    /// ```
    pub fn set_all<N, V>(
        &self,
        switches: impl IntoIterator<Item = (N, V)>,
    ) -> Result<(), ControlError>
    where
        N: Into<String>,
        V: Into<String>,
    {
        let switches = switches.into_iter();
        let named = switches.map(|(name, value)| (name.into(), value.into()));
        control::turn(&mut self.0.world.lock(), named.collect())?;
        self.0.broadcast.tell_change("switch");
        Ok(())
    }
}
