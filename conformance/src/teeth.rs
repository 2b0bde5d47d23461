//! `cargo conformance-teeth`: which cases notice a rule that is broken on purpose.
//!
//! Every break runs in mocks of this process alone, one break after the other. A case catches a break when
//! it passes without it and is FAIL, WARN or ERROR with it: `cargo test` is red for each of them, since this
//! mock has to hold what it should, too. Many facts rest on evidence that carries no more than a SHOULD.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::{IsTerminal, Write as _},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, bail};
use clap::Parser;
use serde::Deserialize;
use wechat_mock::breaks;

use crate::{Case, Outcome, Target, Title, cases, run};

/// The share of breaks that has to be caught, in percent.
const WANTED: usize = 95;
/// Cases that catch a break, after which no more are tried.
const ENOUGH: usize = 3;
/// Cases that are tried at once.
const AT_ONCE: usize = 4;

/// Breaks the rules of the mock one after the other, and lists which cases notice.
///
/// Exit status: 0 when at least 95 % of the breaks are caught, 1 when fewer are, 2 when a case is red
/// without any break, or the command line cannot be read.
#[derive(Clone, Debug, Parser)]
#[command(name = "conformance-teeth")]
struct Arguments {
    /// Only the breaks of which the name begins with this.
    #[arg(long, value_name = "NAME", default_value = "")]
    only: String,
    /// Runs every case that reaches a break, in place of stopping at the first few that catch it.
    #[arg(long)]
    all: bool,
    /// Lists the breaks and runs none.
    #[arg(long)]
    list: bool,
}

/// One row of `teeth.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    /// What stands in place of `{}`: a break for each.
    #[serde(default)]
    each: Each,
    /// Of those, what is left out: a path whose answers are no JSON; a rule whose number is that of the
    /// field that breaks it, or that no call can break.
    #[serde(default)]
    except: Vec<String>,
    en: String,
    zh: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Each {
    #[default]
    One,
    /// All paths that the mock answers.
    Paths,
    /// All rules that have a number.
    Rules,
    #[serde(untagged)]
    These(Vec<String>),
}

/// A rule that can be broken.
#[derive(Debug)]
struct Break {
    name: String,
    /// What it breaks.
    title: Title,
    /// It changes a number, of which all cases that state it are told.
    is_number: bool,
}

/// What came of one break.
#[derive(Debug, Default)]
struct Bite {
    /// How many cases reach the place of the break.
    reached: usize,
    caught: Vec<&'static str>,
    /// Those of a SHOULD or a MAY, which end with a warning. `cargo test` is red for it all the same.
    warned: Vec<&'static str>,
}

impl Row {
    fn breaks(&self) -> Vec<Break> {
        let each: Vec<String> = match &self.each {
            Each::One => {
                return vec![Break {
                    name: self.name.clone(),
                    title: self.title(""),
                    is_number: false,
                }];
            }
            Each::Paths => wechat_mock::paths().map(str::to_owned).collect(),
            Each::Rules => numbered_rules(),
            Each::These(names) => names.clone(),
        };
        let one = |of: &String| Break {
            name: format!(
                "{}-{}",
                self.name,
                of.trim_start_matches('/').replace(['/', '_'], "-")
            ),
            title: self.title(of),
            is_number: self.name.starts_with("errcode"),
        };
        let mut each = each;
        each.retain(|of| !self.except.contains(of));
        each.iter().map(one).collect()
    }

    fn title(&self, of: &str) -> Title {
        Title {
            en: self.en.replace("{}", of),
            zh: self.zh.replace("{}", of),
        }
    }
}

/// The rules of `fixtures` that WeChat's API answers with a number.
fn numbered_rules() -> Vec<String> {
    let rules = fixtures::rules().as_array().into_iter().flatten();
    let numbered = rules.filter(|rule| {
        // A few rules leave their number to the field that breaks them.
        let is_of_field = rule["severity"] == "error" && rule["phone_text"].is_null();
        rule["errcode"].is_i64() || is_of_field
    });
    let ids = numbered.filter_map(|rule| rule["id"].as_str());
    ids.map(str::to_owned).collect()
}

