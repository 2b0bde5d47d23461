//! Finishes what nobody asks about any more, and removes what is old.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Mode, execute, state::State, work_of};
use crate::{failure::Failure, state::AppState, store::operations::OperationRow};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(5);
/// Looks between two removals: an hour.
const LOOKS_A_REMOVAL: u32 = 720;
/// Seconds for which an answer is kept.
const KEPT: i64 = 7 * 24 * 3600;

/// Looks after operations until `stop`.
pub(crate) async fn watch(state: AppState, stop: CancellationToken) {
    let mut looks = 0;
    while !stop.is_cancelled() {
        finish_all(&state, &stop, false).await;
        if looks % LOOKS_A_REMOVAL == 0
            && let Err(error) = remove_old(&state).await
        {
            tracing::warn!(%error, "old rows could not be removed");
        }
        looks = looks.wrapping_add(1);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Takes over what its owner has left and what is due, or with `even_early` what is not due yet, too, and gives what was
/// finished, as it was before. One that fails holds up no other.
pub(crate) async fn finish_all(
    state: &AppState,
    stop: &CancellationToken,
    even_early: bool,
) -> Vec<OperationRow> {
    let mut finished = Vec::new();
    let now = state.clock.now();
    let left = async {
        let mut left = state.store.running_operations().await?;
        left.retain(|row| state.owner.has_abandoned(row, now));
        left.extend(state.store.unknown_operations(now, even_early).await?);
        Ok::<_, Failure>(left)
    };
    let left = match left.await {
        Ok(left) => left,
        Err(error) => {
            tracing::warn!(%error, "operations could not be read");
            return finished;
        }
    };
    for row in left {
        if stop.is_cancelled() {
            break;
        }
        match finish(state, &row).await {
            Ok(true) => finished.push(row),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(operation.id = row.id, %error, "an operation could not be finished");
            }
        }
    }
    finished
}

/// Whether it is finished now.
async fn finish(state: &AppState, row: &OperationRow) -> Result<bool, Failure> {
    let now = state.clock.now();
    let run = state
        .store
        .take_over(row, state.owner.as_str(), now)
        .await?;
    if let Some(run) = run {
        let answer = execute(state, run, work_of(row), Mode::Unasked).await?;
        tracing::info!(
            operation.id = row.id,
            status = answer.status,
            "an operation was looked into"
        );
    }
    let row = state.store.operation(&row.id).await?;
    Ok(row.is_some_and(|row| matches!(row.state, State::Done | State::Released)))
}

/// Removes answers and sessions that are over, a few rows a transaction, so that writers get their
/// turn in between.
async fn remove_old(state: &AppState) -> Result<(), crate::store::DbError> {
    let now = state.clock.now();
    while state.store.remove_operations(now - KEPT).await? {}
    while state.store.remove_sessions(now).await? {}
    Ok(())
}
