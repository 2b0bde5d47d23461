//! `cargo mock`: the mock's program, with the features that the demo was built with. Without a
//! subcommand it serves.

use std::{ffi::OsString, process::ExitCode};

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let first = arguments
        .get(1)
        .map(|first| first.to_string_lossy().into_owned());
    let is_about_all = |first: &str| ["-h", "--help", "-V", "--version"].contains(&first);
    let serves = first.is_none_or(|first| first.starts_with('-') && !is_about_all(&first));
    if serves {
        let at = arguments.len().min(1);
        arguments.insert(at, "serve".into());
    }
    wechat_mock::cli::run_with(arguments)
}
