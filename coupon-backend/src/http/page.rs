//! Pages of lists: `limit`, `cursor`, `next_cursor`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Failure;
use crate::store::Page;

/// Rows of a page when nobody says.
const USUAL: u32 = 50;
/// Rows of a page at most.
const MOST: u32 = 100;

/// What the query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

impl PageQuery {
    /// For a list that takes more than these.
    pub(super) fn new(limit: Option<String>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }

    pub(super) fn page(self) -> Result<Page, Failure> {
        let limit = match self.limit {
            None => USUAL,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MOST).contains(limit))
                .ok_or_else(|| {
                    Failure::field("limit", format!("must be a whole number from 1 to {MOST}"))
                })?,
        };
        let is_id = |text: &String| text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if self.cursor.as_ref().is_some_and(|cursor| !is_id(cursor)) {
            return Err(Failure::field("cursor", "is no next_cursor of this list"));
        }
        Ok(Page {
            limit,
            after: self.cursor,
        })
    }
}

/// The answer to a list: one row more than the page was read, to tell whether there is another.
pub(super) fn listed<T>(
    name: &str,
    mut rows: Vec<T>,
    page: &Page,
    id: impl Fn(&T) -> &str,
    show: impl Fn(&T) -> Value,
) -> Value {
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let shown: Vec<Value> = rows.iter().map(show).collect();
    let mut answer = json!({name: shown});
    if has_more && let Some(last) = rows.last() {
        answer["next_cursor"] = json!(id(last));
    }
    answer
}
