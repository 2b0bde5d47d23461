//! Quotas, and where WeChat's calls come from.

use serde_json::{Value, json};

use super::token::{login_code, session};
use crate::{
    Case,
    Trial::{Call, Holds},
    target::{Answer, DAY, Shop, Violation},
};

const COLORS: &str = "/card/getcolors";

async fn set_quota(shop: &Shop, limit: u64) -> Result<(), Violation> {
    shop.change(json!({"quotas": {COLORS: limit}})).await
}

async fn clear(shop: &Shop) -> Result<Answer, Violation> {
    let body = json!({"appid": shop.oa.appid});
    shop.post("/cgi-bin/clear_quota", body).await
}

async fn clear_by_secret(shop: &Shop) -> Result<Answer, Violation> {
    let body = json!({"appid": shop.oa.appid, "appsecret": shop.oa.secret});
    let text = body.to_string();
    shop.target
        .post_text("/cgi-bin/clear_quota/v2", &text)
        .await
}

async fn clear_path(shop: &Shop) -> Result<Answer, Violation> {
    let body = json!({"cgi_path": COLORS});
    shop.post("/cgi-bin/openapi/quota/clear", body).await
}

fn expect_errcode(answer: &Answer, errcode: i64) -> Result<(), Violation> {
    if answer.errcode() == errcode {
        return Ok(());
    }
    Err(Violation::differs("errcode", errcode, &answer.json))
}

/// What is left is told, runs out, and comes back with each of the three ways to start anew.
async fn runs_out_and_comes_back(shop: &Shop) -> Result<(), Violation> {
    set_quota(shop, 1).await?;
    for way in 0..3 {
        expect_errcode(&shop.ask(COLORS).await?, 0)?;
        expect_errcode(&shop.ask(COLORS).await?, 45009)?;
        let body = json!({"cgi_path": COLORS});
        let left = shop.post("/cgi-bin/openapi/quota/get", body).await?;
        let expected = json!({"daily_limit": 1, "used": 1, "remain": 0});
        if left.json["quota"] != expected {
            return Err(Violation::differs("quota", expected, &left.json["quota"]));
        }
        let cleared = match way {
            0 => clear(shop).await?,
            1 => clear_by_secret(shop).await?,
            _ => clear_path(shop).await?,
        };
        expect_errcode(&cleared, 0)?;
    }
    Ok(())
}

async fn tells_addresses(shop: &Shop) -> Result<(), Violation> {
    for path in ["/cgi-bin/getcallbackip", "/cgi-bin/get_api_domain_ip"] {
        let answer = shop.ask(path).await?;
        let is_list = answer.json["ip_list"].as_array().is_some_and(|addresses| {
            !addresses.is_empty() && addresses.iter().all(Value::is_string)
        });
        if !is_list {
            return Err(Violation::differs("ip_list", "texts", &answer.json));
        }
    }
    Ok(())
}

async fn look_up(shop: &Shop, rid: String) -> Result<Answer, Violation> {
    let body = json!({"rid": rid});
    shop.post("/cgi-bin/openapi/rid/get", body).await
}

fn rid_of(refused: &Answer) -> Result<String, Violation> {
    let rid = refused.trace().map(str::to_owned);
    rid.ok_or_else(|| Violation::differs("errmsg", "a rid", &refused.json))
}

/// A rid leads to the call, its answer and its query, the token shortened.
async fn shows_the_call(shop: &Shop) -> Result<(), Violation> {
    let refused = shop.ask("/cgi-bin/media/get?media_id=").await?;
    let shown = look_up(shop, rid_of(&refused)?).await?;
    let request = &shown.json["request"];
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    if !text("response_body").contains("41006") || !text("request_url").contains("media_id=") {
        return Err(Violation::differs(
            "request",
            "the call that was refused",
            &shown.json,
        ));
    }
    if text("request_url").contains(&shop.token) {
        return Err(Violation::differs(
            "request_url",
            "a shortened token",
            "the token",
        ));
    }
    Ok(())
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "WX-QTA-001",
        Call(|shop| {
            Box::pin(async move {
                set_quota(shop, 1).await?;
                shop.ask(COLORS).await?;
                shop.ask(COLORS).await
            })
        }),
    ),
    Case::new(
        "WX-QTA-002",
        Call(|shop| {
            Box::pin(async move {
                for _ in 0..10 {
                    expect_errcode(&clear(shop).await?, 0)?;
                }
                clear_by_secret(shop).await
            })
        }),
    ),
    Case::new(
        "WX-QTA-003",
        Call(|shop| {
            let body = json!({"cgi_path": "card/create"});
            Box::pin(shop.post("/cgi-bin/openapi/quota/get", body))
        }),
    ),
    Case::new(
        "WX-QTA-004",
        Call(|shop| {
            Box::pin(async move {
                let token = shop.token_of(&shop.mp).await?;
                let path = format!("/cgi-bin/openapi/quota/get?access_token={token}");
                let body = json!({"cgi_path": COLORS}).to_string();
                shop.target.post_text(&path, &body).await
            })
        }),
    ),
    Case::new(
        "WX-QTA-005",
        Call(|shop| {
            let body = json!({"appid": shop.mp.appid});
            Box::pin(shop.post("/cgi-bin/clear_quota", body))
        }),
    ),
    Case::new(
        "WX-QTA-006",
        Holds(|shop| Box::pin(runs_out_and_comes_back(shop))),
    ),
    Case::new("WX-QTA-007", Holds(|shop| Box::pin(tells_addresses(shop)))),
    Case::new(
        "WX-QTA-008",
        Call(|shop| {
            Box::pin(async move {
                for _ in 0..100 {
                    expect_errcode(&session(shop, &login_code(shop).await?).await?, 0)?;
                }
                session(shop, &login_code(shop).await?).await
            })
        }),
    ),
    Case::new(
        "WX-RID-001",
        Call(|shop| Box::pin(look_up(shop, "6aac0064-355b48ab-4c5b487e".to_owned()))),
    ),
    Case::new(
        "WX-RID-002",
        Call(|shop| Box::pin(look_up(shop, "6aac0064".to_owned()))),
    ),
    Case::new(
        "WX-RID-003",
        Call(|shop| {
            Box::pin(async move {
                let token = shop.token_of(&shop.mp).await?;
                let path = format!("/cgi-bin/media/get?access_token={token}");
                let foreign = shop.target.get(&path).await?;
                look_up(shop, rid_of(&foreign)?).await
            })
        }),
    ),
    Case::moving_the_clock(
        "WX-RID-004",
        Call(|shop| {
            Box::pin(async move {
                let refused = shop.ask("/cgi-bin/media/get").await?;
                shop.advance(7 * DAY + 1).await?;
                let mut later = shop.clone();
                later.token = shop.token_of(&shop.oa).await?;
                look_up(&later, rid_of(&refused)?).await
            })
        }),
    ),
    Case::new("WX-RID-005", Holds(|shop| Box::pin(shows_the_call(shop)))),
];
