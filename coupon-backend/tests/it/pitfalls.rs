//! The pitfalls of the flow that a service falls into, by their number in `fixtures`.

use serde_json::{Value, json};

use crate::support::Shop;

#[tokio::test]
async fn every_pitfall_of_a_service_is_avoided() {
    for row in fixtures::pitfalls().as_array().unwrap() {
        if row["kept_by"] != "coupon-backend" {
            continue;
        }
        match row["number"].as_u64().unwrap() {
            16 => one_ticket_for_all().await,
            28 => nothing_secret_reaches_the_phone().await,
            other => panic!("no test for pitfall {other}"),
        }
    }
}

async fn one_ticket_for_all() {
    let shop = Shop::open().await;
    let (id, _) = shop
        .coupon_with(|draft| draft["limit_per_user"] = json!(9))
        .await;
    let session = shop.login("alice").await;
    for _ in 0..3 {
        assert!(shop.add_card("alice", &id, &session).await.is_success());
    }
    let other = shop.second_instance().await;
    let path = format!("/v1/coupons/{id}/card-ext");
    let signed = other.call("POST", &path, &session, &Value::Null).await;
    assert_eq!(signed.status, 200, "{}", signed.text);
    assert_eq!(shop.calls("/cgi-bin/ticket/getticket"), 1);
    assert_eq!(shop.calls("/cgi-bin/stable_token"), 1);
}

async fn nothing_secret_reaches_the_phone() {
    let shop = Shop::open().await;
    let (id, _) = shop.coupon().await;
    let login = shop
        .mock
        .user("alice")
        .login(&shop.mock.mini_program().appid)
        .unwrap();
    let login = json!({"js_code": login});
    let login = shop.service.call("POST", "/v1/login", "", &login).await;
    let session = login.get("session_token");
    let coupons = shop
        .service
        .call("GET", "/v1/coupons", &session, &Value::Null)
        .await;
    let ext = shop.card_ext(&id, &session).await;
    let world = world(&shop).await;
    let mut told = 0;
    for account in world["accounts"].as_array().unwrap() {
        let state = &account["state"];
        let tokens = state["tokens"]["issued"].as_array().unwrap().iter();
        let tickets = state["tickets"]["wx_card"].as_array().unwrap().iter();
        let secrets = tokens
            .chain(tickets)
            .map(|issued| &issued["value"])
            .chain([&account["secret"]]);
        for secret in secrets {
            let secret = secret.as_str().unwrap();
            for answer in [&login, &coupons, &ext] {
                assert_eq!(answer.status, 200, "{}", answer.text);
                assert!(!answer.text.contains(secret), "{}", answer.text);
            }
            told += 1;
        }
    }
    // Three AppSecrets, a token and a ticket.
    assert_eq!(told, 5);
}

async fn world(shop: &Shop) -> Value {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/_mock/v1/world", shop.mock.url());
    http.get(url).send().await.unwrap().json().await.unwrap()
}
