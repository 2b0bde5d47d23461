//! The mock as a program: how fast it is there, what it takes of memory, and what a large world costs.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use wechat_mock::MockWechat;

use crate::{
    calls::median,
    client::{Run, ask, load, request},
    shop::{Scenario, Shop},
};

/// Starts of which the median counts.
const STARTS: usize = 21;
/// Callers at a time.
const CALLERS: usize = 16;
/// Requests, after which the journal holds as much as it ever will.
const WARM_UP: usize = 20_000;
/// Requests in the run in which memory must not grow.
const MANY: usize = 1_000_000;
/// Sizes of a world at which calls are measured.
pub(crate) const SIZES: [usize; 3] = [1_000, 100_000, 1_000_000];
/// Requests of one measurement in a large world.
const TIMES: usize = 8_000;
/// Customers who claim.
const USERS: usize = 20_000;

/// What was measured of the program.
pub(crate) struct ProgramFigures {
    pub(crate) start_in_process: Duration,
    pub(crate) start_as_program: Duration,
    pub(crate) idle: u64,
    pub(crate) after_many: u64,
    pub(crate) per_card: u64,
    pub(crate) per_code: u64,
    /// Calls per second at each of [`SIZES`] cards or codes.
    pub(crate) growth: Vec<(&'static str, Vec<f64>)>,
    pub(crate) world: WorldFigures,
}

/// Writing and reading a world with the last of [`SIZES`] codes.
pub(crate) struct WorldFigures {
    pub(crate) bytes: usize,
    pub(crate) export: Duration,
    pub(crate) import: Duration,
    /// How far memory rose over what the world itself takes.
    pub(crate) export_peak: u64,
}

/// The program that runs; it ends with this value.
struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    fn start() -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wechat-mock"))
            .args(["serve", "--listen", "127.0.0.1:0", "--quiet"])
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().context("its standard output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim().strip_prefix("wechat-mock ready http://");
        let address = address.context("no ready line")?.parse()?;
        Ok(Self { child, address })
    }

    /// A line of `/proc/PID/status` in bytes.
    fn memory(&self, line: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|text| text.strip_prefix(line));
        let kib = line.and_then(|text| text.split_whitespace().nth(1));
        Ok(kib.context("no such line")?.parse::<u64>()? * 1024)
    }

    fn resident(&self) -> Result<u64> {
        self.memory("VmRSS")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

pub(crate) fn measure() -> Result<ProgramFigures> {
    let (start_in_process, start_as_program) = starts()?;
    println!("start: in process {start_in_process:?}, as a program {start_as_program:?}");
    let (idle, after_many) = of_many_requests()?;
    println!(
        "memory: idle {}, after {MANY} requests {}",
        mib(idle),
        mib(after_many)
    );
    let mut growth = Vec::new();
    let per_card = of_cards(&mut growth)?;
    println!("a card: {per_card} bytes");
    let (per_code, world) = of_codes(&mut growth)?;
    println!("a claimed code: {per_code} bytes");
    for (what, rates) in &growth {
        println!("{what}: {rates:.0?}/s at {SIZES:?}");
    }
    println!(
        "world of {} codes: {} written in {:?} (memory up by {}), read in {:?}",
        SIZES[SIZES.len() - 1],
        mib(world.bytes as u64),
        world.export,
        mib(world.export_peak),
        world.import
    );
    Ok(ProgramFigures {
        start_in_process,
        start_as_program,
        idle,
        after_many,
        per_card,
        per_code,
        growth,
        world,
    })
}

pub(crate) fn mib(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let mib = bytes as f64 / 1024.0 / 1024.0;
    format!("{mib:.1} MiB")
}

/// From the call, or the spawn, to the first answer.
fn starts() -> Result<(Duration, Duration)> {
    let health = request("GET", "/_mock/v1/health", "");
    let (mut in_process, mut as_program) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let begin = Instant::now();
        let mock = MockWechat::start_blocking();
        let address = mock.url().trim_start_matches("http://").parse()?;
        ensure!(ask(address, &health)?.status == 200);
        in_process.push(begin.elapsed());
        drop(mock);
        let begin = Instant::now();
        let program = Program::start()?;
        ensure!(ask(program.address, &health)?.status == 200);
        as_program.push(begin.elapsed());
    }
    in_process.sort_unstable();
    as_program.sort_unstable();
    Ok((median(&in_process), median(&as_program)))
}

fn of_many_requests() -> Result<(u64, u64)> {
    let program = Program::start()?;
    ask(program.address, &request("GET", "/_mock/v1/health", ""))?;
    let idle = program.resident()?;
    let mut shop = open(program.address, 0)?;
    for scenario in [
        Scenario::Get,
        Scenario::Ticket,
        Scenario::RefusedCreate,
        Scenario::RefusedCode,
    ] {
        shop.load(program.address, scenario, MANY / 4, CALLERS)?;
    }
    Ok((idle, program.resident()?))
}

