//! What was called, and why it was refused.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fault,
    body::{QueryOf, Segment},
    done,
    part::{limit_of, newest, number},
};
use crate::{
    journal::{Filter, MOST_ROWS},
    mock::Mock,
};

/// Which rows are asked for, and how many.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowsQuery {
    /// The path as it was called.
    path: Option<String>,
    appid: Option<String>,
    /// The number that was answered.
    errcode: Option<i64>,
    /// Those that were refused, or those that were not.
    refused: Option<bool>,
    /// The newest so many, 1 to 500; all when left out.
    limit: Option<usize>,
    /// Rows before this one, such as `call-7` or `7`.
    before: Option<String>,
}

/// How many records of the phone are asked for.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimsQuery {
    /// The newest so many, 1 to 500; 50 when left out.
    limit: Option<usize>,
    /// Records before this one, such as `claim-7` or `7`.
    before: Option<String>,
}

pub(super) async fn list(
    State(mock): State<Mock>,
    QueryOf(query): QueryOf<RowsQuery>,
) -> Result<Json<Value>, Fault> {
    let before = number(query.before.as_deref(), "call-")?;
    let limit = match query.limit {
        None => usize::MAX,
        limit => limit_of(limit, MOST_ROWS, MOST_ROWS)?,
    };
    let filter = Filter {
        path: query.path,
        appid: query.appid,
        errcode: query.errcode,
        refused: query.refused,
    };
    let journal = mock.journal.lock();
    if query.limit.is_none() && before.is_none() {
        return Ok(Json(
            json!({"requests": journal.show(&filter), "more": false}),
        ));
    }
    let page = journal.page(&filter, before, limit);
    drop(journal);
    Ok(Json(newest("requests", "call-", page)))
}

pub(super) async fn one(
    State(mock): State<Mock>,
    Segment(id): Segment,
) -> Result<Json<Value>, Fault> {
    let row = mock.journal.lock().explained(&id);
    row.map(Json)
        .ok_or_else(|| Fault::not_found(format!("{id} is no call in the journal")))
}

pub(super) async fn claims(
    State(mock): State<Mock>,
    QueryOf(query): QueryOf<ClaimsQuery>,
) -> Result<Json<Value>, Fault> {
    let before = number(query.before.as_deref(), "claim-")?;
    let limit = limit_of(query.limit, 50, MOST_ROWS)?;
    let page = mock.journal.lock().claims(before, limit);
    Ok(Json(newest("claims", "claim-", page)))
}

/// The records of what happened on the phones, oldest first.
pub(crate) fn claims_of(mock: &Mock) -> Vec<Value> {
    mock.journal.lock().claims(None, usize::MAX).items
}

pub(super) async fn clear(State(mock): State<Mock>) -> Json<Value> {
    mock.journal.lock().clear();
    done()
}

pub(super) async fn explain(
    State(mock): State<Mock>,
    Segment(id): Segment,
) -> Result<Json<Value>, Fault> {
    let record = mock.journal.lock().explain(&id);
    record.map(Json).ok_or_else(|| {
        Fault::not_found(format!(
            "{id} is no rid, hint, call or claim in the journal"
        ))
    })
}
