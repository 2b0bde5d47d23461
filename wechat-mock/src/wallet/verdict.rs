//! What a signature should be, looked at without a customer and without a claim.

use serde_json::{Value, json};

use super::{
    Item,
    checks::{card_ticket, other_secrets, sum},
    choose::{self, Filters},
    ext::Ext,
    rejection::{Rejection, Sums},
};
use crate::{
    facts,
    sign::{
        Values,
        diagnose::{Material, OtherSecret, Stamp},
        page::{self, PageMaterial, PageSigned},
    },
    world::{
        AccountNo, World,
        life::CardAt,
        ticket::{Ticket, TicketKind},
    },
};

/// How a signature stands; its mistake is told once the world is unlocked.
#[derive(Debug)]
pub(crate) struct SignVerdict {
    values: Vec<String>,
    joined: String,
    expected: String,
    received: String,
    problem: Option<Problem>,
}

#[derive(Debug)]
enum Problem {
    /// A card's signature, as the phone refuses it.
    OfCard(Rejection),
    /// An id of `fixtures::page_signature_mistakes`.
    OfPage(&'static str),
}

impl SignVerdict {
    /// Checks `cardExt` for a card, with the ticket of the card's account.
    pub(crate) fn of_card_ext(world: &World, at: CardAt, card_ext: &Value) -> Self {
        let card_id = world.card(at).card_id.clone();
        let ext = match Ext::read(card_ext) {
            Ok(ext) => ext,
            Err(fault) => return Self::unreadable(fault.into()),
        };
        let ticket = card_ticket(world, at.0).map_or("", |ticket| &ticket.value);
        let signed = Values::from(ext.signed(ticket, &card_id));
        let checked = sum(world, at.0, signed, &ext.signature, || {
            let item = Item {
                card_id: card_id.clone(),
                card_ext: Value::Null,
                code: None,
                openid: None,
            };
            let material = material(world, at.0, ticket, &item);
            Sums::new(signed, &ext.signature, &ext.unsigned, material)
        });
        Self::new(signed, &ext.signature, checked.err())
    }

    /// Checks what a page of an Official Account hands to `wx.chooseCard`.
    pub(crate) fn of_choice(world: &World, page: AccountNo, filters: &Filters) -> Self {
        let ticket = card_ticket(world, page).map_or("", |ticket| &ticket.value);
        let signed = filters.signed(ticket, &world.account(page).profile.appid);
        let checked = choose::check_sign(world, page, filters);
        Self::new(signed, &filters.card_sign, checked.err())
    }

    /// Checks what a page of an Official Account hands to `wx.config`.
    pub(crate) fn of_page(world: &World, page: AccountNo, given: &PageValues) -> Self {
        let latest = world.account(page).tickets.of(TicketKind::Page).last();
        let signed = given.signed(latest.map_or("", |ticket| &ticket.value));
        Self {
            values: signed.pairs(),
            joined: signed.joined(),
            expected: signed.signature(),
            received: given.signature.clone(),
            problem: page_mistake(world, page, given, latest).map(Problem::OfPage),
        }
    }

    fn new(signed: Values<'_>, received: &str, rejection: Option<Rejection>) -> Self {
        Self {
            values: signed.sorted().into_iter().map(str::to_owned).collect(),
            joined: signed.joined(),
            expected: signed.signature(),
            received: received.to_owned(),
            problem: rejection.map(Problem::OfCard),
        }
    }

    fn unreadable(rejection: Rejection) -> Self {
        Self {
            values: Vec::new(),
            joined: String::new(),
            expected: String::new(),
            received: rejection.received.clone(),
            problem: Some(Problem::OfCard(rejection)),
        }
    }

    /// The verdict as the control API answers it; `earlier` is what former claims were made with.
    pub(crate) fn show(&self, earlier: &[Stamp]) -> Value {
        let mut shown = json!({
            "values": self.values,
            "joined": self.joined,
            "expected": self.expected,
            "received": self.received,
            "ok": self.problem.is_none(),
        });
        match &self.problem {
            None => {}
            Some(Problem::OfCard(rejection)) => {
                let mut record = json!({});
                rejection.add_to(&mut record, earlier);
                for key in ["rule", "statement", "mistake", "fix"] {
                    shown[key] = record[key].take();
                }
            }
            Some(Problem::OfPage(id)) => {
                let texts = facts::page_mistake(id);
                let mistake = &texts["mistake"];
                shown["mistake"] = json!({"id": id, "en": mistake["en"], "zh": mistake["zh"]});
                shown["fix"] = texts["fix"].clone();
            }
        }
        shown
    }
}

/// What else of the world may have been signed for a card of `owner`.
fn material(world: &World, owner: AccountNo, ticket: &str, item: &Item) -> Material {
    let others = (0..world.accounts().len()).filter(|number| *number != owner);
    let numbers: Vec<AccountNo> = std::iter::once(owner).chain(others).collect();
    let cards = world.account(owner).cards.iter().rev();
    let cards = cards.filter(|card| card.card_id != item.card_id);
    let users = world.users().iter().zip(0..);
    Material {
        secrets: other_secrets(world, &numbers, owner, ticket)
            .take(Material::FEW)
            .collect(),
        cards: cards
            .map(|card| card.card_id.clone())
            .take(Material::FEW)
            .collect(),
        openids: users
            .map(|(_, user)| world.openid(user, owner).to_owned())
            .take(Material::FEW)
            .collect(),
        ..Material::default()
    }
}

/// What a page hands to `wx.config`, with its own address.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageValues {
    pub(crate) url: String,
    pub(crate) noncestr: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
}

impl PageValues {
    fn signed<'a>(&'a self, jsapi_ticket: &'a str) -> PageSigned<'a> {
        PageSigned {
            jsapi_ticket,
            noncestr: &self.noncestr,
            timestamp: &self.timestamp,
            // What stands behind # is no part of the address that is signed.
            url: self.url.split('#').next().unwrap_or_default(),
        }
    }
}

/// What is wrong with a page signature, an id of `fixtures::page_signature_mistakes`.
fn page_mistake(
    world: &World,
    page: AccountNo,
    given: &PageValues,
    latest: Option<&Ticket>,
) -> Option<&'static str> {
    let Some(latest) = latest else {
        return Some("no_ticket");
    };
    let right = given.signed(&latest.value);
    if right.signature() != given.signature {
        let material = page_material(world, page, given, latest);
        return Some(page::mistake(right, &given.signature, &material));
    }
    (!latest.is_alive(world.now())).then_some("expired_ticket")
}

/// What else of the world may have been signed for a page of an account.
fn page_material(
    world: &World,
    page: AccountNo,
    given: &PageValues,
    latest: &Ticket,
) -> PageMaterial {
    let others = (0..world.accounts().len()).filter(|number| *number != page);
    let numbers: Vec<AccountNo> = std::iter::once(page).chain(others).collect();
    let own_pages = world.account(page).tickets.of(TicketKind::Page);
    let own_cards = world.account(page).tickets.of(TicketKind::Card);
    let mistake = |other: &OtherSecret| match other.mistake {
        "jsapi_ticket" if own_pages.iter().any(|own| own.value == other.value) => "expired_ticket",
        "expired_ticket" if own_cards.iter().any(|own| own.value == other.value) => {
            "wx_card_ticket"
        }
        "jsapi_ticket" | "foreign_ticket" => "foreign_ticket",
        same => same,
    };
    PageMaterial {
        secrets: other_secrets(world, &numbers, page, &latest.value)
            .take(Material::FEW)
            .map(|other| (mistake(&other), other.value))
            .collect(),
        whole_url: given.url.clone(),
    }
}
