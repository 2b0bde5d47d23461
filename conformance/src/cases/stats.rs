//! `/datacube/getcard…`.

use serde_json::{Value, json};

use super::member::member_card;
use crate::{
    Case,
    Trial::Call,
    target::{Answer, Shop, Violation},
};

async fn ask(shop: &Shop, what: &str, days: (&str, &str)) -> Result<Answer, Violation> {
    let call = json!({"begin_date": days.0, "end_date": days.1, "cond_source": 1});
    shop.post(&format!("/datacube/getcard{what}"), call).await
}

/// What a call answers that is right in all but what a case asks of it.
fn list(answer: &Answer) -> Result<(), Violation> {
    match &answer.json["list"] {
        Value::Array(_) => Ok(()),
        other => Err(Violation::differs("list", "a list", other)),
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "WX-STA-001",
        Call(|shop| Box::pin(ask(shop, "bizuininfo", ("20240101", "20240102")))),
    ),
    Case::new(
        "WX-STA-002",
        Call(|shop| {
            Box::pin(async move {
                let days = ("2024-01-01", "2024-03-02");
                list(&ask(shop, "cardinfo", days).await?)?;
                ask(shop, "cardinfo", ("2024-01-01", "2024-03-03")).await
            })
        }),
    ),
    Case::new(
        "WX-STA-003",
        Call(|shop| {
            Box::pin(async move {
                let card_id = member_card(shop, json!({"auto_activate": true})).await?;
                let path = "/datacube/getcardmembercarddetail";
                let call = json!({
                    "begin_date": "2105-01-01", "end_date": "2105-01-01", "card_id": card_id,
                });
                shop.post(path, call).await
            })
        }),
    ),
    Case::new(
        "WX-STA-004",
        Call(|shop| {
            Box::pin(async move {
                let call = json!({
                    "begin_date": "2024-01-01", "end_date": "2024-01-01", "cond_source": 2,
                });
                shop.post("/datacube/getcardmembercardinfo", call).await
            })
        }),
    ),
];
