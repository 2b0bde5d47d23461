//! Members, rules for gifts on payment, sub-merchants.

use serde_json::{Value, json};

use crate::support::{Answer, DAY, NOW, TestMock};

const MOBILE: &str = "USER_FORM_INFO_FLAG_MOBILE";

/// Beside `base_info`, for a card that WeChat's form activates by way of the shop's page.
pub(crate) fn after_submit() -> Value {
    json!({
        // A form is set for a card without activate_url alone, as captured.
        "activate_url": "", "wx_activate": true, "wx_activate_after_submit": true,
        "wx_activate_after_submit_url": "https://shop.example/join",
    })
}

/// A member card with some changes beside `base_info`.
pub(crate) async fn member_card(test: &TestMock, change: Value) -> String {
    let node = json!({
        "prerogative": "会员价", "supply_bonus": true, "supply_balance": true,
        "activate_url": "https://shop.example/join",
        "bonus_rule": {"init_increase_bonus": 10},
    });
    test.create_of("MEMBER_CARD", with(&node, change)).await
}

/// `{"card_id", "code"}` of a card that a customer has just claimed.
pub(crate) async fn held(test: &TestMock, user: &str, card_id: &str) -> Value {
    let code = test.claimed_of(user, card_id, &format!("of {user}")).await;
    json!({"card_id": card_id, "code": code})
}

/// An object with some members more, or others.
pub(crate) fn with(object: &Value, more: Value) -> Value {
    let mut object = object.clone();
    let Value::Object(more) = more else {
        panic!("{more} is no object")
    };
    for (key, value) in more {
        object[key] = value;
    }
    object
}

/// What a customer does with WeChat's form.
pub(crate) async fn fill_in(
    test: &TestMock,
    user: &str,
    named: &Value,
    filled_in: Value,
) -> Answer {
    let code = named["code"].as_str().unwrap();
    let path = format!("users/{user}/cards/{code}/activate");
    test.control("POST", &path, &filled_in).await
}

/// A rule for gifts on payment that hands out a card.
pub(crate) fn gift_rule(card_id: &str, mchids: &[&str]) -> Value {
    json!({"rule_info": {
        "type": "RULE_TYPE_PAY_MEMBER_CARD",
        "base_info": {"mchid_list": mchids, "begin_time": NOW, "end_time": NOW + 10 * DAY},
        "member_rule": {
            "card_id": card_id, "least_cost": 100, "max_cost": 20_000,
            "jump_url": "https://shop.example/join",
        },
    }})
}

/// A sub-merchant as submit takes it.
pub(crate) async fn sub_merchant(test: &TestMock) -> Value {
    let photo = fixtures::image("logo.jpg").to_vec();
    let path = "/cgi-bin/media/upload?type=image";
    let protocol = test.upload(path, "letter.jpg", photo).await.json();
    json!({
        "brand_name": "分店", "logo_url": test.image_url().await,
        "protocol": protocol["media_id"], "end_time": NOW + 300 * DAY,
        "primary_category_id": 1, "secondary_category_id": 101,
    })
}

async fn info(test: &TestMock, named: &Value) -> Value {
    test.post("/card/membercard/userinfo/get", named)
        .await
        .json()
}

#[tokio::test]
async fn a_holder_becomes_a_member_once() {
    let test = TestMock::start().await;
    let card_id = member_card(&test, json!({})).await;
    let named = held(&test, "alice", &card_id).await;
    assert_eq!(info(&test, &named).await["has_active"], false);

    let call = with(
        &named,
        json!({
            "membership_number": "M-1", "init_bonus": 7, "init_balance": 1_000,
            "init_custom_field_value2": "白银", "activate_begin_time": NOW + DAY,
            "activate_end_time": NOW + 2 * DAY,
        }),
    );
    let path = "/card/membercard/activate";
    assert_eq!(test.post(path, &call).await.errcode(), 0);
    assert_eq!(test.post(path, &call).await.errcode(), 73214);

    let member = info(&test, &named).await;
    assert_eq!(member["has_active"], true);
    assert_eq!(member["membership_number"], "M-1");
    assert_eq!(member["bonus"], 7);
    assert_eq!(member["balance"], 1_000);
    let code = test.post("/card/code/get", &named).await.json();
    assert_eq!(code["card"]["end_time"], NOW + 2 * DAY);
    assert_eq!(code["can_consume"], false);
}

