//! Who calls: the admin, or a customer.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use super::{AppState, error::Failure};
use crate::state::hash;

/// The admin called.
pub(super) struct Admin;

/// A customer called.
pub(super) struct Customer {
    pub(super) id: String,
}

fn bearer(parts: &Parts) -> Result<&str, Failure> {
    let value = parts.headers.get(header::AUTHORIZATION);
    let value = value.and_then(|value| value.to_str().ok());
    let (scheme, token) = value
        .and_then(|value| value.split_once(' '))
        .ok_or(Failure::Unauthorized)?;
    if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() {
        Ok(token.trim())
    } else {
        Err(Failure::Unauthorized)
    }
}

async fn customer_of(state: &AppState, token: &str) -> Result<Option<String>, Failure> {
    Ok(state
        .store
        .customer_of(&hash(token), state.clock.now())
        .await?)
}

impl FromRequestParts<AppState> for Admin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let token = bearer(parts)?;
        if state.admin_token.is(token) {
            return Ok(Self);
        }
        match customer_of(state, token).await? {
            Some(_) => Err(Failure::Forbidden("this path is the admin's")),
            None => Err(Failure::Unauthorized),
        }
    }
}

impl FromRequestParts<AppState> for Customer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let token = bearer(parts)?;
        if state.admin_token.is(token) {
            return Err(Failure::Forbidden("this path is a customer's"));
        }
        let id = customer_of(state, token).await?;
        id.map(|id| Self { id }).ok_or(Failure::Unauthorized)
    }
}
