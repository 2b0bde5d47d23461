//! Every public item of the library has an example that compiles: rustdoc's tests run them all.
//!
//! Told from the sources by plain reading, which the workspace's lints make safe: `unreachable_pub` lets
//! nothing be `pub` that is not the library's, and rustfmt puts each item on a line of its own. The rule:
//!
//! - a type, a function and a constant have an example in their own documentation;
//! - so has a method, or an example of its type or of another of the type's methods calls it by its name;
//!   what `MockWechat` hands out may also be got from `mock` in an example of the type that it is.
//!
//! Fields and variants are their type's. Of what a macro declares for several types one example is enough.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Something public, with its documentation.
#[derive(Debug)]
struct Item {
    /// Such as `struct` or `fn`.
    kind: &'static str,
    name: String,
    /// The type whose method it is.
    of: Option<String>,
    docs: String,
    place: String,
}

const KINDS: [&str; 7] = ["struct", "enum", "trait", "type", "const", "static", "fn"];

/// Kind and name of the public item that begins on a line.
fn public(line: &str) -> Option<(&'static str, String)> {
    let rest = line.trim_start().strip_prefix("pub ")?;
    let rest = ["async ", "unsafe "]
        .iter()
        .fold(rest, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
    let rest = match rest.strip_prefix("const fn ") {
        Some(_) => rest.trim_start_matches("const "),
        None => rest,
    };
    let (word, rest) = rest.split_once(' ')?;
    let kind = KINDS.into_iter().find(|kind| *kind == word)?;
    let is_of_name = |character: char| character.is_alphanumeric() || "_$".contains(character);
    let name = rest.split(|character| !is_of_name(character)).next()?;
    Some((kind, name.to_owned()))
}

/// The type of an `impl` block that begins on a line, unless it is a trait's.
fn type_of_impl(line: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix("impl")?;
    let rest = match rest.strip_prefix('<') {
        Some(generics) => generics.split_once("> ")?.1,
        None => rest.strip_prefix(' ')?,
    };
    let name = rest.split(['<', ' ']).next()?;
    (!rest.contains(" for ")).then(|| name.to_owned())
}

/// The public items of a source file.
fn items(text: &str, file: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut docs = String::new();
    // The type whose block is open, and the indentation at which it ends.
    let mut of: Option<(String, String)> = None;
    let mut in_attribute = false;
    for (line, number) in text.lines().zip(1..) {
        let trimmed = line.trim_start();
        let indent = &line[..line.len() - trimmed.len()];
        if let Some(doc) = trimmed.strip_prefix("///") {
            docs.push_str(doc);
            docs.push('\n');
            continue;
        }
        if trimmed.starts_with("#[") || in_attribute {
            in_attribute = !trimmed.ends_with(']');
            continue;
        }
        if let Some(name) = type_of_impl(line) {
            of = Some((name, indent.to_owned()));
        } else if trimmed == "}" && of.as_ref().is_some_and(|(_, begin)| begin == indent) {
            of = None;
        } else if let Some((kind, name)) = public(line) {
            items.push(Item {
                kind,
                name,
                of: of.as_ref().map(|(name, _)| name.clone()),
                docs: std::mem::take(&mut docs),
                place: format!("{file}:{number}"),
            });
        }
        docs.clear();
    }
    items
}

/// All examples of a documentation, one after the other.
fn examples(docs: &str) -> String {
    let mut examples = String::new();
    let mut is_inside = false;
    for line in docs.lines().map(str::trim_start) {
        if line.starts_with("```") {
            is_inside = !is_inside && !line.ends_with("text") && !line.ends_with("json");
        } else if is_inside {
            examples.push_str(line);
            examples.push('\n');
        }
    }
    examples
}

/// The items without an example, by the rule above.
fn without_example(items: &[Item]) -> Vec<String> {
    let mut by_type: BTreeMap<&str, String> = BTreeMap::new();
    for item in items {
        let examples = examples(&item.docs);
        let owner = match (&item.of, item.kind) {
            (Some(owner), _) => owner.as_str(),
            (None, "fn") => continue,
            (None, _) => item.name.as_str(),
        };
        // What a macro declares is called in examples of the types that it makes.
        by_type.entry("$name").or_default().push_str(&examples);
        by_type.entry(owner).or_default().push_str(&examples);
    }
    let is_missing = |item: &&Item| {
        let is_handle = item.of.as_deref() == Some("MockWechat")
            && by_type["$name"].contains(&format!("mock.{}(", item.name));
        let is_called = item.of.as_ref().is_some_and(|owner| {
            let examples = by_type.get(owner.as_str());
            let calls = [".", "::"].map(|before| format!("{before}{}", item.name));
            let ends = ["(", "::<", ")", ","];
            examples.is_some_and(|text| {
                calls.iter().any(|call| {
                    ends.iter()
                        .any(|end| text.contains(&format!("{call}{end}")))
                })
            })
        });
        !is_called && !is_handle && examples(&item.docs).is_empty() && !item.name.starts_with('$')
    };
    let missing = items.iter().filter(is_missing);
    missing
        .map(|item| {
            let owner = item.of.as_ref().map(|of| format!("{of}::"));
            let owner = owner.unwrap_or_default();
            format!("{}: {} {owner}{}", item.place, item.kind, item.name)
        })
        .collect()
}

/// All Rust files below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The modules that the documentation does not show.
fn hidden(library: &str) -> Vec<String> {
    let lines: Vec<&str> = library.lines().collect();
    let pairs = lines.windows(2);
    pairs
        .filter(|pair| pair[0] == "#[doc(hidden)]")
        .filter_map(|pair| pair[1].strip_prefix("pub mod "))
        .map(|name| format!("{}.rs", name.trim_end_matches(';')))
        .collect()
}

#[test]
fn every_public_item_has_an_example() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let hidden = hidden(&fs::read_to_string(source.join("lib.rs")).unwrap());
    assert_eq!(hidden.len(), 3, "{hidden:?}");
    let mut found = Vec::new();
    files(&source, &mut found);
    found.sort();
    let mut all = Vec::new();
    for path in found {
        let file = path.strip_prefix(&source).unwrap().display().to_string();
        if !hidden.contains(&file) {
            all.extend(items(&fs::read_to_string(&path).unwrap(), &file));
        }
    }
    assert!(all.len() > 200, "only {} items were found", all.len());
    let missing = without_example(&all);
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn an_item_without_an_example_is_found() {
    let source = r"
/// Has none.
pub struct Bare;

/// Has one.
///
/// ```
/// Shown::new().called();
/// ```
#[derive(
    Debug,
)]
pub struct Shown {
    /// A field.
    pub field: u8,
}

impl Shown {
    pub fn new() -> Self {}
    /// Its example is a plain text.
    ///
    /// ```text
    /// no code
    /// ```
    pub async fn forgotten(&self) {}
    pub const fn called(&self) {}
    pub(crate) fn private(&self) {}
}

impl From<u8> for Shown {}

/// Has none.
pub fn alone() {}
";
    let found = items(source, "a.rs");
    assert_eq!(found.len(), 6, "{found:#?}");
    assert_eq!(
        without_example(&found),
        [
            "a.rs:3: struct Bare",
            "a.rs:25: fn Shown::forgotten",
            "a.rs:33: fn alone",
        ]
    );
}
