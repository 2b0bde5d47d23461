//! One instance of the service, and what it answers.

use std::sync::Arc;

use coupon_backend::{App, Config, TestClock};
use reqwest::{RequestBuilder, header::HeaderMap};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::ADMIN;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The text of a member.
    pub(crate) fn get(&self, key: &str) -> String {
        let json = self.json();
        json[key]
            .as_str()
            .unwrap_or_else(|| panic!("no {key} in {json}"))
            .to_owned()
    }

    /// Status and code of an error.
    pub(crate) fn error(&self) -> (u16, String) {
        let json = self.json();
        (
            self.status,
            json["error"]["code"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    }

    /// The fields at fault.
    pub(crate) fn fields(&self) -> Vec<String> {
        let json = self.json();
        let faults = json["error"]["fields"].as_array().unwrap().clone();
        faults
            .iter()
            .map(|fault| fault["field"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// One instance of the service.
pub(crate) struct Instance {
    url: String,
    http: reqwest::Client,
    stop: CancellationToken,
    serving: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
}

impl Instance {
    pub(super) async fn start(config: Config, clock: TestClock) -> Self {
        let app = App::build(config, Arc::new(clock)).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let serving = tokio::spawn(app.serve(listener, stop.clone()));
        let mut instance = Self::at(url);
        instance.stop = stop;
        instance.serving = Some(serving);
        instance
    }

    /// An instance that somebody else started.
    pub(crate) fn at(url: String) -> Self {
        Self {
            url,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            stop: CancellationToken::new(),
            serving: None,
        }
    }

    /// The same instance, for another task; ending it is left to the first.
    pub(crate) fn shared(&self) -> Self {
        Self {
            url: self.url.clone(),
            http: self.http.clone(),
            stop: CancellationToken::new(),
            serving: None,
        }
    }

    /// Ends it, and waits until it has.
    pub(crate) async fn end(&mut self) {
        self.stop.cancel();
        if let Some(serving) = self.serving.take() {
            serving.await.unwrap().unwrap();
        }
    }

    /// A redemption under a key.
    pub(crate) fn keyed_redeem(&self, code: &str, key: &str) -> RequestBuilder {
        let path = format!("/admin/v1/codes/{code}/redeem");
        self.request("POST", &path, ADMIN)
            .header("idempotency-key", key)
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn request(&self, method: &str, path: &str, token: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.url);
        let request = self.http.request(method.parse().unwrap(), url);
        if token.is_empty() {
            request
        } else {
            request.bearer_auth(token)
        }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> Answer {
        let request = self.request(method, path, token);
        let request = if body.is_null() {
            request
        } else {
            request.body(body.to_string())
        };
        send(request).await
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}
