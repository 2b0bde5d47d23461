//! Lists that WeChat gives out page by page.

use std::{fmt, vec};

use serde::de::DeserializeOwned;

use crate::{BoxFuture, Client, Error, transport::Call};

/// One page, and where the next begins.
#[derive(Debug)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    next: Option<u64>,
}

impl<T> Page<T> {
    /// A page of a list that is counted from 0; `total` is what WeChat says that there are.
    pub(crate) fn by_offset(items: Vec<T>, offset: u64, total: Option<u64>) -> Self {
        let next = offset + u64::try_from(items.len()).unwrap_or(u64::MAX);
        // An empty page ends the list whatever the total says: asking on might never end.
        let is_last = items.is_empty() || total.is_some_and(|total| next >= total);
        Self {
            items,
            next: (!is_last).then_some(next),
        }
    }

    /// A page of a list whose pages name the id at which the next begins.
    pub(crate) fn by_id(items: Vec<T>, begin: u64, next: Option<u64>) -> Self {
        // An id that does not lead on would give the same page for ever.
        let next = next.filter(|next| !items.is_empty() && *next > begin);
        Self { items, next }
    }
}

type Fetch<T> = dyn Fn(u64) -> BoxFuture<'static, Result<Page<T>, Error>> + Send + Sync;

/// A list that is asked for page by page, as its items are taken.
///
/// Nothing is called before the first item is taken.
/// A list that changes meanwhile may show an item twice or leave one out.
///
/// # Examples
///
/// ```no_run
/// # async fn example(client: &wechat_client::Client) -> Result<(), wechat_client::Error> {
/// use wechat_client::CardStatus;
///
/// let mut cards = client.cards(&[CardStatus::VerifyOk]);
/// while let Some(card_id) = cards.try_next().await? {
///     println!("{card_id}");
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is asked for until items are taken"]
pub struct Paged<T> {
    fetch: Box<Fetch<T>>,
    page: vec::IntoIter<T>,
    /// Where the next page begins; none after the last.
    next: Option<u64>,
}

impl<T> fmt::Debug for Paged<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paged")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl<T> Paged<T> {
    /// A list whose page at an offset or id is asked for by `ask` and read by `read`.
    pub(crate) fn new<A: DeserializeOwned + 'static>(
        client: &Client,
        ask: impl Fn(u64) -> Call + Send + Sync + 'static,
        read: fn(A, u64) -> Page<T>,
    ) -> Self
    where
        T: 'static,
    {
        let client = client.clone();
        Self {
            fetch: Box::new(move |begin| {
                let (client, call) = (client.clone(), ask(begin));
                Box::pin(async move { Ok(read(client.call(call).await?, begin)) })
            }),
            page: Vec::new().into_iter(),
            next: Some(0),
        }
    }

    /// The next item; none after the last.
    ///
    /// # Errors
    ///
    /// As any call. Taken again, it asks for the page that failed again, so that no item is lost.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(item) = self.page.next() {
                return Ok(Some(item));
            }
            let Some(begin) = self.next else {
                return Ok(None);
            };
            let page = (self.fetch)(begin).await?;
            self.page = page.items.into_iter();
            self.next = page.next;
        }
    }

    /// All items that are left.
    ///
    /// # Errors
    ///
    /// As any call; what was read until then is lost. [`Self::try_next`] keeps it.
    pub async fn try_collect(mut self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while let Some(item) = self.try_next().await? {
            items.push(item);
        }
        Ok(items)
    }
}
