//! Named breaks of the rules: what the suite in `conformance` has to notice. For tests alone.
//!
//! Without the feature `breaks` each question here is a constant `false`, so that the compiler leaves
//! nothing of it. What each name breaks is told in `conformance/teeth.json`, and a test there holds the
//! names of both sides together.

#[cfg(feature = "breaks")]
pub(crate) use on::{broken, broken_of};
#[cfg(feature = "breaks")]
pub use on::{set, take_asked};

/// Whether the rule with this name is broken: never.
#[cfg(not(feature = "breaks"))]
pub(crate) const fn broken(_name: &str) -> bool {
    false
}

/// The same for one path, rule or event: never.
#[cfg(not(feature = "breaks"))]
pub(crate) const fn broken_of(_kind: &str, _of: &str) -> bool {
    false
}

#[cfg(feature = "breaks")]
mod on {
    use std::{
        collections::BTreeSet,
        sync::{Mutex, MutexGuard, PoisonError},
    };

    /// What is broken in all mocks of this process, and which names were asked for.
    #[derive(Debug)]
    struct State {
        name: Option<String>,
        asked: BTreeSet<String>,
    }

    static STATE: Mutex<State> = Mutex::new(State {
        name: None,
        asked: BTreeSet::new(),
    });

    fn state() -> MutexGuard<'static, State> {
        STATE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Breaks one rule in all mocks of this process; [`None`] breaks none.
    pub fn set(name: Option<&str>) {
        state().name = name.map(str::to_owned);
    }

    /// The names that mocks of this process asked for since this was last called: a break of another
    /// name would have changed nothing.
    pub fn take_asked() -> BTreeSet<String> {
        std::mem::take(&mut state().asked)
    }

    /// Whether the rule with this name is broken.
    pub(crate) fn broken(name: &str) -> bool {
        let mut state = state();
        if !state.asked.contains(name) {
            state.asked.insert(name.to_owned());
        }
        state.name.as_deref() == Some(name)
    }

    /// The same for one path, rule or event: `errcode-of` and `/card/code/get` make `errcode-of-card-code-get`.
    pub(crate) fn broken_of(kind: &str, of: &str) -> bool {
        let of = of.trim_start_matches('/').replace(['/', '_'], "-");
        broken(&format!("{kind}-{of}"))
    }
}
