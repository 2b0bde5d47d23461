//! The program: `cargo conformance`.

use std::{fs, io::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use serde_json::{Value, json};
use wechat_mock::MockWechat;

use crate::{Case, Target, Verdict, cases, run};

/// Holds a stand-in for WeChat to the numbered rules.
#[derive(Debug, Parser)]
#[command(name = "conformance", version)]
struct Arguments {
    /// Where the target answers; without it, a mock is started in this process.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Only the cases whose id begins with this, such as WX-CLM or code/.
    #[arg(long, value_name = "ID", default_value = "")]
    only: String,
    /// Writes report.json and report.md into this folder.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Behind a URL too, runs the cases that move the clock.
    #[arg(long)]
    move_clock: bool,
}

/// Runs the program with the arguments of this process.
///
/// # Panics
///
/// When the system has no threads or no events to give.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime
        .expect("the system gives threads and events")
        .block_on(start(arguments))
}

async fn start(arguments: Arguments) -> ExitCode {
    match suite(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _gone = writeln!(std::io::stderr(), "conformance: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether every rule that was tried is kept.
async fn suite(arguments: Arguments) -> anyhow::Result<bool> {
    let mock = match arguments.url {
        Some(_) => None,
        None => Some(MockWechat::builder().intercept().start().await),
    };
    let url = match (&arguments.url, &mock) {
        (Some(url), _) => url.clone(),
        (None, Some(mock)) => mock.url(),
        (None, None) => unreachable!("without a URL a mock was started"),
    };
    let may_move_clock = mock.is_some() || arguments.move_clock;
    let chosen: Vec<&Case> = cases()
        .filter(|case| case.id.starts_with(&arguments.only))
        .collect();
    if chosen.is_empty() {
        anyhow::bail!("no case begins with {}", arguments.only);
    }
    let target = Target::new(&url)?;
    let target = if mock.is_some() { target.own() } else { target };
    target
        .reach()
        .await
        .with_context(|| format!("{url} does not answer"))?;
    let is_proxy = target.is_proxy().await?;
    let (tried, left): (Vec<&Case>, Vec<&Case>) = chosen
        .iter()
        .partition(|case| (may_move_clock || !case.moves_clock) && (is_proxy || !case.needs_proxy));
    let verdicts = run(&target, tried.iter().copied()).await;
    let table = table(&chosen, &verdicts, &left);
    print(&table)?;
    if let Some(folder) = &arguments.report {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let json = report(&chosen, &verdicts);
        fs::write(folder.join("report.json"), format!("{json:#}\n"))?;
        fs::write(folder.join("report.md"), markdown(&chosen, &verdicts))?;
    }
    Ok(verdicts.iter().all(|verdict| verdict.violation.is_none()))
}

fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("nobody reads the table")
}

/// How a case ended, in a word.
fn outcome(id: &str, verdicts: &[Verdict]) -> &'static str {
    match verdicts.iter().find(|verdict| verdict.id == id) {
        None
        | Some(Verdict {
            not_run: Some(_), ..
        }) => "not run",
        Some(Verdict {
            violation: None, ..
        }) => "kept",
        Some(_) => "BROKEN",
    }
}

fn table(chosen: &[&Case], verdicts: &[Verdict], left: &[&Case]) -> String {
    let mut lines: Vec<String> = chosen
        .iter()
        .map(|case| {
            let outcome = outcome(case.id, verdicts);
            format!("{outcome:8} {:22} {}", case.id, case.statement())
        })
        .collect();
    for verdict in verdicts {
        if let Some(violation) = &verdict.violation {
            lines.push(format!("\n{}: {violation}", verdict.id));
        }
    }
    let broken = verdicts
        .iter()
        .filter(|verdict| verdict.violation.is_some())
        .count();
    let unmet: Vec<&Verdict> = verdicts
        .iter()
        .filter(|verdict| verdict.not_run.is_some())
        .collect();
    let kept = verdicts.len() - broken - unmet.len();
    lines.push(format!(
        "\n{kept} kept, {broken} broken, {} not run",
        left.len() + unmet.len()
    ));
    for verdict in unmet {
        let why = verdict.not_run.as_deref().unwrap_or_default();
        lines.push(format!("not run: {}: {why}", verdict.id));
    }
    if left.iter().any(|case| case.moves_clock) {
        lines.push(
            "not run: they move the clock that others behind the URL share; --move-clock runs them"
                .to_owned(),
        );
    }
    if left.iter().any(|case| case.needs_proxy) {
        lines.push("not run: they need a mock that was started with --intercept".to_owned());
    }
    lines.join("\n") + "\n"
}

fn report(chosen: &[&Case], verdicts: &[Verdict]) -> Value {
    let rows: Vec<Value> = chosen
        .iter()
        .map(|case| {
            let verdict = verdicts.iter().find(|verdict| verdict.id == case.id);
            let violation = verdict.and_then(|verdict| verdict.violation.as_ref());
            json!({
                "id": case.id,
                "outcome": outcome(case.id, verdicts).to_lowercase(),
                "statement": case.statement(),
                "violation": violation.map(ToString::to_string),
            })
        })
        .collect();
    json!({"cases": rows})
}

fn markdown(chosen: &[&Case], verdicts: &[Verdict]) -> String {
    let rows = chosen.iter().map(|case| {
        let statement = case.statement().replace('|', "\\|");
        format!(
            "| {} | {} | {statement} |\n",
            case.id,
            outcome(case.id, verdicts)
        )
    });
    format!(
        "# Conformance\n\n| rule | outcome | statement |\n|---|---|---|\n{}",
        rows.collect::<String>()
    )
}
