//! `/card/create` and `/card/get`.

use serde_json::{Value, json};

use crate::{
    Case,
    Trial::{Call, Create, Field, Holds},
    target::{Answer, DAY, Shop, Violation},
};

fn base(node: &mut Value) -> &mut Value {
    &mut node["base_info"]
}

/// A time as the seed's card has it, moved.
fn later(node: &Value, key: &str, seconds: i64) -> Value {
    let text = node["base_info"]["date_info"][key].as_str();
    let time: i64 = text.and_then(|text| text.parse().ok()).unwrap_or_default();
    json!((time + seconds).to_string())
}

/// What create answers to the seed's card after a change to the whole body.
async fn create(shop: &Shop, change: fn(&mut Value)) -> Result<Answer, Violation> {
    let mut card = shop.card().await?;
    change(&mut card);
    shop.post("/card/create", card).await
}

/// Whether a card that gets away with something leaves an advice.
async fn leaves_advice(shop: &Shop, rule: &str, change: fn(&mut Value)) -> Result<(), Violation> {
    let answer = shop.create(change).await?;
    if answer.errcode() != 0 {
        return Err(Violation::differs("errcode", 0, &answer.json));
    }
    shop.is_advised("/card/create", rule).await
}

/// Adds a sub-merchant to the shop's account, and makes a card for it.
async fn create_for_merchant(shop: &Shop, status: &str) -> Result<Answer, Violation> {
    let merchants = json!({"sub_merchants": [
        {"merchant_id": 7, "brand_name": "分店", "status": status},
    ]});
    let path = format!("/_mock/v1/accounts/{}", shop.oa.appid);
    let request = shop.target.request(reqwest::Method::PATCH, &path);
    shop.target
        .send(request.body(merchants.to_string()))
        .await?;
    shop.create(|node| base(node)["sub_merchant_info"] = json!({"merchant_id": 7}))
        .await
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "WX-CRD-001",
        Field(41011, |node| base(node)["title"] = json!("")),
    ),
    Case::new(
        "WX-CRD-002",
        Field(45021, |node| {
            base(node)["title"] = json!("十个汉字就太长了真的");
        }),
    ),
    Case::new(
        "WX-CRD-003",
        Field(73213, |node| {
            base(node)["code_type"] = json!("CODE_TYPE_MUSIC");
        }),
    ),
    Case::new(
        "WX-CRD-004",
        Field(72009, |node| base(node)["get_limit"] = json!(51)),
    ),
    Case::new(
        "WX-CRD-005",
        Field(40141, |node| {
            base(node)["logo_url"] = json!("https://example.com/logo.png");
        }),
    ),
    Case::new(
        "WX-CRD-006",
        Field(40076, |node| base(node)["color"] = json!("color010")),
    ),
    Case::new(
        "WX-CRD-007",
        Field(47001, |node| {
            base(node)["status"] = json!("CARD_STATUS_VERIFY_OK");
        }),
    ),
    Case::new(
        "WX-CRD-010",
        Call(|shop| {
            Box::pin(create(shop, |card| {
                card["card"]["card_type"] = json!("general_coupon");
            }))
        }),
    ),
    Case::new(
        "WX-CRD-011",
        Call(|shop| {
            Box::pin(create(shop, |card| {
                card["card"]["card_type"] = json!("GROUPON");
            }))
        }),
    ),
    Case::new(
        "WX-CRD-012",
        Create(|node| {
            base(node)["date_info"]["begin_timestamp"] = json!("1798000000000");
        }),
    ),
    Case::new(
        "WX-CRD-013",
        Create(|node| {
            base(node)["date_info"]["end_timestamp"] = later(node, "begin_timestamp", 0);
        }),
    ),
    Case::new(
        "WX-CRD-014",
        Create(|node| {
            base(node)["date_info"]["end_timestamp"] = later(node, "begin_timestamp", -1);
            base(node)["date_info"]["begin_timestamp"] = later(node, "begin_timestamp", -DAY);
        }),
    ),
    Case::new(
        "WX-CRD-015",
        Create(|node| {
            base(node)["date_info"] =
                json!({"type": "DATE_TYPE_FIX_TIME_RANGE", "begin": 1, "end": 2});
        }),
    ),
    Case::new(
        "WX-CRD-016",
        Create(|node| {
            base(node)["date_info"] = json!({"type": "DATE_TYPE_PERMANENT"});
        }),
    ),
    Case::new(
        "WX-CRD-017",
        Field(40079, |node| {
            base(node)["date_info"] =
                json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 0, "fixed_begin_term": 0});
        }),
    ),
    Case::new(
        "WX-CRD-018",
        Create(|node| {
            base(node)["promotion_url"] = json!("https://example.com/menu");
        }),
    ),
    Case::new(
        "WX-CRD-019",
        Create(|node| {
            base(node)["sub_merchant_info"] = json!({"merchant_id": 7});
        }),
    ),
    Case::new(
        "WX-CRD-020",
        Call(|shop| Box::pin(create_for_merchant(shop, "CHECKING"))),
    ),
    Case::new(
        "WX-CRD-021",
        Field(45044, |node| {
            let icons = &mut node["advanced_info"]["abstract"]["icon_url_list"];
            *icons = json!([icons[0], icons[0]]);
        }),
    ),
    Case::new(
        "WX-CRD-022",
        Create(|node| {
            node["advanced_info"]["text_image_list"] = json!([{}]);
        }),
    ),
    Case::new(
        "WX-CRD-023",
        Create(|node| {
            base(node)["get_custom_code_mode"] = json!("GET_CUSTOM_CODE_MODE_DEPOSIT");
        }),
    ),
    Case::new(
        "WX-CRD-024",
        Create(|node| base(node)["sku"]["quantity"] = json!(0)),
    ),
    Case::new(
        "WX-CRD-025",
        Create(|node| {
            base(node)["pay_info"] = json!({"swipe_card": {"is_swipe_card": true}});
        }),
    ),
    Case::new(
        "WX-CRD-026",
        Create(|node| node["advanced_info"]["share_friends"] = json!(true)),
    ),
    Case::new("WX-CRD-027", Create(|_| {})),
    Case::new(
        "WX-CRD-050",
        Call(|shop| Box::pin(shop.post("/card/get", json!({})))),
    ),
    Case::new(
        "WX-CRD-051",
        Call(|shop| {
            Box::pin(async move {
                let foreign = shop.stranger().await?.card_id(|_| {}).await?;
                shop.post("/card/get", json!({"card_id": foreign})).await
            })
        }),
    ),
    Case::new(
        "WX-ADV-001",
        Holds(|shop| {
            Box::pin(leaves_advice(shop, "WX-ADV-001", |node| {
                let end = later(node, "end_timestamp", 0);
                let end = end.as_str().and_then(|text| text.parse::<i64>().ok());
                base(node)["date_info"]["end_timestamp"] = json!(end);
            }))
        }),
    ),
    Case::new(
        "WX-ADV-002",
        Holds(|shop| {
            Box::pin(leaves_advice(shop, "WX-ADV-002", |node| {
                base(node)["logo_url"] =
                    json!("http://mmbiz.qpic.cn/mmbiz_png/of-another-account/0");
            }))
        }),
    ),
    Case::new(
        "WX-ADV-008",
        Holds(|shop| {
            Box::pin(leaves_advice(shop, "WX-ADV-008", |node| {
                base(node)["date_info"]["type"] = json!(1);
            }))
        }),
    ),
    Case::new(
        "WX-ADV-009",
        Holds(|shop| {
            Box::pin(leaves_advice(shop, "WX-ADV-009", |node| {
                base(node)["sub_title"] = json!("每桌一张");
            }))
        }),
    ),
    Case::new(
        "WX-ADV-010",
        Holds(|shop| {
            Box::pin(leaves_advice(shop, "WX-ADV-010", |node| {
                base(node)["sku"]["quantity"] = json!("100");
            }))
        }),
    ),
];
