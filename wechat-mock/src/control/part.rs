//! Which part of a list a call asks for.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Fault;
use crate::paging::Page;

/// `limit` and `after` of a list that is asked for page by page.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// So many at most, 1 to 200.
    pub(super) limit: Option<usize>,
    /// `next` of the page before.
    pub(super) after: Option<String>,
}

/// Items of a page when the call does not say.
pub(super) const USUAL: usize = 50;
/// Items of a page at most.
pub(super) const MOST: usize = 200;

/// A limit that was asked for, or `usual`; 1 to `most`.
pub(super) fn limit_of(asked: Option<usize>, usual: usize, most: usize) -> Result<usize, Fault> {
    let limit = asked.unwrap_or(usual);
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    Err(Fault::bad_value("limit", format!("1 to {most}")))
}

/// A cursor that the mock did not give out.
pub(super) fn bad_cursor() -> Fault {
    Fault::bad_value("after", "`next` of a page of this list")
}

/// A page as it is answered: its items under `name`, and `next` when the list goes on.
pub(super) fn shown<C: ToString>(name: &str, page: Page<C, Value>) -> Value {
    let mut shown = json!({name: page.items});
    if let Some(next) = page.next {
        shown["next"] = json!(next.to_string());
    }
    shown
}

/// The number behind an id such as `call-7`, of which the rows before it are asked for.
pub(super) fn number(id: Option<&str>, prefix: &str) -> Result<Option<u64>, Fault> {
    let read = |id: &str| id.strip_prefix(prefix).unwrap_or(id).parse().ok();
    id.map(|id| {
        let message = format!("an id such as {prefix}7, or its number");
        read(id).ok_or_else(|| Fault::bad_value("before", message))
    })
    .transpose()
}

/// A page of the newest rows as it is answered: its items under `name`, whether there are older ones,
/// and before which id they are.
pub(super) fn newest(name: &str, prefix: &str, page: Page<u64, Value>) -> Value {
    let Page { items, next, .. } = page;
    let mut shown = json!({name: items, "more": next.is_some()});
    if let Some(next) = next {
        shown["before"] = json!(format!("{prefix}{next}"));
    }
    shown
}
