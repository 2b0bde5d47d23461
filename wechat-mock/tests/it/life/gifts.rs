//! A code given to a friend.

use serde_json::{Value, json};

use super::{giveable, on_phone, status};
use crate::support::{DAY, NOW, TestMock};

#[tokio::test]
async fn a_friend_gets_a_code_of_their_own_and_the_givers_is_gone() {
    let test = TestMock::start().await;
    let card_id = giveable(&test).await;
    let code = test.claimed_of("alice", &card_id, "n").await;

    let given = on_phone(&test, "alice", &code, "gift", json!({"to": "bob"})).await;
    assert_eq!(
        (given.status, given.json()["status"].clone()),
        (200, json!("GIFTING"))
    );
    assert_eq!(status(&test, &code).await, "GIFTING");
    let taken = on_phone(&test, "bob", &code, "accept", Value::Null).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    let new = taken.json()["code"].as_str().unwrap().to_owned();
    assert_ne!(new, code);

    assert_eq!(status(&test, &code).await, "40056");
    let answer = test
        .post("/card/code/get", &json!({"code": new}))
        .await
        .json();
    assert_eq!(answer["openid"], test.openid("bob").await);
    assert_eq!(answer["can_consume"], true);
    assert!(test.mock.user("alice").wallet().unwrap().is_empty());
    assert_eq!(
        test.mock.user("bob").wallet().unwrap()[0]["code"],
        new.as_str()
    );
    assert_eq!(
        test.post("/card/code/consume", &json!({"code": new}))
            .await
            .errcode(),
        0
    );
}

#[tokio::test]
async fn a_custom_code_keeps_its_text_until_the_merchant_renews_it() {
    let test = TestMock::start().await;
    let card_id = test.claimed_custom("alice", "0001").await;
    test.mock.user("alice").gift("0001", "bob").unwrap();
    assert_eq!(test.mock.user("bob").accept("0001").unwrap(), "0001");

    let call = json!({"code": "0001", "card_id": card_id, "new_code": "0002"});
    assert_eq!(test.post("/card/code/update", &call).await.errcode(), 0);
    let get = |code: &str| json!({"code": code, "card_id": card_id});
    assert_eq!(
        test.post("/card/code/get", &get("0001")).await.errcode(),
        40056
    );
    let answer = test.post("/card/code/get", &get("0002")).await.json();
    assert_eq!(answer["openid"], test.openid("bob").await);
}

#[tokio::test]
async fn a_gift_that_nobody_takes_comes_back_after_a_day() {
    let mut test = TestMock::start().await;
    let card_id = giveable(&test).await;
    let code = test.claimed_of("alice", &card_id, "n").await;
    test.mock.user("alice").gift(&code, "bob").unwrap();
    test.mock.clock().advance(DAY - 1).unwrap();
    test.token = test.token_of("oa").await;
    assert_eq!(status(&test, &code).await, "GIFTING");
    test.mock.clock().advance(1).unwrap();
    assert_eq!(status(&test, &code).await, "GIFT_TIMEOUT");

    let late = on_phone(&test, "bob", &code, "accept", Value::Null).await;
    assert_eq!(late.status, 409);
    // It is back with the giver, who can use it.
    assert_eq!(
        test.post("/card/code/consume", &json!({"code": code}))
            .await
            .errcode(),
        0
    );
}

#[tokio::test]
async fn what_cannot_be_given_is_refused() {
    let test = TestMock::start().await;
    let card_id = giveable(&test).await;
    let code = test.claimed_of("alice", &card_id, "n").await;
    let kept = test
        .create_with(|base| base["can_give_friend"] = json!(false))
        .await;
    let kept = test.claimed_of("alice", &kept, "n").await;
    for (user, code, body, expected) in [
        ("alice", code.as_str(), json!({}), 422),
        ("alice", &code, json!({"to": "alice"}), 422),
        ("alice", &code, json!({"to": "nobody"}), 404),
        ("alice", "000000000000", json!({"to": "bob"}), 404),
        ("bob", &code, json!({"to": "carol"}), 404),
        ("nobody", &code, json!({"to": "carol"}), 404),
        ("alice", &kept, json!({"to": "bob"}), 409),
        ("alice", &code, json!({"to": "bob"}), 200),
        ("alice", &code, json!({"to": "carol"}), 409),
    ] {
        let answer = on_phone(&test, user, code, "gift", body.clone()).await;
        assert_eq!(answer.status, expected, "{user} {body}: {}", answer.text());
    }
    for (user, expected) in [("carol", 409), ("alice", 409), ("bob", 200), ("bob", 409)] {
        let answer = on_phone(&test, user, &code, "accept", json!({})).await;
        assert_eq!(answer.status, expected, "{user}: {}", answer.text());
    }
    let gone = on_phone(&test, "alice", &code, "gift", json!({"to": "bob"})).await;
    assert_eq!(gone.status, 409);
}

