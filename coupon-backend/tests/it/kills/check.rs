//! What must hold once nothing is under way any more.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    calls::{Call, Done, is_final},
    reconcile,
};
use crate::support::{Answer, Shop};

/// A create that was sent into nothing is known to be dead after 30 s.
const PATIENCE: Duration = Duration::from_secs(90);
const BETWEEN: Duration = Duration::from_millis(200);

/// Repeats every call until it has its last word, and compares the ledger with WeChat's world.
pub(super) async fn settle_and_compare(shop: &Shop, done: &[Done]) {
    let settled = settle(shop, done).await;
    reconcile(shop).await;
    answers_are_one(shop, done, &settled).await;
    let winners = redemptions(&settled);
    let world = world(shop).await;
    codes_are_those_of_the_world(shop, &world, &winners).await;
    cards_are_those_of_the_world(shop, &world, &settled).await;
    nothing_is_left(shop).await;
}

async fn settle<'a>(shop: &Shop, done: &'a [Done]) -> Vec<(&'a Call, Answer)> {
    let began = Instant::now();
    let mut settled = Vec::new();
    for Done { call, .. } in done {
        loop {
            let answer = call.make(&shop.service).await.unwrap();
            if is_final(&answer) {
                settled.push((call, answer));
                break;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{call:?} has no last word: {}",
                answer.text
            );
            tokio::time::sleep(BETWEEN).await;
        }
    }
    settled
}

/// What was answered before the kills, after them and now is the same.
async fn answers_are_one(shop: &Shop, done: &[Done], settled: &[(&Call, Answer)]) {
    for (before, (call, after)) in done.iter().zip(settled) {
        let again = call.make(&shop.service).await.unwrap();
        let before = before.answer.iter().filter(|answer| is_final(answer));
        for other in before.chain([&again]) {
            assert_eq!(told(call, other), told(call, after), "{call:?}");
        }
    }
}

/// What an answer says; an error has its own `request_id`, and a claim's status goes on.
fn told(call: &Call, answer: &Answer) -> (u16, Value) {
    let mut said = answer.json();
    if let Some(error) = said["error"].as_object_mut() {
        error.remove("request_id");
    }
    if matches!(call, Call::Claim { .. }) {
        said["status"].take();
    }
    (answer.status, said)
}

/// How often each code was redeemed by one of our calls.
fn redemptions(settled: &[(&Call, Answer)]) -> BTreeMap<String, usize> {
    let mut winners = BTreeMap::new();
    for (call, answer) in settled {
        let Call::Redeem { code, .. } = call else {
            continue;
        };
        let won = winners.entry(code.clone()).or_insert(0);
        match answer.status {
            200 => *won += 1,
            _ => assert_eq!(answer.error(), (409, "already_redeemed".to_owned())),
        }
    }
    winners
}

/// The Official Account as the mock exports it.
pub(crate) async fn world(shop: &Shop) -> Value {
    let url = format!("{}/_mock/v1/world", shop.mock.url());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let world: Value = http.get(url).send().await.unwrap().json().await.unwrap();
    world["accounts"][0]["state"].clone()
}

async fn codes_are_those_of_the_world(
    shop: &Shop,
    world: &Value,
    winners: &BTreeMap<String, usize>,
) {
    let in_world: BTreeMap<String, String> = world["codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| {
            let status = match code["status"].as_str().unwrap() {
                "NORMAL" => "claimed",
                "CONSUMED" => "redeemed",
                other => panic!("a code that is {other}"),
            };
            (code["code"].as_str().unwrap().to_owned(), status.to_owned())
        })
        .collect();
    let in_ledger: Vec<(String, String)> = sqlx::query_as("SELECT code, status FROM claims")
        .fetch_all(&shop.ledger().await)
        .await
        .unwrap();
    assert_eq!(in_ledger.len(), in_world.len(), "a code stands twice");
    assert_eq!(in_ledger.into_iter().collect::<BTreeMap<_, _>>(), in_world);
    let redeemed: BTreeMap<_, _> = in_world
        .iter()
        .filter(|(_, status)| *status == "redeemed")
        .map(|(code, _)| (code.clone(), 1))
        .collect();
    assert_eq!(*winners, redeemed, "each code is redeemed under one key");
}

async fn cards_are_those_of_the_world(shop: &Shop, world: &Value, settled: &[(&Call, Answer)]) {
    let in_world: BTreeSet<String> = world["cards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|card| card["card_id"].as_str().unwrap().to_owned())
        .collect();
    let in_ledger: Vec<(Option<String>,)> = sqlx::query_as("SELECT card_id FROM coupons")
        .fetch_all(&shop.ledger().await)
        .await
        .unwrap();
    let count = in_ledger.len();
    let in_ledger: BTreeSet<_> = in_ledger.into_iter().filter_map(|(id,)| id).collect();
    assert_eq!(
        in_ledger, in_world,
        "an orphan card, or one that is not there"
    );
    assert_eq!(in_ledger.len(), count, "a coupon without a card");
    let mut answered = BTreeSet::new();
    for (call, answer) in settled {
        if matches!(call, Call::Create { .. }) {
            assert_eq!(answer.status, 201, "{}", answer.text);
            assert!(answered.insert(answer.get("card_id")), "one card twice");
        }
    }
    // The others are those of the claims.
    assert!(answered.is_subset(&in_ledger));
}

async fn nothing_is_left(shop: &Shop) {
    let left: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT kind, state, COUNT(*) FROM operations \
         WHERE state NOT IN ('done', 'superseded') GROUP BY kind, state",
    )
    .fetch_all(&shop.ledger().await)
    .await
    .unwrap();
    assert_eq!(left, [], "operations without an end");
    let held: (i64,) = sqlx::query_as("SELECT COUNT(*) FROM claims WHERE operation_id IS NOT NULL")
        .fetch_one(&shop.ledger().await)
        .await
        .unwrap();
    assert_eq!(held.0, 0, "codes that an operation still holds");
}
