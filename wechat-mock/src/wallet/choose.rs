//! The customer's WeChat: `wx.chooseCard`, by which a page lets a customer choose what to redeem.
//!
//! WeChat tells the page of no refusal: with a wrong cardSign, and when nothing fits the filters, the
//! customer sees an empty list and goes back. Sources: official page JS-SDK, appendix 4; the official
//! article on signature errors.

use serde_json::{Value, json};

use super::{
    checks::{card_ticket, other_secrets, sum},
    rejection::{Rejection, Sums},
};
use crate::{
    mock::Mock,
    sign::{
        ChooseCardSigned, Values,
        diagnose::{Material, Stamp},
    },
    world::{
        AccountNo, World,
        card::{Card, whole},
        code::{CodeNo, UserNo},
    },
};

/// What the page hands to `wx.chooseCard`, as texts; an empty one is as good as an absent one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filters {
    /// A store that the card can be used at.
    pub(crate) shop_id: String,
    pub(crate) card_type: String,
    pub(crate) card_id: String,
    pub(crate) timestamp: String,
    pub(crate) nonce_str: String,
    pub(crate) sign_type: String,
    pub(crate) card_sign: String,
}

impl Filters {
    pub(super) fn signed<'a>(&'a self, api_ticket: &'a str, app_id: &'a str) -> Values<'a> {
        let signed = ChooseCardSigned {
            api_ticket,
            app_id,
            location_id: &self.shop_id,
            timestamp: &self.timestamp,
            nonce_str: &self.nonce_str,
            card_id: &self.card_id,
            card_type: &self.card_type,
        };
        signed.into()
    }

    /// Whether the list that is shown holds the codes of a card.
    fn take(&self, card: &Card) -> bool {
        let is_wanted = |filter: &str, value: &str| filter.is_empty() || filter == value;
        crate::breaks::broken("choose-ignores-filters")
            || is_wanted(&self.card_id, &card.card_id)
                && is_wanted(&self.card_type, card.card_type.name)
                && (self.shop_id.is_empty() || is_usable_at(card, &self.shop_id))
    }
}

fn is_usable_at(card: &Card, shop_id: &str) -> bool {
    let base = card.node.base_info();
    let stores = base["location_id_list"].as_array().into_iter().flatten();
    let mut stores = stores.filter_map(whole);
    base["use_all_locations"] == true || stores.any(|store| store.to_string() == shop_id)
}

/// What came of one call of `wx.chooseCard`.
#[derive(Debug)]
pub(crate) struct Choice {
    at: i64,
    user: String,
    appid: String,
    stamp: Stamp,
    /// The codes in the list that the customer saw.
    listed: Vec<String>,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    /// `cardList` as the page gets it.
    Chosen(Vec<Value>),
    /// The customer left a list from which something could be chosen.
    Left,
    Refused(Rejection),
}

/// A code was to be chosen that the list does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotListed(pub(crate) String);

impl Choice {
    /// Shows the list and lets the customer choose `codes` from it; the first one when none is named.
    ///
    /// With `cancel` the customer leaves the list.
    pub(crate) fn carry_out(
        world: &World,
        (user, page): (UserNo, AccountNo),
        filters: &Filters,
        codes: &[String],
        cancel: bool,
    ) -> Result<Self, NotListed> {
        let mut choice = Self {
            at: world.now(),
            user: world.user(user).name.clone(),
            appid: world.account(page).profile.appid.clone(),
            stamp: Stamp {
                timestamp: filters.timestamp.clone(),
                nonce_str: filters.nonce_str.clone(),
                signature: filters.card_sign.clone(),
                user: world.user(user).name.clone(),
            },
            listed: Vec::new(),
            outcome: Outcome::Left,
        };
        if let Err(rejection) = check_sign(world, page, filters) {
            choice.outcome = Outcome::Refused(rejection);
            return Ok(choice);
        }
        let fitting = fitting(world, user, page, filters);
        let of = |number: CodeNo| world.account(page).codes.at(number);
        let text = |number: &CodeNo| of(*number).code.to_string();
        choice.listed = fitting.iter().map(text).collect();
        if fitting.is_empty() {
            let expected = "a usable code of a card that fits shopId, cardType and cardId";
            let rejection = Rejection::new("WX-CHO-001", expected, "no code that fits");
            choice.outcome = Outcome::Refused(rejection);
            return Ok(choice);
        }
        let mut chosen = Vec::new();
        for code in codes {
            let known = fitting.iter().find(|number| *of(**number).code == **code);
            chosen.push(*known.ok_or_else(|| NotListed(code.clone()))?);
        }
        if chosen.is_empty() {
            chosen.push(fitting[0]);
        }
        if !cancel {
            let account = world.account(page);
            let shown = chosen.into_iter().map(|number| {
                json!({
                    "card_id": account.card(of(number).card).card_id,
                    "encrypt_code": account.seal_key().seal(&of(number).code),
                    "app_id": account.profile.appid,
                })
            });
            choice.outcome = Outcome::Chosen(shown.collect());
        }
        Ok(choice)
    }