#[tokio::test]
async fn a_code_that_two_cards_have_is_named_with_its_card() {
    let test = TestMock::start().await;
    let first = test.claimed_custom("alice", "0001").await;
    test.claimed_custom("alice", "0001").await;
    let either = on_phone(&test, "alice", "0001", "delete", Value::Null).await;
    assert_eq!(either.status, 422);
    assert_eq!(either.json()["error"]["field"], "card_id");
    let named = json!({"card_id": first});
    let answer = on_phone(&test, "alice", "0001", "delete", named).await;
    assert_eq!(answer.json()["status"], "DELETE");
    let states: Vec<Value> = test
        .mock
        .user("alice")
        .wallet()
        .unwrap()
        .iter()
        .map(|card| card["status"].clone())
        .collect();
    assert_eq!(states, ["DELETE", "NORMAL"]);
}

#[tokio::test]
async fn a_gift_does_not_count_as_a_claim() {
    let test = TestMock::start().await;
    let card_id = test
        .create_with(|base| {
            base["can_give_friend"] = json!(true);
            base["get_limit"] = json!(1);
        })
        .await;
    let code = test.claimed_of("alice", &card_id, "1").await;
    test.mock.user("alice").gift(&code, "bob").unwrap();
    test.mock.user("bob").accept(&code).unwrap();
    assert!(test.claim("bob", &card_id, "2").await.is_success());
    assert!(!test.claim("alice", &card_id, "3").await.is_success());

    let world = test.control("GET", "world", &Value::Null).await.json();
    assert_eq!(test.control("PUT", "world", &world).await.status, 200);
    assert!(!test.claim("alice", &card_id, "4").await.is_success());
    let again = test.control("GET", "world", &Value::Null).await.json();
    assert_eq!(
        again["accounts"][0]["state"]["codes"],
        world["accounts"][0]["state"]["codes"]
    );
}

/// What friends offer somebody, as the control API lists it, `limit` at a time.
async fn offers(test: &TestMock, user: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("users/{user}/gifts?limit={limit}{after}");
        let page = test.control("GET", &path, &Value::Null).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        let gifts = page["gifts"].as_array().unwrap();
        assert!(gifts.len() <= limit);
        all.extend(gifts.iter().cloned());
        let Some(next) = page["next"].as_str() else {
            return all;
        };
        after = format!("&after={next}");
    }
}

#[tokio::test]
async fn the_receiver_is_shown_what_friends_offer_as_long_as_it_can_be_taken() {
    let test = TestMock::start().await;
    let card_id = test
        .create_with(|base| {
            base["can_give_friend"] = json!(true);
            base["get_limit"] = json!(9);
        })
        .await;
    let [alice, bob] = ["alice", "bob"].map(|name| test.mock.user(name));
    let mut codes = Vec::new();
    for nonce in ["1", "2", "3", "4"] {
        codes.push(test.claimed_of("alice", &card_id, nonce).await);
    }
    for code in &codes[..3] {
        alice.gift(code, "bob").unwrap();
        test.mock.clock().advance(1).unwrap();
    }
    alice.gift(&codes[3], "carol").unwrap();

    let all = offers(&test, "bob", 50).await;
    let listed: Vec<&str> = all
        .iter()
        .map(|gift| gift["code"].as_str().unwrap())
        .collect();
    assert_eq!(listed, codes[..3]);
    let title = test.mock.user("bob").wallet().unwrap();
    assert!(title.is_empty(), "an offer is held by nobody but its giver");
    let wallet = alice.wallet().unwrap();
    let appid = test.mock.official_account().appid;
    assert_eq!(
        all[0],
        json!({
            "code": codes[0], "card_id": card_id, "title": wallet[0].title(), "appid": appid,
            "from": "alice", "until": NOW + DAY,
        })
    );
    assert_eq!(offers(&test, "bob", 1).await, all);
    assert_eq!(offers(&test, "alice", 50).await, [Value::Null; 0]);

    // Taken, or come back to the giver: nothing is offered any more.
    bob.accept(&codes[1]).unwrap();
    assert_eq!(
        offers(&test, "bob", 50).await,
        [all[0].clone(), all[2].clone()]
    );
    test.mock.clock().advance(DAY - 3).unwrap();
    assert_eq!(offers(&test, "bob", 50).await, [all[2].clone()]);
    test.mock.clock().advance(DAY).unwrap();
    assert_eq!(offers(&test, "bob", 50).await, [Value::Null; 0]);
    for after in ["x", "1-2", "1-2-x"] {
        let path = format!("users/bob/gifts?after={after}");
        let refused = test.control("GET", &path, &Value::Null).await;
        assert_eq!(refused.json()["error"]["field"], "after", "{after}");
    }
}
