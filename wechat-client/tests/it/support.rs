//! A server with canned answers, and a client that calls it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use wechat_client::{AppSecret, Client, ClientBuilder, Clock, MiniProgram, RetryPolicy};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path},
};

pub(crate) const APP_ID: &str = "wx00000000000000a0";
pub(crate) const SECRET: &str = "secret-of-the-account-0000000000";
pub(crate) const NOW: i64 = 1_798_000_000;

/// A clock that stands still until it is told.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NOW)))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A client with short pauses and a clock that stands still.
pub(crate) fn builder(url: &str) -> ClientBuilder {
    Client::builder(APP_ID.into(), AppSecret::from(SECRET))
        .api_base(url)
        .clock(Arc::new(TestClock::new()))
        .retry(RetryPolicy {
            attempts: 3,
            base: Duration::from_millis(1),
            cap: Duration::from_millis(1),
        })
}

pub(crate) fn client(server: &MockServer) -> Client {
    builder(&server.uri()).build().unwrap()
}

pub(crate) fn mini_program(server: &MockServer) -> MiniProgram {
    MiniProgram::builder("wx00000000000000b0".into(), AppSecret::from(SECRET))
        .api_base(&server.uri())
        .build()
        .unwrap()
}

/// A server that gives out the token `token-1`.
pub(crate) async fn server() -> MockServer {
    let server = MockServer::start().await;
    answer(&server, "/cgi-bin/stable_token", &token("token-1")).await;
    server
}

pub(crate) fn token(value: &str) -> Value {
    json!({"access_token": value, "expires_in": 7200})
}

pub(crate) fn refusal(errcode: i64) -> Value {
    json!({"errcode": errcode, "errmsg": "refused rid: 0-0-0"})
}

/// Answers a path with JSON from now on.
pub(crate) async fn answer(server: &MockServer, at: &str, body: &Value) {
    answer_text(server, at, 200, &body.to_string()).await;
}

pub(crate) async fn answer_text(server: &MockServer, at: &str, status: u16, body: &str) {
    let template = ResponseTemplate::new(status)
        .set_body_raw(body.to_owned(), "application/json; encoding=utf-8");
    Mock::given(path(at))
        .respond_with(template)
        .mount(server)
        .await;
}

/// Answers a path so many times, before whatever it answers later.
pub(crate) async fn answer_first(server: &MockServer, at: &str, times: u64, body: &Value) {
    Mock::given(path(at))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .up_to_n_times(times)
        .with_priority(1)
        .mount(server)
        .await;
}

/// Answers a path as its method and exchange say.
pub(crate) async fn answer_as(server: &MockServer, exchange: &Value) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (request, reply) = (&exchange["request"], &exchange["reply"]);
    let template = ResponseTemplate::new(200)
        .set_body_raw(text(&reply["text"]), &text(&reply["content_type"]));
    Mock::given(method(text(&request["method"]).as_str()))
        .and(path(text(&request["path"])))
        .respond_with(template)
        .mount(server)
        .await;
}

/// The calls that came to a path.
pub(crate) async fn calls(server: &MockServer, at: &str) -> Vec<Request> {
    let mut calls = server.received_requests().await.unwrap();
    calls.retain(|call| call.url.path() == at);
    calls
}

/// The only JSON body that came to a path.
pub(crate) async fn body(server: &MockServer, at: &str) -> Value {
    let calls = calls(server, at).await;
    assert_eq!(calls.len(), 1, "{at}");
    calls[0].body_json().unwrap()
}

/// The token a call was made with.
pub(crate) fn token_of(call: &Request) -> String {
    let mut query = call.url.query_pairs();
    let (_, token) = query.find(|(key, _)| key == "access_token").unwrap();
    token.into_owned()
}
