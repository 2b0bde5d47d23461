#![doc = include_str!("../README.md")]

mod arrange;
mod ask;
mod backend;
mod case;
mod client;
pub mod diff;
mod effects;
mod guard;
mod histories;
mod http;
mod judge;
mod matching;
mod outcome;
mod play;
#[doc(hidden)]
pub mod program;
mod receiver;
mod record;
pub mod report;
mod run;
mod scene;
mod sign;
mod step;
#[cfg(feature = "teeth")]
#[doc(hidden)]
pub mod teeth;
mod traffic;
mod variables;
mod wechat;

pub use arrange::{Action, ArrangeError, Arranger, Arranging, ControlApi, Nobody};
pub use ask::Ask;
pub use backend::{Backend, BackendOptions};
pub use case::{
    Case, ExpectedFailure, Grade, Layer, Level, Needs, Title, backend_cases, cases, cases_of,
    client_cases, expected_failures,
};
pub use client::WechatClient;
pub use guard::{Cleaned, Limits, PREFIX};
pub use histories::{Histories, HistoriesTold, HistoryFailure};
pub use outcome::Outcome;
pub use record::record;
pub use run::{Options, Target, Verdict, run};
pub use traffic::{Called, Exchange};
