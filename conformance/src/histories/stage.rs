//! A mock and a backend with one clock, and all calls that are made to them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use coupon_backend::TestClock;
use serde_json::{Value, json};
use wechat_mock::MockWechat;

use super::{
    seen::{Acted, Answered, KEPT, Past},
    step::TIMEOUT,
};
use crate::{
    backend::{Shop, Started},
    http::{Request, send},
    step::Upload,
};

/// 2026-12-23T04:26:40Z, when every history begins.
pub(super) const START: i64 = 1_798_000_000;

/// Codes, tokens and openids of the mock are the same in every run.
const SEED: u64 = 1;

/// Why a history ended early.
pub(super) type Broken = String;

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Backend,
    Mock,
}

/// One request and its answer, for the script.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) step: usize,
    pub(super) side: Side,
    pub(super) request: Request,
    /// None while it is under way.
    pub(super) answer: Option<(u16, String)>,
}

/// Both, and what was seen of them.
pub(super) struct Stage {
    shop: Shop,
    mock: String,
    clock: TestClock,
    /// Which step is under way, from 1.
    pub(super) step: AtomicUsize,
    seen: Mutex<Seen>,
}

/// What all actors write into.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) past: Past,
    pub(super) traffic: Vec<Exchange>,
    /// Session tokens of customers, and when they logged in.
    pub(super) sessions: BTreeMap<String, (String, i64)>,
    /// Encrypted codes that phones gave to pages, with their cards.
    pub(super) encrypted: Vec<(String, String)>,
}

/// A call that is to be made.
pub(super) struct Call {
    side: Side,
    method: &'static str,
    path: String,
    token: Option<String>,
    key: Option<String>,
    body: Value,
}

impl Call {
    pub(super) fn new(side: Side, method: &'static str, path: impl Into<String>) -> Self {
        Self {
            side,
            method,
            path: path.into(),
            token: None,
            key: None,
            body: Value::Null,
        }
    }

    pub(super) fn body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }

    pub(super) fn session(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }
}

/// An answer, and its JSON.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) json: Value,
}

impl Told {
    pub(super) fn is_ok(&self) -> bool {
        self.status < 300
    }

    /// Whether nobody knows the outcome yet: asking again may end otherwise.
    pub(super) fn is_open(&self) -> bool {
        self.status == 503 || self.json["error"]["code"] == "operation_in_progress"
    }

    /// A text of it; empty where there is none.
    pub(super) fn text(&self, name: &str) -> String {
        self.json[name].as_str().unwrap_or_default().to_owned()
    }
}

impl Stage {
    /// Starts both; the stage ends with the second.
    pub(super) async fn open() -> Result<(Arc<Self>, Started), Broken> {
        let clock = TestClock::at(START);
        let settings = [("WECHAT_TIMEOUT_MS", TIMEOUT.to_string())];
        // Before the backend asks for its first token.
        let mock = MockWechat::builder().seed(SEED).start().await;
        mock.clock().freeze();
        let set = mock.clock().set(START);
        set.map_err(|error| error.to_string())?;
        let started = Started::with(mock, Arc::new(clock.clone()), settings).await;
        let started = started.map_err(|error| error.to_string())?;
        let stage = Self {
            shop: started.shop.clone(),
            mock: started.mock_url(),
            clock,
            step: AtomicUsize::new(0),
            seen: Mutex::default(),
        };
        Ok((Arc::new(stage), started))
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        // Whatever a panic left behind is whole: every change is one statement.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn oa(&self) -> &str {
        &self.shop.oa
    }

    pub(super) fn mp(&self) -> &str {
        &self.shop.mp
    }

