//! Runs cases against a target, and says what came of each.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use serde_json::{Map, Value};
use tokio::sync::{Mutex, RwLock};
use wechat_mock::MockWechat;

use crate::{
    arrange::{Action, ArrangeError, Arranger, ControlApi, Nobody},
    case::{Case, ExpectedFailure, Layer, Level, expected_failures},
    http::client,
    outcome::Outcome,
    play::play,
    scene::{Given, Stage, Stop},
    traffic::Exchange,
    wechat::beyond,
};

/// What came of one case.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The case.
    pub case: &'static Case,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, unless it passed; ids and secrets are replaced by their names.
    pub reason: Option<String>,
    /// What went over the wire, without secrets.
    pub traffic: Vec<Exchange>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// What is held to account.
#[expect(
    clippy::struct_excessive_bools,
    reason = "what a target is and what may be done with it are independent facts"
)]
pub struct Target {
    pub(crate) stage: Stage,
    /// A mock in this process, which ends with the target.
    mock: Option<MockWechat>,
    is_strict: bool,
    /// Nobody else uses it: its switches may be turned.
    is_exclusive: bool,
    may_move_clock: bool,
    is_proxy: bool,
    has_control: bool,
    /// What it is called in the list of known failures.
    pub(crate) kind: String,
    /// How the switches stand, and their defaults.
    switches: BTreeMap<String, (Value, Value)>,
    /// Held for writing by a case that moves the clock or turns switches of a shared target.
    quiet: RwLock<()>,
    known: Vec<ExpectedFailure>,
}

/// How a target behind a URL is used.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// The token that the control API asks for.
    pub control_token: Option<String>,
    /// The clock may be moved.
    pub move_clock: bool,
    /// Nobody else uses the target: clock and switches may be changed.
    pub exclusive: bool,
    /// The account to use where none can be opened: appid and secret.
    pub account: Option<(String, String)>,
}

impl Options {
    /// The account to use where none can be opened.
    #[must_use]
    pub fn with_account(self, appid: &str, secret: &str) -> Self {
        Self {
            account: Some((appid.to_owned(), secret.to_owned())),
            ..self
        }
    }

    /// Nobody else uses the target.
    #[must_use]
    pub fn exclusive(self) -> Self {
        Self {
            exclusive: true,
            ..self
        }
    }
}

impl Target {
    /// A mock in this process; strict, every switch stands on its strict side.
    ///
    /// # Errors
    ///
    /// An [`ArrangeError`] when it does not answer.
    pub async fn in_process(is_strict: bool) -> Result<Self, ArrangeError> {
        let builder = MockWechat::builder().intercept();
        let builder = if is_strict { builder.strict() } else { builder };
        let mock = builder.start().await;
        let options = Options {
            move_clock: true,
            exclusive: !is_strict,
            ..Options::default()
        };
        let mut target = Self::at(&mock.url(), options).await?;
        target.mock = Some(mock);
        target.is_strict = is_strict;
        Ok(target)
    }

    /// A mock behind a URL.
    ///
    /// # Errors
    ///
    /// An [`ArrangeError`] when nobody answers there, or somebody who has no control API.
    pub async fn at(url: &str, options: Options) -> Result<Self, ArrangeError> {
        let url = url.trim_end_matches('/');
        let http = http()?;
        let control = ControlApi::new(url, options.control_token.clone(), http);
        let target = Self::with(url, Arc::new(control), options)?;
        Ok(Self {
            is_proxy: target.is_intercepting().await,
            ..target.read_switches().await?
        })
    }

    /// Anything that answers WeChat's paths, with somebody who arranges.
    ///
    /// # Errors
    ///
    /// An [`ArrangeError`] when no HTTP client can be made.
    pub fn with(
        url: &str,
        arranger: Arc<dyn Arranger>,
        options: Options,
    ) -> Result<Self, ArrangeError> {
        let given = options
            .account
            .map(|(appid, secret)| Given { appid, secret });
        Ok(Self {
            stage: Stage {
                url: url.trim_end_matches('/').to_owned(),
                http: http()?,
                arranger,
                explains: false,
                given,
                guard: None,
                judges: true,
            },
            mock: None,
            is_strict: false,
            is_exclusive: options.exclusive,
            may_move_clock: options.move_clock || options.exclusive,
            is_proxy: false,
            has_control: false,
            kind: "mock".to_owned(),
            switches: BTreeMap::new(),
            quiet: RwLock::new(()),
            known: expected_failures().to_vec(),
        })
    }

    /// Anything that answers WeChat's paths, with an account of one's own and nobody who arranges.
    ///
    /// # Errors
    ///
    /// An [`ArrangeError`] when no HTTP client can be made.
    pub fn plain(url: &str, options: Options) -> Result<Self, ArrangeError> {
        Self::with(url, Arc::new(Nobody), options)
    }

    /// The same with another list of known failures.
    #[must_use]
    pub fn knowing(self, known: Vec<ExpectedFailure>) -> Self {
        Self { known, ..self }
    }

