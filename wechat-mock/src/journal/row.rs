//! One call in the journal, and how it is shown.

use std::net::IpAddr;

use axum::http::Method;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    Answered, Outcome,
    redact::{TEXT, cut_quote, kept_owned, may_hold_secrets, redact},
};
use crate::{
    diagnosis::{self, Refused},
    explain,
    faults::FaultKind,
    refusal::{Advice, Refusal},
};

/// Pairs of a query that are kept.
pub(super) const PAIRS: usize = 64;
/// Bytes of one body that are kept.
pub(super) const BODY: usize = 64 * 1024;

/// One call in the journal.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: u64,
    /// Seconds since 1970 on the mock's clock.
    pub(crate) at: i64,
    pub(super) peer: IpAddr,
    pub(super) method: Method,
    pub(crate) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(crate) appid: Option<String>,
    pub(crate) errcode: i64,
    pub(super) trace: Option<String>,
    /// Of the answer.
    pub(super) status: u16,
    pub(super) request_type: String,
    pub(super) request: Body,
    pub(super) reply_type: &'static str,
    pub(super) reply: Body,
    pub(super) advice: Vec<Advice>,
    pub(super) outcome: Outcome,
    pub(super) fault: Option<FaultKind>,
}

/// What is kept of a body.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) kept: Bytes,
    pub(super) length: usize,
}

impl Body {
    /// What a mock answered: memory of its own, or of the world's.
    pub(super) fn sent(whole: &Bytes) -> Self {
        if whole.len() > BODY {
            return Self::received(whole);
        }
        Self {
            kept: whole.clone(),
            length: whole.len(),
        }
    }

    /// What came over a connection: a slice would keep all alive that was read with it.
    pub(super) fn received(whole: &Bytes) -> Self {
        Self {
            kept: Bytes::copy_from_slice(&whole[..whole.len().min(BODY)]),
            length: whole.len(),
        }
    }

    /// The body as JSON, when it is JSON and was kept whole.
    fn json(&self) -> Option<Value> {
        let is_whole = self.kept.len() == self.length;
        let json = serde_json::from_slice(&self.kept);
        json.ok().filter(|_| is_whole)
    }

    /// Whether a piece of it may be a secret; of what was not kept nobody knows.
    fn may_hold_secrets(&self) -> bool {
        self.kept.len() < self.length || may_hold_secrets(&String::from_utf8_lossy(&self.kept))
    }

    /// The body as JSON when it is JSON, else what it is; without secrets.
    pub(super) fn show(&self, content_type: &str) -> Value {
        if self.length == 0 {
            return Value::Null;
        }
        let is_cut = self.kept.len() < self.length;
        if !is_cut && let Ok(mut value) = serde_json::from_slice::<Value>(&self.kept) {
            redact(&mut value);
            return value;
        }
        let is_text = std::str::from_utf8(&self.kept)
            .ok()
            .filter(|_| !content_type.starts_with("multipart/"));
        match is_text {
            Some(text) if !is_cut && !may_hold_secrets(text) => json!(text),
            _ => json!({"bytes": self.length, "content_type": content_type}),
        }
    }
}

/// The pairs of a query, in memory that is not more than they take.
fn kept_pairs(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    pairs.truncate(PAIRS);
    pairs.shrink_to_fit();
    for (key, value) in &mut pairs {
        for text in [key, value] {
            if text.len() > TEXT {
                *text = kept_owned(std::mem::take(text));
            }
        }
    }
    pairs
}

impl Row {
    /// The row of a call.
    pub(super) fn new(id: u64, answered: Answered) -> Self {
        let Answered {
            call,
            now,
            appid,
            wire,
            advice,
            outcome,
            fault,
        } = answered;
        Self {
            id,
            at: now,
            peer: call.peer,
            method: call.method,
            query: kept_pairs(call.query.into_pairs()),
            path: kept_owned(call.path),
            appid: appid.map(kept_owned),
            errcode: wire.errcode,
            trace: wire.trace,
            status: wire.status.as_u16(),
            request: Body::received(&call.body),
            request_type: kept_owned(call.content_type),
            reply: Body::sent(&wire.body),
            reply_type: wire.content_type,
            advice: advice
                .into_iter()
                .map(|advice| Advice::new(advice.rule, kept_owned(advice.at)))
                .collect(),
            outcome: match outcome {
                Outcome::Refused(refusal) => Outcome::Refused(refusal.cut(TEXT)),
                other => other,
            },
            fault,
        }
    }

    pub(super) fn is_traced_by(&self, id: &str) -> bool {
        let mut traces = self.trace.iter().flat_map(|both| both.split(' '));
        traces.any(|trace| trace == id)
    }

