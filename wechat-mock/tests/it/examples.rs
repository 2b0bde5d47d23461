//! Every public type of the library has an example that compiles, and every public function is called in
//! one.

use std::{collections::BTreeSet, fs, path::Path};

/// The public types of a source file that have no example of their own.
fn types_without_example(source: &str) -> Vec<&str> {
    let (mut lacking, mut has_example) = (Vec::new(), false);
    for line in source.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("///") {
            has_example |= doc.trim_start().starts_with("```");
        } else if line.starts_with("pub struct ") || line.starts_with("pub enum ") {
            if !has_example {
                lacking.push(line);
            }
            has_example = false;
        } else if line.ends_with(['{', '}', ';', ',']) {
            // Something else had it.
            has_example = false;
        }
    }
    lacking
}

/// The name of the public function that a line declares.
fn function(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("pub ")?;
    let rest = rest.strip_prefix("async ").unwrap_or(rest);
    let rest = rest.strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

/// The lines of all examples in the documentation of a source file.
fn examples(source: &str) -> String {
    let mut is_inside = false;
    let mut lines = String::new();
    for line in source.lines().map(str::trim) {
        let Some(doc) = line.strip_prefix("///") else {
            continue;
        };
        if doc.trim_start().starts_with("```") {
            is_inside = !is_inside;
        } else if is_inside {
            lines.push_str(doc);
            lines.push('\n');
        }
    }
    lines
}

/// What the library is made of: the source files, without their tests.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<_> = ["lib.rs", "builder.rs", "faults.rs", "handles.rs"]
        .map(|name| root.join(name))
        .into();
    for folder in ["handles", "handles/rows"] {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        let entries = entries.map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|end| end == "rs")));
    }
    let read = |file: &Path| {
        let source = fs::read_to_string(file).unwrap();
        let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
        (file.display().to_string(), source.to_owned())
    };
    files.iter().map(|file| read(file)).collect()
}

#[test]
fn what_lacks_an_example_is_found() {
    let with = "/// A.\n/// ```\n/// b::a(1);\n/// ```\n#[derive(Clone)]\npub struct A {\n}\n";
    let without = "/// A.\n#[derive(Clone)]\npub struct B {\n}\n";
    assert!(types_without_example(with).is_empty());
    assert_eq!(
        types_without_example(&format!("{with}{without}")),
        ["pub struct B {"]
    );
    assert_eq!(examples(&format!("{with}/// c();\n")), " b::a(1);\n");
    assert_eq!(function("    pub async fn a<T>(b: T) {"), Some("a"));
    assert_eq!(function("pub(crate) fn a() {"), None);
}

#[test]
fn every_type_and_every_function_has_an_example() {
    let sources = sources();
    let readme = include_str!("../../README.md").to_owned();
    let examples: String = sources.iter().map(|(_, source)| examples(source)).collect();
    let examples = readme + &examples;
    let mut lacking = BTreeSet::new();
    for (file, source) in &sources {
        for line in types_without_example(source) {
            // A macro's name stands for those that it is used with.
            if !line.contains('$') {
                lacking.insert(format!("{file}: {line}"));
            }
        }
        for name in source.lines().filter_map(function) {
            let is_called = [format!(".{name}("), format!("::{name}(")];
            if !is_called.iter().any(|call| examples.contains(call)) {
                lacking.insert(format!("{file}: {name} is called in no example"));
            }
        }
    }
    assert!(sources.len() > 15, "{}", sources.len());
    let lacking: Vec<String> = lacking.into_iter().collect();
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}
