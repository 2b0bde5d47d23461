//! A coupon's stock, and its withdrawal.

use futures_util::future::join_all;
use serde_json::{Value, json};
use wechat_mock::{Fault, FaultKind};

use crate::support::{ADMIN, Answer, Shop, draft, send};

const MODIFY: &str = "/card/modifystock";
const DELETE: &str = "/card/delete";

async fn change(shop: &Shop, id: &str, key: &str, delta: i64) -> Answer {
    let path = format!("/admin/v1/coupons/{id}/stock");
    let request = shop.service.request("PATCH", &path, ADMIN);
    let body = json!({"delta": delta}).to_string();
    send(request.header("idempotency-key", key).body(body)).await
}

async fn withdraw(shop: &Shop, id: &str) -> Answer {
    let path = format!("/admin/v1/coupons/{id}");
    shop.admin("DELETE", &path, &Value::Null).await
}

async fn listed(shop: &Shop) -> Value {
    let list = shop.admin("GET", "/admin/v1/coupons", &Value::Null).await;
    list.json()["coupons"].clone()
}

#[tokio::test]
async fn the_stock_grows_and_shrinks_and_lists_show_what_is_left() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    shop.claimed_of("alice", &id, &card_id).await;
    let more = change(&shop, &id, "k1", 50).await;
    let expected = json!({"id": id, "card_id": card_id, "remaining": 149});
    assert_eq!((more.status, more.json()), (200, expected));
    assert_eq!(change(&shop, &id, "k1", 50).await.text, more.text);
    assert_eq!(change(&shop, &id, "k2", -29).await.json()["remaining"], 120);
    let coupon = &listed(&shop).await[0];
    assert_eq!(
        (&coupon["stock"], &coupon["remaining"]),
        (&json!(100), &json!(120))
    );
    assert_eq!(shop.one_coupon(&id).await["remaining"], 120);
    assert_eq!(shop.calls(MODIFY), 2);

    let below = change(&shop, &id, "k3", -121).await;
    assert_eq!(below.error(), (502, "wechat_refused".to_owned()));
    let path = format!("/admin/v1/coupons/{id}/stock");
    for body in [
        json!({"delta": 0}),
        json!({"delta": "5"}),
        json!({}),
        json!([1]),
    ] {
        let refused = shop.admin("PATCH", &path, &body).await;
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec!["delta".to_owned()]),
            "{body}"
        );
    }
    let none = shop
        .admin("PATCH", "/admin/v1/coupons/x/stock", &json!({"delta": 1}))
        .await;
    assert_eq!(none.error(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_made_once() {
    for kind in [
        FaultKind::LostAnswer,
        FaultKind::Garbage,
        FaultKind::Errcode(-1),
    ] {
        let shop = Shop::open().await;
        let (id, _) = shop.coupon().await;
        shop.mock
            .faults()
            .add(Fault::new(kind).on(MODIFY).times(1))
            .unwrap();
        let first = change(&shop, &id, "k", 50).await;
        assert!(
            [200, 503].contains(&first.status),
            "{kind:?} {}",
            first.text
        );
        let repeat = change(&shop, &id, "k", 50).await;
        assert_eq!(
            (repeat.status, &repeat.json()["remaining"]),
            (200, &json!(150)),
            "{kind:?}"
        );
        assert_eq!(shop.one_coupon(&id).await["remaining"], 150, "{kind:?}");
    }
}

#[tokio::test]
async fn a_change_that_may_still_arrive_is_not_made_again_before_it_cannot() {
    let shop = Shop::open().await;
    let (id, _) = shop.coupon().await;
    shop.mock
        .faults()
        .add(Fault::new(FaultKind::Reset).on(MODIFY).times(1))
        .unwrap();
    assert_eq!(change(&shop, &id, "k", 50).await.status, 503);
    assert_eq!(change(&shop, &id, "k", 50).await.status, 503);
    assert_eq!(shop.calls(MODIFY), 1);
    shop.advance(60);
    let late = change(&shop, &id, "k", 50).await;
    assert_eq!((late.status, &late.json()["remaining"]), (200, &json!(150)));
}

#[tokio::test]
async fn changes_of_one_stock_together_all_count() {
    let shop = Shop::open().await;
    let (id, _) = shop.coupon().await;
    let keys: Vec<_> = (0..8).map(|n| format!("k{n}")).collect();
    let done = join_all(keys.iter().map(|key| change(&shop, &id, key, 10))).await;
    for answer in &done {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert_eq!(shop.one_coupon(&id).await["remaining"], 180);
}

#[tokio::test]
async fn a_withdrawn_coupon_is_gone_at_wechat_and_cannot_be_claimed_or_changed() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let session = shop.login("alice").await;
    let gone = withdraw(&shop, &id).await;
    let expected = json!({"id": id, "card_id": card_id, "status": "withdrawn"});
    assert_eq!((gone.status, gone.json()), (200, expected.clone()));
    let again = withdraw(&shop, &id).await;
    assert_eq!((again.status, again.json()), (200, expected));
    let ext = shop.card_ext(&id, &session).await;
    assert_eq!(ext.error(), (409, "not_claimable".to_owned()));
    assert_eq!(
        change(&shop, &id, "k", 1).await.error(),
        (409, "not_changeable".to_owned())
    );
    assert_eq!(listed(&shop).await[0]["status"], "withdrawn");
    assert_eq!(withdraw(&shop, "x").await.error().0, 404);
}

#[tokio::test]
async fn a_withdrawal_whose_answer_was_lost_is_found_by_asking() {
    for kind in [FaultKind::LostAnswer, FaultKind::Reset] {
        let shop = Shop::open().await;
        let (id, _) = shop.coupon().await;
        shop.mock
            .faults()
            .add(Fault::new(kind).on(DELETE).times(1))
            .unwrap();
        let first = withdraw(&shop, &id).await;
        assert!([200, 503].contains(&first.status), "{kind:?}");
        shop.advance(60);
        assert_eq!(withdraw(&shop, &id).await.status, 200, "{kind:?}");
        assert_eq!(shop.one_coupon(&id).await["status"], "withdrawn");
    }
}

#[tokio::test]
async fn an_unknown_coupon_that_never_was_can_be_removed_and_one_that_was_is_withdrawn() {
    for (kind, card_was_made) in [(FaultKind::Reset, false), (FaultKind::LostAnswer, true)] {
        let shop = Shop::open().await;
        let draft = draft(&shop.logo().await);
        shop.mock
            .faults()
            .add(Fault::new(kind).on("/card/create").times(1))
            .unwrap();
        let created = shop.admin("POST", "/admin/v1/coupons", &draft).await;
        assert_eq!(created.status, 503);
        let list = listed(&shop).await;
        let id = list[0]["id"].as_str().unwrap();
        if !card_was_made {
            let soon = withdraw(&shop, id).await;
            assert_eq!(soon.error(), (409, "operation_in_progress".to_owned()));
        }
        shop.advance(60);
        let done = withdraw(&shop, id).await;
        assert_eq!(done.status, 200, "{}", done.text);
        assert_eq!(done.json()["card_id"].is_string(), card_was_made);
        assert_eq!(shop.calls(DELETE), usize::from(card_was_made));
        assert_eq!(
            listed(&shop).await.as_array().unwrap().len(),
            usize::from(card_was_made)
        );
    }
}
