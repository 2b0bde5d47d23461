//! What happened to an account's cards, counted by the day in China, for WeChat's statistics.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use serde::{Deserialize, Serialize};

use super::{
    AccountNo, World,
    clock::day,
    code::{CardNo, CodeBook, CodeNo, UserNo},
    date,
};
use crate::visits::{self, visited};

/// Days that are kept, of those on which something happened.
const DAYS: usize = 400;

/// What can happen to a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deed {
    /// A holder looked at it.
    View,
    /// Somebody claimed it.
    Receive,
    /// It was redeemed.
    Verify,
    /// It was redeemed, and not by its holder alone.
    VerifyNoself,
    /// A friend took what its holder gave.
    Give,
    /// It made its holder a member.
    Activate,
    /// It ended unused; told from the codes, never written down.
    #[serde(skip)]
    Expire,
}

/// How often something happened, and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) count: u64,
    pub(crate) users: BTreeSet<UserNo>,
}

impl Sum {
    fn one(user: UserNo) -> Self {
        Self {
            count: 1,
            users: BTreeSet::from([user]),
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.users.extend(&other.users);
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    days: BTreeMap<i64, BTreeMap<(CardNo, Deed), Sum>>,
}

impl Ledger {
    /// The codes that ended on the days of a range and were not used, as a ledger of its own; those of one
    /// card or of all.
    pub(crate) fn of_expired(
        codes: &CodeBook,
        days: &RangeInclusive<i64>,
        only: Option<CardNo>,
    ) -> Self {
        let mut expired = Self::default();
        for day in days.clone() {
            for (card, number) in codes.ending_on(day, only) {
                let sum = Sum::one(codes.at(number).user);
                expired.add(day, card, Deed::Expire, &sum);
            }
        }
        expired
    }

    fn add(&mut self, day: i64, card: CardNo, deed: Deed, sum: &Sum) {
        let deeds = self.days.entry(day).or_default();
        deeds.entry((card, deed)).or_default().add(sum);
        if self.days.len() > DAYS {
            self.days.pop_first();
        }
    }

    /// The cards to which anything happened on a day; one may come several times.
    pub(crate) fn cards(&self, day: i64) -> impl Iterator<Item = CardNo> {
        let deeds = self.days.get(&day).into_iter().flatten();
        visited(deeds).map(|((card, _), _)| *card)
    }

    /// What happened to one card on a day.
    pub(crate) fn of_card(&self, day: i64, card: CardNo, deed: Deed) -> Sum {
        visits::count(1);
        let deeds = self.days.get(&day);
        let sum = deeds.and_then(|deeds| deeds.get(&(card, deed)));
        sum.cloned().unwrap_or_default()
    }

    /// What happened to one card before a day.
    pub(crate) fn of_card_before(&self, day: i64, card: CardNo, deed: Deed) -> Sum {
        let mut total = Sum::default();
        for day in visited(self.days.range(..day)).map(|(day, _)| *day) {
            total.add(&self.of_card(day, card, deed));
        }
        total
    }

    /// What happened on the days of a range to the cards that are meant, all of them together.
    pub(crate) fn sum(
        &self,
        days: RangeInclusive<i64>,
        deed: Deed,
        is_meant: &dyn Fn(CardNo) -> bool,
    ) -> Sum {
        let mut total = Sum::default();
        for deeds in self.days.range(days).map(|(_, deeds)| deeds) {
            for (_, sum) in visited(deeds).filter(|((card, of), _)| *of == deed && is_meant(*card))
            {
                total.add(sum);
            }
        }
        total
    }
}

/// One line of the ledger, as the world file holds it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    date: String,
    card_id: String,
    deed: Deed,
    count: u64,
    users: Vec<String>,
}

impl World {
    /// Writes down what happened to a code just now.
    pub(super) fn count(&mut self, at: (AccountNo, CodeNo), deed: Deed) {
        let code = self.code(at);
        let (card, user) = (code.card, code.user);
        let sum = Sum::one(user);
        let today = day(self.now());
        let ledger = &mut self.account_mut(at.0).ledger;
        ledger.add(today, card, deed, &sum);
    }

