//! Every path answers in the shape that was recorded.

use serde_json::json;

use crate::{Case, Trial::Exchange};

pub(crate) const CASES: &[Case] = &[
    Case::new(
        "token/get",
        Exchange(|shop| {
            Box::pin(async move {
                shop.target
                    .get(&format!(
                        "/cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
                        shop.oa.appid, shop.oa.secret
                    ))
                    .await
            })
        }),
    ),
    Case::new(
        "token/stable",
        Exchange(|shop| {
            Box::pin(async move {
                let call = json!({
                    "grant_type": "client_credential", "appid": shop.oa.appid, "secret": shop.oa.secret,
                });
                shop.target
                    .post_text("/cgi-bin/stable_token", &call.to_string())
                    .await
            })
        }),
    ),
    Case::new(
        "login/code2session",
        Exchange(|shop| {
            Box::pin(async move {
                let code = super::token::login_code(shop).await?;
                super::token::session(shop, &code).await
            })
        }),
    ),
    Case::new(
        "ticket/wx_card",
        Exchange(|shop| {
            Box::pin(async move { shop.ask("/cgi-bin/ticket/getticket?type=wx_card").await })
        }),
    ),
    Case::new(
        "media/uploadimg",
        Exchange(|shop| {
            Box::pin(async move {
                shop.upload(
                    "/cgi-bin/media/uploadimg",
                    "logo.jpg",
                    fixtures::image("logo.jpg"),
                )
                .await
            })
        }),
    ),
    Case::new(
        "media/upload",
        Exchange(|shop| {
            Box::pin(async move {
                let photo = fixtures::image("shop-front.jpg");
                shop.upload("/cgi-bin/media/upload?type=image", "shop.jpg", photo)
                    .await
            })
        }),
    ),
    Case::new(
        "card/getcolors",
        Exchange(|shop| Box::pin(shop.ask("/card/getcolors"))),
    ),
    Case::new(
        "card/create",
        Exchange(|shop| Box::pin(shop.create(|_| {}))),
    ),
    Case::new(
        "card/get",
        Exchange(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                shop.post("/card/get", json!({"card_id": card_id})).await
            })
        }),
    ),
    Case::new(
        "code/decrypt",
        Exchange(|shop| {
            Box::pin(async move {
                let claimed = shop.claimed().await?;
                shop.post(
                    "/card/code/decrypt",
                    json!({"encrypt_code": claimed.encrypted}),
                )
                .await
            })
        }),
    ),
    Case::new(
        "code/get",
        Exchange(|shop| {
            Box::pin(async move {
                let card_id = shop.card_id(|_| {}).await?;
                let mut ext = shop.ext("n").await?.sign(&card_id);
                ext["outer_str"] = json!("counter-3");
                let claimed = shop.claimed_with(card_id, &ext).await?;
                shop.post(
                    "/card/code/get",
                    json!({"code": claimed.code, "check_consume": false}),
                )
                .await
            })
        }),
    ),
    Case::new(
        "code/consume",
        Exchange(|shop| {
            Box::pin(async move {
                let claimed = shop.claimed().await?;
                shop.post("/card/code/consume", json!({"code": claimed.code}))
                    .await
            })
        }),
    ),
];
