//! What the phone takes and what becomes of it: times, repeats, closed sheets, member cards found again.

use proptest::prelude::*;
use serde_json::{Value, json};
use wechat_mock::{AddCardOutcome, sign::Signed};

use crate::{
    members::{fill_in, held, member_card},
    support::{DAY, NOW, TestMock},
};

/// A claim whose cardExt has these members beside its right signature.
fn claim_with(test: &TestMock, ticket: &str, card_id: &str, ext: &Value) -> AddCardOutcome {
    let member = |key: &str| ext[key].as_str().unwrap_or_default();
    let signed = Signed {
        api_ticket: ticket,
        timestamp: member("timestamp"),
        card_id,
        nonce_str: member("nonce_str"),
        ..Signed::default()
    };
    let mut ext = ext.clone();
    ext["signature"] = json!(signed.signature());
    test.add_card("alice", card_id, ext.to_string())
}

/// A card of which one customer may claim many.
async fn generous(test: &TestMock) -> String {
    test.create_with(|base| base["get_limit"] = json!(50)).await
}

/// Texts near to a timestamp, and far from one.
fn timestamps() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,14}",
        "[+-][0-9]{9,10}",
        "0[0-9]{9}",
        "1[0-9]{9}",
        "[0-9]{10}[ .a]",
        "[ -~]{1,12}",
    ]
}

#[test]
fn a_timestamp_is_ten_digits_and_nothing_else() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (test, ticket, card_id) = runtime.block_on(async {
        let test = TestMock::start().await;
        let (ticket, card_id) = (test.ticket("wx_card").await, generous(&test).await);
        (test, ticket, card_id)
    });
    let mut serial = 0;
    let mut runner = proptest::test_runner::TestRunner::default();
    let property = |timestamp: String, begin: i64| {
        serial += 1;
        let ext = json!({
            "timestamp": timestamp, "nonce_str": format!("n-{serial}"),
            "fixed_begintimestamp": begin,
        });
        let outcome = claim_with(&test, &ticket, &card_id, &ext);
        let is_digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = timestamp.parse().unwrap_or_default();
        let is_time = is_digits
            && timestamp.len() == 10
            && (1_000_000_000..=u64::from(u32::MAX)).contains(&number);
        let is_begin = begin == 0 || (1_000_000_000..=i64::from(u32::MAX)).contains(&begin);
        let rule = match (is_time, is_begin) {
            (false, _) => json!("WX-CLM-016"),
            (true, false) => json!("WX-CLM-021"),
            (true, true) => match outcome.explain()["rule"].clone() {
                // The card runs out in the end; that is no fault of the times.
                rule if rule == "WX-CLM-013" || rule == "WX-CLM-012" => rule,
                _ => Value::Null,
            },
        };
        (outcome.explain()["rule"].clone(), rule)
    };
    let property = std::cell::RefCell::new(property);
    let begins = prop_oneof![
        Just(0_i64),
        Just(i64::MIN),
        Just(i64::MAX),
        1_000_000_000_i64..=4_294_967_295,
        any::<i64>(),
    ];
    let checked = runner.run(&(timestamps(), begins), |(timestamp, begin)| {
        let (told, expected) = (property.borrow_mut())(timestamp.clone(), begin);
        prop_assert_eq!(told, expected, "{} {}", timestamp, begin);
        Ok(())
    });
    checked.unwrap();
}

#[tokio::test]
async fn an_empty_begin_is_none_and_another_text_is_refused() {
    let test = TestMock::start().await;
    let (ticket, card_id) = (test.ticket("wx_card").await, generous(&test).await);
    for (begin, rule) in [
        (json!(""), Value::Null),
        (json!(null), Value::Null),
        (json!(NOW.to_string()), Value::Null),
        (json!("2026-12-23"), json!("WX-CLM-021")),
        (json!(NOW * 1000), json!("WX-CLM-021")),
        (json!(1.5), json!("WX-CLM-021")),
        (json!([NOW]), json!("WX-CLM-021")),
    ] {
        let nonce = format!("of {begin}");
        let ext = json!({
            "timestamp": NOW.to_string(), "nonce_str": nonce, "fixed_begintimestamp": begin,
        });
        let outcome = claim_with(&test, &ticket, &card_id, &ext);
        assert_eq!(outcome.explain()["rule"], rule, "{begin}");
    }
}

#[tokio::test]
async fn without_a_nonce_a_timestamp_is_taken_again_unless_a_switch_says_otherwise() {
    let test = TestMock::start().await;
    let (ticket, card_id) = (test.ticket("wx_card").await, generous(&test).await);
    let bare = json!({"timestamp": NOW.to_string()});
    for _ in 0..2 {
        assert!(claim_with(&test, &ticket, &card_id, &bare).is_success());
    }
    let switch = json!({"repeated_timestamp": "refuse"});
    assert_eq!(test.control("PATCH", "switches", &switch).await.status, 200);
    let refused = claim_with(&test, &ticket, &card_id, &bare);
    assert_eq!(refused.explain()["rule"], "WX-CLM-010");
}