#[tokio::test]
async fn bonus_and_balance_are_counted_and_stay_in_their_limits() {
    let test = TestMock::start().await;
    let card_id = member_card(&test, json!({"auto_activate": true})).await;
    let named = held(&test, "alice", &card_id).await;
    let most = i64::from(i32::MAX);
    for (change, errcode, bonus, balance) in [
        (json!({}), 0, 10, 0),
        (json!({"add_bonus": -10, "add_balance": 500}), 0, 0, 500),
        (json!({"add_bonus": -1}), 45022, 0, 500),
        (json!({"add_bonus": 3, "add_balance": -501}), 45023, 0, 500),
        (json!({"bonus": 30, "add_bonus": 5, "balance": 0}), 0, 30, 0),
        (json!({"bonus": most, "balance": most}), 0, most, most),
        (json!({"add_bonus": 1}), 45022, most, most),
        (json!({"add_balance": i64::MAX}), 45023, most, most),
        (json!({"bonus": i64::MIN}), 45022, most, most),
    ] {
        let call = with(&named, change.clone());
        let answer = test.post("/card/membercard/updateuser", &call).await;
        assert_eq!(answer.errcode(), errcode, "{change}");
        if errcode == 0 {
            let answer = answer.json();
            assert_eq!(answer["result_bonus"], bonus, "{change}");
            assert_eq!(answer["result_balance"], balance, "{change}");
        }
        let member = info(&test, &named).await;
        assert_eq!(member["bonus"], bonus, "{change}");
        assert_eq!(member["balance"], balance, "{change}");
    }
}

#[tokio::test]
async fn a_general_card_has_bonus_and_balance_too() {
    let test = TestMock::start().await;
    let node = json!({"sub_card_type": "GIFT_CARD", "init_bonus": 5});
    let card_id = test.create_of("GENERAL_CARD", node).await;
    let named = held(&test, "bob", &card_id).await;
    let path = "/card/generalcard/updateuser";
    let call = with(&named, json!({"balance": 100}));
    let answer = test.post(path, &call).await.json();
    assert_eq!(answer["result_balance"], 100, "{answer}");
    let call = with(&named, json!({"balance": 40}));
    let answer = test.post(path, &call).await.json();
    assert_eq!(
        (&answer["result_bonus"], &answer["result_balance"]),
        (&json!(5), &json!(40))
    );
}

#[tokio::test]
async fn the_form_of_wechat_makes_a_member_at_once() {
    let test = TestMock::start().await;
    // A form is set for a card without activate_url alone, as captured.
    let card_id = member_card(&test, json!({"wx_activate": true, "activate_url": ""})).await;
    let named = held(&test, "alice", &card_id).await;
    let form = json!({
        "card_id": card_id,
        "required_form": {"common_field_id_list": [MOBILE], "custom_field_list": ["喜欢的菜"]},
        "optional_form": {"rich_field_list": [
            {"type": "FORM_FIELD_RADIO", "name": "口味", "values": ["辣", "不辣"]},
        ]},
    });
    let set = test
        .post("/card/membercard/activateuserform/set", &form)
        .await;
    assert_eq!(set.errcode(), 0, "{}", set.text());

    // What the phone has to ask, and whether the card works yet.
    let path = format!("cards/{card_id}");
    let shown = test.control("GET", &path, &Value::Null).await.json();
    assert_eq!(shown["wx_activate"], true);
    assert_eq!(
        shown["form"],
        json!({
            "required": {"common": [MOBILE], "custom": ["喜欢的菜"]},
            "optional": {
                "common": [], "custom": ["口味"],
                "choices": {"口味": {"values": ["辣", "不辣"], "several": false}},
            },
        })
    );
    let is_active = || test.mock.user("alice").wallet().unwrap()[0].active;
    assert_eq!(is_active(), Some(false));

    for (filled_in, field) in [
        (
            json!({"custom": {"喜欢的菜": "鱼"}}),
            "common.USER_FORM_INFO_FLAG_MOBILE",
        ),
        (
            json!({"common": {MOBILE: "1"}, "custom": {"喜欢的菜": ""}}),
            "custom.喜欢的菜",
        ),
        (
            json!({"common": {MOBILE: "1"}, "custom": {"喜欢的菜": "鱼", "年龄": "9"}}),
            "custom.年龄",
        ),
    ] {
        let answer = fill_in(&test, "alice", &named, filled_in).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json()["error"]["field"], field);
    }
    let filled_in = json!({
        "common": {MOBILE: "13800000000"}, "custom": {"喜欢的菜": "鱼", "口味": "辣"},
    });
    let answer = fill_in(&test, "alice", &named, filled_in.clone()).await;
    assert_eq!(answer.json(), json!({"active": true}));
    assert_eq!(is_active(), Some(true));
    assert_eq!(fill_in(&test, "alice", &named, filled_in).await.status, 409);

    let member = info(&test, &named).await;
    assert_eq!(member["membership_number"], named["code"]);
    let mobile = json!([{"name": MOBILE, "value": "13800000000", "value_list": []}]);
    assert_eq!(member["user_info"]["common_field_list"], mobile);
}