    /// Seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        coupon_backend::Clock::now(&self.clock)
    }

    /// Moves both clocks.
    pub(super) async fn advance(&self, seconds: i64) -> Result<(), Broken> {
        self.clock.advance(seconds);
        let call = Call::new(Side::Mock, "POST", "/_mock/v1/clock");
        self.arranged(call.body(json!({"advance": seconds})))
            .await?;
        Ok(())
    }

    /// A call of the control API or of the phone that has to go well.
    pub(super) async fn arranged(&self, call: Call) -> Result<Value, Broken> {
        let what = format!("{} {}", call.method, call.path);
        let told = self.ask(call).await?;
        if told.is_ok() {
            Ok(told.json)
        } else {
            Err(format!("{what}: {} {}", told.status, told.json))
        }
    }

    /// A call of the admin's.
    pub(super) async fn admin(&self, method: &'static str, path: &str) -> Result<Told, Broken> {
        let token = self.shop.admin_token.clone();
        let call = Call::new(Side::Backend, method, path);
        self.ask(call.session(&token)).await
    }

    /// A call of the admin's that acts at WeChat; it and its answers are kept.
    pub(super) async fn act(
        &self,
        key: Option<String>,
        method: &'static str,
        path: String,
        body: Value,
    ) -> Result<Told, Broken> {
        let mut call = Call::new(Side::Backend, method, path.clone()).body(body.clone());
        call.token = Some(self.shop.admin_token.clone());
        call.key.clone_from(&key);
        let at = self.now();
        let at = {
            let calls = &mut self.seen().past.calls;
            let of_key = calls
                .iter()
                .position(|other| key.is_some() && other.key == key);
            of_key.unwrap_or_else(|| {
                calls.push(Acted {
                    key,
                    method,
                    path,
                    body,
                    at,
                    answers: Vec::new(),
                });
                calls.len() - 1
            })
        };
        let (told, answered) = self.exchange(call).await?;
        self.seen().past.calls[at].answers.push(answered);
        Ok(told)
    }

    /// Makes a call again, unless its key is too old by now.
    pub(super) async fn repeat(&self, call: &Acted) -> Result<Option<Told>, Broken> {
        if call.key.is_none() || self.now() > call.at + KEPT {
            return Ok(None);
        }
        let (key, path, body) = (call.key.clone(), call.path.clone(), call.body.clone());
        self.act(key, call.method, path, body).await.map(Some)
    }

    /// Uploads the logo: its URL.
    pub(super) async fn logo(&self) -> Result<String, Broken> {
        let upload = Upload::logo("file");
        let (content_type, body) = upload.encode()?;
        let request = Request {
            method: "POST".to_owned(),
            path: "/admin/v1/logos".to_owned(),
            headers: vec![
                authorization(&self.shop.admin_token),
                ("Content-Type".to_owned(), content_type),
            ],
            body,
            shown: Some(upload.shown()),
        };
        let (told, _) = self.sent(Side::Backend, request).await?;
        Ok(told.text("url"))
    }

    pub(super) async fn ask(&self, call: Call) -> Result<Told, Broken> {
        self.exchange(call).await.map(|(told, _)| told)
    }

    async fn exchange(&self, call: Call) -> Result<(Told, Answered), Broken> {
        let mut headers = Vec::new();
        headers.extend(call.token.map(|token| authorization(&token)));
        headers.extend(call.key.map(|key| ("Idempotency-Key".to_owned(), key)));
        let mut body = Vec::new();
        if !call.body.is_null() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            body = call.body.to_string().into_bytes();
        }
        let request = Request {
            method: call.method.to_owned(),
            path: call.path,
            headers,
            body,
            shown: None,
        };
        self.sent(call.side, request).await
    }

    async fn sent(&self, side: Side, request: Request) -> Result<(Told, Answered), Broken> {
        let url = match side {
            Side::Backend => &self.shop.url,
            Side::Mock => &self.mock,
        };
        let at = {
            let traffic = &mut self.seen().traffic;
            traffic.push(Exchange {
                step: self.step.load(Ordering::SeqCst),
                side,
                request: request.clone(),
                answer: None,
            });
            traffic.len() - 1
        };
        let what = format!("{} {}", request.method, request.path);
        let answer = send(&self.shop.http, url, false, &request).await;
        let answer = answer.map_err(|error| format!("{what}: no answer: {error}"))?;
        let json = answer.json().unwrap_or(Value::Null);
        let answered = Answered {
            call: what,
            status: answer.status,
            body: json.clone(),
            has_retry_after: answer.headers.contains_key("retry-after"),
        };
        let mut seen = self.seen();
        seen.traffic[at].answer = Some((answer.status, answer.text));
        if side == Side::Backend {
            seen.past.answers.push(answered.clone());
        }
        let status = answer.status;
        Ok((Told { status, json }, answered))
    }
}

fn authorization(token: &str) -> (String, String) {
    ("Authorization".to_owned(), format!("Bearer {token}"))
}
