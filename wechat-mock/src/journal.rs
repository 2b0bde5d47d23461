//! The journal of WeChat's paths, and the reasons of every refusal.
//!
//! Both are rings: what is oldest goes first. Secrets are taken out when a row is shown.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::Method;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    api::{call::Call, reply::Wire},
    diagnosis::{self, Refused},
    explain,
    faults::FaultKind,
    refusal::{Advice, Refusal},
    sign::diagnose::Stamp,
};

mod pages;
mod redact;

use pages::Index;
pub(crate) use pages::{Filter, MOST_ROWS};
use redact::{TEXT, cut_quote, cut_texts, kept_owned, may_hold_secrets};
pub(crate) use redact::{redact, shown_call};

/// Rows that are kept.
const ROWS: usize = 10_000;
/// Bytes that are kept over all rows.
const BYTES: usize = 16 * 1024 * 1024;
/// Pairs of a query that are kept.
const PAIRS: usize = 64;
/// Bytes of one body that are kept.
const BODY: usize = 64 * 1024;
/// Records of claims on the phone that are kept.
const CLAIMS: usize = 2_000;
/// Bytes that are kept over all records of claims.
const CLAIM_BYTES: usize = 8 * 1024 * 1024;
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
    method: Method,
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
    /// What a mock answered: memory of its own, or of the world's.
    fn sent(whole: &Bytes) -> Self {
        if whole.len() > BODY {
            return Self::received(whole);
        }
        Self {
            kept: whole.clone(),
            length: whole.len(),
        }
    }

    /// What came over a connection: a slice would keep all alive that was read with it.
    fn received(whole: &Bytes) -> Self {
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
    index: Index,
    bytes: usize,
    written: u64,
    claims: VecDeque<KeptClaim>,
    claim_bytes: usize,
    claimed: u64,
    stamps: VecDeque<Stamp>,
}

/// The record of a claim on the phone.
#[derive(Debug)]
struct KeptClaim {
    number: u64,
    record: Value,
    size: usize,
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

impl Journal {
    /// Writes a call down; the id of its row.
    pub(crate) fn write(&mut self, answered: Answered) -> String {
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
        };
        self.bytes += row.size();
        self.index.add(&row);
        self.rows.push_back(row);
        while (self.rows.len() > ROWS || self.bytes > BYTES) && self.forget_oldest() {}
        Row::name_of(self.written)
    }

    /// Makes room; false when there is nothing left to forget.
    fn forget_oldest(&mut self) -> bool {
        let Some(oldest) = self.rows.pop_front() else {
            return false;
        };
        self.bytes -= oldest.size();
        self.index.remove(&oldest);
        true
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
        self.index.clear();
        self.bytes = 0;
    }

    /// Forgets everything, claims and numbers too.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// What the latest claims were made with.
    pub(crate) fn stamps(&self) -> Vec<Stamp> {
        self.stamps.iter().cloned().collect()
    }

    /// The number of the next claim's record; the claims after it are told what it was made with.
    pub(crate) fn next_claim(&mut self, stamps: impl Iterator<Item = Stamp>) -> u64 {
        self.claimed += 1;
        self.stamps.extend(stamps);
        let too_many = self.stamps.len().saturating_sub(STAMPS);
        self.stamps.drain(..too_many);
        self.claimed
    }

    /// Keeps the record of a claim on the phone, behind those of the claims before it.
    pub(crate) fn keep_claim(&mut self, number: u64, mut record: Value) {
        let size = cut_texts(&mut record);
        let later = self.claims.iter().rev();
        let later = later.take_while(|kept| kept.number > number).count();
        let claim = KeptClaim {
            number,
            record,
            size,
        };
        self.claims.insert(self.claims.len() - later, claim);
        self.claim_bytes += size;
        while self.claims.len() > CLAIMS || self.claim_bytes > CLAIM_BYTES {
            let Some(oldest) = self.claims.pop_front() else {
                break;
            };
            self.claim_bytes -= oldest.size;
        }
    }

    /// Why a call or claim was refused, by its journal id, rid, hint or claim id.
    pub(crate) fn explain(&self, id: &str) -> Option<Value> {
        if let Some(number) = id.strip_prefix("claim-") {
            let mut claims = self.claims.iter();
            let claim = claims.find(|claim| claim.number.to_string() == number)?;
            return Some(claim.record.clone());
        }
        let row = self.named(id).or_else(|| self.of_rid(id));
        let row = row.filter(|_| !crate::breaks::broken("explanation-missing"))?;
        Some(row.explain())
    }

