//! What happened, and what became of telling it.

use serde_json::Value;

use super::{
    ControlError, block_on,
    rows::{self, EventRow},
};
use crate::{
    control::{self, Trigger},
    mock::Mock,
    push::log,
};

/// What happened, and what became of telling it.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wechat_mock::ControlError> {
/// # use serde_json::json;
/// use wechat_mock::EventState;
///
/// let mock = wechat_mock::MockWechat::start().await;
/// let appid = mock.official_account().appid;
///
/// // With a callback set, this is a push; without one it is only written down.
/// let id = mock.events().trigger(&appid, "user_del_card", "alice", json!({"CardId": "pCard"}))?;
/// mock.events().settled().await;
///
/// let events = mock.events().of("user_del_card");
/// assert_eq!((&events[0].id, events[0].state), (&id, EventState::NoCallback));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Events(Mock);

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Events").finish_non_exhaustive()
    }
}

impl Events {
    pub(crate) fn new(mock: &Mock) -> Self {
        Self(mock.clone())
    }

    /// All events, newest last, with their state and the tries to tell them.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let appid = mock.official_account().appid;
    /// mock.events().trigger(&appid, "user_view_card", "alice", serde_json::json!({}))?;
    /// assert_eq!(mock.events().list().len(), 1);
    /// mock.events().clear();
    /// assert!(mock.events().list().is_empty());
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn list(&self) -> Vec<EventRow> {
        self.show(&log::Filter::default())
    }

    /// The events of one name, such as `user_get_card`, newest last.
    pub fn of(&self, event: &str) -> Vec<EventRow> {
        self.show(&log::Filter {
            event: Some(event.to_owned()),
            ..log::Filter::default()
        })
    }

    fn show(&self, filter: &log::Filter) -> Vec<EventRow> {
        rows::all(self.0.pushes.lock().show(filter), EventRow::of)
    }

    /// Lets an event happen that nothing brought about, and names its id.
    ///
    /// `elements` is an object, or a list of `[name, value]`, with texts and whole numbers.
    ///
    /// # Errors
    ///
    /// 404 when the world has no such account or user, 422 when a name cannot be or an element is neither
    /// text nor number.
    pub fn trigger(
        &self,
        appid: &str,
        event: &str,
        user: &str,
        elements: Value,
    ) -> Result<String, ControlError> {
        let trigger = Trigger {
            appid: appid.to_owned(),
            event: event.to_owned(),
            openid: None,
            user: Some(user.to_owned()),
            elements,
        };
        Ok(self.tell(trigger.carry_out(&self.0))?)
    }

    /// Sends an event once more, with the same body under a new signature, and tells what became of it.
    ///
    /// # Errors
    ///
    /// 404 when there is no such event, 409 when it is still being told or its account has no callback.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), wechat_mock::ControlError> {
    /// let mock = wechat_mock::MockWechat::start().await;
    /// let appid = mock.official_account().appid;
    /// let id = mock.events().trigger(&appid, "user_view_card", "alice", serde_json::json!({}))?;
    /// // There is nobody to send it to.
    /// assert_eq!(mock.events().resend(&id).await.unwrap_err().status, 409);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn resend(&self, id: &str) -> Result<EventRow, ControlError> {
        let sent = self.tell(control::send_again(&self.0, id).await)?;
        Ok(EventRow::of(sent))
    }

    /// [`Self::resend`] for a test without a runtime.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Panics
    ///
    /// Within a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// assert_eq!(mock.events().resend_blocking("event-1").unwrap_err().status, 404);
    /// ```
    pub fn resend_blocking(&self, id: &str) -> Result<EventRow, ControlError> {
        block_on(self.resend(id))
    }

    /// Resolves when no push is under way; what waits for the mock's clock is not.
    ///
    /// The mock has to be there still: when it is dropped, what is under way stays so.
    pub async fn settled(&self) {
        self.0.pushes.settled().await;
    }

    /// [`Self::settled`] for a test without a runtime.
    ///
    /// # Panics
    ///
    /// Within a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// mock.events().settled_blocking();
    /// ```
    pub fn settled_blocking(&self) {
        block_on(self.settled());
    }

    /// Forgets all events that are not pending.
    pub fn clear(&self) {
        self.0.pushes.lock().clear();
        self.0.broadcast.tell_change("events");
    }

    /// Tells whoever listens to the stream of what was done.
    fn tell<T>(&self, done: Result<T, control::Fault>) -> Result<T, control::Fault> {
        self.0.broadcast.tell_done("events", done)
    }
}
