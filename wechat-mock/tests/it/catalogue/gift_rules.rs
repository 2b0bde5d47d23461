//! Gifts on payment, by the call of today and the older one.

use serde_json::{Value, json};

use super::{Page, members::member};
use crate::{
    members::{gift_rule, with},
    support::{DAY, NOW},
};

pub(super) async fn add(page: &mut Page) -> Value {
    let named = member(page).await;
    let works = gift_rule(named["card_id"].as_str().unwrap(), &["1900000109"]);
    page.post("a rule", &works).await;
    page.post("the same again", &works).await;
    let coupon = page.test.create().await;
    for (what, pointer, value) in [
        ("no type", "type", Value::Null),
        ("an unknown type", "type", json!("RULE_TYPE_NONE")),
        (
            "terms of the other type",
            "type",
            json!("RULE_TYPE_SINGLE_PAY"),
        ),
        ("no merchant number", "base_info/mchid_list", json!([])),
        (
            "numbers for texts",
            "base_info/mchid_list",
            json!([1_900_000_109]),
        ),
        ("an end that is past", "base_info/end_time", json!(NOW - 1)),
        ("an unknown card", "member_rule/card_id", json!("p1")),
        ("a coupon", "member_rule/card_id", json!(coupon)),
        ("costs in no order", "member_rule/least_cost", json!(30_000)),
    ] {
        let mut rule = works.clone();
        *rule.pointer_mut(&format!("/rule_info/{pointer}")).unwrap() = value;
        page.post(what, &rule).await;
    }
    page.post("no rule_info", &json!({})).await;
    let single = json!({"rule_info": {
        "type": "RULE_TYPE_SINGLE_PAY",
        "base_info": {"mchid_list": ["1900000110"], "begin_time": NOW, "end_time": NOW + DAY},
        "single_pay": {"card_id": coupon, "least_cost": 1},
    }});
    page.post("a coupon after one payment", &single).await;
    works
}

/// The number of a rule that was added.
async fn added(page: &Page) -> Value {
    let named = member(page).await;
    let rule = gift_rule(named["card_id"].as_str().unwrap(), &["1900000109"]);
    let added = page.test.post("/card/paygiftcard/add", &rule).await.json();
    added["rule_id"].clone()
}

pub(super) async fn one(page: &mut Page) -> Value {
    let works = json!({"rule_id": added(page).await});
    page.post("a rule", &works).await;
    page.post("an unknown rule", &json!({"rule_id": 99})).await;
    page.post("none", &json!({})).await;
    works
}

pub(super) async fn list(page: &mut Page) -> Value {
    added(page).await;
    let works = json!({
        "type": "RULE_TYPE_PAY_MEMBER_CARD", "effective": true, "offset": 0, "count": 10,
    });
    page.post("those in force", &works).await;
    for (what, change) in [
        ("beyond the last", json!({"offset": 5})),
        ("an unknown type", json!({"type": "x"})),
        ("less than nothing", json!({"count": -1})),
        ("a number for a flag", json!({"effective": 1})),
    ] {
        page.post(what, &with(&works, change)).await;
    }
    works
}

/// A rule as the older call takes it.
async fn older(page: &Page) -> Value {
    let named = member(page).await;
    json!({
        "card_id": named["card_id"], "mchid_list": ["1900000109"], "begin_time": NOW,
        "end_time": NOW + DAY, "min_cost": 1, "max_cost": 100, "is_locked": true,
        "jump_url": "https://shop.example/join",
    })
}

pub(super) async fn add_older(page: &mut Page) -> Value {
    let works = older(page).await;
    page.post("a rule", &works).await;
    page.post("the same again", &works).await;
    page.post("no card_id", &with(&works, json!({"card_id": ""})))
        .await;
    page.post("an unknown card", &with(&works, json!({"card_id": "p1"})))
        .await;
    page.post("no dates", &with(&works, json!({"end_time": null})))
        .await;
    works
}

pub(super) async fn delete_older(page: &mut Page) -> Value {
    let rule = older(page).await;
    page.test.post("/card/paygiftmembercard/add", &rule).await;
    let works = json!({"card_id": rule["card_id"], "mchid_list": rule["mchid_list"]});
    page.post("the whole rule", &rule).await;
    page.post("a merchant number", &works).await;
    page.post("the same again", &works).await;
    page.post("none", &with(&works, json!({"mchid_list": []})))
        .await;
    works
}

pub(super) async fn get_older(page: &mut Page) -> Value {
    let rule = older(page).await;
    page.test.post("/card/paygiftmembercard/add", &rule).await;
    let works = json!({"mchid": "1900000109"});
    page.post("a merchant number", &works).await;
    page.post("one without a rule", &json!({"mchid": "1"}))
        .await;
    page.post("none", &json!({})).await;
    works
}
