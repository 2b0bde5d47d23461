//! Faults: what can go wrong between a caller and WeChat, on demand.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::{nearest::unknown_path, world::ids::Ids};

mod draft;

pub(crate) use draft::FaultDraft;

/// What goes wrong.
///
/// # Examples
///
/// ```
/// use wechat_mock::{Fault, FaultKind};
///
/// // Every third call gets the page of a gateway, and of the others half take a second longer.
/// let down = Fault::new(FaultKind::HttpStatus(502)).every(3);
/// let slow = Fault::new(FaultKind::DelayMs(1000)).probability(0.5);
/// # let _ = (down, slow);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// WeChat answers this number and does nothing; -1 is "system busy".
    Errcode(i64),
    /// The answer takes so many milliseconds longer.
    DelayMs(u64),
    /// A gateway answers this status (400 to 599) with an HTML page; WeChat does nothing.
    HttpStatus(u16),
    /// WeChat does its work, and the connection breaks after so many bytes of the answer's body.
    Truncate(usize),
    /// The connection is reset before WeChat hears of the call.
    Reset,
    /// WeChat does its work, and bytes that mean nothing come back.
    Garbage,
    /// WeChat does its work, and the connection closes without an answer.
    LostAnswer,
}

impl FaultKind {
    /// The answer takes so much longer; to the millisecond, at most ten minutes.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wechat_mock::FaultKind;
    ///
    /// assert_eq!(FaultKind::delay(Duration::from_secs(2)), FaultKind::DelayMs(2000));
    /// ```
    pub fn delay(delay: Duration) -> Self {
        Self::DelayMs(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Errcode(_) => "errcode",
            Self::DelayMs(_) => "delay_ms",
            Self::HttpStatus(_) => "http_status",
            Self::Truncate(_) => "truncate",
            Self::Reset => "reset",
            Self::Garbage => "garbage",
            Self::LostAnswer => "lost_answer",
        }
    }

    /// As the control API shows it, such as `{"errcode": -1}`.
    pub(crate) fn to_json(self) -> Value {
        json!({self.name(): self.value()})
    }

    fn value(self) -> Value {
        match self {
            Self::Errcode(number) => json!(number),
            Self::DelayMs(number) => json!(number),
            Self::HttpStatus(status) => json!(status),
            Self::Truncate(bytes) => json!(bytes),
            Self::Reset | Self::Garbage | Self::LostAnswer => json!(true),
        }
    }
}

/// Which calls a fault befalls.
///
/// # Examples
///
/// ```
/// use wechat_mock::{Fault, FaultKind};
///
/// // The next two redemptions are done, but nobody hears of it.
/// let fault = Fault::new(FaultKind::LostAnswer).on("/card/code/consume").times(2);
/// # let _ = fault;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    kind: FaultKind,
    path: Option<String>,
    appid: Option<String>,
    times: Option<u64>,
    every: u64,
    probability: f64,
}

impl Fault {
    /// A fault that befalls every call.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            path: None,
            appid: None,
            times: None,
            every: 1,
            probability: 1.0,
        }
    }

    /// Only calls of this path, such as `/card/code/decrypt`; it has to be one of [`crate::paths`].
    #[must_use]
    pub fn on(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Only calls of this account.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{Fault, FaultKind, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// let appid = mock.official_account().appid;
    /// let fault = mock.faults().add(Fault::new(FaultKind::Errcode(-1)).of(&appid))?;
    /// assert_eq!(fault.appid, Some(appid));
    /// # mock.faults().clear();
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    #[must_use]
    pub fn of(mut self, appid: &str) -> Self {
        self.appid = Some(appid.to_owned());
        self
    }

    /// So many times, then no more.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Of the calls that it could befall, every `every`th; 0 counts as 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{Fault, FaultKind, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// let fault = mock.faults().add(Fault::new(FaultKind::Garbage).every(3))?;
    /// assert_eq!(fault["every"], 3);
    /// # mock.faults().clear();
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    #[must_use]
    pub fn every(mut self, every: u64) -> Self {
        self.every = every.max(1);
        self
    }

    /// With this probability, 0 to 1, drawn from the mock's seed.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{Fault, FaultKind, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// let fault = mock.faults().add(Fault::new(FaultKind::Reset).probability(0.1))?;
    /// assert_eq!(fault["probability"], 0.1);
    /// # mock.faults().clear();
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = probability.clamp(0.0, 1.0);
        self
    }

    /// Whether it can happen at all; else the field at fault and what is wrong with it.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        match self.kind {
            FaultKind::Errcode(0) => {
                return Err(("errcode", "0 is a success".to_owned()));
            }
            FaultKind::HttpStatus(status) if !(400..600).contains(&status) => {
                return Err(("http_status", "400 to 599".to_owned()));
            }
            FaultKind::DelayMs(delay) if delay > LONGEST => {
                return Err(("delay_ms", format!("at most {LONGEST} milliseconds")));
            }
            _ => {}
        }
        if self.times == Some(0) {
            return Err(("times", "1 or more".to_owned()));
        }
        match self.path.as_deref().and_then(unknown_path) {
            Some(message) => Err(("path", message)),
            None => Ok(()),
        }
    }

    fn to_json(&self) -> Value {
        let mut shown = self.kind.to_json();
        for (key, value) in [
            ("path", self.path.as_ref().map(|path| json!(path))),
            ("appid", self.appid.as_ref().map(|appid| json!(appid))),
            ("times", self.times.map(|times| json!(times))),
            ("every", (self.every > 1).then(|| json!(self.every))),
            (
                "probability",
                (self.probability < 1.0).then(|| json!(self.probability)),
            ),
        ] {
            if let Some(value) = value {
                shown[key] = value;
            }
        }
        shown
    }
}

