//! What an account was given and what it has used up: tokens, tickets, quotas.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{Fault, accounts::account_no, body::Segment};
use crate::{
    mock::Mock,
    world::{
        World,
        account::Account,
        quota,
        ticket::{TICKET_LIFE, TicketKind},
    },
};

/// The living tokens and tickets of an account, and today's use of the paths it called or has limits of
/// its own for.
fn shown(account: &Account, now: i64) -> Value {
    let tokens = account.tokens.alive(now).map(|token| {
        json!({
            "token": token.value,
            "issued_at": token.issued_at,
            "expires_at": token.ends_at,
            "grace": token.is_replaced,
        })
    });
    let tickets = [("wx_card", TicketKind::Card), ("jsapi", TicketKind::Page)];
    let tickets = tickets.into_iter().filter_map(|(name, kind)| {
        let ticket = account.tickets.alive(kind, now)?;
        let expires_at = ticket.issued_at + TICKET_LIFE;
        Some(json!({"type": name, "ticket": ticket.value, "expires_at": expires_at}))
    });
    let limits = &account.profile.quotas;
    let own = limits.keys().map(|path| (path.as_str(), 0));
    let used: BTreeMap<&str, u64> = own.chain(account.usage.of_today(now)).collect();
    let quotas = used.into_iter().map(
        |(path, used)| json!({"path": path, "used": used, "limit": quota::limit(limits, path)}),
    );
    json!({
        "access_tokens": tokens.collect::<Vec<_>>(),
        "tickets": tickets.collect::<Vec<_>>(),
        "quotas": quotas.collect::<Vec<_>>(),
    })
}

pub(super) async fn show(
    State(mock): State<Mock>,
    Segment(appid): Segment,
) -> Result<Json<Value>, Fault> {
    credentials_of(&mock.world.lock(), &appid).map(Json)
}

/// What the account of an appid was given and has used up.
pub(crate) fn credentials_of(world: &World, appid: &str) -> Result<Value, Fault> {
    let number = account_no(world, appid)?;
    Ok(shown(world.account(number), world.now()))
}
