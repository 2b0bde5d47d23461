//! Every schema is held to the rules by which WeChat reads: each key absent, null, of each other kind,
//! and with an unknown key beside it.
//!
//! What is expected is worked out here, from the rules and the rows as data, not by the reader.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Body, read_body};
use crate::{refusal::Refusal, switches::Switches};

/// A key that no schema has.
const SURPLUS: &str = "surplus_key";

/// The schema of one call, or of one card type in one call, as the data say it.
struct Case {
    call: &'static str,
    /// What stands around the rows: names from the outermost on.
    around: Vec<String>,
    /// What stands beside them in the outermost object, such as the type of the card.
    beside: Option<(&'static str, String)>,
    rows: BTreeMap<&'static str, &'static Value>,
    ignores_unknown_keys: bool,
}

/// What must become of a value.
#[derive(Debug, PartialEq)]
enum Outcome {
    Absent,
    Is(Value),
    /// The reading stops at the key of the value.
    Stops,
    /// It stops at the first key inside the value.
    StopsInside,
}

fn rows(table: &'static Value) -> impl Iterator<Item = &'static Value> {
    table.as_array().unwrap().iter()
}

fn text(row: &'static Value, key: &str) -> &'static str {
    row[key].as_str().unwrap()
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = fixtures::calls()
        .map(|call| Case {
            call: text(call, "path"),
            around: Vec::new(),
            beside: None,
            rows: rows(&call["fields"])
                .map(|row| (text(row, "path"), row))
                .collect(),
            ignores_unknown_keys: call["ignores_unknown_keys"] == true,
        })
        .filter(|case| crate::api::paths().any(|path| path == case.call))
        .collect();
    for card_type in rows(fixtures::card_types()) {
        let card_type = card_type.as_str().unwrap();
        let node = card_type.to_ascii_lowercase();
        let inside = |path: &'static str| {
            let own = path.strip_prefix(&format!("{node}."));
            let is_common = path.starts_with("base_info") || path.starts_with("advanced_info");
            own.or(is_common.then_some(path))
        };
        let of_create =
            rows(fixtures::card_fields()).filter_map(|row| Some((inside(text(row, "path"))?, row)));
        cases.push(Case {
            call: "/card/create",
            around: vec!["card".to_owned(), node.clone()],
            beside: Some(("card_type", card_type.to_owned())),
            rows: of_create.collect(),
            ignores_unknown_keys: false,
        });
        let is_of = |row: &&Value| {
            let types = row["cards"].as_array();
            types.is_none_or(|types| types.iter().any(|of| of == card_type))
        };
        let of_update = rows(fixtures::card_update_fields()).filter(is_of);
        cases.push(Case {
            call: "/card/update",
            around: vec![node.clone()],
            beside: None,
            rows: of_update.map(|row| (text(row, "path"), row)).collect(),
            ignores_unknown_keys: false,
        });
    }
    cases
}

/// A value of a kind, without the members that an object has.
fn right(kind: &str) -> Value {
    match kind {
        "string" | "string_or_int" => json!("7"),
        "int" | "number" | "timestamp" => json!(7),
        "bool" => json!(true),
        "object" => json!({}),
        "objects" => json!([{}]),
        "strings" | "ids" | "array" => json!(["7"]),
        other => panic!("no value of the kind {other}"),
    }
}

/// The place of a path, made where it is not yet.
fn place<'v>(body: &'v mut Value, path: &str) -> &'v mut Value {
    path.split('.')
        .fold(body, |at, name| match name.strip_suffix("[]") {
            Some(list) => {
                let entries = &mut at[list];
                if !entries.is_array() {
                    *entries = json!([{}]);
                }
                &mut entries[0]
            }
            None => &mut at[name],
        })
}

impl Case {
    /// Whether a path has rows below it.
    fn has_members(&self, path: &str) -> bool {
        let below = [format!("{path}."), format!("{path}[].")];
        let mut paths = self.rows.keys();
        paths.any(|other| below.iter().any(|below| other.starts_with(below)))
    }

    /// A body in which each field is there that can be sent.
    fn whole_body(&self) -> Value {
        let mut node = json!({});
        // Short paths first: what is around a field is made before it.
        let mut paths: Vec<_> = self.rows.iter().collect();
        paths.sort_by_key(|(path, _)| path.split('.').count());
        for (path, row) in paths {
            if row["required"] != "never_sent" {
                *place(&mut node, path) = right(text(row, "kind"));
            }
        }
        self.wrapped(node)
    }

