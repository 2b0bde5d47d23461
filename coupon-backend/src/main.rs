//! The program `coupon-backend`; what it does is in the library's module `program`.

use std::process::ExitCode;

fn main() -> ExitCode {
    coupon_backend::program::run()
}
