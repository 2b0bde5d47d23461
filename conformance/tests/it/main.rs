//! The suite against mocks and against targets that are wrong, and its data against itself.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod data;
mod histories;
mod members;
mod program;
mod report;
mod targets;
mod teeth;
mod wechat;
