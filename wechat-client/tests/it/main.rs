//! The client against canned answers: never the mock, which must not excuse it.
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test that cannot go on says so by panicking"
)]

mod bodies;
mod callback;
mod calls;
mod canned;
mod exchanges;
mod imports;
mod limits;
mod noise;
mod paging;
mod pitfalls;
mod redaction;
mod repeats;
mod sharing;
mod sign;
mod support;
mod tickets;
mod tokens;
mod transport;
