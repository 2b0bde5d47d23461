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
        let found = came.pointer(pointer).and_then(Value::as_object);
        let found = found.ok_or_else(|| format!("no object at {pointer:?} in {text}"))?;
        let found: Vec<&String> = found.keys().collect();
        if json!(found) != *keys {
            return Err(format!(
                "keys at {pointer:?}: expected {keys}, came {}",
                json!(found)
            ));
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
