//! `cargo conformance`: the program, with the features that the tests and the demo are built with.

use std::process::ExitCode;

fn main() -> ExitCode {
    conformance::program::main()
}
