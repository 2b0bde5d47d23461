//! Expectations: counted from the moment they are made, checked by `verify` and by the drop of the mock.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::json;
use wechat_mock::{Fault, FaultKind, MockWechat, Times};

use crate::support::TestMock;

/// The message with which `act` panics.
fn panic_of(act: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(act)).expect_err("it should have panicked");
    *panic.downcast::<String>().unwrap()
}

fn holds(act: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(act)).is_ok()
}

/// Consumes a code that nobody has: 40056, by a rule of its own.
async fn refused(test: &TestMock) -> i64 {
    let body = json!({"code": "110201201245"});
    test.post("/card/code/consume", &body).await.errcode()
}

#[tokio::test]
async fn calls_are_counted_from_the_moment_of_the_expectation() {
    let test = TestMock::start().await;
    test.create().await;
    let created = test.mock.expect().on("/card/create").times(2).unwrap();
    assert_eq!((created.count(), created.is_met()), (0, false));
    test.create().await;
    assert_eq!((created.count(), created.is_met()), (1, false));
    test.create().await;
    assert_eq!((created.count(), created.is_met()), (2, true));
    test.mock.verify();
    // Clearing the journal takes nothing back.
    test.mock.journal().clear();
    assert!(created.is_met());
    test.mock.verify();
}

#[tokio::test]
async fn a_number_or_any_range_holds_or_does_not() {
    let test = TestMock::start().await;
    let path = "/cgi-bin/getcallbackip";
    let cases: [(Times, [bool; 4]); 8] = [
        (0.into(), [true, false, false, false]),
        (1.into(), [false, true, false, false]),
        ((1..3).into(), [false, true, true, false]),
        ((1..=2).into(), [false, true, true, false]),
        ((2..).into(), [false, false, true, true]),
        ((..2).into(), [true, true, false, false]),
        ((..=2).into(), [true, true, true, false]),
        ((..).into(), [true, true, true, true]),
    ];
    let made: Vec<_> = cases
        .iter()
        .map(|(times, _)| test.mock.expect().on(path).times(*times).unwrap())
        .collect();
    for count in 0..4 {
        for (expectation, (times, met)) in made.iter().zip(&cases) {
            assert_eq!(expectation.count(), count as u64);
            assert_eq!(expectation.is_met(), met[count], "{times:?} at {count}");
        }
        test.ask(path).await;
    }
    // Some of them are not met, which is not this test's matter.
    test.mock.world().reset();
    test.mock.verify();
}

#[tokio::test]
async fn a_failure_names_what_was_expected_what_came_and_what_else_came() {
    let test = TestMock::start().await;
    let appid = test.mock.official_account().appid;
    test.ask("/card/getcolors").await;
    let expect = || test.mock.expect().on("/card/code/consume");
    expect()
        .named("the redemption")
        .errcode(0)
        .times(1)
        .unwrap();
    expect().times(1..=3).unwrap();
    test.mock.expect().on("/card/create").never().unwrap();
    let code = refused(&test).await;
    test.create().await;
    test.create().await;

    let told = panic_of(|| test.mock.verify());
    for line in [
        "the redemption: expected exactly 1 call of /card/code/consume answered 0, none came"
            .to_owned(),
        "expected no call of /card/create, 2 came".to_owned(),
        "these calls came since then:".to_owned(),
        format!("  1 × POST /card/code/consume by {appid} answered {code}"),
        format!("  2 × POST /card/create by {appid} answered 0"),
    ] {
        assert!(told.lines().any(|had| had == line), "{line}\nin\n{told}");
    }
    // What is met is not listed, nor what came before.
    assert!(
        !told.contains("1 to 3") && !told.contains("/card/getcolors"),
        "{told}"
    );
    // It is told once: what remains is the refusal.
    assert!(!panic_of(|| test.mock.verify()).contains("expected exactly"));
}

#[tokio::test]
async fn account_and_number_narrow_an_expectation() {
    let test = TestMock::start().await;
    let (oa, mp) = (test.mock.official_account(), test.mock.mini_program());
    let expect = || test.mock.expect().on("/card/code/consume");
    let by_oa = expect().appid(&oa.appid).times(1).unwrap();
    let by_mp = expect().appid(&mp.appid).never().unwrap();
    let done = expect().errcode(0).never().unwrap();
    let code = refused(&test).await;
    let turned_away = expect().errcode(code).times(1).unwrap();
    assert_eq!((by_oa.count(), by_mp.count(), done.count()), (1, 0, 0));
    assert_eq!(turned_away.count(), 0);
    refused(&test).await;
    assert_eq!((by_oa.count(), turned_away.count()), (2, 1));
    test.mock.world().reset();
}

#[tokio::test]
async fn a_call_that_wechat_never_heard_of_is_no_success() {
    let test = TestMock::start().await;
    let fault = Fault::new(FaultKind::HttpStatus(502)).on("/card/getcolors");
    test.mock.faults().add(fault.times(1)).unwrap();
    let all = test.mock.expect().on("/card/getcolors").times(2).unwrap();
    let done = test.mock.expect().on("/card/getcolors").errcode(0);
    let done = done.times(1).unwrap();
    test.ask("/card/getcolors").await;
    assert_eq!((all.count(), done.count()), (1, 0));
    test.ask("/card/getcolors").await;
    assert_eq!((all.count(), done.count()), (2, 1));
    test.mock.verify();
}

