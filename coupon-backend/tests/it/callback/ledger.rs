//! What each event changes in the ledger, once.

use serde_json::{Value, json};
use wechat_mock::{Fault, FaultKind};

use super::{
    ALICE, BOB, accepted, claims, consumed, deleted, event, gifting, got, mine, push, push_all,
    pushes, settled, status,
};
use crate::{
    redeem::consume_elsewhere,
    support::{DAY, NOW, Shop},
};

#[tokio::test]
async fn seven_claims_of_one_second_are_seven_claims() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let bodies: Vec<String> = (0..7)
        .map(|n| got(NOW, &card_id, &format!("00000000100{n}")))
        .collect();
    let posts = bodies.iter().map(|body| push(&shop.service, body));
    futures_util::future::join_all(posts).await;
    settled(&shop).await;
    let claims = claims(&shop).await;
    assert_eq!(claims.len(), 7);
    assert!(claims.iter().all(|claim| claim["status"] == "claimed"));
    assert_eq!(
        claims[0]["valid"],
        json!({"from": "2026-12-23T04:26:40Z", "to": "2027-01-22T04:26:40Z"})
    );
    assert_eq!(shop.calls("/card/code/get"), 0, "WeChat has said it all");
}

#[tokio::test]
async fn the_same_push_at_two_instances_at_once_is_booked_once() {
    let shop = Shop::open().await;
    let second = shop.second_instance().await;
    let (_, card_id) = shop.coupon().await;
    let body = got(NOW, &card_id, "000000000001");
    let posts = (0..10).map(|n| push(if n % 2 == 0 { &shop.service } else { &second }, &body));
    futures_util::future::join_all(posts).await;
    settled(&shop).await;
    assert_eq!(claims(&shop).await.len(), 1);
    let kept = pushes(&shop, "").await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["state"], "done");
    assert_eq!(kept[0]["code"], "********0001");
}

#[tokio::test]
async fn what_was_thrown_away_stays_so_when_its_claim_comes_a_day_late() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    push_all(&shop, &[deleted(NOW + 60, &card_id, "000000000001")]).await;
    assert_eq!(status(&shop, "000000000001").await, "deleted");
    shop.advance(DAY);
    push_all(&shop, &[got(NOW, &card_id, "000000000001")]).await;
    assert_eq!(status(&shop, "000000000001").await, "deleted");
    assert_eq!(claims(&shop).await[0]["claimed_at"], "2026-12-23T04:26:40Z");

    let answer = shop.redeem("000000000001").await;
    assert_eq!(answer.error(), (409, "not_redeemable".to_owned()));
    assert_eq!(answer.json()["error"]["reason"], "deleted");
}

#[tokio::test]
async fn what_a_phone_claimed_can_be_thrown_away_whatever_our_clock_says() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    push_all(
        &shop,
        &[
            got(NOW - 600, &claimed.card_id, &claimed.code),
            deleted(NOW - 599, &claimed.card_id, &claimed.code),
        ],
    )
    .await;
    assert_eq!(status(&shop, &claimed.code).await, "deleted");
    assert_eq!(
        mine(&shop, &claimed.session).await.len(),
        1,
        "it is still hers"
    );
}

#[tokio::test]
async fn a_gift_is_gone_from_the_giver_and_the_friends() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let (old, new) = ("000000000001", "000000000002");
    push_all(
        &shop,
        &[
            got(NOW, &card_id, old),
            gifting(NOW + 5, &card_id, old, "0"),
        ],
    )
    .await;
    assert_eq!(status(&shop, old).await, "claimed", "nobody took it yet");
    push_all(&shop, &[accepted(NOW + 9, &card_id, new, old)]).await;
    assert_eq!(status(&shop, old).await, "gifted");
    assert_eq!(status(&shop, new).await, "claimed");
    let holders: Vec<(String, String)> =
        sqlx::query_as("SELECT code, openid FROM claims ORDER BY code")
            .fetch_all(&shop.ledger().await)
            .await
            .unwrap();
    let expected =
        [(old, ALICE), (new, BOB)].map(|(code, openid)| (code.to_owned(), openid.to_owned()));
    assert_eq!(holders, expected);
    let answer = shop.redeem(old).await;
    assert_eq!(answer.json()["error"]["reason"], "gifted");
}

#[tokio::test]
async fn a_gift_that_nobody_took_is_the_givers_again() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let code = "000000000001";
    push_all(
        &shop,
        &[
            gifting(NOW + DAY, &card_id, code, "1"),
            gifting(NOW + 5, &card_id, code, "0"),
            got(NOW, &card_id, code),
        ],
    )
    .await;
    assert_eq!(status(&shop, code).await, "claimed");
}

#[tokio::test]
async fn what_was_redeemed_elsewhere_is_redeemed_and_stays_so() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let (card_id, code) = (&claimed.card_id, &claimed.code);
    consume_elsewhere(&shop, code).await;
    push_all(
        &shop,
        &[
            consumed(NOW + 60, card_id, code, "FROM_MP"),
            deleted(NOW + 90, card_id, code),
            got(NOW, card_id, code),
        ],
    )
    .await;
    let mine = mine(&shop, &claimed.session).await;
    assert_eq!(mine[0]["status"], "redeemed");
    assert_eq!(mine[0]["redeemed_at"], "2026-12-23T04:27:40Z");
    let again = shop.redeem(code).await;
    assert_eq!(again.error(), (409, "already_redeemed".to_owned()));
    assert_eq!(
        shop.calls("/card/code/consume"),
        1,
        "that of the other program"
    );
}

