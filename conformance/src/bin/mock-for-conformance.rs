//! The mock as a program of its own, for tests of the suite against another process.

use std::process::ExitCode;

fn main() -> ExitCode {
    wechat_mock::cli::run()
}
