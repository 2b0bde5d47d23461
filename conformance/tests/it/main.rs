//! The mock keeps every rule, and every rule and path has a case.

mod coverage;
mod mock;
