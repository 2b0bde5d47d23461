//! `report.md`: the table of areas and grades, what the witnesses did, and every case with its evidence.

use std::fmt::Write;

use super::{Witnesses, shown, summary, table};
use crate::{case::Grade, run::Verdict};

/// The same for equal runs: nothing in it varies.
pub fn markdown(verdicts: &[Verdict], witnesses: Option<&Witnesses>) -> String {
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
    text += &of_witnesses(witnesses);
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

/// Clients and scenarios, then each reason once.
fn of_witnesses(witnesses: Option<&Witnesses>) -> String {
    let head = "\n## Witnesses\n\n";
    let Some(witnesses) = witnesses else {
        return format!("{head}witnesses: not run\n");
    };
    let clients = witnesses.clients();
    let mut text = format!("{head}{OF_WITNESSES}\n\n{}.\n\n", witnesses.summary());
    for (client, version) in &clients {
        let _infallible = writeln!(text, "- **{}**: {}", cell(client), cell(version));
    }
    let names: Vec<String> = clients.iter().map(|(client, _)| cell(client)).collect();
    let _infallible = writeln!(
        text,
        "\n| scenario | {} | what |\n|---|{}---|",
        names.join(" | "),
        "---|".repeat(names.len())
    );
    for (scenario, meaning) in &witnesses.scenarios {
        let of_client = |(client, _): &(&str, &str)| {
            let outcomes = witnesses.outcomes(client, scenario).into_iter();
            let names: Vec<&str> = outcomes.map(super::Witnessed::name).collect();
            names.join(" / ")
        };
        let cells: Vec<String> = clients.iter().map(of_client).collect();
        let _infallible = writeln!(
            text,
            "| {scenario} | {} | {} |",
            cells.join(" | "),
            cell(meaning.as_str().unwrap_or_default())
        );
    }
    text.push('\n');
    for ((outcome, client, why), places) in witnesses.reasons() {
        let _infallible = writeln!(
            text,
            "- {} {}, {}: {}",
            outcome.name(),
            cell(client),
            places.join(", "),
            cell(why),
        );
    }
    text
}

const OF_WITNESSES: &str = "Clients that others wrote for WeChat, unmodified, run whole scenarios against \
the mock. A cell is base URL / intercept: led to the mock's address, and with WeChat's own hosts through its \
proxy. XFAIL is a fault of the client's own, SKIP is what it does not offer, NOT_RUN lacked a tool chain and \
is no pass.";

const LEGEND: &str = "Grades say what an expectation rests on: A recorded from WeChat by this suite, \
B captured from WeChat and published by others, C an official page, D two independent implementations, \
E inferred, or a promise of the target alone. A cell is passed/all.";

/// A text as one cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('\n', " ")
        .replace('<', "&lt;")
}
