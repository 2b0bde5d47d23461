//! A page of a list: so many of its items, found by looking at a bounded number of them.

/// Items that are looked at for one page, however few of them fit.
pub(crate) const LOOKED_AT: usize = 5_000;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page<C, T> {
    pub(crate) items: Vec<T>,
    /// Where the next page goes on, when the list does: behind the item with this cursor.
    pub(crate) next: Option<C>,
    /// Items that were looked at.
    pub(crate) looked_at: usize,
}

impl<C, T> Page<C, T> {
    /// Takes from a list, whose items come with their cursors, the first `limit` that `take` makes
    /// something of.
    ///
    /// After [`LOOKED_AT`] items the page ends with what there is: `next` goes on from there.
    pub(crate) fn of<I>(
        list: impl IntoIterator<Item = (C, I)>,
        limit: usize,
        mut take: impl FnMut(I) -> Option<T>,
    ) -> Self {
        let mut list = list.into_iter();
        let mut page = Self {
            items: Vec::new(),
            next: None,
            looked_at: 0,
        };
        let mut reached = None;
        for (cursor, item) in list.by_ref() {
            if page.items.len() >= limit || page.looked_at >= LOOKED_AT {
                page.next = reached;
                break;
            }
            page.looked_at += 1;
            page.items.extend(take(item));
            reached = Some(cursor);
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All pages of the numbers below `length` that `step` divides.
    fn pages(length: usize, step: usize, limit: usize) -> (Vec<usize>, usize) {
        let (mut all, mut after, mut most) = (Vec::new(), None, 0);
        loop {
            let begin = after.map_or(0, |last: usize| last + 1);
            let list = (begin..length).map(|number| (number, number));
            let page = Page::of(list, limit, |number| {
                number.is_multiple_of(step).then_some(number)
            });
            assert!(page.items.len() <= limit);
            most = most.max(page.looked_at);
            all.extend(page.items);
            after = page.next;
            if after.is_none() {
                return (all, most);
            }
        }
    }

    #[test]
    fn a_page_looks_at_a_bounded_number_of_items() {
        // One in twenty thousand fits, then none.
        for step in [20_000, 100_001] {
            let (found, most) = pages(100_000, step, 50);
            assert_eq!(found, (0..100_000).step_by(step).collect::<Vec<_>>());
            assert_eq!(most, LOOKED_AT);
        }
        let (found, most) = pages(100_000, 1, 50);
        assert_eq!((found.len(), most), (100_000, 50));
    }

    proptest! {
        #[test]
        fn the_pages_together_are_the_list(length in 0_usize..200, step in 1_usize..9, limit in 1_usize..20) {
            let (found, _) = pages(length, step, limit);
            prop_assert_eq!(found, (0..length).step_by(step).collect::<Vec<_>>());
        }
    }
}
