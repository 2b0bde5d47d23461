//! `cargo backend`: the program, with the features that the demo was built with.

use std::process::ExitCode;

fn main() -> ExitCode {
    coupon_backend::program::run()
}
