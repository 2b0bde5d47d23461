//! Random tests: a fixed number of cases, and a seed that a failure names.

use std::fmt::Debug;

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};

/// Runs `test` on `cases` random values; a failure is shown as small as it can be made.
pub(crate) fn check<S: Strategy>(
    cases: u32,
    strategy: &S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) where
    S::Value: Debug,
{
    let seed = match Config::default().rng_seed {
        RngSeed::Random => getrandom::u64().unwrap(),
        RngSeed::Fixed(seed) => seed,
    };
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        // The seed is enough to see it again; what was found is kept as a plain test.
        failure_persistence: None,
        max_shrink_iters: 1000,
        ..Config::default()
    };
    if let Err(failure) = TestRunner::new(config).run(strategy, test) {
        panic!("{failure}\nagain with PROPTEST_RNG_SEED={seed}");
    }
}

/// Something to wait for answers on.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}
