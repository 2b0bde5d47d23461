//! `/v1/claims` and `/admin/v1/claims`: who holds which code.

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use wechat_client::{CardCode, CheckConsume, CodeDetail, EncryptedCode, ErrCode};

use super::{
    AppState,
    auth::{Admin, Customer},
    body::{Json, QueryOf},
    csv,
    error::Failure,
    page::{PageQuery, listed},
};
use crate::{
    claim::{last_four, status},
    clock::rfc3339,
    store::claims::{ClaimRow, NewClaim, Owned},
};

/// Bytes of an encrypted code at most.
const ENCRYPTED: usize = 128;
/// Bytes of a `card_id` at most.
const CARD_ID: usize = 64;

pub(super) async fn claim(
    customer: Customer,
    State(state): State<AppState>,
    body: Json,
) -> Result<Answer<Value>, Failure> {
    let (card_id, encrypted) = body.fields(|fields| {
        let card_id = fields.required_text("card_id", CARD_ID);
        let encrypted = fields.required_text("encrypt_code", ENCRYPTED);
        Some((card_id?, encrypted?))
    })?;
    if !state.store.has_card(&card_id).await? {
        return Err(Failure::NotFound("no coupon has this card"));
    }
    let code = decrypted(&state, &EncryptedCode::from(encrypted)).await?;
    let row = if let Some(row) = state.store.claim_of_code(code.as_str()).await? {
        row
    } else {
        let detail = looked_up(&state, &code).await?;
        check_card(&card_id, detail.card_id.as_str())?;
        let claim = new_claim(&detail, Some(&customer.id));
        state.store.note_code(claim, state.clock.now()).await?
    };
    check_card(&card_id, &row.card_id)?;
    match state.store.bind_claim(row, &customer.id).await? {
        Owned::Theirs(row) => Ok(Answer(json!({
            "code": row.code,
            "card_id": row.card_id,
            "status": row.status_at(state.clock.now()),
        }))),
        Owned::Anothers => Err(Failure::Forbidden("this code is another customer's")),
    }
}

async fn decrypted(state: &AppState, encrypted: &EncryptedCode) -> Result<CardCode, Failure> {
    let code = state.wechat.cards.decrypt_code(encrypted).await;
    code.map_err(|error| match error.errcode() {
        Some(ErrCode::INVALID_ENCRYPT_CODE | ErrCode::UNKNOWN_CODE | ErrCode::DATA_FORMAT) => {
            not_ours()
        }
        _ => error.into(),
    })
}

async fn looked_up(state: &AppState, code: &CardCode) -> Result<CodeDetail, Failure> {
    let detail = state.wechat.cards.code(code, None, CheckConsume::No).await;
    detail.map_err(|error| match error.errcode() {
        Some(ErrCode::UNKNOWN_CODE) => not_ours(),
        _ => error.into(),
    })
}

fn not_ours() -> Failure {
    Failure::field("encrypt_code", "is no encrypted code of this shop's cards")
}

fn check_card(named: &str, real: &str) -> Result<(), Failure> {
    if named == real {
        Ok(())
    } else {
        Err(Failure::field("card_id", "the code is of another card"))
    }
}

/// A code as WeChat says that it stands.
pub(super) fn new_claim<'a>(detail: &'a CodeDetail, customer: Option<&'a str>) -> NewClaim<'a> {
    NewClaim {
        card_id: detail.card_id.as_str(),
        code: detail.code.as_str(),
        customer_id: customer,
        status: status(&detail.status),
        openid: detail.openid.as_str(),
        begins_at: detail.begin_time,
        ends_at: detail.end_time,
    }
}

pub(super) async fn list_mine(
    customer: Customer,
    State(state): State<AppState>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Answer<Value>, Failure> {
    let page = query.page()?;
    let rows = state.store.claims_of_customer(&customer.id, &page).await?;
    let now = state.clock.now();
    let show = |row: &ClaimRow| shown(row, &row.code, now);
    Ok(Answer(listed("claims", rows, &page, |row| &row.id, show)))
}

pub(super) async fn list_all(
    _: Admin,
    State(state): State<AppState>,
    QueryOf(query): QueryOf<PageQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    if wants_csv(&headers) {
        return Ok(csv::claims(state).into_response());
    }
    let page = query.page()?;
    let rows = state.store.claims(&page).await?;
    let show = |row: &ClaimRow| {
        let mut shown = shown(row, &last_four(&row.code), now);
        shown["customer"] = json!(row.customer_id);
        shown["staff"] = json!(row.staff);
        shown["terminal"] = json!(row.terminal);
        shown
    };
    Ok(Answer(listed("claims", rows, &page, |row| &row.id, show)).into_response())
}

fn wants_csv(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .split([',', ';'])
                .any(|kind| kind.trim() == "text/csv")
        })
}

fn shown(row: &ClaimRow, code: &str, now: i64) -> Value {
    json!({
        "code": code,
        "card_id": row.card_id,
        "status": row.status_at(now),
        "valid": {"from": rfc3339(row.begins_at), "to": rfc3339(row.ends_at)},
        "claimed_at": rfc3339(row.claimed_at),
        "redeemed_at": row.redeemed_at.map(rfc3339),
    })
}
