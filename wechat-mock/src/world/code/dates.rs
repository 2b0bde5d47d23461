//! When codes can be redeemed, and on which day they end.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{CardNo, CodeBook, CodeNo, CodeStatus, OfCard};
use crate::{visits::visited, world::clock::day};

/// First and last second, in seconds since 1970.
pub(crate) type Seconds = (i64, i64);

/// Dates that all codes of a card were given at once: the codes are not looked at for it.
#[derive(Clone, Debug)]
pub(super) struct Range {
    dates: Seconds,
    /// Codes from this number on were handed out later, with dates of their own.
    below: CodeNo,
    /// Codes that were given other dates since.
    except: HashSet<CodeNo>,
}

/// The days on which codes end that can still be redeemed.
pub(super) type Ends = BTreeMap<i64, BTreeSet<CodeNo>>;

impl OfCard {
    fn dates_since(&self, number: CodeNo) -> Option<Seconds> {
        let range = self.range.as_deref()?;
        let is_meant = number < range.below && !range.except.contains(&number);
        is_meant.then_some(range.dates)
    }
}

/// The day on which a code with these dates ends.
fn last_day(dates: Seconds) -> i64 {
    day(dates.1)
}

impl CodeBook {
    /// First and last second in which a code can be redeemed.
    pub(crate) fn dates(&self, number: CodeNo) -> Seconds {
        let code = self.at(number);
        let of_card = self.of_card.get(&code.card);
        let since = of_card.and_then(|of_card| of_card.dates_since(number));
        since.unwrap_or(code.first_dates)
    }

    /// Gives one code another first and last second.
    pub(crate) fn set_dates(&mut self, number: CodeNo, begin: i64, end: i64) {
        self.forget_end(number);
        let code = &mut self.codes[number as usize];
        code.first_dates = (begin, end);
        let of_card = self.of_card.entry(code.card).or_default();
        if let Some(range) = &mut of_card.range {
            range.except.insert(number);
        }
        self.remember_end(number);
    }

    /// Gives all codes of a card the same first and last second.
    pub(crate) fn set_range(&mut self, card: CardNo, begin: i64, end: i64) {
        let below = CodeNo::try_from(self.codes.len()).expect("fewer than 2^32 codes");
        let dates = (begin, end);
        let of_card = self.of_card.entry(card).or_default();
        of_card.range = Some(Box::new(Range {
            dates,
            below,
            except: HashSet::new(),
        }));
        // Most often all codes of a card end on one day, and then none of them is moved.
        let mut days: Vec<BTreeSet<CodeNo>> = Vec::new();
        for (day, numbers) in std::mem::take(&mut of_card.ends) {
            self.ending.remove(&(day, card));
            days.push(numbers);
        }
        days.sort_by_key(BTreeSet::len);
        if let Some(mut all) = days.pop() {
            let day = last_day(dates);
            all.extend(visited(days.into_iter().flatten()));
            of_card.ends.insert(day, all);
            self.ending.insert((day, card));
        }
    }

    /// The codes that can still be redeemed and end on a day, with their cards; of one card or of all.
    pub(crate) fn ending_on(
        &self,
        day: i64,
        only: Option<CardNo>,
    ) -> impl Iterator<Item = (CardNo, CodeNo)> {
        let cards = only.map_or(CardNo::MIN..=CardNo::MAX, |card| card..=card);
        let cards = self
            .ending
            .range((day, *cards.start())..=(day, *cards.end()));
        cards.flat_map(move |&(_, card)| {
            let numbers = self.of_card(card).ends.get(&day).into_iter().flatten();
            visited(numbers).map(move |number| (card, *number))
        })
    }

    /// Writes down when a code ends, if it can be redeemed.
    pub(super) fn remember_end(&mut self, number: CodeNo) {
        let Some((day, card)) = self.end_of(number) else {
            return;
        };
        let of_card = self.of_card.entry(card).or_default();
        of_card.ends.entry(day).or_default().insert(number);
        self.ending.insert((day, card));
    }

    /// Forgets when a code ends; to be called before it changes.
    pub(super) fn forget_end(&mut self, number: CodeNo) {
        let Some((day, card)) = self.end_of(number) else {
            return;
        };
        let of_card = self.of_card.entry(card).or_default();
        if let Some(numbers) = of_card.ends.get_mut(&day) {
            numbers.remove(&number);
            if numbers.is_empty() {
                of_card.ends.remove(&day);
                self.ending.remove(&(day, card));
            }
        }
    }

    fn end_of(&self, number: CodeNo) -> Option<(i64, CardNo)> {
        let code = self.at(number);
        let is_held = matches!(code.status, CodeStatus::Normal | CodeStatus::GiftTimeout);
        is_held.then(|| (last_day(self.dates(number)), code.card))
    }
}
