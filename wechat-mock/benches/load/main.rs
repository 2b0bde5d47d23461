//! What one call costs, beside servers that answer a fixed body; what a mock takes of memory and time.
//!
//! `cargo bench-all` runs it and writes `docs/performance.md`; `--quick` measures the calls alone and
//! writes nothing, `--only TEXT` those whose name has it.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

mod calls;
mod client;
mod program;
mod report;
mod rivals;
mod shop;

use anyhow::Result;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let is_quick = args.iter().any(|arg| arg == "--quick");
    let only = args.iter().position(|arg| arg == "--only");
    let only = only.and_then(|at| args.get(at + 1)).map(String::as_str);
    let calls = calls::measure(only.unwrap_or_default())?;
    if is_quick || only.is_some() {
        return Ok(());
    }
    let program = program::measure()?;
    report::write(&calls, &program)
}
