//! The client against canned answers: never the mock, which must not excuse it.
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test that cannot go on says so by panicking"
)]

mod bodies;
mod callback;
mod canned;
mod exchanges;
mod pitfalls;
mod redaction;
mod sign;
mod support;
mod tickets;
mod tokens;
mod transport;
