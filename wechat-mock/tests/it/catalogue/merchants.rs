//! Sub-merchants.

use serde_json::{Value, json};

use super::Page;
use crate::{
    members::{sub_merchant, with},
    support::NOW,
};

/// What is wrong with a sub-merchant.
async fn brands(page: &mut Page, works: &Value) {
    for (what, change) in [
        ("no name", json!({"brand_name": ""})),
        (
            "a foreign logo",
            json!({"logo_url": "https://shop.example/a.jpg"}),
        ),
        ("an unknown letter", json!({"protocol": "x"})),
        ("an end in milliseconds", json!({"end_time": NOW * 1000})),
        ("an end that is past", json!({"end_time": NOW})),
        (
            "a category of another",
            json!({"secondary_category_id": 201}),
        ),
        ("a category by name", json!({"primary_category_id": "美食"})),
    ] {
        let info = with(&works["info"], change);
        page.post(what, &json!({"info": info})).await;
    }
    page.post("no info", &json!({})).await;
}

pub(super) async fn submit(page: &mut Page) -> Value {
    let works = json!({"info": sub_merchant(&page.test).await});
    page.post("a brand", &works).await;
    brands(page, &works).await;
    works
}

/// A sub-merchant that was approved.
async fn submitted(page: &Page) -> Value {
    let info = sub_merchant(&page.test).await;
    let call = json!({"info": info});
    let answer = page
        .test
        .post("/card/submerchant/submit", &call)
        .await
        .json();
    with(&info, json!({"merchant_id": answer["info"]["merchant_id"]}))
}

pub(super) async fn update(page: &mut Page) -> Value {
    let works = json!({"info": submitted(page).await});
    page.post("a change", &works).await;
    let info = with(&works["info"], json!({"merchant_id": 1}));
    page.post("an unknown brand", &json!({"info": info})).await;
    brands(page, &works).await;
    works
}

pub(super) async fn one(page: &mut Page) -> Value {
    let works = json!({"merchant_id": submitted(page).await["merchant_id"]});
    page.post("a brand", &works).await;
    page.post("an unknown brand", &json!({"merchant_id": 1}))
        .await;
    page.post("a name", &json!({"merchant_id": "分店"})).await;
    page.post("none", &json!({})).await;
    works
}

pub(super) async fn list(page: &mut Page) -> Value {
    submitted(page).await;
    let works = json!({"begin_id": 0, "limit": 10, "status": "APPROVED"});
    page.post("those approved", &works).await;
    for (what, change) in [
        ("those waiting", json!({"status": "CHECKING"})),
        ("too many", json!({"limit": 101})),
        ("an unknown status", json!({"status": "approved"})),
        ("no limit", json!({"limit": null})),
    ] {
        page.post(what, &with(&works, change)).await;
    }
    works
}
