//! The service from outside: over its port against the mock, and as a program.
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test that cannot go on says so by panicking"
)]

mod access;
mod callback;
mod chance;
mod claims;
mod config;
mod coupons;
mod disorder;
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
mod redeem;
mod road;
mod storage;
mod support;
mod uploads;
