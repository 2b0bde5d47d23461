//! `rid/get`: a developer's own way to ask WeChat what happened.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, DAY, TestMock};

async fn look_up(test: &TestMock, rid: &str) -> Answer {
    test.post("/cgi-bin/openapi/rid/get", &json!({"rid": rid}))
        .await
}

#[tokio::test]
async fn a_rid_leads_to_the_call_that_was_refused() {
    let test = TestMock::start().await;
    let refused = test
        .ask("/cgi-bin/ticket/getticket?type=nonsense")
        .await
        .trace();
    let shown = look_up(&test, &refused).await;
    let told = shown.text().replace(&refused, "TRACE");
    assert!(!told.contains(&test.token), "{told}");
    assert_snapshot!("rid", told);
}

#[tokio::test]
async fn what_is_wrong_with_a_rid_has_its_number() {
    let mut test = TestMock::start().await;
    let own = test.ask("/cgi-bin/media/get").await.trace();
    let token = test.token_of("mp").await;
    let path = format!("/cgi-bin/media/get?access_token={token}");
    let foreign = test.get(&path).await.trace();
    let nobodys = test.get("/cgi-bin/token").await.trace();

    let seen = async |test: &TestMock, rid: &str| {
        let answer = look_up(test, rid).await;
        let rule = match answer.errcode() {
            0 => "done".to_owned(),
            _ => test.rule(&answer),
        };
        (answer.errcode(), rule)
    };
    for (rid, errcode, rule) in [
        ("6aac0064-355b48ab-4c5b487e", 76001, "WX-RID-001"),
        ("6aac0064", 76002, "WX-RID-002"),
        (&foreign, 76003, "WX-RID-003"),
        (&nobodys, 0, "done"),
        (&own, 0, "done"),
        ("", 47001, "WX-WIRE-009"),
    ] {
        assert_eq!(seen(&test, rid).await, (errcode, rule.to_owned()), "{rid}");
    }

    test.mock.clock().advance(7 * DAY).unwrap();
    test.token = test.token_of("oa").await;
    assert_eq!(seen(&test, &own).await.0, 0);
    test.mock.clock().advance(1).unwrap();
    assert_eq!(seen(&test, &own).await, (76004, "WX-RID-004".to_owned()));

    test.control("DELETE", "requests", &Value::Null).await;
    assert_eq!(seen(&test, &own).await.0, 76001);
}