    pub(super) fn name(&self) -> String {
        Self::name_of(self.id)
    }

    pub(super) fn name_of(id: u64) -> String {
        format!("call-{id}")
    }

    pub(super) fn size(&self) -> usize {
        // A row's own members, and what each text takes beside its bytes.
        let mut size = size_of::<Self>() + self.request.kept.len() + self.reply.kept.len();
        // Its numbers in the index.
        size += 4 * size_of::<u64>();
        let texts = [self.method.as_str(), &self.path, &self.request_type];
        size += texts.iter().map(|text| text.len()).sum::<usize>();
        let pairs = self.query.iter();
        size += pairs
            .map(|(key, value)| size_of::<(String, String)>() + key.len() + value.len())
            .sum::<usize>();
        size += self.appid.as_ref().map_or(0, String::len);
        size += self.trace.as_ref().map_or(0, String::len);
        let advice = self.advice.iter();
        size += advice
            .map(|advice| size_of::<Advice>() + advice.at.len())
            .sum::<usize>();
        if let Outcome::Refused(refusal) = &self.outcome {
            size += refusal.size();
        }
        size
    }

    pub(super) fn show(&self) -> Value {
        let mut query = Map::new();
        for (key, value) in &self.query {
            query.insert(key.clone(), json!(value));
        }
        let mut query = Value::Object(query);
        redact(&mut query);
        let mut reply = self.reply.show(self.reply_type);
        if self.errcode == 47001 && self.request.may_hold_secrets() {
            cut_quote(&mut reply);
        }
        let mut row = json!({
            "id": self.name(),
            "at": self.at,
            "method": self.method.as_str(),
            "path": self.path,
            "query": query,
            "appid": self.appid,
            "request": self.request.show(&self.request_type),
            "errcode": self.errcode,
            "status": self.status,
            "reply": reply,
        });
        if let Some(trace) = &self.trace {
            row["trace"] = json!(trace);
        }
        if let Some(fault) = self.fault {
            row["fault"] = fault.to_json();
        }
        if !self.advice.is_empty() {
            row["advice"] = self.advice.iter().map(explain::advice).collect();
        }
        row
    }

    /// What `rid/get` tells of a call; WeChat's keys, texts for bodies, secrets shortened.
    pub(crate) fn as_wechat_shows_it(&self) -> Value {
        let text = |value: Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        let query: Vec<String> = self
            .query
            .iter()
            .map(|(key, value)| {
                let mut pair = json!({key: value});
                redact(&mut pair);
                format!("{key}={}", pair[key].as_str().unwrap_or_default())
            })
            .collect();
        json!({
            "invoke_time": self.at,
            // On the mock's clock no time goes by within a call.
            "cost_in_ms": 0,
            "request_url": query.join("&"),
            "request_body": text(self.request.show(&self.request_type)),
            "response_body": text(self.reply.show(self.reply_type)),
            "client_ip": self.peer.to_string(),
        })
    }

    /// The named mistake that the call shows.
    fn mistake(&self, refusal: &Refusal) -> Option<&'static str> {
        diagnosis::mistake(&Refused {
            path: &self.path,
            query: &self.query,
            body: self.request.json().as_ref(),
            refusal,
        })
    }

    pub(super) fn explain(&self) -> Value {
        let mut record = json!({
            "id": self.name(),
            "at": self.at,
            "call": format!("{} {}", self.method, self.path),
            "appid": self.appid,
            "errcode": self.errcode,
        });
        if self.status != 200 {
            record["status"] = json!(self.status);
        }
        if let Some(trace) = &self.trace {
            record["trace"] = json!(trace);
        }
        if let Some(fault) = self.fault {
            record["fault"] = fault.to_json();
        }
        match &self.outcome {
            Outcome::Done => record["outcome"] = json!("done"),
            Outcome::Lost => {
                record["outcome"] = json!("lost");
                let fault = self.fault.map_or(Value::Null, FaultKind::to_json);
                let (expected, received) = ("no fault in force", format!("the fault {fault}"));
                explain::add_rule(&mut record, "WX-FLT-001", "WX-FLT-001", expected, &received);
            }
            Outcome::Refused(refusal) => {
                record["outcome"] = json!("refused");
                record["errmsg"] = json!(refusal.errmsg());
                explain::add_refusal(&mut record, refusal);
                if let Some(mistake) = self.mistake(refusal) {
                    explain::add_mistake(&mut record, mistake);
                }
            }
        }
        record["advice"] = self.advice.iter().map(explain::advice).collect();
        record
    }
}
