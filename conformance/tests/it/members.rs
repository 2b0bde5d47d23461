//! The backend and the client as targets: the data, runs behind a URL, and targets that are wrong.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
    sync::Arc,
};

use axum::Router;
use conformance::{
    Backend, BackendOptions, Layer, Outcome, Verdict, backend_cases, client_cases, report,
};
use coupon_backend::{App, Config, SystemClock};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wechat_mock::MockWechat;

const ADMIN: &str = "admin-token-of-the-test";
const CALLBACK: &str = "callbackToken";

#[test]
fn ids_are_unique_and_every_case_says_what_it_is() {
    let mut seen = BTreeSet::new();
    for (cases, prefix, least) in [(backend_cases(), "CB-", 40), (client_cases(), "CL-", 30)] {
        assert!(cases.len() >= least, "{prefix} {}", cases.len());
        for case in cases {
            let id = case.id.as_str();
            assert!(seen.insert(id), "{id} stands twice");
            assert!(id.starts_with(prefix), "{id}");
            for text in [&case.title.en, &case.title.zh, &case.source] {
                assert!(!text.trim().is_empty(), "{id}");
            }
            assert!(case.rules.is_empty(), "{id}: rules are about WeChat");
        }
    }
}

#[test]
fn the_documents_tell_how_many_cases_there_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (target, count) in [
        ("backend", backend_cases().len()),
        ("client", client_cases().len()),
    ] {
        for readme in ["../README.md", "../README.zh-CN.md"] {
            let text = std::fs::read_to_string(folder.join(readme)).unwrap();
            let (_, rest) = text.split_once(&format!("--target {target}`")).unwrap();
            let told: String = rest
                .chars()
                .skip_while(|letter| !letter.is_ascii_digit())
                .take_while(char::is_ascii_digit)
                .collect();
            assert_eq!(told, count.to_string(), "{readme}: {target}");
        }
        let own = std::fs::read_to_string(folder.join("README.md")).unwrap();
        let (_, rest) = own.split_once(&format!("`cases/{target}` (")).unwrap();
        assert!(rest.starts_with(&format!("{count} cases")), "{target}");
    }
}