#[tokio::test]
async fn a_closed_sheet_leaves_everything_as_it_was() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let ext = test.card_ext(&card_id, "n").await;
    let before = test.control("GET", "world", &Value::Null).await.json();
    let alice = test.mock.user("alice");
    for (appid, text) in [
        (test.mock.mini_program().appid, "addCard:fail cancel"),
        (test.mock.official_account().appid, "addCard:cancel"),
    ] {
        let closed = alice
            .cancel_add_card(&appid, &card_id, ext.clone())
            .unwrap();
        assert_eq!(closed.err_msg(), text);
        assert!(!closed.is_success());
        assert_eq!(closed.explain()["outcome"], "cancelled");
    }
    let after = test.control("GET", "world", &Value::Null).await.json();
    assert_eq!(after, before);
    assert!(test.add_card("alice", &card_id, ext).is_success());
}

#[tokio::test]
async fn a_deleted_member_card_is_found_again_with_all_that_was_known() {
    let test = TestMock::start().await;
    let card_id = member_card(&test, json!({"auto_activate": true})).await;
    let named = held(&test, "alice", &card_id).await;
    let code = named["code"].as_str().unwrap();
    test.post(
        "/card/membercard/updateuser",
        &json!({"card_id": card_id, "code": code, "add_bonus": 7}),
    )
    .await;
    let info = test
        .post("/card/membercard/userinfo/get", &named)
        .await
        .json();
    let stock = async |test: &TestMock| {
        let card = test
            .post("/card/get", &json!({"card_id": card_id}))
            .await
            .json();
        card["card"]["member_card"]["base_info"]["sku"]["quantity"].clone()
    };
    let left = stock(&test).await;
    test.mock.user("alice").delete(code).unwrap();

    // Somebody else's claim is their own.
    assert_ne!(test.claimed_of("bob", &card_id, "of bob").await, code);
    let left = json!(left.as_i64().unwrap() - 1);
    assert_eq!(test.claimed_of("alice", &card_id, "again").await, code);
    let again = test
        .post("/card/membercard/userinfo/get", &named)
        .await
        .json();
    assert_eq!(again, info);
    assert_eq!(stock(&test).await, left);
    let pushed = test.mock.events().of("user_get_card");
    assert_eq!(pushed.len(), 3);
}

#[tokio::test]
async fn a_deleted_member_card_that_has_ended_is_not_found_again() {
    let mut test = TestMock::start().await;
    let node = json!({"auto_activate": true, "prerogative": "会员价", "supply_bonus": false, "supply_balance": false});
    let card_id = member_card(&test, node).await;
    let former = test.claimed_of("alice", &card_id, "n-1").await;
    test.mock.user("alice").delete(&former).unwrap();
    test.mock.clock().advance(31 * DAY).unwrap();
    test.token = test.token_of("oa").await;
    let refused = test.claim("alice", &card_id, "n-2").await;
    assert_eq!(refused.explain()["rule"], "WX-CLM-011");
}

#[tokio::test]
async fn a_customer_is_changed_by_the_control_api() {
    let test = TestMock::start().await;
    let appid = test.mock.official_account().appid;
    let change =
        json!({"sex": "FEMALE", "blocked": true, "unionid": "u1", "openids": {&appid: "oNew"}});
    let changed = test.control("PATCH", "users/alice", &change).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let alice = test
        .control("GET", "users/alice", &Value::Null)
        .await
        .json();
    assert_eq!(alice, changed.json());
    assert_eq!(
        (&alice["sex"], &alice["unionid"]),
        (&json!("FEMALE"), &json!("u1"))
    );
    assert_eq!(alice["openids"][&appid], "oNew");

    let card_id = test.create().await;
    let code = test.claimed_of("alice", &card_id, "n").await;
    let call = json!({"code": code});
    let shown = test.post("/card/code/get", &call).await.json();
    assert_eq!(shown["openid"], "oNew");
    let list = json!({"openid": "oNew"});
    let list = test.post("/card/user/getcardlist", &list).await.json();
    assert_eq!(list["card_list"][0]["code"], json!(code));

    for (change, status) in [
        (json!({"openids": {&appid: test.openid("bob").await}}), 409),
        (json!({"openids": {"wx0": "o1"}}), 422),
        (json!({"sex": "female"}), 422),
        (json!({"name": "eve"}), 422),
    ] {
        let refused = test.control("PATCH", "users/alice", &change).await;
        assert_eq!(refused.status, status, "{change}");
    }
    let carol = json!({"name": "dora", "sex": "MALE"});
    let dora = test.control("POST", "users", &carol).await;
    assert_eq!((dora.status, &dora.json()["sex"]), (201, &json!("MALE")));
}

