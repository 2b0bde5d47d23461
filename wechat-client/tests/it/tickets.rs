//! The card ticket: its true end, whatever WeChat answers.

use std::sync::Arc;

use serde_json::{Value, json};
use wechat_client::{Client, Clock, MemoryStore};
use wiremock::MockServer;

use crate::support::{NOW, TestClock, answer, answer_first, builder, calls, refusal, server};

const TICKET: &str = "/cgi-bin/ticket/getticket";

fn ticket(value: &str) -> Value {
    json!({"errcode": 0, "errmsg": "ok", "ticket": value, "expires_in": 7200})
}

fn with_clock(server: &MockServer) -> (Client, TestClock) {
    let clock = TestClock::new();
    let client = builder(&server.uri())
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    (client, clock)
}

async fn fetched(client: &Client) -> String {
    client.card_ticket().await.unwrap().expose().to_owned()
}

#[tokio::test]
async fn a_ticket_is_kept_and_looked_after_every_ten_minutes() {
    let server = server().await;
    answer(&server, TICKET, &ticket("t1")).await;
    let (client, clock) = with_clock(&server);
    assert_eq!(fetched(&client).await, "t1");
    clock.advance(599);
    fetched(&client).await;
    assert_eq!(calls(&server, TICKET).await.len(), 1);
    clock.advance(1);
    fetched(&client).await;
    assert_eq!(calls(&server, TICKET).await.len(), 2);
    let query = calls(&server, TICKET).await[0]
        .url
        .query()
        .unwrap()
        .to_owned();
    assert!(query.contains("type=wx_card"), "{query}");
}

#[tokio::test]
async fn an_answer_of_7200_seconds_does_not_prolong_a_ticket() {
    let server = server().await;
    answer(&server, TICKET, &ticket("t1")).await;
    let (client, clock) = with_clock(&server);
    fetched(&client).await;
    // Seen again in its last minutes, it still ends 7200 s after it was first seen: from a minute
    // before then on, WeChat is asked at every use.
    clock.advance(7139);
    fetched(&client).await;
    assert_eq!(calls(&server, TICKET).await.len(), 2);
    clock.advance(1);
    fetched(&client).await;
    fetched(&client).await;
    assert_eq!(calls(&server, TICKET).await.len(), 4);
}

#[tokio::test]
async fn a_new_ticket_takes_the_place_of_the_old_one() {
    let server = server().await;
    answer_first(&server, TICKET, 1, &ticket("t1")).await;
    answer(&server, TICKET, &ticket("t2")).await;
    let (client, clock) = with_clock(&server);
    assert_eq!(fetched(&client).await, "t1");
    clock.advance(600);
    assert_eq!(fetched(&client).await, "t2");
}

#[tokio::test]
async fn while_wechat_is_away_a_living_ticket_serves_on() {
    let server = server().await;
    answer_first(&server, TICKET, 1, &ticket("t1")).await;
    answer(&server, TICKET, &refusal(-1)).await;
    let (client, clock) = with_clock(&server);
    fetched(&client).await;
    clock.advance(7199);
    assert_eq!(fetched(&client).await, "t1");
    clock.advance(1);
    assert!(client.card_ticket().await.unwrap_err().is_outage());
}

#[tokio::test]
async fn instances_with_one_store_share_one_ticket() {
    let server = server().await;
    answer(&server, TICKET, &ticket("t1")).await;
    let store = Arc::new(MemoryStore::default());
    for _ in 0..3 {
        let client = builder(&server.uri())
            .credentials(store.clone())
            .build()
            .unwrap();
        assert_eq!(fetched(&client).await, "t1");
    }
    assert_eq!(calls(&server, TICKET).await.len(), 1);
}

#[tokio::test]
async fn a_claim_is_signed_with_the_ticket_now_and_a_fresh_nonce() {
    let server = server().await;
    answer(&server, TICKET, &ticket("t1")).await;
    let (client, clock) = with_clock(&server);
    assert_eq!(clock.now(), NOW);
    let mut nonces = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let item = client
            .add_card_item(&"pAbC".into(), Some("桌 3"))
            .await
            .unwrap();
        let ext: Value = serde_json::from_str(&item.card_ext).unwrap();
        let nonce = ext["nonce_str"].as_str().unwrap().to_owned();
        let values = ["t1", "1798000000", "pAbC", &nonce];
        assert_eq!(ext["signature"], wechat_client::card_signature(values));
        assert_eq!(ext["timestamp"], NOW.to_string());
        assert_eq!(ext["outer_str"], "桌 3");
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), 20);
    assert_eq!(calls(&server, TICKET).await.len(), 1);
}
