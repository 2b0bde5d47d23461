//! The mock from outside: over its port, through its handles, and as a program.
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test that cannot go on says so by panicking"
)]

mod accounts;
mod claims;
mod codes;
mod control;
mod corpus;
mod create;
mod explain;
mod faults;
mod imports;
mod login;
mod media;
mod models;
mod multipart;
mod mutations;
mod program;
mod quotas;
mod random;
mod roundtrip;
mod support;
mod switches;
mod tokens;
mod wire;
mod worlds;
