//! The mock answers what WeChat was seen to answer: every captured exchange is played on it.
//!
//! What is to come back stands in `fixtures/data/captures` word for word; nothing is read from the
//! tables that the mock answers from.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::Value;

mod http;
mod matching;
mod player;
mod pushed;

use player::Player;

/// Entries that the mock does not answer like WeChat yet, and why. One that does is a failure too,
/// so that the list cannot outlive its reasons.
const PENDING: &[(&str, &str)] = &[];

/// Why a step did not go as captured.
#[derive(Debug)]
struct Mismatch(String);

impl<T: Into<String>> From<T> for Mismatch {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

/// Plays every entry of one file, each on a mock of its own.
async fn replay(kind: &str) {
    let mut report = String::new();
    let mut played = 0;
    let of_kind = fixtures::captures().filter(|file| file["kind"] == kind);
    for entry in of_kind.flat_map(|file| file["captures"].as_array().unwrap()) {
        let id = entry["id"].as_str().unwrap();
        if entry["not_played"].is_string() {
            continue;
        }
        played += 1;
        let outcome = Player::start(entry).await.play(entry).await;
        let pending = PENDING.iter().find(|(pending, _)| *pending == id);
        match (outcome, pending) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some((_, reason))) => {
                writeln!(
                    report,
                    "{id} holds, and is still listed as pending: {reason}"
                )
                .unwrap();
            }
            (Err((step, Mismatch(why))), None) => {
                let about = entry["about"].as_str().unwrap();
                writeln!(report, "{id}, step {step} ({about}): {why}").unwrap();
            }
        }
    }
    assert!(report.is_empty(), "\n{report}");
    assert!(played > 0, "nothing of {kind} was played");
}

/// A test for each file.
macro_rules! kinds {
    ($($name:ident: $kind:literal),* $(,)?) => {
        const KINDS: &[&str] = &[$($kind),*];

        $(
            #[tokio::test]
            async fn $name() {
                replay($kind).await;
            }
        )*
    };
}

kinds! {
    the_text_of_47001_and_unknown_keys: "K1",
    what_card_get_shows: "K2",
    what_code_get_shows: "K3",
    what_userinfo_get_shows: "K4",
    statistics: "K5",
    pushes: "K6",
    uploads_and_their_names: "K7",
    what_card_update_takes: "K8",
    how_strictly_values_are_read: "K9",
    calls_on_cards_they_do_not_suit: "K10",
    limits_and_combinations: "K11",
    numbers_and_texts_of_errors: "K12",
    spoilt_encrypted_codes: "K13",
    qr_codes: "K14",
    explanations: "K15",
    calls_of_some_editions: "K16",
    what_other_clients_send: "K17",
    the_http_layer_in_front: "L1",
    texts_of_upload_errors: "L2",
    tokens: "L3",
    logins: "L4",
    elements_of_pushes: "L5",
    member_cards: "L6",
    the_order_of_card_get: "L7",
    qr_codes_pages_and_numbers: "L8",
    the_phone: "L9",
    official_pages: "official",
}

#[test]
fn every_file_is_replayed() {
    let files: BTreeSet<&str> = fixtures::captures()
        .map(|file| file["kind"].as_str().unwrap())
        .collect();
    assert_eq!(files, KINDS.iter().copied().collect());
}

#[test]
fn every_entry_is_played_or_says_why_not() {
    let mut ids = BTreeSet::new();
    for file in fixtures::captures() {
        for entry in file["captures"].as_array().unwrap() {
            let id = entry["id"].as_str().unwrap();
            assert!(ids.insert(id), "{id} stands twice");
            let has_steps = entry["steps"]
                .as_array()
                .is_some_and(|steps| !steps.is_empty());
            let has_reason = entry["not_played"]
                .as_str()
                .is_some_and(|why| !why.is_empty());
            assert!(has_steps != has_reason, "{id}");
            if has_steps {
                assert!(has_expectation(entry), "{id} expects nothing");
            }
        }
    }
    for (id, reason) in PENDING {
        assert!(ids.contains(id), "no entry {id}");
        assert!(!reason.is_empty(), "{id}");
    }
}

/// Whether the last step could fail: any call can, as it must not be refused.
fn has_expectation(entry: &Value) -> bool {
    let last = entry["steps"].as_array().and_then(|steps| steps.last());
    last.is_some_and(|step| {
        ["call", "card", "claim", "push"]
            .iter()
            .any(|kind| !step[*kind].is_null())
    })
}