#[tokio::test]
async fn an_openid_that_was_given_away_is_not_given_twice() {
    let test = TestMock::start().await;
    let appid = test.mock.official_account().appid;
    let other = TestMock::start().await;
    other
        .control("POST", "users", &json!({"name": "eve"}))
        .await;
    let eves = other.openid("eve").await;

    let first = json!({"name": "dora", "openids": {&appid: eves}});
    assert_eq!(test.control("POST", "users", &first).await.status, 201);
    assert_eq!(
        test.control("POST", "users", &json!({"name": "eve"}))
            .await
            .status,
        201
    );
    assert_eq!(test.openid("dora").await, eves);
    assert_ne!(test.openid("eve").await, eves);
    let card_id = test.create().await;
    let code = test.claimed_of("dora", &card_id, "n").await;
    let list = json!({"openid": eves});
    let list = test.post("/card/user/getcardlist", &list).await.json();
    assert_eq!(list["card_list"][0]["code"], json!(code));
}

#[tokio::test]
async fn a_field_with_choices_takes_what_can_be_chosen() {
    let test = TestMock::start().await;
    let card_id = member_card(&test, json!({"wx_activate": true, "activate_url": null})).await;
    let form = json!({
        "card_id": card_id,
        "optional_form": {
            "common_field_id_list": ["USER_FORM_INFO_FLAG_HABIT", "USER_FORM_INFO_FLAG_NAME"],
            "custom_field_list": ["备注"],
            "rich_field_list": [
                {"type": "FORM_FIELD_CHECK_BOX", "name": "爱好", "values": ["读书", "跑步"]},
                {"type": "FORM_FIELD_RADIO", "name": "口味", "values": ["清淡", "微辣"]},
            ],
        },
    });
    let set = test
        .post("/card/membercard/activateuserform/set", &form)
        .await;
    assert_eq!(set.errcode(), 0, "{}", set.text());
    let named = held(&test, "alice", &card_id).await;
    for (wrong, field) in [
        (json!({"custom": {"爱好": ["游泳"]}}), "custom.爱好"),
        (json!({"custom": {"口味": ["微辣"]}}), "custom.口味"),
        (json!({"custom": {"口味": "甜"}}), "custom.口味"),
        (json!({"custom": {"备注": ["a"]}}), "custom.备注"),
        (
            json!({"common": {"USER_FORM_INFO_FLAG_NAME": ["a"]}}),
            "common.USER_FORM_INFO_FLAG_NAME",
        ),
    ] {
        let refused = fill_in(&test, "alice", &named, wrong).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.json()["error"]["field"], field);
    }
    let right = json!({
        "common": {"USER_FORM_INFO_FLAG_HABIT": ["旅行", "摄影"]},
        "custom": {"爱好": "跑步", "口味": "微辣"},
    });
    assert_eq!(fill_in(&test, "alice", &named, right).await.status, 200);
    let info = test
        .post("/card/membercard/userinfo/get", &named)
        .await
        .json();
    let common = &info["user_info"]["common_field_list"][0];
    assert_eq!(common["value_list"], json!(["旅行", "摄影"]));
    let custom = &info["user_info"]["custom_field_list"];
    let of = |name: &str| {
        let mut fields = custom.as_array().unwrap().iter();
        fields.find(|field| field["name"] == name).unwrap().clone()
    };
    assert_eq!(
        of("爱好"),
        json!({"name": "爱好", "value": "", "value_list": ["跑步"]})
    );
    assert_eq!(
        of("口味"),
        json!({"name": "口味", "value": "微辣", "value_list": []})
    );
}

#[tokio::test]
async fn a_general_card_may_be_made_so_that_nobody_claims_it() {
    let test = TestMock::start().await;
    let make = async |card_type: &str, change: Value| {
        let mut seed = test.seed_card().await;
        let mut base = seed["card"]["general_coupon"]["base_info"].take();
        for (key, value) in change.as_object().unwrap() {
            base[key] = value.clone();
        }
        let node = match card_type {
            "GENERAL_CARD" => json!({"base_info": base, "sub_card_type": "GIFT_CARD"}),
            _ => json!({"base_info": base, "gift": "一份小菜"}),
        };
        let name = card_type.to_ascii_lowercase();
        let card = json!({"card": {"card_type": card_type, name: node}});
        test.post("/card/create", &card).await.json()
    };
    let none = json!({"get_limit": 0});
    let answer = make("GENERAL_CARD", none.clone()).await;
    let card_id = answer["card_id"].as_str().unwrap();
    let refused = test.claim("alice", card_id, "n").await;
    assert_eq!(refused.err_msg(), "addCard:fail (已达领取上限)");

    let empty = json!({"get_limit": 0, "sku": {"quantity": 0}});
    assert_eq!(make("GENERAL_CARD", empty.clone()).await["errcode"], 0);
    assert_eq!(make("GIFT", none).await["errcode"], 72009);
    let no_stock = json!({"sku": {"quantity": 0}});
    assert_eq!(make("GIFT", no_stock).await["errcode"], 40122);
    let negative = json!({"get_limit": -1});
    assert_eq!(make("GENERAL_CARD", negative).await["errcode"], 72009);
}
