//! `/admin/v1/coupons` and `/v1/coupons`: what a shop hands out.

use axum::{Extension, Json as Answer, extract::State, http::HeaderMap, response::Response};
use serde_json::{Value, json};

use super::{
    AppState,
    auth::{Admin, Customer},
    body::{QueryOf, Raw, Segment},
    error::Failure,
    idempotent::{answered, call},
    layers::RequestId,
    page::{PageQuery, listed},
};
use crate::{
    clock::rfc3339,
    coupon::Draft,
    operations::{self, Found, create::submit},
    review,
    store::coupons::CouponRow,
};

/// How often a call begins anew because another with its key was quicker.
const ATTEMPTS: u32 = 5;

pub(super) async fn create(
    _: Admin,
    State(state): State<AppState>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    body: Raw,
) -> Result<Response, Failure> {
    let call = call(&headers, "POST /admin/v1/coupons", &body.bytes, &id)?;
    for _ in 0..ATTEMPTS {
        let again = match operations::find(&state, &call).await? {
            Found::Answered(answer) => return Ok(answered(&answer)),
            Found::ToBegin(again) => again,
        };
        let draft =
            Draft::parse(&body.json()?.value, state.clock.now()).map_err(Failure::Invalid)?;
        if let Some(answer) = submit(&state, &call, again.as_deref(), &draft).await? {
            return Ok(answered(&answer));
        }
    }
    Err(Failure::OperationInProgress)
}

pub(super) async fn list(
    _: Admin,
    State(state): State<AppState>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Answer<Value>, Failure> {
    let page = query.page()?;
    let rows = state.store.coupons(&page).await?;
    Ok(Answer(listed("coupons", rows, &page, |row| &row.id, shown)))
}

pub(super) async fn one(
    _: Admin,
    State(state): State<AppState>,
    Segment(id): Segment,
) -> Result<Answer<Value>, Failure> {
    let coupon = state.store.coupon(&id).await?;
    let coupon = coupon.ok_or(Failure::NotFound("no such coupon"))?;
    Ok(Answer(shown(
        &review::refreshed_or_known(&state, coupon).await,
    )))
}

pub(super) async fn list_claimable(
    _: Customer,
    State(state): State<AppState>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Answer<Value>, Failure> {
    let page = query.page()?;
    let rows = state
        .store
        .claimable_coupons(&page, state.clock.now())
        .await?;
    Ok(Answer(listed(
        "coupons",
        rows,
        &page,
        |row| &row.id,
        shown_to_customer,
    )))
}

/// A coupon as the admin sees it: what it was made from, and what became of it.
fn shown(coupon: &CouponRow) -> Value {
    let mut shown = json!({
        "id": coupon.id,
        "card_id": coupon.card_id,
        "status": coupon.status,
        "created_at": rfc3339(coupon.created_at),
    });
    if let Some(reason) = &coupon.refuse_reason {
        shown["refuse_reason"] = json!(reason);
    }
    if let (Some(shown), Value::Object(draft)) = (shown.as_object_mut(), draft(coupon)) {
        shown.extend(draft);
    }
    shown
}

/// A coupon as a page shows it; stock and sub-merchant are the shop's own business.
fn shown_to_customer(coupon: &CouponRow) -> Value {
    let mut shown = shown(coupon);
    if let Some(shown) = shown.as_object_mut() {
        for own in ["stock", "merchant_id", "created_at"] {
            shown.remove(own);
        }
    }
    shown
}

fn draft(coupon: &CouponRow) -> Value {
    // What cannot be read was written by a newer version; the rest is still worth showing.
    serde_json::from_str(&coupon.draft).unwrap_or_else(|_| json!({}))
}
