//! What a claim is held to, check by check.

use serde_json::Value;

use super::{
    Claimant, Item,
    ext::{Begin, Ext, is_ten_digits},
    rejection::{Rejection, Sums},
};
use crate::{
    api::call::shortened,
    diagnosis::has_fraction,
    sign::{
        Values,
        diagnose::{Material, OtherSecret, Stamp},
    },
    switches::Switch,
    world::{
        AccountNo, World,
        card::{CardStatus, is_custom_code},
        code::{CardNo, UserNo},
        life::CardAt,
        ticket::{Ticket, TicketKind},
    },
};

/// What the phone takes with an advice, unless a switch says that it does not.
pub(super) fn form(world: &World, ext: &Ext) -> Result<(), Rejection> {
    let switches = world.switches;
    if ext.timestamp_is_number && switches.is(Switch::CardExtTimestampNumber, "refuse") {
        return Err(Rejection::new("WX-CLM-018", "a string", "a number"));
    }
    if ext.nonce_str.is_empty() && switches.is(Switch::Nonce, "required") {
        return Err(Rejection::new("WX-CLM-019", "nonce_str", "no nonce_str"));
    }
    Ok(())
}

/// Rebuilds the sum from the ticket of the card's own account.
pub(super) fn signature(
    world: &World,
    claimant: Claimant,
    item: &Item,
    ext: &Ext,
    known: Option<(AccountNo, CardNo)>,
) -> Result<(), Rejection> {
    let owner = known.map_or_else(
        || official_account_beside(world, claimant.page),
        |at| Some(at.0),
    );
    // A page of which no Official Account is known has nobody's ticket to be held against.
    let Some(owner) = owner else {
        return Ok(());
    };
    let ticket = card_ticket(world, owner);
    let ticket = ticket.map_or("", |ticket| &ticket.value);
    let signed = Values::from(ext.signed(ticket, &item.card_id));
    sum(world, owner, signed, &ext.signature, || {
        let material = material(world, claimant, owner, signed.api_ticket, item);
        Sums::new(signed, &ext.signature, &ext.unsigned, material)
    })
}

/// The ticket with which an account's cards are signed, the latest that was fetched.
pub(super) fn card_ticket(world: &World, owner: AccountNo) -> Option<&Ticket> {
    world.account(owner).tickets.of(TicketKind::Card).last()
}

/// Holds the hash that came against the sum of what was signed with the account's latest ticket.
pub(super) fn sum(
    world: &World,
    owner: AccountNo,
    signed: Values<'_>,
    received: &str,
    sums: impl FnOnce() -> Sums,
) -> Result<(), Rejection> {
    let now = world.now();
    let Some(latest) = card_ticket(world, owner) else {
        let expected = format!("a wx_card ticket of {}", world.account(owner).profile.name);
        return Err(Rejection {
            signature: Some(Box::new(sums())),
            ..Rejection::new("WX-SIG-003", expected, "none was ever fetched")
        });
    };
    let expected = signed.signature();
    let is_right = expected == received
        || crate::breaks::broken("kind-of-ticket-ignored")
            && world
                .account(owner)
                .tickets
                .of(TicketKind::Page)
                .iter()
                .any(|page| {
                    let api_ticket = page.value.as_str();
                    Values {
                        api_ticket,
                        ..signed
                    }
                    .signature()
                        == received
                })
        || crate::breaks::broken("signature-ignored");
    if !is_right {
        return Err(Rejection {
            signature: Some(Box::new(sums())),
            ..Rejection::new("WX-SIG-001", expected, shortened(received))
        });
    }
    if latest.is_alive(now) || crate::breaks::broken("expired-ticket-taken") {
        return Ok(());
    }
    let received = format!("a ticket issued {} s ago", now - latest.issued_at);
    Err(Rejection {
        mistake: Some("expired_ticket"),
        ..Rejection::new("WX-SIG-002", "a living ticket", received)
    })
}

/// The Official Account under the same Open Platform account as a page.
fn official_account_beside(world: &World, page: AccountNo) -> Option<AccountNo> {
    let platform = &world.account(page).profile.open_platform;
    world
        .accounts()
        .iter()
        .position(|account| account.is_official() && account.profile.open_platform == *platform)
}

/// How much of each kind a wrong sum is tried with.
const SECRETS: usize = 1000;
const TOKENS: usize = 20;
const CARDS: usize = 500;
const CODES: usize = 50;
const OPENIDS: usize = 100;

