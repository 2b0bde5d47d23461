//! Members and statistics, and the way to the pages of gifts on payment and of sub-merchants.

use serde_json::{Value, json};

use super::{Page, gift_rules, merchants};
use crate::{
    members::{after_submit, fill_in, held, member_card, with},
    support::{DAY, NOW},
};

/// The page of a path, when it is one of these.
pub(super) async fn page(page: &mut Page, path: &str) {
    let works = match path {
        "/card/membercard/activate" => activate(page).await,
        "/card/membercard/activate/geturl" => url(page).await,
        "/card/membercard/activateuserform/set" => form(page).await,
        "/card/membercard/activatetempinfo/get" => ticket(page).await,
        "/card/membercard/userinfo/get" => info(page).await,
        "/card/membercard/updateuser" => update(page).await,
        "/card/membercard/unactivate" => deactivate(page).await,
        "/card/generalcard/activate" => activate_general(page).await,
        "/card/generalcard/unactivate" => deactivate_general(page).await,
        "/card/generalcard/updateuser" => update_general(page).await,
        "/card/paygiftcard/add" => gift_rules::add(page).await,
        "/card/paygiftcard/delete" | "/card/paygiftcard/getbyid" => gift_rules::one(page).await,
        "/card/paygiftcard/batchget" => gift_rules::list(page).await,
        "/card/paygiftmembercard/add" => gift_rules::add_older(page).await,
        "/card/paygiftmembercard/delete" => gift_rules::delete_older(page).await,
        "/card/paygiftmembercard/get" => gift_rules::get_older(page).await,
        "/card/submerchant/submit" => merchants::submit(page).await,
        "/card/submerchant/update" => merchants::update(page).await,
        "/card/submerchant/get" => merchants::one(page).await,
        "/card/submerchant/batchget" => merchants::list(page).await,
        "/datacube/getcardmembercarddetail" => member_card_days(page).await,
        path if path.starts_with("/datacube/") => days(page).await,
        other => panic!("no page for {other}"),
    };
    page.behind_the_gateway("POST", "", &works.to_string())
        .await;
}

/// A member's card, its holder active.
pub(super) async fn member(page: &Page) -> Value {
    let card_id = member_card(&page.test, json!({"auto_activate": true})).await;
    held(&page.test, "alice", &card_id).await
}

/// What is wrong with the code of a member card.
async fn codes(page: &mut Page, works: &Value) {
    let (card_id, _, code) = page.test.claimed("bob").await;
    for (what, change) in [
        ("a coupon", json!({"card_id": card_id, "code": code})),
        ("an unknown code", json!({"code": "000000000000"})),
        ("no code", json!({"code": null})),
        ("an unknown card", json!({"card_id": "p1"})),
        ("no card_id", json!({"card_id": null})),
    ] {
        page.post(what, &with(works, change)).await;
    }
}

async fn activate(page: &mut Page) -> Value {
    let card_id = member_card(&page.test, json!({})).await;
    let named = held(&page.test, "alice", &card_id).await;
    let works = with(&named, json!({"membership_number": "M-1", "init_bonus": 5}));
    for (what, change) in [
        ("no membership_number", json!({"membership_number": ""})),
        (
            "a long membership_number",
            json!({"membership_number": "1".repeat(21)}),
        ),
        ("a negative bonus", json!({"init_bonus": -1})),
        ("a bonus in quotes", json!({"init_bonus": "5"})),
        ("a huge balance", json!({"init_balance": i64::MAX})),
        (
            "a long value",
            json!({"init_custom_field_value1": "白金会员五"}),
        ),
        ("an end before the begin", json!({"activate_end_time": 5})),
        (
            "dates in milliseconds",
            json!({"activate_begin_time": NOW * 1000, "activate_end_time": (NOW + DAY) * 1000}),
        ),
    ] {
        page.post(what, &with(&works, change)).await;
    }
    page.post("a code", &works).await;
    page.post("the same again", &works).await;
    codes(page, &works).await;
    let auto = with(&member(page).await, json!({"membership_number": "M-2"}));
    page.post("a card with auto_activate", &auto).await;
    works
}

