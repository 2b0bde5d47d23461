//! `/card/code/…`.

use serde_json::{Value, json};

use crate::{
    Case,
    Trial::{Call, Holds},
    target::{Answer, DAY, Ext, Shop, Violation},
};

async fn consume(shop: &Shop, call: Value) -> Result<Answer, Violation> {
    shop.post("/card/code/consume", call).await
}

async fn decrypt(shop: &Shop, text: &str) -> Result<Answer, Violation> {
    shop.post("/card/code/decrypt", json!({"encrypt_code": text}))
        .await
}

/// A call about a code that was just claimed.
async fn on_code(shop: &Shop, path: &str, more: Value) -> Result<Answer, Violation> {
    let claimed = shop.claimed().await?;
    let mut call = json!({"code": claimed.code, "card_id": claimed.card_id});
    extend(&mut call, more);
    shop.post(path, call).await
}

fn extend(call: &mut Value, more: Value) {
    if let (Value::Object(call), Value::Object(more)) = (call, more) {
        call.extend(more);
    }
}

/// A call that gives the claimed custom code 0001 another text.
async fn custom(shop: &Shop, new_code: &str) -> Result<Value, Violation> {
    let card_id = shop
        .card_id(|base| base["use_custom_code"] = json!(true))
        .await?;
    let ext = Ext {
        code: "0001".into(),
        ..shop.ext("n").await?
    };
    shop.add_card(&card_id, &ext.sign(&card_id)).await?;
    Ok(json!({"card_id": card_id, "code": "0001", "new_code": new_code}))
}

/// A card whose codes the merchant puts in.
pub(super) async fn deposit_card(shop: &Shop) -> Result<String, Violation> {
    shop.card_id(|base| {
        base["use_custom_code"] = json!(true);
        base["get_custom_code_mode"] = json!("GET_CUSTOM_CODE_MODE_DEPOSIT");
        base["sku"]["quantity"] = json!(0);
    })
    .await
}

async fn deposit(shop: &Shop, codes: Value) -> Result<Answer, Violation> {
    let card_id = deposit_card(shop).await?;
    let call = json!({"card_id": card_id, "code": codes});
    shop.post("/card/code/deposit", call).await
}

/// The code of a fresh ticket; `node` is what its type has beside `base_info`.
async fn ticket(shop: &Shop, card_type: &str, node: Value) -> Result<String, Violation> {
    let coupon = shop.card().await?;
    let mut own = json!({"base_info": coupon["card"]["general_coupon"]["base_info"]});
    extend(&mut own, node);
    let card = json!({"card_type": card_type, card_type.to_ascii_lowercase(): own});
    let made = shop.post("/card/create", json!({"card": card})).await?;
    let claimed = shop.claimed_of(made.text("card_id")?).await?;
    Ok(claimed.code)
}

