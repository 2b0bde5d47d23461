//! Random histories of creates, claims, redemptions, repeats, pushes, faults and time: at every quiet
//! point the ledger is what WeChat's world is.
//!
//! `MODEL_CASES` (6) and `MODEL_SEED` say how many and which; a history that fails is shrunk to the
//! shortest script that still does, and printed.

use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed, TestRunner},
};
use wechat_mock::FaultKind;

use crate::chance::Chance;

mod history;

/// The calls at WeChat in which something goes wrong.
const PATHS: [&str; 8] = [
    "/card/code/consume",
    "/card/code/get",
    "/card/code/decrypt",
    "/card/create",
    "/card/get",
    "/card/batchget",
    "/cgi-bin/stable_token",
    "/cgi-bin/ticket/getticket",
];
const STEPS: usize = 40;
const SHRINKS: u32 = 80;

/// One thing that happens. Numbers choose among what is there at that moment.
#[derive(Clone, Debug)]
enum Step {
    /// A new card from one of a few drafts.
    Create(usize),
    /// A customer takes a card; the page tells the service, or is closed first.
    Claim { user: usize, tells: bool },
    /// A till redeems a code.
    Redeem(usize),
    /// An earlier call is made again.
    Repeat(usize),
    /// Somebody else redeems a code, by WeChat's own call.
    Elsewhere(usize),
    /// A customer gives a code to the next one, who takes it.
    Gift(usize),
    /// A customer throws a code away.
    Delete(usize),
    /// The next call of a path goes wrong.
    Fault(&'static str, FaultKind),
    /// What WeChat has pushed so far arrives.
    Pushes,
    /// So many seconds go by.
    Time(i64),
    /// Nothing is under way: all is compared.
    Quiet,
}

fn step() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![
        3 => Just(FaultKind::LostAnswer),
        2 => Just(FaultKind::Errcode(-1)),
        2 => Just(FaultKind::Reset),
        1 => Just(FaultKind::Garbage),
        1 => Just(FaultKind::Truncate(5)),
        1 => Just(FaultKind::HttpStatus(502)),
        1 => Just(FaultKind::DelayMs(20)),
    ];
    let path = prop_oneof![
        3 => Just(PATHS[0]),
        3 => proptest::sample::select(&PATHS[..]),
    ];
    prop_oneof![
        2 => (0..3_usize).prop_map(Step::Create),
        5 => (0..3_usize, any::<bool>()).prop_map(|(user, tells)| Step::Claim { user, tells }),
        6 => (0..100_usize).prop_map(Step::Redeem),
        4 => (0..100_usize).prop_map(Step::Repeat),
        1 => (0..100_usize).prop_map(Step::Elsewhere),
        1 => (0..100_usize).prop_map(Step::Gift),
        1 => (0..100_usize).prop_map(Step::Delete),
        6 => (path, fault).prop_map(|(path, fault)| Step::Fault(path, fault)),
        2 => Just(Step::Pushes),
        3 => prop_oneof![Just(1_i64), Just(5), Just(40), Just(8000)].prop_map(Step::Time),
        1 => Just(Step::Quiet),
    ]
}

#[test]
fn whatever_happens_the_ledger_is_what_wechats_world_is() {
    let seed = Chance::seed("MODEL_SEED");
    let cases = std::env::var("MODEL_CASES").map_or(6, |cases| cases.parse().unwrap());
    println!("MODEL_SEED={seed} MODEL_CASES={cases} runs this again");
    let mut runner = TestRunner::new(Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: SHRINKS,
        ..Config::default()
    });
    let script = proptest::collection::vec(step(), 10..STEPS);
    let outcome = runner.run(&script, |script| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(history::run(&script));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}\nMODEL_SEED={seed} MODEL_CASES={cases}"));
}
