//! The reports: the same for equal targets, without secrets, and the committed one is fresh.

use std::{path::Path, sync::Arc};

use conformance::{Options, Target, cases, report, run};
use wechat_mock::MockWechat;

#[tokio::test]
async fn another_mock_gives_the_same_results_and_the_committed_report_is_fresh() {
    let own = Target::in_process(false).await.unwrap();
    let own = run(Arc::new(own), cases().iter().collect(), |_| {}).await;
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
    let fresh = report::markdown(&own);
    let committed = std::fs::read_to_string(committed).unwrap_or_default();
    assert!(
        committed == fresh,
        "docs/conformance.md is stale: cargo conformance -- --report target/conformance && \
         cp target/conformance/report.md docs/conformance.md"
    );

    let page = report::html(&own);
    assert!(page.contains("{{access_token}}") && !page.contains("access_token=7"));
    assert!(
        !page.contains("http://127.0.0.1"),
        "the page names no target"
    );

    let mock = MockWechat::builder().intercept().start().await;
    let options = Options::default().exclusive();
    let other = Target::at(&mock.url(), options).await.unwrap();
    let other = run(Arc::new(other), cases().iter().collect(), |_| {}).await;
    let (own, other) = (report::results(&own, false), report::results(&other, false));
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
