//! What WeChat holds against an account or a user, and what it keeps from one.

use serde_json::{Value, json};

use super::token::{login_code, session};
use crate::{
    Case,
    Trial::{Call, Field},
    target::{Answer, Shop, Violation},
};

async fn restrict(shop: &Shop, restrictions: Value) -> Result<(), Violation> {
    shop.change(json!({"restrictions": restrictions})).await
}

/// What an account hears that is turned away when it asks for a token.
async fn no_token(shop: &Shop, standing: i64) -> Result<Answer, Violation> {
    restrict(shop, json!({"standing": standing})).await?;
    let body = json!({
        "grant_type": "client_credential", "appid": shop.oa.appid, "secret": shop.oa.secret,
    });
    let body = body.to_string();
    shop.target.post_text("/cgi-bin/stable_token", &body).await
}

/// What an account hears that is turned away whatever it calls.
async fn no_call(shop: &Shop, standing: i64) -> Result<Answer, Violation> {
    restrict(shop, json!({"standing": standing})).await?;
    shop.ask("/card/getcolors").await
}

/// What an account with restrictions hears when it makes a card.
async fn no_card(
    shop: &Shop,
    restrictions: Value,
    change: fn(&mut Value),
) -> Result<Answer, Violation> {
    restrict(shop, restrictions).await?;
    shop.create(change).await
}

/// A member card with the seed's `base_info`, changed.
async fn member_card(shop: &Shop, change: Value) -> Result<Answer, Violation> {
    let seed = shop.card().await?;
    let mut node = json!({
        "base_info": seed["card"]["general_coupon"]["base_info"], "prerogative": "会员价",
        "supply_bonus": false, "supply_balance": false, "auto_activate": true,
    });
    for (key, value) in change.as_object().into_iter().flatten() {
        node[key] = value.clone();
    }
    let card = json!({"card": {"card_type": "MEMBER_CARD", "member_card": node}});
    shop.post("/card/create", card).await
}

/// A case for an account that a standing turns away from its tokens.
macro_rules! no_token {
    ($id:literal, $errcode:literal) => {
        Case::new($id, Call(|shop| Box::pin(no_token(shop, $errcode))))
    };
}

pub(crate) const CASES: &[Case] = &[
    no_token!("WX-ACC-001", 40243),
    no_token!("WX-ACC-002", 50004),
    Case::new(
        "WX-ACC-003",
        Call(|shop| {
            Box::pin(async move {
                let restrictions = json!({"restrictions": {"standing": 50001}});
                shop.change_account(&shop.mp, restrictions).await?;
                session(shop, &login_code(shop).await?).await
            })
        }),
    ),
    Case::new("WX-ACC-004", Call(|shop| Box::pin(no_call(shop, 50002)))),
    Case::new("WX-ACC-005", Call(|shop| Box::pin(no_call(shop, 48004)))),
    Case::new(
        "WX-ACC-006",
        Call(|shop| Box::pin(no_card(shop, json!({"standing": 45160}), |_| {}))),
    ),
    Case::new(
        "WX-ACC-007",
        Call(|shop| Box::pin(no_card(shop, json!({"standing": 43015}), |_| {}))),
    ),
    no_token!("WX-ACC-015", 50007),
    no_token!("WX-ACC-008", 89501),
    no_token!("WX-ACC-009", 89502),
    no_token!("WX-ACC-010", 89503),
    no_token!("WX-ACC-011", 89504),
    no_token!("WX-ACC-012", 89505),
    no_token!("WX-ACC-013", 89506),
    no_token!("WX-ACC-014", 89507),
    Case::new(
        "WX-TOK-013",
        Call(|shop| {
            Box::pin(async move {
                shop.change(json!({"ip_whitelist": ["192.0.2.1"]})).await?;
                no_token(shop, 0).await
            })
        }),
    ),
    Case::new(
        "WX-LOG-005",
        Call(|shop| {
            Box::pin(async move {
                let mut blocked = shop.clone();
                blocked.user = format!("blocked {}", shop.user);
                let draft = json!({"name": blocked.user, "blocked": true});
                shop.target.control("users", &draft).await?;
                session(shop, &login_code(&blocked).await?).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-030",
        Call(|shop| {
            let withheld = json!({"withheld": ["custom_code"]});
            Box::pin(no_card(shop, withheld, |node| {
                node["base_info"]["use_custom_code"] = json!(true);
            }))
        }),
    ),
    Case::new(
        "WX-CRD-031",
        Call(|shop| {
            Box::pin(async move {
                restrict(shop, json!({"withheld": ["balance"]})).await?;
                member_card(shop, json!({"supply_balance": true})).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-032",
        Call(|shop| {
            Box::pin(async move {
                restrict(shop, json!({"withheld": ["bonus"]})).await?;
                member_card(shop, json!({"supply_bonus": true})).await
            })
        }),
    ),
    Case::new(
        "WX-CRD-033",
        Call(|shop| Box::pin(no_card(shop, json!({"withheld": ["custom_url"]}), |_| {}))),
    ),
    Case::new(
        "WX-CRD-034",
        Call(|shop| {
            let field =
                json!({"name_type": "FIELD_NAME_TYPE_LEVEL", "url": "https://shop.example/level"});
            let change = json!({
                "supply_bonus": true, "custom_field1": field, "custom_field2": field, "custom_field3": field,
            });
            Box::pin(member_card(shop, change))
        }),
    ),
    Case::new(
        "WX-CRD-036",
        Call(|shop| Box::pin(no_card(shop, json!({"banned_words": ["招牌"]}), |_| {}))),
    ),
    Case::new(
        "WX-CRD-041",
        Field(40168, |node| {
            node["base_info"]["custom_app_brand_user_name"] = json!("gh_000000000099@app");
        }),
    ),
    Case::new(
        "WX-CRD-042",
        Call(|shop| Box::pin(no_card(shop, json!({"stores": [1]}), |_| {}))),
    ),
    Case::new(
        "WX-CRD-043",
        Call(|shop| {
            Box::pin(no_card(shop, json!({"stores": [1]}), |node| {
                node["base_info"]["location_id_list"] = json!([1, 2]);
            }))
        }),
    ),
    Case::new(
        "WX-CRD-085",
        Call(|shop| {
            Box::pin(async move {
                restrict(shop, json!({"withheld": ["MEMBER_CARD"]})).await?;
                member_card(shop, json!({})).await
            })
        }),
    ),
];
