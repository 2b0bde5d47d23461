//! Faults on demand.

use serde_json::{Value, json};
use wechat_mock::{Fault, FaultKind};

use crate::support::{Answer, TestMock};

const COLORS: &str = "/card/getcolors";
const CONSUME: &str = "/card/code/consume";

async fn colors(test: &TestMock) -> Result<Answer, reqwest::Error> {
    let path = test.signed_in(COLORS);
    let response = test.request("GET", &path).send().await?;
    let status = response.status().as_u16();
    let content_type = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = response.bytes().await?.to_vec();
    Ok(Answer {
        status,
        content_type,
        body,
    })
}

#[tokio::test]
async fn a_number_is_answered_so_many_times_and_nothing_is_done() {
    let test = TestMock::start().await;
    let (_, _, code) = test.claimed("alice").await;
    test.mock
        .faults()
        .add(Fault::new(FaultKind::Errcode(-1)).on(CONSUME).times(2))
        .unwrap();
    let consume = async || test.post(CONSUME, &json!({"code": code})).await;

    for _ in 0..2 {
        let answer = consume().await;
        assert_eq!((answer.status, answer.errcode()), (200, -1));
        assert_eq!(test.rule(&answer), "WX-FLT-001");
    }
    assert_eq!(consume().await.errcode(), 0);
    let shown = test.mock.faults().list();
    assert_eq!(
        (&shown[0]["seen"], &shown[0]["done"]),
        (&json!(2), &json!(2))
    );
    let rows = test.mock.journal().of_path(CONSUME);
    assert_eq!(rows[0]["fault"], json!({"errcode": -1}));
    assert_eq!(rows[2]["fault"], Value::Null);
}

#[tokio::test]
async fn a_lost_answer_was_done_all_the_same() {
    let test = TestMock::start().await;
    let (_, _, code) = test.claimed("alice").await;
    test.mock
        .faults()
        .add(Fault::new(FaultKind::LostAnswer).on(CONSUME).times(1))
        .unwrap();
    let body = json!({"code": code}).to_string();
    let lost = test
        .request("POST", &test.signed_in(CONSUME))
        .body(body)
        .send()
        .await;
    assert!(lost.is_err());
    assert_eq!(
        test.post(CONSUME, &json!({"code": code})).await.errcode(),
        40099
    );
    let rows = test.mock.journal().of_path(CONSUME);
    assert_eq!(
        (&rows[0]["errcode"], &rows[0]["fault"]),
        (&json!(0), &json!({"lost_answer": true}))
    );
}

#[tokio::test]
async fn a_reset_call_never_arrived() {
    let test = TestMock::start().await;
    let (_, _, code) = test.claimed("alice").await;
    test.mock
        .faults()
        .add(Fault::new(FaultKind::Reset).on(CONSUME).times(1))
        .unwrap();
    let body = json!({"code": code}).to_string();
    let reset = test
        .request("POST", &test.signed_in(CONSUME))
        .body(body)
        .send()
        .await;
    assert!(reset.is_err());
    assert_eq!(
        test.post(CONSUME, &json!({"code": code})).await.errcode(),
        0
    );
}

#[tokio::test]
async fn a_gateways_page_a_cut_answer_and_garbage_are_no_json() {
    let test = TestMock::start().await;
    test.mock
        .faults()
        .add(Fault::new(FaultKind::HttpStatus(502)).on(COLORS).times(1))
        .unwrap();
    let page = colors(&test).await.unwrap();
    assert_eq!(
        (page.status, page.content_type.as_str()),
        (502, "text/html")
    );
    assert!(page.text().starts_with("<html>"));

    test.mock
        .faults()
        .add(Fault::new(FaultKind::Truncate(10)).on(COLORS).times(1))
        .unwrap();
    assert!(colors(&test).await.is_err(), "the body breaks off");

    test.mock
        .faults()
        .add(Fault::new(FaultKind::Garbage).on(COLORS).times(1))
        .unwrap();
    let garbage = colors(&test).await.unwrap();
    assert_eq!(garbage.status, 200);
    assert!(serde_json::from_slice::<Value>(&garbage.body).is_err());

    assert_eq!(colors(&test).await.unwrap().errcode(), 0);
    let faults: Vec<Value> = test
        .mock
        .journal()
        .of_path(COLORS)
        .iter()
        .map(|row| row["fault"].clone())
        .collect();
    assert_eq!(
        faults,
        [
            json!({"http_status": 502}),
            json!({"truncate": 10}),
            json!({"garbage": true}),
            Value::Null,
        ]
    );
}