async fn url(page: &mut Page) -> Value {
    let card_id = member_card(&page.test, json!({"wx_activate": true})).await;
    let works = json!({"card_id": card_id, "outer_str": "门店 7"});
    page.post("a card", &works).await;
    let coupon = page.test.create().await;
    page.post("a coupon", &json!({"card_id": coupon})).await;
    page.post("no card_id", &json!({})).await;
    works
}

async fn form(page: &mut Page) -> Value {
    let card_id = member_card(&page.test, json!({"wx_activate": true, "activate_url": ""})).await;
    let works = json!({
        "card_id": card_id,
        "service_statement": {"name": "会员守则", "url": "https://shop.example/rules"},
        "required_form": {
            "can_modify": false, "common_field_id_list": ["USER_FORM_INFO_FLAG_MOBILE"],
            "custom_field_list": ["喜欢的菜"],
        },
        "optional_form": {"rich_field_list": [
            {"type": "FORM_FIELD_SELECT", "name": "口味", "values": ["辣", "不辣"]},
        ]},
    });
    page.post("a form", &works).await;
    let rich = |kind: &str, values: Value| json!({"optional_form": {"rich_field_list": [{"type": kind, "name": "口味", "values": values}]}});
    for (what, change) in [
        (
            "an unknown field",
            json!({"required_form": {"common_field_id_list": ["MOBILE"]}}),
        ),
        ("a form that is a list", json!({"required_form": []})),
        (
            "a text for a list",
            json!({"required_form": {"custom_field_list": "x"}}),
        ),
        (
            "an unknown rich field",
            rich("FORM_FIELD_TEXT", json!(["x"])),
        ),
        (
            "nothing to choose from",
            rich("FORM_FIELD_RADIO", json!([])),
        ),
        (
            "a link without a url",
            json!({"bind_old_card": {"name": "x"}}),
        ),
    ] {
        page.post(what, &with(&works, change)).await;
    }
    let other = member_card(&page.test, json!({})).await;
    page.post("a card with activate_url", &json!({"card_id": other}))
        .await;
    let by_form = json!({"wx_activate": true, "activate_url": ""});
    let by_form = member_card(&page.test, by_form).await;
    // No call makes a card that nobody can activate; a world may hold one.
    let mut world = page.test.control("GET", "world", &Value::Null).await.json();
    let cards = world["accounts"][0]["state"]["cards"]
        .as_array_mut()
        .unwrap();
    let card = cards
        .iter_mut()
        .find(|card| card["card_id"] == json!(by_form));
    card.unwrap()["node"]["wx_activate"] = json!(false);
    let put = page.test.control("PUT", "world", &world).await;
    assert_eq!(put.status, 200, "{}", put.text());
    page.post("a card without wx_activate", &json!({"card_id": by_form}))
        .await;
    let coupon = page.test.create().await;
    page.post("a coupon", &json!({"card_id": coupon})).await;
    works
}

async fn ticket(page: &mut Page) -> Value {
    let card_id = member_card(&page.test, after_submit()).await;
    let named = held(&page.test, "alice", &card_id).await;
    let filled_in = json!({"common": {"USER_FORM_INFO_FLAG_MOBILE": "13800000000"}});
    let answer = fill_in(&page.test, "alice", &named, filled_in).await.json();
    let works = json!({"activate_ticket": answer["activate_ticket"]});
    page.post("a ticket", &works).await;
    page.post("none", &json!({})).await;
    page.post("an unknown ticket", &json!({"activate_ticket": "x"}))
        .await;
    page.test.mock.clock().advance(7200).unwrap();
    page.test.token = page.test.token_of("oa").await;
    page.post("a ticket past its end", &works).await;
    works
}

async fn info(page: &mut Page) -> Value {
    let works = member(page).await;
    page.post("a member", &works).await;
    codes(page, &works).await;
    works
}

