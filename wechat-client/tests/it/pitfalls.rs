//! The pitfalls of the flow that a client falls into, by their number in `fixtures`.

use serde_json::json;
use wechat_client::{AppSecret, Client, Error};

use crate::{
    bodies::seed_card,
    support::{SECRET, answer, builder, calls, client, server, token, token_of},
};

#[tokio::test]
async fn every_pitfall_of_a_client_is_avoided() {
    for row in fixtures::pitfalls().as_array().unwrap() {
        if row["kept_by"] != "wechat-client" {
            continue;
        }
        match row["number"].as_u64().unwrap() {
            24 => two_accounts_keep_apart().await,
            25 => a_create_without_a_card_id_is_an_error().await,
            other => panic!("no test for pitfall {other}"),
        }
    }
}

/// Both clients are at work at once, on servers that give out different tokens.
async fn two_accounts_keep_apart() {
    let colors = json!({"errcode": 0, "errmsg": "ok", "colors": []});
    let (one, two) = (server().await, wiremock::MockServer::start().await);
    answer(&two, "/cgi-bin/stable_token", &token("token-2")).await;
    answer(&one, "/card/getcolors", &colors).await;
    answer(&two, "/card/getcolors", &colors).await;
    let first = builder(&one.uri()).build().unwrap();
    let second = Client::builder("wx00000000000000c0".into(), AppSecret::from(SECRET))
        .api_base(&two.uri())
        .build()
        .unwrap();
    for _ in 0..3 {
        let (a, b) = tokio::join!(first.colors(), second.colors());
        a.unwrap();
        b.unwrap();
    }
    for (server, expected) in [(&one, "token-1"), (&two, "token-2")] {
        let made = calls(server, "/card/getcolors").await;
        assert_eq!(made.len(), 3);
        assert!(made.iter().all(|call| token_of(call) == expected));
        assert_eq!(calls(server, "/cgi-bin/stable_token").await.len(), 1);
    }
}

async fn a_create_without_a_card_id_is_an_error() {
    let server = server().await;
    let nothing = json!({"errcode": 0, "errmsg": "ok"});
    answer(&server, "/card/create", &nothing).await;
    let created = client(&server).create_card(&seed_card()).await;
    assert!(
        matches!(created, Err(Error::Unreadable { .. })),
        "{created:?}"
    );
}
