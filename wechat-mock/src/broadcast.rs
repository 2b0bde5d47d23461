//! What happens, told to everybody who listens at `GET /_mock/v1/stream`.
//!
//! Each reader has a queue with a bound. Nobody waits for a reader: one whose queue is full is cut.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Messages that wait for one reader.
const MESSAGES: usize = 1_000;
/// Bytes that wait for one reader.
const BYTES: usize = 4 * 1024 * 1024;
/// Readers at one time.
const READERS: usize = 100;

/// What a message is about; the names are those of the stream's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// A row of the journal.
    Request,
    /// A record of what happened on the phone.
    Claim,
    /// An event, as its log has it, again whenever that changed.
    Event,
    /// How the clock stands.
    Clock,
    /// Something else changed.
    World,
}

impl Topic {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Claim => "claim",
            Self::Event => "event",
            Self::Clock => "clock",
            Self::World => "world",
        }
    }
}

/// One message, shared by all readers.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) topic: Topic,
    /// A JSON text in one line.
    pub(crate) data: Arc<str>,
}

/// Bytes that wait in a queue, counted by both of its ends.
#[derive(Clone, Debug, Default)]
struct Waiting(Arc<AtomicUsize>);

/// What a listener reads from.
#[derive(Debug)]
pub(crate) struct Reader {
    queue: mpsc::Receiver<Message>,
    waiting: Waiting,
}

impl Reader {
    /// The next message; [`None`] once the reader was cut.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        let message = self.queue.recv().await?;
        let Waiting(waiting) = &self.waiting;
        waiting.fetch_sub(message.data.len(), Ordering::Relaxed);
        Some(message)
    }
}

/// The other end of a [`Reader`].
#[derive(Debug)]
struct Listener {
    queue: mpsc::Sender<Message>,
    waiting: Waiting,
    /// Ends the connection of a reader that is too slow.
    cut: CancellationToken,
}

impl Listener {
    /// False when the reader is gone, or was cut.
    fn tell(&self, message: &Message) -> bool {
        let Waiting(waiting) = &self.waiting;
        let length = message.data.len();
        let waits = waiting.fetch_add(length, Ordering::Relaxed) + length;
        if waits <= BYTES && self.queue.try_send(message.clone()).is_ok() {
            return true;
        }
        self.cut.cancel();
        false
    }
}

/// So many listen already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany(pub(crate) usize);

/// Everybody who listens, shared by the faces of the mock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Broadcast {
    listeners: Arc<Mutex<Vec<Listener>>>,
    /// The length of `listeners`, told without a lock.
    count: Arc<AtomicUsize>,
}

impl Broadcast {
    fn lock(&self) -> MutexGuard<'_, Vec<Listener>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens from now on; `cut` is cancelled when the reader is too slow.
    pub(crate) fn listen(&self, cut: CancellationToken) -> Result<Reader, TooMany> {
        let mut listeners = self.lock();
        listeners.retain(|listener| !listener.queue.is_closed());
        if listeners.len() >= READERS {
            self.count.store(listeners.len(), Ordering::Release);
            return Err(TooMany(READERS));
        }
        let (sender, receiver) = mpsc::channel(MESSAGES);
        let waiting = Waiting::default();
        listeners.push(Listener {
            queue: sender,
            waiting: waiting.clone(),
            cut,
        });
        self.count.store(listeners.len(), Ordering::Release);
        Ok(Reader {
            queue: receiver,
            waiting,
        })
    }

    /// Tells everybody; `data` is asked for its JSON only when somebody listens.
    ///
    /// Never waits, and so may be called under any lock.
    pub(crate) fn tell(&self, topic: Topic, data: impl FnOnce() -> Value) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let message = Message {
            topic,
            data: data().to_string().into(),
        };
        let mut listeners = self.lock();
        listeners.retain(|listener| listener.tell(&message));
        self.count.store(listeners.len(), Ordering::Release);
    }

    /// Tells that something changed which has no message of its own.
    pub(crate) fn tell_change(&self, reason: &str) {
        self.tell(Topic::World, || json!({"reason": reason}));
    }

    /// [`Self::tell_change`] when what was tried succeeded: what was refused has changed nothing.
    pub(crate) fn tell_done<T, E>(&self, reason: &str, done: Result<T, E>) -> Result<T, E> {
        if done.is_ok() {
            self.tell_change(reason);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_listener_nothing_is_made() {
        let broadcast = Broadcast::default();
        broadcast.tell(Topic::Clock, || unreachable!("nobody listens"));
        let reader = broadcast.listen(CancellationToken::new()).unwrap();
        drop(reader);
        broadcast.tell_change("reset");
        broadcast.tell(Topic::Clock, || unreachable!("the reader is gone"));
    }

    #[tokio::test]
    async fn every_reader_hears_everything_in_its_order() {
        let broadcast = Broadcast::default();
        let mut readers = [0; 3].map(|_| broadcast.listen(CancellationToken::new()).unwrap());
        for number in 0..50 {
            broadcast.tell(Topic::Clock, || json!(number));
        }
        for reader in &mut readers {
            for number in 0..50 {
                let message = reader.next().await.unwrap();
                assert_eq!(*message.data, *number.to_string());
            }
        }
    }

    #[tokio::test]
    async fn a_reader_that_does_not_read_is_cut_and_the_others_go_on() {
        for (text, most) in [("x".to_owned(), MESSAGES), ("x".repeat(BYTES / 4), 3)] {
            let broadcast = Broadcast::default();
            let cut = CancellationToken::new();
            let mut slow = broadcast.listen(cut.clone()).unwrap();
            let mut quick = broadcast.listen(CancellationToken::new()).unwrap();
            for number in 0..2 * most {
                assert_eq!(cut.is_cancelled(), number > most, "{number}");
                broadcast.tell(Topic::World, || json!(text));
                assert!(quick.next().await.is_some());
            }
            let mut heard = 0;
            while slow.next().await.is_some() {
                heard += 1;
            }
            assert_eq!(heard, most);
        }
    }

    #[test]
    fn there_are_only_so_many_readers() {
        let broadcast = Broadcast::default();
        let listen = || broadcast.listen(CancellationToken::new());
        let mut readers: Vec<Reader> = (0..READERS).map(|_| listen().unwrap()).collect();
        assert_eq!(listen().unwrap_err(), TooMany(READERS));
        readers.pop();
        assert!(listen().is_ok());
    }
}
