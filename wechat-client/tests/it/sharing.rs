//! Tokens and tickets of many instances, stores that fail, clocks that were wrong, a WeChat that hangs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use wechat_client::{
    BoxFuture, Client, Credential, CredentialKey, CredentialKind, CredentialStore, Effect, Error,
    MemoryStore, StoreError, Stored,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::support::{
    APP_ID, NOW, TestClock, answer, answer_first, builder, calls, refusal, server, token,
};

const TOKEN: &str = "/cgi-bin/stable_token";
const TICKET: &str = "/cgi-bin/ticket/getticket";
const CONSUME: &str = "/card/code/consume";

fn ticket(value: &str) -> serde_json::Value {
    json!({"errcode": 0, "errmsg": "ok", "ticket": value, "expires_in": 7200})
}

fn key(kind: CredentialKind) -> CredentialKey {
    CredentialKey {
        app_id: APP_ID.into(),
        kind,
    }
}

/// Answers a path after a pause.
async fn answer_late(server: &MockServer, at: &str, body: &serde_json::Value, pause: Duration) {
    let response = ResponseTemplate::new(200)
        .set_body_json(body)
        .set_delay(pause);
    Mock::given(path(at))
        .respond_with(response)
        .mount(server)
        .await;
}

fn sharing(server: &MockServer, store: &Arc<impl CredentialStore>, clock: &TestClock) -> Client {
    builder(&server.uri())
        .credentials(store.clone())
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_fleet_that_starts_together_makes_one_call_of_each() {
    let server = MockServer::start().await;
    let pause = Duration::from_millis(100);
    answer_late(&server, TOKEN, &token("t"), pause).await;
    answer_late(&server, TICKET, &ticket("k"), pause).await;
    let store = Arc::new(MemoryStore::default());
    let clock = TestClock::new();
    let fleet: Vec<_> = (0..12)
        .map(|_| {
            let client = sharing(&server, &store, &clock);
            tokio::spawn(async move { client.card_ticket().await })
        })
        .collect();
    for instance in fleet {
        assert_eq!(instance.await.unwrap().unwrap().expose(), "k");
    }
    assert_eq!(calls(&server, TOKEN).await.len(), 1);
    assert_eq!(calls(&server, TICKET).await.len(), 1);
}

#[tokio::test]
async fn an_instance_that_died_while_refreshing_holds_the_others_up_for_its_lease_alone() {
    let server = server().await;
    answer(&server, TICKET, &ticket("k")).await;
    let store = Arc::new(MemoryStore::default());
    let of_token = key(CredentialKind::AccessToken);
    assert!(store.try_lease(&of_token, "dead", 1).await.unwrap());
    let client = sharing(&server, &store, &TestClock::new());
    assert_eq!(client.card_ticket().await.unwrap().expose(), "k");
}

/// A store whose saves fail on demand.
#[derive(Debug, Default)]
struct Failing {
    kept: MemoryStore,
    saves_fail: AtomicBool,
}

impl CredentialStore for Failing {
    fn load<'a>(
        &'a self,
        key: &'a CredentialKey,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        self.kept.load(key)
    }

    fn compare_and_save<'a>(
        &'a self,
        key: &'a CredentialKey,
        expected: u64,
        fresh: &'a Credential,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        if self.saves_fail.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError("the disk is full".into())) });
        }
        self.kept.compare_and_save(key, expected, fresh)
    }

    fn try_lease<'a>(
        &'a self,
        key: &'a CredentialKey,
        holder: &'a str,
        seconds: u32,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.kept.try_lease(key, holder, seconds)
    }

    fn release_lease<'a>(
        &'a self,
        key: &'a CredentialKey,
        holder: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.kept.release_lease(key, holder)
    }
}

#[tokio::test]
async fn a_fresh_token_serves_even_when_it_cannot_be_saved() {
    let server = server().await;
    answer(&server, TICKET, &ticket("k")).await;
    let store = Arc::new(Failing::default());
    store.saves_fail.store(true, Ordering::SeqCst);
    let client = sharing(&server, &store, &TestClock::new());
    assert_eq!(client.card_ticket().await.unwrap().expose(), "k");
    assert_eq!(client.card_ticket().await.unwrap().expose(), "k");
    assert_eq!(client.access_token().await.unwrap().expose(), "token-1");
    assert_eq!(calls(&server, TOKEN).await.len(), 1);
    assert_eq!(calls(&server, TICKET).await.len(), 1);
}

