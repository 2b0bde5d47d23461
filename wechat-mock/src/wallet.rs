//! The customer's WeChat: `wx.addCard`, as the phone carries it out.
//!
//! A claim is refused in this order: signature, unknown or foreign card, state of the card,
//! attributes, repeated nonce, dates, stock, limit per user, openid. The order is our choice; WeChat
//! shows one text on the phone whatever the reason.

use serde_json::{Value, json};

mod checks;
mod choose;
pub(crate) mod ext;
mod held;
mod message;
mod open;
mod rejection;
mod scan;
mod verdict;

pub(crate) use choose::{Choice, Filters};
pub(crate) use held::{Held, NoPlace, page, wallet};
pub(crate) use open::Opening;
pub(crate) use verdict::{PageValues, SignVerdict};

use ext::Ext;
use rejection::Rejection;

use crate::{
    api::call::shortened,
    explain,
    mock::Mock,
    refusal::Advice,
    shared::WorldGuard,
    sign::diagnose::Stamp,
    world::{AccountNo, World, code::UserNo, happening::Scene, life::Claimed},
};

/// One entry of `cardList`.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) card_id: String,
    /// Any JSON value: the phone, not the control API, refuses what is no string.
    pub(crate) card_ext: Value,
    /// A code or openid that the page put beside cardExt, where the phone does not look.
    pub(crate) code: Option<String>,
    pub(crate) openid: Option<String>,
}

/// Who claims, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claimant {
    pub(crate) user: UserNo,
    /// The mini-program or Official Account whose page called `wx.addCard`, or who sent the message.
    pub(crate) page: AccountNo,
    pub(crate) way: Way,
}

/// Where `cardExt` came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Page,
    /// A message of the account's, which many customers may hold.
    Message,
}

impl Claimant {
    fn scene(self, world: &World) -> Scene {
        match self.way {
            Way::Page if world.account(self.page).is_official() => Scene::JsSdk,
            Way::Page | Way::Message => Scene::Unknown,
        }
    }
}

/// What came of one entry.
#[derive(Clone, Debug)]
struct Taken {
    encrypted_code: String,
    advice: Vec<Advice>,
}

/// The outcome of a whole call of `wx.addCard`, or of one look at a QR code.
#[derive(Debug)]
pub(crate) struct Claim {
    /// `wx.addCard`, `scan` or `message`.
    call: &'static str,
    /// What `errMsg` begins with: `addCard` or `scan`.
    name: &'static str,
    at: i64,
    user: String,
    appid: String,
    items: Vec<(Item, Result<Taken, Rejection>)>,
    /// What `errMsg` says when the customer closed the sheet.
    cancelled: Option<&'static str>,
}

impl Claim {
    /// Carries out `wx.addCard` on the locked world.
    pub(crate) fn carry_out(world: &mut World, claimant: Claimant, items: Vec<Item>) -> Self {
        let items = items
            .into_iter()
            .map(|item| {
                let taken = take(world, claimant, &item);
                (item, taken)
            })
            .collect();
        let who = (claimant.user, claimant.page);
        Self::new(world, "wx.addCard", "addCard", who, items)
    }

    fn new(
        world: &World,
        call: &'static str,
        name: &'static str,
        (user, page): (UserNo, AccountNo),
        items: Vec<(Item, Result<Taken, Rejection>)>,
    ) -> Self {
        Self {
            call,
            name,
            at: world.now(),
            user: world.user(user).name.clone(),
            appid: world.account(page).profile.appid.clone(),
            items,
            cancelled: None,
        }
    }

    /// The customer closes the sheet of `wx.addCard`: nothing is claimed, and nothing used up.
    pub(crate) fn cancel(world: &World, claimant: Claimant) -> Self {
        let is_js_sdk = world.account(claimant.page).is_official();
        let who = (claimant.user, claimant.page);
        Self {
            cancelled: Some(if is_js_sdk {
                "addCard:cancel"
            } else {
                "addCard:fail cancel"
            }),
            ..Self::new(world, "wx.addCard", "addCard", who, Vec::new())
        }
    }

    fn first_rejection(&self) -> Option<&Rejection> {
        self.items
            .iter()
            .find_map(|(_, taken)| taken.as_ref().err())
    }

    /// Whether a card was taken into the wallet.
    fn is_any_taken(&self) -> bool {
        self.items.iter().any(|(_, taken)| taken.is_ok())
    }

    fn err_msg(&self) -> String {
        let name = self.name;
        match self.cancelled {
            Some(text) => text.to_owned(),
            None if self.is_any_taken() => format!("{name}:ok"),
            None => {
                let text = self.first_rejection().map_or("", Rejection::phone_text);
                format!("{name}:fail ({text})")
            }
        }
    }

    /// What `wx.addCard` hands the page: its success object, or its fail object when nothing was taken.
    fn answer(&self) -> Value {
        if self.cancelled.is_some() || !self.is_any_taken() {
            return json!({"errMsg": self.err_msg()});
        }
        let cards: Vec<Value> = self
            .items
            .iter()
            .map(|(item, taken)| {
                let code = taken.as_ref().map_or("", |taken| &taken.encrypted_code);
                json!({
                    "code": code,
                    "cardId": item.card_id,
                    "cardExt": item.card_ext,
                    "isSuccess": taken.is_ok(),
                })
            })
            .collect();
        json!({"errMsg": self.err_msg(), "cardList": cards})
    }

