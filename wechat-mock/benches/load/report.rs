//! `docs/performance.md`: what stands between its marks is written anew, the rest stays.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result};

use crate::{
    calls::{CallFigures, median},
    program::{ProgramFigures, SIZES, mib},
};

const BEGIN: &str = "<!-- measured: written by `cargo bench-all` -->\n";
const END: &str = "<!-- end of what was measured -->";

pub(crate) fn write(calls: &[CallFigures], program: &ProgramFigures) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
    let page = fs::read_to_string(&path).context("docs/performance.md")?;
    let (before, rest) = page
        .split_once(BEGIN)
        .context("no mark in docs/performance.md")?;
    let (_, after) = rest.split_once(END).context("no second mark")?;
    let measured = measured(calls, program)?;
    fs::write(&path, format!("{before}{BEGIN}{measured}{END}{after}"))?;
    println!("written: docs/performance.md");
    Ok(())
}

fn measured(calls: &[CallFigures], program: &ProgramFigures) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "\nMachine: {}\n", machine())?;
    writeln!(
        text,
        "| call | mock/s | bare axum/s | wiremock/s | ÷ axum (spread) | wanted | ÷ wiremock | p99, 32 callers |"
    )?;
    writeln!(text, "|---|---|---|---|---|---|---|---|")?;
    for call in calls {
        let ratio = median(&call.ratios);
        writeln!(
            text,
            "| {} | {:.0} | {:.0} | {:.0} | {}{ratio:.2} ({:.2} to {:.2}) | ≥ {:.1} | {:.2} | {:.1} ms |",
            call.scenario.name(),
            median(&call.mock),
            median(&call.axum),
            median(&call.wiremock),
            if ratio < call.scenario.wanted() {
                "**not held:** "
            } else {
                ""
            },
            call.ratios[0],
            call.ratios[call.ratios.len() - 1],
            call.scenario.wanted(),
            median(&call.mock) / median(&call.wiremock),
            call.p99.as_secs_f64() * 1000.0,
        )?;
    }
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    writeln!(text, "\n| what | measured | wanted |\n|---|---|---|")?;
    let rows = [
        (
            "start to the first answer, in process",
            format!("{:.1} ms", ms(program.start_in_process)),
            "< 2 ms",
        ),
        (
            "start to the first answer, as a program",
            format!("{:.1} ms", ms(program.start_as_program)),
            "< 10 ms",
        ),
        ("memory, idle", mib(program.idle), "< 16 MiB"),
        (
            "memory after 1,000,000 requests",
            mib(program.after_many),
            "< 64 MiB",
        ),
        (
            "memory of a card, at 1,000,000",
            format!("{} bytes", program.per_card),
            "≤ 2048 bytes",
        ),
        (
            "memory of a claimed code, at 1,000,000",
            format!("{} bytes", program.per_code),
            "≤ 250 bytes",
        ),
        (
            "a world of 1,000,000 codes, written",
            format!(
                "{:.1} s, {}",
                program.world.export.as_secs_f64(),
                mib(program.world.bytes as u64)
            ),
            "–",
        ),
        (
            "memory beside the world while it is written",
            mib(program.world.export_peak),
            "–",
        ),
        (
            "the same world, read",
            format!("{:.1} s", program.world.import.as_secs_f64()),
            "–",
        ),
    ];
    for (what, measured, wanted) in rows {
        writeln!(text, "| {what} | {measured} | {wanted} |")?;
    }
    writeln!(
        text,
        "\n| calls per second in a growing world | {} | {} | {} |\n|---|---|---|---|",
        SIZES[0], SIZES[1], SIZES[2]
    )?;
    for (what, rates) in &program.growth {
        let rates: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
        writeln!(text, "| {what} | {} |", rates.join(" | "))?;
    }
    writeln!(text)?;
    Ok(text)
}

fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let name = name.map_or("unknown processor", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    format!("{name}, {cores} cores, load {load} at the end.")
}
