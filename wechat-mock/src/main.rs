//! The program `wechat-mock`; its command line is in the library's module `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    wechat_mock::cli::run()
}
