//! Random histories of all that the service does at WeChat, repeats, pushes, faults and time: at every
//! quiet point the ledger is what WeChat's world is.
//!
//! `MODEL_CASES` (6) and `MODEL_SEED` say how many and which; a history that fails is shrunk to the
//! shortest script that still does, and printed.

use std::collections::BTreeSet;

use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed, TestRunner},
};
use wechat_mock::FaultKind;

use crate::chance::Chance;

mod history;

/// The calls at WeChat in which something goes wrong: all that the service makes once it has its
/// customers and pictures.
const PATHS: [&str; 12] = [
    "/card/code/consume",
    "/card/code/get",
    "/card/code/decrypt",
    "/card/code/unavailable",
    "/card/create",
    "/card/get",
    "/card/batchget",
    "/card/modifystock",
    "/card/delete",
    "/card/user/getcardlist",
    "/cgi-bin/stable_token",
    "/cgi-bin/ticket/getticket",
];
/// Milliseconds after which the service gives an answer up, and after which one that hangs comes.
const TIMEOUT: u64 = 400;
const HANG: u64 = 700;
/// All that can go wrong.
const KINDS: [FaultKind; 9] = [
    FaultKind::LostAnswer,
    FaultKind::Errcode(-1),
    FaultKind::Reset,
    FaultKind::DelayMs(HANG),
    FaultKind::Garbage,
    FaultKind::Truncate(5),
    FaultKind::HttpStatus(502),
    FaultKind::HttpStatus(500),
    FaultKind::DelayMs(20),
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
    /// A coupon's stock grows, or shrinks.
    Stock { coupon: usize, delta: i64 },
    /// A coupon other than the customers' own is taken back.
    Withdraw(usize),
    /// A code is made void.
    Void(usize),
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
        2 => Just(FaultKind::LostAnswer),
        1 => Just(FaultKind::Reset),
        5 => proptest::sample::select(&KINDS[..]),
    ];
    let path = prop_oneof![
        3 => Just(PATHS[0]),
        7 => proptest::sample::select(&PATHS[..]),
    ];
    let delta = prop_oneof![Just(7_i64), Just(-3)];
    prop_oneof![
        2 => (0..3_usize).prop_map(Step::Create),
        5 => (0..3_usize, any::<bool>()).prop_map(|(user, tells)| Step::Claim { user, tells }),
        6 => (0..100_usize).prop_map(Step::Redeem),
        4 => (0..100_usize).prop_map(Step::Repeat),
        3 => (0..100_usize, delta).prop_map(|(coupon, delta)| Step::Stock { coupon, delta }),
        2 => (0..100_usize).prop_map(Step::Withdraw),
        2 => (0..100_usize).prop_map(Step::Void),
        1 => (0..100_usize).prop_map(Step::Elsewhere),
        1 => (0..100_usize).prop_map(Step::Gift),
        1 => (0..100_usize).prop_map(Step::Delete),
        8 => (path, fault).prop_map(|(path, fault)| Step::Fault(path, fault)),
        2 => Just(Step::Pushes),
        3 => prop_oneof![Just(1_i64), Just(5), Just(40), Just(8000)].prop_map(Step::Time),
        1 => Just(Step::Quiet),
    ]
}

/// Carries a script out, and gives the paths at WeChat that were called.
fn run(script: &[Step]) -> BTreeSet<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(history::run(script))
}

/// Steps, each with the call by which it acts, if it acts, and the calls by which it finds out.
const CALLS: [(Step, Option<&str>, &[&str]); 6] = [
    (
        Step::Claim {
            user: 2,
            tells: true,
        },
        None,
        &[
            "/card/code/decrypt",
            "/cgi-bin/stable_token",
            "/cgi-bin/ticket/getticket",
        ],
    ),
    (
        Step::Create(0),
        Some("/card/create"),
        &["/card/get", "/card/batchget"],
    ),
    (
        Step::Redeem(0),
        Some("/card/code/consume"),
        &["/card/code/get"],
    ),
    (
        Step::Void(0),
        Some("/card/code/unavailable"),
        &["/card/code/get"],
    ),
    (
        Step::Stock {
            coupon: 0,
            delta: 7,
        },
        Some("/card/modifystock"),
        &["/card/get"],
    ),
    (Step::Withdraw(0), Some("/card/delete"), &["/card/get"]),
];

/// One kind of fault in every call of every step.
fn everything_goes_wrong(kind: FaultKind) -> Vec<Step> {
    let mut script = Vec::new();
    for (step, acts, asks) in CALLS {
        for path in acts.iter().chain(asks) {
            // Something to be redeemed, made void or taken back; and no token that is still good.
            script.push(Step::Claim {
                user: 2,
                tells: true,
            });
            script.push(Step::Create(1));
            script.push(Step::Time(8000));
            // What asks afterwards is called only after a lost answer.
            if let Some(acts) = acts.filter(|acts| acts != path) {
                script.push(Step::Fault(acts, FaultKind::LostAnswer));
            }
            script.push(Step::Fault(path, kind));
            script.push(step.clone());
            script.push(Step::Repeat(usize::MAX));
        }
    }
    script.push(Step::Quiet);
    script
}

#[test]
fn every_call_of_every_operation_goes_wrong_in_every_way() {
    for kind in KINDS {
        println!("{kind:?}");
        let called = run(&everything_goes_wrong(kind));
        let known: BTreeSet<String> = PATHS.iter().map(ToString::to_string).collect();
        assert_eq!(
            called, known,
            "the calls that are made, and those with faults"
        );
    }
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
        run(&script);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}\nMODEL_SEED={seed} MODEL_CASES={cases}"));
}
