//! The life of a card after its creation.

use serde_json::{Value, json};

use super::Page;
use crate::support::{DAY, NOW};

pub(super) async fn list(page: &mut Page) {
    let first = page.test.create().await;
    page.test.create().await;
    page.test
        .post("/card/delete", &json!({"card_id": first}))
        .await;
    let call = |offset: i64, count: i64, states: Value| json!({"offset": offset, "count": count, "status_list": states});
    let body = call(0, 50, Value::Null);
    page.post_all(&[
        ("all", body.clone()),
        ("the second", call(1, 1, Value::Null)),
        ("beyond the last", call(7, 1, Value::Null)),
        ("the deleted", call(0, 50, json!(["CARD_STATUS_DELETE"]))),
        (
            "a bare text, by a former name",
            call(0, 50, json!("CARD_STATUS_USER_DELETE")),
        ),
        ("an unknown state", call(0, 50, json!(["NORMAL"]))),
        ("states that are numbers", call(0, 50, json!([3]))),
        ("too many", call(0, 51, Value::Null)),
        ("none", call(0, 0, Value::Null)),
        ("before the first", call(-1, 50, Value::Null)),
        ("no offset", json!({"count": 50})),
        ("no count", json!({"offset": 0})),
        ("a count as a text", json!({"offset": 0, "count": "50"})),
    ])
    .await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

fn at_a_store(base: &mut Value) {
    base["location_id_list"] = json!([123]);
    for key in ["center_title", "center_sub_title", "center_url"] {
        base[key] = json!("");
    }
}

fn range(begin: i64, end: i64) -> Value {
    json!({"date_info": {
        "type": "DATE_TYPE_FIX_TIME_RANGE",
        "begin_timestamp": begin.to_string(), "end_timestamp": end.to_string(),
    }})
}

pub(super) async fn update(page: &mut Page) {
    let card_id = page.test.create_with(at_a_store).await;
    let base = |base: Value| json!({"card_id": card_id, "general_coupon": {"base_info": base}});
    let body = base(json!({"service_phone": "020-88888888"}));
    page.post_all(&[
        ("a field that takes effect at once", body.clone()),
        ("a field that is reviewed", base(json!({"notice": "请出示二维码"}))),
        ("nothing", base(json!({}))),
        ("a wider range", base(range(NOW, NOW + 40 * DAY))),
        ("a narrower range", base(range(NOW, NOW + 20 * DAY))),
        (
            "another type of dates",
            base(json!({"date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 9, "fixed_begin_term": 0}})),
        ),
        ("dates in milliseconds", base(range(NOW, NOW * 1000))),
        ("dates without an end", base(json!({"date_info": {"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": "1"}}))),
        ("a title", base(json!({"title": "新标题"}))),
        ("an unknown key", base(json!({"nonsense": 1}))),
        ("a field of the node", json!({"card_id": card_id, "general_coupon": {"default_detail": "x"}})),
        ("advanced_info", json!({"card_id": card_id, "general_coupon": {"advanced_info": {}}})),
        ("another type", json!({"card_id": card_id, "cash": {"base_info": {}}})),
        ("no node", json!({"card_id": card_id})),
        ("a node that is a list", json!({"card_id": card_id, "general_coupon": []})),
        ("a key beside the node", json!({"card_id": card_id, "general_coupon": {}, "x": 1})),
        ("a notice that is too long", base(json!({"notice": "长".repeat(17)}))),
        ("an empty notice", base(json!({"notice": ""}))),
        ("a notice that is a number", base(json!({"notice": 5}))),
        ("a limit of 51", base(json!({"get_limit": 51}))),
        ("a picture from elsewhere", base(json!({"logo_url": "https://example.com/a.png"}))),
        ("a link alone", base(json!({"custom_url": "https://example.com", "custom_url_name": "更多", "custom_app_brand_user_name": ""}))),
        ("no store", base(json!({"location_id_list": "0"}))),
    ])
    .await;
    page.change_account(json!({"restrictions": {"stores": [7], "banned_words": ["赌"]}}))
        .await;
    page.post("an unknown store", &base(json!({"location_id_list": [8]})))
        .await;
    let banned = json!({"location_id_list": [7], "notice": "赌一把"});
    page.post("a banned word", &base(banned)).await;
    page.change_account(json!({"restrictions": {}})).await;
    for (path, what) in [
        ("/card/paycell/set", "a button beside the payment cell"),
        (
            "/card/selfconsumecell/set",
            "a button beside self-redemption",
        ),
    ] {
        let cell = |is_open: bool| json!({"card_id": card_id, "is_open": is_open});
        page.test
            .post("/card/update", &base(json!({"location_id_list": [9]})))
            .await;
        assert_eq!(page.test.post(path, &cell(true)).await.errcode(), 0);
        page.post(what, &base(json!({"center_title": "立即使用"})))
            .await;
        page.test.post(path, &cell(false)).await;
    }
    member_card(page).await;
    page.wrong_cards(&json!({"general_coupon": {"base_info": {}}}))
        .await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

/// What of a member card can be changed, and what cannot.
async fn member_card(page: &mut Page) {
    let mut card = page.test.seed_card().await;
    let base_info = card["card"]["general_coupon"]["base_info"].take();
    let card = json!({"card": {"card_type": "MEMBER_CARD", "member_card": {
        "base_info": base_info, "prerogative": "会员价", "supply_bonus": true,
        "supply_balance": false, "auto_activate": true,
    }}});
    let made = page.test.post("/card/create", &card).await;
    let card_id = made.json()["card_id"].clone();
    let change = |node: Value| json!({"card_id": card_id, "member_card": node});
    let field = json!({"name": "等级"});
    page.post_all(&[
        (
            "a background and a discount",
            change(json!({"background_pic_url": base_info["logo_url"], "discount": 0})),
        ),
        (
            "auto_activate false stays true",
            change(json!({"auto_activate": false})),
        ),
        (
            "three custom fields beside bonus",
            change(json!({"custom_field1": field, "custom_field2": field, "custom_field3": field})),
        ),
        ("bonus no more", change(json!({"supply_bonus": false}))),
        (
            "six cards behind a message",
            change(json!({"modify_msg_operation": {"url_cell": {
                "card_id_list": ["1", "2", "3", "4", "5", "6"],
            }}})),
        ),
        (
            "a field of create alone",
            change(json!({"init_increase_bonus": 0})),
        ),
        (
            "a field of base_info alone",
            change(json!({"base_info": {"brand_name": "x"}})),
        ),
    ])
    .await;
}

pub(super) async fn stock(page: &mut Page) {
    let card_id = page
        .test
        .create_with(|base| base["sku"]["quantity"] = json!(2))
        .await;
    page.test.claim("bob", &card_id, "n-1").await;
    let body = json!({"card_id": card_id, "increase_stock_value": 1});
    let reduce = |by: i64| json!({"card_id": card_id, "reduce_stock_value": by});
    page.post_all(&[
        ("one more", body.clone()),
        ("three less", reduce(3)),
        ("two less", reduce(2)),
        ("one less", reduce(1)),
        (
            "both",
            json!({"card_id": card_id, "increase_stock_value": 5, "reduce_stock_value": 5}),
        ),
        ("neither", json!({"card_id": card_id})),
        ("a negative number", reduce(-1)),
        (
            "a text",
            json!({"card_id": card_id, "increase_stock_value": "1"}),
        ),
        (
            "too many",
            json!({"card_id": card_id, "increase_stock_value": 100_000_001}),
        ),
        (
            "too many together",
            json!({"card_id": card_id, "increase_stock_value": 100_000_000}),
        ),
    ])
    .await;
    let deposit = page.test.deposit_card().await;
    let codes = json!({"card_id": deposit, "code": ["0001"]});
    page.test.post("/card/code/deposit", &codes).await;
    for (what, by) in [("as many as deposited", 1), ("more than deposited", 1)] {
        let call = json!({"card_id": deposit, "increase_stock_value": by});
        page.post(what, &call).await;
    }
    page.wrong_cards(&json!({"increase_stock_value": 1})).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn delete(page: &mut Page) {
    let body = json!({"card_id": page.test.create().await});
    page.post("a card", &body).await;
    page.post("the same again", &body).await;
    page.wrong_cards(&json!({})).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

/// What both cells have in common.
async fn cell(page: &mut Page, other: &str) {
    let card_id = page.test.create_with(at_a_store).await;
    let body = json!({"card_id": card_id, "is_open": true});
    let closed = json!({"card_id": card_id, "is_open": false});
    page.post_all(&[
        ("open", body.clone()),
        ("closed", closed),
        ("no is_open", json!({"card_id": card_id})),
        (
            "is_open as a text",
            json!({"card_id": card_id, "is_open": "true"}),
        ),
    ])
    .await;
    // Without is_open the payment cell opens.
    let closed = json!({"card_id": card_id, "is_open": false});
    page.test.post(page.path, &closed).await;
    page.test.post(other, &body).await;
    page.post("beside another cell", &body).await;

    let no_store = page
        .test
        .create_with(|base| base["location_id_list"] = json!([]))
        .await;
    page.post(
        "without a store",
        &json!({"card_id": no_store, "is_open": true}),
    )
    .await;
    let centre = page
        .test
        .create_with(|base| {
            at_a_store(base);
            base["center_title"] = json!("立即使用");
        })
        .await;
    page.post(
        "beside a button",
        &json!({"card_id": centre, "is_open": true}),
    )
    .await;
    page.wrong_cards(&json!({"is_open": true})).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn pay_cell(page: &mut Page) {
    cell(page, "/card/selfconsumecell/set").await;
}

pub(super) async fn self_consume_cell(page: &mut Page) {
    cell(page, "/card/paycell/set").await;
}

pub(super) async fn testers(page: &mut Page) {
    let openid = page.test.openid("alice").await;
    let body = json!({"openid": [openid], "username": ["bob"]});
    page.post_all(&[
        ("two people", body.clone()),
        (
            "one of them twice",
            json!({"openid": [openid], "username": ["alice"]}),
        ),
        (
            "nobody who is known",
            json!({"openid": ["oNobody"], "username": ["nobody"]}),
        ),
        ("nobody", json!({})),
        ("too many", json!({"username": vec!["bob"; 11]})),
        ("a bare text", json!({"username": "bob"})),
    ])
    .await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn qr(page: &mut Page) {
    let card_id = page.test.create().await;
    let custom = page
        .test
        .create_with(|base| base["use_custom_code"] = json!(true))
        .await;
    let bound = page
        .test
        .create_with(|base| base["bind_openid"] = json!(true))
        .await;
    let one = |card: Value| json!({"action_name": "QR_CARD", "action_info": {"card": card}});
    let many = |cards: Value| json!({"action_name": "QR_MULTIPLE_CARD", "action_info": {"multiple_card": {"card_list": cards}}});
    let lives = |seconds: i64| {
        let mut call = one(json!({"card_id": card_id}));
        call["expire_seconds"] = json!(seconds);
        call
    };
    let openid = page.test.openid("alice").await;
    let body = one(json!({"card_id": card_id, "outer_str": "shop-7", "is_unique_code": true}));
    page.post_all(&[
        ("one card", body.clone()),
        ("two cards", many(json!([{"card_id": card_id}, {"card_id": custom, "code": "0001"}]))),
        ("for 60 seconds", lives(60)),
        ("for 59 seconds", lives(59)),
        ("for a day", lives(86_400)),
        ("an openid", one(json!({"card_id": bound, "openid": openid}))),
        ("an unknown openid", one(json!({"card_id": bound, "openid": "oNobody"}))),
        ("no openid", one(json!({"card_id": bound}))),
        ("no custom code", one(json!({"card_id": custom}))),
        ("a code for WeChat's codes", one(json!({"card_id": card_id, "code": "0001"}))),
        ("no action_name", json!({"action_info": {"card": {"card_id": card_id}}})),
        ("an unknown action_name", json!({"action_name": "QR_SCENE", "action_info": {}})),
        ("no action_info", json!({"action_name": "QR_CARD"})),
        ("the info of the other action", json!({"action_name": "QR_MULTIPLE_CARD", "action_info": {"card": {"card_id": card_id}}})),
        ("no cards", many(json!([]))),
        ("no card_id", one(json!({}))),
        ("an unknown card_id", one(json!({"card_id": "p1"}))),
        ("a card_id that is a number", one(json!({"card_id": 5}))),
    ])
    .await;
    let one_left = page
        .test
        .create_with(|base| base["sku"]["quantity"] = json!(1))
        .await;
    page.test.claim("bob", &one_left, "n-1").await;
    let unique = one(json!({"card_id": one_left, "is_unique_code": true}));
    page.post("unique without stock", &unique).await;
    page.change_account(json!({"review": "manual"})).await;
    let waiting = page.test.create().await;
    page.change_account(json!({"review": "auto"})).await;
    page.post("before the review", &one(json!({"card_id": waiting})))
        .await;
    page.test
        .post("/card/delete", &json!({"card_id": waiting}))
        .await;
    page.post("a deleted card", &one(json!({"card_id": waiting})))
        .await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn picture(page: &mut Page) {
    let card_id = page.test.create().await;
    let call = json!({
        "action_name": "QR_CARD", "expire_seconds": 60, "action_info": {"card": {"card_id": card_id}},
    });
    let made = page.test.post("/card/qrcode/create", &call).await.json();
    let url = made["show_qrcode_url"].as_str().unwrap();
    let (_, query) = url.split_once('?').unwrap();
    let query = format!("?{query}");
    page.get("a ticket", &query).await;
    page.get("no ticket", "").await;
    page.get("an unknown ticket", "?ticket=nonsense").await;
    page.test.mock.clock().advance(60).unwrap();
    page.get("a ticket that has ended", &query).await;
    page.behind_the_gateway("GET", &query, "").await;
}

pub(super) async fn page(page: &mut Page) {
    let card =
        json!({"card_id": page.test.create().await, "thumb_url": "http://mmbiz.qpic.cn/a/0"});
    let custom = page
        .test
        .create_with(|base| base["use_custom_code"] = json!(true))
        .await;
    let body = json!({
        "banner": "http://mmbiz.qpic.cn/a/0", "page_title": "星河小馆", "can_share": true,
        "scene": "SCENE_NEAR_BY", "card_list": [card],
    });
    let with = |key: &str, value: Value| {
        let mut body = body.clone();
        body[key] = value;
        body
    };
    page.post_all(&[
        ("a page", body.clone()),
        ("no banner", with("banner", Value::Null)),
        ("no title", with("page_title", json!(""))),
        ("no can_share", with("can_share", Value::Null)),
        ("no scene", with("scene", Value::Null)),
        ("an unknown scene", with("scene", json!("NEAR_BY"))),
        ("no list", with("card_list", Value::Null)),
        ("a list that is none", with("card_list", json!({}))),
        ("an empty list", with("card_list", json!([]))),
        ("a text for a card", with("card_list", json!(["p1"]))),
        ("no card_id", with("card_list", json!([{"thumb_url": "x"}]))),
        (
            "an unknown card_id",
            with("card_list", json!([{"card_id": "p1", "thumb_url": "x"}])),
        ),
        (
            "no thumb_url",
            with("card_list", json!([{"card_id": card["card_id"]}])),
        ),
        (
            "a card with custom codes",
            with("card_list", json!([{"card_id": custom, "thumb_url": "x"}])),
        ),
    ])
    .await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}

pub(super) async fn html(page: &mut Page) {
    let body = json!({"card_id": page.test.create().await});
    page.post("a card", &body).await;
    page.wrong_cards(&json!({})).await;
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}
