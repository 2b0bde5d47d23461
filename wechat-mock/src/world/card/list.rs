//! The cards of one account, in the order in which they were made.

use std::ops::{Index, IndexMut};

use super::{Card, CardStatus};
use crate::{
    visits::{self, Table},
    world::code::CardNo,
};

/// States that a card can have.
const STATES: usize = 5;

/// Some of the states of a card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct States([bool; STATES]);

impl States {
    pub(crate) const ALL: Self = Self([true; STATES]);
}

impl FromIterator<CardStatus> for States {
    fn from_iter<I: IntoIterator<Item = CardStatus>>(states: I) -> Self {
        let mut some = Self::default();
        for state in states {
            some.0[state as usize] = true;
        }
        some
    }
}

/// All cards of an account. Where a card stands never changes; its state changes here alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cards {
    cards: Table<Card>,
    by_state: ByState,
}

impl Cards {
    pub(crate) fn len(&self) -> usize {
        self.cards.len()
    }

    pub(crate) fn iter(&self) -> <&Table<Card> as IntoIterator>::IntoIter {
        self.cards.iter()
    }

    /// Adds a card behind the others.
    pub(crate) fn push(&mut self, card: Card) {
        self.by_state.push(card.status);
        self.cards.push(card);
    }

    /// Gives a card another state.
    pub(crate) fn set_status(&mut self, number: CardNo, status: CardStatus) {
        let card = &mut self.cards[number as usize];
        let former = std::mem::replace(&mut card.status, status);
        self.by_state.change(number as usize, former, status);
    }

    /// How many cards are in one of some states.
    pub(crate) fn count_of(&self, states: States) -> usize {
        self.by_state.count(states)
    }

    /// The cards in one of some states, from the one before which `offset` of them stand.
    pub(crate) fn of_states(&self, states: States, offset: usize) -> impl Iterator<Item = &Card> {
        (offset..).map_while(move |rank| Some(&self.cards[self.by_state.nth(states, rank)?]))
    }
}

impl Index<usize> for Cards {
    type Output = Card;

    fn index(&self, place: usize) -> &Card {
        &self.cards[place]
    }
}

impl IndexMut<usize> for Cards {
    fn index_mut(&mut self, place: usize) -> &mut Card {
        &mut self.cards[place]
    }
}

impl<'a> IntoIterator for &'a Cards {
    type Item = &'a Card;
    type IntoIter = <&'a Table<Card> as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// How many cards of each state stand before a place: a Fenwick tree, 20 bytes a card.
///
/// batchget counts its offset among the cards of the states that it asks for, so that a map by state would
/// have to be walked up to the offset. Here each card of a page is found in log2 of all cards steps.
#[derive(Clone, Debug, Default)]
struct ByState {
    /// At `i - 1` the counts of the places from `i - (lowest set bit of i)` up to, and without, `i`.
    counts: Vec<[u32; STATES]>,
}

impl ByState {
    fn push(&mut self, status: CardStatus) {
        let end = self.counts.len() + 1;
        let mut counts = [0; STATES];
        counts[status as usize] = 1;
        // The parts of the new range that are there already, each half as long as the one before it.
        let mut part = end - 1;
        while part > end - lowest_bit(end) {
            for (count, of_part) in counts.iter_mut().zip(self.counts[part - 1]) {
                *count += of_part;
            }
            part -= lowest_bit(part);
        }
        self.counts.push(counts);
    }

    fn change(&mut self, place: usize, from: CardStatus, to: CardStatus) {
        let mut end = place + 1;
        while let Some(counts) = self.counts.get_mut(end - 1) {
            visits::count(1);
            counts[from as usize] -= 1;
            counts[to as usize] += 1;
            end += lowest_bit(end);
        }
    }

    fn count(&self, states: States) -> usize {
        let mut count = 0;
        let mut end = self.counts.len();
        while end > 0 {
            count += self.sum(end, states);
            end -= lowest_bit(end);
        }
        count
    }

    /// The place of the card in one of `states` before which `rank` others stand.
    fn nth(&self, states: States, mut rank: usize) -> Option<usize> {
        let length = self.counts.len();
        let mut place = 0;
        let mut step = 1 << length.checked_ilog2()?;
        while step > 0 {
            if place + step <= length {
                let count = self.sum(place + step, states);
                if count <= rank {
                    rank -= count;
                    place += step;
                }
            }
            step /= 2;
        }
        (place < length).then_some(place)
    }

    /// How many cards in one of `states` the node that ends at a place counts.
    fn sum(&self, end: usize, states: States) -> usize {
        visits::count(1);
        let counts = self.counts[end - 1].iter().zip(states.0);
        let wanted = counts.filter(|(_, is_wanted)| *is_wanted);
        wanted.map(|(count, _)| *count as usize).sum()
    }
}

fn lowest_bit(number: usize) -> usize {
    number & number.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [CardStatus; STATES] = [
        CardStatus::NotVerify,
        CardStatus::VerifyFail,
        CardStatus::VerifyOk,
        CardStatus::Delete,
        CardStatus::Dispatch,
    ];

    proptest! {
        #[test]
        fn pages_of_states_are_those_that_a_walk_over_all_cards_finds(
            first in prop::collection::vec(0..STATES, 0..70),
            changes in prop::collection::vec((any::<prop::sample::Index>(), 0..STATES), 0..30),
            later in prop::collection::vec(0..STATES, 0..40),
            wanted in prop::array::uniform5(any::<bool>()),
        ) {
            let (mut index, mut plain) = (ByState::default(), Vec::new());
            let push = |index: &mut ByState, plain: &mut Vec<CardStatus>, states: Vec<usize>| {
                for state in states {
                    index.push(ALL[state]);
                    plain.push(ALL[state]);
                }
            };
            push(&mut index, &mut plain, first);
            if !plain.is_empty() {
                for (place, state) in changes {
                    let place = place.index(plain.len());
                    index.change(place, plain[place], ALL[state]);
                    plain[place] = ALL[state];
                }
            }
            push(&mut index, &mut plain, later);

            let states: States = ALL.into_iter().filter(|state| wanted[*state as usize]).collect();
            let places: Vec<usize> = (0..plain.len())
                .filter(|place| wanted[plain[*place] as usize])
                .collect();
            prop_assert_eq!(index.count(states), places.len());
            let found: Vec<usize> = (0..).map_while(|rank| index.nth(states, rank)).collect();
            prop_assert_eq!(found, places);
        }
    }
}
