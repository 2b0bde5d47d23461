//! What may act at WeChat: one answer to one call, whatever happened to it.

use serde_json::{Value, json};
use wechat_mock::{Fault, FaultKind};

use crate::{
    killed::until,
    redeem::consume_elsewhere,
    support::{ADMIN, Answer, NOW, Shop, draft, send},
};

const CONSUME: &str = "/card/code/consume";
const CREATE: &str = "/card/create";

fn fault(shop: &Shop, kind: FaultKind, path: &str, times: u64) {
    shop.mock
        .faults()
        .add(Fault::new(kind).on(path).times(times))
        .unwrap();
}

async fn create(shop: &Shop, key: &str, draft: &Value) -> Answer {
    let request = shop.service.request("POST", "/admin/v1/coupons", ADMIN);
    send(
        request
            .header("idempotency-key", key)
            .body(draft.to_string()),
    )
    .await
}

async fn redeem(shop: &Shop, key: &str, code: &str, body: &'static str) -> Answer {
    send(shop.service.keyed_redeem(code, key).body(body)).await
}

#[tokio::test]
async fn a_refused_connection_leaves_the_code_as_it_was() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    // An instance that nobody answers.
    let mut settings = shop.settings();
    settings.insert("WECHAT_API_BASE", "http://127.0.0.1:9".to_owned());
    let away = shop.instance_with(&settings).await;
    let path = format!("/admin/v1/codes/{}/redeem", claimed.code);
    let refused = away.call("POST", &path, ADMIN, &Value::Null).await;
    assert_eq!(refused.error(), (503, "wechat_unavailable".to_owned()));

    shop.advance(5);
    consume_elsewhere(&shop, &claimed.code).await;
    let late = shop.redeem(&claimed.code).await;
    assert_eq!(late.error(), (409, "already_redeemed".to_owned()));
}

#[tokio::test]
async fn a_gateways_page_is_no_redemption_that_somebody_elses_could_be_taken_for() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    fault(&shop, FaultKind::HttpStatus(502), CONSUME, 1);
    assert_eq!(shop.redeem(&claimed.code).await.status, 503);
    shop.advance(5);
    consume_elsewhere(&shop, &claimed.code).await;
    let late = shop.redeem(&claimed.code).await;
    assert_eq!(late.error(), (409, "already_redeemed".to_owned()));
}

#[tokio::test]
async fn busy_is_an_answer_and_the_code_is_as_before() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    fault(&shop, FaultKind::Errcode(-1), CONSUME, 1);
    assert_eq!(redeem(&shop, "k", &claimed.code, "").await.status, 503);
    shop.advance(5);
    consume_elsewhere(&shop, &claimed.code).await;
    let late = redeem(&shop, "k", &claimed.code, "").await;
    assert_eq!(late.error(), (409, "already_redeemed".to_owned()));
}

#[tokio::test]
async fn a_final_refusal_is_kept_under_the_key_of_a_call_that_was_let_go() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    fault(&shop, FaultKind::Errcode(-1), CONSUME, 1);
    assert_eq!(redeem(&shop, "k", &claimed.code, "").await.status, 503);
    assert_eq!(redeem(&shop, "other", &claimed.code, "").await.status, 200);
    let late = redeem(&shop, "k", &claimed.code, "").await;
    assert_eq!(late.error(), (409, "already_redeemed".to_owned()));
    let row: (String, i64) =
        sqlx::query_as("SELECT state, answer_status FROM operations WHERE idem_key = 'k'")
            .fetch_one(&shop.ledger().await)
            .await
            .unwrap();
    assert_eq!(row, ("done".to_owned(), 409));
}

#[tokio::test]
async fn a_repeat_joins_what_runs_also_at_another_instance() {
    let shop = Shop::open().await;
    let second = shop.second_instance().await;
    let claimed = shop.claimed("alice").await;
    fault(&shop, FaultKind::DelayMs(700), CONSUME, 1);
    let calls = (0..6).map(|call| {
        let service = if call % 2 == 0 {
            &shop.service
        } else {
            &second
        };
        send(service.keyed_redeem(&claimed.code, "k"))
    });
    let answers = futures_util::future::join_all(calls).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (200, &answers[0].text));
    }
    assert_eq!(shop.calls(CONSUME), 1);
}

#[tokio::test]
async fn another_call_for_the_code_that_runs_is_told_to_ask_again() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    fault(&shop, FaultKind::DelayMs(700), CONSUME, 1);
    let (first, second) = tokio::join!(redeem(&shop, "a", &claimed.code, ""), async {
        while shop.calls(CONSUME) == 0 && shop.operations().await == 0 {
            tokio::task::yield_now().await;
        }
        redeem(&shop, "b", &claimed.code, "").await
    });
    assert_eq!(first.status, 200);
    assert_eq!(second.error(), (409, "operation_in_progress".to_owned()));
    assert!(second.headers.contains_key("retry-after"));
    // It was no final answer.
    let again = redeem(&shop, "b", &claimed.code, "").await;
    assert_eq!(again.error(), (409, "already_redeemed".to_owned()));
}

