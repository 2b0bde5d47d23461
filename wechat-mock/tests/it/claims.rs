//! `wx.addCard`: what the customer's WeChat takes and what it refuses.

use serde_json::{Value, json};

use crate::support::{DAY, TestMock, card_ext};

/// What the phone said, and the rule behind it.
fn said(outcome: &wechat_mock::AddCardOutcome) -> (String, String) {
    let rule = outcome.explain()["rule"].as_str().unwrap_or_default();
    (outcome.err_msg().to_owned(), rule.to_owned())
}

fn refused(text: &str, rule: &str) -> (String, String) {
    (format!("addCard:fail ({text})"), rule.to_owned())
}

#[tokio::test]
async fn a_right_claim_lands_in_the_wallet_and_takes_stock() {
    let test = TestMock::start().await;
    let card_id = test
        .create_with(|base| base["sku"]["quantity"] = json!(3))
        .await;
    let outcome = test.claim("alice", &card_id, "n-1").await;

    assert_eq!(outcome.err_msg(), "addCard:ok");
    assert!(outcome.is_success());
    let wallet = test.mock.user("alice").wallet().unwrap();
    assert_eq!(wallet.len(), 1);
    assert_eq!(wallet[0]["card_id"], json!(card_id));
    assert_eq!(wallet[0]["encrypt_code"], json!(outcome.encrypted_code()));
    assert_eq!(wallet[0]["status"], "NORMAL");
    assert!(test.mock.user("bob").wallet().unwrap().is_empty());

    let card = test
        .post("/card/get", &json!({"card_id": card_id}))
        .await
        .json();
    let sku = &card["card"]["general_coupon"]["base_info"]["sku"];
    assert_eq!(*sku, json!({"quantity": 2, "total_quantity": 3}));
}

#[tokio::test]
async fn a_wrong_sum_is_explained_by_its_likely_mistake() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    test.ticket("wx_card").await;
    let page_ticket = test.ticket("jsapi").await;
    let now = test.mock.clock().now().to_string();

    let outcome = test.add_card(
        "alice",
        &card_id,
        card_ext(&page_ticket, &card_id, "n", &now),
    );
    assert_eq!(said(&outcome), refused("签名错误", "WX-SIG-001"));
    let explain = outcome.explain();
    assert_eq!(explain["mistake"]["id"], "jsapi_ticket");
    assert_eq!(explain["signature"]["sorted"].as_array().unwrap().len(), 4);
    assert!(explain["fix"]["zh"].as_str().unwrap().contains("wx_card"));

    let id = explain["id"].as_str().unwrap();
    assert_eq!(test.mock.journal().explain(id).unwrap(), *explain);
    assert!(test.mock.user("alice").wallet().unwrap().is_empty());
}

#[tokio::test]
async fn the_ticket_is_that_of_the_cards_account_and_alive() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let other = json!({"kind": "official_account", "name": "other"});
    test.control("POST", "accounts", &other).await;
    let token = test.token_of("other").await;
    let path = format!("/cgi-bin/ticket/getticket?type=wx_card&access_token={token}");
    let foreign = test.get(&path).await.json()["ticket"]
        .as_str()
        .unwrap()
        .to_owned();
    let now = test.mock.clock().now().to_string();

    let ext = card_ext(&foreign, &card_id, "n", &now);
    let none_fetched = test.add_card("alice", &card_id, ext.clone());
    assert_eq!(said(&none_fetched).1, "WX-SIG-003");

    let own = test.card_ext(&card_id, "n").await;
    let outcome = test.add_card("alice", &card_id, ext);
    assert_eq!(outcome.explain()["mistake"]["id"], "foreign_ticket");

    test.mock.clock().advance(7200).unwrap();
    let outcome = test.add_card("alice", &card_id, own);
    assert_eq!(said(&outcome), refused("签名错误", "WX-SIG-002"));
}

#[tokio::test]
async fn a_nonce_and_its_timestamp_are_good_for_one_claim_of_a_card() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let ext = test.card_ext(&card_id, "once").await;

    assert!(test.add_card("alice", &card_id, ext.clone()).is_success());
    let again = test.add_card("bob", &card_id, ext);
    assert_eq!(said(&again), refused("已领完", "WX-CLM-010"));
}

#[tokio::test]
async fn a_refused_claim_burns_neither_nonce_nor_stock() {
    let test = TestMock::start().await;
    let card_id = test
        .create_with(|base| {
            base["sku"]["quantity"] = json!(2);
            base["get_limit"] = json!(1);
        })
        .await;
    assert!(test.claim("alice", &card_id, "first").await.is_success());
    let ext = test.card_ext(&card_id, "second").await;
    let limit = test.add_card("alice", &card_id, ext.clone());
    assert_eq!(said(&limit), refused("已达领取上限", "WX-CLM-013"));

    assert!(test.add_card("bob", &card_id, ext).is_success());
    let gone = test.claim("carol", &card_id, "third").await;
    assert_eq!(said(&gone), refused("已领完", "WX-CLM-012"));
}

