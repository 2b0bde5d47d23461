//! `/admin/v1/coupons` and `/v1/coupons`: what a shop hands out.

use axum::{Extension, Json as Answer, extract::State, http::HeaderMap, response::Response};
use serde_json::{Value, json};
use wechat_client::card::limits;

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
    coupon::{Draft, Fault, Status},
    operations::{self, Found, change, create::submit, state::Kind, stock::Stock},
    review,
    store::coupons::CouponRow,
};

/// How often a call begins anew because another with its key was quicker.
const ATTEMPTS: u32 = 5;

const NO_COUPON: Failure = Failure::NotFound("no such coupon");

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

/// PATCH `…/{id}/stock`: so many more, or less.
pub(super) async fn change_stock(
    _: Admin,
    State(state): State<AppState>,
    Segment(id): Segment,
    Extension(request_id): Extension<RequestId>,
    headers: HeaderMap,
    body: Raw,
) -> Result<Response, Failure> {
    let what = format!("PATCH /admin/v1/coupons/{id}/stock");
    let call = call(&headers, &what, &body.bytes, &request_id)?;
    for _ in 0..ATTEMPTS {
        let again = match operations::find(&state, &call).await? {
            Found::Answered(answer) => return Ok(answered(&answer)),
            Found::ToBegin(again) => again,
        };
        let stock = stock(&body)?;
        let coupon = state.store.coupon(&id).await?;
        let coupon = coupon.ok_or(NO_COUPON)?;
        if coupon.card_id.is_none() || coupon.status() == Status::Withdrawn {
            return Err(Failure::NotChangeable(coupon.status()));
        }
        let again = again.as_deref();
        if let Some(answer) = change::submit(&state, &call, again, Kind::Stock, &id, &stock).await?
        {
            return Ok(answered(&answer));
        }
    }
    Err(Failure::OperationInProgress)
}

fn stock(body: &Raw) -> Result<Stock, Failure> {
    let body = body.json()?;
    let delta = body.value["delta"].as_i64().unwrap_or(0);
    let unknown = body
        .value
        .as_object()
        .and_then(|members| members.keys().find(|name| *name != "delta").cloned());
    let mut faults = Vec::new();
    if let Some(name) = unknown {
        faults.push(Fault::new(name, "is no field of this call"));
    }
    if delta == 0 || delta.unsigned_abs() > limits::QUANTITY {
        let message = format!(
            "must be a whole number other than 0, at most {0} more or less",
            limits::QUANTITY
        );
        faults.push(Fault::new("delta", message));
    }
    if faults.is_empty() {
        let before = None;
        Ok(Stock { delta, before })
    } else {
        Err(Failure::Invalid(faults))
    }
}

/// DELETE `…/{id}`: takes a coupon back.
pub(super) async fn withdraw(
    _: Admin,
    State(state): State<AppState>,
    Segment(id): Segment,
    Extension(request_id): Extension<RequestId>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let what = format!("DELETE /admin/v1/coupons/{id}");
    let call = call(&headers, &what, &[], &request_id)?;
    for _ in 0..ATTEMPTS {
        let again = match operations::find(&state, &call).await? {
            Found::Answered(answer) => return Ok(answered(&answer)),
            Found::ToBegin(again) => again,
        };
        let again = again.as_deref();
        let request = json!({});
        let kind = Kind::Withdraw;
        if let Some(answer) = change::submit(&state, &call, again, kind, &id, &request).await? {
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
    let coupon = coupon.ok_or(NO_COUPON)?;
    Ok(Answer(shown(&review::looked_at(&state, coupon).await)))
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
        "remaining": coupon.remaining,
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
pub(super) fn shown_to_customer(coupon: &CouponRow) -> Value {
    let mut shown = shown(coupon);
    if let Some(shown) = shown.as_object_mut() {
        for own in ["stock", "remaining", "merchant_id", "created_at"] {
            shown.remove(own);
        }
    }
    shown
}

fn draft(coupon: &CouponRow) -> Value {
    // What cannot be read was written by a newer version; the rest is still worth showing.
    serde_json::from_str(&coupon.draft).unwrap_or_else(|_| json!({}))
}
