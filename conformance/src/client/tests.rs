//! Whatever a case states is looked at: with one thing stated otherwise it fails.

use serde_json::{Value, json};

use super::{judged, made, step::Step};
use crate::{case::client_cases, scene::Stop};

/// The same step, each time with one thing stated otherwise.
fn stated_otherwise(step: &Value) -> Vec<Value> {
    let mut wrong = Vec::new();
    let mut change = |pointer: &str, other: &dyn Fn(&Value) -> Value| {
        let mut changed = step.clone();
        let stated = changed.pointer_mut(pointer);
        if let Some(stated) = stated.filter(|stated| !stated.is_null()) {
            *stated = other(stated);
            wrong.push(changed);
        }
    };
    change("/gives", &|stated| json!({"another": stated}));
    for member in ["kind", "errcode", "errmsg", "status", "effect", "is_outage"] {
        change(&format!("/fails/{member}"), &|stated| json!([stated]));
    }
    for (at, sent) in step["sends"].as_array().into_iter().flatten().enumerate() {
        for member in sent.as_object().into_iter().flatten().map(|(name, _)| name) {
            change(
                &format!("/sends/{at}/{member}"),
                &|_| match member.as_str() {
                    "query" => json!({"another": "1"}),
                    "parts" => json!(["another"]),
                    _ => json!("another"),
                },
            );
        }
    }
    if let Some(sent) = step["sends"].as_array() {
        change("/sends", &|_| {
            json!([sent.as_slice(), &[json!({})]].concat())
        });
    }
    wrong
}

#[tokio::test]
async fn whatever_is_stated_is_looked_at() {
    let mut tried = 0;
    for case in client_cases() {
        for step in &case.steps {
            let read = |step: &Value| -> Step { serde_json::from_value(step.clone()).unwrap() };
            let (made, received) = made(&read(step)).await.unwrap();
            assert_eq!(judged(&read(step), &made, &received), Ok(()), "{}", case.id);
            for wrong in stated_otherwise(step) {
                tried += 1;
                let judged = judged(&read(&wrong), &made, &received);
                assert!(
                    matches!(judged, Err(Stop::Differs(_))),
                    "{}: {judged:?} for {wrong}",
                    case.id
                );
            }
        }
    }
    assert!(tried > 300, "{tried}");
}
