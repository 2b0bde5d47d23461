//! Keeps the status of coupons up to date with WeChat's review.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wechat_client::ErrCode;

use crate::{
    coupon::Status,
    state::AppState,
    store::{DbError, coupons::CouponRow},
};

/// How often WeChat is asked about coupons in review.
const EVERY: Duration = Duration::from_mins(1);

/// Why the review could not be looked after.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReviewError {
    #[error("the database failed")]
    Store(#[from] DbError),
    #[error("WeChat could not be asked")]
    Wechat(#[from] wechat_client::Error),
}

/// Asks about every coupon in review, now and then, until `stop`.
pub(crate) async fn watch(state: AppState, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = ask_about_all(&state).await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, cause, "the review");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn ask_about_all(state: &AppState) -> Result<(), ReviewError> {
    for coupon in state.store.coupons_in_review().await? {
        let id = coupon.id.clone();
        // One about which WeChat says nothing holds up no other.
        if let Err(error) = refreshed(state, coupon).await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(coupon.id = %id, %error, cause, "the review");
        }
    }
    Ok(())
}

/// The coupon with WeChat's latest word on it, when it waits for one.
pub(crate) async fn refreshed(
    state: &AppState,
    mut coupon: CouponRow,
) -> Result<CouponRow, ReviewError> {
    let Some(card_id) = &coupon.card_id else {
        return Ok(coupon);
    };
    if coupon.status() != Status::InReview {
        return Ok(coupon);
    }
    let status = match state.wechat.cards.card(&card_id.as_str().into()).await {
        Ok(card) => Status::from(&card.status),
        Err(error) if error.errcode() == Some(ErrCode::INVALID_CARD_ID) => Status::Withdrawn,
        Err(error) => return Err(error.into()),
    };
    state
        .store
        .set_coupon_status(&coupon.id, status, state.clock.now())
        .await?;
    status.as_str().clone_into(&mut coupon.status);
    Ok(coupon)
}

/// As [`refreshed`]; when WeChat is away, what was known.
pub(crate) async fn refreshed_or_known(state: &AppState, coupon: CouponRow) -> CouponRow {
    let known = coupon.clone();
    refreshed(state, coupon).await.unwrap_or_else(|error| {
        tracing::warn!(coupon.id = %known.id, %error, "the review's outcome could not be asked for");
        known
    })
}
