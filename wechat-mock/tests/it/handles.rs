//! What a test holds: owned handles, refusals as errors, typed rows, and no secret in what is printed.

use std::time::Duration;

use serde_json::{Value, json};
use wechat_mock::{
    Account, AddCardOutcome, CardExt, Clock, ControlError, EventRow, Events, Explanation, Fault,
    FaultKind, FaultRow, Faults, Journal, JournalRow, MockWechat, User, WalletEntry,
};

use crate::support::{NOW, TestMock};

fn can_go_anywhere<T: Clone + Send + Sync + 'static>() {}

#[test]
fn handles_rows_and_errors_can_go_anywhere() {
    can_go_anywhere::<(Account, User, Clock, Faults, Events, Journal)>();
    can_go_anywhere::<(AddCardOutcome, Explanation, JournalRow, EventRow)>();
    can_go_anywhere::<(WalletEntry, FaultRow, ControlError, CardExt)>();
}

#[tokio::test]
async fn a_handle_moves_into_a_task() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let ext = test.card_ext(&card_id, "n-1").await;
    let (alice, appid) = (test.mock.user("alice"), test.mock.mini_program().appid);
    let journal = test.mock.journal();

    let claim = tokio::spawn(async move { alice.add_card(&appid, &card_id, &ext) });
    let outcome = claim.await.unwrap().unwrap();
    assert!(outcome.is_success(), "{outcome:?}");
    let of_create = std::thread::spawn(move || journal.of_path("/card/create"));
    assert_eq!(of_create.join().unwrap().len(), 1);
}

#[tokio::test]
async fn a_card_ext_is_a_text_or_json() {
    let test = TestMock::start().await;
    let (alice, appid) = (test.mock.user("alice"), test.mock.mini_program().appid);
    let written = String::from(r#"{"timestamp":"1"}"#);
    let value: Value = json!({"timestamp": "1"});
    let add = |ext: CardExt| {
        let outcome = alice.add_card(&appid, "pCard", ext).unwrap();
        outcome.rule().unwrap().to_owned()
    };

    let of_text = add(CardExt::from(&written));
    assert_eq!(add(written.as_str().into()), of_text);
    assert_eq!(add(written.into()), of_text);
    // A page that forgot to make a text of it is refused for that.
    let of_value = add(CardExt::from(&value));
    assert_ne!(of_value, of_text);
    assert_eq!(add(value.into()), of_value);
}

#[test]
fn a_plain_test_needs_no_runtime() {
    let mock = MockWechat::start_blocking();
    let code = mock.user("alice").login(&mock.mini_program().appid);
    assert_eq!(code.unwrap().len(), 32);
    let appid = mock.official_account().appid;
    let id = mock
        .events()
        .trigger(&appid, "user_del_card", "alice", json!({}));
    mock.events().settled_blocking();
    let error = mock.events().resend_blocking(&id.unwrap()).unwrap_err();
    assert_eq!((error.status, error.code), (409, "wrong_state"));
}

#[tokio::test]
async fn what_cannot_be_done_is_an_error_that_names_the_field() {
    let test = TestMock::start().await;
    let (mock, page) = (&test.mock, test.mock.mini_program().appid);
    let (alice, nobody) = (mock.user("alice"), mock.user("nobody"));
    let fault = |kind| Fault::new(kind).on("/card/get");
    let add = |fault| mock.faults().add(fault).map(|_| ());
    for (what, refused, status, field) in [
        (
            "login of nobody",
            nobody.login(&page).map(|_| ()),
            404,
            None,
        ),
        ("wallet of nobody", nobody.wallet().map(|_| ()), 404, None),
        (
            "login at an Official Account",
            alice.login(&mock.official_account().appid).map(|_| ()),
            422,
            Some("appid"),
        ),
        ("gift", alice.gift("110", "bob"), 404, None),
        ("accept", alice.accept("110").map(|_| ()), 404, None),
        ("delete", alice.delete("110"), 404, None),
        ("view", alice.view("110"), 404, None),
        ("consume", alice.consume("110"), 404, None),
        ("scan", alice.scan("110").map(|_| ()), 404, None),
        (
            "scan_url",
            alice.scan_url("http://a").map(|_| ()),
            404,
            None,
        ),
        (
            "no card at all",
            alice
                .add_cards(&page, Vec::<(String, String)>::new())
                .map(|_| ()),
            422,
            Some("cardList"),
        ),
        (
            "activate",
            alice.activate("110", json!({"x": 1})).map(|_| ()),
            422,
            Some("x"),
        ),
        ("backwards", mock.clock().advance(-1), 422, Some("advance")),
        ("before 1970", mock.clock().set(-1), 422, Some("set")),
        (
            "a success",
            add(fault(FaultKind::Errcode(0))),
            422,
            Some("errcode"),
        ),
        (
            "200",
            add(fault(FaultKind::HttpStatus(200))),
            422,
            Some("http_status"),
        ),
        (
            "never",
            add(fault(FaultKind::Reset).times(0)),
            422,
            Some("times"),
        ),
        (
            "misspelt",
            add(fault(FaultKind::Reset).on("/card/gett")),
            422,
            Some("path"),
        ),
    ] {
        let error = refused.expect_err(what);
        assert_eq!(
            (error.status, error.field.as_deref()),
            (status, field),
            "{what}: {error}"
        );
    }
    assert!(mock.faults().list().is_empty());
    assert_eq!(mock.clock().now(), NOW);
}

#[tokio::test]
async fn a_duration_is_as_good_as_seconds() {
    let test = TestMock::start().await;
    let clock = test.mock.clock();
    clock.advance(Duration::from_secs(7200)).unwrap();
    clock.advance(1).unwrap();
    // A piece of a second counts as a whole one.
    clock.advance(Duration::from_millis(1)).unwrap();
    assert_eq!(clock.now(), NOW + 7202);
}

#[tokio::test]
async fn several_cards_are_claimed_at_once() {
    let test = TestMock::start().await;
    let card_id = test.create().await;
    let ext = test.card_ext(&card_id, "n-1").await;
    let page = test.mock.mini_program().appid;
    let cards = [
        (card_id.clone(), ext),
        ("pOther".to_owned(), "{}".to_owned()),
    ];
    let outcome = test.mock.user("alice").add_cards(&page, cards).unwrap();
    let added = outcome.cards();
    assert_eq!(
        (added[0].card_id.as_str(), added[0].is_success),
        (card_id.as_str(), true)
    );
    assert!(added[0].encrypted_code.is_some());
    assert_eq!(
        (added[1].is_success, &added[1].encrypted_code),
        (false, &None)
    );
}

/// Checks that a row can be written as JSON and read back, and is the JSON it was made of.
fn survives<T>(row: &T, raw: &Value)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let json = serde_json::to_value(row).unwrap();
    assert_eq!(json, *raw);
    assert_eq!(serde_json::from_value::<T>(json).unwrap(), *row);
    assert!(serde_json::from_value::<T>(json!({})).is_err());
}

