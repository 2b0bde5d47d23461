//! `cargo conformance-teeth`: the program, with the features that breaks need.

use std::process::ExitCode;

fn main() -> ExitCode {
    conformance::teeth::main()
}
