//! Generated histories of a mock and a backend together, by HTTP alone: an admin, customers, tills, the
//! console and the clock, several of them at once, and faults. At quiet points the world and the ledger
//! are held to what has to be true whatever happened.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt::{self, Display},
    hash::{BuildHasher, Hasher, RandomState},
};

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use tokio::runtime::{Builder, Runtime};

mod invariants;
mod play;
mod quiet;
mod script;
mod seen;
mod stage;
mod step;

use stage::{Broken, Stage};
use step::Step;

/// How many shorter histories are tried once one has failed, and how often each of them.
const SHRINKS: u32 = 60;
const RUNS: usize = 3;

/// Which histories to run.
///
/// # Examples
///
/// ```
/// let told = conformance::Histories::new(1, 7).run()?;
/// assert_eq!(told.histories, 1);
/// # Ok::<(), conformance::HistoryFailure>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histories {
    cases: u32,
    seed: u64,
}

/// What happened in histories in which nothing broke.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoriesTold {
    /// How many ended well.
    pub histories: usize,
    /// How often the backend gave which answer: method, path with its ids left out, status.
    pub answers: BTreeMap<String, usize>,
}

impl Display for HistoriesTold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (answer, count) in &self.answers {
            writeln!(f, "{count:6} {answer}")?;
        }
        writeln!(f, "{} histories, nothing broken", self.histories)
    }
}

/// A history in which something broke, the shortest that was found.
#[derive(Clone, Debug)]
pub struct HistoryFailure {
    /// Which run finds it again.
    histories: Histories,
    what: String,
    steps: Vec<Step>,
    script: String,
}

impl HistoryFailure {
    /// What broke, one line each.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The history as a shell script, one curl line per call.
    pub fn script(&self) -> &str {
        &self.script
    }
}

impl Display for HistoryFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\nsteps:", self.what)?;
        for (at, Step(acts)) in self.steps.iter().enumerate() {
            writeln!(f, "{:3} {acts:?}", at + 1)?;
        }
        write!(f, "script:\n{}\n{}", self.script, self.histories)
    }
}

impl std::error::Error for HistoryFailure {}

impl Display for Histories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, seed } = self;
        write!(
            f,
            "HISTORY_SEED={seed} HISTORY_CASES={cases} runs this again"
        )
    }
}

impl Histories {
    /// So many histories; those of a seed are always the same.
    pub fn new(cases: u32, seed: u64) -> Self {
        Self { cases, seed }
    }

    /// As many as `HISTORY_CASES` says, else `cases`; of the seed `HISTORY_SEED`, else of a new one.
    ///
    /// # Errors
    ///
    /// When one of the two is no number.
    pub fn of_environment(cases: u32) -> Result<Self, String> {
        let variable = |name: &str| match std::env::var(name) {
            Err(_) => Ok(None),
            Ok(text) => text
                .parse::<u64>()
                .map(Some)
                .map_err(|_| format!("{name} is no number: {text}")),
        };
        let cases = match variable("HISTORY_CASES")? {
            None => cases,
            Some(cases) => u32::try_from(cases).map_err(|error| error.to_string())?,
        };
        let seed = variable("HISTORY_SEED")?;
        let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
        Ok(Self { cases, seed })
    }

    /// Runs them one after the other, each with a mock and a backend of its own in this process. It
    /// blocks, and has to be called outside of a runtime.
    ///
    /// # Errors
    ///
    /// The shortest history that was found in which something breaks. What is sent at once makes a run
    /// differ from the next, so that a shorter one is run three times before it counts as good.
    ///
    /// # Panics
    ///
    /// When the system has no threads or no events to give.
    pub fn run(self) -> Result<HistoriesTold, HistoryFailure> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("the system gives threads and events");
        let mut runner = TestRunner::new(Config {
            cases: self.cases,
            rng_seed: RngSeed::Fixed(self.seed),
            failure_persistence: None,
            max_shrink_iters: SHRINKS,
            ..Config::default()
        });
        let told = RefCell::new(HistoriesTold::default());
        let runs = Cell::new(1);
        let newest: RefCell<Option<HistoryFailure>> = RefCell::new(None);
        let outcome = runner.run(&step::histories(), |steps| {
            for _ in 0..runs.get() {
                if let Err((what, script)) = run_one(&runtime, &steps, &told) {
                    runs.set(RUNS);
                    newest.replace(Some(HistoryFailure {
                        histories: self,
                        what: what.clone(),
                        steps,
                        script,
                    }));
                    return Err(TestCaseError::fail(what));
                }
            }
            Ok(())
        });
        match (outcome, newest.into_inner()) {
            // The one that failed last is the shortest.
            (Err(_), Some(failure)) => Err(failure),
            (Err(error), None) => Err(self.not_generated(&error)),
            (Ok(()), _) => Ok(told.into_inner()),
        }
    }

    fn not_generated(self, error: &TestError<Vec<Step>>) -> HistoryFailure {
        HistoryFailure {
            histories: self,
            what: error.to_string(),
            steps: Vec::new(),
            script: String::new(),
        }
    }
}

/// Plays one history; what broke, and its script.
fn run_one(
    runtime: &Runtime,
    steps: &[Step],
    told: &RefCell<HistoriesTold>,
) -> Result<(), (Broken, String)> {
    runtime.block_on(async {
        let opened = Stage::open().await;
        let (stage, mut started) = opened.map_err(|what| (what, String::new()))?;
        let outcome = play::play(&stage, steps).await;
        started.end().await;
        let seen = stage.seen();
        outcome.map_err(|what| (what, script::script(steps, &seen.traffic)))?;
        let mut told = told.borrow_mut();
        told.histories += 1;
        for answer in &seen.past.answers {
            let kind = format!("{} {}", kind(&answer.call), answer.status);
            *told.answers.entry(kind).or_default() += 1;
        }
        Ok(())
    })
}

/// Method and path without ids and query.
fn kind(call: &str) -> String {
    let path = call.split('?').next().unwrap_or_default();
    let mut parts: Vec<&str> = path.split('/').collect();
    for at in 1..parts.len() {
        if ["coupons", "codes"].contains(&parts[at - 1]) {
            parts[at] = "…";
        }
    }
    parts.join("/")
}
