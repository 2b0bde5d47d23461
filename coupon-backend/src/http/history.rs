//! GET `/admin/v1/history`: who did what to a code, when, and why.

use axum::{Json as Answer, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    AppState,
    auth::Admin,
    body::QueryOf,
    error::Failure,
    page::{PageQuery, listed},
};
use crate::{
    claim::{last_four, normal_code},
    clock::rfc3339,
    store::history::HistoryRow,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    code: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

pub(super) async fn list(
    _: Admin,
    State(state): State<AppState>,
    QueryOf(query): QueryOf<Query>,
) -> Result<Answer<Value>, Failure> {
    let code = normal_code(&query.code.unwrap_or_default());
    if code.is_empty() {
        return Err(Failure::field("code", "is required"));
    }
    let page = PageQuery::new(query.limit, query.cursor).page()?;
    let rows = state.store.history_of_code(&code, &page).await?;
    let code = last_four(&code);
    Ok(Answer(listed(
        "history",
        rows,
        &page,
        |row| &row.id,
        |row| shown(&code, row),
    )))
}

fn shown(code: &str, row: &HistoryRow) -> Value {
    let mut shown = json!({
        "id": row.id,
        "code": code,
        "card_id": row.card_id,
        "who": row.who,
        "what": row.what,
        "at": rfc3339(row.at),
        "clock": row.clock,
    });
    if let Some(why) = &row.why {
        shown["why"] = json!(why);
    }
    if let Some(request_id) = &row.request_id {
        shown["request_id"] = json!(request_id);
    }
    shown
}
