//! `GET /_mock/v1`: what the control API can do.

use axum::Json;
use serde_json::{Value, json};

/// Methods, path and purpose of each call.
#[rustfmt::skip]
const CALLS: &[(&[&str], &str, &str)] = &[
    (&["GET"], "/_mock/v1/health", "whether the mock answers"),
    (&["GET", "PUT"], "/_mock/v1/world", "the whole world as one JSON, out and in"),
    (&["POST"], "/_mock/v1/reset", "back to the world it began with"),
    (&["GET", "POST"], "/_mock/v1/clock", "the mock's time: advance, set, freeze"),
    (&["GET", "POST"], "/_mock/v1/accounts", "Official Accounts and mini-programs"),
    (&["GET", "PATCH"], "/_mock/v1/accounts/{appid}", "one account"),
    (&["POST"], "/_mock/v1/accounts/{appid}/verify-callback", "WeChat's check of the callback's URL"),
    (&["POST"], "/_mock/v1/accounts/{appid}/sub-merchants/{id}/review", "the reviewer of sub-merchants"),
    (&["GET", "POST"], "/_mock/v1/users", "customers"),
    (&["GET", "PATCH"], "/_mock/v1/users/{name}", "one customer"),
    (&["POST"], "/_mock/v1/users/{name}/login", "what wx.login does"),
    (&["POST"], "/_mock/v1/users/{name}/add-card", "what wx.addCard does"),
    (&["POST"], "/_mock/v1/users/{name}/choose-card", "what wx.chooseCard does"),
    (&["POST"], "/_mock/v1/users/{name}/open-card", "what wx.openCard does"),
    (&["GET"], "/_mock/v1/users/{name}/messages", "messages with a card that accounts sent"),
    (&["POST"], "/_mock/v1/users/{name}/messages/{id}/add-card", "claims the card of a message"),
    (&["GET"], "/_mock/v1/users/{name}/wallet", "what the customer holds"),
    (&["POST"], "/_mock/v1/users/{name}/scan", "scans a QR code"),
    (&["POST"], "/_mock/v1/users/{name}/cards/{code}/gift", "offers a code to a friend"),
    (&["POST"], "/_mock/v1/users/{name}/cards/{code}/accept", "takes what a friend offers"),
    (&["POST"], "/_mock/v1/users/{name}/cards/{code}/delete", "throws a code away"),
    (&["POST"], "/_mock/v1/users/{name}/cards/{code}/view", "opens a code"),
    (&["POST"], "/_mock/v1/users/{name}/cards/{code}/consume", "redeems a code by its self-service cell"),
    (&["POST"], "/_mock/v1/users/{name}/cards/{code}/activate", "sends the form of a member card off"),
    (&["POST"], "/_mock/v1/cards/{card_id}/review", "the reviewer of cards"),
    (&["GET", "DELETE"], "/_mock/v1/requests", "the calls on WeChat's paths"),
    (&["GET"], "/_mock/v1/explain/{id}", "why a call or claim was refused"),
    (&["GET", "POST", "DELETE"], "/_mock/v1/faults", "what goes wrong on demand"),
    (&["GET", "DELETE"], "/_mock/v1/events", "what happened, and what became of telling it"),
    (&["POST"], "/_mock/v1/events/trigger", "lets an event happen"),
    (&["POST"], "/_mock/v1/events/{id}/resend", "sends an event once more"),
    (&["GET", "PATCH"], "/_mock/v1/switches", "where WeChat is lax or unknown"),
];

pub(super) async fn show() -> Json<Value> {
    let calls: Vec<Value> = CALLS
        .iter()
        .map(|(methods, path, does)| json!({"methods": methods, "path": path, "does": does}))
        .collect();
    Json(json!({"name": "wechat-mock", "version": env!("CARGO_PKG_VERSION"), "calls": calls}))
}
