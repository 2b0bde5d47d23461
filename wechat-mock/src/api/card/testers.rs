//! POST `/card/testwhitelist/set`: who may claim cards before they are approved.

use std::collections::BTreeSet;

use serde_json::json;

use crate::{
    api::{Context, reply::Reply},
    refusal::Refusal,
};

/// People on the list.
const MOST: usize = 10;

pub(in crate::api) fn set_testers(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let fields = context.call.fields()?;
    let (openids, names) = (fields.texts("openid"), fields.texts("username"));
    let listed = openids.len() + names.len();
    if listed > MOST {
        return Err(Refusal::new("WX-CRD-072")
            .expected(format!("at most {MOST} people"))
            .received(listed.to_string()));
    }
    let number = context.own_number();
    let world = &mut *context.world;
    // Whoever is unknown is left out without a word. A customer's name stands for their WeChat id.
    let openids = openids
        .into_iter()
        .filter_map(|openid| Some((openid, world.of_openid(openid, number)?)));
    let (openids, by_openid): (Vec<&str>, BTreeSet<_>) = openids.unzip();
    let names = names
        .into_iter()
        .filter_map(|name| Some((name, world.user_no(name)?)));
    let (names, by_name): (Vec<&str>, BTreeSet<_>) = names.unzip();

    let testers: BTreeSet<_> = by_openid.union(&by_name).copied().collect();
    let size = testers.len();
    world.account_mut(number).testers = testers;
    Ok(Reply::card(json!({
        "white_list_size": size, "success_openid": openids, "success_username": names,
    })))
}