/// What is needed to tell the mistake later, when the world is unlocked.
fn material(
    world: &World,
    claimant: Claimant,
    owner: AccountNo,
    ticket: &str,
    item: &Item,
) -> Material {
    // The owner first, so that a large world does not crowd it out.
    let all = 0..world.accounts().len();
    let numbers: Vec<AccountNo> = [owner, claimant.page]
        .into_iter()
        .chain(all.filter(|number| ![owner, claimant.page].contains(number)))
        .collect();
    let accounts = numbers.iter().map(|number| world.account(*number));
    let cards = accounts.flat_map(|account| account.cards.iter().rev());
    let held = world.account(owner).codes.held_by(claimant.user);
    let openids = numbers
        .iter()
        .map(|number| world.openid(claimant.user, *number).to_owned());
    Material {
        secrets: other_secrets(world, &numbers, owner, ticket)
            .take(SECRETS)
            .collect(),
        cards: cards.map(|card| card.card_id.clone()).take(CARDS).collect(),
        codes: item
            .code
            .iter()
            .cloned()
            .chain(held.map(|code| code.code.to_string()))
            .take(CODES)
            .collect(),
        openids: item
            .openid
            .iter()
            .cloned()
            .chain(openids)
            .take(OPENIDS)
            .collect(),
        ..Material::default()
    }
}

/// What of some accounts may have been signed in place of the owner's ticket.
pub(super) fn other_secrets(
    world: &World,
    numbers: &[AccountNo],
    owner: AccountNo,
    ticket: &str,
) -> impl Iterator<Item = OtherSecret> {
    numbers
        .iter()
        .flat_map(move |number| secrets(world, *number, owner))
        .filter(move |other| other.value != ticket)
}

/// What of an account may have been signed in place of the owner's ticket.
fn secrets(world: &World, number: AccountNo, owner: AccountNo) -> Vec<OtherSecret> {
    let account = world.account(number);
    let of_card = if number == owner {
        "expired_ticket"
    } else {
        "foreign_ticket"
    };
    let page_tickets = account.tickets.of(TicketKind::Page).iter();
    let card_tickets = account.tickets.of(TicketKind::Card).iter();
    let tokens = account.tokens.issued.iter().rev().take(TOKENS);
    page_tickets
        .map(|ticket| ("jsapi_ticket", &ticket.value))
        .chain(card_tickets.map(|ticket| (of_card, &ticket.value)))
        .chain([("app_secret", &account.profile.secret)])
        .chain(tokens.map(|token| ("access_token", &token.value)))
        .map(|(mistake, value)| OtherSecret {
            mistake,
            value: value.clone(),
        })
        .collect()
}

pub(super) fn family(world: &World, claimant: Claimant, owner: AccountNo) -> Result<(), Rejection> {
    let (page, owner) = (world.account(claimant.page), world.account(owner));
    if page.profile.open_platform == owner.profile.open_platform
        || crate::breaks::broken("foreign-card-claimable")
    {
        return Ok(());
    }
    Err(Rejection::new(
        "WX-CLM-002",
        format!("a card of an account under {}", page.profile.open_platform),
        format!(
            "a card of {}, under {}",
            owner.profile.name, owner.profile.open_platform
        ),
    ))
}

pub(super) fn state(world: &World, user: UserNo, at: CardAt) -> Result<(), Rejection> {
    let testers = &world.account(at.0).testers;
    let is_tester = testers.contains(&user) && !crate::breaks::broken("testers-ignored");
    let (rule, received) = match world.card(at).status() {
        CardStatus::VerifyOk | CardStatus::Dispatch => return Ok(()),
        CardStatus::NotVerify
            if is_tester || crate::breaks::broken("unreviewed-card-claimable") =>
        {
            return Ok(());
        }
        CardStatus::VerifyFail if crate::breaks::broken("refused-card-claimable") => return Ok(()),
        CardStatus::Delete if crate::breaks::broken("delete-leaves-cards-claimable") => {
            return Ok(());
        }
        CardStatus::NotVerify => ("WX-CLM-003", "CARD_STATUS_NOT_VERIFY"),
        CardStatus::VerifyFail => ("WX-CLM-004", "CARD_STATUS_VERIFY_FAIL"),
        CardStatus::Delete => ("WX-CLM-004", "CARD_STATUS_DELETE"),
    };
    Err(Rejection::new(rule, "CARD_STATUS_VERIFY_OK", received))
}