#[tokio::test]
async fn rows_are_typed_and_survive_json() {
    let test = TestMock::start().await;
    let (_, _, code) = test.claimed("alice").await;
    test.post("/card/code/consume", &json!({"code": "no such code"}))
        .await;

    let entry = test.mock.user("alice").wallet().unwrap().remove(0);
    assert_eq!(
        (entry.code.as_str(), entry.status.as_str()),
        (code.as_str(), "NORMAL")
    );
    survives(&entry, entry.raw());
    let event = test.mock.events().of("user_get_card").remove(0);
    assert_eq!(event.card_id.as_deref(), Some(entry.card_id.as_str()));
    survives(&event, event.raw());
    let row = test.mock.journal().of_path("/card/code/consume").remove(0);
    assert_eq!(row["id"], row.id);
    survives(&row, row.raw());
    let why = test.mock.journal().explain(&row.id).unwrap();
    assert_eq!(
        (why.errcode, why.outcome.as_str()),
        (Some(row.errcode), "refused")
    );
    survives(&why, why.raw());
    let fault = test
        .mock
        .faults()
        .add(Fault::new(FaultKind::Reset).times(1))
        .unwrap();
    survives(&fault, fault.raw());
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    let test = TestMock::start_with(MockWechat::builder().control_token("control-s3cret")).await;
    let builder = MockWechat::builder()
        .control_token("control-s3cret")
        .world(json!({"secret": "control-s3cret"}));
    let (mock, oa) = (&test.mock, test.mock.official_account());
    let ticket = test.ticket("wx_card").await;
    let printed = format!(
        "{mock:?} {oa:?} {builder:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        mock.user("alice"),
        mock.clock(),
        mock.faults(),
        mock.events(),
        mock.journal(),
        mock.journal().rows(),
    );
    for secret in [&oa.secret, &test.token, &ticket, "control-s3cret"] {
        assert!(!secret.is_empty() && !printed.contains(secret), "{printed}");
    }
    assert!(printed.contains("alice") && printed.contains(&oa.appid));
}
