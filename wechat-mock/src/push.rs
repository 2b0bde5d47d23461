//! The pushes: what happened becomes a row of the log, and a job of the postman's where an account
//! has a callback.
//!
//! This lock is taken inside the world's, never the other way round.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub(crate) mod http;
pub(crate) mod lane;
pub(crate) mod letter;
pub(crate) mod log;

use lane::{Errand, Job, Lane};
use letter::Letter;
use log::{Filter, Log, State, Try};

use crate::{
    broadcast::Broadcast,
    paging::Page,
    world::{
        World,
        callback::{Callback, Format},
        event::Happened,
        profile::Profile,
    },
};

/// How long a receiver may take, as documented.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A lane that somebody is to walk, until its time is over.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    pub(crate) appid: String,
    /// Cancelled by a reset or another world.
    pub(crate) era: CancellationToken,
}

/// How the telling of an event ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Over(State),
    /// It is told again at this time of the mock's clock.
    Again(i64),
}

/// What is to be told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) letter: Letter,
    pub(crate) format: Format,
    /// How often it was tried before.
    pub(crate) tried: u64,
}

/// Why an event is not sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsendable {
    Unknown,
    Pending,
}

/// The pushes, shared by the faces of the mock.
#[derive(Clone, Debug)]
pub(crate) struct SharedPushes {
    state: Arc<Mutex<Pushes>>,
    signals: Arc<Signals>,
    /// How long a receiver may take.
    pub(crate) timeout: Duration,
}

#[derive(Debug, Default)]
struct Signals {
    /// There is a lane to be walked.
    work: Notify,
    /// Something is over.
    over: Notify,
}

#[derive(Debug)]
pub(crate) struct Pushes {
    log: Log,
    lanes: HashMap<String, Lane>,
    /// What is tried again by the mock's clock, by the time it is due.
    waiting: BTreeSet<(i64, u64)>,
    /// Checks of callbacks that were made.
    checks: u64,
    era: CancellationToken,
}

impl SharedPushes {
    pub(crate) fn new(broadcast: Broadcast) -> Self {
        Self {
            state: Arc::new(Mutex::new(Pushes::new(broadcast))),
            signals: Arc::default(),
            timeout: TIMEOUT,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Pushes> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over what fell due in the world and what happened there; the numbers of the events.
    pub(crate) fn collect(&self, world: &mut World) -> Vec<u64> {
        let happened = world.take_happened();
        let mut pushes = self.lock();
        if happened.is_empty() && pushes.waiting.is_empty() {
            return Vec::new();
        }
        let mut numbers = pushes.fall_due(world.now());
        numbers.extend(happened.into_iter().map(|event| pushes.add(world, event)));
        drop(pushes);
        if !numbers.is_empty() {
            self.signals.work.notify_one();
        }
        numbers
    }

    /// Resolves when there may be a lane to be walked.
    pub(crate) async fn work(&self) {
        self.signals.work.notified().await;
    }

    /// The pushes, if they are still those of `walk`.
    pub(crate) fn lock_for(&self, walk: &Walk) -> Option<MutexGuard<'_, Pushes>> {
        let pushes = self.lock();
        (!walk.era.is_cancelled()).then_some(pushes)
    }

    /// Ends the telling of one event, for good or for now; `now` is that of the mock's clock.
    pub(crate) fn end(&self, walk: &Walk, number: u64, end: End, now: i64) {
        if let Some(mut pushes) = self.lock_for(walk) {
            pushes.end(number, end);
            // The clock may have been moved past several tries at once.
            pushes.fall_due(now);
        }
        // What fell due may be another account's.
        self.signals.work.notify_one();
        self.signals.over.notify_waiters();
    }

    /// The time after which the next job of a lane is to be done; [`None`] ends the walk.
    pub(crate) fn look_ahead(&self, walk: &Walk) -> Option<Instant> {
        let mut pushes = self.lock_for(walk)?;
        let lane = pushes.lanes.get_mut(&walk.appid)?;
        if let Some(not_before) = lane.not_before() {
            return Some(not_before);
        }
        lane.is_walked = false;
        drop(pushes);
        self.signals.over.notify_waiters();
        None
    }

    /// Frees a queue whose worker is gone; what it had in hand has failed.
    pub(crate) fn give_back(&self, walk: &Walk, number: Option<u64>) {
        if let Some(mut pushes) = self.lock_for(walk) {
            if let Some(lane) = pushes.lanes.get_mut(&walk.appid) {
                lane.is_walked = false;
            }
            if let Some(number) = number {
                pushes.end(number, End::Over(State::Failed));
            }
        }
        self.signals.work.notify_one();
        self.signals.over.notify_waiters();
    }

    /// Sends an event once more, and tells what became of it.
    pub(crate) async fn resend(&self, id: &str) -> Result<Value, Unsendable> {
        let number = self.lock().queue_again(id)?;
        self.signals.work.notify_one();
        self.over(&[number]).await;
        let mut pushes = self.lock();
        let entry = pushes.log.find(number).ok_or(Unsendable::Unknown)?;
        Ok(entry.show())
    }

    /// Resolves when these events have been told, or wait for a later time.
    pub(crate) async fn over(&self, numbers: &[u64]) {
        // The last is over last, most of the time, and answers for the others until then.
        self.until(|pushes| numbers.iter().rev().all(|number| pushes.is_over(*number)))
            .await;
    }

    /// Resolves when nothing is under way; what waits for the mock's clock is not.
    pub(crate) async fn settled(&self) {
        self.until(|pushes| {
            let mut lanes = pushes.lanes.values();
            lanes.all(|lane| lane.is_empty() && !lane.is_walked)
        })
        .await;
    }

    async fn until(&self, is_so: impl Fn(&mut Pushes) -> bool) {
        loop {
            let over = self.signals.over.notified();
            tokio::pin!(over);
            // From here on nothing that is over goes unheard.
            over.as_mut().enable();
            if is_so(&mut self.lock()) {
                return;
            }
            over.await;
        }
    }

    /// Forgets everything, and ends what is under way.
    pub(crate) fn reset(&self) {
        let mut pushes = self.lock();
        pushes.era.cancel();
        *pushes = Pushes::new(pushes.log.broadcast().clone());
        drop(pushes);
        self.signals.over.notify_waiters();
    }
}

impl Pushes {
    fn new(broadcast: Broadcast) -> Self {
        Self {
            log: Log::new(broadcast),
            lanes: HashMap::new(),
            waiting: BTreeSet::new(),
            checks: 0,
            era: CancellationToken::new(),
        }
    }

