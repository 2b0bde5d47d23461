//! `/card/membercard/…`, `/card/generalcard/…`.

use serde_json::{Value, json};

use crate::{
    Case,
    Trial::{Call, Exchange},
    target::{Answer, Claimed, Shop, Violation},
};

/// An object with some members more, or others.
pub(super) fn with(mut object: Value, more: Value) -> Value {
    if let Value::Object(more) = more {
        for (key, value) in more {
            object[key] = value;
        }
    }
    object
}

/// A member card that can be claimed, with some changes beside `base_info`.
pub(super) async fn member_card(shop: &Shop, change: Value) -> Result<String, Violation> {
    let seed = shop.card().await?;
    let node = json!({
        "base_info": seed["card"]["general_coupon"]["base_info"], "prerogative": "会员价",
        "supply_bonus": true, "supply_balance": true, "activate_url": "https://shop.example/join",
    });
    let card = json!({"card": {"card_type": "MEMBER_CARD", "member_card": with(node, change)}});
    shop.post("/card/create", card).await?.text("card_id")
}

async fn holder(shop: &Shop, change: Value) -> Result<Claimed, Violation> {
    shop.claimed_of(member_card(shop, change).await?).await
}

async fn member(shop: &Shop) -> Result<Claimed, Violation> {
    holder(shop, json!({"auto_activate": true})).await
}

/// A member who sent WeChat's form in: of others userinfo/get has no `user_info`.
async fn member_by_form(shop: &Shop) -> Result<Claimed, Violation> {
    let claimed = holder(shop, json!({"wx_activate": true})).await?;
    let filled_in = json!({
        "common": {"USER_FORM_INFO_FLAG_MOBILE": "13800000000"}, "custom": {"口味": "微辣"},
    });
    shop.on_phone(&shop.user, &claimed.code, "activate", filled_in)
        .await?;
    Ok(claimed)
}

fn named(claimed: &Claimed, more: Value) -> Value {
    let call = json!({"card_id": claimed.card_id, "code": claimed.code});
    with(call, more)
}

/// What an activation with some more values answers.
async fn activate(shop: &Shop, claimed: &Claimed, more: Value) -> Result<Answer, Violation> {
    let call = named(claimed, json!({"membership_number": "M-1"}));
    let path = "/card/membercard/activate";
    shop.post(path, with(call, more)).await
}

async fn update(shop: &Shop, claimed: &Claimed, more: Value) -> Result<Answer, Violation> {
    let call = named(claimed, more);
    shop.post("/card/membercard/updateuser", call).await
}

async fn info_of(shop: &Shop, claimed: &Claimed) -> Result<Answer, Violation> {
    let call = named(claimed, json!({}));
    shop.post("/card/membercard/userinfo/get", call).await
}

async fn set_form(shop: &Shop, change: Value, field: &str) -> Result<Answer, Violation> {
    let card_id = member_card(shop, change).await?;
    let form = json!({"common_field_id_list": [field]});
    let call = json!({"card_id": card_id, "required_form": form});
    let path = "/card/membercard/activateuserform/set";
    shop.post(path, call).await
}

/// The ticket with which a customer comes to the shop's page.
async fn ticket(shop: &Shop) -> Result<String, Violation> {
    let change = json!({
        "wx_activate": true, "wx_activate_after_submit": true,
        "wx_activate_after_submit_url": "https://shop.example/join",
    });
    let claimed = holder(shop, change).await?;
    let path = format!("users/{}/cards/{}/activate", shop.user, claimed.code);
    let filled_in = json!({"common": {"USER_FORM_INFO_FLAG_MOBILE": "13800000000"}});
    let answer = shop.target.control(&path, &filled_in).await?;
    let ticket = answer["activate_ticket"].as_str().map(str::to_owned);
    ticket.ok_or_else(|| Violation::Arrange(format!("no activate_ticket in {answer}")))
}

async fn read_ticket(shop: &Shop, ticket: &str) -> Result<Answer, Violation> {
    let call = json!({"activate_ticket": ticket});
    let path = "/card/membercard/activatetempinfo/get";
    shop.post(path, call).await
}

