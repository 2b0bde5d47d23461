//! `/datacube/getcard…`: what happened to the cards of an account, by the day in China.
//!
//! A day on which nothing happened has no row. This mock has no console, so all cards are made by
//! the API, and a call that asks for the console's gets none.

use std::{collections::BTreeSet, ops::RangeInclusive};

use serde_json::{Map, Value, json};

use super::{
    Context,
    call::shortened,
    card::{own_card, suited_card},
    reply::Reply,
};
use crate::{
    refusal::Refusal,
    switches::Switch,
    world::{
        account::Account,
        card::{Card, whole},
        clock,
        code::CardNo,
        date,
        ledger::{Deed, Ledger, Sum},
    },
};

/// Days that one call can ask for.
const MOST_DAYS: i64 = 62;

/// The numbers of card types as WeChat was seen to print them. Source: published replies of a
/// client's tests and the script of WeChat's own console.
const CAPTURED_TYPES: [(&str, u8); 8] = [
    ("GENERAL_COUPON", 0),
    ("GROUPON", 1),
    ("DISCOUNT", 2),
    ("GIFT", 3),
    ("CASH", 4),
    ("MEMBER_CARD", 10),
    ("SCENIC_TICKET", 21),
    ("MOVIE_TICKET", 22),
];
/// The numbers of the official page, which knows coupons alone.
const DOCUMENTED_TYPES: [(&str, u8); 5] = [
    ("DISCOUNT", 0),
    ("CASH", 1),
    ("GIFT", 2),
    ("GENERAL_COUPON", 3),
    ("GROUPON", 4),
];

/// POST `/datacube/getcardbizuininfo`: all cards together.
pub(super) fn account(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let asked = Asked::of(context)?;
    let everything = Everything::of(&asked, None);
    let rows = asked.days(|day| {
        let sum = |ledger: &Ledger, deed| ledger.sum(day..=day, deed, &|_| true);
        vec![everything.add_to(Row::new(day), &sum)]
    });
    Ok(list(&rows))
}

/// POST `/datacube/getcardcardinfo`: coupon by coupon.
pub(super) fn coupons(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let one = match context.call.fields()?.text("card_id") {
        Some(card_id) => Some(own_card(context, card_id)?.1),
        None => None,
    };
    let asked = Asked::of(context)?;
    let everything = Everything::of(&asked, one);
    let types: &[(&str, u8)] = if context.world.switches.is(Switch::StatsCardType, "page") {
        &DOCUMENTED_TYPES
    } else {
        &CAPTURED_TYPES
    };
    let rows = asked.days(|day| {
        let cards = everything.cards(day).into_iter();
        cards
            .filter_map(|number| {
                let card = asked.account.card(number);
                let (_, kind) = types
                    .iter()
                    .find(|(name, _)| *name == card.card_type.name)?;
                let sum = |ledger: &Ledger, deed| ledger.of_card(day, number, deed);
                let row = Row::new(day)
                    .with("card_id", json!(card.card_id))
                    .with("card_type", json!(kind))
                    .with("is_pay", json!(0))
                    .sum("view", &sum(everything.ledger, Deed::View))
                    .sum("receive", &sum(everything.ledger, Deed::Receive))
                    .sum("verify", &sum(everything.ledger, Deed::Verify))
                    .sum("verify_noself", &sum(everything.ledger, Deed::VerifyNoself))
                    .sum("given", &sum(everything.ledger, Deed::Give))
                    .sum("expire", &sum(&everything.expired, Deed::Expire))
                    .with("isfriendscard", json!(0));
                Some(row)
            })
            .collect()
    });
    Ok(list(&rows))
}

/// POST `/datacube/getcardmembercardinfo`: all member cards together.
pub(super) fn member_cards(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let asked = Asked::of(context)?;
    let account = asked.account;
    let is_meant = |card: CardNo| account.card(card).is_member_card();
    let mut members = asked.before(Deed::Activate, &is_meant);
    let mut receivers = asked.before(Deed::Receive, &is_meant);
    let rows = asked.days(|day| {
        let sum = |deed| account.ledger.sum(day..=day, deed, &is_meant);
        let (received, activated) = (sum(Deed::Receive), sum(Deed::Activate));
        receivers.add(&received);
        members.add(&activated);
        let mut row = Row::new(day)
            .sum("view", &sum(Deed::View))
            .sum("receive", &received)
            .with("active_user", json!(activated.users.len()))
            .sum("verify", &sum(Deed::Verify))
            .with("total_user", json!(members.users.len()))
            .with("total_receive_user", json!(receivers.users.len()));
        row.happened |= activated.count > 0;
        vec![row]
    });
    Ok(list(&rows))
}

/// POST `/datacube/getcardmembercarddetail`: one member card.
pub(super) fn member_card(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let at = suited_card(context)?;
    let card = context.world.card(at);
    let days = days(context)?;
    let asked = Asked::new(context, days);
    let account = asked.account;
    let sub_merchant = whole(&card.node.base_info()["sub_merchant_info"]["merchant_id"]);
    let sub_merchant = sub_merchant.map_or_else(String::new, |id| id.to_string());
    let before = |deed| {
        account
            .ledger
            .of_card_before(*asked.days.start(), at.1, deed)
    };
    let mut members = before(Deed::Activate);
    let mut receivers = before(Deed::Receive);
    let rows = asked.days(|day| {
        let sum = |deed| account.ledger.of_card(day, at.1, deed);
        let (received, activated) = (sum(Deed::Receive), sum(Deed::Activate));
        let new_users = received.users.difference(&receivers.users).count();
        receivers.add(&received);
        members.add(&activated);
        let row = Row::new(day)
            .with("merchanttype", json!(merchant_type(card)))
            .with("cardid", json!(card.card_id))
            .with("submerchantid", json!(sub_merchant))
            .sum("view", &sum(Deed::View))
            .sum("receive", &received)
            .sum("verify", &sum(Deed::Verify))
            .sum("active", &activated)
            .with("total_user", json!(members.users.len()))
            .with("new_user", json!(new_users))
            .with("payOriginalFee", json!(0))
            .with("fee", json!(0));
        vec![row]
    });
    Ok(list(&rows))
}

