//! Redemption: once, whatever happens.

use serde_json::{Value, json};

use crate::support::{ADMIN, DAY, NOW, Shop};
use wechat_mock::{Fault, FaultKind};

mod look;

const CONSUME: &str = "/card/code/consume";
const CODE_GET: &str = "/card/code/get";

#[tokio::test]
async fn of_many_tills_at_once_one_redeems() {
    let shop = Shop::open().await;
    let second = shop.second_instance().await;
    let claimed = shop.claimed("alice").await;
    let path = format!("/admin/v1/codes/{}/redeem", claimed.code);
    let tills = (0..8).map(|till| {
        let service = if till % 2 == 0 {
            &shop.service
        } else {
            &second
        };
        service.call("POST", &path, ADMIN, &Value::Null)
    });
    let answers = futures_util::future::join_all(tills).await;
    let redeemed = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(redeemed, 1);
    assert!(
        answers
            .iter()
            .all(|answer| [200, 409].contains(&answer.status))
    );
    assert_eq!(shop.calls(CONSUME), 1);
}

#[tokio::test]
async fn a_redemption_whose_answer_was_lost_is_settled_by_asking_how_the_code_stands() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    shop.mock
        .faults()
        .add(Fault::new(FaultKind::LostAnswer).on(CONSUME).times(1))
        .unwrap();
    let settled = shop.redeem(&claimed.code).await;
    assert_eq!(settled.status, 200, "{}", settled.text);
    assert_eq!(
        shop.redeem(&claimed.code).await.error().1,
        "already_redeemed"
    );
    assert_eq!(shop.calls(CONSUME), 1);
}

#[tokio::test]
async fn a_redemption_whose_answer_was_lost_succeeds_on_repeat() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    shop.mock
        .faults()
        .add(Fault::new(FaultKind::LostAnswer).on(CONSUME).times(1))
        .unwrap();
    shop.forget_codes_after_one();
    let lost = shop.redeem(&claimed.code).await;
    assert_eq!(lost.error(), (503, "wechat_unavailable".to_owned()));
    assert!(lost.headers.contains_key("retry-after"));
    shop.mock.faults().clear();

    let again = shop.redeem(&claimed.code).await;
    assert_eq!(
        (again.status, again.get("status").as_str()),
        (200, "redeemed")
    );
    assert_eq!(
        shop.redeem(&claimed.code).await.error().1,
        "already_redeemed"
    );
}

#[tokio::test]
async fn a_redemption_that_never_arrived_is_made_on_repeat() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    shop.mock
        .faults()
        .add(Fault::new(FaultKind::Reset).on(CONSUME).times(1))
        .unwrap();
    assert_eq!(shop.redeem(&claimed.code).await.status, 503);
    assert_eq!(shop.redeem(&claimed.code).await.status, 200);
    assert_eq!(
        shop.calls(CONSUME),
        2,
        "one that was lost, one that was made"
    );
}

/// Consumes a code at WeChat, past the service.
pub(crate) async fn consume_elsewhere(shop: &Shop, code: &str) {
    let answer = shop.elsewhere(CONSUME, &json!({"code": code})).await;
    assert_eq!(answer["errcode"], 0, "{answer}");
}

#[tokio::test]
async fn a_code_that_was_redeemed_elsewhere_is_not_redeemed_here() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    consume_elsewhere(&shop, &claimed.code).await;
    assert_eq!(
        shop.redeem(&claimed.code).await.error(),
        (409, "already_redeemed".to_owned())
    );
    let mine = shop
        .service
        .call("GET", "/v1/claims", &claimed.session, &Value::Null)
        .await
        .json();
    assert_eq!(mine["claims"][0]["status"], "redeemed");
}

#[tokio::test]
async fn a_code_that_only_wechat_knows_can_be_redeemed_and_is_bound_later() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let session = shop.login("alice").await;
    let outcome = shop.add_card("alice", &id, &session).await;
    let wallet = shop.mock.user("alice").wallet().unwrap();
    let code = wallet[0]["code"].as_str().unwrap();

    let redeemed = shop.redeem(code).await;
    assert_eq!(
        (redeemed.status, redeemed.get("card_id")),
        (200, card_id.clone())
    );
    let bound = shop
        .claim(&session, &card_id, outcome.encrypted_code().unwrap())
        .await;
    assert_eq!(
        bound.json(),
        json!({"code": code, "card_id": card_id, "status": "redeemed"})
    );
}

#[tokio::test]
async fn a_code_that_nobody_holds_is_404() {
    let shop = Shop::open().await;
    shop.claimed("alice").await;
    for code in [
        "000000000000",
        "%20",
        "a%2Fb",
        "满减",
        "x".repeat(21).as_str(),
    ] {
        let answer = shop.redeem(code).await;
        assert_eq!(answer.error(), (404, "not_found".to_owned()), "{code}");
    }
}

#[tokio::test]
async fn a_code_before_its_time_is_not_redeemable() {
    let shop = Shop::open().await;
    let (id, card_id) = shop
        .coupon_with(|draft| draft["valid"]["from"] = json!("2026-12-25T00:00:00+08:00"))
        .await;
    let claimed = shop.claimed_of("alice", &id, &card_id).await;
    let early = shop.redeem(&claimed.code).await;
    assert_eq!(early.error(), (409, "not_redeemable".to_owned()));
    assert_eq!(early.json()["error"]["reason"], "not_yet_valid");

    shop.advance(2 * DAY);
    assert_eq!(shop.redeem(&claimed.code).await.status, 200);
}

#[tokio::test]
async fn who_redeemed_it_and_where_is_kept() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let path = format!("/admin/v1/codes/{}/redeem", claimed.code);
    for (body, field) in [
        (json!({"staff": " "}), "staff"),
        (json!({"terminal": 5}), "terminal"),
        (json!({"till": "x"}), "till"),
    ] {
        let answer = shop.admin("POST", &path, &body).await;
        assert_eq!(
            (answer.status, answer.fields()),
            (422, vec![field.to_owned()])
        );
    }
    let till = json!({"staff": "店员甲", "terminal": "收银台 1"});
    assert_eq!(shop.admin("POST", &path, &till).await.status, 200);
    let list = shop
        .admin("GET", "/admin/v1/claims", &Value::Null)
        .await
        .json();
    assert_eq!(list["claims"][0]["staff"], "店员甲");
    assert_eq!(list["claims"][0]["terminal"], "收银台 1");
    assert_eq!(shop.mock.clock().now(), NOW);
}

#[tokio::test]
async fn a_code_is_redeemed_as_people_type_it() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let (a, b) = claimed.code.split_at(4);
    for typed in [
        format!("{a}%20{b}%0D%0A"),
        format!("{a}-{b}"),
        format!("%09{a}{b}%20"),
    ] {
        let answer = shop.redeem(&typed).await;
        assert!(
            [200, 409].contains(&answer.status),
            "{typed}: {}",
            answer.text
        );
    }
    assert_eq!(shop.calls(CONSUME), 1);
    let empty = json!({"staff": "", "terminal": ""});
    let path = format!("/admin/v1/codes/{}/redeem", claimed.code);
    assert_eq!(
        shop.admin("POST", &path, &empty).await.error().1,
        "already_redeemed"
    );
}
