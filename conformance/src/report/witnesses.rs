//! What other people's clients did at the mock: the result file of `conformance/interop/run`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The ways in which a client is led to the mock, as the result file names them.
pub(super) const WAYS: [&str; 2] = ["base-url", "intercept"];

/// How one scenario of one client ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Witnessed {
    /// The client did it, and the phone agrees.
    Pass,
    /// It did not.
    Fail,
    /// It fails by a fault of its own, which is listed.
    XFail,
    /// The client does not offer it.
    Skip,
    /// A tool chain was missing: it says nothing about the mock.
    #[serde(rename = "NOT_RUN")]
    NotRun,
}

impl Witnessed {
    /// All outcomes, in the order of the reports.
    pub const ALL: [Self; 5] = [
        Self::Pass,
        Self::Fail,
        Self::XFail,
        Self::Skip,
        Self::NotRun,
    ];

    /// As the result file has it, such as `NOT_RUN`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::XFail => "XFAIL",
            Self::Skip => "SKIP",
            Self::NotRun => "NOT_RUN",
        }
    }
}

/// One client, way and scenario.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) client: String,
    pub(super) version: String,
    pub(super) way: String,
    pub(super) scenario: String,
    pub(super) outcome: Witnessed,
    pub(super) why: String,
}

/// What the witnesses did, complete: each client, way and scenario once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witnesses {
    version: u32,
    /// Name and meaning, in their order.
    pub(super) scenarios: Map<String, Value>,
    pub(super) results: Vec<Row>,
}

/// A reason, and the scenarios and ways that have it.
type Reason<'a> = ((Witnessed, &'a str, &'a str), Vec<String>);

impl Witnesses {
    /// Reads a result file.
    ///
    /// # Errors
    ///
    /// What is wrong with it: it cannot be read, has another version, leaves a client, way or scenario out
    /// or has it twice, passes a client without a version, or tells no reason where it does not pass.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
        let read = text.and_then(|text| Self::parse(&text));
        read.map_err(|error| format!("{}: {error}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let parsed: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if parsed.version != 1 {
            return Err(format!("version {} is unknown", parsed.version));
        }
        let mut seen = BTreeSet::new();
        for row in &parsed.results {
            let name = format!("{}, {}, {}", row.client, row.way, row.scenario);
            if !parsed.scenarios.contains_key(&row.scenario) || !WAYS.contains(&row.way.as_str()) {
                return Err(format!("{name}: an unknown scenario or way"));
            }
            match row.outcome {
                Witnessed::Pass if row.version.is_empty() => {
                    return Err(format!("{name}: PASS without a version"));
                }
                Witnessed::Pass => {}
                _ if row.why.is_empty() => return Err(format!("{name}: no reason")),
                _ => {}
            }
            if !seen.insert((row.client.as_str(), row.way.as_str(), row.scenario.as_str())) {
                return Err(format!("{name}: stands twice"));
            }
        }
        let all = parsed.clients().len() * WAYS.len() * parsed.scenarios.len();
        if seen.len() != all || all == 0 {
            return Err(format!("{} rows, where {all} are due", seen.len()));
        }
        Ok(parsed)
    }

    /// The clients in their order, each with its version.
    pub(super) fn clients(&self) -> Vec<(&str, &str)> {
        let mut clients: Vec<(&str, &str)> = Vec::new();
        for row in &self.results {
            match clients.iter_mut().find(|(name, _)| *name == row.client) {
                None => clients.push((&row.client, &row.version)),
                Some((_, version)) if version.is_empty() => *version = &row.version,
                Some(_) => {}
            }
        }
        clients
    }

    /// How a client did a scenario, in the order of [`WAYS`].
    pub(super) fn outcomes(&self, client: &str, scenario: &str) -> Vec<Witnessed> {
        let of_way = |way: &&str| {
            self.results
                .iter()
                .find(|row| row.client == client && row.scenario == scenario && row.way == *way)
                .map(|row| row.outcome)
        };
        WAYS.iter().filter_map(of_way).collect()
    }

    /// Whether a client failed.
    pub fn is_broken(&self) -> bool {
        let mut rows = self.results.iter();
        rows.any(|row| row.outcome == Witnessed::Fail)
    }

    /// How often each outcome came, by its name.
    pub(super) fn counts(&self) -> Vec<(&'static str, usize)> {
        let count = |one: Witnessed| {
            let rows = self.results.iter().filter(|row| row.outcome == one);
            (one.name(), rows.count())
        };
        Witnessed::ALL.map(count).to_vec()
    }

    /// In one line, such as `196 PASS, 0 FAIL, …`.
    pub(super) fn summary(&self) -> String {
        let counts = self.counts().into_iter();
        let parts = counts.map(|(name, count)| format!("{count} {name}"));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Why something did not pass: outcome, client and reason, each once, with its scenarios and ways.
    pub(super) fn reasons(&self) -> Vec<Reason<'_>> {
        let mut reasons: Vec<Reason<'_>> = Vec::new();
        let mut places = BTreeMap::new();
        for row in &self.results {
            if row.outcome == Witnessed::Pass {
                continue;
            }
            let key = (row.outcome, row.client.as_str(), row.why.as_str());
            let at = *places.entry(key).or_insert_with(|| {
                reasons.push((key, Vec::new()));
                reasons.len() - 1
            });
            reasons[at]
                .1
                .push(format!("{} ({})", row.scenario, row.way));
        }
        // Within an outcome, in the order of the file.
        reasons.sort_by_key(|((outcome, ..), _)| *outcome);
        reasons
    }

    /// As `results.json` has it.
    pub(super) fn value(&self) -> Value {
        let counts = self.counts().into_iter();
        let summary: Map<String, Value> = counts
            .map(|(name, count)| (name.to_owned(), count.into()))
            .collect();
        serde_json::json!({
            "summary": summary, "scenarios": self.scenarios, "results": self.results,
        })
    }
}
