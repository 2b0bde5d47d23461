//! The service from outside: over its port against the mock, and as a program.
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test that cannot go on says so by panicking"
)]

mod access;
mod callback;
mod claims;
mod config;
mod coupons;
mod disorder;
mod fleet;
mod flow;
mod idempotency;
mod killed;
mod migrations;
mod operations;
mod outages;
mod pitfalls;
mod program;
mod reconcile;
mod redeem;
mod stock;
mod storage;
mod support;
mod uploads;
mod void;
