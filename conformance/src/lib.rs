#![doc = include_str!("../README.md")]

mod arrange;
mod ask;
mod case;
mod http;
mod judge;
mod matching;
mod play;
#[doc(hidden)]
pub mod program;
mod receiver;
pub mod report;
mod run;
mod scene;
mod sign;
mod step;
mod traffic;
mod variables;

pub use arrange::{Action, ArrangeError, Arranger, Arranging, ControlApi, Nobody};
pub use ask::Ask;
pub use case::{
    Case, ExpectedFailure, Grade, Layer, Level, Needs, Title, cases, cases_of, expected_failures,
};
pub use run::{Options, Outcome, Target, Verdict, run};
pub use traffic::Exchange;
