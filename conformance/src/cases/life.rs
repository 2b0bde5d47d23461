//! The life of a card after `/card/create`.

use serde_json::{Value, json};

use super::{code::deposit_card, member::member_card};
use crate::{
    Case,
    Trial::{Call, Holds},
    target::{Answer, DAY, Shop, Violation},
};

async fn on_card(
    shop: &Shop,
    path: &str,
    card_id: &str,
    mut call: Value,
) -> Result<Answer, Violation> {
    call["card_id"] = json!(card_id);
    shop.post(path, call).await
}

async fn update(shop: &Shop, change: Value) -> Result<Answer, Violation> {
    let card_id = shop.card_id(|_| {}).await?;
    on_card(shop, "/card/update", &card_id, change).await
}

async fn qr(shop: &Shop, card: Value) -> Result<Answer, Violation> {
    let call = json!({"action_name": "QR_CARD", "action_info": {"card": card}});
    shop.post("/card/qrcode/create", call).await
}

async fn page(shop: &Shop, scene: &str, cards: Value) -> Result<Answer, Violation> {
    let call = json!({
        "banner": "http://mmbiz.qpic.cn/a/0", "page_title": "星河小馆", "can_share": true,
        "scene": scene, "card_list": cards,
    });
    shop.post("/card/landingpage/create", call).await
}

/// A message to one customer; `own` is what its kind has, under the name of the kind.
async fn message(shop: &Shop, kind: &str, own: Value) -> Result<Answer, Violation> {
    let openid = shop.openid_of(&shop.user).await?;
    let message = json!({"touser": openid, "msgtype": kind, kind: own});
    shop.post("/cgi-bin/message/custom/send", message).await
}

/// A card to some customers, with an id of the caller's own.
async fn message_to(
    shop: &Shop,
    users: [&String; 2],
    clientmsgid: &str,
) -> Result<Answer, Violation> {
    let mut openids = Vec::new();
    for user in users {
        openids.push(shop.openid_of(user).await?);
    }
    let card_id = shop.card_id(|_| {}).await?;
    let message = json!({
        "touser": openids, "msgtype": "wxcard", "wxcard": {"card_id": card_id},
        "clientmsgid": clientmsgid,
    });
    shop.post("/cgi-bin/message/mass/send", message).await
}

