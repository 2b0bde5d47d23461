//! `cargo mock`: the mock's program, with the features that the demo was built with.

use std::process::ExitCode;

fn main() -> ExitCode {
    wechat_mock::cli::run()
}
