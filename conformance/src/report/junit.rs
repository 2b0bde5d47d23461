//! `junit.xml`: what CI systems read.

use std::fmt::Write;

use super::escaped;
use crate::{outcome::Outcome, run::Verdict};

/// One `testsuite` an area; a skip and a known failure count as skipped, a warning stands in
/// `system-out`.
pub fn junit(verdicts: &[Verdict], with_times: bool) -> String {
    let mut areas: Vec<&str> = verdicts
        .iter()
        .map(|verdict| verdict.case.area.as_str())
        .collect();
    areas.dedup();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for area in areas {
        let of_area: Vec<&Verdict> = verdicts
            .iter()
            .filter(|verdict| verdict.case.area == area)
            .collect();
        let count = |outcomes: &[Outcome]| {
            of_area
                .iter()
                .filter(|verdict| outcomes.contains(&verdict.outcome))
                .count()
        };
        let _infallible = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            escaped(area),
            of_area.len(),
            count(&[Outcome::Fail, Outcome::XPass]),
            count(&[Outcome::Error]),
            count(&[Outcome::Skip, Outcome::XFail]),
        );
        for verdict in of_area {
            xml += &case(verdict, with_times);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml + "</testsuites>\n"
}

fn case(verdict: &Verdict, with_times: bool) -> String {
    let time = if with_times {
        let (seconds, rest) = (verdict.milliseconds / 1000, verdict.milliseconds % 1000);
        format!(" time=\"{seconds}.{rest:03}\"")
    } else {
        String::new()
    };
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}: {}\"{time}",
        escaped(&verdict.case.area),
        escaped(&verdict.case.id),
        escaped(&verdict.case.title.en),
    );
    let reason = escaped(verdict.reason.as_deref().unwrap_or_default());
    let inside = match verdict.outcome {
        Outcome::Pass => return head + "/>\n",
        Outcome::Fail | Outcome::XPass => {
            format!("<failure message=\"{reason}\">{}</failure>", curl(verdict))
        }
        Outcome::Error => format!("<error message=\"{reason}\">{}</error>", curl(verdict)),
        Outcome::Skip | Outcome::XFail => format!("<skipped message=\"{reason}\"/>"),
        Outcome::Warn => format!("<system-out>WARN: {reason}</system-out>"),
    };
    format!("{head}>{inside}</testcase>\n")
}

fn curl(verdict: &Verdict) -> String {
    escaped(verdict.traffic.last().map_or("", |last| &last.curl))
}