#[test]
fn the_drop_of_a_mock_checks_unless_the_thread_panics() {
    let mock = MockWechat::start_blocking();
    mock.expect().on("/card/create").times(1..).unwrap();
    let told = panic_of(|| drop(mock));
    assert!(
        told.contains("expected at least 1 call of /card/create, none came"),
        "{told}"
    );
    assert!(told.ends_with("no call came since then"), "{told}");

    let mock = MockWechat::start_blocking();
    mock.expect().on("/card/create").never().unwrap();
    assert!(holds(|| drop(mock)));

    // A panic of the test's own stays what it is: a second one would end the process.
    let told = catch_unwind(|| {
        let mock = MockWechat::start_blocking();
        mock.expect().on("/card/create").times(1).unwrap();
        panic!("of the test's own");
    });
    let told = told.unwrap_err().downcast::<&str>().unwrap();
    assert_eq!(*told, "of the test's own");
}

#[test]
fn what_can_never_come_is_refused_at_once() {
    let mock = MockWechat::start_blocking();
    for (path, nearest) in [
        ("card/code/consume", "/card/code/consume"),
        ("/card/code/consum", "/card/code/consume"),
        ("/card/creat", "/card/create"),
    ] {
        let error = mock.expect().on(path).times(1).unwrap_err();
        assert_eq!((error.status, error.field.as_deref()), (422, Some("path")));
        assert!(
            error
                .message
                .ends_with(&format!("the nearest is {nearest}")),
            "{error}"
        );
    }
    for times in [Times::from(3..3), Times::from(0..0), Times::from(..0)] {
        let error = mock.expect().times(times).unwrap_err();
        assert_eq!((error.status, error.field.as_deref()), (422, Some("times")));
    }
    let error = mock.expect().appid("wx0").never().unwrap_err();
    assert_eq!(error.status, 404);
    let error = mock.forgive("WX-COD-0O6").unwrap_err();
    assert_eq!((error.status, error.field.as_deref()), (422, Some("rule")));
    assert!(
        error.message.ends_with("the nearest is WX-COD-006"),
        "{error}"
    );
    // None of them was made.
    mock.verify();
}

#[tokio::test]
async fn a_refusal_on_purpose_is_no_problem() {
    // Nothing said: a problem.
    let test = TestMock::start().await;
    let code = refused(&test).await;
    assert_ne!(code, 0);
    let told = panic_of(|| test.mock.verify());
    // Forgiven by its rule, before or after: none.
    let why = test.mock.journal().problems().remove(0);
    test.mock.forgive("WX-TOK-001").unwrap();
    assert_eq!(panic_of(|| test.mock.verify()), told);
    test.mock.forgive(why.rule.as_deref().unwrap()).unwrap();
    test.mock.verify();

    // Expected by its number: none; but only there, with that number, and from then on.
    let test = TestMock::start().await;
    let expect = || test.mock.expect().on("/card/code/consume");
    expect().errcode(code).times(1).unwrap();
    refused(&test).await;
    test.mock.verify();
    test.post("/card/code/get", &json!({"code": "110201201245"}))
        .await;
    let told = panic_of(|| test.mock.verify());
    assert!(
        told.contains("/card/code/get") && !told.contains("/card/code/consume"),
        "{told}"
    );

    let test = TestMock::start().await;
    refused(&test).await;
    let late = test.mock.expect().on("/card/code/consume").errcode(code);
    late.times(0..).unwrap();
    assert!(panic_of(|| test.mock.verify()).contains("/card/code/consume"));
    // Success is nothing that a refusal could be expected by.
    let test = TestMock::start().await;
    test.mock.expect().errcode(0).times(0..).unwrap();
    test.mock
        .expect()
        .on("/card/code/consume")
        .times(1)
        .unwrap();
    refused(&test).await;
    assert!(panic_of(|| test.mock.verify()).contains("/card/code/consume"));
}

#[tokio::test]
async fn a_fault_on_purpose_is_no_problem() {
    let test = TestMock::start().await;
    let busy = || {
        Fault::new(FaultKind::Errcode(-1))
            .on("/card/getcolors")
            .times(1)
    };
    test.mock.faults().add(busy()).unwrap();
    test.ask("/card/getcolors").await;
    assert!(panic_of(|| test.mock.verify()).contains("WX-FLT-001"));
    test.mock.forgive("WX-FLT-001").unwrap();
    test.mock.verify();

    // A fault that never happened is a problem all the same.
    test.mock.faults().add(busy()).unwrap();
    assert!(panic_of(|| test.mock.verify()).contains("never happened"));
    test.ask("/card/getcolors").await;
    test.mock.verify();
}

#[tokio::test]
async fn advice_is_forgiven_by_its_rule() {
    let test = TestMock::start().await;
    // A number where a text is due is taken, with an advice.
    let mut card = test.seed_card().await;
    let dates = &mut card["card"]["general_coupon"]["base_info"]["date_info"];
    let begin = dates["begin_timestamp"]
        .as_str()
        .map(|text| text.parse::<i64>().unwrap());
    if let Some(begin) = begin {
        dates["begin_timestamp"] = json!(begin);
    } else {
        dates["begin_timestamp"] = json!(dates["begin_timestamp"].to_string());
    }
    assert_eq!(test.post("/card/create", &card).await.errcode(), 0);
    let problems = test.mock.journal().problems();
    assert!(!problems.is_empty());
    assert!(!holds(|| test.mock.verify()));
    for problem in problems {
        for advice in problem["advice"].as_array().unwrap() {
            test.mock.forgive(advice["rule"].as_str().unwrap()).unwrap();
        }
    }
    test.mock.verify();
}
