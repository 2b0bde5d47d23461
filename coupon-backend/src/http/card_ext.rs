//! POST `/v1/coupons/{id}/card-ext`: what the page hands to `wx.addCard`.

use axum::{Json, extract::State};
use wechat_client::AddCardItem;

use super::{AppState, auth::Customer, body::Segment, error::Failure};
use crate::{coupon::Status, review};

pub(super) async fn sign(
    _: Customer,
    State(state): State<AppState>,
    Segment(id): Segment,
) -> Result<Json<AddCardItem>, Failure> {
    let coupon = state.store.coupon(&id).await?;
    let coupon = coupon.ok_or(Failure::NotFound("no such coupon"))?;
    let coupon = review::refreshed_or_known(&state, coupon).await;
    let status = coupon.status();
    let card_id = match &coupon.card_id {
        Some(card_id) if status == Status::Approved => card_id.as_str().into(),
        _ => return Err(Failure::NotClaimable(status)),
    };
    if coupon.ends_at.is_some_and(|end| state.clock.now() > end) {
        return Err(Failure::ClaimOver);
    }
    Ok(Json(
        state.wechat.cards.add_card_item(&card_id, None).await?,
    ))
}
