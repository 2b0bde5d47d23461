//! The names of the breaks: those that `teeth.json` lists, and those that the code of the mock asks for.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

const LIST: &str = include_str!("../../teeth.json");

fn rows() -> Vec<Value> {
    serde_json::from_str(LIST).unwrap()
}

/// The text behind each call of a function, which is its first argument.
fn first_arguments(source: &str, function: &str) -> Vec<String> {
    let opening = format!("{function}(");
    let calls = source.split(&opening).skip(1);
    let quoted = calls.filter_map(|behind| behind.trim_start().strip_prefix('"'));
    quoted
        .filter_map(|text| text.split_once('"'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// All names that files of a folder give to a function, each as often as it stands there.
fn asked(folder: &Path, function: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.extend(first_arguments(
                    &fs::read_to_string(path).unwrap(),
                    function,
                ));
            }
        }
    }
    found
}

#[test]
fn the_list_and_the_code_have_the_same_names() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wechat-mock/src");
    for (function, is_of_many) in [("broken", false), ("broken_of", true)] {
        let listed: BTreeSet<String> = rows()
            .iter()
            .filter(|row| row["each"].is_null() != is_of_many)
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect();
        let asked: BTreeSet<String> = asked(&sources, function).into_iter().collect();
        let unknown: Vec<_> = asked.difference(&listed).collect();
        assert!(unknown.is_empty(), "not in teeth.json: {unknown:?}");
        let unasked: Vec<_> = listed.difference(&asked).collect();
        assert!(unasked.is_empty(), "no code asks for them: {unasked:?}");
    }
}

#[test]
fn each_break_is_named_once_and_told_in_both_languages() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        let name = row["name"].as_str().unwrap();
        assert!(
            seen.insert((name.to_owned(), row["each"].to_string())),
            "{name} stands twice"
        );
        let is_of_many = !row["each"].is_null();
        for language in ["en", "zh"] {
            let text = row[language].as_str().unwrap();
            assert!(!text.is_empty(), "{name}");
            assert_eq!(text.contains("{}"), is_of_many, "{name}: {text}");
        }
    }
    let rows = rows();
    let single = rows.iter().filter(|row| row["each"].is_null()).count();
    assert!(single >= 80, "{single}");
}

#[test]
fn the_search_finds_what_a_formatter_wraps() {
    let source =
        "a(broken(\"one\")); broken(\n    \"two\",\n); broken_of(\"three\", x); broken(name)";
    assert_eq!(first_arguments(source, "broken"), ["one", "two"]);
    assert_eq!(first_arguments(source, "broken_of"), ["three"]);
}
