//! `/card/code/…`.

use serde_json::{Value, json};

use crate::{
    Case,
    Trial::Call,
    target::{Answer, DAY, Ext, Shop, Violation},
};

async fn consume(shop: &Shop, call: Value) -> Result<Answer, Violation> {
    shop.post("/card/code/consume", call).await
}

async fn decrypt(shop: &Shop, text: &str) -> Result<Answer, Violation> {
    shop.post("/card/code/decrypt", json!({"encrypt_code": text}))
        .await
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "WX-COD-001",
        Call(|shop| Box::pin(consume(shop, json!({})))),
    ),
    Case::new(
        "WX-COD-002",
        Call(|shop| Box::pin(consume(shop, json!({"code": "000000000000"})))),
    ),
    Case::new(
        "WX-COD-003",
        Call(|shop| {
            Box::pin(async move {
                let claimed = shop.claimed().await?;
                consume(shop, json!({"code": claimed.encrypted})).await
            })
        }),
    ),
    Case::new(
        "WX-COD-004",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop
                    .card_id(|base| base["use_custom_code"] = json!(true))
                    .await?;
                let ext = Ext {
                    code: "0001".into(),
                    ..shop.ext("n").await?
                };
                shop.add_card(&card_id, &ext.sign(&card_id)).await?;
                consume(shop, json!({"code": "0001"})).await
            })
        }),
    ),
    Case::new(
        "WX-COD-005",
        Call(|shop| {
            Box::pin(async move {
                let claimed = shop.claimed().await?;
                let other = shop.card_id(|_| {}).await?;
                consume(shop, json!({"code": claimed.code, "card_id": other})).await
            })
        }),
    ),
    Case::new(
        "WX-COD-006",
        Call(|shop| {
            Box::pin(async move {
                let claimed = shop.claimed().await?;
                let call = json!({"code": claimed.code, "card_id": claimed.card_id});
                let first = consume(shop, call.clone()).await?;
                if first.errcode() != 0 {
                    return Err(Violation::differs("the first redemption", 0, &first.json));
                }
                consume(shop, call).await
            })
        }),
    ),
    Case::moving_the_clock(
        "WX-COD-007",
        Call(|shop| {
            Box::pin(async move {
                let claimed = shop.claimed().await?;
                shop.advance(31 * DAY).await?;
                let token = shop.token_of(&shop.oa).await?;
                let later = Shop {
                    token,
                    ..shop.clone()
                };
                consume(&later, json!({"code": claimed.code})).await
            })
        }),
    ),
    Case::new(
        "WX-COD-008",
        Call(|shop| {
            Box::pin(async move {
                let begin = shop.now().await? + DAY;
                let mut card = shop.card().await?;
                card["card"]["general_coupon"]["base_info"]["date_info"]["begin_timestamp"] =
                    json!(begin.to_string());
                let card_id = shop.post("/card/create", card).await?.text("card_id")?;
                let claimed = shop.claimed_of(card_id).await?;
                consume(shop, json!({"code": claimed.code})).await
            })
        }),
    ),
    Case::new(
        "WX-COD-010",
        Call(|shop| Box::pin(decrypt(shop, "no base64!"))),
    ),
    Case::new(
        "WX-COD-011",
        Call(|shop| {
            Box::pin(async move {
                let foreign = shop.stranger().await?.claimed().await?;
                decrypt(shop, &foreign.encrypted).await
            })
        }),
    ),
    Case::new(
        "WX-COD-012",
        Call(|shop| {
            Box::pin(async move {
                let claimed = shop.claimed().await?;
                decrypt(shop, &claimed.code).await
            })
        }),
    ),
];