#[tokio::test]
async fn the_form_of_wechat_leads_to_the_shop_with_a_ticket() {
    let test = TestMock::start().await;
    let card_id = member_card(&test, after_submit()).await;
    let named = held(&test, "alice", &card_id).await;
    let filled_in = json!({"common": {MOBILE: "13800000000"}});
    let answer = fill_in(&test, "alice", &named, filled_in).await.json();
    assert_eq!(answer["active"], false);
    let url = reqwest::Url::parse(answer["url"].as_str().unwrap()).unwrap();
    assert_eq!(url.path(), "/join");
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let keys: Vec<&str> = query.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        keys,
        [
            "card_id",
            "encrypt_code",
            "outer_str",
            "openid",
            "activate_ticket"
        ]
    );
    let call = json!({"encrypt_code": query[1].1});
    let opened = test.post("/card/code/decrypt", &call).await.json();
    assert_eq!(opened["code"], named["code"]);
    assert_eq!(json!(query[4].1), answer["activate_ticket"]);
    assert_eq!(query[4].1.len(), 108);

    let ticket = json!({"activate_ticket": answer["activate_ticket"]});
    let path = "/card/membercard/activatetempinfo/get";
    let read = test.post(path, &ticket).await.json();
    assert_eq!(read["info"]["common_field_list"][0]["value"], "13800000000");
    assert_eq!(info(&test, &named).await["has_active"], false);

    let call = with(&named, json!({"membership_number": "M-1"}));
    test.post("/card/membercard/activate", &call).await;
    let member = info(&test, &named).await;
    assert_eq!(member["has_active"], true);
    let mobile = &member["user_info"]["common_field_list"][0];
    assert_eq!(mobile["value"], "13800000000");
}

#[tokio::test]
async fn only_who_holds_a_card_for_it_fills_in_the_form() {
    let test = TestMock::start().await;
    let card_id = member_card(&test, json!({})).await;
    let named = held(&test, "alice", &card_id).await;
    for (user, status) in [("alice", 409), ("bob", 404), ("nobody", 404)] {
        let answer = fill_in(&test, user, &named, Value::Null).await;
        assert_eq!(answer.status, status, "{user}");
    }
}

#[tokio::test]
async fn a_merchant_number_has_one_rule_at_a_time() {
    let test = TestMock::start().await;
    let card_id = member_card(&test, json!({"auto_activate": true})).await;
    let path = "/card/paygiftcard/add";
    let first = test
        .post(path, &gift_rule(&card_id, &["1", "2"]))
        .await
        .json();
    assert_eq!(first["succ_mchid_list"], json!(["1", "2"]));

    let second = test
        .post(path, &gift_rule(&card_id, &["2", "3", "3"]))
        .await
        .json();
    assert_eq!(second["succ_mchid_list"], json!(["3"]));
    let failed = &second["fail_mchid_list"][0];
    assert_eq!(failed["mchid"], "2");
    assert_eq!(failed["occupy_rule_id"], first["rule_id"]);
    assert_eq!(failed["occupy_appid"], test.mock.official_account().appid);

    // When the rule has ended, its numbers are free again.
    test.mock.clock().advance(10 * DAY).unwrap();
    let mut test = test;
    test.token = test.token_of("oa").await;
    let mut later = gift_rule(&card_id, &["2"]);
    later["rule_info"]["base_info"]["end_time"] = json!(NOW + 20 * DAY);
    let third = test.post(path, &later).await.json();
    assert_eq!(third["succ_mchid_list"], json!(["2"]));
}