    /// The mock in this process.
    pub fn mock(&self) -> Option<&MockWechat> {
        self.mock.as_ref()
    }

    async fn read_switches(mut self) -> Result<Self, ArrangeError> {
        let rows = self.stage.arranger.carry_out(Action::ReadSwitches).await?;
        for row in rows["switches"].as_array().into_iter().flatten() {
            let name = row["name"].as_str().unwrap_or_default().to_owned();
            self.switches
                .insert(name, (row["value"].clone(), row["default"].clone()));
        }
        self.has_control = true;
        self.stage.explains = true;
        Ok(self)
    }

    async fn is_intercepting(&self) -> bool {
        let Stage { url, http, .. } = &self.stage;
        let asked = http.get(format!("{url}/_mock/ca.pem")).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// Why a case says nothing about this target.
    fn unmet(&self, case: &Case) -> Option<String> {
        let arranger = &self.stage.arranger;
        if let Some(guard) = &self.stage.guard
            && let Some(why) = guard
                .stopped()
                .or_else(|| beyond(case, arranger.as_ref(), guard))
        {
            return Some(why);
        }
        if case.layer == Layer::L3 && !self.has_control {
            return Some("it is about the mock alone".to_owned());
        }
        let undone = case
            .actions()
            .into_iter()
            .find(|action| !arranger.can(action));
        if let Some(action) = undone {
            let action = serde_json::to_value(action).unwrap_or_default();
            return Some(format!("nobody arranges this: {}", action["verb"]));
        }
        if case.needs.clock && !self.may_move_clock {
            let why = "it moves the clock that others share; --move-clock runs it";
            return Some(why.to_owned());
        }
        if case.needs.proxy && !self.is_proxy {
            return Some("it needs a mock that was started with --intercept".to_owned());
        }
        if case.needs.receiver && !is_on_this_machine(&self.stage.url) {
            return Some("the target cannot push to this machine".to_owned());
        }
        if self.is_exclusive && self.has_control {
            return None;
        }
        self.standing_otherwise(case)
    }

    /// The first switch that does not stand as the case needs it.
    fn standing_otherwise(&self, case: &Case) -> Option<String> {
        for (name, wanted) in &case.needs.switches {
            match self.switches.get(name) {
                Some((value, _)) if value == wanted => {}
                Some((value, _)) => {
                    return Some(format!(
                        "its switch {name} stands at {value}, not at {wanted}"
                    ));
                }
                None => return Some(format!("it has no switch {name}, which is to be {wanted}")),
            }
        }
        let mut turned = case.needs.defaults.iter().filter_map(|name| {
            let (value, default) = self.switches.get(name)?;
            (value != default).then(|| {
                format!("its switch {name} stands at {value}, not at the default {default}")
            })
        });
        turned.next()
    }

    /// Runs one case.
    pub async fn run(&self, case: &'static Case) -> Verdict {
        let begun = std::time::Instant::now();
        let guard = self.stage.guard.as_ref();
        let redacted = |text: String| match guard {
            Some(guard) => guard.redacted(&text),
            None => text,
        };
        let verdict = |outcome, reason: Option<String>, traffic: Vec<Exchange>| Verdict {
            case,
            outcome,
            reason: reason.map(redacted),
            traffic: traffic
                .into_iter()
                .map(|exchange| exchange.map(redacted))
                .collect(),
            milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        if let Some(why) = self.unmet(case) {
            return verdict(Outcome::Skip, Some(why), Vec::new());
        }
        let is_changing = case.needs.clock || self.standing_otherwise(case).is_some();
        let played = if self.mock.is_some() {
            match self.private(case).await {
                Ok((_mock, stage)) => play(case, stage).await,
                Err(error) => {
                    return verdict(Outcome::Error, Some(error.to_string()), Vec::new());
                }
            }
        } else if !is_changing {
            let _others = self.quiet.read().await;
            play(case, self.stage.clone()).await
        } else {
            let _alone = self.quiet.write().await;
            let turned = self.turn(case, true).await;
            let played = play(case, self.stage.clone()).await;
            if let Err(error) = turned.and(self.turn(case, false).await) {
                return verdict(Outcome::Error, Some(error.to_string()), played.traffic);
            }
            played
        };
        let (outcome, reason) = concluded(&self.known, &self.kind, case, played.stop);
        verdict(outcome, reason, played.traffic)
    }

    /// A mock that this case has for itself.
    async fn private(&self, case: &Case) -> Result<(MockWechat, Stage), ArrangeError> {
        let builder = MockWechat::builder();
        let builder = if case.needs.proxy {
            builder.intercept()
        } else {
            builder
        };
        let builder = if self.is_strict {
            builder.strict()
        } else {
            builder
        };
        let mock = builder.start().await;
        let stage = Stage {
            url: mock.url(),
            arranger: Arc::new(ControlApi::new(&mock.url(), None, self.stage.http.clone())),
            ..self.stage.clone()
        };
        if !case.needs.switches.is_empty() && !self.is_strict {
            let with = case.needs.switches.clone();
            stage
                .arranger
                .carry_out(Action::SetSwitches { with })
                .await?;
        }
        Ok((mock, stage))
    }

    /// Turns the switches of a case as it needs them, or back.
    async fn turn(&self, case: &Case, is_for_case: bool) -> Result<(), ArrangeError> {
        let mut with = Map::new();
        for (name, value) in &case.needs.switches {
            with.insert(name.clone(), value.clone());
        }
        for name in &case.needs.defaults {
            if let Some((_, default)) = self.switches.get(name) {
                with.insert(name.clone(), default.clone());
            }
        }
        if !is_for_case {
            for (name, value) in &mut with {
                if let Some((before, _)) = self.switches.get(name) {
                    *value = before.clone();
                }
            }
        }
        if with.is_empty() {
            return Ok(());
        }
        self.stage
            .arranger
            .carry_out(Action::SetSwitches { with })
            .await
            .map(drop)
    }
}

/// The outcome of a case with the list of known failures held against it.
fn excused(
    known: &[ExpectedFailure],
    kind: &str,
    case: &Case,
    outcome: Outcome,
    reason: Option<String>,
) -> (Outcome, Option<String>) {
    let listed = known
        .iter()
        .find(|listed| listed.case == case.id && listed.target == kind);
    match (listed, outcome) {
        (None, _) => (outcome, reason),
        (Some(listed), Outcome::Pass) => {
            let why = format!("it passes, and is listed as failing: {}", listed.reason);
            (Outcome::XPass, Some(why))
        }
        (Some(listed), _) if today() > listed.until => {
            let reason = reason.unwrap_or_default();
            (
                Outcome::Fail,
                Some(format!("excused until {} alone: {reason}", listed.until)),
            )
        }
        (Some(listed), _) => (Outcome::XFail, Some(listed.reason.clone())),
    }
}

/// The outcome of a case that was played on a target of this kind, and why; what is known to fail is
/// excused, and what was skipped is skipped.
pub(crate) fn concluded(
    known: &[ExpectedFailure],
    kind: &str,
    case: &Case,
    stop: Option<Stop>,
) -> (Outcome, Option<String>) {
    let (outcome, reason) = match stop {
        None => (Outcome::Pass, None),
        Some(Stop::Differs(why)) if case.level == Level::Must => (Outcome::Fail, Some(why)),
        Some(Stop::Differs(why)) => (Outcome::Warn, Some(why)),
        Some(Stop::Failed(why)) => (Outcome::Error, Some(why)),
        Some(Stop::Skipped(why)) => return (Outcome::Skip, Some(why)),
    };
    excused(known, kind, case, outcome, reason)
}

/// Today in UTC, such as `2026-11-26`.
pub(crate) fn today() -> String {
    time::OffsetDateTime::now_utc().date().to_string()
}

fn http() -> Result<reqwest::Client, ArrangeError> {
    client()
        .build()
        .map_err(|error| ArrangeError::Failed(error.to_string()))
}

fn is_on_this_machine(url: &str) -> bool {
    let host = reqwest::Url::parse(url).ok();
    let host = host
        .as_ref()
        .and_then(|url| url.host_str())
        .unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Runs cases, several at once; what comes back is in the order of the cases.
///
/// `seen` is told of each as it ends.
pub async fn run(
    target: Arc<Target>,
    cases: Vec<&'static Case>,
    seen: impl Fn(&Verdict) + Send + Sync + 'static,
) -> Vec<Verdict> {
    // A real account is asked one thing at a time.
    let workers = if target.stage.guard.is_some() {
        1
    } else {
        WORKERS
    };
    let one = move |case| {
        let target = target.clone();
        async move { target.run(case).await }
    };
    run_each(cases, workers, one, seen).await
}

/// Runs cases, so many at once, by what runs one.
pub(crate) async fn run_each<F: Future<Output = Verdict> + Send>(
    cases: Vec<&'static Case>,
    count: usize,
    one: impl Fn(&'static Case) -> F + Send + Sync + 'static,
    seen: impl Fn(&Verdict) + Send + Sync + 'static,
) -> Vec<Verdict> {
    let (one, seen) = (Arc::new(one), Arc::new(seen));
    let next = Arc::new(Mutex::new(cases.into_iter().enumerate()));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (one, next, seen) = (one.clone(), next.clone(), seen.clone());
        workers.spawn(async move {
            let mut done = Vec::new();
            loop {
                let taken = next.lock().await.next();
                let Some((at, case)) = taken else {
                    return done;
                };
                let verdict = one(case).await;
                seen(&verdict);
                done.push((at, verdict));
            }
        });
    }
    let mut verdicts: Vec<(usize, Verdict)> =
        workers.join_all().await.into_iter().flatten().collect();
    verdicts.sort_by_key(|(at, _)| *at);
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

/// How many cases run at once: most of the time they wait for answers.
pub(crate) const WORKERS: usize = 8;
