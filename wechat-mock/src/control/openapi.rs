//! `GET /_mock/openapi.json`: the control API as an OpenAPI 3.1 document, made from its calls.

use std::sync::LazyLock;

use axum::{Json, response::IntoResponse};
use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Operation, Path},
    paths,
    schema::Schemas,
    whole_path,
};

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

pub(crate) async fn show() -> impl IntoResponse {
    Json(DOCUMENT.clone())
}

fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut shown = Map::new();
    for path in paths() {
        let operations = path
            .operations
            .iter()
            .map(|operation| {
                let name = operation.method.as_str().to_ascii_lowercase();
                (name, described(&path, operation, &mut schemas))
            })
            .collect();
        shown.insert(whole_path(path.path), Value::Object(operations));
    }
    let mut schemas = schemas.take();
    schemas.insert("Error".to_owned(), error());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "wechat-mock control API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The world behind the mock: clock, accounts, customers and their phones, the journal, faults, events. Times are seconds since 1970 on the mock's clock.",
        },
        "servers": [{"url": "/"}],
        // A mock on a loopback address asks for no token unless one was set.
        "security": [{}, {"token": []}],
        "paths": shown,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {"Refused": {
                "description": "400 no JSON, 401 no token, 403 a foreign page, 404 unknown, 405 another method, 409 wrong state, 422 a wrong value, 503 too many readers",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            }},
        },
    })
}

fn error() -> Value {
    let text = json!({"type": "string"});
    json!({
        "type": "object",
        "required": ["error"],
        "properties": {"error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": text, "message": text, "field": text},
        }},
    })
}

fn described(path: &Path, operation: &Operation, schemas: &mut Schemas) -> Value {
    let takes = operation.takes(schemas);
    let mut parameters: Vec<Value> = names_in(path.path)
        .map(|name| {
            json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
        })
        .collect();
    parameters.extend(takes.query.iter().flat_map(in_query));
    let mut shown = json!({
        "operationId": operation_id(path.path, operation),
        "summary": operation.does,
        "parameters": parameters,
        "responses": {
            operation.status.to_string(): {
                "description": operation.does,
                "content": content(operation.answer),
            },
            "default": {"$ref": "#/components/responses/Refused"},
        },
    });
    if let Some((schema, is_required)) = takes.body {
        shown["requestBody"] = json!({
            "required": is_required,
            "content": {"application/json": {"schema": schema}},
        });
    }
    shown
}

/// The names in braces.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|piece| {
        let name = piece.strip_prefix('{')?;
        name.strip_suffix('}')
    })
}

/// The members of a query's schema as parameters.
fn in_query(schema: &Value) -> Vec<Value> {
    let required = schema["required"].as_array();
    let members = schema["properties"].as_object().into_iter().flatten();
    members
        .map(|(name, member)| {
            let is_required = required.is_some_and(|names| names.iter().any(|known| known == name));
            let mut member = member.clone();
            let description = member
                .as_object_mut()
                .and_then(|member| member.remove("description"));
            let mut shown =
                json!({"name": name, "in": "query", "required": is_required, "schema": member});
            if let Some(description) = description {
                shown["description"] = description;
            }
            shown
        })
        .collect()
}

/// A name such as `get_users_name_wallet`.
fn operation_id(path: &str, operation: &Operation) -> String {
    let words = path
        .split(['/', '-', '_', '{', '}'])
        .filter(|word| !word.is_empty());
    let method = operation.method.as_str().to_ascii_lowercase();
    let words: Vec<&str> = std::iter::once(method.as_str()).chain(words).collect();
    words.join("_")
}

fn content(answer: Answer) -> Value {
    let (names, is_open) = match answer {
        Answer::Events => {
            let schema = json!({
                "type": "string",
                "description": "events request, claim, event, clock and world; data is the JSON of the thing's entry in its list, for world {\"reason\"}",
            });
            return json!({"text/event-stream": {"schema": schema}});
        }
        Answer::Members(names) => (names, false),
        Answer::AtLeast(names) => (names, true),
    };
    let mut members = Map::new();
    for name in names {
        members.insert(name.trim_end_matches('?').to_owned(), json!({}));
    }
    let required: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !name.ends_with('?'))
        .collect();
    json!({"application/json": {"schema": {
        "type": "object",
        "required": required,
        "properties": members,
        "additionalProperties": is_open,
    }}})
}
