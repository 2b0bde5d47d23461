//! Switches that are seen when a card is made, or on the card that was made.

use serde_json::{Value, json};

use crate::support::{DAY, NOW, TestMock};

/// Creates the seed's card with one thing changed.
pub(super) async fn create(test: &TestMock, change: impl FnOnce(&mut Value)) -> String {
    let mut card = test.seed_card().await;
    change(&mut card);
    test.mock.journal().clear();
    let answer = test.post("/card/create", &card).await;
    let row = test.mock.journal().rows().pop().unwrap();
    match row["advice"][0]["rule"].as_str() {
        Some(advice) => format!("{} {advice}", answer.errcode()),
        None => answer.errcode().to_string(),
    }
}

pub(super) async fn probe(test: &TestMock, name: &str) -> String {
    let node = "/card/general_coupon";
    let changes: Vec<(&str, Value)> = match name {
        "card_timestamp_number" => vec![("/base_info/date_info/begin_timestamp", json!(NOW))],
        "foreign_image" => vec![(
            "/base_info/logo_url",
            json!("http://mmbiz.qpic.cn/mmbiz_png/x/0"),
        )],
        "numeric_string" => vec![("/base_info/sku/quantity", json!("7"))],
        "field_of_other_type" => vec![("/base_info/need_push_on_view", json!(true))],
        "unlinked_mini_program" => vec![(
            "/base_info/custom_app_brand_user_name",
            json!("gh_000000000099@app"),
        )],
        "number_for_text" => vec![("/base_info/title", json!(5))],
        "whole_fraction" => vec![("/base_info/sku/quantity", json!(7.0))],
        "empty_sub_merchant" => vec![("/base_info/sub_merchant_info", json!({}))],
        "null_scalar" => vec![("/base_info/service_phone", Value::Null)],
        "link_without_mini_program" => vec![("/base_info/custom_app_brand_pass", json!(""))],
        "unknown_code_type" => vec![("/base_info/code_type", json!("CODE_TYPE_SMELL"))],
        "fraction" => vec![
            (
                "/base_info/date_info/begin_timestamp",
                json!("1587744000.5"),
            ),
            (
                "/base_info/date_info/begin_timestamp",
                json!(1_587_744_000.5),
            ),
        ],
        "unknown_key" => vec![
            ("/base_info/colour", json!("Color010")),
            ("/detail", json!("x")),
            ("/base_info/sku/stock", json!(1)),
        ],
        "special_ticket_fields" => return special_ticket(test).await,
        other => panic!("no probe for {other}"),
    };
    let mut seen = Vec::new();
    for (path, value) in changes {
        let created = create(test, |card| {
            let (parent, key) = path.rsplit_once('/').unwrap();
            let parent = card.pointer_mut(&format!("{node}{parent}")).unwrap();
            parent[key] = value;
        });
        seen.push(created.await);
    }
    if name == "unknown_key" {
        seen.push(create(test, |card| card["card"]["color"] = json!("x")).await);
    }
    seen.join(" ")
}

async fn special_ticket(test: &TestMock) -> String {
    create(test, |card| {
        let base_info = card["card"]["general_coupon"]["base_info"].clone();
        card["card"] =
            json!({"card_type": "MOVIE_TICKET", "movie_ticket": {"base_info": base_info}});
    })
    .await
}

pub(super) async fn whole_card(test: &TestMock, name: &str) -> String {
    match name {
        "retirement" => {
            let coupon = create(test, |_| {}).await;
            let member_card = create(test, |card| *card = member_card(card)).await;
            format!("coupon {coupon}, member card {member_card}")
        }
        "get_limit_default" => {
            let card_id = test
                .create_with(|base| {
                    base.as_object_mut().unwrap().remove("get_limit");
                    base["sku"]["quantity"] = json!(52);
                })
                .await;
            let mut claims = 0;
            while test
                .claim("alice", &card_id, &format!("n-{claims}"))
                .await
                .is_success()
            {
                claims += 1;
            }
            claims.to_string()
        }
        _ => {
            let mut card = test.seed_card().await;
            card["card"]["general_coupon"]["base_info"]["date_info"] =
                json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 0, "fixed_begin_term": 0});
            let created = test.post("/card/create", &card).await;
            let Some(card_id) = created.json()["card_id"].as_str().map(str::to_owned) else {
                return created.errcode().to_string();
            };
            test.claim("alice", &card_id, "n").await;
            let wallet = test
                .control("GET", "users/alice/wallet", &Value::Null)
                .await;
            let end = wallet.json()["cards"][0]["end_time"].as_i64().unwrap();
            let second = (end + 8 * 3600) % DAY;
            format!(
                "0 until {}:{}:{}",
                second / 3600,
                second / 60 % 60,
                second % 60
            )
        }
    }
}

/// A member card with the coupon's `base_info`.
fn member_card(coupon: &Value) -> Value {
    let base_info = coupon["card"]["general_coupon"]["base_info"].clone();
    json!({"card": {"card_type": "MEMBER_CARD", "member_card": {
        "base_info": base_info, "supply_bonus": false, "supply_balance": false,
        "prerogative": "会员特权", "auto_activate": true,
    }}})
}

pub(super) async fn escaped(test: &TestMock) -> String {
    let mut card = test.seed_card().await;
    card["card"]["general_coupon"]["base_info"]["title"] = json!("TITLE");
    let body = card.to_string().replace("TITLE", "\\u5238");
    let created = test
        .post_text("/card/create", "application/json", &body)
        .await;
    let Some(card_id) = created.json()["card_id"].as_str().map(str::to_owned) else {
        return created.errcode().to_string();
    };
    let shown = test.post("/card/get", &json!({"card_id": card_id})).await;
    let title = &shown.json()["card"]["general_coupon"]["base_info"]["title"];
    format!("{} {}", created.errcode(), title.as_str().unwrap())
}

/// A coupon to be shared among friends, with WeChat's codes and with custom ones.
pub(super) async fn friends(test: &TestMock) -> String {
    let cash = |is_custom: bool| {
        create(test, move |card| {
            let mut base_info = card["card"]["general_coupon"]["base_info"].clone();
            base_info["use_custom_code"] = json!(is_custom);
            card["card"] = json!({"card_type": "CASH", "cash": {
                "base_info": base_info, "least_cost": 0, "reduce_cost": 100,
                "advanced_info": {"share_friends": true},
            }});
        })
    };
    format!("{}, custom code {}", cash(false).await, cash(true).await)
}
