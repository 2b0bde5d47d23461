//! The suite against a mock, a strict one, and targets that are wrong.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use conformance::{
    ArrangeError, Ask, Case, ExpectedFailure, Layer, Options, Outcome, Target, Verdict, cases, run,
};
use wechat_mock::MockWechat;

/// Runs cases, and says in one text which were broken.
async fn broken(target: Target, cases: Vec<&'static Case>) -> (Vec<Verdict>, String) {
    let verdicts = run(Arc::new(target), cases, |_| {}).await;
    let broken: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.outcome.is_broken())
        .map(|verdict| format!("{}: {:?}", verdict.case.id, verdict.reason))
        .collect();
    (verdicts, broken.join("\n"))
}

fn of(id: &str) -> &'static Case {
    cases().iter().find(|case| case.id == id).unwrap()
}

#[tokio::test]
async fn every_path_is_called() {
    let called: std::collections::BTreeSet<String> = cases()
        .iter()
        .flat_map(|case| case.arrange.iter().chain(&case.steps))
        .flat_map(|step| {
            let repeated = step["repeat"]["steps"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            [step.clone()].into_iter().chain(repeated)
        })
        .map(|step| {
            if step["create"].is_object() {
                return "/card/create".to_owned();
            }
            step["call"]["path"].as_str().unwrap_or_default().to_owned()
        })
        .collect();
    let never: Vec<&str> = wechat_mock::paths()
        .filter(|path| !called.contains(*path))
        .collect();
    assert!(never.is_empty(), "no case calls {never:?}");
}

#[tokio::test]
async fn a_strict_mock_keeps_what_no_switch_changes() {
    let target = Target::in_process(true).await.unwrap();
    let (verdicts, broken) = broken(target, cases().iter().collect()).await;
    assert!(broken.is_empty(), "{broken}");
    for verdict in &verdicts {
        match verdict.outcome {
            Outcome::Pass => {}
            Outcome::Skip => {
                let why = verdict.reason.as_deref().unwrap_or_default();
                assert!(why.contains("its switch"), "{}: {why}", verdict.case.id);
            }
            other => panic!("{}: {other:?} {:?}", verdict.case.id, verdict.reason),
        }
    }
    let passed = verdicts
        .iter()
        .filter(|verdict| verdict.outcome == Outcome::Pass);
    assert!(passed.count() > 550);
}

#[tokio::test]
async fn switches_of_others_are_read_and_never_turned() {
    let mock = MockWechat::builder()
        .switch("dead_token", "40001")
        .intercept()
        .start()
        .await;
    let switches = || async {
        let url = format!("{}/_mock/v1/switches", mock.url());
        reqwest::get(url).await.unwrap().text().await.unwrap()
    };
    let before = switches().await;
    let options = Options::default();
    let target = Target::at(&mock.url(), options).await.unwrap();
    let wanted: Vec<&Case> = cases()
        .iter()
        .filter(|case| !case.needs.switches.is_empty() || !case.needs.defaults.is_empty())
        .collect();
    let (verdicts, broken) = broken(target, wanted).await;
    assert!(broken.is_empty(), "{broken}");
    assert_eq!(switches().await, before);
    assert!(
        verdicts
            .iter()
            .any(|verdict| verdict.outcome == Outcome::Skip)
    );
}

/// Passes control calls on to a mock, and says yes to everything else.
async fn yes_to_everything(mock: &MockWechat) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let router = Router::new()
        .fallback(answer)
        .with_state((mock.url(), http));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn answer(
    State((mock, http)): State<(String, reqwest::Client)>,
    request: Request,
) -> Response {
    let path = request.uri().path_and_query().unwrap().as_str().to_owned();
    if !path.starts_with("/_mock/") {
        let yes = r#"{"errcode":0,"errmsg":"ok","access_token":"t","ticket":"t","card_id":"p","code":"c",
            "url":"http://mmbiz.qpic.cn/a/0","media_id":"m","rule_id":1,"activate_ticket":"t"}"#;
        return yes.into_response();
    }
    let method = request.method().clone();
    let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let sent = http
        .request(method, format!("{mock}{path}"))
        .body(body)
        .send()
        .await
        .unwrap();
    let status = StatusCode::from_u16(sent.status().as_u16()).unwrap();
    (status, Body::from(sent.bytes().await.unwrap())).into_response()
}

