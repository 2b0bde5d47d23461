//! The journal of WeChat's paths, and the reasons of every refusal.
//!
//! Both are rings: what is oldest goes first. Secrets are taken out when a row is shown.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use crate::{
    api::{call::Call, reply::Wire},
    faults::FaultKind,
    refusal::{Advice, Refusal},
    sign::diagnose::Stamp,
};

mod pages;
mod redact;
mod row;
#[cfg(test)]
pub(crate) mod tests;

use pages::Index;
pub(crate) use pages::{Filter, MOST_ROWS};
use redact::cut_texts;
pub(crate) use redact::shown_call;
pub(crate) use row::Row;

/// Rows that are kept.
const ROWS: usize = 10_000;
/// Bytes that are kept over all rows.
const BYTES: usize = 16 * 1024 * 1024;
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

impl Journal {
    /// Writes a call down; the id of its row.
    pub(crate) fn write(&mut self, answered: Answered) -> String {
        self.written += 1;
        let row = Row::new(self.written, answered);
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