/// Creates cards up to each of [`SIZES`], and measures what they take.
fn of_cards(growth: &mut Vec<(&'static str, Vec<f64>)>) -> Result<u64> {
    let program = Program::start()?;
    let mut shop = open(program.address, 0)?;
    shop.load(program.address, Scenario::Create, WARM_UP, CALLERS)?;
    let (mut made, mut before) = (WARM_UP, program.resident()?);
    let (mut create, mut get, mut list) = (Vec::new(), Vec::new(), Vec::new());
    let (mut first, mut per_card) = (before, 0);
    for size in SIZES {
        if size > made {
            create.push(
                shop.load(program.address, Scenario::Create, size - made, CALLERS)?
                    .rate,
            );
            per_card = (program.resident()? - first) / (size - made) as u64;
            (made, first) = (size, program.resident()?);
        } else {
            // So many are there from the beginning.
            create.push(
                shop.load(program.address, Scenario::Create, size, CALLERS)?
                    .rate,
            );
            made += size;
        }
        get.push(
            shop.load(program.address, Scenario::Get, TIMES, CALLERS)?
                .rate,
        );
        list.push(
            shop.load(program.address, Scenario::List, TIMES / 8, CALLERS)?
                .rate,
        );
        before = before.max(first);
    }
    growth.push(("card/create, by cards", create));
    growth.push(("card/get, by cards", get));
    growth.push(("card/batchget of 50, by cards", list));
    Ok(per_card)
}

/// Claims codes up to each of [`SIZES`], and measures what they take; then writes and reads the world.
fn of_codes(growth: &mut Vec<(&'static str, Vec<f64>)>) -> Result<(u64, WorldFigures)> {
    let program = Program::start()?;
    let mut shop = open(program.address, USERS)?;
    shop.load(program.address, Scenario::AddCard, WARM_UP, CALLERS)?;
    let (mut claimed, mut before) = (WARM_UP, program.resident()?);
    let (mut claim, mut decrypt, mut consume) = (Vec::new(), Vec::new(), Vec::new());
    let mut per_code = 0;
    for size in SIZES {
        let more = size.saturating_sub(claimed).max(1_000);
        claim.push(
            shop.load(program.address, Scenario::AddCard, more, CALLERS)?
                .rate,
        );
        claimed += more;
        let now = program.resident()?;
        per_code = now.saturating_sub(before) / more as u64;
        before = now;
        decrypt.push(
            shop.load(program.address, Scenario::Decrypt, TIMES, CALLERS)?
                .rate,
        );
        consume.push(
            shop.load(program.address, Scenario::Consume, TIMES / 8, CALLERS)?
                .rate,
        );
    }
    growth.push(("wx.addCard, by codes", claim));
    growth.push(("card/code/decrypt, by codes", decrypt));
    growth.push(("card/code/consume, by codes", consume));
    Ok((per_code, of_world(&program)?))
}

fn of_world(program: &Program) -> Result<WorldFigures> {
    let before = program.resident()?;
    let begin = Instant::now();
    let world = ask(program.address, &request("GET", "/_mock/v1/world", ""))?.body;
    let export = begin.elapsed();
    let peak = program.memory("VmHWM")?;
    let put = request("PUT", "/_mock/v1/world", std::str::from_utf8(&world)?);
    let begin = Instant::now();
    let answer = ask(program.address, &put)?;
    ensure!(
        answer.status == 200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    Ok(WorldFigures {
        bytes: world.len(),
        export,
        import: begin.elapsed(),
        export_peak: peak.saturating_sub(before),
    })
}

fn open(address: SocketAddr, users: usize) -> Result<Shop> {
    Ok(Shop::open(move |request| ask(address, request), users)?)
}

impl Shop {
    /// Sends so many requests of a scenario, some thousand at a time.
    fn load(
        &mut self,
        address: SocketAddr,
        scenario: Scenario,
        times: usize,
        callers: usize,
    ) -> Result<Run> {
        /// Requests that are written ahead.
        const AHEAD: usize = 20_000;
        let (mut left, mut rates, mut latencies) = (times, Vec::new(), Vec::new());
        while left > 0 {
            let now = left.min(AHEAD);
            let requests = self.requests(scenario, now)?;
            let run = load(address, &requests, now, callers, scenario.is_right())?;
            rates.push(run.rate);
            latencies = run.latencies;
            left -= now;
        }
        rates.sort_by(f64::total_cmp);
        Ok(Run {
            rate: median(&rates),
            latencies,
        })
    }
}