    /// Writes the claim into the journal; what it answers, with the record that explains it.
    ///
    /// `world` is given back once the claim has its number, so that claims are numbered in the order
    /// in which they happened.
    pub(crate) fn keep(&self, mock: &Mock, world: WorldGuard<'_>) -> Value {
        let stamps: Vec<Stamp> = self.stamps().collect();
        let (number, earlier) = {
            let mut journal = mock.journal.lock();
            // Only what is wrong is compared with what came before it.
            let is_refused = self.first_rejection().is_some();
            let earlier = if is_refused {
                journal.stamps()
            } else {
                Vec::new()
            };
            (journal.next_claim(stamps.into_iter()), earlier)
        };
        // To tell the mistake in a signature takes a while; the world need not wait for it.
        drop(world);
        let record = self.record(&format!("claim-{number}"), &earlier);
        mock.keep_claim(number, &record);
        if record["outcome"] == "refused" {
            mock.tell(&record);
        }
        let mut answer = self.answer();
        answer["explain"] = record;
        answer
    }

    fn outcome(&self) -> &'static str {
        match (self.cancelled, self.first_rejection()) {
            (Some(_), _) => "cancelled",
            (None, Some(_)) => "refused",
            (None, None) => "done",
        }
    }

    /// What the cards were claimed with, to be known again in a later claim.
    fn stamps(&self) -> impl Iterator<Item = Stamp> {
        self.items
            .iter()
            .filter_map(|(item, _)| Ext::read(&item.card_ext).ok())
            .map(|ext| Stamp {
                timestamp: ext.timestamp,
                nonce_str: ext.nonce_str,
                signature: ext.signature,
                user: self.user.clone(),
            })
            .filter(Stamp::is_short)
    }

    /// The record behind `explain`: the first rejection up front, then every card by itself.
    ///
    /// `earlier` is what former claims were made with.
    fn record(&self, id: &str, earlier: &[Stamp]) -> Value {
        let cards: Vec<Value> = self
            .items
            .iter()
            .map(|(item, taken)| card_record(item, taken, earlier))
            .collect();
        let mut record = json!({
            "id": id,
            "at": self.at,
            "call": self.call,
            "user": self.user,
            "appid": self.appid,
            "outcome": self.outcome(),
            "errMsg": self.err_msg(),
        });
        let refused = cards.iter().find(|card| card["isSuccess"] == false);
        for (key, value) in refused.and_then(Value::as_object).into_iter().flatten() {
            if !["cardId", "isSuccess"].contains(&key.as_str()) {
                record[key] = value.clone();
            }
        }
        record["cards"] = Value::Array(cards);
        record
    }
}

fn card_record(item: &Item, taken: &Result<Taken, Rejection>, earlier: &[Stamp]) -> Value {
    let mut record = json!({"cardId": item.card_id, "isSuccess": taken.is_ok()});
    match taken {
        Ok(taken) => record["advice"] = taken.advice.iter().map(explain::advice).collect(),
        Err(rejection) => {
            record["phone_text"] = json!(rejection.phone_text());
            rejection.add_to(&mut record, earlier);
        }
    }
    record
}

/// Puts one card into the wallet, or says why not; nothing changes unless it is taken.
fn take(world: &mut World, claimant: Claimant, item: &Item) -> Result<Taken, Rejection> {
    let ext = Ext::read(&item.card_ext)?;
    checks::form(world, &ext)?;
    let known = world.card_no(&item.card_id);
    checks::signature(world, claimant, item, &ext, known)?;
    let at = known.ok_or_else(|| {
        let received = shortened(&item.card_id).into_owned();
        Rejection::new("WX-CLM-001", "a card of this world", received)
    })?;
    checks::family(world, claimant, at.0)?;
    checks::state(world, claimant.user, at)?;
    checks::attributes(world, at, &ext)?;
    if claimant.way == Way::Page {
        checks::pair(world, claimant.user, at, &ext)?;
    }
    checks::dates(world, at)?;
    world.notice_stock(at);
    checks::stock(world, claimant.user, at, &ext.code)?;
    checks::limit(world, claimant.user, at)?;
    checks::openid(world, claimant, at.0, &ext)?;

    if claimant.way == Way::Page {
        world.card_mut(at).use_up(&ext.timestamp, &ext.nonce_str);
    }
    let claimed = Claimed {
        code: &ext.code,
        begin: ext.begin.time(),
        outer_str: &ext.outer_str,
        outer_id: ext.outer_id,
        scene: claimant.scene(world),
    };
    let number = world.hand_out(claimant.user, at, claimed);
    let account = world.account(at.0);
    Ok(Taken {
        encrypted_code: account.seal_key().seal(&account.codes.at(number).code),
        advice: ext.advice(),
    })
}