#[tokio::test]
async fn of_many_who_want_the_last_card_one_gets_it() {
    let test = TestMock::start().await;
    let card_id = test
        .create_with(|base| base["sku"]["quantity"] = json!(1))
        .await;
    let page = test.mock.mini_program().appid;
    let mut exts = Vec::new();
    for index in 0..8 {
        exts.push(test.card_ext(&card_id, &format!("n-{index}")).await);
    }

    let winners = std::thread::scope(|scope| {
        let claims: Vec<_> = exts
            .into_iter()
            .enumerate()
            .map(|(index, ext)| {
                let user = test.mock.user(["alice", "bob"][index % 2]);
                let (page, card_id) = (&page, &card_id);
                scope.spawn(move || user.add_card(page, card_id, ext).unwrap().is_success())
            })
            .collect();
        claims
            .into_iter()
            .map(|claim| claim.join().unwrap())
            .filter(|won| *won)
            .count()
    });
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn what_the_phone_does_not_take_as_card_ext() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let right = test.card_ext(&card_id, "n").await;
    let object: Value = serde_json::from_str(&right).unwrap();
    for (ext, rule) in [
        (object, "WX-SIG-004"),
        (Value::Null, "WX-SIG-004"),
        (json!("no json"), "WX-SIG-005"),
        (json!("[]"), "WX-SIG-005"),
        (json!("{}"), "WX-SIG-005"),
    ] {
        let outcome = test.add_card("alice", &card_id, ext.clone());
        assert_eq!(said(&outcome), refused("签名错误", rule), "{ext}");
    }
}

#[tokio::test]
async fn a_timestamp_in_milliseconds_is_no_time() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let ticket = test.ticket("wx_card").await;
    let now = format!("{}000", test.mock.clock().now());
    let outcome = test.add_card("alice", &card_id, card_ext(&ticket, &card_id, "n", &now));
    assert_eq!(said(&outcome), refused("参数错误", "WX-CLM-016"));
}

#[tokio::test]
async fn a_card_is_claimed_while_it_is_approved_and_not_over() {
    let test = TestMock::start().await;
    let path = format!("accounts/{}", test.mock.official_account().appid);
    test.control("PATCH", &path, &json!({"review": "manual"}))
        .await;
    let card_id = test.create().await;
    let waiting = test.claim("alice", &card_id, "n").await;
    assert_eq!(said(&waiting), refused("审核中", "WX-CLM-003"));

    let review = format!("cards/{card_id}/review");
    test.control("POST", &review, &json!({"pass": true})).await;
    assert!(test.claim("alice", &card_id, "n").await.is_success());

    test.mock.clock().advance(30 * DAY + 1).unwrap();
    let mut test = test;
    test.token = test.token_of("oa").await;
    let over = test.claim("bob", &card_id, "n").await;
    assert_eq!(said(&over), refused("卡券已过期", "WX-CLM-011"));
}

#[tokio::test]
async fn a_page_under_another_open_platform_cannot_hand_out_the_card() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let ext = test.card_ext(&card_id, "n").await;
    let stranger = test.mock.account("stranger").unwrap().appid;
    let outcome = test
        .mock
        .user("alice")
        .add_card(&stranger, &card_id, ext)
        .unwrap();
    assert_eq!(said(&outcome), refused("参数错误", "WX-CLM-002"));
}

#[tokio::test]
async fn a_number_for_the_timestamp_is_taken_with_an_advice() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let mut ext: Value = serde_json::from_str(&test.card_ext(&card_id, "n").await).unwrap();
    ext["timestamp"] = json!(test.mock.clock().now());
    let outcome = test.add_card("alice", &card_id, ext.to_string());

    assert!(outcome.is_success());
    assert_eq!(
        outcome.explain()["cards"][0]["advice"][0]["rule"],
        "WX-ADV-003"
    );
}

#[tokio::test]
async fn a_custom_code_comes_with_the_claim_and_is_given_once() {
    let test = TestMock::start().await;
    let card_id = test
        .create_with(|base| base["use_custom_code"] = json!(true))
        .await;
    let ticket = test.ticket("wx_card").await;
    let now = test.mock.clock().now().to_string();
    let with_code = |code: &str, nonce: &str| {
        let signature = wechat_mock::sign::Signed {
            api_ticket: &ticket,
            timestamp: &now,
            card_id: &card_id,
            nonce_str: nonce,
            code,
            openid: "",
        }
        .signature();
        json!({"code": code, "timestamp": now, "nonce_str": nonce, "signature": signature})
            .to_string()
    };

    let without = test.claim("alice", &card_id, "n").await;
    assert_eq!(said(&without), refused("参数错误", "WX-CLM-006"));
    assert!(
        test.add_card("alice", &card_id, with_code("0-SHOP-1", "a"))
            .is_success()
    );
    let again = test.add_card("bob", &card_id, with_code("0-SHOP-1", "b"));
    assert_eq!(said(&again), refused("已领完", "WX-CLM-015"));

    let code = json!({"code": "0-SHOP-1", "card_id": card_id});
    assert_eq!(test.post("/card/code/consume", &code).await.errcode(), 0);
}
