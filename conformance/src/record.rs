//! Writes what WeChat answers as captures of grade A, in the shape of those of `fixtures`.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Map, Value, json};

use crate::{
    matching::without_traces,
    run::Verdict,
    traffic::{Called, Exchange},
};

/// Writes one file per area into a folder, and says how many exchanges they hold.
///
/// `day` is the day of the recording, such as `2026-11-26`; `host` the one that answered. Cases in which
/// nothing was called are left out.
///
/// # Errors
///
/// When the folder cannot be written.
pub fn record(
    folder: &Path,
    verdicts: &[Verdict],
    host: &str,
    day: &str,
) -> std::io::Result<usize> {
    fs::create_dir_all(folder)?;
    let mut areas: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let mut count = 0;
    for verdict in verdicts {
        let case = verdict.case;
        let calls = verdict.traffic.iter().filter_map(step);
        let steps: Vec<Value> = calls.collect();
        if steps.is_empty() {
            continue;
        }
        count += steps.len();
        areas.entry(&case.area).or_default().push(json!({
            "id": format!("A-{}", case.id),
            "about": case.title.en,
            "source": format!("{host}, recorded by conformance {}", env!("CARGO_PKG_VERSION")),
            "date": day,
            "confidence": "high",
            "grade": "A",
            "steps": steps,
        }));
    }
    for (area, captures) in areas {
        let file = json!({
            "about": "Recorded from WeChat; tokens, ids of accounts and people, rids and hints are replaced by their names.",
            "kind": "A",
            "title": area,
            "recorder": {"name": "conformance", "version": env!("CARGO_PKG_VERSION")},
            "captures": captures,
        });
        fs::write(folder.join(format!("{area}.json")), format!("{file:#}\n"))?;
    }
    Ok(count)
}

/// One call as a step of a capture.
fn step(exchange: &Exchange) -> Option<Value> {
    let Called {
        method,
        path,
        body,
        content_type,
        answer,
    } = exchange.call.as_ref()?;
    let mut step = Map::new();
    step.insert("call".to_owned(), json!(format!("{method} {path}")));
    if !body.is_empty() {
        let (key, body) = parsed(body, "json", "text");
        step.insert(key.to_owned(), body);
    }
    let (key, answer) = parsed(&without_traces(answer), "answer", "answer_text");
    step.insert(key.to_owned(), answer);
    step.insert("status".to_owned(), json!(exchange.status));
    step.insert("content_type".to_owned(), json!(content_type));
    Some(Value::Object(step))
}

/// A body as JSON, where it is JSON and would be written as it came; else as a text.
fn parsed<'a>(body: &str, as_json: &'a str, as_text: &'a str) -> (&'a str, Value) {
    match serde_json::from_str::<Value>(body) {
        Ok(value) if value.is_object() => (as_json, value),
        _ => (as_text, json!(body)),
    }
}
