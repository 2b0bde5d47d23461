//! How the story is told: readable lines, secrets shortened.

use std::io::Write;

/// Writes a line; a reader who has gone away does not matter.
pub(crate) fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    let _gone = writeln!(out, "{line}").and_then(|()| out.flush());
}

pub(crate) fn complain(line: &str) {
    let _gone = writeln!(std::io::stderr(), "{line}");
}

/// Opens a step.
pub(crate) fn step(number: usize, title: &str) {
    tell(&format!("\nstep {number}: {title}"));
}

/// One thing that was sent, and what came back.
pub(crate) fn sent(who: &str, what: &str, came: &str) {
    tell(&format!("  {who:<19}  {what}"));
    if !came.is_empty() {
        tell(&format!("  {:<19}    ← {came}", ""));
    }
}

/// The ends of a secret.
pub(crate) fn short(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= 8 {
        return "…".to_owned();
    }
    let first: String = characters[..4].iter().collect();
    let last: String = characters[characters.len() - 4..].iter().collect();
    format!("{first}…{last}")
}
