//! The corpus of the fuzz targets, replayed: what once broke a reader must not do so again.

use std::{fs, path::Path};

use wechat_mock::fuzzing;

/// Runs a target on each file of its corpus.
#[expect(
    clippy::print_stdout,
    reason = "a test that fails shows which file it was"
)]
fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    for file in files {
        println!("{}", file.display());
        target(&fs::read(file).unwrap());
    }
}

#[test]
fn json_bodies_keep_what_must_be_true() {
    replay("json_body", fuzzing::json_body);
}

#[test]
fn multipart_bodies_keep_what_must_be_true() {
    replay("multipart_body", fuzzing::multipart_body);
}