#[tokio::test]
async fn who_says_yes_to_everything_passes_no_case_that_a_call_decides() {
    let mock = MockWechat::builder().intercept().start().await;
    let url = yes_to_everything(&mock).await;
    let options = Options::default().exclusive();
    let target = Target::at(&url, options).await.unwrap();
    // What the last step expects of an answer on WeChat's paths, which is a plain yes here.
    let refusals: Vec<&Case> = cases()
        .iter()
        .filter(|case| case.layer != Layer::L3)
        .filter(|case| {
            case.steps.iter().any(|step| {
                let is_call = step["call"].is_object() || step["create"].is_object();
                let errcode = step["expect"]["has"]["errcode"].as_i64();
                is_call && errcode.is_some_and(|errcode| errcode != 0)
            })
        })
        .collect();
    let of = |layer| {
        refusals
            .iter()
            .filter(move |case| case.layer == layer)
            .count()
    };
    let counts = (of(Layer::L1), of(Layer::L2));
    assert!(counts.0 > 100 && counts.1 > 40, "{counts:?}");
    let verdicts = run(Arc::new(target), refusals, |_| {}).await;
    let passed: Vec<&str> = verdicts
        .iter()
        .filter(|verdict| verdict.outcome == Outcome::Pass)
        .map(|verdict| verdict.case.id.as_str())
        .collect();
    assert!(passed.is_empty(), "{passed:?}");
}

#[tokio::test]
async fn without_an_arranger_layer_one_runs_and_the_rest_is_skipped() {
    let mock = MockWechat::start().await;
    let account = mock.official_account();
    let options = Options::default().with_account(&account.appid, &account.secret);
    let target = Target::plain(&mock.url(), options).unwrap();
    let chosen = vec![
        of("C-TOK-001"),
        of("C-WIRE-001"),
        of("C-CLM-001"),
        of("C-ADV-012"),
    ];
    let (verdicts, broken) = broken(target, chosen).await;
    assert!(broken.is_empty(), "{broken}");
    let outcomes: Vec<Outcome> = verdicts.iter().map(|verdict| verdict.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Pass, Outcome::Pass, Outcome::Skip, Outcome::Skip]
    );
    assert!(
        cases()
            .iter()
            .filter(|case| case.layer == Layer::L1)
            .count()
            > 100
    );
}

#[tokio::test]
async fn a_person_is_asked_for_what_no_call_does() {
    let mock = MockWechat::start().await;
    let account = mock.official_account();
    let person = mock.user("alice");
    let openid = person.openid(&account.appid).unwrap();
    // The case makes a customer, and asks for their ids.
    let ids = format!(
        "{{\"unionid\": \"u\", \"openids\": {{\"{}\": \"{openid}\"}}}}\n",
        account.appid
    );
    let answers = ids.repeat(2);
    let prompts = SharedText::default();
    let arranger = Ask::new(std::io::Cursor::new(answers.into_bytes()), prompts.clone());
    let options = Options::default().with_account(&account.appid, &account.secret);
    let target = Target::with(&mock.url(), Arc::new(arranger), options).unwrap();
    let (verdicts, broken) = broken(target, vec![of("C-MSG-003"), of("C-ADV-012")]).await;
    assert!(broken.is_empty(), "{broken}");
    assert_eq!(
        verdicts[0].outcome,
        Outcome::Pass,
        "{:?}",
        verdicts[0].reason
    );
    assert_eq!(verdicts[1].outcome, Outcome::Skip);
    let asked = prompts.text();
    assert!(
        asked.contains("Choose a customer") && asked.contains("Which ids has"),
        "{asked}"
    );
}

/// A text that a test and an arranger both hold.
#[derive(Clone, Default)]
struct SharedText(Arc<std::sync::Mutex<Vec<u8>>>);

impl SharedText {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for SharedText {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn listed(case: &str, until: &str) -> Vec<ExpectedFailure> {
    vec![ExpectedFailure {
        case: case.to_owned(),
        target: "mock".to_owned(),
        reason: "for a test".to_owned(),
        until: until.to_owned(),
    }]
}

#[tokio::test]
async fn known_failures_are_told_expire_and_must_not_pass() {
    let mock = MockWechat::builder().intercept().start().await;
    let url = yes_to_everything(&mock).await;
    for (until, outcome) in [
        ("9999-12-31", Outcome::XFail),
        ("2020-01-01", Outcome::Fail),
    ] {
        let target = Target::at(&url, Options::default()).await.unwrap();
        let target = target.knowing(listed("C-WIRE-003", until));
        assert_eq!(target.run(of("C-WIRE-003")).await.outcome, outcome);
    }
    let target = Target::at(&mock.url(), Options::default()).await.unwrap();
    let target = target.knowing(listed("C-WIRE-003", "9999-12-31"));
    assert_eq!(target.run(of("C-WIRE-003")).await.outcome, Outcome::XPass);
}

#[tokio::test]
async fn nobody_at_the_url_is_an_error() {
    let gone = Target::at("http://127.0.0.1:9", Options::default()).await;
    assert!(matches!(gone, Err(ArrangeError::Failed(_))));
}
