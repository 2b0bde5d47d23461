//! The calls of WeChat's that the mock answers.

use axum::Json;
use serde_json::{Value, json};

use crate::{api, facts};

pub(super) async fn list() -> Json<Value> {
    let calls = api::calls().map(|(method, path)| {
        let mut call = json!({"method": method, "path": path});
        if let Some(name) = facts::call_name(path) {
            call["name"] = name;
        }
        call
    });
    Json(json!({"calls": calls.collect::<Vec<_>>()}))
}
