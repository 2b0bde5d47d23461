//! One test per case, against mocks, backends and clients in this process:
//! `cargo test --test cases -- C-TOK` runs a few, `-- backend::` and `-- client::` those of the two.

use std::{process::ExitCode, sync::Arc};

use conformance::{
    Backend, Case, Outcome, Target, Verdict, WechatClient, backend_cases, cases, client_cases,
};
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = Arc::new(runtime.expect("the system gives threads and events"));
    let target = runtime.block_on(Target::in_process(false));
    let target = Arc::new(target.expect("a mock in this process answers"));
    let backend = Arc::new(Backend::in_process());
    let client = Arc::new(WechatClient::default());

    let mut trials = Vec::new();
    for case in cases() {
        let (runtime, target) = (runtime.clone(), target.clone());
        let run = move || runtime.block_on(target.run(case));
        trials.push(trial("", case, run));
    }
    for case in backend_cases() {
        let (runtime, backend) = (runtime.clone(), backend.clone());
        let run = move || runtime.block_on(backend.run(case));
        trials.push(trial("backend::", case, run));
    }
    for case in client_cases() {
        let (runtime, client) = (runtime.clone(), client.clone());
        let run = move || runtime.block_on(client.run(case));
        trials.push(trial("client::", case, run));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(target: &str, case: &Case, run: impl FnOnce() -> Verdict + Send + 'static) -> Trial {
    let name = format!("{target}{}::{}", case.area, case.id);
    Trial::test(name, move || {
        let verdict = run();
        match verdict.outcome {
            // A warning is told by the report; here the target has to hold what it should, too.
            Outcome::Pass | Outcome::XFail => Ok(()),
            other => {
                let reason = verdict.reason.unwrap_or_default();
                let curl = verdict.traffic.last().map_or("", |last| &last.curl);
                let title = &verdict.case.title.en;
                Err(format!("{} {title}: {reason}\n{curl}", other.name()).into())
            }
        }
    })
}
