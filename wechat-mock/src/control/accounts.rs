//! Accounts: Official Accounts and mini-programs.

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use super::{
    Fault,
    body::{JsonBody, Segment},
};
use crate::{
    mock::Mock,
    world::{
        AccountNo, World,
        profile::{Profile, ProfileDraft},
    },
};

pub(super) async fn list(State(mock): State<Mock>) -> Json<Value> {
    Json(json!({"accounts": accounts_of(&mock.world.lock())}))
}

/// All accounts, as they are shown.
pub(crate) fn accounts_of(world: &World) -> Vec<Value> {
    let accounts = world.accounts().iter();
    accounts.map(|account| json!(account.profile)).collect()
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
    let profile = add_account(&mut world, draft)?;
    Ok((StatusCode::CREATED, Json(json!(profile))))
}

/// Adds an account; what the draft leaves out is invented.
pub(crate) fn add_account(world: &mut World, draft: ProfileDraft) -> Result<&Profile, Fault> {
    let number = world.add_account(draft)?;
    Ok(&world.account(number).profile)
}

pub(super) async fn change(
    State(mock): State<Mock>,
    Segment(appid): Segment,
    JsonBody(draft): JsonBody<ProfileDraft>,
) -> Result<Json<Value>, Fault> {
    let mut world = mock.world.lock();
    let profile = change_account(&mut world, &appid, draft)?;
    Ok(Json(json!(profile)))
}

/// Changes an account; what the draft leaves out stays.
pub(crate) fn change_account<'a>(
    world: &'a mut World,
    appid: &str,
    draft: ProfileDraft,
) -> Result<&'a Profile, Fault> {
    let number = account_no(world, appid)?;
    draft.check()?;
    let profile = &mut world.account_mut(number).profile;
    draft.apply(profile)?;
    Ok(profile)
}

/// The account of an appid that a control call names.
pub(crate) fn account_no(world: &World, appid: &str) -> Result<AccountNo, Fault> {
    world
        .account_no(appid)
        .ok_or_else(|| Fault::not_found(format!("no account has the appid {appid}")))
}