    pub(super) fn export_ledger(&self, number: AccountNo) -> Vec<Entry> {
        let account = self.account(number);
        let mut entries = Vec::new();
        for (day, deeds) in &account.ledger.days {
            for ((card, deed), sum) in deeds {
                let users = sum.users.iter().map(|user| self.user(*user).name.clone());
                entries.push(Entry {
                    date: date::text_of(*day),
                    card_id: account.card(*card).card_id.clone(),
                    deed: *deed,
                    count: sum.count,
                    users: users.collect(),
                });
            }
        }
        entries
    }

    /// Adds a line of the ledger, or says which of its fields is wrong and why.
    pub(super) fn import_entry(
        &mut self,
        number: AccountNo,
        entry: &Entry,
    ) -> Result<(), (&'static str, &'static str)> {
        let day = date::day_of(&entry.date).ok_or(("date", "a day such as 2026-12-23"))?;
        let card = self.card_no(&entry.card_id).filter(|at| at.0 == number);
        let (_, card) = card.ok_or(("card_id", "no card of this account"))?;
        let users = entry.users.iter().map(|name| self.user_no(name));
        let users: Option<BTreeSet<UserNo>> = users.collect();
        let users = users.ok_or(("users", "an unknown user"))?;
        if entry.count < users.len() as u64 || users.is_empty() {
            return Err(("count", "at least one for each user, and one user at least"));
        }
        let sum = Sum {
            count: entry.count,
            users,
        };
        let ledger = &mut self.account_mut(number).ledger;
        ledger.add(day, card, entry.deed, &sum);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::{
        card::{Card, CardType, Description},
        life::{Claimed, Redeemed},
    };

    #[test]
    fn each_deed_is_counted_for_who_did_it() {
        let mut world = World::starter(1);
        let node = json!({
            "base_info": {"date_info": {"type": "DATE_TYPE_PERMANENT"}, "sku": {"quantity": 9}},
        });
        let card_type = CardType::read("GIFT").unwrap();
        let description = Description::read(&node).unwrap();
        let card = Card::new("p1".to_owned(), card_type, description, 0);
        world.add_card(0, card);
        let at = (0, world.hand_out(0, (0, 0), Claimed::default()));
        world.view(at);
        world.view(at);
        world.offer(at, 1).unwrap();
        let taken = (0, world.accept(at).unwrap());
        world
            .consume(taken, Redeemed::ByApi { outer_str: "" })
            .unwrap();

        let today = day(world.now());
        let (giver, friend) = (0, 1);
        for (deed, count, user) in [
            (Deed::Receive, 1, giver),
            (Deed::View, 2, giver),
            (Deed::Give, 1, giver),
            (Deed::Verify, 1, friend),
        ] {
            let ledger = &world.account(0).ledger;
            let sum = ledger.sum(today - 1..=today, deed, &|_| true);
            assert_eq!(
                (sum.count, sum.users),
                (count, BTreeSet::from([user])),
                "{deed:?}"
            );
        }
    }

    #[test]
    fn the_oldest_days_are_forgotten() {
        let mut ledger = Ledger::default();
        let sum = Sum::one(0);
        for day in 0..1000 {
            ledger.add(day, 0, Deed::View, &sum);
            ledger.add(day, 0, Deed::View, &sum);
        }
        let all = ledger.sum(0..=999, Deed::View, &|_| true);
        assert_eq!((all.count, all.users.len()), (2 * DAYS as u64, 1));
        assert_eq!(ledger.sum(0..=599, Deed::View, &|_| true).count, 0);
        assert_eq!(
            ledger.sum(600..=600, Deed::View, &|card| card == 1).count,
            0
        );
    }
}
