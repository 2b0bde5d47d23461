//! `wx.chooseCard` and `wx.openCard` on the customer's phone, and messages with a card.

use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::{
    Case,
    Trial::{Call, Holds},
    target::{Answer, Claimed, Shop, Violation},
};

/// What `wx.chooseCard` answers, signed rightly over what it is called with.
async fn choose(shop: &Shop, sign_type: &str, card_type: &str) -> Result<Value, Violation> {
    let (ticket, now) = (shop.ticket("wx_card").await?, shop.now().await?.to_string());
    let mut values = [&ticket, &shop.oa.appid, &now, "n", card_type];
    values.sort_unstable();
    let call = json!({
        "appid": shop.oa.appid, "timestamp": now, "nonceStr": "n", "cardType": card_type,
        "signType": sign_type, "cardSign": hex::encode(Sha1::digest(values.concat())),
    });
    let path = format!("users/{}/choose-card", shop.user);
    shop.target.control(&path, &call).await
}

async fn open(shop: &Shop, card_id: &str, code: &str) -> Result<Value, Violation> {
    let call = json!({"appid": shop.mp.appid, "cardList": [{"cardId": card_id, "code": code}]});
    let path = format!("users/{}/open-card", shop.user);
    shop.target.control(&path, &call).await
}

/// Whether a page was told so, and by which rule.
fn names(answer: &Value, err_msg: &str, rule: &str) -> Result<(), Violation> {
    if answer["errMsg"] == err_msg && answer["explain"]["rule"] == rule {
        return Ok(());
    }
    let expected = format!("{err_msg} by {rule}");
    Err(Violation::differs("the answer", expected, answer))
}

/// A message with a fresh card to one customer.
async fn send(shop: &Shop, change: Value) -> Result<Answer, Violation> {
    let card_id = shop.card_id(|_| {}).await?;
    let mut message = json!({
        "touser": shop.openid_of(&shop.user).await?,
        "msgtype": "wxcard", "wxcard": {"card_id": card_id},
    });
    for (key, value) in change.as_object().into_iter().flatten() {
        message[key] = value.clone();
    }
    shop.post("/cgi-bin/message/custom/send", message).await
}

/// The customer reads a message and takes its card.
async fn take_from_message(shop: &Shop) -> Result<(), Violation> {
    let card_id = shop.card_id(|_| {}).await?;
    let openid = shop.openid_of(&shop.user).await?;
    let wxcard = json!({"msgtype": "wxcard", "wxcard": {"card_id": card_id}});
    for (path, to) in [
        ("mass/preview", json!({"touser": openid})),
        ("mass/sendall", json!({"filter": {"is_to_all": true}})),
    ] {
        let mut message = wxcard.clone();
        for (key, value) in to.as_object().into_iter().flatten() {
            message[key] = value.clone();
        }
        let path = format!("/cgi-bin/message/{path}");
        let sent = shop.post(&path, message).await?;
        if !sent.json["msg_id"].is_u64() {
            return Err(Violation::differs("msg_id", "a number", &sent.json));
        }
    }
    let path = format!("users/{}/messages", shop.user);
    let messages = shop.target.control(&path, &Value::Null).await?;
    let id = messages["messages"][0]["id"].as_str().unwrap_or_default();
    let path = format!("{path}/{id}/add-card");
    let taken = shop.target.control(&path, &json!({})).await?;
    if taken["cardList"][0]["isSuccess"] == true {
        return Ok(());
    }
    Err(Violation::differs("the card of a message", "taken", &taken))
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "WX-CHO-001",
        Holds(|shop| {
            Box::pin(async move {
                shop.claimed().await?;
                let chosen = choose(shop, "SHA1", "GENERAL_COUPON").await?;
                if chosen["errMsg"] != "chooseCard:ok" {
                    return Err(Violation::differs("the choice", "chooseCard:ok", &chosen));
                }
                let none = choose(shop, "SHA1", "CASH").await?;
                names(&none, "chooseCard:cancel", "WX-CHO-001")
            })
        }),
    ),
    Case::new(
        "WX-CHO-002",
        Holds(|shop| {
            Box::pin(async move {
                let refused = choose(shop, "MD5", "CASH").await?;
                names(&refused, "chooseCard:cancel", "WX-CHO-002")
            })
        }),
    ),
    Case::new(
        "WX-OPN-001",
        Holds(|shop| {
            Box::pin(async move {
                let Claimed {
                    card_id,
                    encrypted,
                    code,
                } = shop.claimed().await?;
                let opened = open(shop, &card_id, &code).await?;
                if opened["errMsg"] != "openCard:ok" {
                    return Err(Violation::differs("the card", "openCard:ok", &opened));
                }
                let refused = open(shop, &card_id, &encrypted).await?;
                names(&refused, "openCard:fail (参数错误)", "WX-OPN-001")
            })
        }),
    ),
    Case::new(
        "WX-OPN-002",
        Holds(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                let refused = open(shop, &card_id, "000000000000").await?;
                names(&refused, "openCard:fail (参数错误)", "WX-OPN-002")
            })
        }),
    ),
    Case::new(
        "WX-MSG-001",
        Call(|shop| Box::pin(send(shop, json!({"touser": "oNobody"})))),
    ),
    Case::new(
        "WX-MSG-002",
        Call(|shop| {
            Box::pin(async move {
                take_from_message(shop).await?;
                send(shop, json!({"msgtype": "card"})).await
            })
        }),
    ),
    Case::new(
        "WX-MSG-005",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                let message = json!({
                    "touser": [shop.openid_of(&shop.user).await?],
                    "msgtype": "wxcard", "wxcard": {"card_id": card_id},
                });
                shop.post("/cgi-bin/message/mass/send", message).await
            })
        }),
    ),
    Case::new(
        "WX-MSG-007",
        Call(|shop| {
            Box::pin(async move {
                let custom = shop.card_id(|base| base["use_custom_code"] = json!(true));
                let custom = custom.await?;
                send(shop, json!({"wxcard": {"card_id": custom}})).await
            })
        }),
    ),
];
