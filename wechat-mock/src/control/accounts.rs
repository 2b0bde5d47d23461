//! Accounts: Official Accounts and mini-programs.

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use super::{
    Fault,
    body::{JsonBody, Segment},
};
use crate::{
    mock::Mock,
    world::{AccountNo, World, profile::ProfileDraft},
};

pub(super) async fn list(State(mock): State<Mock>) -> Json<Value> {
    let world = mock.world.lock();
    let profiles: Vec<_> = world
        .accounts()
        .iter()
        .map(|account| &account.profile)
        .collect();
    Json(json!({"accounts": profiles}))
}

pub(super) async fn one(
    State(mock): State<Mock>,
    Segment(appid): Segment,
) -> Result<Json<Value>, Fault> {
    let world = mock.world.lock();
    let number = account_no(&world, &appid)?;
    Ok(Json(json!(world.account(number).profile)))
}

pub(super) async fn add(
    State(mock): State<Mock>,
    JsonBody(draft): JsonBody<ProfileDraft>,
) -> Result<(StatusCode, Json<Value>), Fault> {
    let mut world = mock.world.lock();
    let number = world.add_account(draft)?;
    let profile = json!(world.account(number).profile);
    Ok((StatusCode::CREATED, Json(profile)))
}

pub(super) async fn change(
    State(mock): State<Mock>,
    Segment(appid): Segment,
    JsonBody(draft): JsonBody<ProfileDraft>,
) -> Result<Json<Value>, Fault> {
    let mut world = mock.world.lock();
    let number = account_no(&world, &appid)?;
    draft.check()?;
    let profile = &mut world.account_mut(number).profile;
    draft.apply(profile)?;
    Ok(Json(json!(profile)))
}

/// The account of an appid that a control call names.
pub(super) fn account_no(world: &World, appid: &str) -> Result<AccountNo, Fault> {
    world
        .account_no(appid)
        .ok_or_else(|| Fault::not_found(format!("no account has the appid {appid}")))
}