/// The longest delay, in milliseconds.
const LONGEST: u64 = 600_000;

/// A fault in force.
#[derive(Debug)]
struct Planned {
    id: u64,
    fault: Fault,
    /// Calls it could have befallen.
    seen: u64,
    /// Calls it befell.
    done: u64,
}

/// Faults that have run out and are still shown; the oldest go first.
const SPENT: usize = 1_000;

/// The faults in force, shared by the faces of the mock.
#[derive(Clone, Debug)]
pub(crate) struct SharedFaults {
    faults: Arc<Mutex<Faults>>,
    in_force: Arc<AtomicUsize>,
}

impl SharedFaults {
    pub(crate) fn new(seed: u64) -> Self {
        let in_force = Arc::new(AtomicUsize::new(0));
        Self {
            faults: Arc::new(Mutex::new(Faults {
                chance: Ids::new(seed, "faults", 0),
                planned: Vec::new(),
                spent: VecDeque::new(),
                made: 0,
                in_force: in_force.clone(),
            })),
            in_force,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether any fault could still happen to a call; told without a lock.
    pub(crate) fn is_any_in_force(&self) -> bool {
        self.in_force.load(Ordering::Acquire) > 0
    }
}

#[derive(Debug)]
pub(crate) struct Faults {
    chance: Ids,
    /// Those that can still happen, oldest first.
    planned: Vec<Planned>,
    /// Those that have run out, by the time at which they did.
    spent: VecDeque<Planned>,
    made: u64,
    /// The length of `planned`.
    in_force: Arc<AtomicUsize>,
}

impl Faults {
    /// Puts a fault into force, and shows it.
    pub(crate) fn add(&mut self, fault: Fault) -> Value {
        self.made += 1;
        let planned = Planned {
            id: self.made,
            fault,
            seen: 0,
            done: 0,
        };
        let shown = planned.show();
        if planned.is_spent() {
            self.spend(planned);
        } else {
            self.planned.push(planned);
        }
        self.count();
        shown
    }

    /// All faults, with how often each happened to a call.
    pub(crate) fn show(&self) -> Vec<Value> {
        let mut all: Vec<&Planned> = self.spent.iter().chain(&self.planned).collect();
        all.sort_by_key(|planned| planned.id);
        all.into_iter().map(Planned::show).collect()
    }

    /// Those that never happened, though chance did not keep them from it.
    pub(crate) fn unused(&self) -> Vec<Value> {
        let unused = self.planned.iter().filter(|planned| {
            planned.done == 0 && (planned.seen == 0 || planned.fault.probability >= 1.0)
        });
        unused.map(Planned::show).collect()
    }

    /// Takes one fault back; whether there was one of this number.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.planned.len() + self.spent.len();
        self.planned.retain(|planned| planned.id != id);
        self.spent.retain(|planned| planned.id != id);
        self.count();
        self.planned.len() + self.spent.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.planned.clear();
        self.spent.clear();
        self.count();
    }

    /// Back to the beginning, the order of chance too.
    pub(crate) fn reset(&mut self, seed: u64) {
        self.clear();
        self.made = 0;
        self.chance = Ids::new(seed, "faults", 0);
    }

    /// What happens to one call: the first fault in force that fits it.
    pub(crate) fn inject(&mut self, path: &str, appid: Option<&str>) -> Option<FaultKind> {
        let chance = &mut self.chance;
        let mut planned = self.planned.iter_mut().enumerate();
        let (place, kind) = planned.find_map(|(place, planned)| {
            let is_hit = planned.fits(path, appid) && planned.is_due(chance);
            is_hit.then_some((place, planned.fault.kind))
        })?;
        if self.planned[place].is_spent() {
            let spent = self.planned.remove(place);
            self.spend(spent);
            self.count();
        }
        Some(kind)
    }

    fn spend(&mut self, planned: Planned) {
        if self.spent.len() >= SPENT {
            self.spent.pop_front();
        }
        self.spent.push_back(planned);
    }

    fn count(&self) {
        self.in_force.store(self.planned.len(), Ordering::Release);
    }
}

impl Planned {
    fn fits(&self, path: &str, appid: Option<&str>) -> bool {
        let fault = &self.fault;
        fault.path.as_deref().is_none_or(|wanted| wanted == path)
            && fault
                .appid
                .as_deref()
                .is_none_or(|wanted| Some(wanted) == appid)
    }

    fn is_spent(&self) -> bool {
        self.fault.times.is_some_and(|times| self.done >= times)
    }

    fn is_due(&mut self, chance: &mut Ids) -> bool {
        self.seen += 1;
        let is_turn = self.seen.is_multiple_of(self.fault.every);
        let is_hit = is_turn
            && (self.fault.probability >= 1.0 || chance.draw().fraction() < self.fault.probability);
        self.done += u64::from(is_hit);
        is_hit
    }

    fn show(&self) -> Value {
        let mut shown = json!({"id": self.id});
        if let (Some(shown), Value::Object(fault)) = (shown.as_object_mut(), self.fault.to_json()) {
            shown.extend(fault);
        }
        shown["seen"] = json!(self.seen);
        shown["done"] = json!(self.done);
        shown
    }
}

#[cfg(test)]
mod tests;
