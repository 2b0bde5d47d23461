//! Tickets: what card signatures (`wx_card`) and page signatures (`jsapi`) are made with.

use serde::{Deserialize, Serialize};

use super::{clock, ids::Ids};

/// Seconds from the first issue of a ticket to its end; fetching it again changes nothing.
pub(crate) const TICKET_LIFE: i64 = 7200;
/// Dead tickets remembered, so that a signature made with one can be told.
const REMEMBERED: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TicketKind {
    Card,
    Page,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ticket {
    pub(crate) value: String,
    #[serde(deserialize_with = "clock::time")]
    pub(crate) issued_at: i64,
}

impl Ticket {
    pub(crate) fn is_alive(&self, now: i64) -> bool {
        now < self.issued_at + TICKET_LIFE
    }
}

/// The tickets of one account, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Tickets {
    wx_card: Vec<Ticket>,
    jsapi: Vec<Ticket>,
}

impl Tickets {
    /// All that is remembered of one kind, oldest first.
    pub(crate) fn of(&self, kind: TicketKind) -> &[Ticket] {
        match kind {
            TicketKind::Card => &self.wx_card,
            TicketKind::Page => &self.jsapi,
        }
    }

    /// The living ticket of one kind.
    pub(crate) fn alive(&self, kind: TicketKind, now: i64) -> Option<&Ticket> {
        self.of(kind).last().filter(|ticket| ticket.is_alive(now))
    }

    /// The living ticket, or a new one.
    pub(crate) fn fetch(&mut self, kind: TicketKind, now: i64, ids: &mut Ids) -> String {
        if let Some(ticket) = self.alive(kind, now)
            && !crate::breaks::broken("ticket-new-at-each-call")
        {
            return ticket.value.clone();
        }
        // 86 characters of which the first 21 are those of all tickets of the kind, as WeChat's.
        let (tickets, prefix) = match kind {
            TicketKind::Card => (&mut self.wx_card, "MOCK-wx_card-ticket--"),
            TicketKind::Page => (&mut self.jsapi, "MOCK-jsapi-ticket----"),
        };
        let value = format!("{prefix}{}", ids.draw().base64url(65));
        if tickets.len() >= REMEMBERED {
            tickets.remove(0);
        }
        tickets.push(Ticket {
            value: value.clone(),
            issued_at: now,
        });
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_lives_from_its_first_issue_however_often_it_is_fetched() {
        let (mut tickets, mut ids) = (Tickets::default(), Ids::new(1, "wx", 0));
        let first = tickets.fetch(TicketKind::Card, 0, &mut ids);
        assert_eq!(tickets.fetch(TicketKind::Card, 7199, &mut ids), first);
        assert!(tickets.alive(TicketKind::Card, 7199).is_some());
        assert!(tickets.alive(TicketKind::Card, 7200).is_none());
        assert_ne!(tickets.fetch(TicketKind::Card, 7200, &mut ids), first);
    }

    #[test]
    fn only_so_many_tickets_are_remembered() {
        let (mut tickets, mut ids) = (Tickets::default(), Ids::new(1, "wx", 0));
        for count in 0..3 * i64::try_from(REMEMBERED).unwrap() {
            tickets.fetch(TicketKind::Card, count * TICKET_LIFE, &mut ids);
        }
        let last = tickets.fetch(TicketKind::Card, i64::from(u32::MAX), &mut ids);
        let remembered = tickets.of(TicketKind::Card);
        assert_eq!(remembered.len(), REMEMBERED);
        assert_eq!(remembered[REMEMBERED - 1].value, last);
    }

    #[test]
    fn the_kinds_are_apart_and_have_wechats_length() {
        let (mut tickets, mut ids) = (Tickets::default(), Ids::new(1, "wx", 0));
        let card = tickets.fetch(TicketKind::Card, 0, &mut ids);
        let page = tickets.fetch(TicketKind::Page, 0, &mut ids);
        assert_ne!(card, page);
        assert_eq!((card.len(), page.len()), (86, 86));
    }
}
