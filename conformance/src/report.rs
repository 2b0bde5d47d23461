//! What came of a run, for machines and for readers.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};

use crate::{case::Grade, outcome::Outcome, run::Verdict};

mod html;
mod junit;
mod markdown;
mod witnesses;

pub use html::html;
pub use junit::junit;
pub use markdown::markdown;
pub use witnesses::{Witnessed, Witnesses};

/// The version of `results.json`; it grows when a member changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// How often each outcome came.
pub fn counts(verdicts: &[Verdict]) -> BTreeMap<Outcome, usize> {
    let mut counts = BTreeMap::new();
    for verdict in verdicts {
        *counts.entry(verdict.outcome).or_default() += 1;
    }
    counts
}

/// How often each outcome came, in one line such as `612 PASS, 0 FAIL, …`.
pub fn summary(verdicts: &[Verdict]) -> String {
    let counts = counts(verdicts);
    let parts: Vec<String> = Outcome::ALL
        .iter()
        .map(|outcome| {
            format!(
                "{} {}",
                counts.get(outcome).copied().unwrap_or(0),
                outcome.name()
            )
        })
        .collect();
    parts.join(", ")
}

/// `results.json`: `{"schema", "summary", "cases": [{"id", "area", "rules", "level", "grade", "layer",
/// "source", "date", "capture", "title", "outcome", "reason", "milliseconds"?}], "witnesses"}`.
///
/// `witnesses` is null when none were given, else `{"summary", "scenarios", "results": [{"client", "version",
/// "way", "scenario", "outcome", "why"}]}`.
/// But for `milliseconds`, which `with_times` adds, two runs against equal targets give equal bytes.
pub fn results(verdicts: &[Verdict], witnesses: Option<&Witnesses>, with_times: bool) -> Value {
    let rows: Vec<Value> = verdicts
        .iter()
        .map(|verdict| {
            let case = verdict.case;
            let mut row = json!({
                "id": case.id,
                "area": case.area,
                "rules": case.rules,
                "level": case.level.name(),
                "grade": case.grade.name(),
                "layer": case.layer.name(),
                "source": case.source,
                "date": case.date,
                "capture": case.capture,
                "title": {"en": case.title.en, "zh": case.title.zh},
                "outcome": verdict.outcome.name(),
                "reason": verdict.reason,
            });
            if with_times {
                row["milliseconds"] = json!(verdict.milliseconds);
            }
            row
        })
        .collect();
    let counts = counts(verdicts);
    let summary: serde_json::Map<String, Value> = Outcome::ALL
        .iter()
        .map(|outcome| {
            let count = counts.get(outcome).copied().unwrap_or(0);
            (outcome.name().to_owned(), json!(count))
        })
        .collect();
    json!({
        "schema": SCHEMA, "summary": summary, "cases": rows, "witnesses": witnesses.map(Witnesses::value),
    })
}

/// Writes `results.json`, `junit.xml`, `report.html` and `report.md` into a folder.
///
/// # Errors
///
/// When the folder cannot be written.
pub fn write(
    folder: &Path,
    verdicts: &[Verdict],
    witnesses: Option<&Witnesses>,
    with_times: bool,
) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let results = results(verdicts, witnesses, with_times);
    fs::write(folder.join("results.json"), format!("{results:#}\n"))?;
    fs::write(folder.join("junit.xml"), junit(verdicts, with_times))?;
    fs::write(folder.join("report.html"), html(verdicts, witnesses))?;
    fs::write(folder.join("report.md"), markdown(verdicts, witnesses))
}

/// One cell of the table of areas and grades: passed, and all.
type Cell = (usize, usize);

/// Areas and grades: how many cases pass, and how many there are.
fn table(verdicts: &[Verdict]) -> Vec<(String, [Cell; 5], Cell)> {
    let mut rows: Vec<(String, [Cell; 5], Cell)> = Vec::new();
    for verdict in verdicts {
        let area = &verdict.case.area;
        if rows.last().is_none_or(|(last, ..)| last != area) {
            rows.push((area.clone(), [(0, 0); 5], (0, 0)));
        }
        let column = Grade::ALL
            .iter()
            .position(|grade| *grade == verdict.case.grade);
        let passed = usize::from(verdict.outcome == Outcome::Pass);
        if let (Some((_, cells, all)), Some(column)) = (rows.last_mut(), column) {
            for cell in [&mut cells[column], all] {
                cell.0 += passed;
                cell.1 += 1;
            }
        }
    }
    rows
}

fn shown((passed, all): Cell) -> String {
    match all {
        0 => "–".to_owned(),
        _ => format!("{passed}/{all}"),
    }
}

/// A text inside XML or HTML; characters that XML cannot hold become `?`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(letter),
            other if other.is_control() => escaped.push('?'),
            other => escaped.push(other),
        }
    }
    escaped
}
