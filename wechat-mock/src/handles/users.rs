//! The customers of the world.

use serde_json::{Value, json};

use super::{
    ControlError, User, UserProfile,
    rows::{self, UserRow},
};
use crate::{
    control,
    mock::Mock,
    world::{UserChange, UserDraft},
};

/// The customers of the world.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// use wechat_mock::UserProfile;
///
/// let mock = wechat_mock::MockWechat::start_blocking();
/// let dora = mock.users().add("dora", UserProfile::default())?;
/// assert_eq!(dora.wallet()?, []);
///
/// let names: Vec<String> = mock.users().list().into_iter().map(|user| user.name).collect();
/// assert_eq!(names, ["alice", "bob", "carol", "dora"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Users(Mock);

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Users").finish_non_exhaustive()
    }
}

impl Users {
    pub(crate) fn new(mock: &Mock) -> Self {
        Self(mock.clone())
    }

    /// All customers, in the order in which they came into the world.
    pub fn list(&self) -> Vec<UserRow> {
        let world = self.0.world.lock();
        let users = world.users().iter().map(|user| json!(user));
        rows::all(users.collect(), UserRow::of)
    }

    /// Adds a customer; what the profile leaves out is invented.
    ///
    /// # Errors
    ///
    /// 409 when the name or an openid is taken, 422 for a value that cannot be.
    pub fn add(&self, name: &str, profile: UserProfile) -> Result<User, ControlError> {
        let draft = profile.set("name", json!(name)).0;
        let draft: UserDraft = control::read_value(Value::Object(draft))?;
        control::add_user(&mut self.0.world.lock(), draft)?;
        self.0.broadcast.tell_change("user");
        Ok(User::new(&self.0, name))
    }

    /// Changes a customer; what the profile leaves out stays.
    ///
    /// # Errors
    ///
    /// 404 when nobody has the name, 409 when an openid is taken, 422 for a value that cannot be.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), wechat_mock::ControlError> {
    /// use wechat_mock::UserProfile;
    ///
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let alice = mock.users().change("alice", UserProfile::default().blocked(true))?;
    /// assert!(alice.blocked);
    /// # Ok(())
    /// # }
    /// ```
    pub fn change(&self, name: &str, profile: UserProfile) -> Result<UserRow, ControlError> {
        let change: UserChange = control::read_value(Value::Object(profile.0))?;
        let changed = {
            let mut world = self.0.world.lock();
            let number = control::change_user(&mut world, name, change)?;
            json!(world.user(number))
        };
        self.0.broadcast.tell_change("user");
        Ok(UserRow::of(changed))
    }
}
