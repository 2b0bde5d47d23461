//! The suite against mocks, and the data of the suite against itself.

mod data;
