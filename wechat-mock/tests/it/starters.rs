//! Worlds that are in the program.

use serde_json::{Value, json};
use wechat_mock::MockWechat;

use crate::support::TestMock;

#[tokio::test]
async fn a_reset_leads_to_each_world_that_is_listed() {
    let test = TestMock::start_with(MockWechat::builder().strict()).await;
    let listed = test.control("GET", "worlds", &Value::Null).await.json();
    let worlds = listed["worlds"].as_array().unwrap();
    assert!(worlds.len() >= 3);
    let switches = test.control("GET", "switches", &Value::Null).await.json();
    for world in worlds {
        for texts in [&world["title"], &world["about"]] {
            assert!(
                texts["en"].is_string() && texts["zh"].is_string(),
                "{world}"
            );
        }
        let answer = test
            .control("POST", "reset", &json!({"world": world["name"]}))
            .await;
        assert_eq!(answer.status, 200, "{world}");
        assert!(test.mock.journal().rows().is_empty());
        assert!(test.mock.events().list().is_empty());
        // A strict mock stays strict.
        assert_eq!(
            test.control("GET", "switches", &Value::Null).await.json(),
            switches
        );
        assert_eq!(test.token_of("oa").await.len(), 136);
    }
    let unknown = test
        .control("POST", "reset", &json!({"world": "moon"}))
        .await;
    assert_eq!(
        (unknown.status, &unknown.json()["error"]["field"]),
        (422, &json!("world"))
    );
}

#[tokio::test]
async fn the_shop_has_a_coupon_and_customers_who_hold_it() {
    let mut test = TestMock::start().await;
    test.control("POST", "reset", &json!({"world": "shop"}))
        .await;
    test.token = test.token_of("oa").await;
    let cards = test.control("GET", "cards", &Value::Null).await.json();
    let card = &cards["cards"][0];
    assert_eq!(card["status"], "CARD_STATUS_VERIFY_OK");
    let status = |user: &str| {
        test.mock
            .user(user)
            .wallet()
            .unwrap()
            .first()
            .map(|card| card["status"].clone())
    };
    assert_eq!(status("alice"), Some(json!("NORMAL")));
    assert_eq!(status("bob"), Some(json!("CONSUMED")));
    assert_eq!(status("carol"), None);
    // Its picture is there, and its code can be redeemed.
    let logo = card["logo_url"].as_str().unwrap();
    let path = logo.strip_prefix("http://mmbiz.qpic.cn").unwrap();
    assert_eq!(test.get(path).await.status, 200);
    let code = test.mock.user("alice").wallet().unwrap()[0]["code"].clone();
    assert_eq!(
        test.post("/card/code/consume", &json!({"code": code}))
            .await
            .errcode(),
        0
    );
    // Another seed, another world; without a name it is the one it began with.
    test.control("POST", "reset", &Value::Null).await;
    assert!(test.mock.user("alice").wallet().unwrap().is_empty());
}

#[tokio::test]
async fn a_world_has_a_card_of_every_type() {
    let mut test = TestMock::start().await;
    test.control("POST", "reset", &json!({"world": "all-types"}))
        .await;
    test.token = test.token_of("oa").await;
    let cards = test
        .control("GET", "cards?limit=200", &Value::Null)
        .await
        .json();
    let cards = cards["cards"].as_array().unwrap();
    let types: Vec<&Value> = cards.iter().map(|card| &card["card_type"]).collect();
    let known: Vec<&Value> = fixtures::card_types().as_array().unwrap().iter().collect();
    assert_eq!(types, known);
    for card in cards {
        let answer = test
            .post("/card/get", &json!({"card_id": card["card_id"]}))
            .await;
        assert_eq!(answer.errcode(), 0, "{card}");
    }
}