/// A general card is activated, and that is taken back.
async fn general_card_can_be_activated(shop: &Shop) -> Result<(), Violation> {
    let seed = shop.card().await?;
    let base_info = &seed["card"]["general_coupon"]["base_info"];
    let node = json!({"base_info": base_info, "sub_card_type": "GIFT_CARD"});
    let card = json!({"card": {"card_type": "GENERAL_CARD", "general_card": node}});
    let made = shop.post("/card/create", card).await?;
    let claimed = shop.claimed_of(made.text("card_id")?).await?;
    for what in ["activate", "unactivate"] {
        let path = format!("/card/generalcard/{what}");
        let answer = shop.post(&path, named(&claimed, json!({}))).await?;
        if answer.errcode() != 0 {
            return Err(Violation::differs(what, 0, &answer.json));
        }
    }
    Ok(())
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "member/get",
        Exchange(|shop| Box::pin(async move { info_of(shop, &member_by_form(shop).await?).await })),
    ),
    Case::new(
        "WX-MBR-001",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                let call = json!({"card_id": card_id});
                shop.post("/card/membercard/activate/geturl", call).await
            })
        }),
    ),
    Case::new(
        "WX-MBR-002",
        Call(|shop| {
            Box::pin(async move {
                let claimed = holder(shop, json!({})).await?;
                let first = activate(shop, &claimed, json!({"init_bonus": 5})).await?;
                let info = info_of(shop, &claimed).await?;
                if first.errcode() != 0 || info.json["bonus"] != 5 {
                    return Err(Violation::differs("the member's bonus", 5, &info.json));
                }
                activate(shop, &claimed, json!({})).await
            })
        }),
    ),
    Case::new(
        "WX-MBR-003",
        Call(|shop| {
            Box::pin(async move {
                let claimed = holder(shop, json!({})).await?;
                update(shop, &claimed, json!({"add_bonus": 1})).await
            })
        }),
    ),
    Case::new(
        "WX-MBR-004",
        Call(|shop| {
            Box::pin(async move {
                let claimed = member(shop).await?;
                let added = update(shop, &claimed, json!({"add_bonus": 5})).await?;
                if added.json["result_bonus"] != 5 {
                    return Err(Violation::differs("result_bonus", 5, &added.json));
                }
                update(shop, &claimed, json!({"add_bonus": -6})).await
            })
        }),
    ),
    Case::new(
        "WX-MBR-005",
        Call(|shop| {
            Box::pin(async move {
                let claimed = member(shop).await?;
                update(shop, &claimed, json!({"balance": -1})).await
            })
        }),
    ),
    Case::new(
        "WX-MBR-006",
        Call(|shop| {
            Box::pin(async move {
                let claimed = member(shop).await?;
                let values = json!({"custom_field_value1": "白金会员五"});
                update(shop, &claimed, values).await
            })
        }),
    ),
    Case::new(
        "WX-MBR-007",
        Call(|shop| {
            Box::pin(async move {
                let claimed = holder(shop, json!({})).await?;
                let dates = json!({"activate_begin_time": 2000, "activate_end_time": 1000});
                activate(shop, &claimed, dates).await
            })
        }),
    ),
    Case::new(
        "WX-MBR-009",
        Call(|shop| {
            let change = json!({"wx_activate": true, "activate_url": null});
            Box::pin(set_form(shop, change, "NAME"))
        }),
    ),
    Case::new(
        "WX-MBR-010",
        Call(|shop| {
            Box::pin(async move {
                let foreign = ticket(&shop.stranger().await?).await?;
                read_ticket(shop, &foreign).await
            })
        }),
    ),
    Case::moving_the_clock(
        "WX-MBR-011",
        Call(|shop| {
            Box::pin(async move {
                let ticket = ticket(shop).await?;
                let read = read_ticket(shop, &ticket).await?;
                if read.json["info"]["common_field_list"][0]["value"] != "13800000000" {
                    return Err(Violation::differs("info", "what was filled in", &read.json));
                }
                shop.advance(7200).await?;
                let token = shop.token_of(&shop.oa).await?;
                let later = Shop {
                    token,
                    ..shop.clone()
                };
                read_ticket(&later, &ticket).await
            })
        }),
    ),
    Case::new(
        "WX-MBR-012",
        Call(|shop| {
            Box::pin(async move {
                let claimed = member(shop).await?;
                let call = named(&claimed, json!({"bonus": 1}));
                shop.post("/card/generalcard/updateuser", call).await
            })
        }),
    ),
    Case::new(
        "WX-MBR-015",
        Call(|shop| {
            Box::pin(async move {
                let claimed = member(shop).await?;
                let path = "/card/membercard/unactivate";
                let first = shop.post(path, named(&claimed, json!({}))).await?;
                let info = info_of(shop, &claimed).await?;
                if first.errcode() != 0 || info.json["has_active"] != false {
                    return Err(Violation::differs("has_active", false, &info.json));
                }
                general_card_can_be_activated(shop).await?;
                shop.post(path, named(&claimed, json!({}))).await
            })
        }),
    ),
    Case::new(
        "WX-MBR-013",
        Call(|shop| {
            Box::pin(async move {
                let seed = shop.card().await?;
                let base_info = seed["card"]["general_coupon"]["base_info"].clone();
                let base_info = with(base_info, json!({"use_custom_code": true}));
                let change = json!({
                    "base_info": base_info, "wx_activate": true, "activate_url": null,
                });
                let call = json!({"card_id": member_card(shop, change).await?});
                shop.post("/card/membercard/activate/geturl", call).await
            })
        }),
    ),
    Case::new(
        "WX-MBR-014",
        Call(|shop| {
            Box::pin(async move {
                // With wx_activate beside it or alone, and by either of the two fields.
                for wx_activate in [json!(null), json!(true)] {
                    let change = json!({"wx_activate": wx_activate});
                    let answer = set_form(shop, change, "USER_FORM_INFO_FLAG_MOBILE").await?;
                    if answer.errcode() != 45030 {
                        return Err(Violation::differs("errcode", 45030, &answer.json));
                    }
                }
                let change = json!({"auto_activate": true, "activate_url": null});
                set_form(shop, change, "USER_FORM_INFO_FLAG_MOBILE").await
            })
        }),
    ),
    Case::new(
        "WX-COD-046",
        Call(|shop| {
            Box::pin(async move {
                let call = named(&member(shop).await?, json!({}));
                let code = shop.post("/card/code/get", call.clone()).await?;
                if code.json["can_consume"] != true {
                    return Err(Violation::differs("can_consume", true, &code.json));
                }
                shop.post("/card/code/consume", call).await
            })
        }),
    ),
];