fn at_a_store(base: &mut Value) {
    base["location_id_list"] = json!([123]);
    for key in ["center_title", "center_sub_title", "center_url"] {
        base[key] = json!("");
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "WX-CRD-053",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                on_card(shop, "/card/delete", &card_id, json!({})).await?;
                on_card(shop, "/card/mpnews/gethtml", &card_id, json!({})).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-054",
        Call(|shop| {
            Box::pin(async move {
                shop.change(json!({"review": "manual"})).await?;
                let card_id = shop.card_id(|_| {}).await?;
                qr(shop, json!({"card_id": card_id})).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-060",
        Call(|shop| {
            Box::pin(async move {
                shop.post("/card/batchget", json!({"offset": 0, "count": 51}))
                    .await
            })
        }),
    ),
    Case::new(
        "WX-CRD-061",
        Call(|shop| {
            Box::pin(async move {
                let call = json!({"offset": 0, "count": 50, "status_list": ["NORMAL"]});
                shop.post("/card/batchget", call).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-062",
        Call(|shop| {
            Box::pin(async move {
                update(
                    shop,
                    json!({"general_coupon": {"base_info": {"brand_name": "星河"}}}),
                )
                .await
            })
        }),
    ),
    Case::new(
        "WX-CRD-063",
        Call(|shop| {
            Box::pin(async move {
                update(shop, json!({"cash": {"base_info": {"notice": "请出示"}}})).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-064",
        Call(|shop| {
            Box::pin(async move {
                let now = shop.now().await?;
                let dates = json!({
                    "type": "DATE_TYPE_FIX_TIME_RANGE",
                    "begin_timestamp": now.to_string(), "end_timestamp": (now + DAY).to_string(),
                });
                update(
                    shop,
                    json!({"general_coupon": {"base_info": {"date_info": dates}}}),
                )
                .await
            })
        }),
    ),
    Case::new(
        "WX-CRD-065",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(at_a_store).await?;
                on_card(
                    shop,
                    "/card/paycell/set",
                    &card_id,
                    json!({"is_open": true}),
                )
                .await?;
                let change = json!({"general_coupon": {"base_info": {"center_title": "立即使用"}}});
                on_card(shop, "/card/update", &card_id, change).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-066",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                on_card(shop, "/card/modifystock", &card_id, json!({})).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-067",
        Call(|shop| {
            Box::pin(async move {
                let card_id = deposit_card(shop).await?;
                on_card(shop, "/card/code/getdepositcount", &card_id, json!({})).await?;
                on_card(
                    shop,
                    "/card/modifystock",
                    &card_id,
                    json!({"increase_stock_value": 1}),
                )
                .await
            })
        }),
    ),
    Case::new(
        "WX-CRD-068",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                on_card(
                    shop,
                    "/card/modifystock",
                    &card_id,
                    json!({"reduce_stock_value": 100_000}),
                )
                .await
            })
        }),
    ),
    Case::new(
        "WX-CRD-070",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop
                    .card_id(|base| base["location_id_list"] = json!([]))
                    .await?;
                on_card(
                    shop,
                    "/card/paycell/set",
                    &card_id,
                    json!({"is_open": true}),
                )
                .await
            })
        }),
    ),
    Case::new(
        "WX-CRD-071",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(at_a_store).await?;
                on_card(
                    shop,
                    "/card/paycell/set",
                    &card_id,
                    json!({"is_open": true}),
                )
                .await?;
                on_card(
                    shop,
                    "/card/selfconsumecell/set",
                    &card_id,
                    json!({"is_open": true}),
                )
                .await
            })
        }),
    ),
    Case::new(
        "WX-CRD-072",
        Call(|shop| {
            Box::pin(async move {
                let call = json!({"username": vec!["somebody"; 11]});
                shop.post("/card/testwhitelist/set", call).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-073",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                let call = json!({
                    "action_name": "QR_SCENE", "action_info": {"card": {"card_id": card_id}},
                });
                shop.post("/card/qrcode/create", call).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-074",
        Call(|shop| {
            Box::pin(async move {
                shop.post("/card/qrcode/create", json!({"action_name": "QR_CARD"}))
                    .await
            })
        }),
    ),
    Case::new(
        "WX-CRD-075",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                let call = json!({
                    "action_name": "QR_CARD", "expire_seconds": 86_400, "action_info": {"card": {"card_id": card_id}},
                });
                shop.post("/card/qrcode/create", call).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-076",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop
                    .card_id(|base| base["sku"]["quantity"] = json!(1))
                    .await?;
                shop.claimed_of(card_id.clone()).await?;
                qr(shop, json!({"card_id": card_id, "is_unique_code": true})).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-077",
        Call(|shop| {
            Box::pin(async move { shop.target.get("/cgi-bin/showqrcode?ticket=nonsense").await })
        }),
    ),
    Case::new(
        "WX-CRD-078",
        Call(|shop| Box::pin(async move { page(shop, "H5", json!([])).await })),
    ),
    Case::new(
        "WX-CRD-079",
        Call(|shop| Box::pin(async move { page(shop, "SCENE_H5", json!([])).await })),
    ),
    Case::new(
        "WX-CRD-080",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop
                    .card_id(|base| base["use_custom_code"] = json!(true))
                    .await?;
                page(
                    shop,
                    "SCENE_H5",
                    json!([{"card_id": card_id, "thumb_url": "http://mmbiz.qpic.cn/a/0"}]),
                )
                .await
            })
        }),
    ),
    Case::new(
        "WX-CRD-081",
        Call(|shop| {
            Box::pin(async move {
                let card_id = member_card(shop, json!({"auto_activate": true})).await?;
                let change = json!({"member_card": {"supply_bonus": false}});
                on_card(shop, "/card/update", &card_id, change).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-082",
        Call(|shop| {
            let cell = json!({"card_id_list": ["1", "2", "3", "4", "5", "6"]});
            let base_info = json!({"consume_msg_operation": {"url_cell": cell}});
            Box::pin(update(
                shop,
                json!({"general_coupon": {"base_info": base_info}}),
            ))
        }),
    ),
    Case::new(
        "WX-CLM-020",
        Holds(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                let made = qr(shop, json!({"card_id": card_id, "is_unique_code": true})).await?;
                let scan = format!("users/{}/scan", shop.user);
                let ticket = json!({"ticket": made.text("ticket")?});
                let first = shop.target.control(&scan, &ticket).await?;
                if first["errMsg"] != "scan:ok" {
                    return Err(Violation::differs(
                        "the first scan",
                        "scan:ok",
                        &first["errMsg"],
                    ));
                }
                let second = shop.target.control(&scan, &ticket).await?;
                if second["explain"]["rule"] == "WX-CLM-020" {
                    return Ok(());
                }
                Err(Violation::differs("the second scan", "WX-CLM-020", second))
            })
        }),
    ),
    Case::new(
        "WX-MSG-003",
        Call(|shop| Box::pin(message(shop, "text", json!({"content": ""})))),
    ),
    Case::new(
        "WX-MSG-004",
        Call(|shop| Box::pin(message(shop, "news", json!({"articles": []})))),
    ),
    Case::new(
        "WX-MSG-006",
        Call(|shop| {
            Box::pin(async move {
                let users = [&shop.user, &shop.friend().await?];
                let sent = message_to(shop, users, &"m".repeat(64)).await?;
                if sent.errcode() != 0 {
                    return Err(Violation::differs("errcode", 0, &sent.json));
                }
                message_to(shop, users, &"m".repeat(65)).await
            })
        }),
    ),
];
