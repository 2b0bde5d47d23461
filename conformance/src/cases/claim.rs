//! `wx.addCard` on the customer's phone.

use serde_json::{Value, json};

use crate::{
    Case,
    Trial::{Claim, Holds},
    target::{DAY, Ext, Shop, Violation},
};

/// A claim of a fresh card, after a change to the card's `base_info` and to what is signed.
async fn claim(
    shop: &Shop,
    card: fn(&mut Value),
    change: fn(&mut Ext),
) -> Result<Value, Violation> {
    let card_id = shop.card_id(card).await?;
    let mut ext = shop.ext("n").await?;
    change(&mut ext);
    shop.add_card(&card_id, &ext.sign(&card_id)).await
}

/// A claim whose cardExt is changed after it was signed.
async fn claim_with(shop: &Shop, change: impl Fn(Value) -> Value) -> Result<Value, Violation> {
    let card_id = shop.card_id(|_| {}).await?;
    let ext = shop.ext("n").await?.sign(&card_id);
    shop.add_card_raw(&shop.mp.appid, &card_id, &change(ext))
        .await
}

/// Two claims of one card, the second as the first but for its nonce.
async fn claim_twice(
    shop: &Shop,
    card: fn(&mut Value),
    second_nonce: &str,
) -> Result<Value, Violation> {
    let card_id = shop.card_id(card).await?;
    let mut ext = shop.ext("first").await?;
    shop.add_card(&card_id, &ext.sign(&card_id)).await?;
    second_nonce.clone_into(&mut ext.nonce_str);
    shop.add_card(&card_id, &ext.sign(&card_id)).await
}

/// Whether a claim that gets away with something leaves an advice.
fn leaves_advice(shop: &Shop, rule: &str, claimed: &Value) -> Result<(), Violation> {
    let advice = &claimed["explain"]["cards"][0]["advice"];
    let named = advice
        .as_array()
        .into_iter()
        .flatten()
        .any(|advice| advice["rule"] == rule);
    if claimed["errMsg"] == "addCard:ok" && named {
        return Ok(());
    }
    let received = format!("{} with {advice} for {}", claimed["errMsg"], shop.user);
    Err(Violation::differs("advice", rule, received))
}

/// Sets how the shop's cards are reviewed.
async fn review_by_hand(shop: &Shop) -> Result<(), Violation> {
    let path = format!("/_mock/v1/accounts/{}", shop.oa.appid);
    let request = shop.target.request(reqwest::Method::PATCH, &path);
    shop.target
        .send(request.body("{\"review\":\"manual\"}"))
        .await
        .map(drop)
}

fn keep(_: &mut Value) {}