#[tokio::test]
async fn a_body_is_compared_by_its_meaning() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let first = redeem(
        &shop,
        "k",
        &claimed.code,
        r#"{"staff":"甲","terminal":"T"}"#,
    )
    .await;
    assert_eq!(first.status, 200);
    for same in [
        r#"{ "terminal":"T", "staff":"甲" }"#,
        "{\"staff\":\"\\u7532\",\"terminal\":\"T\"}\n",
    ] {
        let again = redeem(&shop, "k", &claimed.code, same).await;
        assert_eq!((again.status, &again.text), (200, &first.text), "{same}");
    }
    let other = redeem(
        &shop,
        "k",
        &claimed.code,
        r#"{"staff":"乙","terminal":"T"}"#,
    )
    .await;
    assert_eq!(other.error(), (409, "idempotency_conflict".to_owned()));
}

#[tokio::test]
async fn a_refusal_that_time_lifts_is_not_kept() {
    let shop = Shop::open().await;
    let (id, card_id) = shop
        .coupon_with(|draft| draft["valid"]["from"] = json!("2026-12-25T00:00:00+08:00"))
        .await;
    let claimed = shop.claimed_of("alice", &id, &card_id).await;
    let early = redeem(&shop, "k", &claimed.code, "").await;
    assert_eq!(early.json()["error"]["reason"], "not_yet_valid");
    shop.advance(2 * 86_400);
    assert_eq!(redeem(&shop, "k", &claimed.code, "").await.status, 200);
}

