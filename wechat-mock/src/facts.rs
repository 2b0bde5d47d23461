//! The facts of `fixtures`, in the form in which the mock looks them up.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::Value;

/// The rows of a table.
fn rows(table: &'static Value) -> impl Iterator<Item = &'static Value> {
    table.as_array().into_iter().flatten()
}

fn text(row: &'static Value, key: &str) -> &'static str {
    row[key].as_str().unwrap_or_default()
}

/// WeChat's wording of a number, without its tail.
pub(crate) fn errmsg(errcode: i64) -> &'static str {
    static WORDINGS: LazyLock<HashMap<i64, &str>> = LazyLock::new(|| {
        let mut wordings = HashMap::new();
        for row in rows(fixtures::errcodes()) {
            // The first row of a number is today's wording.
            if let Some(errcode) = row["errcode"].as_i64() {
                wordings.entry(errcode).or_insert(text(row, "errmsg"));
            }
        }
        wordings
    });
    WORDINGS.get(&errcode).copied().unwrap_or("unknown error")
}

/// A numbered rule with its texts.
///
/// # Panics
///
/// When there is no such rule: ids are written in this crate's code, and a test walks them.
pub(crate) fn rule(id: &str) -> &'static Value {
    static RULES: LazyLock<HashMap<&str, &Value>> = LazyLock::new(|| {
        rows(fixtures::rules())
            .map(|row| (text(row, "id"), row))
            .collect()
    });
    RULES
        .get(id)
        .copied()
        .unwrap_or_else(|| panic!("no rule {id} in fixtures"))
}

/// The texts of a known mistake in signatures.
pub(crate) fn signature_mistake(id: &str) -> &'static Value {
    rows(fixtures::signature_mistakes())
        .find(|row| row["id"] == id)
        .unwrap_or(&Value::Null)
}

/// What kind of value a field of `/card/create` takes; `path` is as the field table writes it.
pub(crate) fn card_field_kind(path: &str) -> Option<&'static str> {
    static KINDS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        rows(fixtures::card_fields())
            .map(|row| (text(row, "path"), text(row, "kind")))
            .collect()
    });
    KINDS.get(path).copied()
}

/// The hex value of a colour name.
pub(crate) fn color_value(name: &str) -> Option<&'static str> {
    rows(fixtures::colors())
        .find(|row| row["name"] == name)
        .map(|row| text(row, "value"))
}

/// Whether `/card/create` knows a card type.
pub(crate) fn is_card_type(name: &str) -> bool {
    rows(fixtures::card_types()).any(|known| known == name)
}
