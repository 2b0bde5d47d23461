//! What a call got away with: told in the journal, though WeChat did as it was asked.

use serde_json::Value;

use super::{
    call::{Call, Content},
    guard::Guard,
    schema::{Body, Path},
};
use crate::refusal::Advice;

/// Advice that one call can get; a body may hold thousands of texts.
pub(super) const MOST: usize = 20;
/// What the form option of the Node library `request` makes of ! ' ( ) *.
const ESCAPES: [&str; 5] = ["%21", "%27", "%28", "%29", "%2A"];

/// Adds what there is to say about a call that was done to what its endpoint had to say.
pub(super) fn on(call: &Call, guard: Guard, advice: &mut Vec<Advice>) {
    if guard != Guard::Open {
        for key in ["secret", "appsecret"] {
            if call.query.get(key).is_some() {
                advice.push(Advice::new("WX-ADV-005", format!("{key} in the query")));
            }
        }
    }
    if let Content::Json(Ok(body)) = &call.content {
        on_body(call, guard, body, advice);
    }
}

fn on_body(call: &Call, guard: Guard, body: &Body, advice: &mut Vec<Advice>) {
    if guard != Guard::Open {
        for key in &body.secrets {
            advice.push(Advice::new("WX-ADV-005", format!("{key} in the body")));
        }
    }
    let label = call.content_type.to_ascii_lowercase();
    if !label.is_empty() && !label.contains("json") {
        advice.push(Advice::new("WX-ADV-007", "Content-Type"));
    }
    if !label.starts_with("application/x-www-form-urlencoded") {
        return;
    }
    let is_card = call.path == "/card/create";
    let mut look = |path: &Path<'_>, text: &str| {
        if advice.len() < MOST && ESCAPES.iter().any(|escape| text.contains(escape)) {
            let path = path.to_string();
            let path = if is_card { path_in_card(&path) } else { &path };
            advice.push(Advice::new("WX-ADV-006", path));
        }
    };
    for (key, value) in &body.members {
        walk(value, &Path::key(None, key), &mut look);
    }
}

/// Calls `look` with each text and its path, of which nobody makes a text before it is needed.
fn walk(value: &Value, path: &Path<'_>, look: &mut impl FnMut(&Path<'_>, &str)) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                walk(member, &Path::key(Some(path), key), look);
            }
        }
        Value::Array(entries) => {
            for (at, entry) in entries.iter().enumerate() {
                walk(entry, &path.entry(at), look);
            }
        }
        Value::String(text) => look(path, text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::{
        api::schema::{WRITTEN, read_body},
        switches::Switches,
    };

    /// Whatever the body holds, no more paths are written than there is advice.
    #[test]
    fn a_path_is_written_for_each_advice_and_for_nothing_else() {
        let key = "k".repeat(100_000);
        for text in ["plain", "with %21 in it"] {
            let entries = vec![json!(text); 20_000];
            let mut card = json!({"title": "x"});
            card[&key] = json!(entries);
            let body = json!({"offset": 0, "count": 1}).to_string();
            let mut body =
                read_body("/card/batchget", body.as_bytes(), Switches::default()).unwrap();
            body.members.insert("card".to_owned(), card);
            let mut call = Call::bare("/card/batchget", Bytes::new());
            call.content_type = "application/x-www-form-urlencoded".to_owned();
            call.content = Content::Json(Ok(body));
            WRITTEN.set(0);
            let mut advice = Vec::new();
            on(&call, Guard::CardRight, &mut advice);
            assert!(advice.len() <= MOST);
            // Three steps each: card, the key, the entry.
            assert_eq!(
                WRITTEN.get(),
                if text == "plain" { 0 } else { 3 * (MOST - 1) },
                "{text}"
            );
        }
    }
}
