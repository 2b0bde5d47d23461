//! Whose a code is: the push says it, else whoever claims it first.

use serde_json::{Value, json};

use super::{ALICE, claims, event, got, mine, push_all, unionid};
use crate::support::{NOW, Shop};

#[tokio::test]
async fn whose_a_code_is_stands_in_the_push() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let bob = shop.login("bob").await;
    // Alice never logged in; her phone claims, and never comes back to us.
    let outcome = shop.add_card("alice", &id, &bob).await;
    let encrypted = outcome.encrypted_code().unwrap().to_owned();
    let code = shop.mock.user("alice").wallet().unwrap()[0]["code"]
        .as_str()
        .unwrap()
        .to_owned();
    let alices = unionid(&shop, "alice").await;
    let elements = [("UserCardCode", code.as_str()), ("UnionId", &alices)];
    push_all(
        &shop,
        &[event("user_get_card", ALICE, NOW, &card_id, &elements)],
    )
    .await;

    let stolen = shop.claim(&bob, &card_id, &encrypted).await;
    assert_eq!(stolen.error(), (403, "forbidden".to_owned()));
    let alice = shop.login("alice").await;
    let claims = mine(&shop, &alice).await;
    assert_eq!((claims.len(), &claims[0]["code"]), (1, &json!(code)));
    let hers = shop.claim(&alice, &card_id, &encrypted).await;
    assert_eq!(
        hers.json(),
        json!({"code": code, "card_id": card_id, "status": "claimed"})
    );
    assert!(mine(&shop, &bob).await.is_empty());
}

#[tokio::test]
async fn a_customer_who_is_known_owns_the_code_at_once_whoever_claimed_it_first() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let (alice, bob) = (shop.login("alice").await, shop.login("bob").await);
    let outcome = shop.add_card("alice", &id, &alice).await;
    let encrypted = outcome.encrypted_code().unwrap();
    let stolen = shop.claim(&bob, &card_id, encrypted).await;
    let code = stolen.get("code");
    let alices = unionid(&shop, "alice").await;
    let elements = [("UserCardCode", code.as_str()), ("UnionId", &alices)];
    push_all(
        &shop,
        &[event("user_get_card", ALICE, NOW, &card_id, &elements)],
    )
    .await;
    assert_eq!(mine(&shop, &alice).await.len(), 1);
    assert!(mine(&shop, &bob).await.is_empty());
}

#[tokio::test]
async fn without_a_unionid_the_first_claimer_owns_it() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let (alice, bob) = (shop.login("alice").await, shop.login("bob").await);
    let outcome = shop.add_card("alice", &id, &alice).await;
    let encrypted = outcome.encrypted_code().unwrap();
    let code = shop.mock.user("alice").wallet().unwrap()[0]["code"]
        .as_str()
        .unwrap()
        .to_owned();
    push_all(&shop, &[got(NOW, &card_id, &code)]).await;
    assert_eq!(claims(&shop).await[0]["customer"], Value::Null);
    assert_eq!(shop.claim(&alice, &card_id, encrypted).await.status, 200);
    assert_eq!(shop.claim(&bob, &card_id, encrypted).await.status, 403);
    push_all(&shop, &[got(NOW + 1, &card_id, &code)]).await;
    assert_eq!(mine(&shop, &alice).await.len(), 1);
}
