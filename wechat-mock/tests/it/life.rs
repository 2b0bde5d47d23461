//! The life of cards and codes, from both sides of the counter.

use serde_json::{Value, json};

use crate::support::{Answer, TestMock};

mod cards;
mod deposits;
mod gifts;
mod model;
mod scans;
mod states;

/// What a customer does with a code on their phone.
async fn on_phone(test: &TestMock, user: &str, code: &str, what: &str, body: Value) -> Answer {
    let path = format!("users/{user}/cards/{code}/{what}");
    test.control("POST", &path, &body).await
}

/// The card of a test about gifts: it can be given away.
async fn giveable(test: &TestMock) -> String {
    test.create_with(|base| base["can_give_friend"] = json!(true))
        .await
}

/// The state that code/get answers, 40056 and the like as text when there is none.
async fn status(test: &TestMock, code: &str) -> String {
    let call = json!({"code": code, "check_consume": false});
    let answer = test.post("/card/code/get", &call).await.json();
    let status = answer["user_card_status"].as_str();
    status.map_or_else(|| answer["errcode"].to_string(), str::to_owned)
}