#[tokio::test]
async fn a_refusal_that_rests_on_a_push_alone_asks_wechat_first() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let (card_id, code) = (&claimed.card_id, &claimed.code);
    push_all(&shop, &[consumed(NOW + 60, card_id, code, "FROM_API")]).await;
    assert_eq!(status(&shop, code).await, "redeemed");
    let busy = Fault::new(FaultKind::Errcode(-1)).on("/card/code/get");
    shop.mock.faults().add(busy).unwrap();
    let busy = shop.redeem(code).await;
    assert_eq!(busy.error(), (503, "wechat_unavailable".to_owned()));
    shop.mock.faults().clear();
    assert_eq!(
        shop.redeem(code).await.status,
        200,
        "WeChat has no such redemption"
    );
    let again = shop.redeem(code).await;
    assert_eq!(again.error(), (409, "already_redeemed".to_owned()));
}

/// A redemption of ours whose answer was lost.
async fn lost_redemption(shop: &Shop, code: &str) {
    let fault = Fault::new(FaultKind::LostAnswer)
        .on("/card/code/consume")
        .times(1);
    shop.mock.faults().add(fault).unwrap();
    shop.forget_codes_after_one();
    assert_eq!(shop.redeem(code).await.status, 503);
    shop.mock.faults().clear();
}

#[tokio::test]
async fn a_redemption_whose_answer_was_lost_succeeds_on_repeat_when_the_push_came_first() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    lost_redemption(&shop, &claimed.code).await;
    push_all(
        &shop,
        &[consumed(NOW, &claimed.card_id, &claimed.code, "FROM_API")],
    )
    .await;
    assert_eq!(status(&shop, &claimed.code).await, "redeemed");

    let again = shop.redeem(&claimed.code).await;
    assert_eq!(
        (again.status, again.get("status").as_str()),
        (200, "redeemed"),
        "{}",
        again.text
    );
    let third = shop.redeem(&claimed.code).await;
    assert_eq!(third.error(), (409, "already_redeemed".to_owned()));
}

#[tokio::test]
async fn what_was_redeemed_by_hand_is_no_lost_redemption_of_ours() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    lost_redemption(&shop, &claimed.code).await;
    push_all(
        &shop,
        &[consumed(
            NOW,
            &claimed.card_id,
            &claimed.code,
            "FROM_MOBILE_HELPER",
        )],
    )
    .await;
    let again = shop.redeem(&claimed.code).await;
    assert_eq!(again.error(), (409, "already_redeemed".to_owned()));
}

#[tokio::test]
async fn a_redemption_of_ours_that_was_answered_is_not_touched_by_its_push() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    assert_eq!(shop.redeem(&claimed.code).await.status, 200);
    // Whatever it says of who redeemed it.
    for (later, source) in [(7, "FROM_API"), (8, "FROM_MOBILE_HELPER")] {
        let (card_id, code) = (&claimed.card_id, &claimed.code);
        push_all(&shop, &[consumed(NOW + later, card_id, code, source)]).await;
    }
    let mine = mine(&shop, &claimed.session).await;
    assert_eq!(mine[0]["redeemed_at"], "2026-12-23T04:26:40Z");
    let state: (String,) = sqlx::query_as(
        "SELECT operations.state FROM operations \
         JOIN claims ON claims.id = operations.subject WHERE claims.code = ?",
    )
    .bind(&claimed.code)
    .fetch_one(&shop.ledger().await)
    .await
    .unwrap();
    assert_eq!(state.0, "done");
}

#[tokio::test]
async fn a_review_brings_no_withdrawn_coupon_back() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    sqlx::query("UPDATE coupons SET status = 'withdrawn' WHERE card_id = ?")
        .bind(&card_id)
        .execute(&shop.ledger().await)
        .await
        .unwrap();
    push_all(
        &shop,
        &[event("card_pass_check", ALICE, NOW + 60, &card_id, &[])],
    )
    .await;
    let path = format!("/admin/v1/coupons/{id}");
    let coupon = shop.admin("GET", &path, &Value::Null).await;
    assert_eq!(coupon.get("status"), "withdrawn");
}

#[tokio::test]
async fn the_reviewers_word_arrives_by_push() {
    let shop = Shop::open().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let appid = shop.mock.official_account().appid;
    let account = format!("{}/_mock/v1/accounts/{appid}", shop.mock.url());
    let manual = http
        .patch(account)
        .body(json!({"review": "manual"}).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(manual.status(), 200);
    let (passed, passed_card) = shop.coupon().await;
    let (refused, refused_card) = shop.coupon().await;
    let reason = [("RefuseReason", "图片不清晰")];
    push_all(
        &shop,
        &[
            event("card_pass_check", ALICE, NOW, &passed_card, &[]),
            event("card_not_pass_check", ALICE, NOW, &refused_card, &reason),
            event("card_pass_check", ALICE, NOW - 60, &refused_card, &[]),
        ],
    )
    .await;
    let one = |id: String| {
        let shop = &shop;
        async move {
            shop.admin("GET", &format!("/admin/v1/coupons/{id}"), &Value::Null)
                .await
                .json()
        }
    };
    assert_eq!(one(passed).await["status"], "approved");
    let refused = one(refused).await;
    assert_eq!(
        (&refused["status"], &refused["refuse_reason"]),
        (&json!("refused"), &json!("图片不清晰"))
    );
}
