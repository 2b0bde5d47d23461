//! What the cases state, held against what the fixtures know.

use std::collections::{BTreeMap, BTreeSet};

use conformance::{Case, Layer, backend_cases, cases, client_cases, expected_failures};
use serde_json::Value;

fn rules() -> BTreeMap<&'static str, &'static Value> {
    let rules = fixtures::rules().as_array().unwrap().iter();
    rules
        .map(|rule| (rule["id"].as_str().unwrap(), rule))
        .collect()
}

/// All steps of a case, those inside a repetition too.
fn steps(case: &Case) -> Vec<&Value> {
    let mut waiting: Vec<&Value> = case.arrange.iter().chain(&case.steps).collect();
    let mut found = Vec::new();
    while let Some(step) = waiting.pop() {
        waiting.extend(step["repeat"]["steps"].as_array().into_iter().flatten());
        found.push(step);
    }
    found
}

#[test]
fn ids_are_unique_and_every_case_says_what_it_is() {
    let mut seen = BTreeSet::new();
    for case in cases() {
        let id = case.id.as_str();
        assert!(seen.insert(id), "{id} stands twice");
        assert!(id.starts_with("C-"), "{id}");
        for text in [&case.title.en, &case.title.zh, &case.source] {
            assert!(!text.trim().is_empty(), "{id}");
        }
    }
    assert!(seen.len() >= 400);
    let of_members = backend_cases().iter().chain(client_cases());
    seen.extend(of_members.map(|case| case.id.as_str()));
    for listed in expected_failures() {
        assert!(seen.contains(listed.case.as_str()), "{listed:?}");
        assert!(
            !listed.reason.is_empty() && listed.until.len() == 10,
            "{listed:?}"
        );
    }
}

#[test]
fn every_case_can_fail() {
    for case in cases() {
        let judged = case.steps.iter().any(|step| {
            let expects = [
                "json", "has", "body", "status", "keys", "absent", "explain", "advice",
            ]
            .iter()
            .any(|key| !step["expect"][key].is_null());
            // A call without an expectation must not be refused, a claim must be taken.
            let must_go_well = step["expect"].is_null()
                && ["call", "create", "claim", "push"]
                    .iter()
                    .any(|kind| !step[*kind].is_null());
            expects || must_go_well || step["refused"].is_string()
        });
        assert!(judged, "{} expects nothing", case.id);
    }
}

#[test]
fn every_rule_has_a_case_and_every_case_names_rules_that_are() {
    let rules = rules();
    let tried: BTreeSet<&str> = cases()
        .iter()
        .flat_map(|case| case.rules.iter().map(String::as_str))
        .collect();
    let unknown: Vec<_> = tried.iter().filter(|id| !rules.contains_key(*id)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let untried: Vec<_> = rules
        .iter()
        // The fact stands; why no call can break it is said in the data.
        .filter(|(_, rule)| rule["not_reproduced"].as_str().is_none_or(str::is_empty))
        .filter(|(id, _)| !tried.contains(*id))
        .collect();
    assert!(untried.is_empty(), "{untried:?}");
}

#[test]
fn the_numbers_that_cases_state_do_not_contradict_the_rules() {
    let rules = rules();
    let mut told = Vec::new();
    for case in cases() {
        for step in steps(case) {
            let expect = &step["expect"];
            let Some(rule) = expect["explain"].as_str().and_then(|id| rules.get(id)) else {
                continue;
            };
            let stated = ["has", "json"].map(|key| &expect[key]["errcode"]);
            let stated = stated.into_iter().find_map(Value::as_i64);
            let known = rule["errcode"].as_i64();
            // The rule of a card's field has the number of its kind; each field may have one of its own.
            if stated.is_some() && known.is_some() && stated != known {
                told.push(format!(
                    "{}: {stated:?}, {}: {known:?}",
                    case.id, rule["id"]
                ));
            }
            if let (Some(text), Some(shown)) = (
                expect["has"]["errMsg"].as_str(),
                rule["phone_text"].as_str(),
            ) && !text.contains(shown)
            {
                told.push(format!("{}: {text}, {}: {shown}", case.id, rule["id"]));
            }
        }
    }
    assert!(told.is_empty(), "cases and rules.json differ: {told:#?}");
}

#[test]
fn every_capture_is_a_case() {
    let stated: BTreeSet<&str> = cases()
        .iter()
        .filter_map(|case| case.capture.as_deref())
        .collect();
    let exchanges: BTreeSet<&str> = fixtures::exchange_names().collect();
    let mut known = BTreeSet::new();
    for entry in fixtures::captures().flat_map(|file| file["captures"].as_array().unwrap()) {
        let id = entry["id"].as_str().unwrap();
        known.insert(id);
        let is_played = entry["not_played"].is_null();
        assert_eq!(stated.contains(id), is_played, "{id}");
    }
    for id in stated {
        assert!(
            known.contains(id) || exchanges.contains(id),
            "no capture {id}"
        );
    }
}

/// The errcodes that a value holds, at any depth.
fn errcodes(value: &Value, found: &mut Vec<i64>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                if key == "errcode" {
                    found.extend(member.as_i64());
                }
                errcodes(member, found);
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| errcodes(entry, found)),
        _ => {}
    }
}

#[test]
fn a_case_states_the_numbers_of_its_capture() {
    let captures: BTreeMap<&str, &Value> = fixtures::captures()
        .flat_map(|file| file["captures"].as_array().unwrap())
        .map(|entry| (entry["id"].as_str().unwrap(), entry))
        .collect();
    for case in cases() {
        let Some(capture) = case.capture.as_deref().and_then(|id| captures.get(id)) else {
            continue;
        };
        let (mut here, mut there) = (Vec::new(), Vec::new());
        for step in case.arrange.iter().chain(&case.steps) {
            errcodes(&step["expect"], &mut here);
        }
        for step in capture["steps"].as_array().unwrap() {
            errcodes(&step["answer"], &mut there);
        }
        assert_eq!(here, there, "{} and {}", case.id, capture["id"]);
    }
}

#[test]
fn layers_say_what_the_steps_need() {
    for case in cases() {
        let reaches_out = !case.actions().is_empty()
            || steps(case).iter().any(|step| step["receiver"].is_object());
        if case.layer == Layer::L1 {
            assert!(
                !reaches_out && !case.needs.clock,
                "{} is more than L1",
                case.id
            );
        }
        if !case.needs.switches.is_empty() {
            assert_eq!(case.layer, Layer::L3, "{}", case.id);
        }
        if steps(case).iter().any(|step| step["receiver"].is_object()) {
            assert!(case.needs.receiver, "{}", case.id);
        }
    }
}
