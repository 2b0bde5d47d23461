//! Answers that say more than they are known for, or say it otherwise.

use std::sync::LazyLock;

use fixtures::exchange;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{
    calls::{make, names},
    support::{answer, client, server},
};

/// Any JSON that is not too deep.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..3)
                .prop_map(|map| map.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// A field that no answer is known for.
fn unknown_field() -> impl Strategy<Value = (String, Value)> {
    ("new_[a-z]{1,6}", anything())
}

/// The same answer with more fields in every object of it.
fn with_more(value: &Value, more: &[(String, Value)]) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| with_more(item, more)).collect(),
        Value::Object(members) => {
            let known = members
                .iter()
                .map(|(name, member)| (name.clone(), with_more(member, more)));
            Value::Object(more.iter().cloned().chain(known).collect())
        }
        other => other.clone(),
    }
}

/// The same answer with its numbers as text, but for WeChat's own number.
fn with_text(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(with_text).collect(),
        Value::Object(members) => {
            let member = |(name, member): (&String, &Value)| match name.as_str() {
                "errcode" => (name.clone(), member.clone()),
                _ => (name.clone(), with_text(member)),
            };
            Value::Object(members.iter().map(member).collect())
        }
        Value::Number(number) => json!(number.to_string()),
        other => other.clone(),
    }
}

fn reply(name: &str) -> Value {
    let exchange = exchange(name);
    serde_json::from_str(exchange["reply"]["text"].as_str().unwrap()).unwrap()
}

/// What the call of an exchange reads from an answer.
async fn read(name: &str, reply: &Value) -> String {
    let server = server().await;
    let path = exchange(name)["request"]["path"]
        .as_str()
        .unwrap()
        .to_owned();
    answer(&server, &path, reply).await;
    let made = make(&client(&server), name).await;
    made.unwrap_or_else(|error| panic!("{name}: {error:?} in {reply}"))
}

/// The exchanges that are no refusals.
static SUCCESSES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    names()
        .filter(|name| reply(name)["errcode"].as_i64().unwrap_or(0) == 0)
        .collect()
});

#[tokio::test]
async fn numbers_are_read_from_text_as_well() {
    for name in SUCCESSES.iter() {
        let known = reply(name);
        assert_eq!(
            read(name, &known).await,
            read(name, &with_text(&known)).await,
            "{name}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn fields_that_nobody_knows_change_nothing(
        name in prop::sample::select(&**SUCCESSES),
        more in prop::collection::vec(unknown_field(), 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let known = reply(name);
            let expected = read(name, &known).await;
            prop_assert_eq!(expected, read(name, &with_more(&known, &more)).await);
            Ok(())
        })?;
    }
}
