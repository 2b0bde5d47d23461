//! Codes that the shop makes void.

use serde_json::{Value, json};
use wechat_mock::{Fault, FaultKind};

use crate::support::{ADMIN, Answer, Shop, send};

const UNAVAILABLE: &str = "/card/code/unavailable";

async fn void(shop: &Shop, code: &str) -> Answer {
    let path = format!("/admin/v1/codes/{code}/void");
    shop.admin("POST", &path, &json!({"reason": "退款"})).await
}

#[tokio::test]
async fn a_void_code_cannot_be_redeemed_and_stays_void() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let done = void(&shop, &claimed.code).await;
    let expected = json!({"code": claimed.code, "card_id": claimed.card_id, "status": "void"});
    assert_eq!((done.status, done.json()), (200, expected.clone()));
    let again = void(&shop, &claimed.code).await;
    assert_eq!((again.status, again.json()), (200, expected));
    assert_eq!(shop.calls(UNAVAILABLE), 1);
    let till = shop.redeem(&claimed.code).await;
    assert_eq!(till.error(), (409, "not_redeemable".to_owned()));
    assert_eq!(till.json()["error"]["reason"], "void");
    assert_eq!(
        shop.mock.user("alice").wallet().unwrap()[0]["status"],
        "UNAVAILABLE"
    );
}

#[tokio::test]
async fn what_was_redeemed_or_nobody_holds_cannot_be_made_void() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    assert_eq!(shop.redeem(&claimed.code).await.status, 200);
    let late = void(&shop, &claimed.code).await;
    assert_eq!(late.error(), (409, "already_redeemed".to_owned()));
    assert_eq!(void(&shop, "000000000000").await.error().0, 404);
    assert_eq!(shop.calls(UNAVAILABLE), 0);
}

#[tokio::test]
async fn a_void_whose_answer_was_lost_is_found_by_asking() {
    for kind in [FaultKind::LostAnswer, FaultKind::Reset, FaultKind::Garbage] {
        let shop = Shop::open().await;
        let claimed = shop.claimed("alice").await;
        shop.mock
            .faults()
            .add(Fault::new(kind).on(UNAVAILABLE).times(1))
            .unwrap();
        let path = format!("/admin/v1/codes/{}/void", claimed.code);
        let keyed = || {
            let request = shop.service.request("POST", &path, ADMIN);
            send(request.header("idempotency-key", "k"))
        };
        let first = keyed().await;
        assert!(
            [200, 503].contains(&first.status),
            "{kind:?} {}",
            first.text
        );
        let repeat = keyed().await;
        assert_eq!(repeat.status, 200, "{kind:?} {}", repeat.text);
        assert_eq!(repeat.get("status"), "void");
        let mine = shop
            .service
            .call("GET", "/v1/claims", &claimed.session, &Value::Null)
            .await;
        assert_eq!(mine.json()["claims"][0]["status"], "void", "{kind:?}");
    }
}

/// One kind of operation waits until it can be told what became of the other, and no longer.
#[tokio::test]
async fn what_became_of_one_that_is_in_the_way_is_found_out_by_who_comes() {
    let shop = Shop::open().await;
    for (fault_on, first, then) in [
        ("/card/code/consume", "redeem", "void"),
        (UNAVAILABLE, "void", "redeem"),
    ] {
        let claimed = shop.claimed("alice").await;
        let call = async |verb: &str| {
            let path = format!("/admin/v1/codes/{}/{verb}", claimed.code);
            shop.admin("POST", &path, &Value::Null).await
        };
        shop.mock
            .faults()
            .add(Fault::new(FaultKind::Reset).on(fault_on).times(1))
            .unwrap();
        assert_eq!(call(first).await.status, 503, "{first}");
        let tries = shop.calls(fault_on);
        let early = call(then).await;
        assert_eq!(
            early.error(),
            (409, "operation_in_progress".to_owned()),
            "{then}"
        );
        // The first can no longer arrive: it never did.
        shop.advance(61);
        let late = call(then).await;
        assert_eq!(late.status, 200, "{then}: {}", late.text);
        assert_eq!(shop.calls(fault_on), tries, "{first} is not made by this");
    }
}
