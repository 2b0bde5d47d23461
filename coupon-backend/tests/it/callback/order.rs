//! The same pushes in any order, and repeated, leave the same ledger.

use serde_json::json;

use super::{ALICE, BOB, accepted, consumed, deleted, event, gifting, got, push_all};
use crate::support::{NOW, Shop};

/// Code, status, openid, unionid, begin, end, time of the claim, time of the redemption.
type Row = (
    String,
    String,
    String,
    Option<String>,
    i64,
    i64,
    i64,
    Option<i64>,
);

/// Everything that the ledger says of the codes of one round, under names that all rounds share.
async fn ledger_of(shop: &Shop, round: usize) -> Vec<Row> {
    sqlx::query_as(
        "SELECT substr(code, 5), status, openid, unionid, begins_at, ends_at, claimed_at, redeemed_at \
         FROM claims WHERE code LIKE ? ORDER BY code",
    )
    .bind(format!("{round:04}%"))
    .fetch_all(&shop.ledger().await)
    .await
    .unwrap()
}

/// The lives of seven codes, in order.
fn lives(card_id: &str, round: usize) -> Vec<String> {
    let code = |n: usize| format!("{round:04}0000000{n}");
    vec![
        got(NOW, card_id, &code(0)),
        got(NOW, card_id, &code(1)),
        got(NOW, card_id, &code(2)),
        got(NOW + 1, card_id, &code(3)),
        gifting(NOW + 2, card_id, &code(1), "0"),
        gifting(NOW + 3, card_id, &code(2), "0"),
        deleted(NOW + 3, card_id, &code(0)),
        accepted(NOW + 4, card_id, &code(4), &code(1)),
        consumed(NOW + 5, card_id, &code(3), "FROM_API"),
        deleted(NOW + 6, card_id, &code(3)),
        gifting(NOW + 7, card_id, &code(2), "1"),
        // Thrown away, and back: a member card's way.
        got(NOW + 8, card_id, &code(0)),
        // Of this one the claim was lost.
        consumed(NOW + 9, card_id, &code(5), "FROM_MP"),
        deleted(NOW + 10, card_id, &code(5)),
        // A code of the shop's own, which stays what it is when it is given away.
        event(
            "user_get_card",
            ALICE,
            NOW,
            card_id,
            &[("UserCardCode", &code(6)), ("UnionId", "uAlice")],
        ),
        accepted(NOW + 11, card_id, &code(6), &code(6)),
    ]
}

#[tokio::test]
async fn in_any_order_and_repeated_the_same_pushes_leave_the_same_ledger() {
    let shop = Shop::open().await;
    let (_, card_id) = shop
        .coupon_with(|draft| draft["valid"] = json!({"days": 3, "starts_after_days": 1}))
        .await;
    push_all(&shop, &lives(&card_id, 0)).await;
    let expected = ledger_of(&shop, 0).await;
    let statuses: Vec<&str> = expected.iter().map(|row| row.1.as_str()).collect();
    assert_eq!(
        statuses,
        [
            "claimed", "gifted", "claimed", "redeemed", "claimed", "redeemed", "claimed"
        ]
    );
    assert_eq!((expected[6].2.as_str(), &expected[6].3), (BOB, &None));

    let seed = std::env::var("PUSH_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    let mut random = seed | 1;
    let mut below = |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % u64::try_from(limit).unwrap()).unwrap()
    };
    for round in 1..=12 {
        let mut bodies = lives(&card_id, round);
        for _ in 0..6 {
            bodies.push(bodies[below(bodies.len())].clone());
        }
        for last in (1..bodies.len()).rev() {
            bodies.swap(last, below(last + 1));
        }
        push_all(&shop, &bodies).await;
        // Nothing changes when old pushes are forgotten and come once more.
        if round % 3 == 0 {
            sqlx::query("DELETE FROM pushes")
                .execute(&shop.ledger().await)
                .await
                .unwrap();
            bodies.reverse();
            push_all(&shop, &bodies).await;
        }
        assert_eq!(
            ledger_of(&shop, round).await,
            expected,
            "round {round} of PUSH_SEED={seed}"
        );
    }
}