#[tokio::test]
async fn a_sub_merchant_is_reviewed() {
    let test = TestMock::start().await;
    let appid = test.mock.official_account().appid;
    let account = format!("accounts/{appid}");
    test.control("PATCH", &account, &json!({"review": "manual"}))
        .await;
    let info = sub_merchant(&test).await;
    let path = "/card/submerchant/submit";
    let answer = test.post(path, &json!({"info": info})).await.json();
    assert_eq!(answer["info"]["status"], "CHECKING", "{answer}");
    let id = answer["info"]["merchant_id"].as_u64().unwrap();

    let review = format!("{account}/sub-merchants/{id}/review");
    let verdict = json!({"pass": false, "reason": "授权函不清晰"});
    assert_eq!(test.control("POST", &review, &verdict).await.status, 200);
    assert_eq!(test.control("POST", &review, &verdict).await.status, 409);
    let unknown = format!("{account}/sub-merchants/1/review");
    assert_eq!(test.control("POST", &unknown, &verdict).await.status, 404);

    // Its id is a number in some samples, a string in others.
    let known = json!({"merchant_id": id.to_string()});
    let refused = test.post("/card/submerchant/get", &known).await.json();
    assert_eq!(refused["info"]["status"], "REJECTED");
    assert_eq!(refused["info"]["reason"], "授权函不清晰");

    test.control("PATCH", &account, &json!({"review": "auto"}))
        .await;
    let changed = with(&info, json!({"merchant_id": id, "brand_name": "新店"}));
    let path = "/card/submerchant/update";
    let answer = test.post(path, &json!({"info": changed})).await.json();
    assert_eq!(answer["info"]["status"], "APPROVED", "{answer}");
    assert_eq!(answer["info"]["brand_name"], "新店");

    let list = async |test: &TestMock, status: &str| {
        let call = json!({"begin_id": 0, "limit": 10, "status": status});
        test.post("/card/submerchant/batchget", &call).await.json()
    };
    let listed = list(&test, "APPROVED").await;
    assert_eq!(listed["info_list"][0]["merchant_id"], id);
    assert_eq!(listed["next_begin_id"], id);

    // Its authorization ends, and with it the right to make its cards.
    test.mock.clock().advance(301 * DAY).unwrap();
    let mut test = test;
    test.token = test.token_of("oa").await;
    assert_eq!(
        list(&test, "EXPIRED").await["info_list"][0]["merchant_id"],
        id
    );
    assert_eq!(list(&test, "APPROVED").await["info_list"], json!([]));
    let url = test.image_url().await;
    let (begin, end) = (NOW + 301 * DAY, NOW + 400 * DAY);
    let mut card = fixtures::seed_card_with(&url, &url, begin, end);
    let base = &mut card["card"]["general_coupon"]["base_info"];
    base["sub_merchant_info"] = json!({"merchant_id": id});
    let answer = test.post("/card/create", &card).await;
    assert_eq!(answer.errcode(), 40140, "{}", answer.text());
}

#[tokio::test]
async fn members_rules_and_merchants_go_out_and_come_in_again() {
    let test = TestMock::start().await;
    let card_id = member_card(&test, after_submit()).await;
    let named = held(&test, "alice", &card_id).await;
    let filled_in = json!({"common": {MOBILE: "13800000000"}});
    let ticket = fill_in(&test, "alice", &named, filled_in).await.json();
    let call = with(&named, json!({"membership_number": "M-1", "init_bonus": 4}));
    test.post("/card/membercard/activate", &call).await;
    let form = json!({"card_id": card_id, "required_form": {"common_field_id_list": [MOBILE]}});
    test.post("/card/membercard/activateuserform/set", &form)
        .await;
    let rule = test
        .post("/card/paygiftcard/add", &gift_rule(&card_id, &["1"]))
        .await;
    let info_of_brand = sub_merchant(&test).await;
    let call = json!({"info": info_of_brand});
    let brand = test.post("/card/submerchant/submit", &call).await.json();
    let world = test.control("GET", "world", &Value::Null).await.json();

    let mut other = TestMock::start().await;
    let put = other.control("PUT", "world", &world).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let again = other.control("GET", "world", &Value::Null).await.json();
    assert_eq!(again, world);

    other.token = test.token.clone();
    let member = info(&other, &named).await;
    assert_eq!(member["bonus"], 4);
    assert_eq!(member, info(&test, &named).await);
    for (path, call) in [
        (
            "/card/membercard/activatetempinfo/get",
            json!({"activate_ticket": ticket["activate_ticket"]}),
        ),
        (
            "/card/paygiftcard/getbyid",
            json!({"rule_id": rule.json()["rule_id"]}),
        ),
        (
            "/card/submerchant/get",
            json!({"merchant_id": brand["info"]["merchant_id"]}),
        ),
    ] {
        let answer = other.post(path, &call).await;
        assert_eq!(answer.errcode(), 0, "{path}: {}", answer.text());
        assert_eq!(answer.text(), test.post(path, &call).await.text(), "{path}");
    }
}
