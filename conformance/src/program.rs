//! The program: `cargo conformance`.

use std::{
    io::{BufReader, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, bail};
use clap::{Parser, Subcommand, ValueEnum};

use crate::{
    Ask, Case, Histories, Level, Options, Outcome, Target, Verdict, backend_cases, cases, cases_of,
    client_cases,
    report::{self, Witnesses},
    run,
};

mod members;
mod real;

/// Holds a stand-in for WeChat to what WeChat was seen, or is documented, to answer; and the backend
/// and the client to what they promise (`--target backend`, `--target client`).
///
/// Exit status: 0 when nothing is broken, 1 when a MUST is broken, a case cannot be tried or a known
/// failure passes, 2 when the target cannot be reached or the command line cannot be read.
#[derive(Clone, Debug, Parser)]
#[command(name = "conformance", version)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the command line"
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Where the target answers; without it, a mock is started in this process. WeChat answers at
    /// `WECHAT_API_BASE`, or at its own host.
    #[arg(long, value_name = "URL", global = true)]
    url: Option<String>,
    /// What the target is.
    #[arg(long, value_enum, default_value = "mock")]
    target: Kind,
    /// The token that the control API of the mock asks for.
    #[arg(long, value_name = "TOKEN")]
    control_token: Option<String>,
    /// Who moves the clock, holds the phone and reviews cards.
    #[arg(long, value_enum, default_value = "control", global = true)]
    arrange: Arrange,
    /// The account to use where none can be opened (`--arrange ask` and `none`), as APPID; the secret is
    /// read from the environment variable `WECHAT_OA_SECRET`.
    #[arg(long, value_name = "APPID")]
    appid: Option<String>,
    /// Only the cases of which the id, a rule, the capture or the area begins with this.
    #[arg(long, value_name = "ID", default_value = "", global = true)]
    only: String,
    /// Only the cases of this level.
    #[arg(long, value_enum, global = true)]
    level: Option<LevelName>,
    /// Reads the cases from the files of this folder, in place of those of the suite.
    #[arg(long, value_name = "DIR", global = true)]
    cases: Option<PathBuf>,
    /// Lists the cases and runs none.
    #[arg(long)]
    list: bool,
    /// Writes results.json, junit.xml, report.html and report.md into this folder.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// The result file of `conformance/interop/run`, for the reports; without it they say that the
    /// witnesses were not run. A witness that fails makes the run fail.
    #[arg(long, value_name = "FILE", requires = "report")]
    interop: Option<PathBuf>,
    /// Leaves all times out of the reports.
    #[arg(long)]
    no_times: bool,
    /// Behind a URL too, runs the cases that move the clock.
    #[arg(long)]
    move_clock: bool,
    /// Nobody else uses the target behind the URL: its clock and its switches may be changed.
    #[arg(long)]
    exclusive: bool,
    /// The mock in this process has all its switches on the strict side.
    #[arg(long, conflicts_with = "url")]
    strict: bool,
    /// Runs so many generated histories of a mock and a backend together, in place of cases.
    /// `HISTORY_SEED` says which.
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["url", "target", "only", "level", "list", "report", "cases"])]
    histories: Option<u32>,
    #[command(flatten)]
    members: members::MemberOptions,
    #[command(flatten)]
    real: real::Options,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Records what WeChat answers, as captures of grade A.
    Record {
        /// The folder that the captures are written into.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Sends the same calls to WeChat and to a mock, and lists what differs.
    ///
    /// Exit status: 0 when nothing differs, 1 when something does.
    Diff {
        /// Where the mock answers; without it, one is started in this process.
        #[arg(long, value_name = "URL")]
        mock_url: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
enum Kind {
    Mock,
    Backend,
    Client,
    Wechat,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
enum Arrange {
    /// The control API of the mock.
    Control,
    /// A person, asked in the terminal.
    Ask,
    /// Nobody: only cases of layer 1 run.
    None,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
enum LevelName {
    Must,
    Should,
    May,
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

/// Whether nothing is broken.
async fn suite(arguments: Arguments) -> anyhow::Result<bool> {
    if let Some(count) = arguments.histories {
        return histories(count).await;
    }
    let all = match &arguments.cases {
        // They live as long as the process.
        Some(folder) => Vec::leak(cases_of(folder).map_err(anyhow::Error::msg)?),
        None => match arguments.target {
            Kind::Backend => backend_cases(),
            Kind::Client => client_cases(),
            Kind::Mock | Kind::Wechat => cases(),
        },
    };
    let chosen: Vec<&'static Case> = all
        .iter()
        .filter(|case| is_chosen(case, &arguments))
        .collect();
    if chosen.is_empty() {
        bail!("no case begins with {}", arguments.only);
    }
    if arguments.list {
        let lines = chosen.iter().map(|case| line(case, ""));
        print(&lines.collect::<String>())?;
        return Ok(true);
    }
    // Before the run: a file that cannot be read must not cost one.
    witnesses(&arguments)?;
    if arguments.command.is_some() || arguments.target == Kind::Wechat {
        return real::start(&arguments, chosen).await;
    }
    if matches!(arguments.target, Kind::Backend | Kind::Client) {
        return members::start(&arguments, chosen).await;
    }
    let target = Arc::new(target(&arguments).await?);
    let verdicts = played(target, chosen).await;
    finish(&arguments, &verdicts)
}

/// Runs generated histories; whether nothing is broken.
async fn histories(count: u32) -> anyhow::Result<bool> {
    let histories = Histories::of_environment(count).map_err(anyhow::Error::msg)?;
    print(&format!("{histories}\n"))?;
    // They have a runtime of their own.
    let outcome = tokio::task::spawn_blocking(move || histories.run()).await?;
    print(&match &outcome {
        Ok(told) => told.to_string(),
        Err(failure) => format!("{failure}\n"),
    })?;
    Ok(outcome.is_ok())
}

/// Runs cases, with progress on a terminal.
async fn played(target: Arc<Target>, chosen: Vec<&'static Case>) -> Vec<Verdict> {
    let seen = members::progress(chosen.len());
    let verdicts = run(target, chosen, seen).await;
    if std::io::stderr().is_terminal() {
        let _gone = write!(std::io::stderr(), "\r\x1b[K");
    }
    verdicts
}

/// Prints the table and writes the reports; whether nothing is broken.
fn finish(arguments: &Arguments, verdicts: &[Verdict]) -> anyhow::Result<bool> {
    let witnesses = witnesses(arguments)?;
    print(&told(verdicts, arguments.url.as_deref()))?;
    if let Some(folder) = &arguments.report {
        let with_times = !arguments.no_times;
        report::write(folder, verdicts, witnesses.as_ref(), with_times)
            .with_context(|| format!("cannot write into {}", folder.display()))?;
    }
    let is_broken = verdicts.iter().any(|verdict| verdict.outcome.is_broken())
        || witnesses.is_some_and(|witnesses| witnesses.is_broken());
    Ok(!is_broken)
}

/// What the witnesses did, if it was given.
fn witnesses(arguments: &Arguments) -> anyhow::Result<Option<Witnesses>> {
    let Some(file) = &arguments.interop else {
        return Ok(None);
    };
    if arguments.target != Kind::Mock {
        bail!("--interop is about the mock");
    }
    Witnesses::read(file).map(Some).map_err(anyhow::Error::msg)
}

fn is_chosen(case: &Case, arguments: &Arguments) -> bool {
    let only = arguments.only.as_str();
    let names = [&case.id, &case.area]
        .into_iter()
        .chain(&case.rules)
        .chain(&case.capture);
    let level = arguments.level.map(|level| match level {
        LevelName::Must => Level::Must,
        LevelName::Should => Level::Should,
        LevelName::May => Level::May,
    });
    names.into_iter().any(|name| name.starts_with(only))
        && level.is_none_or(|level| level == case.level)
}

/// The target of runs of the cases about WeChat's paths, but for those against WeChat.
async fn target(arguments: &Arguments) -> anyhow::Result<Target> {
    let secret = std::env::var("WECHAT_OA_SECRET").unwrap_or_default();
    let options = Options {
        control_token: arguments.control_token.clone(),
        move_clock: arguments.move_clock,
        exclusive: arguments.exclusive,
        account: arguments.appid.clone().map(|appid| (appid, secret)),
    };
    let Some(url) = &arguments.url else {
        if arguments.arrange != Arrange::Control {
            bail!("--arrange ask and none need --url");
        }
        return Ok(Target::in_process(arguments.strict).await?);
    };
    if arguments.arrange != Arrange::Control && options.account.is_none() {
        bail!("--arrange ask and none need --appid, and its secret in WECHAT_OA_SECRET");
    }
    match arguments.arrange {
        Arrange::Control => Ok(Target::at(url, options)
            .await
            .with_context(|| format!("{url} does not answer"))?),
        Arrange::Ask => {
            let person = Ask::new(BufReader::new(std::io::stdin()), std::io::stderr());
            reachable(url).await?;
            Ok(Target::with(url, Arc::new(person), options)?)
        }
        Arrange::None => {
            reachable(url).await?;
            Ok(Target::plain(url, options)?)
        }
    }
}

async fn reachable(url: &str) -> anyhow::Result<()> {
    let asked = crate::http::client().build()?.get(url).send().await;
    asked
        .map(drop)
        .with_context(|| format!("{url} does not answer"))
}

fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("nobody reads the table")
}

fn line(case: &Case, outcome: &str) -> String {
    format!(
        "{outcome:5} {:16} {:6} {} {} {}\n",
        case.id,
        case.level.name(),
        case.grade.name(),
        case.layer.name(),
        case.title.en
    )
}

/// The table, what is to be said about cases that did not pass, and the sums.
fn told(verdicts: &[Verdict], url: Option<&str>) -> String {
    let lines = verdicts
        .iter()
        .map(|verdict| line(verdict.case, verdict.outcome.name()));
    let mut parts: Vec<String> = lines.collect();
    for verdict in verdicts {
        let Some(reason) = &verdict.reason else {
            continue;
        };
        parts.push(format!(
            "\n{} {}: {reason}\n",
            verdict.outcome.name(),
            verdict.case.id
        ));
        let is_different = verdict.outcome.is_broken() || verdict.outcome == Outcome::Warn;
        if let (true, Some(last)) = (is_different, verdict.traffic.last()) {
            let curl = match url {
                Some(url) => last.curl.replace("$URL", url),
                None => last.curl.clone(),
            };
            parts.push(format!("  {curl}\n  {} {}\n", last.status, last.answer));
        }
    }
    parts.push(format!("\n{}\n", report::summary(verdicts)));
    parts.concat()
}
