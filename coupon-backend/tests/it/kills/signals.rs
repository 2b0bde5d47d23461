//! SIGTERM in the middle of each kind of operation: it is finished, answered and booked before the
//! program ends.

use serde_json::Value;

use super::{
    calls::{Call, prepare},
    shop_on_a_road,
};
use crate::{
    killed::{Program, until},
    support::{ADMIN, Shop},
};

/// How long an answer of WeChat's takes at most, in milliseconds.
const SLOW: u64 = 800;

async fn ended_in_the_middle(is_wanted: fn(&Call) -> bool, path: &'static str) -> Shop {
    let (mut shop, road) = shop_on_a_road(7).await;
    let mut program = Program::start(&shop).await;
    shop.service = program.service.shared();
    let mut calls = prepare(&shop, 3).await;
    calls.retain(is_wanted);
    let before = shop.calls(path);
    road.delay(0, SLOW);
    let (call, service) = (calls.remove(0), shop.service.shared());
    let of_task = call.clone();
    let caller = tokio::spawn(async move { of_task.make(&service).await });
    until("WeChat heard of it", async || shop.calls(path) > before).await;
    program.signal("-TERM").await;

    let answer = caller.await.unwrap().unwrap();
    assert!([200, 201].contains(&answer.status), "{}", answer.text);
    assert_eq!(program.child.wait().await.unwrap().code(), Some(0));
    road.delay(0, 0);
    let next = Program::start(&shop).await;
    shop.service = next.service.shared();
    let again = call.make(&shop.service).await.unwrap();
    assert_eq!((again.status, again.text), (answer.status, answer.text));
    assert_eq!(shop.calls(path), before + 1, "it acted once");
    let list = shop
        .service
        .call("GET", "/admin/v1/coupons", ADMIN, &Value::Null);
    assert_eq!(list.await.status, 200);
    shop
}

#[tokio::test]
async fn sigterm_in_the_middle_of_a_create() {
    ended_in_the_middle(|call| matches!(call, Call::Create { .. }), "/card/create").await;
}

#[tokio::test]
async fn sigterm_in_the_middle_of_a_claim() {
    ended_in_the_middle(
        |call| matches!(call, Call::Claim { .. }),
        "/card/code/decrypt",
    )
    .await;
}

#[tokio::test]
async fn sigterm_in_the_middle_of_a_redemption() {
    ended_in_the_middle(
        |call| matches!(call, Call::Redeem { .. }),
        "/card/code/consume",
    )
    .await;
}