    pub(crate) fn show(&self, filter: &Filter) -> Vec<Value> {
        self.log.show(filter)
    }

    pub(crate) fn page(
        &self,
        filter: &Filter,
        before: Option<u64>,
        limit: usize,
    ) -> Page<u64, Value> {
        self.log.page(filter, before, limit)
    }

    /// Forgets all events that are over.
    pub(crate) fn clear(&mut self) {
        self.log.clear();
    }

    /// Whether something waits for the mock's clock.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The number of the next check of a callback.
    pub(crate) fn next_check(&mut self) -> u64 {
        self.checks += 1;
        self.checks
    }

    /// The account of an event.
    pub(crate) fn appid_of(&self, id: &str) -> Option<String> {
        self.log.named(id).map(|entry| entry.appid.clone())
    }

    /// What is to be told, in the format of `callback` when it was never told before.
    pub(crate) fn told(&mut self, number: u64, callback: &Callback) -> Option<Told> {
        let entry = self.log.find(number)?;
        Some(Told {
            format: *entry.format.get_or_insert(callback.format),
            letter: entry.letter.clone(),
            tried: entry.tried,
        })
    }

    pub(crate) fn keep(&mut self, number: u64, tried: Try) {
        self.log.keep(number, tried);
    }

    /// The lanes that nobody walks; who asks walks them.
    pub(crate) fn start_walks(&mut self) -> Vec<Walk> {
        let idle = self.lanes.iter_mut();
        let idle = idle.filter(|(_, lane)| !lane.is_walked && !lane.is_empty());
        idle.map(|(appid, lane)| {
            lane.is_walked = true;
            Walk {
                appid: appid.clone(),
                era: self.era.clone(),
            }
        })
        .collect()
    }

    /// The next job of a lane.
    pub(crate) fn take(&mut self, walk: &Walk) -> Option<Job> {
        self.lanes.get_mut(&walk.appid)?.take(Instant::now())
    }

    fn add(&mut self, world: &World, happened: Happened) -> u64 {
        let account = world.account(happened.account);
        let Profile {
            appid,
            original_id,
            callback,
            ..
        } = &account.profile;
        let letter = Letter {
            to: original_id.clone(),
            at: happened.at,
            event: happened.event,
        };
        let format = callback.as_ref().map(|callback| callback.format);
        let chance = format!("event {}: disorder", self.log.next());
        let write = |state| self.log.write(appid.clone(), letter, format, state);
        let Some(callback) = callback else {
            return write(State::NoCallback);
        };
        let disorder = callback.disorder;
        let mut chance = account.ids.fixed(&chance);
        let mut falls = |probability| chance.fraction() < probability;
        if falls(disorder.drop) || crate::breaks::broken("push-lost") {
            return write(State::Dropped);
        }
        let number = write(State::Pending);
        let lane = self.lanes.entry(appid.clone()).or_default();
        lane.is_reordered = disorder.reorder;
        lane.add(Job {
            not_before: Instant::now() + Duration::from_millis(disorder.delay_ms),
            is_doubled: falls(disorder.duplicate),
            is_badly_signed: falls(disorder.bad_signature),
            ..Job::new(number, Errand::First)
        });
        number
    }

    fn end(&mut self, number: u64, end: End) {
        let Some(entry) = self.log.find(number) else {
            return;
        };
        match end {
            End::Over(state) => entry.state = state,
            End::Again(due) => {
                entry.state = State::Waiting;
                self.waiting.insert((due, number));
            }
        }
        self.log.tell(number);
    }

    fn is_over(&mut self, number: u64) -> bool {
        let entry = self.log.find(number);
        entry.is_none_or(|entry| entry.state != State::Pending)
    }

    /// Queues what waited for this time, and numbers it.
    fn fall_due(&mut self, now: i64) -> Vec<u64> {
        let later = self.waiting.split_off(&(now.saturating_add(1), 0));
        let due = std::mem::replace(&mut self.waiting, later);
        for (due, number) in &due {
            if let Some(entry) = self.log.find(*number) {
                entry.state = State::Pending;
                let lane = self.lanes.entry(entry.appid.clone()).or_default();
                lane.add(Job::new(*number, Errand::Due(*due)));
            }
        }
        due.into_iter().map(|(_, number)| number).collect()
    }

    fn queue_again(&mut self, id: &str) -> Result<u64, Unsendable> {
        let number = self.log.named(id).ok_or(Unsendable::Unknown)?.number;
        let entry = self.log.find(number).ok_or(Unsendable::Unknown)?;
        if entry.state.is_pending() {
            return Err(Unsendable::Pending);
        }
        entry.state = State::Pending;
        let lane = self.lanes.entry(entry.appid.clone()).or_default();
        lane.add(Job::new(number, Errand::Resend));
        self.log.tell(number);
        Ok(number)
    }
}
