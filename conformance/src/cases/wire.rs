//! Paths, methods and bodies.

use serde_json::json;

use crate::{
    Case,
    Trial::{Call, Create, Holds},
    target::{Shop, Violation},
};

/// More than any JSON body may have.
const TOO_MANY_BYTES: usize = 11 * 1024 * 1024;

/// Makes a card as the Node library `request` does with its form option.
async fn is_advised_as_form(shop: &Shop, rule: &str) -> Result<(), Violation> {
    let mut card = shop.card().await?;
    card["card"]["general_coupon"]["default_detail"] = json!("%28满减%29");
    let path = shop.signed_in("/card/create");
    let request = shop
        .target
        .request(reqwest::Method::POST, &path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(card.to_string());
    shop.target.send(request).await?;
    shop.is_advised("/card/create", rule).await
}

/// A call whose length nobody says ahead.
async fn refuses_chunks(shop: &Shop) -> Result<(), Violation> {
    let path = shop.signed_in("/card/batchget");
    let request = shop
        .target
        .request(reqwest::Method::POST, &path)
        .header("transfer-encoding", "chunked")
        .body(r#"{"offset":0,"count":1}"#);
    let answer = shop.target.send(request).await?;
    if answer.status == 412 {
        return Ok(());
    }
    Err(Violation::differs("status", 412, answer.status))
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "WX-WIRE-001",
        Call(|shop| Box::pin(shop.ask("/card/nonsense"))),
    ),
    Case::new(
        "WX-WIRE-002",
        Call(|shop| Box::pin(shop.post("/cgi-bin/ticket/getticket?type=wx_card", json!({})))),
    ),
    Case::new(
        "WX-WIRE-003",
        Call(|shop| Box::pin(shop.ask("/card/create"))),
    ),
    Case::new(
        "WX-WIRE-004",
        Call(|shop| Box::pin(shop.post_text("/card/get", ""))),
    ),
    Case::new(
        "WX-WIRE-005",
        Call(|shop| Box::pin(shop.post_text("/card/get", "\u{feff}{}"))),
    ),
    Case::new(
        "WX-WIRE-006",
        Call(|shop| Box::pin(shop.post_text("/card/get", "card_id=p1"))),
    ),
    Case::new(
        "WX-WIRE-007",
        Call(|shop| Box::pin(shop.post("/card/get", json!({"card_id": {}})))),
    ),
    Case::new(
        "WX-WIRE-008",
        Create(|node| node["base_info"]["colour"] = json!("Color010")),
    ),
    Case::new(
        "WX-WIRE-009",
        Call(|shop| Box::pin(shop.post("/card/code/decrypt", json!({})))),
    ),
    Case::new(
        "WX-WIRE-010",
        Call(|shop| {
            Box::pin(async move {
                let body = " ".repeat(TOO_MANY_BYTES);
                shop.post_text("/card/get", &body).await
            })
        }),
    ),
    Case::new(
        "WX-WIRE-011",
        Call(|shop| Box::pin(shop.post_text("/card/get", r#"{"card_id": "\u0070"}"#))),
    ),
    Case::through_a_proxy(
        "WX-WIRE-020",
        Call(|shop| Box::pin(shop.target.get_by_plain_http("/cgi-bin/token"))),
    ),
    Case::new("WX-WIRE-021", Holds(|shop| Box::pin(refuses_chunks(shop)))),
    Case::new(
        "WX-ADV-005",
        Holds(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                let body = json!({"card_id": card_id, "access_token": shop.token});
                let answer = shop.post("/card/get", body).await?;
                if answer.errcode() != 0 {
                    return Err(Violation::differs("errcode", 0, &answer.json));
                }
                shop.is_advised("/card/get", "WX-ADV-005").await
            })
        }),
    ),
    Case::new(
        "WX-ADV-006",
        Holds(|shop| Box::pin(is_advised_as_form(shop, "WX-ADV-006"))),
    ),
    Case::new(
        "WX-ADV-007",
        Holds(|shop| Box::pin(is_advised_as_form(shop, "WX-ADV-007"))),
    ),
    Case::new(
        "WX-FLT-001",
        Call(|shop| {
            Box::pin(async move {
                let fault = json!({
                    "path": "/card/getcolors", "appid": shop.oa.appid, "times": 1, "errcode": -1,
                });
                shop.target.control("faults", &fault).await?;
                shop.ask("/card/getcolors").await
            })
        }),
    ),
];
