//! One test per case, against mocks in this process: `cargo test --test cases -- C-TOK` runs a few.

use std::{process::ExitCode, sync::Arc};

use conformance::{Outcome, Target, cases};
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = Arc::new(runtime.expect("the system gives threads and events"));
    let target = runtime.block_on(Target::in_process(false));
    let target = Arc::new(target.expect("a mock in this process answers"));
    let trials = cases().iter().map(|case| {
        let (runtime, target) = (runtime.clone(), target.clone());
        Trial::test(format!("{}::{}", case.area, case.id), move || {
            let verdict = runtime.block_on(target.run(case));
            match verdict.outcome {
                // A warning is told by the report; here the mock has to hold what it should, too.
                Outcome::Pass | Outcome::XFail => Ok(()),
                other => {
                    let reason = verdict.reason.unwrap_or_default();
                    let curl = verdict.traffic.last().map_or("", |last| &last.curl);
                    Err(format!("{} {}: {reason}\n{curl}", other.name(), case.title.en).into())
                }
            }
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