    fn wrapped(&self, node: Value) -> Value {
        let Some((own, outer)) = self.around.split_last() else {
            return node;
        };
        let mut inner = Map::new();
        if let Some((key, value)) = &self.beside {
            inner.insert((*key).to_owned(), json!(value));
        }
        inner.insert(own.clone(), node);
        outer
            .iter()
            .rev()
            .fold(Value::Object(inner), |inner, name| {
                let mut outer = Map::new();
                outer.insert(name.clone(), inner);
                Value::Object(outer)
            })
    }

    /// A path from the body on.
    fn below_body(&self, path: &str) -> String {
        let mut names = self.around.clone();
        names.push(path.to_owned());
        names.join(".")
    }

    fn read(&self, body: &Value) -> (Result<Body, Refusal>, BTreeMap<String, usize>) {
        let mut written = String::new();
        let mut ends = BTreeMap::new();
        write(body, "", &mut written, &mut ends);
        (
            read_body(self.call, written.as_bytes(), Switches::default()),
            ends,
        )
    }
}

/// Writes JSON, and where the closing quote of each key stands, by its path.
fn write(value: &Value, path: &str, into: &mut String, ends: &mut BTreeMap<String, usize>) {
    match value {
        Value::Object(members) => {
            into.push('{');
            for (index, (key, member)) in members.iter().enumerate() {
                let comma = if index == 0 { "" } else { ", " };
                into.push_str(comma);
                into.push_str(&json!(key).to_string());
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{key}");
                ends.insert(path.clone(), into.len() - 1);
                into.push_str(" : ");
                write(member, &path, into, ends);
            }
            into.push('}');
        }
        Value::Array(entries) => {
            into.push('[');
            for (index, entry) in entries.iter().enumerate() {
                into.push_str(if index == 0 { "" } else { ", " });
                write(entry, &format!("{path}[]"), into, ends);
            }
            into.push(']');
        }
        leaf => into.push_str(&leaf.to_string()),
    }
}

/// What the rules say of a value for a field of a kind.
fn expected(row: &Value, value: &Value) -> Outcome {
    use Outcome::{Absent, Is, Stops, StopsInside};
    let whole = |number: &Value| {
        let number = number.as_f64().filter(|number| number.fract() == 0.0)?;
        format!("{number:.0}").parse::<i64>().ok()
    };
    let kind = row["kind"].as_str().unwrap();
    let of_entries = |read: &dyn Fn(&Value) -> Option<Value>| match value {
        Value::Array(entries) => {
            let entries = entries.iter().filter(|entry| !entry.is_null()).map(read);
            entries
                .collect::<Option<Vec<_>>>()
                .map_or(Stops, |read| Is(json!(read)))
        }
        Value::Object(members) if !members.is_empty() => StopsInside,
        one if row["single"] == true => read(one).map_or(Stops, |read| Is(json!([read]))),
        _ => Stops,
    };
    let text = |value: &Value| match value {
        Value::String(_) => Some(value.clone()),
        Value::Number(_) => Some(json!(value.to_string())),
        _ => None,
    };
    match (kind, value) {
        (_, Value::Null) => Absent,
        ("string", value) => text(value).map_or(Stops, Is),
        ("int" | "number" | "timestamp", Value::Number(_)) => {
            whole(value).map_or(Stops, |number| Is(json!(number)))
        }
        ("int" | "number" | "timestamp", Value::String(digits)) => digits
            .parse::<i64>()
            .map_or(Stops, |number| Is(json!(number))),
        ("string_or_int", Value::String(_))
        | ("bool", Value::Bool(_))
        | ("object", Value::Object(_))
        | ("array", Value::Array(_)) => Is(value.clone()),
        ("string_or_int", Value::Number(_)) => {
            whole(value).map_or(Stops, |number| Is(json!(number)))
        }
        ("object", Value::Array(entries)) if entries.is_empty() => Is(json!({})),
        ("strings", _) => of_entries(&text),
        ("ids", _) => of_entries(&|entry| match entry {
            Value::String(_) => Some(entry.clone()),
            Value::Number(_) => whole(entry).map(Value::from),
            _ => None,
        }),
        ("objects", _) => of_entries(&|entry| match entry {
            Value::Object(_) => Some(entry.clone()),
            Value::Array(entries) if entries.is_empty() => Some(json!({})),
            _ => None,
        }),
        ("array", _) => of_entries(&|_| None),
        _ => Stops,
    }
}

