//! Entries of the world's lists that a call looks at, counted so that tests can tell a look-up from a scan.
//!
//! Lists that grow with cards, codes and users are a [`Table`] or an [`Index`]: whoever reads an entry of
//! one, by its place or on a walk, is counted. Without the feature `fuzzing`, which tests alone have, the
//! count is left out.

use std::{
    collections::{BTreeSet, btree_set},
    ops::{self, RangeBounds},
    slice,
};

use serde::{Deserialize, Serialize};

#[cfg(any(test, feature = "fuzzing"))]
mod counter {
    use std::cell::Cell;

    thread_local! {
        static VISITED: Cell<u64> = const { Cell::new(0) };
    }

    /// Counts entries that are looked at.
    pub(crate) fn count(entries: u64) {
        VISITED.with(|visited| visited.set(visited.get() + entries));
    }

    /// What was counted on this thread so far.
    pub(crate) fn so_far() -> u64 {
        VISITED.with(Cell::get)
    }
}

#[cfg(not(any(test, feature = "fuzzing")))]
mod counter {
    /// Counts nothing.
    pub(crate) const fn count(_entries: u64) {}
}

pub(crate) use counter::count;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use counter::so_far;

/// A walk whose entries are counted.
#[derive(Clone, Debug)]
pub(crate) struct Visited<I>(I);

/// Counts the entries of a walk.
pub(crate) fn visited<I: IntoIterator>(walk: I) -> Visited<I::IntoIter> {
    Visited(walk.into_iter())
}

fn counted<T>(entry: Option<T>) -> Option<T> {
    count(u64::from(entry.is_some()));
    entry
}

impl<I: Iterator> Iterator for Visited<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        counted(self.0.next())
    }

    // What is passed over is not looked at where the list knows its places.
    fn nth(&mut self, n: usize) -> Option<I::Item> {
        counted(self.0.nth(n))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for Visited<I> {
    fn next_back(&mut self) -> Option<I::Item> {
        counted(self.0.next_back())
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for Visited<I> {}

/// A list whose entries are found by their place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Table<T>(Vec<T>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Table<T> {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, entry: T) {
        self.0.push(entry);
    }

    pub(crate) fn iter(&self) -> Visited<slice::Iter<'_, T>> {
        visited(&self.0)
    }

    pub(crate) fn iter_mut(&mut self) -> Visited<slice::IterMut<'_, T>> {
        visited(&mut self.0)
    }
}

impl<T> ops::Index<usize> for Table<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        count(1);
        &self.0[place]
    }
}

impl<T> ops::IndexMut<usize> for Table<T> {
    fn index_mut(&mut self, place: usize) -> &mut T {
        count(1);
        &mut self.0[place]
    }
}

impl<'a, T> IntoIterator for &'a Table<T> {
    type Item = &'a T;
    type IntoIter = Visited<slice::Iter<'a, T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Keys in order, of which a range is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index<K>(BTreeSet<K>);

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<K: Ord + Copy> Index<K> {
    pub(crate) fn insert(&mut self, key: K) {
        self.0.insert(key);
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.0.remove(key);
    }

    pub(crate) fn range(&self, range: impl RangeBounds<K>) -> Visited<btree_set::Range<'_, K>> {
        visited(self.0.range(range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The entries that something looks at.
    fn entries_of<T>(work: impl FnOnce() -> T) -> (T, u64) {
        let before = so_far();
        let result = work();
        (result, so_far() - before)
    }

    #[test]
    fn entries_that_are_read_are_counted_and_those_passed_over_are_not() {
        let mut table = Table::default();
        let mut index = Index::default();
        for number in 0..100 {
            table.push(number);
            index.insert((number % 2, number));
        }
        assert_eq!(entries_of(|| table[7]), (7, 1));
        assert_eq!(entries_of(|| table.iter().count()), (100, 100));
        let page = || table.iter().skip(50).take(3).copied().collect::<Vec<_>>();
        assert_eq!(entries_of(page), (vec![50, 51, 52], 3));
        let last = || table.iter().rev().find(|number| **number < 98).copied();
        assert_eq!(entries_of(last), (Some(97), 3));
        assert_eq!(entries_of(|| index.range((1, 0)..(1, 9)).count()), (4, 4));
        let last = || index.range((0, 0)..=(0, 99)).next_back().copied();
        assert_eq!(entries_of(last), (Some((0, 98)), 1));
    }
}
