//! The mock from outside: over its port, through its handles, and as a program.
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test that cannot go on says so by panicking"
)]

mod accounts;
mod advice;
mod captures;
mod catalogue;
mod choice;
mod chunked;
mod claims;
mod codes;
#[cfg(feature = "console")]
mod console;
mod control;
mod corpus;
mod create;
mod endpoints;
mod examples;
mod expectations;
mod explain;
mod faults;
mod fields;
mod handles;
mod imports;
#[cfg(feature = "intercept")]
mod intercept;
mod library;
mod life;
mod lists;
mod login;
mod media;
mod members;
mod messages;
mod mistakes;
mod models;
mod multipart;
mod mutations;
#[cfg(feature = "console")]
mod openapi;
mod pages;
mod phone;
mod pitfalls;
mod program;
mod public_items;
mod pushes;
mod quotas;
mod random;
mod receiver;
mod rids;
mod roundtrip;
mod signatures;
mod starters;
mod stats;
mod stream;
mod suits;
mod support;
mod switches;
mod tokens;
mod verdicts;
mod wire;
mod world_handles;
mod worlds;
