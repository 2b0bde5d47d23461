//! Named mistakes: each of `fixtures/data/mistakes.json` is made, and explained by its own name.

use serde_json::{Value, json};
use wechat_mock::sign::Signed;

use crate::support::{Answer, NOW, TestMock};

const PICTURE: &str = "http://mmbiz.qpic.cn/mmbiz_jpg/logo/0";

/// The record of a refused call.
fn explained(test: &TestMock, answer: &Answer) -> Value {
    assert_ne!(answer.errcode(), 0, "{}", answer.text());
    let record = test.mock.journal().explain(&answer.trace());
    record.unwrap().raw().clone()
}

async fn refused(test: &TestMock, path: &str, body: Value) -> Value {
    let answer = test.post(path, &body).await;
    explained(test, &answer)
}

/// card/create with a change of the card's `base_info`.
async fn refused_card(test: &TestMock, change: impl FnOnce(&mut Value)) -> Value {
    let mut card = test.seed_card().await;
    change(&mut card["card"]["general_coupon"]["base_info"]);
    refused(test, "/card/create", card).await
}

async fn switch(test: &TestMock, name: &str, value: &str) {
    let answer = test
        .control("PATCH", "switches", &json!({name: value}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// A claim by alice of a fresh card, with a cardExt that `change` spoils after the sum was made.
async fn claim_with(test: &TestMock, signed_nonce: &str, change: impl FnOnce(&mut Value)) -> Value {
    let card_id = test.create().await;
    let ticket = test.ticket("wx_card").await;
    let mut ext = json!({"timestamp": NOW.to_string(), "nonce_str": signed_nonce});
    change(&mut ext);
    let signed = Signed {
        api_ticket: &ticket,
        timestamp: ext["timestamp"].as_str().unwrap(),
        card_id: &card_id,
        nonce_str: signed_nonce,
        ..Signed::default()
    };
    ext["signature"] = json!(signed.signature());
    test.add_card("alice", &card_id, ext.to_string())
        .explain()
        .raw()
        .clone()
}

/// A card whose codes are put in, with one code and a stock of one.
async fn stocked_deposit_card(test: &TestMock) -> String {
    let card_id = test.deposit_card().await;
    for (path, body) in [
        (
            "/card/code/deposit",
            json!({"card_id": card_id, "code": ["70790802"]}),
        ),
        (
            "/card/modifystock",
            json!({"card_id": card_id, "increase_stock_value": 1}),
        ),
    ] {
        assert_eq!(test.post(path, &body).await.errcode(), 0, "{path}");
    }
    card_id
}

/// Makes a mistake; what explains the refusal.
#[expect(clippy::too_many_lines, reason = "one list, an arm a mistake")]
async fn make(id: &str) -> Value {
    let test = TestMock::start().await;
    match id {
        "seconds_with_fraction" => {
            refused_card(&test, |base| {
                base["date_info"]["begin_timestamp"] = json!("1798000000.5");
            })
            .await
        }
        "constant_nonce" => {
            let card_id = test.create().await;
            assert!(test.claim("alice", &card_id, "constant").await.is_success());
            let outcome = test.claim("bob", &card_id, "constant").await;
            outcome.explain().raw().clone()
        }
        "card_ext_reused" => {
            let card_id = test.create().await;
            let ext = test.card_ext(&card_id, "n-1").await;
            assert!(test.add_card("alice", &card_id, ext.clone()).is_success());
            let outcome = test.add_card("alice", &card_id, ext);
            outcome.explain().raw().clone()
        }
        "color_case" => refused_card(&test, |base| base["color"] = json!("color010")).await,
        "color_hex" => refused_card(&test, |base| base["color"] = json!("#63b359")).await,
        "empty_sub_merchant_info" => {
            switch(&test, "empty_sub_merchant", "refuse").await;
            refused_card(&test, |base| base["sub_merchant_info"] = json!({})).await
        }
        "token_undefined" => {
            let answer = test.get("/card/getcolors?access_token=undefined").await;
            explained(&test, &answer)
        }
        "json_stringified_twice" => {
            let body = json!(json!({"card_id": "p1"}).to_string());
            refused(&test, "/card/get", body).await
        }
        "percent_encoded_text" => {
            let notice = format!("{}%21%21", "x".repeat(44));
            refused_card(&test, |base| base["notice"] = json!(notice)).await
        }
        "nonce_not_in_card_ext" => {
            claim_with(&test, "rainbow", |ext| {
                ext.as_object_mut().unwrap().remove("nonce_str");
            })
            .await
        }
        "deposit_code_in_card_ext" => {
            let card_id = stocked_deposit_card(&test).await;
            let outcome = test.claim_custom("alice", &card_id, "70790802").await;
            outcome.explain().raw().clone()
        }
        "deposit_code_in_qr" => {
            let card_id = stocked_deposit_card(&test).await;
            let card = json!({"card_id": card_id, "code": "70790802"});
            let body = json!({"action_name": "QR_CARD", "action_info": {"card": card}});
            let qr = test.post("/card/qrcode/create", &body).await.json();
            let scan = json!({"ticket": qr["ticket"]});
            let answer = test.control("POST", "users/alice/scan", &scan).await.json();
            assert_eq!(answer["errMsg"], "scan:fail (参数错误)");
            answer["explain"].clone()
        }
        "category_closed" => {
            let appid = test.mock.official_account().appid;
            let withheld = json!({"restrictions": {"withheld": ["GENERAL_COUPON"]}});
            let answer = test
                .control("PATCH", &format!("accounts/{appid}"), &withheld)
                .await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            refused_card(&test, |_| {}).await
        }
        "key_in_wrong_object" => {
            let mut card = test.seed_card().await;
            card["card"]["general_coupon"]["sku"] = json!({"quantity": 1});
            refused(&test, "/card/create", card).await
        }
        "create_key_in_update" => {
            let card_id = test.create().await;
            let change = json!({"base_info": {"brand_name": "星河"}});
            let body = json!({"card_id": card_id, "general_coupon": change});
            refused(&test, "/card/update", body).await
        }
        "key_of_member_cards_in_update" => {
            let card_id = test.create().await;
            let change = json!({"base_info": {"title": "满减"}});
            let body = json!({"card_id": card_id, "general_coupon": change});
            refused(&test, "/card/update", body).await
        }
        "third_custom_cell" => {
            let mut node = fixtures::capture_card("MEMBER_CARD");
            node["base_info"] =
                test.seed_card().await["card"]["general_coupon"]["base_info"].take();
            node["custom_cell3"] = json!({"name": "a", "tips": "b", "url": "http://a.example"});
            let card = json!({"card_type": "MEMBER_CARD", "member_card": node});
            refused(&test, "/card/create", json!({"card": card})).await
        }
        "newcode" => {
            let body = json!({"code": "1", "card_id": "p1", "newcode": "2"});
            refused(&test, "/card/code/update", body).await
        }
        "need_verify_code" => {
            let body = json!({"card_id": "p1", "is_open": true, "need_verify_code": true});
            refused(&test, "/card/selfconsumecell/set", body).await
        }
        "flag_as_text" => refused_card(&test, |base| base["can_share"] = json!("true")).await,
        "array_for_object" => {
            refused_card(&test, |base| {
                base["date_info"] = json!(["DATE_TYPE_FIX_TERM"]);
            })
            .await
        }
        "object_for_array" => {
            let mut card = test.seed_card().await;
            let entry = json!({"image_url": PICTURE, "text": "菜品"});
            card["card"]["general_coupon"]["advanced_info"] = json!({"text_image_list": entry});
            refused(&test, "/card/create", card).await
        }
        "fraction_of_money" => {
            let mut node = fixtures::capture_card("CASH");
            node["base_info"] =
                test.seed_card().await["card"]["general_coupon"]["base_info"].take();
            node["reduce_cost"] = json!(9.9);
            let card = json!({"card_type": "CASH", "cash": node});
            refused(&test, "/card/create", json!({"card": card})).await
        }
        id => panic!("nobody makes the mistake {id}"),
    }
}

#[tokio::test]
async fn every_named_mistake_is_told_with_its_fix() {
    for row in fixtures::mistakes().as_array().unwrap() {
        let id = row["id"].as_str().unwrap();
        let record = make(id).await;
        assert_eq!(record["mistake"]["id"], id, "{record:#}");
        for language in ["en", "zh"] {
            assert_eq!(record["mistake"][language], row["mistake"][language]);
            assert_eq!(record["fix"][language], row["fix"][language]);
        }
        let applies_to = row["applies_to"].as_array().unwrap();
        let rules = [&record["rule"], &record["explained_by"]];
        let is_known = rules.iter().any(|rule| applies_to.contains(rule));
        assert!(is_known || !record["field"].is_null(), "{record:#}");
    }
}

/// A refusal that shows no named mistake keeps the likeliest one of its rule, which has no id.
#[tokio::test]
async fn other_refusals_keep_the_mistake_of_their_rule() {
    let test = TestMock::start().await;
    let record = refused_card(&test, |base| base["color"] = json!("Color999")).await;
    assert!(record["mistake"]["id"].is_null(), "{record:#}");
    assert!(record["mistake"]["en"].is_string(), "{record:#}");
    let record = refused(&test, "/card/get", json!({"card_id": "p1"})).await;
    assert!(record["mistake"]["id"].is_null(), "{record:#}");
}
