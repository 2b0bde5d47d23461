//! A case: one literal expectation with its evidence, read from `cases/*.json`.

use std::{path::Path, sync::LazyLock};

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::arrange::Action;

/// How binding a case is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// A target that differs is wrong: the case fails.
    Must,
    /// A target that differs is reported with a warning.
    Should,
    /// Either is right; a difference is reported with a warning.
    May,
}

impl Level {
    /// As the data has it, such as `MUST`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        }
    }
}

/// What the expectation rests on, the strongest first.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Recorded from WeChat by this suite.
    A,
    /// Captured from WeChat and published by others.
    B,
    /// An official page.
    C,
    /// Two independent implementations, or clients that rely on it.
    D,
    /// Inferred from other facts, or a promise of the target alone.
    E,
}

impl Grade {
    /// All grades, the strongest first.
    pub const ALL: [Self; 5] = [Self::A, Self::B, Self::C, Self::D, Self::E];

    /// The letter of the grade.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
        }
    }
}

/// What a target must have for the case to be run.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// HTTP on WeChat's own paths, with appid and secret; of the backend, HTTP with the admin token.
    L1,
    /// L1, and an [`Arranger`](crate::Arranger): clock, phone, review, faults.
    L2,
    /// The mock alone: explanations, advice, switches.
    L3,
}

impl Layer {
    /// As the data has it, such as `L1`.
    pub fn name(self) -> &'static str {
        match self {
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
        }
    }
}

/// One sentence in both languages.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// What a case needs of its target beside the calls it makes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what a case needs are independent facts"
)]
pub struct Needs {
    /// The target's clock is moved, which others may be using.
    pub clock: bool,
    /// The target is a proxy for WeChat's hosts.
    pub proxy: bool,
    /// The target can reach a server on this machine: pushes are awaited.
    pub receiver: bool,
    /// The account has no cards but those of the case.
    pub fresh: bool,
    /// Switches of the mock that have to stand at these values.
    pub switches: Map<String, Value>,
    /// Switches of the mock that have to stand at their default values.
    pub defaults: Vec<String>,
}

/// One literal expectation with its evidence.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Stable and never reused, such as `C-TOK-003`.
    pub id: String,
    /// The rules of `fixtures` that it tries, such as `WX-TOK-003`.
    #[serde(default)]
    pub rules: Vec<String>,
    /// The capture or exchange of `fixtures` that it states, such as `K9-37b` or `code/get`.
    pub capture: Option<String>,
    /// How binding it is.
    pub level: Level,
    /// What it rests on.
    pub grade: Grade,
    /// Where the evidence is found.
    pub source: String,
    /// When the evidence was made or read: a year, a day, or a span of years.
    pub date: String,
    /// What is expected, in one sentence.
    pub title: Title,
    /// What a target must have.
    pub layer: Layer,
    /// What it needs beside that.
    #[serde(default)]
    pub needs: Needs,
    /// Steps that prepare; one that does not go well is an error and no failure.
    #[serde(default)]
    pub arrange: Vec<Value>,
    /// Steps that are judged.
    pub steps: Vec<Value>,
    /// The file it stands in, without the extension.
    #[serde(skip)]
    pub area: String,
}

impl Case {
    /// What its steps have arranged, with the names of the case in place of appids and users.
    pub fn actions(&self) -> Vec<Action> {
        let mut found = Vec::new();
        let mut waiting: Vec<&Value> = self.arrange.iter().chain(&self.steps).collect();
        while let Some(step) = waiting.pop() {
            waiting.extend(step["repeat"]["steps"].as_array().into_iter().flatten());
            // A step whose numbers are places cannot be read yet; the player reads it.
            found.extend(serde_json::from_value::<Action>(step["do"].clone()));
            if step["claim"].is_object() || step["choose"].is_object() {
                found.push(Action::Phone {
                    user: "alice".to_owned(),
                    action: "add-card".to_owned(),
                    code: None,
                    with: Map::new(),
                });
            }
        }
        found
    }
}

impl Case {
    /// All its steps, those inside a repetition too.
    pub(crate) fn all_steps(&self) -> Vec<&Value> {
        let mut waiting: Vec<&Value> = self.arrange.iter().chain(&self.steps).collect();
        let mut found = Vec::new();
        while let Some(step) = waiting.pop() {
            waiting.extend(step["repeat"]["steps"].as_array().into_iter().flatten());
            found.push(step);
        }
        found
    }
}

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/cases");

/// All cases about WeChat's paths, by area and in the order of their files.
///
/// # Panics
///
/// When a file of the crate cannot be read as cases; a test holds them to it.
pub fn cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| embedded(&FOLDER));
    &CASES
}

/// The cases about the backend, which [`cases`] has not.
///
/// # Panics
///
/// As [`cases`].
pub fn backend_cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| of_folder("backend"));
    &CASES
}

/// The cases about the client, which [`cases`] has not.
///
/// # Panics
///
/// As [`cases`].
pub fn client_cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| of_folder("client"));
    &CASES
}

fn of_folder(name: &str) -> Vec<Case> {
    FOLDER.get_dir(name).map(embedded).unwrap_or_default()
}

/// The cases of a folder's own files.
fn embedded(folder: &Dir<'_>) -> Vec<Case> {
    let mut files: Vec<_> = folder.files().collect();
    files.sort_by_key(|file| file.path());
    let read = files.into_iter().map(|file| {
        read(file.path(), file.contents_utf8().unwrap_or_default())
            .unwrap_or_else(|error| panic!("{error}"))
    });
    read.flatten().collect()
}

/// The cases of a folder's `.json` files, in the order of their names.
///
/// # Errors
///
/// When the folder or one of the files cannot be read.
pub fn cases_of(folder: &Path) -> Result<Vec<Case>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            paths.push(path);
        }
    }
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        all.extend(read(
            &path,
            &std::fs::read_to_string(&path).map_err(failed)?,
        )?);
    }
    Ok(all)
}

/// The cases of one file; the area is the file's name.
fn read(path: &Path, text: &str) -> Result<Vec<Case>, String> {
    let area = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let cases: Vec<Case> =
        serde_json::from_str(text).map_err(|error| format!("{area}.json: {error}"))?;
    Ok(cases
        .into_iter()
        .map(|case| Case {
            area: area.clone(),
            ..case
        })
        .collect())
}

/// What is known to fail, from `expected_failures.json` of the crate.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFailure {
    /// The id of the case.
    pub case: String,
    /// The target that fails it: `mock`, `backend`, `client` or `wechat`.
    pub target: String,
    /// Why.
    pub reason: String,
    /// The last day (`YYYY-MM-DD`) on which the failure is excused.
    pub until: String,
}

/// All failures that are known.
///
/// # Panics
///
/// When the file of the crate cannot be read; a test holds it to it.
pub fn expected_failures() -> &'static [ExpectedFailure] {
    static LISTED: LazyLock<Vec<ExpectedFailure>> = LazyLock::new(|| {
        let text = include_str!("../expected_failures.json");
        serde_json::from_str(text).unwrap_or_else(|error| panic!("expected_failures.json: {error}"))
    });
    &LISTED
}
