//! `report.html`: one page without anything outside itself.

use std::fmt::Write;

use super::{Witnesses, escaped, shown, summary, table, witnesses::WAYS};
use crate::{case::Grade, run::Verdict};

/// Areas and grades, the witnesses, and per case its evidence, its traffic without secrets and its curl lines.
pub fn html(verdicts: &[Verdict], witnesses: Option<&Witnesses>) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Conformance</title>\
         <style>{STYLE}</style></head><body>\n<h1>Conformance</h1>\n<p>{} cases: {}.</p>\n<p>{LEGEND}</p>\n\
         <table><tr><th>area</th>",
        verdicts.len(),
        summary(verdicts),
    );
    for grade in Grade::ALL {
        let _infallible = write!(page, "<th>{}</th>", grade.name());
    }
    page.push_str("<th>all</th></tr>\n");
    for (area, cells, all) in table(verdicts) {
        let _infallible = write!(
            page,
            "<tr><td><a href=\"#{0}\">{0}</a></td>",
            escaped(&area)
        );
        for cell in cells.into_iter().chain([all]) {
            let _infallible = write!(page, "<td>{}</td>", shown(cell));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
    page += &of_witnesses(witnesses);
    let mut area = "";
    for verdict in verdicts {
        if area != verdict.case.area {
            area = &verdict.case.area;
            let _infallible = writeln!(page, "<h2 id=\"{0}\">{0}</h2>", escaped(area));
        }
        page += &case(verdict);
    }
    page + "</body></html>\n"
}

/// Clients and scenarios, a column for each way, then each reason once.
fn of_witnesses(witnesses: Option<&Witnesses>) -> String {
    let mut text = "<h2 id=\"witnesses\">Witnesses</h2>\n".to_owned();
    let Some(witnesses) = witnesses else {
        return text + "<p>witnesses: not run</p>\n";
    };
    let _infallible = write!(
        text,
        "<p>{}.</p>\n<table><tr><th rowspan=\"2\">scenario</th>",
        witnesses.summary()
    );
    let clients = witnesses.clients();
    for (client, version) in &clients {
        let _infallible = write!(
            text,
            "<th colspan=\"2\">{} {}</th>",
            escaped(client),
            escaped(version)
        );
    }
    text.push_str("</tr>\n<tr>");
    for way in clients.iter().flat_map(|_| WAYS) {
        let _infallible = write!(text, "<th>{way}</th>");
    }
    text.push_str("</tr>\n");
    for (scenario, meaning) in &witnesses.scenarios {
        let _infallible = write!(
            text,
            "<tr><td>{}: {}</td>",
            escaped(scenario),
            escaped(meaning.as_str().unwrap_or_default())
        );
        for (client, _) in &clients {
            for outcome in witnesses.outcomes(client, scenario) {
                let _infallible = write!(text, "<td class=\"{0}\">{0}</td>", outcome.name());
            }
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</table>\n<ul>\n");
    for ((outcome, client, why), places) in witnesses.reasons() {
        let _infallible = writeln!(
            text,
            "<li><b class=\"{0}\">{0}</b> {1}, {2}: {3}</li>",
            outcome.name(),
            escaped(client),
            escaped(&places.join(", ")),
            escaped(why),
        );
    }
    text + "</ul>\n"
}

fn case(verdict: &Verdict) -> String {
    let case = verdict.case;
    let outcome = verdict.outcome.name();
    let is_open = if verdict.outcome.is_broken() {
        " open"
    } else {
        ""
    };
    let mut text = format!(
        "<details id=\"{id}\"{is_open}><summary><b class=\"{outcome}\">{outcome}</b> {id} \
         {level} · {grade} · {layer} — {title}</summary>\n<p lang=\"zh\">{zh}</p>\n",
        id = escaped(&case.id),
        level = case.level.name(),
        grade = case.grade.name(),
        layer = case.layer.name(),
        title = escaped(&case.title.en),
        zh = escaped(&case.title.zh),
    );
    if let Some(reason) = &verdict.reason {
        let _infallible = writeln!(text, "<p><b>{}</b></p>", escaped(reason));
    }
    let rules = if case.rules.is_empty() {
        "none".to_owned()
    } else {
        case.rules.join(", ")
    };
    let capture = case
        .capture
        .as_ref()
        .map(|id| format!(" ({id})"))
        .unwrap_or_default();
    let _infallible = writeln!(
        text,
        "<p>Evidence{}: {}, {}. Rules: {}.</p>",
        escaped(&capture),
        escaped(&case.source),
        if case.date.is_empty() {
            "no date"
        } else {
            &case.date
        },
        escaped(&rules),
    );
    for exchange in &verdict.traffic {
        let status = if exchange.status == 0 {
            String::new()
        } else {
            exchange.status.to_string()
        };
        let _infallible = writeln!(
            text,
            "<pre>{}\n<i>{status} {}</i></pre>",
            escaped(&exchange.curl),
            escaped(&exchange.answer),
        );
    }
    text + "</details>\n"
}

const LEGEND: &str = "Grades say what an expectation rests on: A recorded from WeChat by this suite, \
B captured from WeChat and published by others, C an official page, D two independent implementations, \
E inferred, or a promise of the target alone. A cell is passed/all. In curl lines <code>$URL</code> is the \
target, and a name in double braces stands for a secret of your own.";

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse}td,th{border:1px solid #8886;padding:.1rem .6rem;text-align:right}\
td:first-child{text-align:left}details{border-top:1px solid #8884;padding:.2rem 0}\
pre{white-space:pre-wrap;word-break:break-all;background:#8881;padding:.5rem}\
.PASS{color:#080}.FAIL,.ERROR,.XPASS{color:#c00}.WARN,.XFAIL{color:#960}.SKIP,.NOT_RUN{color:#777}";
