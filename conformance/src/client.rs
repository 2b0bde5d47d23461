//! `wechat-client` as a target: what it reads of WeChat's literal answers, and what it sends.

use std::{sync::Arc, time::Instant};

use serde_json::{Value, json};

use crate::{
    case::{Case, ExpectedFailure, expected_failures},
    matching::matches,
    run::{Verdict, WORKERS, concluded, run_each},
    scene::{Stop, failed},
    traffic::Exchange,
    variables::Variables,
};

mod calls;
mod server;
mod step;
#[cfg(test)]
mod tests;

use calls::Clients;
use server::{Received, Server};
use step::{Sent, Step};

/// What it is called in the list of known failures.
const KIND: &str = "client";
/// Where a client gets its token; looked at only where a case states what is sent there.
const TOKEN: &str = "/cgi-bin/stable_token";

/// The client of this workspace, held to account.
#[derive(Clone, Debug)]
pub struct WechatClient {
    known: Vec<ExpectedFailure>,
}

impl Default for WechatClient {
    fn default() -> Self {
        Self {
            known: expected_failures().to_vec(),
        }
    }
}

impl WechatClient {
    /// Runs cases, several at once; what comes back is in the order of the cases.
    ///
    /// `seen` is told of each as it ends.
    pub async fn run_all(
        self: Arc<Self>,
        cases: Vec<&'static Case>,
        seen: impl Fn(&Verdict) + Send + Sync + 'static,
    ) -> Vec<Verdict> {
        let one = move |case| {
            let client = self.clone();
            async move { client.run(case).await }
        };
        run_each(cases, WORKERS, one, seen).await
    }

    /// Runs one case.
    pub async fn run(&self, case: &'static Case) -> Verdict {
        let begun = Instant::now();
        let mut traffic = Vec::new();
        let stop = played(case, &mut traffic).await.err();
        let (outcome, reason) = concluded(&self.known, KIND, case, stop);
        Verdict {
            case,
            outcome,
            reason,
            traffic,
            milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Each step has a server and a client for itself.
async fn played(case: &Case, traffic: &mut Vec<Exchange>) -> Result<(), Stop> {
    for (at, step) in case.steps.iter().enumerate() {
        let step: Step = serde_json::from_value(step.clone())
            .map_err(|error| failed(format!("step {}: {error}", at + 1)))?;
        let played = step_of(&step, traffic).await;
        played.map_err(|stop| stop.in_step(at))?;
    }
    Ok(())
}

async fn step_of(step: &Step, traffic: &mut Vec<Exchange>) -> Result<(), Stop> {
    let (made, received) = made(step).await?;
    let nothing = Variables::default();
    let exchanges = received
        .iter()
        .map(|one| Exchange::of(&one.request, &one.answer, &nothing));
    traffic.extend(exchanges);
    judged(step, &made, &received)
}

/// What came of the call of a step, the value or the error as cases state them, and what was sent.
async fn made(step: &Step) -> Result<(Result<Value, Value>, Vec<Received>), Stop> {
    let server = Server::start(step.answers.clone()).await;
    let server = server.map_err(|error| failed(format!("no port: {error}")))?;
    let clients = Clients { url: server.url() };
    let made = clients.make(&step.client, &step.arguments).await;
    let made = made.map_err(failed)?;
    let made = made.map_err(|error| calls::shown(&error));
    Ok((made, server.received().await))
}

/// Holds what came of a step against what it states.
fn judged(step: &Step, made: &Result<Value, Value>, received: &[Received]) -> Result<(), Stop> {
    match (&step.gives, &step.fails, made) {
        (Some(wanted), None, Ok(came)) => {
            matches(wanted, came, true, "gives").map_err(Stop::Differs)?;
        }
        (None, Some(wanted), Err(came)) => {
            matches(wanted, came, false, "fails").map_err(Stop::Differs)?;
        }
        (Some(wanted), None, Err(came)) => {
            let why = format!("expected {wanted}, failed with {came}");
            return Err(Stop::Differs(why));
        }
        (None, Some(wanted), Ok(came)) => {
            let why = format!("expected to fail with {wanted}, came {came}");
            return Err(Stop::Differs(why));
        }
        _ => return Err(failed("a step states either gives or fails")),
    }
    match &step.sends {
        Some(wanted) => sent_as_stated(wanted, received),
        None => Ok(()),
    }
}

/// Whether what came is what is stated, one request after the other.
fn sent_as_stated(wanted: &[Sent], received: &[Received]) -> Result<(), Stop> {
    let is_token_stated = wanted.iter().any(|sent| sent.path == TOKEN);
    let came: Vec<&Received> = received
        .iter()
        .filter(|one| is_token_stated || one.path != TOKEN)
        .collect();
    if came.len() != wanted.len() {
        let paths: Vec<&str> = came.iter().map(|one| one.path.as_str()).collect();
        let why = format!("expected {} requests, came {paths:?}", wanted.len());
        return Err(Stop::Differs(why));
    }
    for (at, (wanted, came)) in wanted.iter().zip(came).enumerate() {
        let place = format!("sends/{at}");
        let line = json!({
            "method": wanted.method, "path": wanted.path, "query": wanted.query,
            "content_type": wanted.content_type,
        });
        let line_that_came = json!({
            "method": came.request.method, "path": came.path, "query": came.query,
            "content_type": came.content_type,
        });
        matches(&line, &line_that_came, true, &place).map_err(Stop::Differs)?;
        body_as_stated(wanted, came, &place).map_err(Stop::Differs)?;
    }
    Ok(())
}

fn body_as_stated(wanted: &Sent, came: &Received, place: &str) -> Result<(), String> {
    let body = &came.request.body;
    let text = String::from_utf8_lossy(body);
    if let Some(json) = &wanted.json {
        let came: Value = serde_json::from_slice(body)
            .map_err(|error| format!("{place}: no JSON ({error}): {text}"))?;
        return matches(json, &came, true, &format!("{place}/json"));
    }
    if let Some(missing) = wanted.parts.iter().find(|part| !text.contains(*part)) {
        return Err(format!("{place}: no {missing:?} in {text:?}"));
    }
    let bytes = wanted.body.as_deref().unwrap_or_default();
    if wanted.parts.is_empty() && text != bytes {
        return Err(format!("{place}: expected {bytes:?}, came {text:?}"));
    }
    Ok(())
}
