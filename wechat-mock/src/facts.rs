//! The facts of `fixtures`, in the form in which the mock looks them up.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

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

/// The ids of all rules.
pub(crate) fn rule_ids() -> impl Iterator<Item = &'static str> {
    rows(fixtures::rules()).map(|row| text(row, "id"))
}

/// The standings of an account: a number, the rule that has it, and the calls it closes.
static STANDINGS: LazyLock<BTreeMap<i64, (&str, &str)>> = LazyLock::new(|| {
    rows(fixtures::rules())
        .filter_map(|row| {
            let closes = row["standing"].as_str()?;
            Some((row["errcode"].as_i64()?, (text(row, "id"), closes)))
        })
        .collect()
});

/// The rule of a standing, and the calls it closes: `token`, `login`, `create` or `any`.
pub(crate) fn standing(errcode: i64) -> Option<(&'static str, &'static str)> {
    STANDINGS.get(&errcode).copied()
}

/// The numbers of all standings.
pub(crate) fn standings() -> impl Iterator<Item = i64> {
    STANDINGS.keys().copied()
}

/// The mistakes that can stand for a rule, in the order of the data.
pub(crate) fn mistakes_of(rule: &str) -> impl Iterator<Item = &'static str> {
    let applies = move |row: &&'static Value| {
        let rules = row["applies_to"].as_array();
        rules.is_some_and(|rules| rules.iter().any(|known| known == rule))
    };
    rows(fixtures::mistakes())
        .filter(applies)
        .map(|row| text(row, "id"))
}

/// The texts of a named mistake, in signatures or elsewhere.
pub(crate) fn mistake(id: &str) -> &'static Value {
    rows(fixtures::signature_mistakes())
        .chain(rows(fixtures::mistakes()))
        .find(|row| row["id"] == id)
        .unwrap_or(&Value::Null)
}

/// The texts of a mistake in a page signature.
pub(crate) fn page_mistake(id: &str) -> &'static Value {
    rows(fixtures::page_signature_mistakes())
        .find(|row| row["id"] == id)
        .unwrap_or(&Value::Null)
}

/// What a call of WeChat's is for, `en` and `zh`.
pub(crate) fn call_name(path: &str) -> Option<Value> {
    let mut rows = rows(fixtures::endpoints());
    let row = rows.find(|row| row["path"] == path && row["purpose_zh"].is_string())?;
    Some(serde_json::json!({"en": row["purpose"], "zh": row["purpose_zh"]}))
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

/// Whether an id names a field that WeChat's form for members has ready.
pub(crate) fn is_form_field(id: &str) -> bool {
    rows(fixtures::form_fields()).any(|row| row["id"] == id)
}
