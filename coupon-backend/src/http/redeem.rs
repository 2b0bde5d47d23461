//! POST `/admin/v1/codes/{code}/redeem` and `…/void`: once.

use axum::{Extension, extract::State, http::HeaderMap, response::Response};
use serde_json::Value;

use super::{
    AppState,
    auth::Admin,
    body::{Raw, Segment},
    error::Failure,
    idempotent::{answered, call},
    layers::RequestId,
};
use crate::{
    claim::normal_code,
    operations::{
        self, Found,
        redeem::{Till, submit},
        void::{self, Reason},
    },
};

/// Bytes of a code at most: WeChat's limit for a shop's own.
const CODE: usize = 20;
/// Bytes of a name at most.
const NAME: usize = 64;
/// Bytes of the reason why a code is void, at most.
const REASON: usize = 256;
/// How often a call begins anew because another with its key was quicker.
const ATTEMPTS: u32 = 5;

pub(super) async fn redeem(
    _: Admin,
    State(state): State<AppState>,
    Segment(typed): Segment,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    body: Raw,
) -> Result<Response, Failure> {
    let code = normal_code(&typed);
    let what = format!("POST /admin/v1/codes/{code}/redeem");
    let call = call(&headers, &what, &body.bytes, &id)?;
    for _ in 0..ATTEMPTS {
        let again = match operations::find(&state, &call).await? {
            Found::Answered(answer) => return Ok(answered(&answer)),
            Found::ToBegin(again) => again,
        };
        let till = till(&body)?;
        if code.is_empty() || code.len() > CODE {
            return Err(Failure::NotFound("nobody holds this code"));
        }
        if let Some(answer) = submit(&state, &call, again.as_deref(), &code, &till).await? {
            return Ok(answered(&answer));
        }
    }
    Err(Failure::OperationInProgress)
}

/// POST `/admin/v1/codes/{code}/void`.
pub(super) async fn void(
    _: Admin,
    State(state): State<AppState>,
    Segment(typed): Segment,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    body: Raw,
) -> Result<Response, Failure> {
    let code = normal_code(&typed);
    let what = format!("POST /admin/v1/codes/{code}/void");
    let call = call(&headers, &what, &body.bytes, &id)?;
    for _ in 0..ATTEMPTS {
        let again = match operations::find(&state, &call).await? {
            Found::Answered(answer) => return Ok(answered(&answer)),
            Found::ToBegin(again) => again,
        };
        let reason = reason(&body)?;
        if code.is_empty() || code.len() > CODE {
            return Err(Failure::NotFound("nobody holds this code"));
        }
        let again = again.as_deref();
        if let Some(answer) = void::submit(&state, &call, again, &code, &reason).await? {
            return Ok(answered(&answer));
        }
    }
    Err(Failure::OperationInProgress)
}

fn reason(body: &Raw) -> Result<Reason, Failure> {
    let body = body.json()?;
    if body.value == Value::Null {
        return Ok(Reason::default());
    }
    body.fields(|fields| {
        Some(Reason {
            reason: fields.text("reason", REASON),
        })
    })
}

fn till(body: &Raw) -> Result<Till, Failure> {
    let body = body.json()?;
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
