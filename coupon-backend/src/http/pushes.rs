//! GET `/admin/v1/pushes`: what WeChat pushed in the last 30 days, and what became of it.

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
use crate::{claim::last_four, clock::rfc3339, store::pushes::PushRow};

const STATES: [&str; 5] = ["pending", "done", "ignored", "unknown_card", "unreadable"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PushesQuery {
    limit: Option<String>,
    cursor: Option<String>,
    state: Option<String>,
}

pub(super) async fn list(
    _: Admin,
    State(state): State<AppState>,
    QueryOf(query): QueryOf<PushesQuery>,
) -> Result<Answer<Value>, Failure> {
    let page = PageQuery::new(query.limit, query.cursor).page()?;
    let only = query.state.as_deref();
    if only.is_some_and(|state| !STATES.contains(&state)) {
        let message = format!("must be one of {}", STATES.join(", "));
        return Err(Failure::field("state", message));
    }
    let rows = state.store.pushes(only, &page).await?;
    Ok(Answer(listed("pushes", rows, &page, |row| &row.id, shown)))
}

fn shown(row: &PushRow) -> Value {
    let mut shown = json!({
        "id": row.id,
        "event": row.event,
        "card_id": row.card_id,
        "code": row.code.as_deref().map(last_four),
        "received_at": rfc3339(row.received_at),
        "state": row.state,
    });
    if let Some(error) = &row.error {
        shown["error"] = json!(error);
    }
    shown
}
