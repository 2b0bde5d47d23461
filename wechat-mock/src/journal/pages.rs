//! Pages of the journal: the newest rows that pass a filter, without a walk over all others.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
};

use serde::Deserialize;
use serde_json::Value;

use super::{Journal, Outcome, Row};
use crate::paging::Page;

/// Which rows to show.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// The path as it was called.
    pub(crate) path: Option<String>,
    pub(crate) appid: Option<String>,
    /// The number that was answered.
    pub(crate) errcode: Option<i64>,
    /// Those that were refused, or those that were not.
    pub(crate) refused: Option<bool>,
}

impl Filter {
    pub(super) fn takes(&self, row: &Row) -> bool {
        self.path.as_ref().is_none_or(|path| *path == row.path)
            && self
                .appid
                .as_ref()
                .is_none_or(|appid| Some(appid) == row.appid.as_ref())
            && self.errcode.is_none_or(|errcode| errcode == row.errcode)
            && self.refused.is_none_or(|is| is == row.is_refused())
    }
}

/// What rows are looked up by; of texts the hash, so that a row of the same hash is looked at in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Facet {
    Path(u64),
    Appid(u64),
    Errcode(i64),
    Refused(bool),
}

/// The numbers of the rows that share a facet, oldest first.
#[derive(Debug, Default)]
pub(super) struct Index {
    hash: RandomState,
    rows: HashMap<Facet, VecDeque<u64>>,
}

impl Index {
    fn facets(&self, row: &Row) -> impl Iterator<Item = Facet> + use<> {
        let appid = row.appid.as_ref();
        let appid = appid.map(|appid| Facet::Appid(self.hash.hash_one(appid)));
        [
            Facet::Path(self.hash.hash_one(&row.path)),
            Facet::Errcode(row.errcode),
            Facet::Refused(row.is_refused()),
        ]
        .into_iter()
        .chain(appid)
    }

    /// Adds the newest row.
    pub(super) fn add(&mut self, row: &Row) {
        for facet in self.facets(row) {
            self.rows.entry(facet).or_default().push_back(row.id);
        }
    }

