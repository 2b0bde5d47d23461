//! The OpenAPI document: its paths are the router's, and answers are as it says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::TestMock;

async fn document(test: &TestMock) -> Value {
    test.get("/_mock/openapi.json").await.json()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    let members = value.as_object().into_iter().flatten();
    members.map(|(key, _)| key.as_str()).collect()
}

#[tokio::test]
async fn a_path_has_the_methods_that_the_document_says() {
    let test = TestMock::start().await;
    let document = document(&test).await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let filled = path.replace(['{', '}'], "");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            // A stream does not end, so the status has to do.
            let answer = test
                .request(method, &filled)
                .body("[]")
                .send()
                .await
                .unwrap();
            let is_described = operations.get(method.to_lowercase()).is_some();
            assert_eq!(
                answer.status().as_u16() != 405,
                is_described,
                "{method} {path}"
            );
        }
        for (method, operation) in operations.as_object().unwrap() {
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap()),
                "{method} {path}"
            );
            let parameters = operation["parameters"].as_array().unwrap();
            let in_path = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path");
            assert_eq!(in_path.count(), path.matches('{').count(), "{path}");
        }
    }
    let index = test.get("/_mock/v1").await.json();
    let calls = index["calls"].as_array().unwrap();
    let mut listed: BTreeSet<&str> = calls
        .iter()
        .map(|call| call["path"].as_str().unwrap())
        .collect();
    listed.insert("/_mock/v1");
    assert_eq!(listed, keys(&document["paths"]));
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    match member {
                        Value::String(text) if key == "$ref" => drop(found.insert(text)),
                        other => references(other, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let test = TestMock::start().await;
    let document = document(&test).await;
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 10, "{found:?}");
    for reference in found {
        let place = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(place).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn what_a_call_takes_is_read_off_its_handler() {
    let test = TestMock::start().await;
    let document = document(&test).await;
    let body = |path: &str, method: &str| {
        let schema = &document["paths"][format!("/_mock/v1{path}")][method]["requestBody"]["content"]
            ["application/json"]["schema"];
        let place = schema["$ref"].as_str().unwrap();
        document.pointer(&place[1..]).unwrap().clone()
    };
    assert_eq!(
        keys(&body("/clock", "post")["properties"]),
        BTreeSet::from(["set", "advance", "freeze"])
    );
    let trigger = body("/events/trigger", "post");
    assert_eq!(trigger["required"], json!(["appid", "event"]));
    let users = body("/users", "post");
    assert_eq!(
        keys(&users["properties"]),
        BTreeSet::from(["name", "unionid", "openids", "sex", "blocked"])
    );
    let query = document["paths"]["/_mock/v1/requests"]["get"]["parameters"]
        .as_array()
        .unwrap();
    let names: BTreeSet<&str> = query
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        BTreeSet::from(["path", "appid", "errcode", "refused", "limit", "before"])
    );
}

#[tokio::test]
async fn answers_have_the_members_that_the_document_says() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    assert!(test.claim("alice", &card_id, "n").await.is_success());
    let document = document(&test).await;
    let appid = test.mock.official_account().appid;
    let mut checked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(operation) = operations.get("get").filter(|_| !path.ends_with("/stream")) else {
            continue;
        };
        let filled = path
            .replace("{appid}", &appid)
            .replace("{name}", "alice")
            .replace("{card_id}", &card_id)
            .replace("{id}", "call-1");
        let answer = test.get(&filled).await;
        assert_eq!(answer.status, 200, "{path}");
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let (answer, known) = (answer.json(), keys(&schema["properties"]));
        let required = schema["required"].as_array().unwrap().iter();
        for key in required {
            assert!(answer.get(key.as_str().unwrap()).is_some(), "{path}: {key}");
        }
        if schema["additionalProperties"] == false {
            let others: Vec<&str> = keys(&answer).difference(&known).copied().collect();
            assert!(others.is_empty(), "{path}: {others:?}");
        }
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}
