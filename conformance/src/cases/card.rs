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

/// Adds a sub-merchant to the shop's account.
async fn add_merchant(shop: &Shop, status: &str) -> Result<(), Violation> {
    let merchant = json!({"merchant_id": 7, "brand_name": "分店", "status": status});
    shop.change(json!({"sub_merchants": [merchant]})).await
}

async fn create_for_merchant(shop: &Shop, status: &str) -> Result<Answer, Violation> {
    add_merchant(shop, status).await?;
    shop.create(|node| base(node)["sub_merchant_info"] = json!({"merchant_id": 7}))
        .await
}

/// What create answers to a card of another type with the seed's `base_info`, changed.
async fn create_other(
    shop: &Shop,
    card_type: &str,
    mut node: Value,
    change: Value,
) -> Result<Answer, Violation> {
    let seed = shop.card().await?;
    node["base_info"] = seed["card"]["general_coupon"]["base_info"].clone();
    for (key, value) in change.as_object().into_iter().flatten() {
        base(&mut node)[key] = value.clone();
    }
    let name = card_type.to_ascii_lowercase();
    let card = json!({"card": {"card_type": card_type, name: node}});
    shop.post("/card/create", card).await
}

/// A CASH coupon that takes off `reduce_cost` fen from `least_cost` on, linked to payment.
async fn create_paid(shop: &Shop, least: i64, reduce: i64) -> Result<Answer, Violation> {
    let costs = json!({"least_cost": least, "reduce_cost": reduce});
    let pay = json!({"pay_info": {"swipe_card": {"is_swipe_card": true}}});
    create_other(shop, "CASH", costs, pay).await
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
        Field(40100, |node| {
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
        "WX-CRD-028",
        Field(40070, |node| base(node)["sku"]["quantity"] = json!("many")),
    ),
    Case::new(
        "WX-CRD-035",
        Call(|shop| {
            let node = json!({"sub_card_type": "GIFT_CARD"});
            let change = json!({"use_custom_code": true});
            Box::pin(create_other(shop, "GENERAL_CARD", node, change))
        }),
    ),
    Case::new(
        "WX-CRD-037",
        Field(40155, |node| {
            base(node)["custom_url"] = json!("https://mp.weixin.qq.com/mp/homepage?__biz=MzA3");
        }),
    ),
    Case::new(
        "WX-CRD-038",
        Call(|shop| {
            let node = json!({
                "least_cost": 0, "reduce_cost": 100, "advanced_info": {"share_friends": true},
            });
            Box::pin(create_other(
                shop,
                "CASH",
                node,
                json!({"use_custom_code": true}),
            ))
        }),
    ),
    Case::new(
        "WX-CRD-039",
        Field(40165, |node| {
            base(node)["custom_app_brand_pass"] = json!("https://example.com");
        }),
    ),
    Case::new(
        "WX-CRD-040",
        Field(40166, |node| {
            base(node)["custom_app_brand_user_name"] = json!("wx00000000000000b0");
        }),
    ),
    Case::new(
        "WX-CRD-044",
        Call(|shop| {
            Box::pin(async move {
                add_merchant(shop, "APPROVED").await?;
                let node = json!({"meeting_detail": "大会"});
                let change = json!({"sub_merchant_info": {"merchant_id": 7}});
                create_other(shop, "MEETING_TICKET", node, change).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-045",
        Call(|shop| {
            let node = json!({
                "prerogative": "会员价", "supply_bonus": false, "supply_balance": false,
                "auto_activate": true,
            });
            let change = json!({"center_title": "快速买单", "is_pay_and_qrcode": true});
            Box::pin(create_other(shop, "MEMBER_CARD", node, change))
        }),
    ),
    Case::new(
        "WX-CRD-046",
        Field(72006, |node| base(node)["title"] = json!("一\n二")),
    ),
    Case::new(
        "WX-CRD-047",
        Call(|shop| Box::pin(create_paid(shop, 1000, 99))),
    ),
    Case::new(
        "WX-CRD-048",
        Call(|shop| Box::pin(create_paid(shop, 1000, 1000))),
    ),
    Case::new(
        "WX-CRD-083",
        Create(|node| {
            let base = base(node);
            base["use_custom_code"] = json!(true);
            base["get_custom_code_mode"] = json!("GET_CUSTOM_CODE_MODE_DEPOSIT");
            base["sku"]["quantity"] = json!(100);
        }),
    ),
    Case::new(
        "WX-ADV-020",
        Holds(|shop| {
            Box::pin(leaves_advice(shop, "WX-ADV-020", |node| {
                base(node)["need_push_on_view"] = json!(true);
            }))
        }),
    ),
    Case::new(
        "WX-ADV-021",
        Holds(|shop| {
            Box::pin(leaves_advice(shop, "WX-ADV-021", |node| {
                base(node)["location_id_list"] = json!([5]);
            }))
        }),
    ),
    Case::new(
        "WX-ADV-022",
        Holds(|shop| {
            Box::pin(leaves_advice(shop, "WX-ADV-022", |node| {
                base(node)["custom_app_brand_user_name"] = json!("gh_000000000099@app");
            }))
        }),
    ),
    Case::new(
        "WX-ADV-023",
        Holds(|shop| {
            Box::pin(leaves_advice(shop, "WX-ADV-023", |node| {
                base(node)["title"] = json!(123);
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