fn all_breaks() -> anyhow::Result<Vec<Break>> {
    let rows: Vec<Row> =
        serde_json::from_str(include_str!("../teeth.json")).context("teeth.json")?;
    Ok(rows.iter().flat_map(Row::breaks).collect())
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
    let runtime = runtime.expect("the system gives threads and events");
    match runtime.block_on(suite(&arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _gone = writeln!(std::io::stderr(), "conformance-teeth: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether enough is caught.
async fn suite(arguments: &Arguments) -> anyhow::Result<bool> {
    let mut chosen = all_breaks()?;
    let known: BTreeSet<String> = chosen.iter().map(|one| one.name.clone()).collect();
    chosen.retain(|one| one.name.starts_with(&arguments.only));
    if chosen.is_empty() {
        bail!("no break begins with {}", arguments.only);
    }
    if arguments.list {
        for one in &chosen {
            print(&format!(
                "{:44} {} {}\n",
                one.name, one.title.en, one.title.zh
            ))?;
        }
        return Ok(true);
    }
    let target = Arc::new(Target::in_process(false).await?);
    let reached = unbroken(&target).await?;
    let unknown: Vec<&str> = reached
        .keys()
        .map(String::as_str)
        .filter(|name| !known.contains(*name))
        .collect();
    if !unknown.is_empty() {
        bail!("teeth.json says nothing of {}", unknown.join(", "));
    }
    let (mut caught, mut warned) = (0, 0);
    for one in &chosen {
        let cases = reached.get(&one.name).map_or(&[][..], Vec::as_slice);
        let is_whole = arguments.all || one.is_number;
        breaks::set(Some(&one.name));
        let bite = bite(&target, cases, is_whole).await;
        breaks::set(None);
        caught += usize::from(!bite.caught.is_empty() || !bite.warned.is_empty());
        warned += usize::from(bite.caught.is_empty() && !bite.warned.is_empty());
        print(&told(one, &bite))?;
    }
    let all = chosen.len();
    print(&format!(
        "\n{warned} of them by a warning alone\n{caught} of {all} caught ({} %)\n",
        caught * 100 / all
    ))?;
    Ok(caught * 100 >= WANTED * all)
}

/// Runs all cases on mocks that are whole, one by one; which names each asked for, the quickest case first.
async fn unbroken(target: &Arc<Target>) -> anyhow::Result<BTreeMap<String, Vec<&'static Case>>> {
    let mut reached: BTreeMap<String, Vec<(u64, &'static Case)>> = BTreeMap::new();
    let mut red = Vec::new();
    let shows_progress = std::io::stderr().is_terminal();
    for case in cases() {
        breaks::take_asked();
        let verdict = target.run(case).await;
        if !matches!(verdict.outcome, Outcome::Pass | Outcome::XFail) {
            red.push(format!("{} {}", verdict.outcome.name(), case.id));
        }
        for name in breaks::take_asked() {
            let cases = reached.entry(name).or_default();
            cases.push((verdict.milliseconds, case));
        }
        if shows_progress {
            let _gone = write!(std::io::stderr(), "\r\x1b[K{}", case.id);
        }
    }
    if shows_progress {
        let _gone = write!(std::io::stderr(), "\r\x1b[K");
    }
    if !red.is_empty() {
        bail!("without any break: {}", red.join(", "));
    }
    let sorted = reached.into_iter().map(|(name, mut cases)| {
        cases.sort_by_key(|(milliseconds, _)| *milliseconds);
        (name, cases.into_iter().map(|(_, case)| case).collect())
    });
    Ok(sorted.collect())
}

/// Runs the cases that reach the break in force; all of them, or as many as it takes.
async fn bite(target: &Arc<Target>, cases: &[&'static Case], is_whole: bool) -> Bite {
    let mut bite = Bite {
        reached: cases.len(),
        ..Bite::default()
    };
    for some in cases.chunks(AT_ONCE) {
        for verdict in run(target.clone(), some.to_vec(), |_| ()).await {
            let id = verdict.case.id.as_str();
            match verdict.outcome {
                Outcome::Fail | Outcome::Error => bite.caught.push(id),
                Outcome::Warn => bite.warned.push(id),
                Outcome::Pass | Outcome::Skip | Outcome::XFail | Outcome::XPass => {}
            }
        }
        // Warnings alone do not end it: a MUST may still notice.
        if !is_whole && !bite.caught.is_empty() && bite.caught.len() + bite.warned.len() >= ENOUGH {
            break;
        }
    }
    bite
}

/// The line of one break.
fn told(one: &Break, bite: &Bite) -> String {
    let Break { name, title, .. } = one;
    let is_caught = !bite.caught.is_empty() || !bite.warned.is_empty();
    let mut line = if is_caught {
        let caught = bite.caught.iter().map(|id| format!(" {id}"));
        format!("caught      {name}:{}", caught.collect::<String>())
    } else if bite.reached == 0 {
        format!("NOT REACHED {name}: {} {}", title.en, title.zh)
    } else {
        format!("NOT CAUGHT  {name}: {} {}", title.en, title.zh)
    };
    if one.is_number || !is_caught {
        let _infallible = write!(line, " (of {} that reach it)", bite.reached);
    }
    if !bite.warned.is_empty() {
        let _infallible = write!(line, " (warned: {})", bite.warned.join(" "));
    }
    line.push('\n');
    line
}

fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("nobody reads the list")
}