#[tokio::test]
async fn the_slower_of_two_never_overwrites_the_newer() {
    let store = MemoryStore::default();
    let key = key(CredentialKind::AccessToken);
    let credential = |value: &str| Credential::new(value, NOW + 7200, NOW, NOW);
    assert!(
        store
            .compare_and_save(&key, 0, &credential("a"))
            .await
            .unwrap()
    );
    for stale in [0, 2, 7] {
        let late = credential("late");
        let is_saved = store.compare_and_save(&key, stale, &late).await.unwrap();
        assert!(!is_saved, "version {stale}");
    }
    assert!(
        store
            .compare_and_save(&key, 1, &credential("b"))
            .await
            .unwrap()
    );
    let kept = store.load(&key).await.unwrap().unwrap();
    assert_eq!((kept.credential.expose(), kept.version), ("b", 2));
}

#[tokio::test]
async fn a_lease_is_one_holders_until_it_is_given_back() {
    let store = MemoryStore::default();
    let key = key(CredentialKind::CardTicket);
    assert!(store.try_lease(&key, "a", 60).await.unwrap());
    assert!(store.try_lease(&key, "a", 60).await.unwrap());
    assert!(!store.try_lease(&key, "b", 60).await.unwrap());
    store.release_lease(&key, "b").await.unwrap();
    assert!(!store.try_lease(&key, "b", 60).await.unwrap());
    store.release_lease(&key, "a").await.unwrap();
    assert!(store.try_lease(&key, "b", 0).await.unwrap());
    assert!(store.try_lease(&key, "a", 60).await.unwrap());
}

#[tokio::test]
async fn while_wechat_hangs_a_living_ticket_is_used() {
    let server = server().await;
    answer_first(&server, TICKET, 1, &ticket("k")).await;
    let never = Duration::from_secs(600);
    answer_late(&server, TICKET, &ticket("late"), never).await;
    let store = Arc::new(MemoryStore::default());
    let clock = TestClock::new();
    let client = builder(&server.uri())
        .credentials(store.clone())
        .clock(Arc::new(clock.clone()))
        .try_timeout(never)
        .total_timeout(never)
        .build()
        .unwrap();
    client.card_ticket().await.unwrap();
    // From the time of the look until the very end.
    clock.advance(600);
    for _ in 0..3 {
        assert_eq!(client.card_ticket().await.unwrap().expose(), "k");
    }
    clock.advance(7199 - 600);
    assert_eq!(client.card_ticket().await.unwrap().expose(), "k");
    // An instance that starts now finds it in the store.
    let another = sharing(&server, &store, &clock);
    assert_eq!(another.card_ticket().await.unwrap().expose(), "k");
}

#[tokio::test]
async fn what_a_clock_ahead_of_time_noted_is_fetched_again() {
    for ahead in [61, 8 * 3600, 400 * 24 * 3600] {
        let server = MockServer::start().await;
        answer_first(&server, TOKEN, 1, &token("old")).await;
        answer(&server, TOKEN, &token("new")).await;
        answer_first(&server, TICKET, 1, &ticket("dead")).await;
        answer(&server, TICKET, &ticket("living")).await;
        let store = Arc::new(MemoryStore::default());
        let clock = TestClock::new();
        let client = sharing(&server, &store, &clock);
        clock.advance(ahead);
        client.card_ticket().await.unwrap();
        clock.advance(-ahead);
        assert_eq!(client.card_ticket().await.unwrap().expose(), "living");
        assert_eq!(client.access_token().await.unwrap().expose(), "new");
        let another = sharing(&server, &store, &clock);
        assert_eq!(another.card_ticket().await.unwrap().expose(), "living");
    }
}

#[tokio::test]
async fn a_ticket_noted_by_a_clock_behind_time_is_not_dead_for_ever() {
    let server = server().await;
    answer(&server, TICKET, &ticket("k")).await;
    let clock = TestClock::new();
    let client = sharing(&server, &Arc::new(MemoryStore::default()), &clock);
    client.card_ticket().await.unwrap();
    clock.advance(8 * 3600);
    client.card_ticket().await.unwrap();
    client.card_ticket().await.unwrap();
    assert_eq!(calls(&server, TICKET).await.len(), 2);
}

