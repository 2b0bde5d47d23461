//! The reports: the same for equal targets, without secrets, and the committed one is fresh.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use conformance::{
    Case, Outcome, Target, Verdict, cases, expected_failures,
    report::{self, Witnesses},
    run,
};
use serde_json::{Value, json};

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

fn of_workspace(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn committed_witnesses() -> Witnesses {
    Witnesses::read(&of_workspace("docs/interop.json")).unwrap()
}

fn json_of(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(of_workspace(path)).unwrap()).unwrap()
}

#[test]
fn the_committed_witnesses_are_those_that_the_runner_knows() {
    let told = json_of("docs/interop.json");
    let known = json_of("conformance/interop/clients.json");
    assert_eq!(told["scenarios"], known["scenarios"]);
    let names: Vec<&String> = known["scenarios"].as_object().unwrap().keys().collect();
    let mut rows = told["results"].as_array().unwrap().iter();
    let readme = of_workspace("conformance/interop/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    for client in known["clients"].as_array().unwrap() {
        for way in ["base-url", "intercept"] {
            for name in &names {
                let row = rows.next().unwrap();
                let version = row["version"].as_str().unwrap();
                let fault = client["known_faults"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|fault| {
                        fault["scenario"] == name.as_str()
                            && fault["way"].as_str().is_none_or(|of| of == way)
                    });
                let (outcome, why) = match (&client["not_offered"][name.as_str()], fault) {
                    (Value::String(why), _) => ("SKIP", why.clone()),
                    (_, Some(fault)) => {
                        let texts = ["reason", "pointer"].map(|key| fault[key].as_str().unwrap());
                        ("XFAIL", format!("{} ({})", texts[0], texts[1]))
                    }
                    _ => ("PASS", String::new()),
                };
                let wanted = json!({
                    "client": client["name"], "version": version, "way": way, "scenario": name,
                    "outcome": outcome, "why": why,
                });
                assert_eq!(*row, wanted);
                assert!(!version.is_empty());
                let is_ours = client["name"] == "tutorial";
                assert!(
                    is_ours
                        || readme.contains(&format!(" {version}.**"))
                        || readme.contains(&format!("{version} (")),
                    "the README tells no {version}"
                );
            }
        }
    }
    assert_eq!(rows.next(), None);
}

#[test]
fn the_reports_show_each_witness_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let row = |way: &str, outcome: &str, why: &str| {
        json!({"client": "a|<b>", "version": "1.0", "way": way, "scenario": "token",
               "outcome": outcome, "why": why})
    };
    let file = |results: Vec<Value>| {
        let path = folder.path().join("interop.json");
        let told =
            json!({"version": 1, "scenarios": {"token": "it is fetched"}, "results": results});
        std::fs::write(&path, told.to_string()).unwrap();
        Witnesses::read(&path)
    };
    let shown = |second: Value| {
        let witnesses = file(vec![
            row("base-url", "XFAIL", "it <forgets> it (lib.js)"),
            second,
        ])
        .unwrap();
        let reports = (
            report::markdown(&[], Some(&witnesses)),
            report::html(&[], Some(&witnesses)),
            report::results(&[], Some(&witnesses), false),
        );
        (witnesses.is_broken(), reports)
    };
    let (is_broken, (markdown, html, results)) = shown(row("intercept", "NOT_RUN", "no npm"));
    assert!(!is_broken);
    assert!(
        markdown.contains("0 PASS, 0 FAIL, 1 XFAIL, 0 SKIP, 1 NOT_RUN."),
        "{markdown}"
    );
    assert!(
        markdown.contains("| token | XFAIL / NOT_RUN | it is fetched |"),
        "{markdown}"
    );
    assert!(
        markdown.contains("- XFAIL a\\|&lt;b>, token (base-url): it &lt;forgets> it (lib.js)"),
        "{markdown}"
    );
    assert!(
        markdown.contains("- NOT_RUN a\\|&lt;b>, token (intercept): no npm"),
        "{markdown}"
    );
    let cells = "<td class=\"XFAIL\">XFAIL</td><td class=\"NOT_RUN\">NOT_RUN</td>";
    assert!(html.contains(cells), "{html}");
    assert!(html.contains("a|&lt;b&gt; 1.0</th>"), "{html}");
    assert!(html.contains("it &lt;forgets&gt; it (lib.js)"), "{html}");
    let told = &results["witnesses"];
    assert_eq!(
        told["summary"],
        json!({"PASS": 0, "FAIL": 0, "XFAIL": 1, "SKIP": 0, "NOT_RUN": 1})
    );
    assert_eq!(told["results"][1], row("intercept", "NOT_RUN", "no npm"));
    for text in [markdown, html] {
        assert!(
            !text.contains("PASS<") && !text.contains("not run"),
            "{text}"
        );
    }
    let (is_broken, (markdown, ..)) = shown(row("intercept", "FAIL", "40013"));
    assert!(
        is_broken && markdown.contains("| token | XFAIL / FAIL |"),
        "{markdown}"
    );

    let pass = row("base-url", "PASS", "");
    for wrong in [
        vec![],
        vec![pass.clone()],
        vec![pass.clone(), pass.clone()],
        vec![pass.clone(), row("intercept", "SKIP", "")],
        vec![pass.clone(), row("intercept", "GREEN", "x")],
        vec![pass.clone(), row("by-foot", "PASS", "")],
    ] {
        assert!(file(wrong.clone()).is_err(), "{wrong:?}");
    }
    assert!(file(vec![pass, row("intercept", "PASS", "")]).is_ok());
}

