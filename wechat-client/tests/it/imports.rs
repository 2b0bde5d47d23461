//! Many codes, imported 100 by 100.

use serde_json::{Value, json};
use wechat_client::{CardCode, ErrCode, Error};

use crate::support::{answer, answer_first, calls, client, refusal, server};

const DEPOSIT: &str = "/card/code/deposit";

fn codes(number: usize) -> Vec<CardCode> {
    (0..number).map(|at| format!("S{at:04}").into()).collect()
}

fn deposited(succeeded: &[&str], duplicate: &[&str]) -> Value {
    json!({
        "errcode": 0, "errmsg": "ok",
        "succ_code": succeeded, "duplicate_code": duplicate, "fail_code": [],
    })
}

#[tokio::test]
async fn many_codes_leave_100_by_100_and_their_answers_are_joined() {
    let server = server().await;
    answer_first(&server, DEPOSIT, 2, &deposited(&["a"], &["b"])).await;
    answer(&server, DEPOSIT, &deposited(&["c"], &[])).await;
    let made = client(&server)
        .import_all_codes(&"p".into(), &codes(201))
        .await;
    let imported = made.unwrap();
    assert_eq!(imported.succeeded, ["a", "a", "c"].map(CardCode::from));
    assert_eq!(imported.duplicate, ["b", "b"].map(CardCode::from));

    let sent: Vec<Value> = calls(&server, DEPOSIT)
        .await
        .iter()
        .map(|call| call.body_json().unwrap())
        .collect();
    let length = |call: &Value| call["code"].as_array().unwrap().len();
    assert_eq!(sent.iter().map(length).collect::<Vec<_>>(), [100, 100, 1]);
    assert_eq!(sent[1]["code"][0], "S0100");
}

#[tokio::test]
async fn an_import_that_stops_tells_how_far_it_came() {
    let server = server().await;
    answer_first(&server, DEPOSIT, 1, &deposited(&["a"], &[])).await;
    answer(&server, DEPOSIT, &refusal(-1)).await;
    let made = client(&server)
        .import_all_codes(&"p".into(), &codes(300))
        .await;
    let stopped = made.unwrap_err();
    assert_eq!(stopped.answered, 100);
    assert_eq!(stopped.imported.succeeded, ["a".into()]);
    assert_eq!(stopped.source.errcode(), Some(ErrCode::SYSTEM_BUSY));
    assert_eq!(calls(&server, DEPOSIT).await.len(), 2, "never made again");
}

#[tokio::test]
async fn a_code_that_stands_twice_far_apart_stops_the_import_before_it_begins() {
    let server = server().await;
    let mut codes = codes(200);
    codes.push("S0000".into());
    let made = client(&server).import_all_codes(&"p".into(), &codes).await;
    let stopped = made.unwrap_err();
    assert!(matches!(stopped.source, Error::NotSent { .. }));
    assert_eq!(stopped.answered, 0);
    assert!(calls(&server, DEPOSIT).await.is_empty());
}

#[tokio::test]
async fn no_codes_are_imported_without_a_call() {
    let server = server().await;
    let made = client(&server).import_all_codes(&"p".into(), &[]).await;
    assert!(made.unwrap().succeeded.is_empty());
    assert!(server.received_requests().await.unwrap().is_empty());
}