#[tokio::test]
async fn a_refresh_outlives_the_caller_who_began_it() {
    let server = MockServer::start().await;
    answer_late(&server, TOKEN, &token("t"), Duration::from_millis(200)).await;
    let clock = TestClock::new();
    let client = sharing(&server, &Arc::new(MemoryStore::default()), &clock);
    let gone = tokio::time::timeout(Duration::from_millis(50), client.access_token()).await;
    assert!(gone.is_err());
    assert_eq!(client.access_token().await.unwrap().expose(), "t");
    assert_eq!(calls(&server, TOKEN).await.len(), 1);
}

#[tokio::test]
async fn a_service_refreshes_before_anybody_has_to_wait() {
    let server = MockServer::start().await;
    answer_first(&server, TOKEN, 1, &token("old")).await;
    answer(&server, TOKEN, &token("new")).await;
    answer(&server, TICKET, &ticket("k")).await;
    let clock = TestClock::new();
    let client = sharing(&server, &Arc::new(MemoryStore::default()), &clock);
    client.refresh_ahead().await.unwrap();
    clock.advance(7200 - 301);
    client.refresh_ahead().await.unwrap();
    assert_eq!(calls(&server, TOKEN).await.len(), 1);
    clock.advance(1);
    client.refresh_ahead().await.unwrap();
    assert_eq!(calls(&server, TOKEN).await.len(), 2);
    assert_eq!(client.access_token().await.unwrap().expose(), "new");
}

/// What a failed consume tells of what it may have done.
async fn effect_of(client: &Client) -> (Effect, Error) {
    let error = client.consume_code(&"110201201245".into(), None).await;
    let error = error.unwrap_err();
    (error.effect(), error)
}

#[tokio::test]
async fn what_surely_did_not_reach_wechat_is_told_apart() {
    // Nobody listens.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let client = builder(&format!("http://{address}")).build().unwrap();
    let (effect, error) = effect_of(&client).await;
    assert_eq!(effect, Effect::NotSent, "{error:?}");
    assert!(error.is_outage(), "{error:?}");

    // No token is to be had, for a reason of WeChat's or for want of an answer.
    for body in [refusal(40125), refusal(-1), json!("no object")] {
        let server = MockServer::start().await;
        answer(&server, TOKEN, &body).await;
        let client = builder(&server.uri()).build().unwrap();
        let (effect, error) = effect_of(&client).await;
        assert_eq!(effect, Effect::NotSent, "{error:?}");
        assert!(matches!(error, Error::NoToken { .. }), "{error:?}");
        assert!(calls(&server, CONSUME).await.is_empty());
    }

    // The time is over before there was a token.
    let server = MockServer::start().await;
    answer_late(&server, TOKEN, &token("late"), Duration::from_secs(600)).await;
    let client = builder(&server.uri())
        .total_timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    assert_eq!(effect_of(&client).await.0, Effect::NotSent);
}

#[tokio::test]
async fn what_may_have_acted_and_what_was_refused_are_told_apart() {
    for (status, body, effect) in [
        (200, refusal(-1), Effect::MayHaveActed),
        (200, refusal(40099), Effect::Refused),
        (200, refusal(45009), Effect::Refused),
        (502, json!({}), Effect::MayHaveActed),
        (200, json!([]), Effect::MayHaveActed),
    ] {
        let server = server().await;
        let response = ResponseTemplate::new(status).set_body_json(&body);
        Mock::given(path(CONSUME))
            .respond_with(response)
            .mount(&server)
            .await;
        let client = builder(&server.uri()).build().unwrap();
        let (found, error) = effect_of(&client).await;
        assert_eq!(found, effect, "{status} {body}: {error:?}");
        assert_eq!(calls(&server, CONSUME).await.len(), 1);
    }

    // Sent, and no answer in time.
    let server = server().await;
    answer_late(&server, CONSUME, &refusal(0), Duration::from_secs(600)).await;
    for limits in [(1_500, 60_000), (60_000, 1_500)] {
        let (each, all) = limits;
        let client = builder(&server.uri())
            .try_timeout(Duration::from_millis(each))
            .total_timeout(Duration::from_millis(all))
            .build()
            .unwrap();
        assert_eq!(
            effect_of(&client).await.0,
            Effect::MayHaveActed,
            "{limits:?}"
        );
    }
}
