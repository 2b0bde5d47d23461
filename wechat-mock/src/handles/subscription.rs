//! What happens, as it happens.

use serde::Deserialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    ControlError, block_on,
    rows::{EventRow, Explanation, JournalRow},
};
use crate::{
    broadcast::{Message, Reader, Topic},
    control,
    mock::Mock,
};

/// Something that happened: what `GET /_mock/v1/stream` sends.
///
/// # Examples
///
/// ```
/// use wechat_mock::StreamMessage;
///
/// let mock = wechat_mock::MockWechat::start_blocking();
/// let mut stream = mock.subscribe()?;
/// mock.clock().freeze();
/// assert!(matches!(stream.next_blocking(), Some(StreamMessage::Clock { frozen: true, .. })));
/// # Ok::<(), wechat_mock::ControlError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StreamMessage {
    /// A call on a path of WeChat's was answered.
    Request(JournalRow),
    /// A page's call on the phone ended, such as `wx.addCard`.
    Claim(Explanation),
    /// An event came to be, or the telling of it went on.
    Event(EventRow),
    /// The clock was moved, stopped or let go.
    Clock {
        /// Seconds since 1970.
        now: i64,
        /// Whether it stands still.
        frozen: bool,
    },
    /// Something else changed: `reset`, `import`, `account`, `user`, `card`, `fault`, `switch`, `requests`
    /// or `events`.
    World {
        /// Which of them.
        reason: String,
    },
}

impl StreamMessage {
    /// [`None`] for a row that was forgotten before it could be shown.
    fn read(message: &Message) -> Option<Self> {
        #[derive(Deserialize)]
        struct Clock {
            now: i64,
            frozen: bool,
        }

        #[derive(Deserialize)]
        struct World {
            reason: String,
        }

        let data: Value = serde_json::from_str(&message.data).ok()?;
        let read = match message.topic {
            Topic::Request => Self::Request(JournalRow::deserialize(data).ok()?),
            Topic::Claim => Self::Claim(Explanation::deserialize(data).ok()?),
            Topic::Event => Self::Event(EventRow::deserialize(data).ok()?),
            Topic::Clock => {
                let Clock { now, frozen } = Clock::deserialize(data).ok()?;
                Self::Clock { now, frozen }
            }
            Topic::World => {
                let World { reason } = World::deserialize(data).ok()?;
                Self::World { reason }
            }
        };
        Some(read)
    }
}

/// What happens from now on, in its order; see [`MockWechat::subscribe`](crate::MockWechat::subscribe).
///
/// Nobody waits for a reader: one who lets 1,000 messages or 4 MiB wait hears no more after these.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wechat_mock::ControlError> {
/// use wechat_mock::StreamMessage;
///
/// let mock = wechat_mock::MockWechat::start().await;
/// let appid = mock.official_account().appid;
/// let mut stream = mock.subscribe()?;
///
/// mock.events().trigger(&appid, "user_view_card", "alice", serde_json::json!({}))?;
/// let Some(StreamMessage::Event(event)) = stream.next().await else {
///     panic!("the event is what happens first");
/// };
/// assert_eq!(event.event, "user_view_card");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Subscription(Reader);

impl Subscription {
    pub(crate) fn new(mock: &Mock) -> Result<Self, ControlError> {
        // Nothing has to be cut: a reader that is too slow finds its queue closed.
        let reader = control::listen(mock, CancellationToken::new())?;
        Ok(Self(reader))
    }

    /// The next thing that happens; [`None`] when the mock and all its handles are gone, or the reader was
    /// too slow.
    ///
    /// It may be cancelled: nothing is lost.
    pub async fn next(&mut self) -> Option<StreamMessage> {
        loop {
            let message = self.0.next().await?;
            if let Some(read) = StreamMessage::read(&message) {
                return Some(read);
            }
        }
    }

    /// [`Self::next`] for a test without a runtime.
    ///
    /// # Panics
    ///
    /// Within a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{StreamMessage, UserProfile};
    ///
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let mut stream = mock.subscribe()?;
    /// mock.users().add("dora", UserProfile::default())?;
    /// let reason = "user".to_owned();
    /// assert_eq!(stream.next_blocking(), Some(StreamMessage::World { reason }));
    /// drop(mock);
    /// assert_eq!(stream.next_blocking(), None);
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn next_blocking(&mut self) -> Option<StreamMessage> {
        block_on(self.next())
    }
}