/// The value at a path of what was read.
fn at<'v>(read: &'v Body, path: &str) -> Option<&'v Value> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let step = |value: &'v Value, name: &str| match name.strip_suffix("[]") {
        Some(list) => value.get(list)?.get(0),
        None => value.get(name),
    };
    let outer = read.members.get(first.trim_end_matches("[]"))?;
    let outer = if first.ends_with("[]") {
        outer.get(0)?
    } else {
        outer
    };
    let mut names = rest.split('.').filter(|name| !name.is_empty());
    names.try_fold(outer, step)
}

#[test]
fn each_key_is_read_by_its_kind() {
    let values = [
        json!(null),
        json!(true),
        json!(5),
        json!(5.5),
        json!(7.0),
        json!(-3),
        json!("word"),
        json!("12"),
        json!(""),
        json!([]),
        json!({}),
        json!(["x", null, 4]),
        json!([5.5]),
        json!([true]),
        json!([[]]),
        json!([{}]),
    ];
    let mut tried = 0;
    for case in cases() {
        for (path, row) in &case.rows {
            let is_never_sent = row["required"] == "never_sent";
            let is_named = row["named"].is_object();
            for value in values.iter().filter(|_| !is_named) {
                let mut body = case.wrapped(json!({}));
                let full = case.below_body(path);
                *place(&mut body, &full) = value.clone();
                let (read, ends) = case.read(&body);
                let what = format!("{} {full}: {value}", case.call);
                tried += 1;
                let outcome = match expected(row, value) {
                    _ if is_never_sent => Outcome::Stops,
                    Outcome::Is(_) if row["ignored"] == true => Outcome::Absent,
                    outcome => outcome,
                };
                let wrong_number = row["not_a_number"].as_i64().filter(|_| value.is_string());
                match (outcome, read) {
                    (Outcome::Absent, Ok(read)) => assert_eq!(at(&read, &full), None, "{what}"),
                    (Outcome::Is(wanted), Ok(read)) => {
                        assert_eq!(at(&read, &full), Some(&wanted), "{what}");
                    }
                    (Outcome::Stops, Err(refusal)) if wrong_number.is_some() => {
                        assert_eq!(Some(refusal.errcode), wrong_number, "{what}");
                    }
                    (Outcome::Stops, Err(refusal)) => {
                        assert_eq!(refusal.errcode, 47001, "{what}");
                        assert_eq!(refusal.at, Some(ends[&full]), "{what}");
                        assert_eq!(refusal.row.map(|row| row.call), Some(case.call), "{what}");
                    }
                    (outcome, read) => panic!("{what}: {read:?} in place of {outcome:?}"),
                }
            }
        }
    }
    assert!(tried > 10_000, "{tried}");
}

#[test]
fn an_object_in_place_of_a_list_stops_at_its_first_key() {
    for case in cases() {
        for (path, row) in &case.rows {
            if !["strings", "ids", "objects", "array"].contains(&text(row, "kind"))
                || row["required"] == "never_sent"
            {
                continue;
            }
            let mut body = case.whole_body();
            let full = case.below_body(path);
            *place(&mut body, &full) = json!({"first": 1, "second": 2});
            let (read, ends) = case.read(&body);
            let refusal = read.unwrap_err();
            let inner = ends[&format!("{full}.first")];
            assert_eq!(
                (refusal.errcode, refusal.at),
                (47001, Some(inner)),
                "{full}"
            );
        }
    }
}

#[test]
fn a_key_that_is_not_in_the_schema_stops_the_reading() {
    for case in cases() {
        let mut levels: BTreeSet<String> = case
            .rows
            .iter()
            .filter(|(path, row)| {
                let is_free = row["ignores_unknown_keys"] == true || !case.has_members(path);
                !is_free
            })
            .map(|(path, row)| match text(row, "kind") {
                "objects" => format!("{path}[]"),
                _ => (*path).to_owned(),
            })
            .collect();
        levels.insert(String::new());
        for level in levels {
            let full = case.below_body(&level);
            let full = full.trim_end_matches('.');
            let mut body = case.whole_body();
            let object = if full.is_empty() {
                &mut body
            } else {
                place(&mut body, full)
            };
            object[SURPLUS] = json!({"card_id": 1});
            let (read, ends) = case.read(&body);
            if case.ignores_unknown_keys {
                let read = read.unwrap();
                assert_eq!(read.members.get(SURPLUS), None, "{} {full}", case.call);
                continue;
            }
            let refusal = read.unwrap_err();
            let path = format!("{full}.{SURPLUS}");
            let end = ends[path.trim_start_matches('.')];
            assert_eq!(
                (refusal.errcode, refusal.at),
                (47001, Some(end)),
                "{} {path}",
                case.call
            );
        }
    }
}

