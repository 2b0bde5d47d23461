//! Tokens, tickets and logins.

use serde_json::json;

use crate::{
    Case,
    Trial::{Call, Holds},
    target::{Account, Answer, Shop, Violation},
};

fn token_path(account: &Account, without: &str) -> String {
    let query = [
        ("grant_type", "client_credential"),
        ("appid", account.appid.as_str()),
        ("secret", account.secret.as_str()),
    ];
    let given: Vec<String> = query
        .into_iter()
        .filter(|(key, _)| *key != without)
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    format!("/cgi-bin/token?{}", given.join("&"))
}

/// What `wx.login` gives the shop's customer in its mini-program.
pub(crate) async fn login_code(shop: &Shop) -> Result<String, Violation> {
    let path = format!("users/{}/login", shop.user);
    let answer = shop
        .target
        .control(&path, &json!({"appid": shop.mp.appid}))
        .await?;
    let code = answer["code"].as_str().map(str::to_owned);
    code.ok_or_else(|| Violation::Arrange(format!("no login code in {answer}")))
}

pub(crate) async fn session(shop: &Shop, js_code: &str) -> Result<Answer, Violation> {
    let path = format!(
        "/sns/jscode2session?appid={}&secret={}&js_code={js_code}&grant_type=authorization_code",
        shop.mp.appid, shop.mp.secret
    );
    shop.target.get(&path).await
}

async fn colors_with(shop: &Shop, token: &str) -> Result<Answer, Violation> {
    shop.target
        .get(&format!("/card/getcolors?access_token={token}"))
        .await
}

async fn force(shop: &Shop) -> Result<Answer, Violation> {
    let call = json!({
        "grant_type": "client_credential", "appid": shop.oa.appid, "secret": shop.oa.secret,
        "force_refresh": true,
    });
    shop.target
        .post_text("/cgi-bin/stable_token", &call.to_string())
        .await
}

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "WX-TOK-001",
        Call(|shop| Box::pin(shop.target.get("/card/getcolors"))),
    ),
    Case::new(
        "WX-TOK-002",
        Call(|shop| Box::pin(colors_with(shop, "00_made_up"))),
    ),
    Case::moving_the_clock(
        "WX-TOK-003",
        Call(|shop| {
            Box::pin(async move {
                shop.token_of(&shop.oa).await?;
                shop.advance(300).await?;
                colors_with(shop, &shop.token).await
            })
        }),
    ),
    Case::moving_the_clock(
        "WX-TOK-004",
        Call(|shop| {
            Box::pin(async move {
                shop.advance(7200).await?;
                colors_with(shop, &shop.token).await
            })
        }),
    ),
    Case::new(
        "WX-TOK-005",
        Call(|shop| {
            Box::pin(async move {
                let token = shop.token_of(&shop.mp).await?;
                colors_with(shop, &token).await
            })
        }),
    ),
    Case::new(
        "WX-TOK-006",
        Call(|shop| {
            Box::pin(async move {
                let request = shop.target.request(
                    reqwest::Method::PATCH,
                    &format!("/_mock/v1/accounts/{}", shop.oa.appid),
                );
                shop.target
                    .send(request.body("{\"card_right\":false}"))
                    .await?;
                shop.ask("/card/getcolors").await
            })
        }),
    ),
    Case::new(
        "WX-TOK-007",
        Call(|shop| Box::pin(async move { shop.target.get(&token_path(&shop.oa, "appid")).await })),
    ),
    Case::new(
        "WX-TOK-008",
        Call(|shop| {
            Box::pin(
                shop.target
                    .get("/cgi-bin/token?appid=wx0&secret=0&grant_type=client_credential"),
            )
        }),
    ),
    Case::new(
        "WX-TOK-009",
        Call(|shop| {
            Box::pin(async move { shop.target.get(&token_path(&shop.oa, "grant_type")).await })
        }),
    ),
    Case::new(
        "WX-TOK-010",
        Call(|shop| {
            Box::pin(async move { shop.target.get(&token_path(&shop.oa, "secret")).await })
        }),
    ),
    Case::new(
        "WX-TOK-011",
        Call(|shop| {
            Box::pin(async move {
                let wrong =
                    token_path(&shop.oa, "secret") + "&secret=00000000000000000000000000000000";
                shop.target.get(&wrong).await
            })
        }),
    ),
    Case::moving_the_clock(
        "WX-TOK-012",
        Call(|shop| {
            Box::pin(async move {
                // Twenty are allowed; they must lie half a minute apart, within one day.
                let to_midnight = 86_400 - (shop.now().await? + 8 * 3600).rem_euclid(86_400);
                shop.advance(to_midnight).await?;
                for _ in 0..20 {
                    force(shop).await?;
                    shop.advance(30).await?;
                }
                force(shop).await
            })
        }),
    ),
    Case::new(
        "WX-TKT-001",
        Call(|shop| Box::pin(shop.ask("/cgi-bin/ticket/getticket?type=card"))),
    ),
    Case::new(
        "WX-LOG-001",
        Call(|shop| Box::pin(session(shop, "made-up"))),
    ),
    Case::moving_the_clock(
        "WX-LOG-002",
        Call(|shop| {
            Box::pin(async move {
                let code = login_code(shop).await?;
                shop.advance(300).await?;
                session(shop, &code).await
            })
        }),
    ),
    Case::new(
        "WX-LOG-003",
        Call(|shop| {
            Box::pin(async move {
                let code = login_code(shop).await?;
                session(shop, &code).await?;
                session(shop, &code).await
            })
        }),
    ),
    Case::new("WX-LOG-004", Call(|shop| Box::pin(session(shop, "")))),
    Case::new(
        "WX-ADV-011",
        Holds(|shop| {
            Box::pin(async move {
                let path = token_path(&shop.oa, "");
                shop.target.post_text(&path, "").await?;
                shop.is_advised("/cgi-bin/token", "WX-ADV-011").await
            })
        }),
    ),
    Case::new(
        "WX-ADV-012",
        Holds(|shop| {
            Box::pin(async move {
                shop.token_of(&shop.oa).await?;
                shop.is_advised("/cgi-bin/token", "WX-ADV-012").await
            })
        }),
    ),
];
