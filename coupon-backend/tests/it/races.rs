//! Many at once: each thing happens once, also with several instances of the real program.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;

use crate::{
    chance::Chance,
    support::{Answer, Shop, send},
};

mod fleet;
pub(crate) use fleet::{Fleet, redeem_all};

const CONSUME: &str = "/card/code/consume";

/// How many answers have each status and code.
pub(crate) fn count(answers: &[Answer], status: u16, code: &str) -> usize {
    let is_it = |answer: &&Answer| answer.status == status && answer.error().1 == code;
    answers.iter().filter(is_it).count()
}

async fn rows(shop: &Shop, sql: &'static str) -> i64 {
    let row: (i64,) = sqlx::query_as(sql)
        .fetch_one(&shop.ledger().await)
        .await
        .unwrap();
    row.0
}

#[tokio::test]
async fn of_a_hundred_who_claim_at_once_ten_get_the_stock_of_ten() {
    let shop = Shop::open().await;
    let second = shop.second_instance().await;
    let (id, card_id) = shop
        .coupon_with(|draft| {
            draft["stock"] = json!(10);
            draft["limit_per_user"] = json!(50);
        })
        .await;
    let mut sessions = Vec::new();
    for name in ["alice", "bob", "carol"] {
        sessions.push((name, shop.login(name).await));
    }
    let claims = (0..100).map(|number| {
        let (name, session) = &sessions[number % sessions.len()];
        let (shop, id, card_id, second) = (&shop, &id, &card_id, &second);
        async move {
            let outcome = shop.add_card(name, id, session).await;
            let encrypted = outcome.encrypted_code()?.to_owned();
            // The page sends it twice, to two instances.
            let body = json!({"card_id": card_id, "encrypt_code": encrypted});
            let (one, other) = tokio::join!(
                shop.claim(session, card_id, &encrypted),
                second.call("POST", "/v1/claims", session, &body)
            );
            assert_eq!((one.status, other.status), (200, 200), "{}", one.text);
            assert_eq!(one.get("code"), other.get("code"));
            Some(one.get("code"))
        }
    });
    let claimed: Vec<String> = join_all(claims).await.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 10);
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), 10);
    assert_eq!(rows(&shop, "SELECT COUNT(*) FROM claims").await, 10);
    let bound = "SELECT COUNT(*) FROM history WHERE what = 'bound'";
    assert_eq!(rows(&shop, bound).await, 10);
}

#[tokio::test]
async fn of_fifty_who_redeem_one_code_at_once_one_does() {
    let shop = Shop::open().await;
    let second = shop.second_instance().await;
    let claimed = shop.claimed("alice").await;
    let calls = (0..50).map(|number| {
        let service = if number % 2 == 0 {
            &shop.service
        } else {
            &second
        };
        send(service.keyed_redeem(&claimed.code, &format!("till-{number}")))
    });
    let answers = join_all(calls).await;
    assert_eq!(count(&answers, 200, ""), 1);
    let late = count(&answers, 409, "already_redeemed");
    let early = count(&answers, 409, "operation_in_progress");
    assert_eq!(late + early, 49);
    assert_eq!(shop.calls(CONSUME), 1);
    let redeemed = "SELECT COUNT(*) FROM history WHERE what = 'redeemed'";
    assert_eq!(rows(&shop, redeemed).await, 1);
}

#[tokio::test]
async fn of_two_tills_one_redeems_and_is_named() {
    let shop = Shop::open().await;
    let (id, card_id) = shop
        .coupon_with(|draft| draft["limit_per_user"] = json!(50))
        .await;
    for round in 0..10 {
        let claimed = shop.claimed_of("alice", &id, &card_id).await;
        let till = |name: &'static str| {
            let key = format!("{name}-{round}");
            let body = json!({"staff": name}).to_string();
            send(shop.service.keyed_redeem(&claimed.code, &key).body(body))
        };
        let (one, other) = tokio::join!(till("till-1"), till("till-2"));
        let winner = match (one.status, other.status) {
            (200, 409) => "till-1",
            (409, 200) => "till-2",
            both => panic!("{both:?}"),
        };
        let row: (String, String) =
            sqlx::query_as("SELECT status, staff FROM claims WHERE code = ?")
                .bind(&claimed.code)
                .fetch_one(&shop.ledger().await)
                .await
                .unwrap();
        assert_eq!(row, ("redeemed".to_owned(), winner.to_owned()));
    }
    assert_eq!(shop.calls(CONSUME), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_redemptions_of_a_hundred_codes_over_four_instances_are_a_hundred() {
    let fleet = Fleet::start(4, Chance::seed("RACE_SEED")).await;
    let codes = fleet.claimed(100).await;
    let answers = redeem_all(&fleet.services(), &codes, 10, async |_| {}).await;
    fleet.each_code_was_redeemed_once(&codes, &answers).await;
    for path in ["/cgi-bin/stable_token", "/cgi-bin/ticket/getticket"] {
        assert_eq!(fleet.shop.calls(path), 1, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_is_killed_in_the_middle_changes_nothing() {
    let mut fleet = Fleet::start(4, Chance::seed("RACE_SEED")).await;
    let codes = fleet.claimed(100).await;
    let services = fleet.services();
    let victim = &mut fleet.programs[3].child;
    let answers = redeem_all(&services, &codes, 10, async |done| {
        if done == 300 {
            victim.start_kill().unwrap();
        }
    })
    .await;
    fleet.programs.pop();
    fleet.each_code_was_redeemed_once(&codes, &answers).await;
}
