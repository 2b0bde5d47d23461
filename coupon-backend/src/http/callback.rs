//! `/wechat/callback`: what WeChat pushes is verified, kept and answered; acting upon it comes after.

use std::time::Duration;

use axum::extract::{RawQuery, Request, State};
use sha2::{Digest, Sha256};
use wechat_client::callback::{CallbackError, CallbackQuery, Push};

use super::{AppState, body, error::Failure};
use crate::store::{new_id, pushes::NewPush};

/// Bytes of a push at most; WeChat's have a few thousand.
const PUSH: usize = 256 * 1024;

/// How long a push may take to be kept. WeChat waits 5 seconds for its answer; one that comes later
/// is as good as none.
const KEEP: Duration = Duration::from_secs(4);

/// WeChat's check of the URL: it wants its `echostr` back and nothing else.
pub(super) async fn check(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<String, Failure> {
    let query = CallbackQuery::parse(&query.unwrap_or_default());
    let echostr = state.callback.verify_url(&query).map_err(refused)?;
    Ok(echostr.to_owned())
}

pub(super) async fn take(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<&'static str, Failure> {
    let query = query.unwrap_or_default();
    let body = body::read(request.into_body(), PUSH).await?;
    let parsed = CallbackQuery::parse(&query);
    let push = state.callback.open(&parsed, &body);
    let is_wechats = matches!(push, Ok(_) | Err(CallbackError::Unreadable(_)));
    if is_wechats && !is_of_this_time(&state, &parsed).await {
        return Err(refused(CallbackError::OutOfTime));
    }
    if let Ok(push) = &push
        && !push.is_about_cards()
    {
        // What people write to the account is none of this service's business.
        tracing::debug!("a push about no card is not kept");
        return Ok("success");
    }
    let read = match &push {
        Ok(push) if is_yet_to_come(&state, push).await => Err("its CreateTime is yet to come"),
        Ok(push) => Ok(push),
        // Anything but `success` would let the customer see that something failed, and bring the
        // same again.
        Err(CallbackError::Unreadable(reason)) => Err(*reason),
        Err(error) => return Err(refused(*error)),
    };
    let push = NewPush {
        id: &new_id(),
        dedup: dedup(read, &body),
        query: &query,
        body: &body,
        read,
    };
    let kept = tokio::time::timeout(KEEP, state.store.keep_push(push, state.clock.now())).await;
    kept.map_err(|_| Failure::Unavailable)??;
    state.pushed.notify_one();
    Ok("success")
}

async fn is_of_this_time(state: &AppState, query: &CallbackQuery) -> bool {
    let fits = |now, window| query.check_time(now, window).is_ok();
    state.wechat_time.fits(state, fits).await
}

/// Whether a push tells of what has not happened yet. News that is older than what is known changes
/// nothing, but such news would count for ever.
async fn is_yet_to_come(state: &AppState, push: &Push) -> bool {
    let happened = |now: i64, window: i64| push.create_time <= now.saturating_add(window);
    !state.wechat_time.fits(state, happened).await
}

fn refused(error: CallbackError) -> Failure {
    tracing::warn!(%error, "a call to the callback was refused");
    Failure::NotWechat(error)
}

fn dedup(read: Result<&Push, &str>, body: &[u8]) -> [u8; 32] {
    match read {
        Ok(push) => Sha256::digest(push.dedup_key()),
        Err(_) => Sha256::digest(body),
    }
    .into()
}
