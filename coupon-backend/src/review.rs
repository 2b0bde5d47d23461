//! How a coupon stands at WeChat, for somebody who wants to know now.

use std::time::Duration;

use crate::{
    coupon::Status,
    reconcile::seen_card,
    state::AppState,
    store::{DbError, coupons::CouponRow},
};

/// How long an admin waits for WeChat's word on a coupon.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why the review could not be looked after.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReviewError {
    #[error("the database failed")]
    Store(#[from] DbError),
    #[error("WeChat could not be asked")]
    Wechat(#[from] wechat_client::Error),
}

/// The coupon with WeChat's latest word on it, when it waits for one.
pub(crate) async fn refreshed(
    state: &AppState,
    coupon: CouponRow,
) -> Result<CouponRow, ReviewError> {
    if !matches!(coupon.status(), Status::InReview | Status::Unknown) {
        return Ok(coupon);
    }
    asked(state, coupon).await
}

/// The coupon with WeChat's word on its card.
async fn asked(state: &AppState, coupon: CouponRow) -> Result<CouponRow, ReviewError> {
    let Some(card_id) = &coupon.card_id else {
        return Ok(coupon);
    };
    let card = state.wechat.cards.card(&card_id.as_str().into()).await;
    let now = state.clock.now();
    let seen = seen_card(&coupon, card, now)?;
    state.store.note_card(None, &coupon, &seen, now).await?;
    // What a push or an operation wrote down meanwhile counts.
    Ok(state.store.coupon(&coupon.id).await?.unwrap_or(coupon))
}

/// The coupon as WeChat has it now; when WeChat is away or slow, what was known.
pub(crate) async fn looked_at(state: &AppState, coupon: CouponRow) -> CouponRow {
    if coupon.status() == Status::Withdrawn {
        return coupon;
    }
    let known = coupon.clone();
    match tokio::time::timeout(PATIENCE, asked(state, coupon)).await {
        Ok(Ok(coupon)) => coupon,
        Ok(Err(error)) => {
            tracing::warn!(coupon.id = %known.id, %error, "WeChat could not be asked about a coupon");
            known
        }
        Err(_late) => known,
    }
}

/// As [`refreshed`]; when WeChat is away, what was known.
pub(crate) async fn refreshed_or_known(state: &AppState, coupon: CouponRow) -> CouponRow {
    let known = coupon.clone();
    refreshed(state, coupon).await.unwrap_or_else(|error| {
        tracing::warn!(coupon.id = %known.id, %error, "the review's outcome could not be asked for");
        known
    })
}
