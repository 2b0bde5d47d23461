//! POST `/admin/v1/reconcile`, GET `/admin/v1/reconciliations`: ledger and WeChat are brought together.

use std::time::Duration;

use axum::{Json as Answer, extract::State, http::StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    AppState,
    auth::Admin,
    body::QueryOf,
    error::Failure,
    page::{PageQuery, listed},
};
use crate::{
    clock::rfc3339,
    reconcile::{Cause, round},
    store::reconcile::{Drift, RoundRow},
};

/// How long the caller waits; the round goes on.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) async fn run(
    _: Admin,
    State(state): State<AppState>,
) -> Result<(StatusCode, Answer<Value>), Failure> {
    let worker = state.clone();
    let running = state
        .tasks
        .spawn(async move { round(&worker, Cause::Admin, &CancellationToken::new()).await });
    match tokio::time::timeout(PATIENCE, running).await {
        Ok(Ok(Ok(Some(row)))) => {
            let drifts = state.store.drifts(&row.id).await?;
            Ok((StatusCode::OK, Answer(shown(&row, &drifts))))
        }
        Ok(Ok(Ok(None))) | Err(_) => {
            let running = json!({"status": "running"});
            Ok((StatusCode::ACCEPTED, Answer(running)))
        }
        Ok(Ok(Err(failure))) => Err(failure),
        Ok(Err(_panicked)) => Err(Failure::Internal),
    }
}

pub(super) async fn list(
    _: Admin,
    State(state): State<AppState>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Answer<Value>, Failure> {
    let page = query.page()?;
    let rows = state.store.rounds(&page).await?;
    let mut whole = Vec::with_capacity(rows.len());
    for row in rows {
        let drifts = if row.changed > 0 || row.ended_at.is_none() {
            state.store.drifts(&row.id).await?
        } else {
            Vec::new()
        };
        whole.push((row, drifts));
    }
    Ok(Answer(listed(
        "reconciliations",
        whole,
        &page,
        |(row, _)| &row.id,
        |(row, drifts)| shown(row, drifts),
    )))
}

fn shown(row: &RoundRow, drifts: &[Drift]) -> Value {
    let changes: Vec<Value> = drifts.iter().map(drift).collect();
    json!({
        "id": row.id,
        "cause": row.cause,
        "started_at": rfc3339(row.started_at),
        "ended_at": row.ended_at.map(rfc3339),
        "asked": row.asked,
        "failed": row.failed,
        "changed": row.changed,
        "changes": changes,
    })
}

fn drift(drift: &Drift) -> Value {
    json!({
        "subject": drift.subject_kind,
        "id": drift.subject_id,
        "what": drift.what,
        "before": drift.was,
        "after": drift.became,
    })
}
