//! Acts upon the pushes that were kept, after WeChat has its answer.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{state::AppState, store::DbError};

/// How often pushes are looked for that nobody announced: another instance's, or failed ones.
const EVERY: Duration = Duration::from_mins(1);
/// Seconds for which a push is kept that has been acted upon.
const KEPT: i64 = 30 * 24 * 3600;
/// Seconds after which a push that failed is tried again, times the tries it had.
const PAUSE: i64 = 10;
/// An hour: it is never given up.
const LONGEST_PAUSE: i64 = 3600;

/// Acts upon every push, those left over from before among them, until `stop`.
pub(crate) async fn watch(state: AppState, stop: CancellationToken) {
    loop {
        let old = state.clock.now() - KEPT;
        if let Err(error) = remove_old(&state, old).await {
            tracing::warn!(%error, "old pushes");
        }
        let timer = tokio::time::sleep(EVERY);
        tokio::pin!(timer);
        loop {
            if let Err(error) = act_upon_all(&state).await {
                tracing::warn!(%error, "pushes");
            }
            let due = until_due(&state).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = state.pushed.notified() => {}
                () = tokio::time::sleep(due) => {}
                () = &mut timer => break,
            }
        }
    }
}

/// How long it is until the next push is due that waits.
async fn until_due(state: &AppState) -> Duration {
    match state.store.next_push().await {
        Ok(Some(due_at)) => {
            let seconds = due_at.saturating_sub(state.clock.now()).max(1);
            Duration::from_secs(u64::try_from(seconds).unwrap_or(1)).min(EVERY)
        }
        // The next look is soon enough.
        Ok(None) | Err(_) => EVERY,
    }
}

/// Removes old pushes a few at a time, so that writers get their turn in between.
async fn remove_old(state: &AppState, before: i64) -> Result<(), DbError> {
    while state.store.remove_pushes(before).await? {}
    Ok(())
}

async fn act_upon_all(state: &AppState) -> Result<(), DbError> {
    loop {
        let now = state.clock.now();
        let due = state.store.due_pushes(now, now + LONGEST_PAUSE).await?;
        if due.is_empty() {
            return Ok(());
        }
        for push in due {
            act_upon(state, &push.id, push.tries).await?;
        }
    }
}

async fn act_upon(state: &AppState, id: &str, tries: i64) -> Result<(), DbError> {
    let (store, of_task) = (state.store.clone(), id.to_owned());
    // A task of its own: one push on which ours panics must not keep the others waiting.
    let acting = tokio::spawn(async move { store.act_upon_push(&of_task).await });
    let error = match acting.await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(_panicked) => "internal error".to_owned(),
    };
    tracing::error!(push.id = id, error, "a push could not be acted upon");
    let pause = PAUSE.saturating_mul(tries + 1).min(LONGEST_PAUSE);
    let due_at = state.clock.now() + pause;
    state.store.defer_push(id, &error, due_at).await
}
