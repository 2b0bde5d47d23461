//! What code/get and code/consume answer to a code in each of its states.

use serde_json::{Value, json};

use super::{giveable, on_phone};
use crate::support::{DAY, NOW, TestMock};

/// A code brought into a state, and the state's name.
async fn code_in(test: &TestMock, state: &str) -> String {
    let card_id = match state {
        "not begun" => {
            test.create_with(|base| {
                base["date_info"]["begin_timestamp"] = json!((NOW + DAY).to_string());
            })
            .await
        }
        // Counted from the claim, and over before anything else is.
        "EXPIRE" => {
            test.create_with(|base| {
                base["date_info"] =
                    json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 1, "fixed_begin_term": 0});
            })
            .await
        }
        _ => giveable(test).await,
    };
    let code = test.claimed_of("alice", &card_id, state).await;
    let call = json!({"code": code});
    match state {
        "CONSUMED" => drop(test.post("/card/code/consume", &call).await),
        "UNAVAILABLE" => drop(test.post("/card/code/unavailable", &call).await),
        "DELETE" => test.mock.user("alice").delete(&code).unwrap(),
        "GIFTING" | "GIFT_TIMEOUT" => test.mock.user("alice").gift(&code, "bob").unwrap(),
        "given away" => {
            test.mock.user("alice").gift(&code, "bob").unwrap();
            test.mock.user("bob").accept(&code).unwrap();
        }
        _ => {}
    }
    code
}

#[tokio::test]
async fn a_code_is_answered_by_its_state() {
    // State, what a checked get answers, can_consume and state of an unchecked one, what consume answers.
    let table = [
        ("NORMAL", 0, Some((true, "NORMAL")), 0),
        ("not begun", 0, Some((false, "NORMAL")), 40079),
        ("CONSUMED", 40099, Some((false, "CONSUMED")), 40099),
        ("GIFT_TIMEOUT", 0, Some((true, "GIFT_TIMEOUT")), 0),
        ("DELETE", 40127, Some((false, "DELETE")), 40127),
        ("UNAVAILABLE", 40127, Some((false, "UNAVAILABLE")), 40127),
        ("EXPIRE", 40127, Some((false, "EXPIRE")), 40127),
        ("GIFTING", 40127, Some((false, "GIFTING")), 40127),
        ("given away", 40056, None, 40056),
    ];
    for (state, checked, unchecked, consumed) in table {
        let mut test = TestMock::start().await;
        let code = code_in(&test, state).await;
        let waits = match state {
            "EXPIRE" => DAY + 1,
            "GIFT_TIMEOUT" => DAY,
            _ => 0,
        };
        test.mock.clock().advance(waits).unwrap();
        test.token = test.token_of("oa").await;

        for call in [
            json!({"code": code}),
            json!({"code": code, "check_consume": true}),
        ] {
            let answer = test.post("/card/code/get", &call).await;
            assert_eq!(answer.errcode(), checked, "{state}: {}", answer.text());
        }
        let call = json!({"code": code, "check_consume": false});
        let answer = test.post("/card/code/get", &call).await.json();
        let shown = unchecked.map(
            |(can_consume, status)| json!({"can_consume": can_consume, "user_card_status": status}),
        );
        for key in ["can_consume", "user_card_status"] {
            let expected = shown.as_ref().map_or(&Value::Null, |shown| &shown[key]);
            assert_eq!(&answer[key], expected, "{state}");
        }
        let answer = test
            .post("/card/code/consume", &json!({"code": code}))
            .await;
        assert_eq!(answer.errcode(), consumed, "{state}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_custom_code_is_unknown_without_its_card() {
    let test = TestMock::start().await;
    let card_id = test.claimed_custom("alice", "0001").await;
    let alone = json!({"code": "0001"});
    let with_card = json!({"code": "0001", "card_id": card_id});
    assert_eq!(test.post("/card/code/get", &alone).await.errcode(), 40056);
    let answer = test.post("/card/code/get", &with_card).await.json();
    assert_eq!(answer["card"]["code"], "0001");
}

#[tokio::test]
async fn both_kinds_of_dates_end_by_the_clock() {
    for (info, lives) in [
        (Value::Null, 30 * DAY),
        (
            json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 2, "fixed_begin_term": 0}),
            2 * DAY,
        ),
    ] {
        let mut test = TestMock::start().await;
        let card_id = test
            .create_with(|base| {
                if !info.is_null() {
                    base["date_info"] = info.clone();
                }
            })
            .await;
        let code = test.claimed_of("alice", &card_id, "n").await;
        for (waits, expected) in [(lives, "NORMAL"), (1, "EXPIRE")] {
            test.mock.clock().advance(waits).unwrap();
            test.token = test.token_of("oa").await;
            assert_eq!(super::status(&test, &code).await, expected);
        }
    }
}

#[tokio::test]
async fn a_void_code_says_why_in_the_wallet_and_stays_there() {
    let test = TestMock::start().await;
    let (_, _, code) = test.claimed("alice").await;
    let call = json!({"code": code, "reason": "印错了"});
    assert_eq!(
        test.post("/card/code/unavailable", &call).await.errcode(),
        0
    );
    let wallet = test.mock.user("alice").wallet().unwrap();
    assert_eq!(wallet[0]["status"], "UNAVAILABLE");
    assert_eq!(wallet[0]["reason"], "印错了");
    let deleted = on_phone(&test, "alice", &code, "delete", Value::Null).await;
    assert_eq!(deleted.status, 409);
}

#[tokio::test]
async fn only_redeemed_codes_vanish_from_the_list_of_a_customer() {
    let test = TestMock::start().await;
    let card_id = giveable(&test).await;
    test.post(
        "/card/update",
        &json!({"card_id": card_id, "general_coupon": {"base_info": {"get_limit": 9}}}),
    )
    .await;
    let mut codes = Vec::new();
    for nonce in ["kept", "redeemed", "void", "deleted"] {
        codes.push(test.claimed_of("alice", &card_id, nonce).await);
    }
    test.post("/card/code/consume", &json!({"code": codes[1]}))
        .await;
    test.post("/card/code/unavailable", &json!({"code": codes[2]}))
        .await;
    test.mock.user("alice").delete(&codes[3]).unwrap();

    let openid = test.openid("alice").await;
    let answer = test
        .post("/card/user/getcardlist", &json!({"openid": openid}))
        .await
        .json();
    let listed = answer["card_list"].as_array().unwrap();
    let listed: Vec<&str> = listed
        .iter()
        .map(|card| card["code"].as_str().unwrap())
        .collect();
    assert_eq!(listed, [&codes[0], &codes[2], &codes[3]]);
}

#[tokio::test]
async fn of_many_redemptions_at_once_one_wins() {
    let test = TestMock::start().await;
    let (_, _, code) = test.claimed("alice").await;
    let call = json!({"code": code});
    let consume = || test.post("/card/code/consume", &call);
    let answers = tokio::join!(consume(), consume(), consume(), consume());
    let mut numbers = [answers.0, answers.1, answers.2, answers.3].map(|answer| answer.errcode());
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 40099, 40099, 40099]);
}
