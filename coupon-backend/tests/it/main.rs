//! The service from outside: over its port against the mock, and as a program.
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test that cannot go on says so by panicking"
)]
#![expect(
    clippy::print_stdout,
    reason = "the seed of a random test, which the test program shows when it fails"
)]

mod access;
mod callback;
mod chance;
mod claims;
mod clocks;
mod config;
mod coupons;
mod disorder;
mod fleet;
mod flow;
mod galera;
mod idempotency;
mod killed;
mod kills;
mod mariadb;
mod migrations;
mod model;
mod operations;
mod outages;
mod pitfalls;
mod plans;
mod program;
mod races;
mod reconcile;
mod redeem;
mod road;
mod stock;
mod storage;
mod support;
mod uploads;
mod void;
