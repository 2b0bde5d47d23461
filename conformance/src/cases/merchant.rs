//! Rules for gifts on payment, and sub-merchants.

use serde_json::{Value, json};

use super::member::{member_card, with};
use crate::{
    Case,
    Trial::{Call, Exchange},
    target::{Answer, DAY, Shop, Violation},
};

async fn done(shop: &Shop, path: &str, call: Value) -> Result<Answer, Violation> {
    let answer = shop.post(path, call).await?;
    if answer.errcode() == 0 {
        Ok(answer)
    } else {
        Err(Violation::differs(path, 0, &answer.json))
    }
}

async fn add_rule(shop: &Shop, mchids: Value) -> Result<Answer, Violation> {
    let card_id = member_card(shop, json!({"auto_activate": true})).await?;
    let now = shop.now().await?;
    let rule = json!({
        "type": "RULE_TYPE_PAY_MEMBER_CARD",
        "base_info": {"mchid_list": mchids, "begin_time": now, "end_time": now + DAY},
        "member_rule": {"card_id": card_id, "least_cost": 0, "max_cost": 10_000},
    });
    let path = "/card/paygiftcard/add";
    shop.post(path, json!({"rule_info": rule})).await
}

/// Merchant numbers are the whole world's, so each case has one of its own.
fn mchid(shop: &Shop, name: &str) -> String {
    format!("{}-{name}", shop.oa.appid)
}

/// A sub-merchant that is submitted with some changes.
async fn submit(shop: &Shop, change: Value) -> Result<Answer, Violation> {
    let seed = shop.card().await?;
    let logo = &seed["card"]["general_coupon"]["base_info"]["logo_url"];
    let photo = fixtures::image("logo.jpg");
    let path = "/cgi-bin/media/upload?type=image";
    let protocol = shop.upload(path, "letter.jpg", photo).await?;
    let info = json!({
        "brand_name": "分店", "logo_url": logo, "protocol": protocol.text("media_id")?,
        "end_time": shop.now().await? + 300 * DAY,
        "primary_category_id": 1, "secondary_category_id": 101,
    });
    let info = with(info, change);
    let path = match info.get("merchant_id") {
        None => "/card/submerchant/submit",
        Some(_) => "/card/submerchant/update",
    };
    shop.post(path, json!({"info": info})).await
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "pay_gift/add",
        Exchange(|shop| Box::pin(add_rule(shop, json!([mchid(shop, "c")])))),
    ),
    Case::new(
        "merchant/submit",
        Exchange(|shop| Box::pin(submit(shop, json!({})))),
    ),
    Case::new(
        "WX-GFT-001",
        Call(|shop| Box::pin(add_rule(shop, json!([])))),
    ),
    Case::new(
        "WX-GFT-002",
        Call(|shop| {
            Box::pin(async move {
                let added = add_rule(shop, json!([mchid(shop, "a")])).await?;
                let rule = json!({"rule_id": added.json["rule_id"]});
                let of_type = json!({
                    "type": "RULE_TYPE_PAY_MEMBER_CARD", "effective": true, "offset": 0, "count": 10,
                });
                done(shop, "/card/paygiftcard/getbyid", rule.clone()).await?;
                let listed = done(shop, "/card/paygiftcard/batchget", of_type).await?;
                if listed.json["total_count"] != 1 {
                    return Err(Violation::differs("total_count", 1, &listed.json));
                }
                done(shop, "/card/paygiftcard/delete", rule.clone()).await?;
                shop.post("/card/paygiftcard/getbyid", rule).await
            })
        }),
    ),
    Case::new(
        "WX-GFT-003",
        Call(|shop| {
            Box::pin(async move {
                let card_id = member_card(shop, json!({"auto_activate": true})).await?;
                let (now, mchid) = (shop.now().await?, mchid(shop, "b"));
                let call = json!({"card_id": card_id, "mchid_list": [mchid]});
                let rule = with(
                    call.clone(),
                    json!({"begin_time": now, "end_time": now + DAY}),
                );
                done(shop, "/card/paygiftmembercard/add", rule).await?;
                let of_mchid = json!({"mchid": mchid});
                done(shop, "/card/paygiftmembercard/get", of_mchid.clone()).await?;
                done(shop, "/card/paygiftmembercard/delete", call).await?;
                shop.post("/card/paygiftmembercard/get", of_mchid).await
            })
        }),
    ),
    Case::new(
        "WX-MCH-001",
        Call(|shop| {
            Box::pin(submit(
                shop,
                json!({"logo_url": "https://shop.example/a.jpg"}),
            ))
        }),
    ),
    Case::new(
        "WX-MCH-002",
        Call(|shop| {
            Box::pin(async move {
                let stranger = shop.stranger().await?;
                let foreign = submit(&stranger, json!({})).await?;
                let id = &foreign.json["info"]["merchant_id"];
                let call = json!({"merchant_id": id});
                done(&stranger, "/card/submerchant/get", call.clone()).await?;
                let changed = json!({"merchant_id": id, "brand_name": "新店"});
                let changed = submit(&stranger, changed).await?;
                if changed.json["info"]["brand_name"] != "新店" {
                    return Err(Violation::differs("brand_name", "新店", &changed.json));
                }
                shop.post("/card/submerchant/get", call).await
            })
        }),
    ),
    Case::new(
        "WX-MCH-003",
        Call(|shop| {
            Box::pin(async move {
                let categories = shop.ask("/card/getapplyprotocol").await?;
                let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
                let first = list(&categories.json["category"]);
                let first = first.first().cloned().unwrap_or_default();
                let others = json!({
                    "primary_category_id": first["primary_category_id"].as_i64().unwrap_or(1),
                    "secondary_category_id": 999_999,
                });
                submit(shop, others).await
            })
        }),
    ),
    Case::new(
        "WX-MCH-004",
        Call(|shop| Box::pin(submit(shop, json!({"end_time": 1000})))),
    ),
    Case::new(
        "WX-MCH-005",
        Call(|shop| {
            Box::pin(async move {
                let call = json!({"begin_id": 0, "limit": 101, "status": "APPROVED"});
                shop.post("/card/submerchant/batchget", call).await
            })
        }),
    ),
];
