//! GET `/cgi-bin/ticket/getticket`: what signatures are made with.

use serde_json::json;

use super::{Context, call::shortened, reply::Reply};
use crate::{
    refusal::Refusal,
    switches::Switch,
    world::ticket::{TICKET_LIFE, TicketKind},
};

pub(super) fn get_ticket(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let kind = match context.call.query.get("type").unwrap_or_default() {
        "jsapi" if !crate::breaks::broken("ticket-type-ignored") => TicketKind::Page,
        "wx_card" | "jsapi" => TicketKind::Card,
        _ if crate::breaks::broken("unknown-ticket-type-taken") => TicketKind::Page,
        other => {
            return Err(Refusal::new("WX-TKT-001")
                .expected("type=wx_card or type=jsapi")
                .received(format!("type={}", shortened(other))));
        }
    };
    let now = context.world.now();
    let tells_remaining = context
        .world
        .switches
        .is(Switch::TicketExpiresIn, "remaining");
    let account = context.own_account();
    if kind == TicketKind::Card && !account.profile.card_right {
        return Err(Refusal::new("WX-TOK-006")
            .expected("an account with the card right")
            .received(format!("{}, which has none", account.profile.name)));
    }
    let ticket = account.tickets.fetch(kind, now, &mut account.ids);
    // However old the ticket is: WeChat was seen to answer the whole life.
    let expires_in = match account.tickets.alive(kind, now) {
        Some(alive) if tells_remaining => alive.issued_at + TICKET_LIFE - now,
        _ => TICKET_LIFE,
    };
    Ok(Reply::card(
        json!({"ticket": ticket, "expires_in": expires_in}),
    ))
}
