//! `wx.chooseCard` and `wx.openCard` on the customer's phone.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wechat_mock::{ChooseCardOutcome, sign::ChooseCardSigned};

use crate::support::{NOW, TestMock};

/// What a page passes to `wx.chooseCard`, signed rightly.
async fn arguments(test: &TestMock, filters: Value) -> Value {
    let ticket = test.ticket("wx_card").await;
    let appid = test.mock.official_account().appid;
    let filter = |key: &str| filters[key].as_str().unwrap_or_default().to_owned();
    let (shop, card_type, card_id) = (filter("shopId"), filter("cardType"), filter("cardId"));
    let now = NOW.to_string();
    let signed = ChooseCardSigned {
        api_ticket: &ticket,
        app_id: &appid,
        location_id: &shop,
        timestamp: &now,
        nonce_str: "Q7nonce",
        card_id: &card_id,
        card_type: &card_type,
    };
    let mut arguments = json!({
        "timestamp": now, "nonceStr": "Q7nonce", "signType": "SHA1",
        "cardSign": signed.signature(),
    });
    for (key, value) in filters.as_object().unwrap() {
        arguments[key] = value.clone();
    }
    arguments
}

fn choose(test: &TestMock, arguments: &Value, codes: &[&str]) -> ChooseCardOutcome {
    let appid = test.mock.official_account().appid;
    let alice = test.mock.user("alice");
    alice.choose_card(&appid, arguments, codes).unwrap()
}

/// The codes in clear of what was chosen.
async fn chosen(test: &TestMock, outcome: &ChooseCardOutcome) -> Vec<String> {
    let mut codes = Vec::new();
    for encrypted in outcome.encrypted_codes() {
        let call = json!({"encrypt_code": encrypted});
        let answer = test.post("/card/code/decrypt", &call).await.json();
        codes.push(answer["code"].as_str().unwrap().to_owned());
    }
    codes
}

