use bytes::Bytes;
use serde_json::json;

use super::{
    redact::TEXT,
    row::{BODY, Body, PAIRS},
    *,
};
use crate::api::call::Query;

#[test]
fn a_body_that_is_no_json_is_shown_only_without_secrets() {
    let show = |text: &'static str| Body::sent(&Bytes::from_static(text.as_bytes())).show("");
    assert_eq!(show("a=1&b=2"), json!("a=1&b=2"));
    assert_eq!(
        show("a=1&secret=x"),
        json!({"bytes": 12, "content_type": ""})
    );
    assert_eq!(show(""), Value::Null);
}

#[test]
fn a_row_keeps_no_more_of_a_connection_than_its_body() {
    let read = Bytes::from(vec![b'x'; 8 * 1024]);
    let mut journal = Journal::default();
    let mut row = answered("/a", 0);
    row.call.body = read.slice(100..110);
    journal.write(row);
    assert!(read.is_unique());
    assert_eq!(journal.rows[0].request.kept, "x".repeat(10));
}

pub(crate) fn answered(path: &str, length: usize) -> Answered {
    Answered {
        call: Call::bare(path, vec![b'x'; length].into()),
        now: 1,
        appid: None,
        wire: Wire::foreign("text/html", Bytes::new()),
        advice: Vec::new(),
        outcome: Outcome::Done,
        fault: None,
    }
}

#[test]
fn the_oldest_row_makes_room_for_the_newest() {
    let mut journal = Journal::default();
    for number in 0..=ROWS {
        journal.write(answered(&format!("/{number}"), 0));
    }
    assert_eq!(journal.rows.len(), ROWS);
    assert_eq!(journal.rows[0].path, "/1");
    assert_eq!(journal.rows[ROWS - 1].path, format!("/{ROWS}"));
    assert_eq!(journal.explain("call-1"), None);
}

#[test]
fn a_long_body_is_cut_and_says_how_long_it_was() {
    let mut journal = Journal::default();
    journal.write(answered("/a", BODY));
    journal.write(answered("/b", BODY + 1));
    let shown = journal.show(&Filter::default());
    assert_eq!(shown[0]["request"].as_str().unwrap().len(), BODY);
    assert_eq!(shown[1]["request"]["bytes"], BODY + 1);
    assert_eq!(journal.rows[1].request.kept.len(), BODY);
    // However long bodies are, all rows together stay within their bounds.
    for _ in 0..20_000 {
        journal.write(answered("/c", BODY));
    }
    let held: usize = journal.rows.iter().map(Row::size).sum();
    assert!(held <= BYTES && held == journal.bytes, "{held}");
    journal.clear();
    assert_eq!((journal.bytes, journal.rows.len()), (0, 0));
}

#[test]
fn whatever_a_row_holds_is_cut_and_counted() {
    let long = "券".repeat(2_000);
    let mut journal = Journal::default();
    for number in 0..3_000 {
        let mut row = answered(&format!("/{number}{long}"), 0);
        row.call.content_type = long.clone();
        row.call.query = Query::parse(Some(&format!("a={long}&{}", "b=c&".repeat(200))));
        row.appid = Some(long.clone());
        row.advice = vec![Advice::new("WX-ADV-005", long.as_str())];
        row.outcome = Outcome::Refused(
            Refusal::new("WX-CRD-002")
                .expected(long.as_str())
                .received(long.as_str())
                .wording(long.as_str())
                .tail(long.as_str()),
        );
        journal.write(row);
    }
    let row = &journal.rows[0];
    assert!(
        (8 * 1024..64 * 1024).contains(&row.size()),
        "{}",
        row.size()
    );
    assert!(journal.bytes <= BYTES);
    let held: usize = journal.rows.iter().map(Row::size).sum();
    assert_eq!(held, journal.bytes);
    assert_eq!(row.query.len(), PAIRS);
    assert!(row.explain().to_string().len() < 64 * 1024);
}

#[test]
fn only_so_many_claims_are_known_when_they_are_signed_again() {
    let mut journal = Journal::default();
    for number in 0..3 * STAMPS {
        let stamp = Stamp {
            timestamp: number.to_string(),
            nonce_str: String::new(),
            signature: String::new(),
            user: "alice".to_owned(),
        };
        journal.next_claim(std::iter::once(stamp));
    }
    assert_eq!(journal.stamps().len(), STAMPS);
}

#[test]
fn claims_are_cut_and_counted_and_stand_in_their_order() {
    let long = "券".repeat(2_000);
    let mut journal = Journal::default();
    for number in [2, 1, 3] {
        journal.keep_claim(number, json!({"id": number, "received": long}));
    }
    let numbers: Vec<u64> = journal.claims.iter().map(|claim| claim.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    let record = journal.explain("claim-2").unwrap();
    assert!(record["received"].as_str().unwrap().len() <= TEXT + 3);

    for number in 4..500 {
        let cards = vec![json!({"received": long}); 100];
        journal.keep_claim(number, json!({"cards": cards}));
    }
    assert!(journal.claim_bytes <= CLAIM_BYTES);
    assert_eq!(journal.explain("claim-4"), None);
    assert!(journal.explain("claim-499").is_some());
    assert!(journal.explain("claim-0499").is_none());
}