fn right(_: &mut Ext) {}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "WX-SIG-001",
        Claim(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(keep).await?;
                let mut ext = shop.ext("n").await?;
                ext.ticket = shop.ticket("jsapi").await?;
                shop.add_card(&card_id, &ext.sign(&card_id)).await
            })
        }),
    ),
    Case::moving_the_clock(
        "WX-SIG-002",
        Claim(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(keep).await?;
                let ext = shop.ext("n").await?;
                shop.advance(7200).await?;
                shop.add_card(&card_id, &ext.sign(&card_id)).await
            })
        }),
    ),
    Case::new(
        "WX-SIG-003",
        Claim(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(keep).await?;
                let ext = Ext {
                    timestamp: shop.now().await?.to_string(),
                    ..Ext::default()
                };
                shop.add_card(&card_id, &ext.sign(&card_id)).await
            })
        }),
    ),
    Case::new(
        "WX-SIG-004",
        Claim(|shop| Box::pin(claim_with(shop, |ext| ext))),
    ),
    Case::new(
        "WX-SIG-005",
        Claim(|shop| Box::pin(claim_with(shop, |_| json!("{}")))),
    ),
    Case::new(
        "WX-CLM-001",
        Claim(|shop| {
            Box::pin(async move {
                let ext = shop.ext("n").await?;
                shop.add_card("pNoSuchCard", &ext.sign("pNoSuchCard")).await
            })
        }),
    ),
    Case::new(
        "WX-CLM-002",
        Claim(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(keep).await?;
                let ext = shop.ext("n").await?.sign(&card_id).to_string();
                let elsewhere = shop.stranger().await?;
                shop.add_card_raw(&elsewhere.mp.appid, &card_id, &json!(ext))
                    .await
            })
        }),
    ),
    Case::new(
        "WX-CLM-003",
        Claim(|shop| {
            Box::pin(async move {
                review_by_hand(shop).await?;
                claim(shop, keep, right).await
            })
        }),
    ),
    Case::new(
        "WX-CLM-004",
        Claim(|shop| {
            Box::pin(async move {
                review_by_hand(shop).await?;
                let card_id = shop.card_id(keep).await?;
                let path = format!("cards/{card_id}/review");
                shop.target.control(&path, &json!({"pass": false})).await?;
                let ext = shop.ext("n").await?;
                shop.add_card(&card_id, &ext.sign(&card_id)).await
            })
        }),
    ),
    Case::new(
        "WX-CLM-005",
        Claim(|shop| Box::pin(claim(shop, keep, |ext| ext.code = "0".into()))),
    ),
    Case::new(
        "WX-CLM-006",
        Claim(|shop| Box::pin(claim(shop, custom_code, right))),
    ),
    Case::new(
        "WX-CLM-007",
        Claim(|shop| {
            Box::pin(claim(shop, custom_code, |ext| {
                ext.code = "满减".into();
            }))
        }),
    ),
    Case::new(
        "WX-CLM-008",
        Claim(|shop| Box::pin(claim(shop, keep, |ext| ext.openid = "o".into()))),
    ),
    Case::new(
        "WX-CLM-009",
        Claim(|shop| Box::pin(claim(shop, bound, right))),
    ),
    Case::new(
        "WX-CLM-010",
        Claim(|shop| Box::pin(claim_twice(shop, many, "first"))),
    ),
    Case::moving_the_clock(
        "WX-CLM-011",
        Claim(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(keep).await?;
                shop.advance(31 * DAY).await?;
                let token = shop.token_of(&shop.oa).await?;
                let later = Shop {
                    token,
                    ..shop.clone()
                };
                let ext = later.ext("n").await?;
                shop.add_card(&card_id, &ext.sign(&card_id)).await
            })
        }),
    ),
    Case::new(
        "WX-CLM-012",
        Claim(|shop| {
            Box::pin(claim_twice(
                shop,
                |base| {
                    many(base);
                    base["sku"]["quantity"] = json!(1);
                },
                "second",
            ))
        }),
    ),
    Case::new(
        "WX-CLM-013",
        Claim(|shop| {
            Box::pin(claim_twice(
                shop,
                |base| {
                    base["get_limit"] = json!(1);
                },
                "second",
            ))
        }),
    ),
    Case::new(
        "WX-CLM-014",
        Claim(|shop| {
            Box::pin(claim(shop, bound, |ext| {
                ext.openid = "oSomebodyElse".into();
            }))
        }),
    ),
    Case::new(
        "WX-CLM-015",
        Claim(|shop| {
            Box::pin(async move {
                let card_id = shop
                    .card_id(|base| {
                        many(base);
                        custom_code(base);
                    })
                    .await?;
                let mut ext = Ext {
                    code: "0001".into(),
                    ..shop.ext("first").await?
                };
                shop.add_card(&card_id, &ext.sign(&card_id)).await?;
                ext.nonce_str = "second".into();
                shop.add_card(&card_id, &ext.sign(&card_id)).await
            })
        }),
    ),
    Case::new(
        "WX-CLM-016",
        Claim(|shop| {
            Box::pin(claim(shop, keep, |ext| {
                ext.timestamp += "000";
            }))
        }),
    ),
    Case::new(
        "WX-CLM-017",
        Claim(|shop| {
            Box::pin(claim(shop, keep, |ext| {
                ext.nonce_str = "n".repeat(33);
            }))
        }),
    ),
    Case::new(
        "WX-CLM-018",
        Claim(|shop| Box::pin(claim_with(shop, with_number))),
    ),
    Case::new(
        "WX-CLM-019",
        Claim(|shop| Box::pin(claim(shop, keep, |ext| ext.nonce_str.clear()))),
    ),
    Case::new(
        "WX-CLM-021",
        Claim(|shop| {
            Box::pin(claim_with(shop, |mut ext| {
                ext["fixed_begintimestamp"] = json!(1_798_000_000_000_i64);
                json!(ext.to_string())
            }))
        }),
    ),
    Case::new(
        "WX-ADV-003",
        Holds(|shop| {
            Box::pin(async move {
                let claimed = claim_with(shop, with_number).await?;
                leaves_advice(shop, "WX-ADV-003", &claimed)
            })
        }),
    ),
    Case::new(
        "WX-ADV-004",
        Holds(|shop| {
            Box::pin(async move {
                let claimed = claim(shop, keep, |ext| ext.nonce_str.clear()).await?;
                leaves_advice(shop, "WX-ADV-004", &claimed)
            })
        }),
    ),
];

/// cardExt with its timestamp as a number.
fn with_number(mut ext: Value) -> Value {
    let time = ext["timestamp"].as_str();
    ext["timestamp"] = json!(time.and_then(|text| text.parse::<i64>().ok()));
    json!(ext.to_string())
}

fn custom_code(base: &mut Value) {
    base["use_custom_code"] = json!(true);
}

fn bound(base: &mut Value) {
    base["bind_openid"] = json!(true);
}

fn many(base: &mut Value) {
    base["get_limit"] = json!(50);
}