/// A card of which one customer may claim several.
async fn gift_card(test: &TestMock) -> String {
    let mut seed = test.seed_card().await;
    let mut base = seed["card"]["general_coupon"]["base_info"].take();
    base["get_limit"] = json!(5);
    let node = json!({"base_info": base, "gift": "一份小菜"});
    let card = json!({"card": {"card_type": "GIFT", "gift": node}});
    let made = test.post("/card/create", &card).await.json();
    made["card_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_customer_chooses_from_the_cards_that_fit() {
    let test = TestMock::start().await;
    let stored = test
        .create_with(|base| base["location_id_list"] = json!([291_710_000]))
        .await;
    let first = test.claimed_of("alice", &stored, "n-1").await;
    let gift = gift_card(&test).await;
    let second = test.claimed_of("alice", &gift, "n-2").await;
    test.claimed_of("bob", &gift, "n-3").await;
    let spent = test.claimed_of("alice", &gift, "n-4").await;
    test.post("/card/code/consume", &json!({"code": spent}))
        .await;

    for (filters, codes, listed, expected) in [
        (json!({}), vec![], vec![&first, &second], vec![&first]),
        (
            json!({}),
            vec![second.as_str(), first.as_str()],
            vec![&first, &second],
            vec![&second, &first],
        ),
        (
            json!({"cardType": "GIFT"}),
            vec![],
            vec![&second],
            vec![&second],
        ),
        (
            json!({"cardId": stored}),
            vec![],
            vec![&first],
            vec![&first],
        ),
        (
            json!({"shopId": "291710000"}),
            vec![],
            vec![&first],
            vec![&first],
        ),
    ] {
        let outcome = choose(&test, &arguments(&test, filters.clone()).await, &codes);
        assert_eq!(outcome.err_msg(), "chooseCard:ok", "{filters}");
        assert_eq!(outcome.explain()["listed"], json!(listed), "{filters}");
        let got = chosen(&test, &outcome).await;
        assert_eq!(got.iter().collect::<Vec<_>>(), expected, "{filters}");
    }
    let outcome = choose(
        &test,
        &arguments(&test, json!({"cardType": "GIFT"})).await,
        &[],
    );
    let list: Value = serde_json::from_str(outcome.raw()["cardList"].as_str().unwrap()).unwrap();
    assert_eq!(list[0]["card_id"], json!(gift));
    let appid = test.mock.official_account().appid;
    assert_eq!(list[0]["app_id"], json!(appid));

    let nothing = choose(
        &test,
        &arguments(&test, json!({"cardType": "CASH"})).await,
        &[],
    );
    assert_eq!(nothing.err_msg(), "chooseCard:cancel");
    assert_eq!(nothing.raw()["cardList"], "[]");
    assert_eq!(nothing.explain()["rule"], "WX-CHO-001");
    let id = nothing.explain()["id"].as_str().unwrap();
    assert_eq!(test.mock.journal().explain(id).unwrap(), *nothing.explain());
}

#[tokio::test]
async fn what_cannot_be_chosen_is_told_and_does_not_panic() {
    let test = TestMock::start().await;
    let (_, _, code) = test.claimed("alice").await;
    let right = arguments(&test, json!({})).await;
    let alice = test.mock.user("alice");
    let (oa, mp) = (
        test.mock.official_account().appid,
        test.mock.mini_program().appid,
    );

    let of = |appid: &str, arguments: &Value, codes: &[&str]| {
        alice
            .choose_card(appid, arguments, codes)
            .unwrap_err()
            .status
    };
    assert_eq!(of(&mp, &right, &[]), 422);
    assert_eq!(of("wx0", &right, &[]), 404);
    assert_eq!(of(&oa, &json!({"colour": 1}), &[]), 422);
    assert_eq!(of(&oa, &right, &["000000000000"]), 409);
    assert_eq!(
        chosen(&test, &choose(&test, &right, &[&code])).await,
        [&*code]
    );

    let mut left = right.clone();
    left["cancel"] = json!(true);
    let left = choose(&test, &left, &[]);
    assert_eq!(left.err_msg(), "chooseCard:cancel");
    assert_eq!(left.explain()["outcome"], "cancelled");
    assert_eq!(left.explain()["listed"], json!([code]));
}

#[tokio::test]
async fn a_mistake_in_a_card_sign_is_named() {
    let test = TestMock::start().await;
    test.claimed("alice").await;
    let filters = json!({"cardType": "GENERAL_COUPON"});
    let right = arguments(&test, filters).await;
    let (ticket, page_ticket) = (test.ticket("wx_card").await, test.ticket("jsapi").await);
    let (oa, mp) = (
        test.mock.official_account().appid,
        test.mock.mini_program().appid,
    );
    let now = NOW.to_string();
    let signed = ChooseCardSigned {
        api_ticket: &ticket,
        app_id: &oa,
        timestamp: &now,
        nonce_str: "Q7nonce",
        card_type: "GENERAL_COUPON",
        ..ChooseCardSigned::default()
    };
    let cases = [
        (
            "jsapi_ticket",
            ChooseCardSigned {
                api_ticket: &page_ticket,
                ..signed
            },
        ),
        (
            "app_id_left_out",
            ChooseCardSigned {
                app_id: "",
                ..signed
            },
        ),
        (
            "foreign_app_id",
            ChooseCardSigned {
                app_id: &mp,
                ..signed
            },
        ),
        (
            "choose_value_left_out",
            ChooseCardSigned {
                card_type: "",
                ..signed
            },
        ),
        (
            "choose_value_left_out",
            ChooseCardSigned {
                nonce_str: "",
                ..signed
            },
        ),
        (
            "timestamp_differs",
            ChooseCardSigned {
                timestamp: "1798000001",
                ..signed
            },
        ),
        (
            "nonce_differs",
            ChooseCardSigned {
                nonce_str: "q7nonce",
                ..signed
            },
        ),
    ];
    let mut told = BTreeSet::new();
    for (mistake, wrong) in cases {
        let mut arguments = right.clone();
        arguments["cardSign"] = json!(wrong.signature());
        let outcome = choose(&test, &arguments, &[]);
        assert_eq!(outcome.err_msg(), "chooseCard:cancel");
        assert_eq!(outcome.explain()["rule"], "WX-SIG-001");
        assert_eq!(outcome.explain()["mistake"]["id"], mistake);
        told.insert(mistake);
    }
    let mut not_passed = right.clone();
    not_passed["cardType"] = json!("");
    let outcome = choose(&test, &not_passed, &[]);
    assert_eq!(outcome.explain()["mistake"]["id"], "filter_not_passed");
    told.insert("filter_not_passed");
    let mut other = right.clone();
    other["signType"] = json!("MD5");
    assert_eq!(choose(&test, &other, &[]).explain()["rule"], "WX-CHO-002");

    let rows = fixtures::signature_mistakes().as_array().unwrap().iter();
    for row in rows.filter(|row| row["of"] == "wx.chooseCard") {
        assert!(told.contains(row["id"].as_str().unwrap()), "{row}");
    }
}

#[tokio::test]
async fn a_card_is_opened_by_its_code_in_clear_and_that_is_a_view() {
    let test = TestMock::start().await;
    let (card_id, encrypted, code) = test.claimed("alice").await;
    let mp = test.mock.mini_program().appid;
    let open = |user: &str, card_id: &str, code: &str| {
        test.mock.user(user).open_card(&mp, card_id, code).unwrap()
    };

    assert_eq!(open("alice", &card_id, &code).err_msg(), "openCard:ok");
    for (user, card_id, code, rule) in [
        ("alice", card_id.as_str(), encrypted.as_str(), "WX-OPN-001"),
        ("alice", &card_id, "000000000000", "WX-OPN-002"),
        ("bob", &card_id, &code, "WX-OPN-002"),
        ("alice", "p1", &code, "WX-CLM-001"),
    ] {
        let outcome = open(user, card_id, code);
        assert_eq!(outcome.err_msg(), "openCard:fail (参数错误)");
        assert_eq!(outcome.explain()["rule"], rule);
        assert!(!outcome.is_success());
    }
    test.mock.user("alice").delete(&code).unwrap();
    assert_eq!(
        open("alice", &card_id, &code).explain()["rule"],
        "WX-OPN-002"
    );
    let unknown = test.mock.user("alice").open_card("wx0", &card_id, &code);
    assert_eq!(unknown.unwrap_err().status, 404);

    test.mock.clock().advance(86_400).unwrap();
    let mut test = test;
    test.token = test.token_of("oa").await;
    let days = json!({"begin_date": "2026-12-23", "end_date": "2026-12-23", "cond_source": 1});
    let stats = test.post("/datacube/getcardbizuininfo", &days).await.json();
    assert_eq!(stats["list"][0]["view_cnt"], 1);
}
