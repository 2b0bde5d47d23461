//! kill -9 of the real program at random points of creates, claims and redemptions: afterwards the
//! ledger is what WeChat's world is, and every key has its one answer.
//!
//! `KILL_RUNS` (1), `KILL_CALLS` (60) and `KILL_SEED` say how often, how many calls, and which random
//! points; a run that fails names its seed.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::{Mutex as Turn, watch};
use wechat_mock::MockWechat;

mod calls;
mod check;
mod signals;

use crate::{
    chance::Chance,
    killed::{Program, until},
    road::Road,
    support::{Instance, Shop},
};
pub(crate) use calls::{Call, is_final};
use calls::{Done, LIMIT, prepare};
pub(crate) use check::world;

/// Calls under way at a time.
const AT_ONCE: usize = 8;
/// The longest way of a piece of bytes to WeChat, and back, in milliseconds.
const WAY: (u64, u64) = (12, 30);
/// The longest pause before a kill, in milliseconds.
const PAUSE: usize = 400;

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// A shop of programs, and the road between them and its mock.
pub(crate) async fn shop_on_a_road(seed: u64) -> (Shop, Road) {
    let mock = MockWechat::builder().seed(seed).start().await;
    let road = Road::to(&mock.url(), seed).await;
    let api_base = road.url().to_owned();
    (Shop::unopened(mock, api_base).await, road)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_points_it_loses_nothing_and_does_nothing_twice() {
    let first = Chance::seed("KILL_SEED");
    let calls = number("KILL_CALLS", 60);
    for seed in (first..).take(number("KILL_RUNS", 1)) {
        println!("KILL_SEED={seed} KILL_RUNS=1 KILL_CALLS={calls} runs this again");
        run(seed, calls).await;
    }
}

async fn run(seed: u64, count: usize) {
    let mut chance = Chance::new(seed);
    let (mut shop, road) = shop_on_a_road(seed).await;
    let mut program = Program::start(&shop).await;
    shop.service = program.service.shared();
    let mut calls = prepare(&shop, count).await;
    chance.shuffle(&mut calls);

    road.delay(WAY.0, WAY.1);
    let (serving, current) = watch::channel(program.service.shared());
    let done = Arc::new(Mutex::new(Vec::new()));
    let waiting = Arc::new(Turn::new(calls.into_iter()));
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|_| tokio::spawn(work(waiting.clone(), current.clone(), done.clone())))
        .collect();
    let mut kills = 0;
    while !workers.iter().all(tokio::task::JoinHandle::is_finished) {
        let pause = u64::try_from(chance.below(PAUSE)).unwrap();
        tokio::time::sleep(Duration::from_millis(pause)).await;
        program.child.kill().await.unwrap();
        kills += 1;
        program = Program::start(&shop).await;
        serving.send(program.service.shared()).unwrap();
    }
    for worker in workers {
        worker.await.unwrap();
    }
    road.delay(0, 0);
    shop.service = program.service.shared();
    let done = std::mem::take(&mut *done.lock().unwrap());
    let lost = done.iter().filter(|done| done.answer.is_none()).count();
    println!(
        "{kills} kills, {lost} of {} calls without an answer",
        done.len()
    );
    check::settle_and_compare(&shop, &done).await;
}

/// Makes one call after the other, to the program that runs at the moment.
async fn work(
    waiting: Arc<Turn<std::vec::IntoIter<Call>>>,
    mut serving: watch::Receiver<Instance>,
    done: Arc<Mutex<Vec<Done>>>,
) {
    loop {
        let Some(call) = waiting.lock().await.next() else {
            return;
        };
        let service = serving.borrow_and_update().shared();
        let answer = call.make(&service).await;
        let is_killed = answer.is_none();
        done.lock().unwrap().push(Done { call, answer });
        if is_killed && serving.changed().await.is_err() {
            return;
        }
    }
}

/// Brings ledger and WeChat together, once the round that runs already has ended.
pub(crate) async fn reconcile(shop: &Shop) {
    until("a round of reconciliation", async || {
        let answer = shop.admin("POST", "/admin/v1/reconcile", &json!({})).await;
        assert!([200, 202].contains(&answer.status), "{}", answer.text);
        answer.status == 200
    })
    .await;
}

/// A draft that counts from the claim, whatever the time is.
fn timeless(draft: &mut Value) {
    draft["valid"] = json!({"days": 30, "starts_after_days": 0});
    draft["limit_per_user"] = json!(LIMIT);
    draft["stock"] = json!(10_000);
}