pub(super) fn attributes(world: &World, at: CardAt, ext: &Ext) -> Result<(), Rejection> {
    let terms = world.card(at).terms;
    let wants_code = terms.use_custom_code && !terms.deposit;
    match (wants_code, ext.code.is_empty()) {
        (false, false) if !crate::breaks::broken("code-for-a-plain-card-taken") => {
            return Err(Rejection {
                mistake: terms.deposit.then_some("deposit_code_in_card_ext"),
                ..Rejection::new("WX-CLM-005", "no code", "code")
            });
        }
        (true, true) if !crate::breaks::broken("custom-code-missing-taken") => {
            return Err(Rejection::new("WX-CLM-006", "code", "no code"));
        }
        (true, false) if !is_custom_code(&ext.code) => {
            let received = shortened(&ext.code).into_owned();
            return Err(Rejection::new(
                "WX-CLM-007",
                "at most 20 plain characters",
                received,
            ));
        }
        _ => {}
    }
    match (terms.bind_openid, ext.openid.is_empty()) {
        (false, false) => return Err(Rejection::new("WX-CLM-008", "no openid", "openid")),
        (true, true) if !crate::breaks::broken("openid-missing-taken") => {
            return Err(Rejection::new("WX-CLM-009", "openid", "no openid"));
        }
        _ => {}
    }
    if !is_seconds(&ext.timestamp) {
        let received = shortened(&ext.timestamp).into_owned();
        let is_whole = !has_fraction(&Value::from(ext.timestamp.as_str()));
        return Err(Rejection {
            mistake: (!is_whole).then_some("seconds_with_fraction"),
            ..Rejection::new("WX-CLM-016", "ten digits", received)
        });
    }
    if let Begin::Wrong(received) = &ext.begin {
        let expected = "whole seconds of ten digits";
        return Err(Rejection::new("WX-CLM-021", expected, received));
    }
    if ext.nonce_str.chars().count() > 32 && !crate::breaks::broken("long-nonce-taken") {
        let received = format!("{} characters", ext.nonce_str.chars().count());
        return Err(Rejection::new(
            "WX-CLM-017",
            "at most 32 characters",
            received,
        ));
    }
    Ok(())
}

/// Whether a text is seconds as cardExt wants them: ten digits, within the mock's clock.
fn is_seconds(text: &str) -> bool {
    if text.len() == 13 && crate::breaks::broken("milliseconds-as-seconds") {
        return true;
    }
    let is_digits = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits && text.parse().is_ok_and(is_ten_digits)
}

pub(super) fn pair(world: &World, user: UserNo, at: CardAt, ext: &Ext) -> Result<(), Rejection> {
    // Clients that sign no nonce claim several times within a second.
    let is_judged =
        !ext.nonce_str.is_empty() || world.switches.is(Switch::RepeatedTimestamp, "refuse");
    if !is_judged
        || crate::breaks::broken("pair-claimed-with-twice")
        || !world.card(at).has_used(&ext.timestamp, &ext.nonce_str)
    {
        return Ok(());
    }
    let repeated = Stamp {
        timestamp: ext.timestamp.clone(),
        nonce_str: ext.nonce_str.clone(),
        signature: ext.signature.clone(),
        user: world.user(user).name.clone(),
    };
    Err(Rejection {
        repeated: Some(Box::new(repeated)),
        ..Rejection::new(
            "WX-CLM-010",
            "a pair of timestamp and nonce_str that was not claimed with",
            format!("{} and {}", ext.timestamp, shortened(&ext.nonce_str)),
        )
    })
}

pub(super) fn dates(world: &World, at: CardAt) -> Result<(), Rejection> {
    let now = world.now();
    match world.card(at).terms.dates.last_claim() {
        Some(last) if now > last && !crate::breaks::broken("claim-after-the-last-day") => {
            Err(Rejection::new(
                "WX-CLM-011",
                format!("a claim until {last}"),
                format!("a claim at {now}"),
            ))
        }
        _ => Ok(()),
    }
}

pub(super) fn stock(world: &World, user: UserNo, at: CardAt, code: &str) -> Result<(), Rejection> {
    if world.restorable(user, at).is_some() {
        return Ok(());
    }
    let card = world.card(at);
    if card.quantity == 0 && !crate::breaks::broken("sold-out-card-claimable") {
        let received = format!("0 of {}", card.total_quantity);
        return Err(Rejection::new("WX-CLM-012", "stock above 0", received));
    }
    if card.terms.use_custom_code
        && !crate::breaks::broken("custom-code-given-twice")
        && world.account(at.0).is_code_of(at.1, code)
    {
        return Err(Rejection::new(
            "WX-CLM-015",
            "a new code",
            "a code that was given out",
        ));
    }
    Ok(())
}

pub(super) fn limit(world: &World, user: UserNo, at: CardAt) -> Result<(), Rejection> {
    if world.restorable(user, at).is_some() {
        return Ok(());
    }
    let limit = world.card(at).terms.get_limit;
    let claims = world.account(at.0).codes.claims_of(at.1, user);
    if claims < limit
        || crate::breaks::broken("limit-per-user-ignored")
        || claims == limit && crate::breaks::broken("limit-per-user-off-by-one")
    {
        return Ok(());
    }
    Err(Rejection::new(
        "WX-CLM-013",
        format!("at most {limit} of this card"),
        format!("{} has claimed {claims}", world.user(user).name),
    ))
}

pub(super) fn openid(
    world: &World,
    claimant: Claimant,
    owner: AccountNo,
    ext: &Ext,
) -> Result<(), Rejection> {
    let own = world.openid(claimant.user, owner);
    if ext.openid.is_empty()
        || ext.openid == own
        || crate::breaks::broken("openid-of-anybody-taken")
    {
        return Ok(());
    }
    let is_page_openid = world.openid(claimant.user, claimant.page) == ext.openid;
    let received = if is_page_openid {
        "the openid at the mini-program"
    } else {
        "the openid of somebody else"
    };
    Err(Rejection::new("WX-CLM-014", own, received))
}
