//! WeChat is asked how a code stands before anything is sent that could redeem it.

use serde_json::Value;
use wechat_mock::{Fault, FaultKind};

use super::{CODE_GET, CONSUME, consume_elsewhere};
use crate::support::{ADMIN, NOW, Shop, send};

/// All that can go wrong with an answer, but for one that is late.
const KINDS: [FaultKind; 6] = [
    FaultKind::LostAnswer,
    FaultKind::Reset,
    FaultKind::Garbage,
    FaultKind::Truncate(5),
    FaultKind::Errcode(-1),
    FaultKind::HttpStatus(502),
];

fn next_fails(shop: &Shop, path: &str, kind: FaultKind) {
    let fault = Fault::new(kind).on(path).times(1);
    shop.mock.faults().add(fault).unwrap();
}

#[tokio::test]
async fn what_somebody_else_redeemed_is_never_ours_whatever_becomes_of_our_try() {
    for kind in KINDS {
        let shop = Shop::open().await;
        let claimed = shop.claimed("alice").await;
        // Its push never comes.
        consume_elsewhere(&shop, &claimed.code).await;
        next_fails(&shop, CONSUME, kind);
        for _ in 0..2 {
            let refused = send(shop.service.keyed_redeem(&claimed.code, "k")).await;
            let expected = (409, "already_redeemed".to_owned());
            assert_eq!(refused.error(), expected, "{kind:?} {}", refused.text);
        }
        assert_eq!(shop.calls(CONSUME), 1, "that of somebody else");
    }
}

#[tokio::test]
async fn while_wechat_does_not_say_how_a_code_stands_nothing_is_sent() {
    for kind in KINDS {
        let shop = Shop::open().await;
        let claimed = shop.claimed("alice").await;
        let busy = Fault::new(kind).on(CODE_GET);
        shop.mock.faults().add(busy).unwrap();
        let away = send(shop.service.keyed_redeem(&claimed.code, "k")).await;
        let expected = (503, "wechat_unavailable".to_owned());
        assert_eq!(away.error(), expected, "{kind:?} {}", away.text);
        assert!(away.headers.contains_key("retry-after"), "{kind:?}");
        assert_eq!((shop.calls(CONSUME), shop.operations().await), (0, 0));

        shop.mock.faults().clear();
        consume_elsewhere(&shop, &claimed.code).await;
        let refused = send(shop.service.keyed_redeem(&claimed.code, "k")).await;
        assert_eq!(refused.error(), (409, "already_redeemed".to_owned()));
    }
}

#[tokio::test]
async fn a_code_that_cannot_be_redeemed_is_refused_and_nothing_is_sent() {
    for reason in ["deleted", "void", "gone"] {
        let shop = Shop::open().await;
        let claimed = shop.claimed("alice").await;
        let code = claimed.code.as_str();
        match reason {
            "deleted" => shop.mock.user("alice").delete(code).unwrap(),
            "void" => {
                let body = serde_json::json!({"code": code});
                let done = shop.elsewhere("/card/code/unavailable", &body).await;
                assert_eq!(done["errcode"], 0, "{done}");
            }
            _ => next_fails(&shop, CODE_GET, FaultKind::Errcode(40056)),
        }
        let refused = shop.redeem(code).await;
        assert_eq!(refused.error(), (409, "not_redeemable".to_owned()));
        let expected = if reason == "gone" { "void" } else { reason };
        assert_eq!(refused.json()["error"]["reason"], expected);
        let mine = shop
            .service
            .call("GET", "/v1/claims", &claimed.session, &Value::Null)
            .await;
        assert_eq!(
            mine.json()["claims"][0]["status"],
            expected,
            "the ledger knows it"
        );
        assert_eq!(shop.calls(CONSUME), 0);
    }
}

#[tokio::test]
async fn an_expired_code_is_refused_and_nothing_is_sent() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    shop.advance(60 * crate::support::DAY);
    let late = shop.redeem(&claimed.code).await;
    assert_eq!(late.error(), (409, "not_redeemable".to_owned()));
    assert_eq!(late.json()["error"]["reason"], "expired");
    assert_eq!(shop.calls(CONSUME), 0);
}

#[tokio::test]
async fn what_the_ledger_has_is_answered_without_asking() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let before = shop.calls(CODE_GET);
    let first = send(shop.service.keyed_redeem(&claimed.code, "k")).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!((shop.calls(CODE_GET), shop.calls(CONSUME)), (before + 1, 1));

    let calls = shop.mock.journal().rows().len();
    let repeat = send(shop.service.keyed_redeem(&claimed.code, "k")).await;
    assert_eq!((repeat.status, repeat.text), (200, first.text));
    let other = shop.redeem(&claimed.code).await;
    assert_eq!(other.error(), (409, "already_redeemed".to_owned()));
    assert_eq!(shop.mock.journal().rows().len(), calls);
}

/// The process died in the middle of a redemption, and somebody else redeems the code or nobody.
async fn left_running(has_looked: bool, is_consumed: bool) -> (u16, String) {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    shop.leave_running(&claimed.code, "k", NOW - 1).await;
    if !has_looked {
        sqlx::query("UPDATE operations SET looked_at = NULL")
            .execute(&shop.ledger().await)
            .await
            .unwrap();
    }
    if is_consumed {
        consume_elsewhere(&shop, &claimed.code).await;
    }
    let repeat = send(shop.service.keyed_redeem(&claimed.code, "k")).await;
    let claims = shop
        .service
        .call("GET", "/admin/v1/claims", ADMIN, &Value::Null)
        .await;
    assert_eq!(claims.json()["claims"][0]["status"], "redeemed");
    repeat.error()
}

#[tokio::test]
async fn who_takes_a_redemption_over_calls_it_ours_only_when_wechat_was_asked_before_it() {
    let ours = (200, String::new());
    let theirs = (409, "already_redeemed".to_owned());
    assert_eq!(left_running(true, true).await, ours);
    assert_eq!(left_running(false, true).await, theirs);
    // What was not consumed is redeemed now.
    assert_eq!(left_running(true, false).await, ours);
    assert_eq!(left_running(false, false).await, ours);
}
