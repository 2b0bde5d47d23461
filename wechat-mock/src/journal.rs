//! The journal of WeChat's paths, and the reasons of every refusal.
//!
//! Both are rings: what is oldest goes first. Secrets are taken out when a row is shown.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    api::{call::Call, reply::Wire},
    explain,
    faults::FaultKind,
    refusal::{Advice, Refusal},
    sign::diagnose::Stamp,
};

/// Rows that are kept.
const ROWS: usize = 10_000;
/// Bytes of bodies that are kept over all rows.
const BYTES: usize = 16 * 1024 * 1024;
/// Bytes of one body that are kept.
const BODY: usize = 64 * 1024;
/// Records of claims on the phone that are kept.
const CLAIMS: usize = 2_000;
/// Claims whose timestamp and nonce are known again when they are signed a second time.
const STAMPS: usize = 64;

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done,
    Refused(Refusal),
    /// WeChat never heard of it.
    Lost,
}

/// A call with its answer, as the journal takes it.
pub(crate) struct Answered {
    pub(crate) call: Call,
    pub(crate) now: i64,
    pub(crate) appid: Option<String>,
    pub(crate) wire: Wire,
    pub(crate) advice: Vec<Advice>,
    pub(crate) outcome: Outcome,
    /// What befell it on the way.
    pub(crate) fault: Option<FaultKind>,
}

/// One call in the journal.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: u64,
    /// Seconds since 1970 on the mock's clock.
    pub(crate) at: i64,
    peer: IpAddr,
    method: String,
    pub(crate) path: String,
    query: Vec<(String, String)>,
    pub(crate) appid: Option<String>,
    pub(crate) errcode: i64,
    trace: Option<String>,
    /// Of the answer.
    status: u16,
    request_type: String,
    request: Body,
    reply_type: &'static str,
    reply: Body,
    advice: Vec<Advice>,
    outcome: Outcome,
    fault: Option<FaultKind>,
}

/// What is kept of a body.
#[derive(Debug)]
struct Body {
    kept: Bytes,
    length: usize,
}

impl Body {
    fn new(whole: &Bytes) -> Self {
        let kept = if whole.len() <= BODY {
            whole.clone()
        } else {
            // A slice would keep the whole body alive.
            Bytes::copy_from_slice(&whole[..BODY])
        };
        Self {
            kept,
            length: whole.len(),
        }
    }

    /// Whether a piece of it may be a secret; of what was not kept nobody knows.
    fn may_hold_secrets(&self) -> bool {
        self.kept.len() < self.length || may_hold_secrets(&String::from_utf8_lossy(&self.kept))
    }

    /// The body as JSON when it is JSON, else what it is; without secrets.
    fn show(&self, content_type: &str) -> Value {
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

/// The journal, shared by the faces of the mock.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedJournal(Arc<Mutex<Journal>>);

impl SharedJournal {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Journal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    rows: VecDeque<Row>,
    bytes: usize,
    written: u64,
    claims: VecDeque<(String, Value)>,
    claimed: u64,
    stamps: VecDeque<Stamp>,
}

/// Which rows to show.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    pub(crate) path: Option<String>,
    pub(crate) appid: Option<String>,
    pub(crate) errcode: Option<i64>,
}

impl Journal {
    /// Writes a call down.
    pub(crate) fn write(&mut self, answered: Answered) {
        let Answered {
            call,
            now,
            appid,
            wire,
            advice,
            outcome,
            fault,
        } = answered;
        self.written += 1;
        let row = Row {
            id: self.written,
            at: now,
            peer: call.peer,
            method: call.method.to_string(),
            query: call
                .query
                .pairs()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
            path: call.path,
            appid,
            errcode: wire.errcode,
            trace: wire.trace,
            status: wire.status.as_u16(),
            request: Body::new(&call.body),
            request_type: call.content_type,
            reply: Body::new(&wire.body),
            reply_type: wire.content_type,
            advice,
            outcome,
            fault,
        };
        self.bytes += row.size();
        self.rows.push_back(row);
        while self.rows.len() > ROWS || self.bytes > BYTES {
            let Some(oldest) = self.rows.pop_front() else {
                break;
            };
            self.bytes -= oldest.size();
        }
    }

    /// The rows that pass the filter, newest last.
    pub(crate) fn show(&self, filter: &Filter) -> Vec<Value> {
        let rows = self.rows.iter().filter(|row| filter.takes(row));
        rows.map(Row::show).collect()
    }

    /// The records of calls that were refused or got an advice, oldest first.
    pub(crate) fn problems(&self) -> Vec<Value> {
        let is_problem =
            |row: &&Row| matches!(row.outcome, Outcome::Refused(_)) || !row.advice.is_empty();
        self.rows
            .iter()
            .filter(is_problem)
            .map(Row::explain)
            .collect()
    }

    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.bytes = 0;
    }

    /// Forgets everything, claims and numbers too.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// The id of the next claim's record, and what the claims before it were made with.
    pub(crate) fn next_claim(
        &mut self,
        stamps: impl Iterator<Item = Stamp>,
    ) -> (String, Vec<Stamp>) {
        self.claimed += 1;
        let earlier = self.stamps.iter().cloned().collect();
        self.stamps.extend(stamps);
        let too_many = self.stamps.len().saturating_sub(STAMPS);
        self.stamps.drain(..too_many);
        (format!("claim-{}", self.claimed), earlier)
    }

