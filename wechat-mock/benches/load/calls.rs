//! Each call beside bare axum and wiremock, in turns, so that what else the machine does falls on all.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result};
use wechat_mock::MockWechat;

use crate::{
    client::{ask, load},
    rivals,
    shop::{Scenario, Shop},
};

/// Callers at a time.
const CALLERS: usize = 16;
/// Requests of one turn.
const TIMES: usize = 4_000;
/// Turns of each server.
const TURNS: usize = 9;
/// Callers at a time where the slowest answers are looked at.
const MANY: usize = 32;

/// What was measured of one call.
pub(crate) struct CallFigures {
    pub(crate) scenario: Scenario,
    /// Answers per second, lowest first.
    pub(crate) mock: Vec<f64>,
    pub(crate) axum: Vec<f64>,
    pub(crate) wiremock: Vec<f64>,
    /// The mock's rate by axum's, turn by turn, lowest first.
    pub(crate) ratios: Vec<f64>,
    /// Within which 99 of 100 answers come, with [`MANY`] callers; median of the turns.
    pub(crate) p99: Duration,
}

/// The one in the middle of what is sorted.
pub(crate) fn median<T: Copy>(sorted: &[T]) -> T {
    sorted[sorted.len() / 2]
}

/// Measures the calls whose name has `only`.
pub(crate) fn measure(only: &str) -> Result<Vec<CallFigures>> {
    let chosen = Scenario::ALL
        .into_iter()
        .filter(|scenario| scenario.name().contains(only));
    chosen.map(of_call).collect()
}

fn of_call(scenario: Scenario) -> Result<CallFigures> {
    let mock = MockWechat::start_blocking();
    let address: SocketAddr = mock.url().trim_start_matches("http://").parse()?;
    let mut shop = Shop::open(move |request| ask(address, request), 1_000)?;
    let first = shop.requests(scenario, 1)?;
    let answer = ask(address, &first[0])?.body;
    let axum = rivals::axum(answer.clone())?;
    let wiremock = rivals::wiremock(answer)?;
    let mut figures = CallFigures {
        scenario,
        mock: Vec::new(),
        axum: Vec::new(),
        wiremock: Vec::new(),
        ratios: Vec::new(),
        p99: Duration::ZERO,
    };
    let mut slowest = Vec::new();
    for turn in 0..=TURNS {
        let requests = shop.requests(scenario, TIMES)?;
        let of_mock = load(address, &requests, TIMES, CALLERS, scenario.is_right())
            .with_context(|| scenario.name())?
            .rate;
        let of_axum = load(axum, &requests, TIMES, CALLERS, |status, _| status == 200)?.rate;
        let of_wiremock = load(wiremock, &requests, TIMES, CALLERS, |status, _| {
            status == 200
        })?
        .rate;
        let requests = shop.requests(scenario, TIMES)?;
        let run = load(address, &requests, TIMES, MANY, scenario.is_right())?;
        // The first turn warms up.
        if turn > 0 {
            figures.mock.push(of_mock);
            figures.axum.push(of_axum);
            figures.wiremock.push(of_wiremock);
            figures.ratios.push(of_mock / of_axum);
            slowest.push(run.quantile(0.99));
        }
    }
    for list in [
        &mut figures.mock,
        &mut figures.axum,
        &mut figures.wiremock,
        &mut figures.ratios,
    ] {
        list.sort_by(f64::total_cmp);
    }
    slowest.sort_unstable();
    figures.p99 = median(&slowest);
    println!(
        "{:32} mock {:6.0}/s  axum {:6.0}/s  wiremock {:6.0}/s  ÷ axum {:.2} ({:.2} to {:.2}), wanted {:.2}  p99 {:.1} ms",
        scenario.name(),
        median(&figures.mock),
        median(&figures.axum),
        median(&figures.wiremock),
        median(&figures.ratios),
        figures.ratios[0],
        figures.ratios[figures.ratios.len() - 1],
        scenario.wanted(),
        figures.p99.as_secs_f64() * 1000.0,
    );
    Ok(figures)
}