async fn movie(shop: &Shop, more: Value) -> Result<Answer, Violation> {
    let code = ticket(shop, "MOVIE_TICKET", json!({"detail": "片名"})).await?;
    let mut call = json!({"code": code});
    extend(&mut call, more);
    shop.post("/card/movieticket/updateuser", call).await
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "WX-COD-047",
        Call(|shop| {
            let ticket = json!({
                "ticket_class": "4D", "show_time": 1_798_000_000, "duration": 120,
                "screening_room": "1234567890123", "seat_number": ["1"],
            });
            Box::pin(movie(shop, ticket))
        }),
    ),
    Case::new(
        "WX-ADV-024",
        Holds(|shop| {
            Box::pin(async move {
                let claimed = shop.claimed().await?;
                let encoded = claimed.encrypted.replace('=', "%3D");
                if encoded == claimed.encrypted {
                    return Err(Violation::differs(
                        "encrypt_code",
                        "an = at its end",
                        &encoded,
                    ));
                }
                decrypt(shop, &encoded).await?;
                shop.is_advised("/card/code/decrypt", "WX-ADV-024").await
            })
        }),
    ),
    Case::new(
        "WX-COD-001",
        Call(|shop| Box::pin(shop.post("/card/code/unavailable", json!({})))),
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
    Case::new(
        "WX-COD-013",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop
                    .card_id(|base| base["can_give_friend"] = json!(true))
                    .await?;
                let claimed = shop.claimed_of(card_id).await?;
                let friend = shop.friend().await?;
                let to = json!({"to": friend});
                shop.on_phone(&shop.user, &claimed.code, "gift", to).await?;
                shop.on_phone(&friend, &claimed.code, "accept", json!({}))
                    .await?;
                shop.post("/card/code/get", json!({"code": claimed.code}))
                    .await
            })
        }),
    ),
    Case::new(
        "WX-COD-020",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop
                    .card_id(|base| {
                        base["use_limit"] = json!(1);
                        base["get_limit"] = json!(2);
                    })
                    .await?;
                let first = shop.claimed_of(card_id.clone()).await?;
                let ext = shop.ext("second").await?.sign(&card_id);
                let second = shop.claimed_with(card_id, &ext).await?;
                consume(shop, json!({"code": first.code})).await?;
                consume(shop, json!({"code": second.code})).await
            })
        }),
    ),
    Case::new(
        "WX-COD-021",
        Call(|shop| {
            Box::pin(async move {
                let call = custom(shop, "no code!").await?;
                shop.post("/card/code/update", call).await
            })
        }),
    ),
    Case::new(
        "WX-COD-022",
        Call(|shop| {
            Box::pin(async move {
                let call = custom(shop, "0001").await?;
                shop.post("/card/code/update", call).await
            })
        }),
    ),
    Case::new(
        "WX-COD-023",
        Call(|shop| {
            Box::pin(async move {
                on_code(shop, "/card/code/update", json!({"new_code": "0002"})).await
            })
        }),
    ),
    Case::new(
        "WX-COD-024",
        Call(|shop| Box::pin(async move { shop.post("/card/user/getcardlist", json!({})).await })),
    ),
    Case::new(
        "WX-COD-025",
        Call(|shop| {
            Box::pin(async move {
                shop.post("/card/user/getcardlist", json!({"openid": "oNobody"}))
                    .await
            })
        }),
    ),
    Case::new(
        "WX-COD-026",
        Call(|shop| {
            Box::pin(async move {
                let claimed = shop.claimed().await?;
                let friend = shop.friend().await?;
                for user in [&shop.user, &friend] {
                    let openid = shop.openid_of(user).await?;
                    let call = json!({
                        "code": claimed.code, "card_id": claimed.card_id, "openid": openid, "is_mark": true,
                    });
                    let answer = shop.post("/card/code/mark", call).await?;
                    if user == &friend || answer.errcode() != 0 {
                        return Ok(answer);
                    }
                }
                Err(Violation::Arrange("nobody marked".to_owned()))
            })
        }),
    ),
    Case::new(
        "WX-COD-027",
        Call(|shop| {
            Box::pin(async move {
                deposit(
                    shop,
                    json!((0..101).map(|code| code.to_string()).collect::<Vec<_>>()),
                )
                .await
            })
        }),
    ),
    Case::new(
        "WX-COD-028",
        Call(|shop| {
            Box::pin(async move {
                let card_id = deposit_card(shop).await?;
                let call = json!({"card_id": card_id, "code": ["0001", ""]});
                shop.post("/card/code/checkcode", call).await
            })
        }),
    ),
    Case::new(
        "WX-COD-029",
        Call(|shop| Box::pin(async move { deposit(shop, json!(["0001", "0001"])).await })),
    ),
    Case::new(
        "WX-COD-030",
        Call(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                let call = json!({"card_id": card_id, "code": ["0001"]});
                shop.post("/card/code/deposit", call).await
            })
        }),
    ),
    Case::new(
        "WX-COD-031",
        Call(|shop| Box::pin(async move { deposit(shop, json!([])).await })),
    ),
    Case::new(
        "WX-COD-041",
        Call(|shop| {
            Box::pin(async move {
                movie(shop, json!({"show_time": 1_798_000_000, "duration": 120})).await
            })
        }),
    ),
    Case::new(
        "WX-COD-042",
        Call(|shop| {
            Box::pin(
                async move { movie(shop, json!({"ticket_class": "4D", "duration": 120})).await },
            )
        }),
    ),
    Case::new(
        "WX-COD-043",
        Call(|shop| {
            Box::pin(async move {
                movie(shop, json!({"ticket_class": "4D", "show_time": 1_798_000_000, "duration": 120, "screening_room": ""})).await
            })
        }),
    ),
    Case::new(
        "WX-COD-044",
        Call(|shop| {
            Box::pin(async move {
                let node = json!({"meeting_detail": "大会"});
                let code = ticket(shop, "MEETING_TICKET", node).await?;
                let call = json!({"code": code, "zone": "A", "entrance": "1"});
                shop.post("/card/meetingticket/updateuser", call).await
            })
        }),
    ),
    Case::new(
        "WX-COD-045",
        Call(|shop| {
            Box::pin(async move {
                let pass = json!({
                    "passenger_name": "李雷", "class": "舱等", "etkt_bnr": "0000000000000",
                });
                on_code(shop, "/card/boardingpass/checkin", pass).await
            })
        }),
    ),
];
