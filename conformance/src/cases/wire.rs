//! Paths, methods and bodies.

use serde_json::json;

use crate::{
    Case,
    Trial::{Call, Create},
};

/// More than any JSON body may have.
const TOO_MANY_BYTES: usize = 11 * 1024 * 1024;

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
        Call(|shop| Box::pin(shop.post("/card/get", json!({"card_id": 1})))),
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