    /// What the page gets; `cardList` is a JSON text, as WeChat has it.
    fn answer(&self) -> Value {
        match &self.outcome {
            Outcome::Chosen(cards) => {
                let list = Value::Array(cards.clone()).to_string();
                json!({"errMsg": "chooseCard:ok", "cardList": list})
            }
            Outcome::Left | Outcome::Refused(_) => {
                json!({"errMsg": "chooseCard:cancel", "cardList": "[]"})
            }
        }
    }

    /// Writes the choice into the journal, beside the claims; its answer with the record.
    pub(crate) fn keep(&self, mock: &Mock) -> Value {
        let stamp = Some(self.stamp.clone()).filter(Stamp::is_short);
        let (number, earlier) = {
            let mut journal = mock.journal.lock();
            let earlier = journal.stamps();
            (journal.next_claim(stamp.into_iter()), earlier)
        };
        let mut answer = self.answer();
        let mut record = json!({
            "id": format!("claim-{number}"),
            "at": self.at,
            "call": "wx.chooseCard",
            "user": self.user,
            "appid": self.appid,
            "outcome": match self.outcome {
                Outcome::Chosen(_) => "done",
                Outcome::Left => "cancelled",
                Outcome::Refused(_) => "refused",
            },
            "errMsg": answer["errMsg"],
            "listed": self.listed,
        });
        if let Outcome::Refused(rejection) = &self.outcome {
            rejection.add_to(&mut record, &earlier);
        }
        mock.keep_claim(number, &record);
        answer["explain"] = record;
        answer
    }
}

/// Rebuilds cardSign from the account's card ticket.
pub(super) fn check_sign(
    world: &World,
    page: AccountNo,
    filters: &Filters,
) -> Result<(), Rejection> {
    if filters.sign_type != "SHA1" {
        let received = match filters.sign_type.as_str() {
            "" => "no signType".to_owned(),
            other => format!("signType {other}"),
        };
        return Err(Rejection::new("WX-CHO-002", "signType SHA1", received));
    }
    let ticket = card_ticket(world, page).map_or("", |ticket| &ticket.value);
    let signed = filters.signed(ticket, &world.account(page).profile.appid);
    sum(world, page, signed, &filters.card_sign, || {
        let material = material(world, page, ticket);
        Sums::new(signed, &filters.card_sign, &[], material)
    })
}

fn material(world: &World, page: AccountNo, ticket: &str) -> Material {
    let others = (0..world.accounts().len()).filter(|number| *number != page);
    let numbers: Vec<AccountNo> = std::iter::once(page).chain(others).collect();
    let cards = world.account(page).cards.iter().rev();
    let accounts = numbers.iter().skip(1).map(|number| world.account(*number));
    Material {
        secrets: other_secrets(world, &numbers, page, ticket)
            .take(Material::FEW)
            .collect(),
        cards: cards
            .map(|card| card.card_id.clone())
            .take(Material::FEW)
            .collect(),
        app_ids: accounts
            .map(|account| account.profile.appid.clone())
            .take(Material::FEW)
            .collect(),
        ..Material::default()
    }
}

/// The usable codes of a customer at an account that fit, in the order in which they came.
fn fitting(world: &World, user: UserNo, page: AccountNo, filters: &Filters) -> Vec<CodeNo> {
    let (now, account) = (world.now(), world.account(page));
    let all = crate::breaks::broken("choose-shows-used-codes")
        .then(|| account.codes.numbers_held_by(user).collect());
    let held: Vec<CodeNo> = all.unwrap_or_else(|| {
        let living = account.codes.living_of(user).into_iter();
        let status = |number: &CodeNo| account.codes.status_at(*number, now);
        living.filter(|number| status(number).is_usable()).collect()
    });
    let is_taken = |number: &CodeNo| filters.take(account.card(account.codes.at(*number).card));
    held.into_iter().filter(is_taken).collect()
}
