//! One call after the other without a network, for a profiler or a counter of instructions.
//!
//! `paths CALL TIMES` makes one kind of call so often; `paths --list` names them. `.ci/instructions`
//! counts what one call costs, and holds it to the committed numbers.
#![expect(clippy::print_stdout, reason = "it tells the names of the calls")]

#[path = "load/client.rs"]
#[expect(dead_code, reason = "the other bench sends over a network")]
mod client;
#[path = "load/shop.rs"]
#[expect(dead_code, reason = "the other bench measures more")]
mod shop;

use std::{io, str};

use anyhow::{Context, Result, ensure};
use wechat_mock::direct::Direct;

use client::Answer;
use shop::{Scenario, Shop};

/// The calls whose instructions are counted.
const CALLS: [(&str, Scenario); 7] = [
    ("create", Scenario::Create),
    ("refused_create", Scenario::RefusedCreate),
    ("get", Scenario::Get),
    ("ticket", Scenario::Ticket),
    ("decrypt", Scenario::Decrypt),
    ("consume", Scenario::Consume),
    ("add_card", Scenario::AddCard),
];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let [call, times] = args.as_slice() else {
        for (name, _) in CALLS {
            println!("{name}");
        }
        return Ok(());
    };
    let scenario = CALLS.iter().find(|(name, _)| name == call);
    let (_, scenario) = scenario.context("no such call")?;
    let times: usize = times.parse()?;
    let direct = Direct::start();
    let shared = std::rc::Rc::new(direct);
    let asked = shared.clone();
    let mut shop = Shop::open(move |request| ask(&asked, request), 100)?;
    let requests = shop.requests(*scenario, times)?;
    for request in requests.iter().cycle().take(times) {
        let answer = ask(&shared, request)?;
        let is_right = scenario.is_right()(answer.status, &answer.body);
        ensure!(is_right, "{}", String::from_utf8_lossy(&answer.body));
    }
    Ok(())
}

/// Answers a request that was written for a network.
fn ask(direct: &Direct, request: &[u8]) -> io::Result<Answer> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what.to_owned());
    let end = request.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or_else(|| bad("no end of the head"))?;
    let head = str::from_utf8(&request[..end]).map_err(io::Error::other)?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, uri) = (
        first.next().unwrap_or_default(),
        first.next().unwrap_or_default(),
    );
    let headers: Vec<(&str, &str)> = lines
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| *name != "host")
        .collect();
    let (status, body) = direct.ask(
        method.parse().map_err(io::Error::other)?,
        uri.parse().map_err(io::Error::other)?,
        &headers,
        request[end + 4..].to_vec().into(),
    );
    Ok(Answer {
        status,
        body: body.to_vec(),
    })
}
