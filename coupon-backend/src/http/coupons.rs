//! `/admin/v1/coupons` and `/v1/coupons`: what a shop hands out.

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde_json::{Value, json};
use wechat_client::Error;

use super::{
    AppState,
    auth::{Admin, Customer},
    body::{Json, QueryOf, Segment},
    error::Failure,
    idempotent::{self, Reply},
    page::{PageQuery, listed},
};
use crate::{
    clock::rfc3339,
    coupon::Draft,
    review,
    store::{coupons::CouponRow, new_id},
};

pub(super) async fn create(
    _: Admin,
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Json,
) -> Result<Response, Failure> {
    let draft = Draft::parse(&body.value, state.clock.now()).map_err(Failure::Invalid)?;
    let call = idempotent::Call::new(&headers, "POST /admin/v1/coupons", &body.bytes)?;
    let worker = state.clone();
    call.answer(state, async move { make(&worker, &draft).await })
        .await
}

/// Makes the card; the coupon is written down before WeChat is asked.
async fn make(state: &AppState, draft: &Draft) -> Result<Reply, Failure> {
    let id = new_id();
    let now = state.clock.now();
    let text = json!(draft).to_string();
    state
        .store
        .begin_coupon(&id, &text, draft.ends_at(), now)
        .await?;
    let card_id = match state.wechat.cards.create_card(&draft.card()).await {
        Ok(card_id) => card_id,
        Err(error) => {
            // Without an answer the card may exist: the row stays as what there is to go by.
            if !matches!(error, Error::NoAnswer { .. } | Error::Unreadable { .. }) {
                state.store.forget_coupon(&id).await?;
            }
            return Err(error.into());
        }
    };
    state.store.coupon_made(&id, card_id.as_str()).await?;
    state.pushed.notify_one();
    let coupon = state.store.coupon(&id).await?.ok_or(Failure::Internal)?;
    let coupon = review::refreshed_or_known(state, coupon).await;
    Ok(Reply {
        status: StatusCode::CREATED,
        body: json!({"id": id, "card_id": card_id, "status": coupon.status}),
    })
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
