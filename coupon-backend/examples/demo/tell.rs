//! How the story is told: readable lines in the reader's language, secrets shortened.

use std::{
    io::{IsTerminal, Write},
    sync::OnceLock,
};

use clap::ValueEnum;

/// The languages in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Language {
    /// That of the terminal.
    fn of_environment() -> Self {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let value = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        match names.into_iter().find_map(value) {
            Some(value) if value.to_ascii_lowercase().starts_with("zh") => Self::Zh,
            _ => Self::En,
        }
    }
}

/// One text in both languages.
#[derive(Clone, Debug)]
pub(crate) struct Both {
    en: String,
    zh: String,
}

/// One text in both languages.
pub(crate) fn both(en: impl Into<String>, zh: impl Into<String>) -> Both {
    Both {
        en: en.into(),
        zh: zh.into(),
    }
}

#[derive(Debug)]
struct Manner {
    language: Language,
    /// Every call is told, not the steps alone.
    is_verbose: bool,
    has_color: bool,
}

static MANNER: OnceLock<Manner> = OnceLock::new();

fn manner() -> &'static Manner {
    MANNER.get_or_init(|| Manner {
        language: Language::of_environment(),
        is_verbose: false,
        has_color: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    })
}

/// Chooses how everything is told; once, before anything is.
pub(crate) fn choose(language: Option<Language>, is_verbose: bool) {
    let usual = Manner {
        language: language.unwrap_or_else(Language::of_environment),
        is_verbose,
        has_color: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    // Told before: then it stays as it began.
    let _told = MANNER.set(usual);
}

/// The codes of a terminal's colours.
#[derive(Clone, Copy)]
enum Paint {
    Bold,
    Dim,
    Green,
    Red,
}

fn paint(text: &str, paint: Paint) -> String {
    if !manner().has_color {
        return text.to_owned();
    }
    let code = match paint {
        Paint::Bold => 1,
        Paint::Dim => 2,
        Paint::Green => 32,
        Paint::Red => 31,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// The text in the language that was chosen.
pub(crate) fn in_words(text: &Both) -> &str {
    match manner().language {
        Language::En => &text.en,
        Language::Zh => &text.zh,
    }
}

/// Writes a line; a reader who has gone away does not matter.
pub(crate) fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    let _gone = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Writes a line in the language that was chosen.
pub(crate) fn say(text: &Both) {
    tell(in_words(text));
}

pub(crate) fn complain(line: &str) {
    let _gone = writeln!(std::io::stderr(), "{line}");
}

/// Opens a step.
pub(crate) fn step(number: usize, title: &Both) {
    let before = if manner().is_verbose { "\n" } else { "" };
    let head = paint(&format!("step {number}:"), Paint::Bold);
    tell(&format!("{before}{head} {}", in_words(title)));
}

/// What came of a step, in a line.
pub(crate) fn held(text: &Both) {
    tell(&format!(
        "  {} {}",
        paint("✓", Paint::Green),
        in_words(text)
    ));
}

/// One thing that was sent, and what came back; told to who wants all of it.
pub(crate) fn sent(who: &str, what: &str, came: &str) {
    if !manner().is_verbose {
        return;
    }
    tell(&format!(
        "  {}  {what}",
        paint(&format!("{who:<19}"), Paint::Dim)
    ));
    if !came.is_empty() {
        tell(&format!("  {:<19}    ← {came}", ""));
    }
}

/// A refusal: how WeChat words it, and what is behind it.
pub(crate) fn refused(
    title: &Both,
    said: &str,
    rule: &str,
    why: &Both,
    received: &str,
    fix: &Both,
) {
    tell(&format!("\n  {}", in_words(title)));
    let rows = [
        (both("WeChat says", "微信只说"), paint(said, Paint::Red)),
        (
            both("the cause", "真正原因"),
            format!("{} ({rule})", in_words(why)),
        ),
        (both("received", "收到的是"), received.to_owned()),
        (both("the fix", "怎么改"), in_words(fix).to_owned()),
    ];
    for (name, text) in rows {
        let name = in_words(&name);
        // A Chinese character is two columns wide.
        let wide = name.chars().filter(|c| !c.is_ascii()).count();
        let blanks = " ".repeat(13_usize.saturating_sub(name.chars().count() + wide));
        tell(&format!("    {}{blanks}{text}", paint(name, Paint::Dim)));
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
