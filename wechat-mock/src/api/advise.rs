//! What a call got away with: told in the journal, though WeChat did as it was asked.

use serde_json::{Map, Value};

use super::{
    Guard,
    call::{Call, Content},
};
use crate::{facts, refusal::Advice};

/// Advice that one call can get; a body may hold thousands of texts.
const MOST: usize = 20;
/// Fields that were dropped from the documentation and are still taken.
const DROPPED: [&str; 6] = [
    "base_info.sub_title",
    "base_info.url_name_type",
    "gift.gift_name",
    "gift.gift_num",
    "gift.gift_unit",
    "member_card.bind_old_card_url",
];
/// What the form option of the Node library `request` makes of ! ' ( ) *.
const ESCAPES: [&str; 5] = ["%21", "%27", "%28", "%29", "%2A"];

/// The advice on a call that was done.
pub(super) fn on(call: &Call, guard: Guard) -> Vec<Advice> {
    let mut advice = Vec::new();
    if guard != Guard::Open {
        for key in ["secret", "appsecret"] {
            if call.query.get(key).is_some() {
                advice.push(Advice::new("WX-ADV-005", format!("{key} in the query")));
            }
        }
    }
    if let Content::Json(Ok(body)) = &call.content {
        on_body(call, guard, body, &mut advice);
    }
    advice.truncate(MOST);
    advice
}

fn on_body(call: &Call, guard: Guard, body: &Map<String, Value>, advice: &mut Vec<Advice>) {
    if guard != Guard::Open {
        let secrets = ["access_token", "secret", "appsecret"];
        for key in secrets.into_iter().filter(|key| body.contains_key(*key)) {
            advice.push(Advice::new("WX-ADV-005", format!("{key} in the body")));
        }
    }
    let label = call.content_type.to_ascii_lowercase();
    if !label.is_empty() && !label.contains("json") {
        advice.push(Advice::new("WX-ADV-007", "Content-Type"));
    }
    let is_form = label.starts_with("application/x-www-form-urlencoded");
    let is_card = call.path == "/card/create";
    let mut look = |path: &str, value: &Value| {
        let path = if is_card { path_in_card(path) } else { path };
        let is_escaped = |text: &str| ESCAPES.iter().any(|escape| text.contains(escape));
        if is_form && value.as_str().is_some_and(is_escaped) {
            advice.push(Advice::new("WX-ADV-006", path));
        }
        if is_card && let Some(rule) = of_card(path, value) {
            advice.push(Advice::new(rule, path));
        }
    };
    for (key, value) in body {
        walk(value, key, &mut look);
    }
}

/// Calls `look` with each value that holds no others, and its path.
fn walk(value: &Value, path: &str, look: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                walk(member, &format!("{path}.{key}"), look);
            }
        }
        Value::Array(entries) => {
            for (at, entry) in entries.iter().enumerate() {
                walk(entry, &format!("{path}[{at}]"), look);
            }
        }
        leaf => look(path, leaf),
    }
}

/// A path of a card's body as the field table has it, such as `base_info.title`.
fn path_in_card(path: &str) -> &str {
    let below = path.strip_prefix("card.").unwrap_or(path);
    match below.split_once('.') {
        Some((_, rest)) if rest.starts_with("base_info.") || rest.starts_with("advanced_info.") => {
            rest
        }
        _ => below,
    }
}

/// What one value of a card got away with.
fn of_card(path: &str, value: &Value) -> Option<&'static str> {
    if DROPPED.contains(&path) {
        return Some("WX-ADV-009");
    }
    if path == "base_info.date_info.type" {
        let is_name = |text: &str| text.starts_with("DATE_TYPE_");
        return (!value.as_str().is_some_and(is_name)).then_some("WX-ADV-008");
    }
    let row = in_table(path);
    let is_number = facts::card_field_kind(&row) == Some("int")
        || facts::card_field_kind(row.trim_end_matches("[]")) == Some("ids");
    (is_number && value.is_string()).then_some("WX-ADV-010")
}

/// A path without the places in its lists: `time_limit[2].type` is `time_limit[].type`.
fn in_table(path: &str) -> String {
    let mut row = String::with_capacity(path.len());
    for letter in path.chars() {
        if !(row.ends_with('[') && letter.is_ascii_digit()) {
            row.push(letter);
        }
    }
    row
}
