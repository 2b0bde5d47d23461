//! Holds one answer against what a case expects of it.

use serde_json::{Value, json};

use crate::{
    http::Answer,
    matching::{matches, text_matches},
    step::Expect,
};

/// `Err` says what differs.
///
/// An answer of WeChat's must not be refused unless the case says what comes; places are filled in.
pub(crate) fn judge(expect: &Expect, answer: &Answer, is_wechats: bool) -> Result<(), String> {
    let Answer {
        status,
        content_type,
        headers,
        text,
    } = answer;
    let wanted = expect.status.unwrap_or(200);
    if *status != wanted {
        return Err(format!(
            "status: expected {wanted}, came {status} with {text}"
        ));
    }
    if let Some(wanted) = &expect.content_type
        && wanted != content_type
    {
        return Err(format!(
            "content type: expected {wanted}, came {content_type}"
        ));
    }
    let wanted = Value::Object(expect.headers.clone());
    matches(&wanted, &Value::Object(headers.clone()), false, "headers")?;
    if let Some(wanted) = &expect.body
        && !text_matches(wanted, text)?
    {
        return Err(format!("body: expected {wanted:?}, came {text:?}"));
    }
    let says_nothing_more = expect.json.is_none()
        && expect.has.is_none()
        && expect.keys.is_empty()
        && expect.absent.is_empty();
    let is_empty_handed = expect.body.is_some() || expect.status.is_some();
    if says_nothing_more && is_empty_handed {
        return Ok(());
    }
    let came = answer
        .json()
        .ok_or_else(|| format!("body: expected JSON, came {text}"))?;
    if expect.json.is_none() && expect.has.is_none() {
        let is_refused = is_wechats && came["errcode"].as_i64().unwrap_or(0) != 0;
        if is_refused {
            return Err(format!("expected success, came {text}"));
        }
    }
    if let Some(wanted) = &expect.json {
        matches(wanted, &came, true, "").map_err(|why| format!("{why} in {text}"))?;
    }
    if let Some(wanted) = &expect.has {
        matches(wanted, &came, false, "").map_err(|why| format!("{why} in {text}"))?;
    }
    for (pointer, keys) in &expect.keys {
        let places = at(&came, pointer);
        if places.is_empty() {
            return Err(format!("nothing at {pointer:?} in {text}"));
        }
        for place in places {
            let found = place.as_object();
            let found = found.ok_or_else(|| format!("no object at {pointer:?} in {text}"))?;
            let found: Vec<&String> = found.keys().collect();
            if json!(found) != *keys {
                return Err(format!(
                    "keys at {pointer:?}: expected {keys}, came {}",
                    json!(found)
                ));
            }
        }
    }
    match expect
        .absent
        .iter()
        .find(|pointer| came.pointer(pointer).is_some())
    {
        Some(pointer) => Err(format!("{pointer}: expected nothing, came {text}")),
        None => Ok(()),
    }
}

/// What a JSON pointer leads to; `*` in it stands for every entry of a list.
fn at<'a>(value: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let Some((head, rest)) = pointer.split_once("/*") else {
        return value.pointer(pointer).into_iter().collect();
    };
    let entries = value.pointer(head).and_then(Value::as_array);
    let entries = entries.into_iter().flatten();
    entries.flat_map(|entry| at(entry, rest)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_every_entry_of_a_list() {
        let value = json!({"a": [{"b": [1, 2]}, {"b": []}, {"b": [3]}], "c": {"*": 4}});
        assert_eq!(at(&value, "/a/*/b/*"), [1, 2, 3]);
        assert_eq!(at(&value, "/a/2/b/0"), [3]);
        assert_eq!(at(&value, ""), [&value]);
        for nowhere in ["/b", "/c/*", "/a/*/b/*/d", "/a/1/b/*"] {
            assert!(at(&value, nowhere).is_empty(), "{nowhere}");
        }
    }

    #[test]
    fn keys_are_looked_at_in_every_entry() {
        let expect: Expect = serde_json::from_value(json!({"keys": {"/a/*": ["b", "c"]}})).unwrap();
        let judged = |body: Value| {
            let answer = Answer {
                status: 200,
                content_type: String::new(),
                headers: serde_json::Map::new(),
                text: body.to_string(),
            };
            judge(&expect, &answer, true).is_ok()
        };
        assert!(judged(json!({"a": [{"b": 1, "c": 2}, {"b": 3, "c": 4}]})));
        assert!(!judged(json!({"a": [{"b": 1, "c": 2}, {"b": 3}]})));
        assert!(!judged(json!({"a": [{"b": 1, "c": 2}, 5]})));
        assert!(!judged(json!({"a": []})));
    }
}
