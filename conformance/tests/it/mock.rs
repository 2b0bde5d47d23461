//! The suite against the mock.

use conformance::{Target, Violation, cases, run};
use serde_json::json;
use wechat_mock::MockWechat;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

#[tokio::test]
async fn the_mock_keeps_every_rule() {
    let mock = MockWechat::builder().intercept().start().await;
    let target = Target::new(&mock.url()).unwrap().own();
    assert!(target.is_proxy().await.unwrap());
    let verdicts = run(&target, cases()).await;

    let broken: Vec<String> = verdicts
        .iter()
        .filter_map(|verdict| Some(format!("{}: {}", verdict.id, verdict.violation.as_ref()?)))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert_eq!(verdicts.len(), cases().count());
    assert!(verdicts.iter().all(|verdict| verdict.not_run.is_none()));

    // What was not called cannot have kept anything.
    let called = |path: &str| !mock.journal().of_path(path).is_empty();
    let never: Vec<&str> = wechat_mock::paths().filter(|path| !called(path)).collect();
    assert!(never.is_empty(), "no case calls {never:?}");
}

#[tokio::test]
async fn what_differs_because_of_a_switch_is_told_and_no_switch_is_turned() {
    let mock = MockWechat::builder().strict().intercept().start().await;
    let target = Target::new(&mock.url()).unwrap();
    let switches = || async {
        let url = format!("{}/_mock/v1/switches", mock.url());
        reqwest::get(url).await.unwrap().text().await.unwrap()
    };
    let before = switches().await;
    let verdicts = run(&target, cases()).await;
    assert_eq!(switches().await, before);
    let broken: Vec<String> = verdicts
        .iter()
        .filter_map(|verdict| Some(format!("{}: {}", verdict.id, verdict.violation.as_ref()?)))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let not_run = verdicts.iter().filter(|verdict| verdict.not_run.is_some());
    assert!((5..40).contains(&not_run.count()));
}

#[tokio::test]
async fn a_target_that_says_yes_to_everything_breaks_every_rule() {
    let yes = ResponseTemplate::new(200).set_body_json(json!({
        "errcode": 0, "errmsg": "ok", "errMsg": "addCard:ok", "access_token": "t", "ticket": "t",
        "url": "http://mmbiz.qpic.cn/a/0", "card_id": "p", "code": "c", "media_id": "m",
        "now": 1_798_000_000, "appid": "wx", "secret": "s", "open_platform": "open",
        "cardList": [{"code": "e"}], "activate_ticket": "t",
    }));
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(yes).mount(&server).await;
    let target = Target::new(&server.uri()).unwrap();

    let rules = cases().filter(|case| case.id.starts_with("WX-"));
    let verdicts = run(&target, rules).await;
    for verdict in &verdicts {
        let differs = matches!(verdict.violation, Some(Violation::Differs { .. }));
        assert!(differs, "{}: {:?}", verdict.id, verdict.violation);
    }
    assert!(verdicts.len() > 100);
}