#[tokio::test]
async fn a_delay_holds_nobody_else_up() {
    let test = TestMock::start().await;
    test.mock
        .faults()
        .add(Fault::new(FaultKind::DelayMs(600_000)).on(COLORS))
        .unwrap();
    let path = test.signed_in(COLORS);
    let slow = test.request("GET", &path).send();
    // The call that waits is never waited for: another one answers meanwhile.
    let other = test.ask("/cgi-bin/ticket/getticket?type=wx_card");
    tokio::select! {
        _ = slow => panic!("it was to wait"),
        answer = other => assert_eq!(answer.errcode(), 0),
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_during_a_delay_was_heard_all_the_same() {
    let test = TestMock::start().await;
    let (_, _, code) = test.claimed("alice").await;
    let delay = Fault::new(FaultKind::DelayMs(600_000)).on(CONSUME).times(1);
    test.mock.faults().add(delay).unwrap();
    let slow = test
        .request("POST", &test.signed_in(CONSUME))
        .body(json!({"code": code}).to_string())
        .send();
    // The caller hangs up as soon as the call is in the journal, which is long before the answer.
    let done = async {
        while test.mock.journal().of_path(CONSUME).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = slow => panic!("it was to wait"),
        () = done => {}
    }
    let again = test.post(CONSUME, &json!({"code": code})).await;
    assert_eq!(again.errcode(), 40099);
}

#[tokio::test]
async fn a_fault_on_a_path_that_nobody_answers_is_refused_with_the_nearest() {
    let test = TestMock::start().await;
    for path in [
        "card/code/decrypt",
        "/card/code/decypt",
        "/card/code/decrypt/",
    ] {
        let plan = json!({"path": path, "errcode": -1});
        let answer = test.control("POST", "faults", &plan).await;
        let error = &answer.json()["error"];
        assert_eq!((answer.status, &error["field"]), (422, &json!("path")));
        let message = error["message"].as_str().unwrap();
        assert!(message.ends_with("/card/code/decrypt"), "{message}");
    }
    let misspelt = Fault::new(FaultKind::Reset).on("card/get");
    let error = test.mock.faults().add(misspelt).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("path"));
    assert!(error.message.ends_with("/card/get"), "{error}");
    assert!(test.mock.faults().list().is_empty());
}

#[tokio::test]
async fn no_other_method_than_get_and_post_does_anything() {
    let test = TestMock::start().await;
    let oa = test.mock.official_account();
    for path in wechat_mock::paths() {
        let path = format!(
            "{}&grant_type=client_credential&appid={}&secret={}",
            test.signed_in(path),
            oa.appid,
            oa.secret
        );
        for method in ["DELETE", "PUT", "PATCH", "OPTIONS", "BREW"] {
            let answer = test.send(test.request(method, &path)).await;
            assert!(
                [43001, 43002].contains(&answer.errcode()),
                "{method} {path}: {}",
                answer.text()
            );
        }
    }
    // No token was retired on the way.
    assert_eq!(test.ask(COLORS).await.errcode(), 0);
}

#[tokio::test]
async fn the_control_api_takes_plans_and_refuses_what_is_none() {
    let test = TestMock::start().await;
    let add = async |plan: Value| test.control("POST", "faults", &plan).await;
    let plan = json!({"path": COLORS, "appid": "wx00000000000000a0", "times": 3, "every": 2, "probability": 0.5, "delay_ms": 1});
    let added = add(plan.clone()).await;
    assert_eq!(added.status, 201);
    for (key, value) in plan.as_object().unwrap() {
        assert_eq!(added.json()[key], *value, "{key}");
    }
    let listed = test.control("GET", "faults", &Value::Null).await.json();
    assert_eq!(listed["faults"][0], added.json());

    for (plan, field) in [
        (json!({}), "errcode"),
        (json!({"errcode": -1, "reset": true}), "errcode"),
        (json!({"errcode": 0}), "errcode"),
        (json!({"reset": false}), "errcode"),
        (json!({"http_status": 200}), "http_status"),
        (json!({"delay_ms": 600_001}), "delay_ms"),
        (json!({"reset": true, "times": 0}), "times"),
        (json!({"reset": true, "every": 0}), "every"),
        (json!({"reset": true, "probability": 1.5}), "probability"),
        (json!({"truncate": -1}), "truncate"),
        (json!({"reset": true, "colour": 1}), "colour"),
    ] {
        let answer = add(plan.clone()).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["field"]),
            (422, &json!(field)),
            "{plan}"
        );
    }
    test.control("DELETE", "faults", &Value::Null).await;
    assert!(test.mock.faults().list().is_empty());
}

#[tokio::test]
async fn a_fault_of_one_account_leaves_others_alone_and_a_reset_ends_it() {
    let test = TestMock::start().await;
    let fault = Fault::new(FaultKind::Errcode(45009)).of("wx00000000000000a0");
    test.mock.faults().add(fault).unwrap();
    assert_eq!(test.ask(COLORS).await.errcode(), 45009);
    let mp = test.mock.mini_program();
    let path = format!(
        "/cgi-bin/token?grant_type=client_credential&appid={}&secret={}",
        mp.appid, mp.secret
    );
    assert_eq!(test.get(&path).await.errcode(), 0);
    let token = path.replace(&mp.appid, "wx00000000000000a0");
    assert_eq!(test.get(&token).await.errcode(), 45009);

    test.control("POST", "reset", &Value::Null).await;
    assert!(test.mock.faults().list().is_empty());
}