#[test]
fn the_committed_report_is_fresh() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
    let committed = std::fs::read_to_string(committed).unwrap_or_default();
    assert!(
        committed == report::markdown(&all_kept(), Some(&committed_witnesses())),
        "docs/conformance.md is stale: cargo conformance -- --report target/conformance \
         --interop docs/interop.json && cp target/conformance/report.md docs/conformance.md"
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

const TOKEN: &str = "t0ken-of-the-test";

/// A mock in a process of its own, which ends with it.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(token: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mock-for-conformance"))
            .args(["serve", "--listen", "127.0.0.1:0", "--intercept", "--quiet"])
            .env("WECHAT_MOCK_CONTROL_TOKEN", token)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("wechat-mock ready ");
        let url = url.unwrap_or_else(|| panic!("no ready line: {line:?}"));
        Self {
            child,
            url: url.to_owned(),
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn another_process_gives_the_same_results_and_no_secret_is_shown() {
    let mock = Serving::start(TOKEN);
    let folder = tempfile::tempdir().unwrap();
    let folder_of = |name: &str| folder.path().join(name);
    let program = |name: &str, more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_conformance"))
            .args(["--no-times", "--report"])
            .arg(folder_of(name))
            .args(more)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let behind = ["--url", &mock.url, "--control-token", TOKEN, "--exclusive"];
    let runs = [program("own", &[]), program("other", &behind)];
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    let read =
        |name: &str, file: &str| std::fs::read_to_string(folder_of(name).join(file)).unwrap();
    let results: Value = serde_json::from_str(&read("other", "results.json")).unwrap();
    let kept = report::results(&all_kept(), None, false);
    let rows = results["cases"].as_array().unwrap();
    for (row, wanted) in rows.iter().zip(kept["cases"].as_array().unwrap()) {
        assert_eq!(row, wanted);
    }
    assert_eq!(rows.len(), cases().len());
    for file in ["results.json", "junit.xml", "report.md"] {
        assert!(read("own", file) == read("other", file), "{file}");
    }
    assert_eq!(read("other", "results.json"), format!("{kept:#}\n"));

    let page = read("other", "report.html");
    assert!(page.contains("{{access_token}}"));
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let world = http
        .get(format!("{}/_mock/v1/world", mock.url))
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    let world: Value = serde_json::from_str(&world.text().await.unwrap()).unwrap();
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
}

#[tokio::test]
async fn every_report_is_written_and_junit_counts_rightly() {
    let target = Target::in_process(true).await.unwrap();
    let chosen = cases().iter().filter(|case| case.area == "tokens");
    let verdicts = run(Arc::new(target), chosen.collect(), |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    report::write(folder.path(), &verdicts, None, true).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let results: Value = serde_json::from_str(&read("results.json")).unwrap();
    assert_eq!(results["schema"], report::SCHEMA);
    assert_eq!(results["cases"].as_array().unwrap().len(), verdicts.len());
    assert!(results["cases"][0]["milliseconds"].is_u64());
    assert!(results["witnesses"].is_null() && results.get("witnesses").is_some());
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
    for (page, case) in [("report.md", "| C-TOK-001 |"), ("report.html", "C-TOK-001")] {
        let text = read(page);
        assert!(text.contains(case), "{page}");
        assert!(text.contains("witnesses: not run"), "{page}");
    }
}
