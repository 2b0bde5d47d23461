//! Valid calls of every path, damaged at random: each is answered, and as WeChat answers.

use std::time::Duration;

use proptest::{collection::vec, prelude::*, sample::Index};
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Value, json};

mod calls;
mod damage;
mod growth;
mod members;

use calls::{ADD_CARD, Call, Things};
use damage::{Damage, damage, nest};

use crate::{
    random::{check, runtime},
    support::{Answer, TestMock},
};

/// A call that is not answered by then never will be.
const PATIENCE: Duration = Duration::from_secs(10);

async fn send(test: &TestMock, call: &Call, damages: &[Damage]) -> Answer {
    let query: Vec<String> = call
        .query
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let mut request = test
        .request(call.method, &format!("{}?{}", call.path, query.join("&")))
        .header(
            CONTENT_TYPE,
            HeaderValue::from_bytes(&call.content_type).unwrap(),
        )
        .body(nest(call.body.bytes()));
    for damage in damages {
        if let Damage::Header(name, value) = damage
            && *name != "content-type"
        {
            let name = HeaderName::from_static(name);
            request = request.header(name, HeaderValue::from_bytes(value).unwrap());
        }
    }
    tokio::time::timeout(PATIENCE, test.send(request))
        .await
        .unwrap_or_else(|_| panic!("no answer after {PATIENCE:?}"))
}

/// Whether it is an answer of WeChat's: JSON with a number or a success without one, or a file.
fn is_picture(answer: &Answer) -> bool {
    ["image/jpeg", "image/svg+xml"].contains(&answer.content_type.as_str())
}

fn is_wechats(answer: &Answer) -> bool {
    if is_picture(answer) {
        return answer.status == 200;
    }
    let json: Result<Value, _> = serde_json::from_slice(&answer.body);
    answer.status == 200
        && json.is_ok_and(|json| json.is_object() && json.get("errcode").is_none_or(Value::is_i64))
}

fn is_of_the_control_api(answer: &Answer) -> bool {
    let json: Result<Value, _> = serde_json::from_slice(&answer.body);
    answer.status < 500 && json.is_ok_and(|json| json.is_object())
}

#[test]
fn the_calls_are_valid_before_they_are_damaged() {
    runtime().block_on(async {
        let test = TestMock::start().await;
        let things = Things::make(&test).await;
        for call in things.calls(&test) {
            let answer = send(&test, &call, &[]).await;
            assert!(is_wechats(&answer), "{}", call.path);
            assert!(
                is_picture(&answer) || answer.errcode() == 0,
                "{}: {}",
                call.path,
                answer.text()
            );
        }
    });
}

#[test]
fn a_damaged_call_is_answered_all_the_same() {
    let runtime = runtime();
    let tests = [false, true].map(|is_strict| {
        runtime.block_on(async {
            let test = TestMock::start().await;
            let things = Things::make(&test).await;
            if is_strict {
                let strict = json!({"unicode_escape": "literal", "unknown_key": "ignore", "nonce": "required"});
                let answer = test.control("PATCH", "switches", &strict).await;
                assert_eq!(answer.status, 200);
            }
            let calls = things.calls(&test);
            (test, calls)
        })
    });

    let case = (any::<bool>(), any::<Index>(), vec(damage(), 1..4));
    check(1500, &case, |(is_strict, which, damages)| {
        let (test, calls) = &tests[usize::from(is_strict)];
        let call = which.get(calls).clone().damaged(&damages);
        let answer = runtime.block_on(send(test, &call, &damages));
        let is_fit = if call.path == ADD_CARD {
            is_of_the_control_api(&answer)
        } else {
            is_wechats(&answer)
        };
        let shown = String::from_utf8_lossy(&answer.body);
        prop_assert!(
            is_fit,
            "{call:?}\n{} {}\n{shown}",
            answer.status,
            answer.content_type
        );

        // A damaged card that was taken can be claimed, or not, but hurts nobody.
        if call.path == "/card/create"
            && let Some(card_id) = answer.json()["card_id"].as_str()
        {
            let claim = runtime.block_on(test.claim("bob", card_id, "n"));
            prop_assert!(claim.err_msg().starts_with("addCard:"));
            let _wallet = test.mock.user("bob").wallet().unwrap();
        }
        Ok(())
    });

    for (test, _) in &tests {
        runtime.block_on(async {
            let world = test.control("GET", "world", &Value::Null).await.json();
            let put = test.control("PUT", "world", &world).await;
            assert_eq!(put.status, 200, "{}", put.text());
            let again = test.control("GET", "world", &Value::Null).await.json();
            assert!(again == world, "what was exported comes in as it went");
        });
    }
}
