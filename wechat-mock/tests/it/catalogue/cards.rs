//! Cards: making one, reading one.

use serde_json::{Value, json};

use super::Page;
use crate::support::{DAY, NOW};

/// What is done to the seed's card, whose node is handed over.
type Change = fn(&mut Value);

/// Cards that are refused for what they are, whoever makes them.
const SPOILT: &[(&str, Change)] = &[
    ("no title", |node| node["base_info"]["title"] = json!("")),
    ("a title of 28 bytes", |node| {
        node["base_info"]["title"] = json!("满减满减满减满减满!");
    }),
    ("a title of blanks", |node| {
        node["base_info"]["title"] = json!("  ");
    }),
    ("a number for a text", |node| {
        node["base_info"]["title"] = json!(5);
    }),
    ("an unknown key", |node| {
        node["base_info"]["colour"] = json!("Color010");
    }),
    ("a field that is read only", |node| {
        node["base_info"]["id"] = json!("p1");
    }),
    ("a colour as hex", |node| {
        node["base_info"]["color"] = json!("#63b359");
    }),
    ("an unknown code_type", |node| {
        node["base_info"]["code_type"] = json!("CODE");
    }),
    ("words for a stock", |node| {
        node["base_info"]["sku"]["quantity"] = json!("many");
    }),
    ("no stock", |node| {
        node["base_info"]["sku"]["quantity"] = json!(0);
    }),
    ("more than the stock can be", |node| {
        node["base_info"]["sku"]["quantity"] = json!(100_000_001);
    }),
    ("milliseconds", |node| {
        node["base_info"]["date_info"]["begin_timestamp"] = json!(format!("{NOW}000"));
    }),
    ("a fraction of a second", |node| {
        node["base_info"]["date_info"]["begin_timestamp"] = json!("1587744000.123");
    }),
    ("an end before the begin", |node| {
        node["base_info"]["date_info"]["end_timestamp"] = json!((NOW - 1).to_string());
    }),
    ("an end in the past", |node| {
        node["base_info"]["date_info"]["begin_timestamp"] = json!((NOW - DAY).to_string());
        node["base_info"]["date_info"]["end_timestamp"] = json!((NOW - 1).to_string());
    }),
    ("misspelt dates", |node| {
        node["base_info"]["date_info"] =
            json!({"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_time": NOW, "end_time": NOW + DAY});
    }),
    ("an unknown type of dates", |node| {
        node["base_info"]["date_info"]["type"] = json!("RANGE");
    }),
    ("a term of no days", |node| {
        node["base_info"]["date_info"] =
            json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 0, "fixed_begin_term": 0});
    }),
    ("a coupon for ever", |node| {
        node["base_info"]["date_info"] = json!({"type": "DATE_TYPE_PERMANENT"});
    }),
    ("a picture of elsewhere", |node| {
        node["base_info"]["logo_url"] = json!("https://example.com/a.png");
    }),
    ("a media_id for a picture", |node| {
        node["base_info"]["logo_url"] = json!("a-media_id-of-sixty-four-characters");
    }),
    ("two pictures in the abstract", |node| {
        let list = &mut node["advanced_info"]["abstract"]["icon_url_list"];
        *list = json!([list[0], list[0]]);
    }),
    ("a list within a list", |node| {
        let list = &mut node["advanced_info"]["abstract"]["icon_url_list"];
        *list = json!([*list]);
    }),
    ("a text_image without either", |node| {
        node["advanced_info"]["text_image_list"] = json!([{}]);
    }),
    ("hours of no clock", |node| {
        node["advanced_info"]["time_limit"] = json!([{"type": "MONDAY", "begin_hour": 24}]);
    }),
    ("51 for one customer", |node| {
        node["base_info"]["get_limit"] = json!(51);
    }),
    ("a link without a mini-program", |node| {
        node["base_info"]["custom_app_brand_pass"] = json!("");
    }),
    ("a link to a home page", |node| {
        node["base_info"]["custom_url"] = json!("https://mp.weixin.qq.com/mp/homepage?__biz=MzA3");
    }),
    ("a mini-program by its appid", |node| {
        node["base_info"]["custom_app_brand_user_name"] = json!("wx00000000000000b0");
    }),
    ("a mini-program's page by a URL", |node| {
        node["base_info"]["custom_app_brand_pass"] = json!("https://example.com");
    }),
    ("deposited codes with a stock", |node| {
        node["base_info"]["get_custom_code_mode"] = json!("GET_CUSTOM_CODE_MODE_DEPOSIT");
    }),
    ("an unknown mode of codes", |node| {
        node["base_info"]["get_custom_code_mode"] = json!("SOME_MODE");
    }),
    ("linked to payment", |node| {
        node["base_info"]["pay_info"] = json!({"swipe_card": {"is_swipe_card": true}});
    }),
    ("shared among friends", |node| {
        node["advanced_info"]["share_friends"] = json!(true);
    }),
    ("a sub-merchant of nobody", |node| {
        node["base_info"]["sub_merchant_info"] = json!({"merchant_id": 99});
    }),
    ("a sub-merchant in review", |node| {
        node["base_info"]["sub_merchant_info"] = json!({"merchant_id": 8});
    }),
];

