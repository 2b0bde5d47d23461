//! The reports: the same for equal targets, without secrets, and the committed one is fresh.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use conformance::{Case, Options, Outcome, Target, Verdict, cases, expected_failures, report, run};
use wechat_mock::MockWechat;

/// What a mock in this process makes of every case: one test each shows it (`tests/cases.rs`).
fn all_kept() -> Vec<Verdict> {
    let known = |case: &Case| {
        expected_failures()
            .iter()
            .find(|listed| listed.case == case.id)
    };
    let verdict = |case: &'static Case| Verdict {
        case,
        outcome: known(case).map_or(Outcome::Pass, |_| Outcome::XFail),
        reason: known(case).map(|listed| listed.reason.clone()),
        traffic: Vec::new(),
        milliseconds: 0,
    };
    cases().iter().map(verdict).collect()
}

#[test]
fn the_committed_report_is_fresh() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
    let committed = std::fs::read_to_string(committed).unwrap_or_default();
    assert!(
        committed == report::markdown(&all_kept()),
        "docs/conformance.md is stale: cargo conformance -- --report target/conformance && \
         cp target/conformance/report.md docs/conformance.md"
    );
    let count = format!("{}", cases().len());
    for readme in ["README.md", "README.zh-CN.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(readme);
        let text = std::fs::read_to_string(path).unwrap();
        let told = text.matches(&format!("{count} cases")).count()
            + text.matches(&format!("{count} 个")).count();
        assert_eq!(told, 2, "{readme} tells {count} cases twice");
        assert!(text.contains("docs/conformance.md"), "{readme}");
    }
}

#[tokio::test]
async fn another_mock_gives_the_same_results_and_no_secret_is_shown() {
    let mock = MockWechat::builder().intercept().start().await;
    let options = Options::default().exclusive();
    let other = Target::at(&mock.url(), options).await.unwrap();
    let other = run(Arc::new(other), cases().iter().collect(), |_| {}).await;

    let page = report::html(&other);
    assert!(page.contains("{{access_token}}"));
    let world = reqwest::get(format!("{}/_mock/v1/world", mock.url()))
        .await
        .unwrap();
    let world: serde_json::Value = serde_json::from_str(&world.text().await.unwrap()).unwrap();
    let accounts = world["accounts"].as_array().unwrap();
    assert!(accounts.len() > cases().len());
    let secrets: BTreeSet<&str> = accounts
        .iter()
        .filter_map(|account| account["secret"].as_str())
        .collect();
    assert_eq!(secrets.len(), accounts.len());
    let shown = page
        .split(|letter: char| !letter.is_ascii_hexdigit())
        .find(|word| secrets.contains(word));
    assert_eq!(shown, None, "a secret is shown");

    let own = report::results(&all_kept(), false);
    let other = report::results(&other, false);
    let rows = own["cases"]
        .as_array()
        .unwrap()
        .iter()
        .zip(other["cases"].as_array().unwrap());
    for (own, other) in rows {
        assert_eq!(own, other);
    }
    assert_eq!(format!("{own:#}"), format!("{other:#}"));
}

#[tokio::test]
async fn every_report_is_written_and_junit_counts_rightly() {
    let target = Target::in_process(true).await.unwrap();
    let chosen = cases().iter().filter(|case| case.area == "tokens");
    let verdicts = run(Arc::new(target), chosen.collect(), |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    report::write(folder.path(), &verdicts, true).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let results: serde_json::Value = serde_json::from_str(&read("results.json")).unwrap();
    assert_eq!(results["schema"], report::SCHEMA);
    assert_eq!(results["cases"].as_array().unwrap().len(), verdicts.len());
    assert!(results["cases"][0]["milliseconds"].is_u64());
    let junit = read("junit.xml");
    assert!(junit.contains(&format!(
        "<testsuite name=\"tokens\" tests=\"{}\"",
        verdicts.len()
    )));
    assert_eq!(junit.matches("<testcase").count(), verdicts.len());
    let skipped = verdicts
        .iter()
        .filter(|verdict| verdict.reason.is_some())
        .count();
    assert!(skipped > 0);
    assert_eq!(junit.matches("<skipped").count(), skipped);
    assert!(read("report.md").contains("| C-TOK-001 |"));
    assert!(read("report.html").contains("C-TOK-001"));
}
