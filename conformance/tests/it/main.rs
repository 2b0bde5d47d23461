//! The suite against mocks and against targets that are wrong, and its data against itself.

mod data;
mod program;
mod report;
mod targets;