/// What an account lacks, and the change to the card that asks for it.
fn withheld() -> Vec<(&'static str, Value, Value)> {
    let base = |key: &str, value: Value| json!({"base_info": {key: value}});
    vec![
        (
            "no right to custom codes",
            json!({"withheld": ["custom_code"]}),
            base("use_custom_code", json!(true)),
        ),
        (
            "no right to links",
            json!({"withheld": ["custom_url"]}),
            json!({}),
        ),
        (
            "a store of nobody",
            json!({"stores": [1]}),
            base("location_id_list", json!([2])),
        ),
        ("no store named", json!({"stores": [1]}), json!({})),
        (
            "a banned word",
            json!({"banned_words": ["招牌"]}),
            json!({}),
        ),
        (
            "a category without cards",
            json!({"standing": 45160}),
            json!({}),
        ),
        (
            "a function that is not enabled",
            json!({"standing": 43015}),
            json!({}),
        ),
    ]
}

/// Cards of other types that are refused.
fn of_other_types(base_info: &Value) -> Vec<(&'static str, Value)> {
    let with = |change: Value| {
        let mut base_info = base_info.clone();
        merge(&mut base_info, change);
        base_info
    };
    let swipe = json!({"pay_info": {"swipe_card": {"is_swipe_card": true}}});
    let member = |base_info: Value, more: Value| {
        let mut node = json!({
            "base_info": base_info, "prerogative": "会员价", "supply_bonus": false,
            "supply_balance": false, "auto_activate": true,
        });
        merge(&mut node, more);
        json!({"card_type": "MEMBER_CARD", "member_card": node})
    };
    let cash = |base_info: Value, least: i64, reduce: i64| {
        json!({"card_type": "CASH", "cash": {
            "base_info": base_info, "least_cost": least, "reduce_cost": reduce,
        }})
    };
    vec![
        (
            "a fourth custom field",
            member(base_info.clone(), json!({"custom_field4": {}})),
        ),
        (
            "balance without the right",
            member(base_info.clone(), json!({"supply_balance": true})),
        ),
        (
            "bonus without the right",
            member(base_info.clone(), json!({"supply_bonus": true})),
        ),
        (
            "no way to activate",
            member(base_info.clone(), json!({"auto_activate": false})),
        ),
        (
            "payment beside a button",
            member(
                with(json!({"center_title": "快速买单", "is_pay_and_qrcode": true})),
                json!({}),
            ),
        ),
        ("payment of too little", cash(with(swipe.clone()), 1000, 99)),
        ("payment above the least", cash(with(swipe), 1000, 1000)),
        ("nothing off", cash(base_info.clone(), 0, 0)),
        (
            "a gift card with custom codes",
            json!({"card_type": "GENERAL_CARD", "general_card": {
                "base_info": with(json!({"use_custom_code": true})), "sub_card_type": "GIFT_CARD",
            }}),
        ),
        (
            "a ticket under a sub-merchant",
            json!({"card_type": "MEETING_TICKET", "meeting_ticket": {
                "base_info": with(json!({"sub_merchant_info": {"merchant_id": 7}})),
                "meeting_detail": "大会",
            }}),
        ),
        (
            "a type in small letters",
            json!({"card_type": "cash", "cash": {"base_info": base_info}}),
        ),
        (
            "a node of another type",
            json!({"card_type": "CASH", "gift": {"base_info": base_info}}),
        ),
        (
            "a node that is null",
            json!({"card_type": "CASH", "cash": null}),
        ),
        ("no card_type", json!({"cash": {"base_info": base_info}})),
    ]
}

