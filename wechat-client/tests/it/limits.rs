//! What is over a limit is refused before anything is sent.

use serde_json::json;
use wechat_client::{
    CardCode, Error,
    card::{QrCard, QrTarget, TestUsers},
    stats::{Days, MadeBy},
};

use crate::support::{client, server};

/// Nothing was sent, not even for a token, and the text says what to change.
async fn is_not_sent<T: std::fmt::Debug>(
    server: &wiremock::MockServer,
    made: Result<T, Error>,
    reason: &str,
) {
    let error = made.unwrap_err();
    assert!(matches!(error, Error::NotSent { .. }), "{error:?}");
    assert!(error.to_string().contains(reason), "{error}");
    assert!(!error.is_outage());
    assert_eq!(error.errcode(), None);
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_qr_code_lives_60_to_1800_seconds_and_hands_out_something() {
    let server = server().await;
    let client = client(&server);
    let card = QrTarget::One(QrCard::of("p".into()));
    for seconds in [0, 59, 1801] {
        let made = client.create_qr_code(&card, Some(seconds)).await;
        is_not_sent(&server, made, "60 to 1800").await;
    }
    let made = client
        .create_qr_code(&QrTarget::Many(Vec::new()), None)
        .await;
    is_not_sent(&server, made, "cards: 0").await;
}

#[tokio::test]
async fn there_are_at_most_10_test_users() {
    let server = server().await;
    let users = TestUsers {
        openids: vec!["o".into(); 6],
        user_names: vec!["tester".to_owned(); 5],
    };
    let made = client(&server).set_test_users(&users).await;
    is_not_sent(&server, made, "0 to 10").await;
}

#[tokio::test]
async fn codes_are_imported_and_checked_100_at_once_and_none_twice_or_empty() {
    let server = server().await;
    let client = client(&server);
    let card_id = "p".into();
    let many: Vec<CardCode> = (0..101).map(|at| at.to_string().into()).collect();
    for codes in [&many[..], &[]] {
        let made = client.import_codes(&card_id, codes).await;
        is_not_sent(&server, made, "1 to 100").await;
        let made = client.check_codes(&card_id, codes).await;
        is_not_sent(&server, made, "1 to 100").await;
    }
    let made = client
        .import_codes(&card_id, &["1".into(), "".into()])
        .await;
    is_not_sent(&server, made, "code 1 is empty").await;
    let twice = ["1", "2", "1"].map(CardCode::from);
    let made = client.import_codes(&card_id, &twice).await;
    is_not_sent(&server, made, "code 2 is there before").await;
}

#[tokio::test]
async fn numbers_are_asked_for_1_to_62_days() {
    let server = server().await;
    let client = client(&server);
    for (first, last) in [("2026-06-02", "2026-06-01"), ("2026-06-01", "2026-08-02")] {
        let days = Days {
            first: first.parse().unwrap(),
            last: last.parse().unwrap(),
        };
        let made = client.day_totals(days, MadeBy::Api).await;
        is_not_sent(&server, made, "1 to 62").await;
        let made = client.card_days(days, MadeBy::Api, None).await;
        is_not_sent(&server, made, "1 to 62").await;
        let made = client.member_totals(days, MadeBy::Api).await;
        is_not_sent(&server, made, "1 to 62").await;
        let made = client.member_card_days(days, &"p".into()).await;
        is_not_sent(&server, made, "1 to 62").await;
    }
    let longest = Days {
        first: "2026-06-01".parse().unwrap(),
        last: "2026-08-01".parse().unwrap(),
    };
    crate::support::answer(&server, "/datacube/getcardbizuininfo", &json!({"list": []})).await;
    let rows = client.day_totals(longest, MadeBy::Api).await.unwrap();
    assert!(rows.is_empty());
}