/// 1 for a card of a sub-merchant.
fn merchant_type(card: &Card) -> u8 {
    u8::from(card.terms.is_of_sub_merchant)
}

fn list(rows: &[Value]) -> Reply {
    Reply::Json(json!({"list": rows}))
}

/// What a call asks of an account.
struct Asked<'w> {
    account: &'w Account,
    days: RangeInclusive<i64>,
    /// Whether it asks for cards made by the API.
    of_api: bool,
}

impl<'w> Asked<'w> {
    fn new(context: &'w Context<'_>, days: RangeInclusive<i64>) -> Self {
        Self {
            account: context.world.account(context.own_number()),
            days,
            of_api: true,
        }
    }

    fn of(context: &'w Context<'_>) -> Result<Self, Refusal> {
        let days = days(context)?;
        let source = context.call.fields()?.required_number("cond_source");
        Ok(Self {
            of_api: (source == 1) != crate::breaks::broken("statistics-of-the-console"),
            ..Self::new(context, days)
        })
    }

    /// The rows of all days on which something happened.
    fn days(&self, rows_of: impl FnMut(i64) -> Vec<Row>) -> Vec<Value> {
        let days = self.days.clone().filter(|_| self.of_api);
        days.flat_map(rows_of)
            .filter(|row| row.happened)
            .map(|row| Value::Object(row.members))
            .collect()
    }

    /// What happened before the first of the days.
    fn before(&self, deed: Deed, is_meant: &dyn Fn(CardNo) -> bool) -> Sum {
        self.account
            .ledger
            .sum(i64::MIN..=self.days.start() - 1, deed, is_meant)
    }
}

/// Adds what can happen to coupons on a day.
struct Everything<'w> {
    ledger: &'w Ledger,
    expired: Ledger,
    only: Option<CardNo>,
}

impl<'w> Everything<'w> {
    /// Of one card, or of all.
    fn of(asked: &Asked<'w>, only: Option<CardNo>) -> Self {
        Self {
            ledger: &asked.account.ledger,
            expired: Ledger::of_expired(&asked.account.codes, &asked.days, only),
            only,
        }
    }

    /// The cards to which anything happened on a day, in the order in which they were made; the one that is
    /// asked for, whether or not anything did.
    fn cards(&self, day: i64) -> BTreeSet<CardNo> {
        if let Some(card) = self.only {
            return BTreeSet::from([card]);
        }
        let happened = self.ledger.cards(day);
        happened.chain(self.expired.cards(day)).collect()
    }

    fn add_to(&self, row: Row, sum: &dyn Fn(&Ledger, Deed) -> Sum) -> Row {
        row.sum("view", &sum(self.ledger, Deed::View))
            .sum("receive", &sum(self.ledger, Deed::Receive))
            .sum("verify", &sum(self.ledger, Deed::Verify))
            .sum("given", &sum(self.ledger, Deed::Give))
            .sum("expire", &sum(&self.expired, Deed::Expire))
    }
}

/// The days that a call asks for.
fn days(context: &Context<'_>) -> Result<RangeInclusive<i64>, Refusal> {
    let fields = context.call.fields()?;
    let day = |key: &str| {
        let text = fields.required_text(key);
        date::day_of(text).ok_or_else(|| {
            Refusal::new("WX-STA-001")
                .expected(format!("{key}: a day such as 2026-12-23"))
                .received(shortened(text))
        })
    };
    let (begin, end) = (day("begin_date")?, day("end_date")?);
    if !(0..MOST_DAYS).contains(&(end - begin)) && !crate::breaks::broken("statistics-of-any-span")
    {
        return Err(Refusal::new("WX-STA-002")
            .expected(format!("1 to {MOST_DAYS} days, begin_date first"))
            .received(format!("{} days", end - begin + 1)));
    }
    let yesterday = clock::day(context.world.now()) - 1;
    if end > yesterday && !crate::breaks::broken("statistics-of-today") {
        return Err(Refusal::new("WX-STA-003")
            .expected(format!("an end_date up to {}", date::text_of(yesterday)))
            .received(date::text_of(end)));
    }
    Ok(begin..=end)
}

/// One row of an answer.
struct Row {
    members: Map<String, Value>,
    /// Whether any number in it says that something happened that day.
    happened: bool,
}

impl Row {
    fn new(day: i64) -> Self {
        let row = Self {
            members: Map::new(),
            happened: false,
        };
        row.with("ref_date", json!(date::text_of(day)))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.members.insert(key.to_owned(), value);
        self
    }

    /// How often and by how many users.
    fn sum(mut self, key: &str, sum: &Sum) -> Self {
        self.happened |= sum.count > 0;
        self.with(
            &format!("{key}_cnt"),
            json!(
                sum.count
                    * if crate::breaks::broken("statistics-count-twice") {
                        2
                    } else {
                        1
                    }
            ),
        )
        .with(&format!("{key}_user"), json!(sum.users.len()))
    }
}