    /// Keeps the record of a claim on the phone.
    pub(crate) fn keep_claim(&mut self, id: String, record: Value) {
        if self.claims.len() >= CLAIMS {
            self.claims.pop_front();
        }
        self.claims.push_back((id, record));
    }

    /// Why a call or claim was refused, by its journal id, rid, hint or claim id.
    pub(crate) fn explain(&self, id: &str) -> Option<Value> {
        if let Some((_, record)) = self.claims.iter().find(|(known, _)| known == id) {
            return Some(record.clone());
        }
        let row = self
            .rows
            .iter()
            .rev()
            .find(|row| row.is_traced_by(id) || row.name() == id)?;
        Some(row.explain())
    }

    /// The call that was refused with this rid.
    pub(crate) fn of_rid(&self, rid: &str) -> Option<&Row> {
        self.rows.iter().rev().find(|row| row.is_traced_by(rid))
    }
}

impl Filter {
    fn takes(&self, row: &Row) -> bool {
        self.path.as_ref().is_none_or(|path| *path == row.path)
            && self
                .appid
                .as_ref()
                .is_none_or(|appid| Some(appid) == row.appid.as_ref())
            && self.errcode.is_none_or(|errcode| errcode == row.errcode)
    }
}

impl Row {
    fn is_traced_by(&self, id: &str) -> bool {
        let mut traces = self.trace.iter().flat_map(|both| both.split(' '));
        traces.any(|trace| trace == id)
    }

    fn name(&self) -> String {
        format!("call-{}", self.id)
    }

    fn size(&self) -> usize {
        // The bodies, and about what the rest of a row takes.
        512 + self.request.kept.len() + self.reply.kept.len()
    }

    fn show(&self) -> Value {
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
            "method": self.method,
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

    fn explain(&self) -> Value {
        let mut record = json!({
            "id": self.name(),
            "at": self.at,
            "call": format!("{} {}", self.method, self.path),
            "appid": self.appid,
            "errcode": self.errcode,
        });
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
            }
        }
        record["advice"] = self.advice.iter().map(explain::advice).collect();
        record
    }
}

/// Names whose values are secret in queries, requests and replies.
const SECRET: [&str; 7] = [
    "access_token",
    "secret",
    "appsecret",
    "ticket",
    "session_key",
    "js_code",
    "api_ticket",
];

/// Shortens every secret of a JSON value to its length.
pub(crate) fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(text) if SECRET.contains(&key.as_str()) && !text.is_empty() => {
                        *text = format!("[redacted: {} characters]", text.chars().count());
                    }
                    other => redact(other),
                }
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(redact),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Takes out what a refusal quotes of the request.
fn cut_quote(reply: &mut Value) {
    const QUOTE: &str = "Error before ";
    if let Some(Value::String(errmsg)) = reply.get_mut("errmsg")
        && let Some(at) = errmsg.find(QUOTE)
    {
        errmsg.replace_range(at + QUOTE.len().., "[redacted]");
    }
}

/// A text that is no JSON is shown only when no name of a secret stands in it.
fn may_hold_secrets(text: &str) -> bool {
    SECRET.iter().any(|name| text.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_shortened_wherever_they_stand() {
        let mut value =
            json!({"secret": "s3cret", "list": [{"access_token": "abc"}], "title": "满减"});
        redact(&mut value);
        assert_eq!(
            value,
            json!({
                "secret": "[redacted: 6 characters]",
                "list": [{"access_token": "[redacted: 3 characters]"}],
                "title": "满减",
            })
        );
    }

    #[test]
    fn a_body_that_is_no_json_is_shown_only_without_secrets() {
        let show = |text: &'static str| Body::new(&Bytes::from_static(text.as_bytes())).show("");
        assert_eq!(show("a=1&b=2"), json!("a=1&b=2"));
        assert_eq!(
            show("a=1&secret=x"),
            json!({"bytes": 12, "content_type": ""})
        );
        assert_eq!(show(""), Value::Null);
    }

    fn answered(path: &str, length: usize) -> Answered {
        Answered {
            call: Call::bare(path, vec![b'x'; length].into()),
            now: 1,
            appid: None,
            wire: Wire::foreign("text/html", Bytes::new()),
            advice: Vec::new(),
            outcome: Outcome::Done,
            fault: None,
        }
    }

    #[test]
    fn the_oldest_row_makes_room_for_the_newest() {
        let mut journal = Journal::default();
        for number in 0..=ROWS {
            journal.write(answered(&format!("/{number}"), 0));
        }
        assert_eq!(journal.rows.len(), ROWS);
        assert_eq!(journal.rows[0].path, "/1");
        assert_eq!(journal.rows[ROWS - 1].path, format!("/{ROWS}"));
        assert_eq!(journal.explain("call-1"), None);
    }

    #[test]
    fn a_long_body_is_cut_and_says_how_long_it_was() {
        let mut journal = Journal::default();
        journal.write(answered("/a", BODY));
        journal.write(answered("/b", BODY + 1));
        let shown = journal.show(&Filter::default());
        assert_eq!(shown[0]["request"].as_str().unwrap().len(), BODY);
        assert_eq!(shown[1]["request"]["bytes"], BODY + 1);
        assert_eq!(journal.rows[1].request.kept.len(), BODY);
        // However long bodies are, all rows together stay within their bounds.
        for _ in 0..1000 {
            journal.write(answered("/c", BODY));
        }
        assert!(journal.bytes <= BYTES);
        journal.clear();
        assert_eq!((journal.bytes, journal.rows.len()), (0, 0));
    }
}