#[tokio::test]
async fn an_account_of_a_day_does_not_move_when_a_redemption_is_settled_later() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    fault(&shop, FaultKind::LostAnswer, CONSUME, 1);
    shop.forget_codes_after_one();
    let lost = redeem(&shop, "k", &claimed.code, r#"{"staff":"甲"}"#).await;
    assert_eq!(lost.status, 503);
    shop.mock.faults().clear();
    shop.advance(86_400);
    let settled = redeem(&shop, "k", &claimed.code, r#"{"staff":"甲"}"#).await;
    assert_eq!(settled.get("redeemed_at"), "2026-12-23T04:26:40Z");
    let claims = shop
        .admin("GET", "/admin/v1/claims", &Value::Null)
        .await
        .json();
    assert_eq!(claims["claims"][0]["staff"], "甲");
    assert_eq!(claims["claims"][0]["redeemed_at"], "2026-12-23T04:26:40Z");
    assert_eq!(shop.mock.clock().now(), NOW + 86_400);
}

#[tokio::test]
async fn a_lost_create_is_adopted_by_its_repeat_and_no_second_card_is_made() {
    let shop = Shop::open().await;
    let draft = draft(&shop.logo().await);
    fault(&shop, FaultKind::LostAnswer, CREATE, 1);
    assert_eq!(create(&shop, "k", &draft).await.status, 503);
    let repeat = create(&shop, "k", &draft).await;
    assert_eq!(repeat.status, 201, "{}", repeat.text);
    assert_eq!(create(&shop, "k", &draft).await.text, repeat.text);
    assert_eq!(shop.calls(CREATE), 1);
    let list = shop
        .admin("GET", "/admin/v1/coupons", &Value::Null)
        .await
        .json();
    assert_eq!(list["coupons"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list["coupons"][0]["card_id"], repeat.get("card_id"));
}

#[tokio::test]
async fn a_create_that_never_arrived_is_made_once_nothing_can_arrive_any_more() {
    let shop = Shop::open().await;
    let draft = draft(&shop.logo().await);
    fault(&shop, FaultKind::Reset, CREATE, 1);
    assert_eq!(create(&shop, "k", &draft).await.status, 503);
    let soon = create(&shop, "k", &draft).await;
    assert_eq!(
        soon.error(),
        (503, "wechat_unavailable".to_owned()),
        "it may still arrive"
    );
    shop.advance(60);
    assert_eq!(create(&shop, "k", &draft).await.status, 201);
    let list = shop
        .admin("GET", "/admin/v1/coupons", &Value::Null)
        .await
        .json();
    assert_eq!(list["coupons"].as_array().unwrap().len(), 1, "{list}");
}

/// Two creates of one draft at once: the first has its card and has not written it down yet, and WeChat
/// says of the second that it was busy, which may mean that it acted.
#[tokio::test]
async fn a_card_that_another_create_is_about_to_write_down_is_not_adopted() {
    let shop = Shop::open().await;
    let draft = draft(&shop.logo().await);
    fault(&shop, FaultKind::DelayMs(1500), "/card/get", 1);
    let second = async {
        until("the first create at WeChat", async || {
            shop.calls(CREATE) > 0
        })
        .await;
        fault(&shop, FaultKind::Errcode(-1), CREATE, 1);
        create(&shop, "second", &draft).await
    };
    let (first, second) = tokio::join!(create(&shop, "first", &draft), second);
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(second.error(), (503, "wechat_unavailable".to_owned()));

    // What it may have done can be told once the first one's card is known.
    shop.advance(61);
    let repeat = create(&shop, "second", &draft).await;
    assert_eq!(repeat.status, 201, "{}", repeat.text);
    assert_ne!(repeat.get("card_id"), first.get("card_id"));
    let list = shop
        .admin("GET", "/admin/v1/coupons", &Value::Null)
        .await
        .json();
    assert_eq!(list["coupons"].as_array().unwrap().len(), 2, "{list}");
    assert_eq!(create(&shop, "first", &draft).await.text, first.text);
}

/// A draft that differs in its dates alone has another card.
#[tokio::test]
async fn a_card_with_other_dates_is_not_adopted() {
    for other in [
        json!({"from": "2026-12-23T04:00:00Z", "to": "2027-03-02T04:00:00Z"}),
        json!({"from": "2026-12-24T04:00:00Z", "to": "2027-01-02T04:00:00Z"}),
        json!({"days": 3, "starts_after_days": 0}),
        json!({"days": 30, "starts_after_days": 1}),
    ] {
        let shop = Shop::open().await;
        let mut lost = draft(&shop.logo().await);
        lost["valid"] = if other["days"] == 30 {
            json!({"days": 30, "starts_after_days": 0})
        } else {
            json!({"from": "2026-12-23T04:00:00Z", "to": "2027-01-02T04:00:00Z"})
        };
        fault(&shop, FaultKind::LostAnswer, CREATE, 1);
        assert_eq!(create(&shop, "lost", &lost).await.status, 503);
        let mut another = lost.clone();
        another["valid"] = other;
        fault(&shop, FaultKind::Errcode(-1), CREATE, 1);
        let refused = create(&shop, "another", &another).await;
        assert_eq!(refused.status, 503, "{}", refused.text);
        let repeat = create(&shop, "lost", &lost).await;
        assert_eq!(repeat.status, 201, "{}", repeat.text);
        assert_eq!(shop.calls(CREATE), 2, "its own card was found");
    }
}

#[tokio::test]
async fn creates_while_nobody_answers_leave_no_coupon() {
    let mock = wechat_mock::MockWechat::start().await;
    let shop = Shop::open_at(mock, "http://127.0.0.1:9".to_owned()).await;
    let draft = draft("https://mmbiz.qpic.cn/logo.jpg");
    for _ in 0..3 {
        let refused = shop.admin("POST", "/admin/v1/coupons", &draft).await;
        assert_eq!(refused.error(), (503, "wechat_unavailable".to_owned()));
    }
    let list = shop
        .admin("GET", "/admin/v1/coupons", &Value::Null)
        .await
        .json();
    assert_eq!(list["coupons"], json!([]));
}

#[tokio::test]
async fn the_kept_answer_comes_before_the_body_is_judged() {
    let shop = Shop::open().await;
    let draft = draft(&shop.logo().await);
    let first = create(&shop, "k", &draft).await;
    assert_eq!(first.status, 201);
    // The draft's last day is over.
    shop.advance(60 * 86_400);
    let again = create(&shop, "k", &draft).await;
    assert_eq!((again.status, again.text), (201, first.text));
}

#[tokio::test]
async fn a_booked_claim_is_answered_while_wechat_is_busy() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    shop.mock
        .faults()
        .add(Fault::new(FaultKind::Errcode(-1)).on("/card/code/decrypt"))
        .unwrap();
    let again = shop
        .claim(&claimed.session, &claimed.card_id, &claimed.encrypted)
        .await;
    assert_eq!((again.status, again.get("code")), (200, claimed.code));
}

#[tokio::test]
async fn a_code_that_wechat_no_longer_knows_is_not_redeemable_and_no_longer_claimed() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    fault(&shop, FaultKind::Errcode(40056), CONSUME, 1);
    let gone = shop.redeem(&claimed.code).await;
    assert_eq!(gone.error(), (409, "not_redeemable".to_owned()));
    let mine = shop
        .service
        .call("GET", "/v1/claims", &claimed.session, &Value::Null)
        .await;
    assert_ne!(mine.json()["claims"][0]["status"], "claimed");
}

#[tokio::test]
async fn a_lease_from_the_future_protects_nobody() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    shop.leave_running(&claimed.code, "k", NOW + 7200).await;
    let repeat = redeem(&shop, "k", &claimed.code, "").await;
    assert_eq!(repeat.status, 200, "{}", repeat.text);
}

#[tokio::test]
async fn every_change_of_a_claim_has_its_history() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    assert_eq!(shop.redeem(&claimed.code).await.status, 200);
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT history.who, history.what, history.clock FROM history \
         JOIN claims ON claims.id = history.subject_id ORDER BY history.id",
    )
    .fetch_all(&shop.ledger().await)
    .await
    .unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|(who, what, _)| (who.as_str(), what.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("customer", "claimed"),
            ("customer", "bound"),
            ("staff", "redeemed")
        ]
    );
    assert!(rows.iter().all(|(_, _, clock)| clock == "ours"));
}
