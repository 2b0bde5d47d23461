//! The program `conformance`; what it does is in the library's module `program`.

use std::process::ExitCode;

fn main() -> ExitCode {
    conformance::program::main()
}
