//! POST `/admin/v1/codes/{code}/redeem`: once.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde_json::{Value, json};
use wechat_client::{CardCode, CardId, CheckConsume, ErrCode, Error};

use super::{
    AppState,
    auth::Admin,
    body::{Json, Segment},
    claims::new_claim,
    error::Failure,
    idempotent::{self, Reply},
};
use crate::{
    claim::{reason, status},
    clock::rfc3339,
    store::{
        claims::ClaimRow,
        redemptions::{Barred, Try},
    },
};

/// Bytes of a code at most: WeChat's limit for a shop's own.
const CODE: usize = 20;
/// Bytes of a name at most.
const NAME: usize = 64;

/// Who redeemed it, and where.
#[derive(Debug, Default)]
struct Till {
    staff: Option<String>,
    terminal: Option<String>,
}

pub(super) async fn redeem(
    _: Admin,
    State(state): State<AppState>,
    Segment(code): Segment,
    headers: HeaderMap,
    body: Json,
) -> Result<Response, Failure> {
    let till = till(&body)?;
    if code.is_empty() || code.len() > CODE {
        return Err(unknown());
    }
    let what = format!("POST /admin/v1/codes/{code}/redeem");
    let call = idempotent::Call::new(&headers, &what, &body.bytes)?;
    let worker = state.clone();
    let work = async move { redeem_once(&worker, &CardCode::from(code), &till).await };
    call.answer(state, work).await
}

fn till(body: &Json) -> Result<Till, Failure> {
    if body.value == Value::Null {
        return Ok(Till::default());
    }
    body.fields(|fields| {
        Some(Till {
            staff: fields.text("staff", NAME),
            terminal: fields.text("terminal", NAME),
        })
    })
}

fn unknown() -> Failure {
    Failure::NotFound("nobody holds this code")
}

async fn redeem_once(state: &AppState, code: &CardCode, till: &Till) -> Result<Reply, Failure> {
    let claim = match state.store.claim_of_code(code.as_str()).await? {
        Some(claim) => claim,
        None => noted(state, code).await?,
    };
    let attempt = match state
        .store
        .begin_redemption(&claim.id, state.clock.now())
        .await?
    {
        Ok(attempt) => attempt,
        Err(Barred::Redeemed) => return Err(Failure::AlreadyRedeemed),
        Err(Barred::Running) => return Err(Failure::RedeemRunning),
        Err(Barred::Status(status)) => return Err(Failure::NotRedeemable(reason(&status))),
    };
    let card_id = CardId::from(claim.card_id.as_str());
    match state.wechat.cards.consume_code(code, Some(&card_id)).await {
        Ok(_) => done(state, &claim, &attempt, till).await,
        Err(error) => refused(state, &claim, &attempt, till, error).await,
    }
}

/// Writes a code down that WeChat knows and the ledger does not: it was claimed, and the customer's
/// page never told us.
async fn noted(state: &AppState, code: &CardCode) -> Result<ClaimRow, Failure> {
    let detail = state.wechat.cards.code(code, None, CheckConsume::No).await;
    let detail = detail.map_err(|error| match error.errcode() {
        Some(ErrCode::UNKNOWN_CODE) => unknown(),
        _ => error.into(),
    })?;
    if !state.store.has_card(detail.card_id.as_str()).await? {
        return Err(unknown());
    }
    let claim = new_claim(&detail, None);
    Ok(state.store.note_code(claim, state.clock.now()).await?)
}

async fn done(
    state: &AppState,
    claim: &ClaimRow,
    attempt: &Try,
    till: &Till,
) -> Result<Reply, Failure> {
    let now = state.clock.now();
    let (staff, terminal) = (till.staff.as_deref(), till.terminal.as_deref());
    if !state
        .store
        .redemption_done(attempt, staff, terminal, now)
        .await?
    {
        // A later try took this one for lost; what it says is what counts.
        return Err(Failure::RedeemRunning);
    }
    Ok(Reply {
        status: StatusCode::OK,
        body: json!({
            "code": claim.code,
            "card_id": claim.card_id,
            "status": "redeemed",
            "redeemed_at": rfc3339(now),
        }),
    })
}

/// What WeChat's refusal means, and what the ledger has to remember of it.
async fn refused(
    state: &AppState,
    claim: &ClaimRow,
    attempt: &Try,
    till: &Till,
    error: Error,
) -> Result<Reply, Failure> {
    let store = &state.store;
    match error.errcode() {
        // An earlier try of ours, whose answer was lost, did it.
        Some(ErrCode::CODE_CONSUMED) if attempt.may_be_done => {
            done(state, claim, attempt, till).await
        }
        Some(ErrCode::CODE_CONSUMED) => {
            store.redeemed_elsewhere(attempt, state.clock.now()).await?;
            Err(Failure::AlreadyRedeemed)
        }
        Some(ErrCode::UNKNOWN_CODE) => {
            store.redemption_failed(attempt).await?;
            Err(unknown())
        }
        Some(ErrCode::INVALID_TIME | ErrCode::CODE_UNAVAILABLE) => {
            store.redemption_failed(attempt).await?;
            Err(Failure::NotRedeemable(why(state, claim).await?))
        }
        Some(_) => {
            store.redemption_failed(attempt).await?;
            Err(error.into())
        }
        None => {
            store.redemption_unknown(attempt).await?;
            Err(error.into())
        }
    }
}

/// Why WeChat does not redeem a code: it is asked how the code stands, and the ledger told.
async fn why(state: &AppState, claim: &ClaimRow) -> Result<&'static str, Failure> {
    let code = CardCode::from(claim.code.as_str());
    let card_id = CardId::from(claim.card_id.as_str());
    let detail = state
        .wechat
        .cards
        .code(&code, Some(&card_id), CheckConsume::No)
        .await?;
    let now = state.clock.now();
    let status = status(&detail.status);
    if status != "claimed" {
        state.store.set_claim_status(&claim.id, status, now).await?;
        return Ok(reason(status));
    }
    Ok(if detail.begin_time > now {
        "not_yet_valid"
    } else if detail.end_time < now {
        "expired"
    } else {
        "unavailable"
    })
}