    /// The call that was refused with this rid.
    pub(crate) fn of_rid(&self, rid: &str) -> Option<&Row> {
        self.rows.iter().rev().find(|row| row.is_traced_by(rid))
    }
}

impl Row {
    fn is_traced_by(&self, id: &str) -> bool {
        let mut traces = self.trace.iter().flat_map(|both| both.split(' '));
        traces.any(|trace| trace == id)
    }

    fn name(&self) -> String {
        Self::name_of(self.id)
    }

    fn name_of(id: u64) -> String {
        format!("call-{id}")
    }

    fn size(&self) -> usize {
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

    fn explain(&self) -> Value {
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::api::call::Query;

    #[test]
    fn a_body_that_is_no_json_is_shown_only_without_secrets() {
        let show = |text: &'static str| Body::sent(&Bytes::from_static(text.as_bytes())).show("");
        assert_eq!(show("a=1&b=2"), json!("a=1&b=2"));
        assert_eq!(
            show("a=1&secret=x"),
            json!({"bytes": 12, "content_type": ""})
        );
        assert_eq!(show(""), Value::Null);
    }

    #[test]
    fn a_row_keeps_no_more_of_a_connection_than_its_body() {
        let read = Bytes::from(vec![b'x'; 8 * 1024]);
        let mut journal = Journal::default();
        let mut row = answered("/a", 0);
        row.call.body = read.slice(100..110);
        journal.write(row);
        assert!(read.is_unique());
        assert_eq!(journal.rows[0].request.kept, "x".repeat(10));
    }

    pub(crate) fn answered(path: &str, length: usize) -> Answered {
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
        for _ in 0..20_000 {
            journal.write(answered("/c", BODY));
        }
        let held: usize = journal.rows.iter().map(Row::size).sum();
        assert!(held <= BYTES && held == journal.bytes, "{held}");
        journal.clear();
        assert_eq!((journal.bytes, journal.rows.len()), (0, 0));
    }

    #[test]
    fn whatever_a_row_holds_is_cut_and_counted() {
        let long = "券".repeat(2_000);
        let mut journal = Journal::default();
        for number in 0..3_000 {
            let mut row = answered(&format!("/{number}{long}"), 0);
            row.call.content_type = long.clone();
            row.call.query = Query::parse(Some(&format!("a={long}&{}", "b=c&".repeat(200))));
            row.appid = Some(long.clone());
            row.advice = vec![Advice::new("WX-ADV-005", long.as_str())];
            row.outcome = Outcome::Refused(
                Refusal::new("WX-CRD-002")
                    .expected(long.as_str())
                    .received(long.as_str())
                    .wording(long.as_str())
                    .tail(long.as_str()),
            );
            journal.write(row);
        }
        let row = &journal.rows[0];
        assert!(
            (8 * 1024..64 * 1024).contains(&row.size()),
            "{}",
            row.size()
        );
        assert!(journal.bytes <= BYTES);
        let held: usize = journal.rows.iter().map(Row::size).sum();
        assert_eq!(held, journal.bytes);
        assert_eq!(row.query.len(), PAIRS);
        assert!(row.explain().to_string().len() < 64 * 1024);
    }

    #[test]
    fn only_so_many_claims_are_known_when_they_are_signed_again() {
        let mut journal = Journal::default();
        for number in 0..3 * STAMPS {
            let stamp = Stamp {
                timestamp: number.to_string(),
                nonce_str: String::new(),
                signature: String::new(),
                user: "alice".to_owned(),
            };
            journal.next_claim(std::iter::once(stamp));
        }
        assert_eq!(journal.stamps().len(), STAMPS);
    }

    #[test]
    fn claims_are_cut_and_counted_and_stand_in_their_order() {
        let long = "券".repeat(2_000);
        let mut journal = Journal::default();
        for number in [2, 1, 3] {
            journal.keep_claim(number, json!({"id": number, "received": long}));
        }
        let numbers: Vec<u64> = journal.claims.iter().map(|claim| claim.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
        let record = journal.explain("claim-2").unwrap();
        assert!(record["received"].as_str().unwrap().len() <= TEXT + 3);

        for number in 4..500 {
            let cards = vec![json!({"received": long}); 100];
            journal.keep_claim(number, json!({"cards": cards}));
        }
        assert!(journal.claim_bytes <= CLAIM_BYTES);
        assert_eq!(journal.explain("claim-4"), None);
        assert!(journal.explain("claim-499").is_some());
        assert!(journal.explain("claim-0499").is_none());
    }
}
