//! `GET /_mock/v1`: what the control API can do.

use axum::Json;
use serde_json::{Value, json};

use super::{paths, whole_path};

pub(super) async fn show() -> Json<Value> {
    // The index itself is where it was found.
    let calls = paths().into_iter().filter(|path| path.path != "/");
    let calls = calls.map(|path| {
        let operations = path.operations.iter();
        let methods: Vec<&str> = operations
            .clone()
            .map(|operation| operation.method.as_str())
            .collect();
        let does: Vec<&str> = operations.map(|operation| operation.does).collect();
        json!({"methods": methods, "path": whole_path(path.path), "does": does.join("; ")})
    });
    Json(json!({
        "name": "wechat-mock",
        "version": env!("CARGO_PKG_VERSION"),
        "calls": calls.collect::<Vec<_>>(),
    }))
}
