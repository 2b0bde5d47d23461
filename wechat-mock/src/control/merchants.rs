//! The reviewer of sub-merchants.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    Fault,
    accounts::account_no,
    body::{JsonBody, Segments},
    cards::Verdict,
};
use crate::{mock::Mock, world::World};

pub(super) async fn review(
    State(mock): State<Mock>,
    Segments(appid, id): Segments,
    JsonBody(verdict): JsonBody<Verdict>,
) -> Result<Json<Value>, Fault> {
    let mut world = mock.world.lock();
    let merchant = review_sub_merchant(&mut world, (&appid, &id), &verdict)?;
    Ok(Json(merchant))
}

/// The reviewer decides on a sub-merchant that waits; how it stands then.
pub(crate) fn review_sub_merchant(
    world: &mut World,
    (appid, id): (&str, &str),
    verdict: &Verdict,
) -> Result<Value, Fault> {
    let number = account_no(world, appid)?;
    let unknown = || Fault::not_found(format!("no sub-merchant has the id {id}"));
    let id = id.parse().map_err(|_| unknown())?;
    world
        .review_sub_merchant(number, id, verdict.pass, &verdict.reason)
        .map_err(|fault| match fault.0 {
            None => unknown(),
            Some(status) => Fault::conflict(format!(
                "the sub-merchant is not waiting: it is {}",
                json!(status)
            )),
        })?;
    let mut merchants = world.account(number).profile.sub_merchants.iter();
    let merchant = merchants.find(|merchant| merchant.merchant_id == id);
    Ok(json!(merchant))
}