    /// Takes the oldest row out.
    pub(super) fn remove(&mut self, row: &Row) {
        for facet in self.facets(row) {
            if let Some(numbers) = self.rows.get_mut(&facet) {
                numbers.pop_front();
                if numbers.is_empty() {
                    self.rows.remove(&facet);
                }
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.rows.clear();
    }

    /// The shortest list that holds all rows of a filter; [`None`] when the filter takes every row.
    fn candidates(&self, filter: &Filter) -> Option<&VecDeque<u64>> {
        static NONE: VecDeque<u64> = VecDeque::new();
        let path = filter.path.as_ref();
        let appid = filter.appid.as_ref();
        [
            path.map(|path| Facet::Path(self.hash.hash_one(path))),
            appid.map(|appid| Facet::Appid(self.hash.hash_one(appid))),
            filter.errcode.map(Facet::Errcode),
            filter.refused.map(Facet::Refused),
        ]
        .into_iter()
        .flatten()
        .map(|facet| self.rows.get(&facet).unwrap_or(&NONE))
        .min_by_key(|numbers| numbers.len())
    }
}

/// Bodies of calls in a page are many bytes, so a page has a bound.
pub(crate) const MOST_ROWS: usize = 500;

impl Journal {
    /// The newest `limit` rows that pass the filter, of those before the row `before`; newest last.
    ///
    /// The cursor of the page is the number of a row: the next page is before it.
    pub(crate) fn page(
        &self,
        filter: &Filter,
        before: Option<u64>,
        limit: usize,
    ) -> Page<u64, Value> {
        let before = before.unwrap_or(u64::MAX);
        let mut page = if let Some(numbers) = self.index.candidates(filter) {
            let until = numbers.partition_point(|number| *number < before);
            let numbers = numbers.range(..until).rev();
            let rows = numbers.filter_map(|number| Some((*number, self.row(*number)?)));
            Page::of(rows, limit, |row| filter.takes(row).then(|| row.show()))
        } else {
            let until = self.rows.partition_point(|row| row.id < before);
            let rows = self.rows.range(..until).rev().map(|row| (row.id, row));
            Page::of(rows, limit, |row| Some(row.show()))
        };
        page.items.reverse();
        page
    }

    /// The newest `limit` records of what happened on the phone, of those before `before`; newest last.
    pub(crate) fn claims(&self, before: Option<u64>, limit: usize) -> Page<u64, Value> {
        let before = before.unwrap_or(u64::MAX);
        let until = self.claims.partition_point(|claim| claim.number < before);
        let claims = self.claims.range(..until).rev();
        let claims = claims.map(|claim| (claim.number, claim));
        let mut page = Page::of(claims, limit, |claim| Some(claim.record.clone()));
        page.items.reverse();
        page
    }

    /// The row of a number.
    pub(super) fn row(&self, number: u64) -> Option<&Row> {
        // Rows come one after the other, and go from the front.
        let first = self.rows.front()?.id;
        let place = usize::try_from(number.checked_sub(first)?).ok()?;
        self.rows.get(place)
    }

    /// The row of an id such as `call-7`.
    pub(super) fn named(&self, id: &str) -> Option<&Row> {
        let number = id.strip_prefix("call-")?.parse().ok()?;
        // call-07 is another text.
        self.row(number).filter(|row| row.name() == id)
    }

    /// One row as the list has it.
    pub(crate) fn shown(&self, id: &str) -> Option<Value> {
        self.named(id).map(Row::show)
    }

    /// One row with the record that explains it.
    pub(crate) fn explained(&self, id: &str) -> Option<Value> {
        let row = self.named(id)?;
        let mut shown = row.show();
        shown["explain"] = row.explain();
        Some(shown)
    }
}

impl Row {
    pub(super) fn is_refused(&self) -> bool {
        matches!(self.outcome, Outcome::Refused(_))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{
        journal::{ROWS, tests::answered},
        paging::LOOKED_AT,
        refusal::Refusal,
    };

    /// A row of one of `paths` paths and three accounts, every fifth of them refused.
    fn write(journal: &mut Journal, number: usize, paths: usize) {
        let mut row = answered(&format!("/{}", number % paths), 0);
        let account = number % 4;
        row.appid = (account > 0).then(|| format!("wx{account}"));
        if number.is_multiple_of(5) {
            row.wire.errcode = 40_013;
            row.outcome = Outcome::Refused(Refusal::new("WX-TOK-001"));
        }
        journal.write(row);
    }

    fn filters() -> Vec<Filter> {
        let mut filters = vec![Filter::default()];
        for (path, appid, errcode, refused) in [
            (Some("/1"), None, None, None),
            (Some("/none"), None, None, None),
            (None, Some("wx2"), None, None),
            (None, None, Some(40_013), None),
            (None, None, None, Some(true)),
            (Some("/2"), Some("wx2"), None, Some(false)),
        ] {
            filters.push(Filter {
                path: path.map(str::to_owned),
                appid: appid.map(str::to_owned),
                errcode,
                refused,
            });
        }
        filters
    }

    #[test]
    fn a_page_of_a_full_journal_looks_at_few_rows() {
        let mut journal = Journal::default();
        for number in 0..ROWS + 100 {
            write(&mut journal, number, 50);
        }
        for filter in filters() {
            let page = journal.page(&filter, None, 20);
            let is_combined = filter.path.is_some() && filter.appid.is_some();
            let most = if is_combined { ROWS / 50 } else { 20 };
            assert!(page.looked_at <= most, "{filter:?}: {}", page.looked_at);
        }
        // Two facets that most rows have, and none has both.
        let mut journal = Journal::default();
        for number in 0..ROWS {
            let mut row = answered(if number < ROWS / 2 { "/a" } else { "/b" }, 0);
            row.appid = Some(if number < ROWS / 2 { "wx1" } else { "wx2" }.to_owned());
            journal.write(row);
        }
        let filter = Filter {
            path: Some("/a".to_owned()),
            appid: Some("wx2".to_owned()),
            ..Filter::default()
        };
        assert!(journal.page(&filter, None, 20).looked_at <= LOOKED_AT);
    }

    #[test]
    fn a_row_is_found_by_its_id_alone() {
        let mut journal = Journal::default();
        for number in 0..ROWS + 3 {
            write(&mut journal, number, 3);
        }
        assert!(journal.named("call-3").is_none());
        assert_eq!(journal.explained("call-4").unwrap()["id"], "call-4");
        for id in ["call-04", "call-20000", "4", "claim-4"] {
            assert!(journal.explained(id).is_none(), "{id}");
        }
        journal.clear();
        assert!(journal.named("call-4").is_none());
        write(&mut journal, 0, 3);
        let next = format!("call-{}", ROWS + 4);
        assert_eq!(journal.explained(&next).unwrap()["id"], json!(next));
    }

    proptest! {
        #[test]
        fn pages_together_are_the_list(
            count in 0_usize..120, forgotten in 0_usize..60, limit in 1_usize..30,
        ) {
            let mut journal = Journal::default();
            for number in 0..count {
                write(&mut journal, number, 3);
            }
            for _ in 0..forgotten.min(count) {
                journal.forget_oldest();
            }
            for filter in filters() {
                let (mut found, mut before) = (Vec::new(), None);
                loop {
                    let page = journal.page(&filter, before, limit);
                    found.splice(0..0, page.items);
                    before = page.next;
                    if before.is_none() {
                        break;
                    }
                }
                prop_assert_eq!(found, journal.show(&filter));
            }
        }
    }
}
