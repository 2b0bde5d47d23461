//! SIGTERM in the middle of each kind of operation: it is finished, answered and booked before the
//! program ends.

use serde_json::{Value, json};

use super::{
    calls::{Call, prepare},
    shop_on_a_road, timeless,
};
use crate::{
    killed::{Program, until},
    support::{ADMIN, Shop},
};

/// How long an answer of WeChat's takes at most, in milliseconds.
const SLOW: u64 = 800;

async fn ended_in_the_middle(
    of: impl AsyncFnOnce(&Shop) -> Call,
    path: &'static str,
) -> (Shop, Program) {
    let (mut shop, road) = shop_on_a_road(7).await;
    let mut program = Program::start(&shop).await;
    shop.service = program.service.shared();
    let call = of(&shop).await;
    let before = shop.calls(path);
    road.delay(0, SLOW);
    let service = shop.service.shared();
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
    (shop, next)
}

async fn prepared(shop: &Shop, is_wanted: fn(&Call) -> bool) -> Call {
    let mut calls = prepare(shop, 3).await;
    calls.retain(is_wanted);
    calls.remove(0)
}

/// A call of an admin's under a key.
fn change(method: &'static str, path: String, body: Value) -> Call {
    Call::Change {
        key: format!("change-{method}-{path}"),
        method,
        path,
        body,
    }
}

#[tokio::test]
async fn sigterm_in_the_middle_of_a_create() {
    let of = async |shop: &Shop| prepared(shop, |call| matches!(call, Call::Create { .. })).await;
    ended_in_the_middle(of, "/card/create").await;
}

#[tokio::test]
async fn sigterm_in_the_middle_of_a_claim() {
    let of = async |shop: &Shop| prepared(shop, |call| matches!(call, Call::Claim { .. })).await;
    ended_in_the_middle(of, "/card/code/decrypt").await;
}

#[tokio::test]
async fn sigterm_in_the_middle_of_a_redemption() {
    let of = async |shop: &Shop| prepared(shop, |call| matches!(call, Call::Redeem { .. })).await;
    ended_in_the_middle(of, "/card/code/consume").await;
}

#[tokio::test]
async fn sigterm_in_the_middle_of_a_change_of_stock() {
    let of = async |shop: &Shop| {
        let (id, _) = shop.coupon_with(timeless).await;
        let path = format!("/admin/v1/coupons/{id}/stock");
        change("PATCH", path, json!({"delta": 5}))
    };
    let (shop, _running) = ended_in_the_middle(of, "/card/modifystock").await;
    let list = shop.admin("GET", "/admin/v1/coupons", &Value::Null).await;
    assert_eq!(list.json()["coupons"][0]["remaining"], 10_005);
}

#[tokio::test]
async fn sigterm_in_the_middle_of_a_withdrawal() {
    let of = async |shop: &Shop| {
        let (id, _) = shop.coupon_with(timeless).await;
        change("DELETE", format!("/admin/v1/coupons/{id}"), Value::Null)
    };
    let (shop, _running) = ended_in_the_middle(of, "/card/delete").await;
    let list = shop.admin("GET", "/admin/v1/coupons", &Value::Null).await;
    assert_eq!(list.json()["coupons"][0]["status"], "withdrawn");
}

#[tokio::test]
async fn sigterm_in_the_middle_of_making_a_code_void() {
    let of = async |shop: &Shop| {
        let (id, card_id) = shop.coupon_with(timeless).await;
        let code = shop.claimed_of("alice", &id, &card_id).await.code;
        let path = format!("/admin/v1/codes/{code}/void");
        change("POST", path, json!({"reason": "误发"}))
    };
    let (shop, _running) = ended_in_the_middle(of, "/card/code/unavailable").await;
    let list = shop.admin("GET", "/admin/v1/claims", &Value::Null).await;
    assert_eq!(list.json()["claims"][0]["status"], "void");
}