fn merge(into: &mut Value, change: Value) {
    match change {
        Value::Object(members) if into.is_object() => {
            for (key, value) in members {
                merge(&mut into[key], value);
            }
        }
        other => *into = other,
    }
}

pub(super) async fn create(page: &mut Page) {
    let card = page.test.seed_card().await;
    page.post("the seed's card", &card).await;
    page.change_account(json!({
        "sub_merchants": [
            {"merchant_id": 7, "brand_name": "分店", "status": "APPROVED"},
            {"merchant_id": 8, "brand_name": "新店", "status": "CHECKING"},
        ],
    }))
    .await;
    for (what, change) in SPOILT {
        let mut card = card.clone();
        change(&mut card["card"]["general_coupon"]);
        page.post(what, &card).await;
    }
    for (what, restrictions, change) in withheld() {
        page.change_account(json!({"restrictions": restrictions}))
            .await;
        let mut card = card.clone();
        merge(&mut card["card"]["general_coupon"], change);
        page.post(what, &card).await;
    }
    let lacks = json!({"restrictions": {"withheld": ["balance", "bonus"]}});
    page.change_account(lacks).await;
    let base_info = &card["card"]["general_coupon"]["base_info"];
    for (what, card) in of_other_types(base_info) {
        page.post(what, &json!({"card": card})).await;
    }
    page.post("no card", &json!({"general_coupon": {}})).await;
    page.change_account(json!({"restrictions": {}})).await;
    by_switches(page, &card).await;
    page.behind_the_gateway("POST", "", &card.to_string()).await;
}

/// What is refused only when a switch says so.
async fn by_switches(page: &mut Page, card: &Value) {
    let with = |change: Value| {
        let mut card = card.clone();
        merge(&mut card["card"]["general_coupon"], change);
        card
    };
    page.turn("retirement", "48009").await;
    page.post("retirement=48009", card).await;
    page.turn("retirement", "off").await;

    let name = json!({"base_info": {"custom_app_brand_user_name": "gh_000000000099@app"}});
    page.turn("unlinked_mini_program", "refuse").await;
    page.post("unlinked_mini_program=refuse", &with(name)).await;

    page.turn("unknown_store", "40098").await;
    page.change_account(json!({"restrictions": {"stores": [1]}}))
        .await;
    let store = json!({"base_info": {"location_id_list": [2]}});
    page.post("unknown_store=40098", &with(store)).await;
    page.change_account(json!({"restrictions": {}})).await;

    page.turn("friend_coupons", "open").await;
    let friends = json!({
        "base_info": {"use_custom_code": true}, "advanced_info": {"share_friends": true},
    });
    page.post("friend_coupons=open", &with(friends)).await;

    page.turn("unicode_escape", "refuse").await;
    let escaped = card.to_string().replace("星河小馆", "\\u661f");
    let answer = page.test.post_text("/card/create", "", &escaped).await;
    page.note("unicode_escape=refuse", &answer);
    page.turn("unicode_escape", "accept").await;
}

pub(super) async fn get(page: &mut Page) {
    let card_id = page.test.create().await;
    let body = json!({"card_id": card_id});
    page.post("a card", &body).await;
    for (what, body) in [
        ("no card_id", json!({})),
        ("an empty card_id", json!({"card_id": ""})),
        ("a number", json!({"card_id": 5})),
        ("an unknown card_id", json!({"card_id": "p1"})),
        ("a code for a card", json!({"card_id": "110201201245"})),
    ] {
        page.post(what, &body).await;
    }
    page.behind_the_gateway("POST", "", &body.to_string()).await;
}