async fn update(page: &mut Page) -> Value {
    let works = with(
        &member(page).await,
        json!({
            "add_bonus": 5, "record_bonus": "消费", "add_balance": 100,
            "custom_field_value1": "白银", "notify_optional": {"is_notify_bonus": true},
        }),
    );
    page.post("a change", &works).await;
    for (what, change) in [
        ("more bonus than there is", json!({"add_bonus": -1000})),
        ("more balance than there is", json!({"add_balance": -1000})),
        ("a long value", json!({"custom_field_value1": "白金会员五"})),
        (
            "a text for a flag",
            json!({"notify_optional": {"is_notify_bonus": "1"}}),
        ),
    ] {
        page.post(what, &with(&works, change)).await;
    }
    codes(page, &works).await;
    let card_id = member_card(&page.test, json!({})).await;
    let named = held(&page.test, "carol", &card_id).await;
    page.post("a holder who is no member", &named).await;
    // A member card is not redeemed by a call.
    page.test.post("/card/code/unavailable", &named).await;
    page.post("a code that was made void", &named).await;
    page.test.mock.clock().advance(60 * DAY).unwrap();
    page.test.token = page.test.token_of("oa").await;
    page.post("a code past its end", &works).await;
    works
}

async fn deactivate(page: &mut Page) -> Value {
    let works = member(page).await;
    page.post("a member", &works).await;
    page.post("a member no more", &works).await;
    codes(page, &works).await;
    works
}

async fn general(page: &Page, user: &str, more: Value) -> Value {
    let node = with(&json!({"sub_card_type": "GIFT_CARD"}), more);
    let card_id = page.test.create_of("GENERAL_CARD", node).await;
    held(&page.test, user, &card_id).await
}

async fn activate_general(page: &mut Page) -> Value {
    let works = general(page, "alice", json!({})).await;
    page.post(
        "a huge bonus",
        &with(&works, json!({"init_bonus": i64::MAX})),
    )
    .await;
    page.post("an activation", &works).await;
    page.post("a second one", &works).await;
    codes(page, &works).await;
    let member = member(page).await;
    page.post("a member card", &member).await;
    works
}

async fn deactivate_general(page: &mut Page) -> Value {
    let works = general(page, "alice", json!({"auto_activate": true})).await;
    page.post("an active card", &works).await;
    page.post("an active card no more", &works).await;
    codes(page, &works).await;
    works
}

async fn update_general(page: &mut Page) -> Value {
    let node = json!({"sub_card_type": "GIFT_CARD"});
    let card_id = page.test.create_of("GENERAL_CARD", node).await;
    let named = held(&page.test, "alice", &card_id).await;
    let works = with(&named, json!({"bonus": 5, "balance": 100}));
    page.post("a change", &works).await;
    page.post("a negative balance", &with(&works, json!({"balance": -1})))
        .await;
    codes(page, &works).await;
    works
}

/// What is wrong with days.
async fn wrong_days(page: &mut Page, works: &Value) {
    for (what, change) in [
        ("no days", json!({"begin_date": null})),
        ("other digits", json!({"begin_date": "20261222"})),
        ("too many days", json!({"begin_date": "2026-10-01"})),
        ("days in no order", json!({"begin_date": "2026-12-24"})),
        (
            "today",
            json!({"begin_date": "2026-12-25", "end_date": "2026-12-25"}),
        ),
    ] {
        page.post(what, &with(works, change)).await;
    }
}

/// Two days later: a coupon and a member card were claimed today.
async fn later(page: &mut Page) -> Value {
    page.test.claimed("bob").await;
    let named = member(page).await;
    page.test.mock.clock().advance(2 * DAY).unwrap();
    page.test.token = page.test.token_of("oa").await;
    named
}

async fn days(page: &mut Page) -> Value {
    later(page).await;
    let works = json!({"begin_date": "2026-12-22", "end_date": "2026-12-23", "cond_source": 1});
    page.post("two days", &works).await;
    page.post(
        "made in the console",
        &with(&works, json!({"cond_source": 0})),
    )
    .await;
    page.post("made elsewhere", &with(&works, json!({"cond_source": 2})))
        .await;
    page.post("made nowhere", &with(&works, json!({"cond_source": null})))
        .await;
    wrong_days(page, &works).await;
    works
}

async fn member_card_days(page: &mut Page) -> Value {
    let named = later(page).await;
    let works = json!({
        "begin_date": "2026-12-22", "end_date": "2026-12-23", "card_id": named["card_id"],
    });
    page.post("two days", &works).await;
    let coupon = page.test.create().await;
    page.post("a coupon", &with(&works, json!({"card_id": coupon})))
        .await;
    page.post("no card_id", &with(&works, json!({"card_id": null})))
        .await;
    wrong_days(page, &works).await;
    works
}
