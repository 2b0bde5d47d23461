//! `/v1/claims` and `/admin/v1/claims`: who holds which code.

use std::collections::BTreeMap;

use axum::{
    Extension, Json as Answer,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wechat_client::{CardCode, CheckConsume, CodeDetail, EncryptedCode, ErrCode};

use super::{
    AppState,
    auth::{Admin, Customer},
    body::{Json, QueryOf},
    coupons::shown_to_customer,
    csv,
    error::Failure,
    layers::RequestId,
    page::{PageQuery, listed},
};
use crate::{
    claim::last_four,
    clock::rfc3339,
    operations::new_claim,
    store::{
        bookings::{Booking, Owned},
        claims::{ClaimRow, EncryptHash, Source},
    },
};

/// Bytes of an encrypted code at most.
const ENCRYPTED: usize = 128;
/// Bytes of a `card_id` at most.
const CARD_ID: usize = 64;

pub(super) async fn claim(
    customer: Customer,
    State(state): State<AppState>,
    Extension(id): Extension<RequestId>,
    body: Json,
) -> Result<Answer<Value>, Failure> {
    let (card_id, encrypted) = body.fields(|fields| {
        let card_id = fields.required_text("card_id", CARD_ID);
        let encrypted = fields.required_text("encrypt_code", ENCRYPTED);
        Some((card_id?, encrypted?))
    })?;
    let hash: EncryptHash = Sha256::digest(encrypted.as_bytes()).into();
    let now = state.clock.now();
    let coupon = state.store.claimable(&card_id, &hash, &customer.id).await?;
    let coupon = coupon.ok_or(Failure::NotFound("no coupon has this card"))?;
    // Booked before: WeChat need not be asked, nor be there.
    if let Some(row) = coupon.booked {
        return Ok(booked(&row, now));
    }
    let code = decrypted(&state, &EncryptedCode::from(encrypted)).await?;
    let claim = if let Some(row) = state.store.claim_of_code(code.as_str()).await? {
        check_card(&card_id, &row.card_id)?;
        Source::Known(Box::new(row))
    } else {
        let detail = fetch_code(&state, &code).await?;
        check_card(&card_id, detail.card_id.as_str())?;
        Source::New(new_claim(&detail))
    };
    let booking = Booking {
        claim,
        customer_id: customer.id,
        hash,
        request_id: id.0,
        now,
    };
    match state.store.book_claim(booking).await? {
        Owned::Bound(row) => Ok(booked(&row, now)),
        Owned::OwnedByOther => Err(Failure::Forbidden("this code is another customer's")),
    }
}

fn booked(row: &ClaimRow, now: i64) -> Answer<Value> {
    Answer(json!({
        "code": row.code,
        "card_id": row.card_id,
        "status": row.status_at(now).as_str(),
    }))
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

async fn fetch_code(state: &AppState, code: &CardCode) -> Result<CodeDetail, Failure> {
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

pub(super) async fn list_mine(
    customer: Customer,
    State(state): State<AppState>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Answer<Value>, Failure> {
    let page = query.page()?;
    let rows = state.store.claims_of_customer(&customer.id, &page).await?;
    // Those that can be claimed no more are in no list of coupons.
    let mut coupons = BTreeMap::new();
    for row in &rows {
        if !coupons.contains_key(&row.card_id) {
            let coupon = state.store.coupon_of_card(&row.card_id).await?;
            coupons.insert(row.card_id.clone(), coupon.as_ref().map(shown_to_customer));
        }
    }
    let now = state.clock.now();
    let show = |row: &ClaimRow| {
        let mut shown = shown(row, &row.code, now);
        shown["coupon"] = json!(coupons.get(&row.card_id));
        shown
    };
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

/// Whether a caller would rather have CSV than JSON: by the weights of its `Accept`, where the more
/// exact of two ranges counts, as RFC 9110 has it; of equals, the one that is named.
fn wants_csv(headers: &HeaderMap) -> bool {
    let accept: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let (csv, csv_is_named) = weight(&accept, "text/csv");
    let (json, _) = weight(&accept, "application/json");
    csv_is_named && csv > 0.0 && csv >= json
}

/// How much a caller wants a type, from 0 to 1, and whether the type itself is named.
fn weight(accept: &[&str], wanted: &str) -> (f32, bool) {
    let family = wanted.split('/').next().unwrap_or_default();
    let of = |range: &str| {
        accept.iter().find_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let is_it = parts
                .next()
                .is_some_and(|named| named.eq_ignore_ascii_case(range));
            is_it.then(|| {
                let given =
                    parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
                given.map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0))
            })
        })
    };
    match of(wanted) {
        Some(weight) => (weight, true),
        None => (
            of(&format!("{family}/*")).or(of("*/*")).unwrap_or(0.0),
            false,
        ),
    }
}

fn shown(row: &ClaimRow, code: &str, now: i64) -> Value {
    json!({
        "code": code,
        "card_id": row.card_id,
        "status": row.status_at(now).as_str(),
        "valid": {"from": rfc3339(row.begins_at), "to": rfc3339(row.ends_at)},
        "claimed_at": rfc3339(row.claimed_at),
        "redeemed_at": row.redeemed_at.map(rfc3339),
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn csv_is_for_who_wants_it_more() {
        for (accept, wants) in [
            ("text/csv", true),
            ("Text/CSV; charset=utf-8", true),
            ("text/csv, application/json", true),
            ("text/csv, */*;q=0.1", true),
            ("application/json;q=0.5, text/csv;q=0.6", true),
            ("application/json, text/csv;q=0", false),
            ("application/json, text/csv;q=0.5", false),
            ("text/csv;q=0.000", false),
            ("application/json", false),
            ("text/*", false),
            ("*/*", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(wants_csv(&headers), wants, "{accept}");
        }
        assert!(!wants_csv(&HeaderMap::new()));
    }
}