#[test]
fn a_secret_is_passed_over_beside_the_fields_and_nowhere_else() {
    for case in cases() {
        let mut body = case.whole_body();
        body["access_token"] = json!("T");
        let read = case.read(&body).0.unwrap();
        assert!(read.secrets.contains(&"access_token"), "{}", case.call);
        assert_eq!(read.members.get("access_token"), None, "{}", case.call);
    }
    let inside = br#"{"card":{"access_token":"T"}}"#;
    let refusal = read_body("/card/create", inside, Switches::default()).unwrap_err();
    assert_eq!(refusal.errcode, 47001);
}

#[test]
fn a_required_key_that_is_absent_null_or_empty_is_missed_by_its_number() {
    let mut missed = 0;
    for case in cases().iter().filter(|case| case.around.is_empty()) {
        for (path, row) in &case.rows {
            if row["required"] != "always" && row["required"] != "with_parent" {
                continue;
            }
            let number = row["missing"].as_i64().unwrap_or(47001);
            for value in [None, Some(json!(null)), Some(json!(""))] {
                if value == Some(json!("")) && row["kind"] != "string" {
                    continue;
                }
                let mut body = case.whole_body();
                let (around, key) = path.rsplit_once('.').unwrap_or(("", path));
                let object = if around.is_empty() {
                    &mut body
                } else {
                    place(&mut body, around)
                };
                let members = object.as_object_mut().unwrap();
                members.remove(key);
                if let Some(value) = &value {
                    members.insert(key.to_owned(), value.clone());
                }
                let (read, _) = case.read(&body);
                let breach = read.unwrap().breach.unwrap();
                let named = breach.row.unwrap().path;
                missed += 1;
                // What is below a missing object is missing with it.
                assert!(
                    named.starts_with(path),
                    "{} {path}: {value:?}, {named}",
                    case.call
                );
                assert_eq!(breach.errcode, number, "{} {path}: {value:?}", case.call);
            }
        }
    }
    assert!(missed > 150, "{missed}");
}

/// Requests whose answers were published; the excerpt is the literal one up to what was left out.
#[test]
fn the_excerpt_is_the_one_that_was_captured() {
    let captured = [
        (
            "/card/membercard/activateuserform/set",
            r#"{"card_id":"p1","required_form":{"common_field_id_list":["USER_FORM_INFO_FLAG_NAME"]},"common_field_id_list":["USER_FORM_INFO_FLAG_EMAIL"],"custom_field_list":["x"]}"#,
            r#"Error before ":["USER_FORM_INFO_FLAG_EMAIL"],"custom_field_list":["x"]}"#,
        ),
        (
            "/card/update",
            r#"{"card_id":"p1","member_card":{"init_increase_bonus":0,"balance_url":null,"base_info":{"color":"Color020"}}}"#,
            r#"Error before ":0,"balance_url":null,"base_info":{"color":"Color020"}}}"#,
        ),
        (
            "/card/create",
            r#"{"card":{"card_type":"MEMBER_CARD","member_card":{"custom_cell3":{"name":"a","tips":"b","url":"http://a.example"}}}}"#,
            r#"Error before ":{"name":"a","tips":"b","url":"http://a.example"}}}}"#,
        ),
        (
            "/card/update",
            r#"{"card_id":"p1","general_coupon":{"base_info":{"brand_name":"x","can_give_friend":false}}}"#,
            r#"Error before ":"x","can_give_friend":false}}}"#,
        ),
        ("/card/get", "null", "Error before null"),
        ("/card/get", "card_id=p1&x=2", "Error before card_id=p1&x=2"),
    ];
    for (call, body, excerpt) in captured {
        let refusal = read_body(call, body.as_bytes(), Switches::default()).unwrap_err();
        assert_eq!(refusal.errcode, 47001, "{body}");
        let found = crate::api::body::error_before(body.as_bytes(), refusal.at.unwrap());
        assert_eq!(found.as_deref(), Some(excerpt), "{body}");
    }
}
