//! `report.md`: the table of areas and grades, and every case with its evidence.

use std::fmt::Write;

use super::{shown, summary, table};
use crate::{case::Grade, run::Verdict};

/// The same for equal runs: nothing in it varies.
pub fn markdown(verdicts: &[Verdict]) -> String {
    let mut text = format!(
        "# Conformance\n\n{} cases: {}.\n\n{LEGEND}\n\n| area | {} | all |\n|---|---|---|---|---|---|---|\n",
        verdicts.len(),
        summary(verdicts),
        Grade::ALL.map(Grade::name).join(" | "),
    );
    for (area, cells, all) in table(verdicts) {
        let cells: Vec<String> = cells.into_iter().map(shown).collect();
        let _infallible = writeln!(
            text,
            "| [{area}](#{area}) | {} | {} |",
            cells.join(" | "),
            shown(all)
        );
    }
    let mut area = "";
    for verdict in verdicts {
        let case = verdict.case;
        if area != case.area {
            area = &case.area;
            let _infallible = write!(
                text,
                "\n## {area}\n\n| case | outcome | level | grade | layer | what | evidence |\n|---|---|---|---|---|---|---|\n"
            );
        }
        let reason = verdict.reason.as_ref().map(|reason| format!(" ({reason})"));
        let date = if case.date.is_empty() {
            String::new()
        } else {
            format!(", {}", case.date)
        };
        let _infallible = writeln!(
            text,
            "| {} | {}{} | {} | {} | {} | {} | {}{date} |",
            case.id,
            verdict.outcome.name(),
            cell(&reason.unwrap_or_default()),
            case.level.name(),
            case.grade.name(),
            case.layer.name(),
            cell(&case.title.en),
            cell(&case.source),
        );
    }
    text
}

const LEGEND: &str = "Grades say what an expectation rests on: A recorded from WeChat by this suite, \
B captured from WeChat and published by others, C an official page, D two independent implementations, \
E inferred, or a promise of the target alone. A cell is passed/all.";

/// A text as one cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('\n', " ")
        .replace('<', "&lt;")
}