/// The methods of the client that make calls, by its source: those of [`wechat_client::Client`] and
/// [`wechat_client::MiniProgram`] that take `self`.
fn calls_of_the_client() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wechat-client/src");
    let (mut folders, mut found) = (vec![folder], BTreeSet::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.extend(methods_in(&std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

fn methods_in(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for owner in ["Client", "MiniProgram"] {
        for block in source.split(&format!("\nimpl {owner} {{\n")).skip(1) {
            // rustfmt has the end of a block at the beginning of a line.
            let (block, _) = block.split_once("\n}").unwrap();
            for prefix in ["\n    pub async fn ", "\n    pub fn "] {
                for method in format!("\n{block}").split(prefix).skip(1) {
                    let (name, rest) = method.split_once('(').unwrap();
                    if rest.trim_start().starts_with("&self") {
                        found.push(name.to_owned());
                    }
                }
            }
        }
    }
    found
}

#[test]
fn every_call_of_the_client_has_cases_of_what_it_sends_and_of_what_it_reads() {
    let calls = calls_of_the_client();
    assert!(calls.len() > 60, "{calls:?}");
    let steps = || client_cases().iter().flat_map(|case| &case.steps);
    let named = |member: &str| -> BTreeSet<String> {
        let stating = steps().filter(|step| !step[member].is_null());
        let names = stating.filter_map(|step| step["client"].as_str());
        names.map(str::to_owned).collect()
    };
    for member in ["sends", "gives"] {
        let without: Vec<_> = calls.difference(&named(member)).cloned().collect();
        assert!(without.is_empty(), "no case states {member} of {without:?}");
    }
    let unknown: Vec<_> = named("client").difference(&calls).cloned().collect();
    assert!(unknown.is_empty(), "no calls of the client: {unknown:?}");
}

#[test]
fn captures_that_cases_name_are_those_of_the_fixtures() {
    let mut known: BTreeSet<&str> = fixtures::exchange_names().collect();
    let captures = fixtures::captures().flat_map(|file| file["captures"].as_array().unwrap());
    known.extend(captures.map(|entry| entry["id"].as_str().unwrap()));
    for case in client_cases() {
        if let Some(capture) = case.capture.as_deref() {
            assert!(known.contains(capture), "{}: {capture}", case.id);
        }
    }
}

#[test]
fn layer_1_of_the_backend_needs_nobody_and_makes_nothing_at_wechat() {
    for case in backend_cases() {
        let text = json!([case.arrange, case.steps]).to_string();
        let customers = ["alice", "bob", "\"coupon\":", "\"claim\":", "\"do\":"];
        let needs_somebody = customers.iter().any(|part| text.contains(part));
        assert!(
            case.layer == Layer::L2 || !needs_somebody && !case.needs.receiver,
            "{} is more than L1",
            case.id
        );
    }
}

#[test]
fn every_case_of_the_backend_expects_something() {
    for case in backend_cases() {
        let is_judged = |step: &Value| {
            let makes = ["call", "coupon", "claim", "together", "during"];
            makes.iter().any(|kind| !step[*kind].is_null()) && step["whatever"] != true
        };
        assert!(case.steps.iter().any(is_judged), "{}", case.id);
    }
}

/// A backend and its mock, which go on until the test ends.
struct Shop {
    url: String,
    mock: MockWechat,
    _stop: tokio_util::sync::DropGuard,
    _folder: tempfile::TempDir,
}

impl Shop {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mock = MockWechat::start().await;
        let (oa, mp) = (mock.official_account(), mock.mini_program());
        let ledger = folder.path().join("coupons.db");
        let settings = HashMap::from([
            (
                "COUPON_DATABASE_URL",
                format!("sqlite://{}?mode=rwc", ledger.display()),
            ),
            ("COUPON_ADMIN_TOKEN", ADMIN.to_owned()),
            ("WECHAT_API_BASE", mock.url()),
            ("WECHAT_OA_APPID", oa.appid.clone()),
            ("WECHAT_OA_SECRET", oa.secret),
            ("WECHAT_MP_APPID", mp.appid),
            ("WECHAT_MP_SECRET", mp.secret),
            ("WECHAT_CALLBACK_TOKEN", CALLBACK.to_owned()),
        ]);
        let config = Config::read(|name| settings.get(name).map(Into::into), None).unwrap();
        let app = App::build(config, Arc::new(SystemClock)).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(app.serve(listener, stop.clone()));
        let callback = json!({"callback": {
            "url": format!("{url}/wechat/callback"), "token": CALLBACK, "mode": "plain",
        }});
        let account = format!("{}/_mock/v1/accounts/{}", mock.url(), oa.appid);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let changed = http.patch(account).body(callback.to_string()).send().await;
        assert!(changed.unwrap().status().is_success());
        Self {
            url,
            mock,
            _stop: stop.drop_guard(),
            _folder: folder,
        }
    }

    fn options(&self) -> BackendOptions {
        BackendOptions::new(ADMIN).with_mock(&self.mock.url())
    }
}

async fn run_at(url: &str, options: BackendOptions) -> Vec<Verdict> {
    let backend = Arc::new(Backend::at(url, options).await.unwrap());
    backend
        .run_all(backend_cases().iter().collect(), |_| {})
        .await
}

fn those(verdicts: &[Verdict], outcome: Outcome) -> BTreeMap<&str, &str> {
    let of_outcome = verdicts.iter().filter(|verdict| verdict.outcome == outcome);
    of_outcome
        .map(|verdict| {
            let reason = verdict.reason.as_deref().unwrap_or_default();
            (verdict.case.id.as_str(), reason)
        })
        .collect()
}

#[tokio::test]
async fn a_backend_behind_a_url_passes_again_and_again_and_no_secret_is_shown() {
    let shop = Shop::open().await;
    let verdicts = run_at(&shop.url, shop.options().exclusive()).await;
    let others: Vec<_> = verdicts
        .iter()
        .filter(|verdict| verdict.outcome != Outcome::Pass)
        .map(|verdict| (&verdict.case.id, &verdict.reason))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    let page = report::html(&verdicts, None);
    assert!(page.contains("{{admin_secret}}"));
    assert!(page.contains("{{session_secret:alice}}"));
    assert!(!page.contains(ADMIN), "a secret is shown");
    let faults = shop.mock.faults().list();
    let are_over = faults.iter().all(|fault| fault.times == Some(fault.done));
    assert!(are_over && !faults.is_empty(), "{faults:?}");

    // Once more, and others use them now.
    let verdicts = run_at(&shop.url, shop.options()).await;
    let skipped = those(&verdicts, Outcome::Skip);
    assert!(skipped.contains_key("CB-RDM-014"), "{skipped:?}");
    assert!(skipped.values().all(|why| why.contains("--exclusive")));
    let passed = those(&verdicts, Outcome::Pass);
    assert_eq!(passed.len() + skipped.len(), verdicts.len());
}

#[tokio::test]
async fn without_a_mock_customers_are_skipped_and_told() {
    let shop = Shop::open().await;
    let verdicts = run_at(&shop.url, BackendOptions::new(ADMIN)).await;
    for verdict in &verdicts {
        let expected = match verdict.case.layer {
            Layer::L1 => Outcome::Pass,
            _ => Outcome::Skip,
        };
        assert_eq!(verdict.outcome, expected, "{verdict:?}");
    }
    let skipped = those(&verdicts, Outcome::Skip);
    assert!(skipped.values().all(|why| why.contains("--mock")));
}

#[tokio::test]
async fn a_wrong_admin_token_ends_the_run() {
    let shop = Shop::open().await;
    let refused = Backend::at(&shop.url, BackendOptions::new("another")).await;
    let error = refused.err().unwrap().to_string();
    assert!(error.contains("401"), "{error}");
}

#[tokio::test]
async fn no_case_holds_for_a_backend_that_says_yes_to_everything() {
    let yes = Router::new().fallback(|| async { "{}" });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, yes).await });
    let mock = MockWechat::start().await;
    let options = BackendOptions::new(ADMIN)
        .with_mock(&mock.url())
        .exclusive();
    let verdicts = run_at(&url, options).await;
    let held: Vec<&str> = those(&verdicts, Outcome::Pass).into_keys().collect();
    // Of /healthz nothing is promised but its status.
    assert_eq!(held, ["CB-ACC-012"]);
}
