//! A line on standard error for every refusal.

use std::{
    io::{IsTerminal, Write, stderr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel},
    },
    thread,
    time::Duration,
};

use clap::ValueEnum;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{journal::shown_call, mock::OnRefusal};

/// Lines that wait to be written; while nobody reads standard error, further ones are left out, so that
/// no call waits for a reader.
const WAITING: usize = 1024;
/// How long the end of the program waits for lines that are not yet written.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The language of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Language {
    /// What the environment says, by the variable that counts: `LC_ALL`, `LC_MESSAGES` or `LANG`.
    pub(super) fn of_environment() -> Self {
        let mut variables = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
        let first =
            variables.find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        match first {
            Some(value) if value.to_ascii_lowercase().starts_with("zh") => Self::Zh,
            _ => Self::En,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }
}

/// Whether standard error is read by somebody who sees colours.
pub(super) fn is_coloured() -> bool {
    let is_asked_not_to = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    stderr().is_terminal() && !is_asked_not_to
}

/// Writes the lines, on a thread of its own; dropped, it waits a moment for those not yet written.
#[derive(Debug)]
pub(super) struct Lines {
    sender: SyncSender<Option<String>>,
    written: Receiver<()>,
    left_out: Arc<AtomicU64>,
}

impl Lines {
    pub(super) fn start() -> std::io::Result<Self> {
        let (sender, lines) = sync_channel::<Option<String>>(WAITING);
        let (ended, written) = channel();
        let left_out = Arc::new(AtomicU64::new(0));
        let missing = left_out.clone();
        thread::Builder::new()
            .name("refusals".to_owned())
            .spawn(move || {
                // Nothing in place of a line is the end.
                while let Ok(Some(line)) = lines.recv() {
                    let missing = missing.swap(0, Ordering::Relaxed);
                    let mut out = stderr().lock();
                    // Whoever has closed it does not want to know.
                    let _gone = match missing {
                        0 => writeln!(out, "{line}"),
                        _ => writeln!(
                            out,
                            "wechat-mock: {missing} refusals were not shown\n{line}"
                        ),
                    };
                }
                let _nobody_waits = ended.send(());
            })?;
        Ok(Self {
            sender,
            written,
            left_out,
        })
    }

    /// What tells of refusals; `address` is where they can be looked up.
    pub(super) fn on_refusal(
        &self,
        address: &str,
        language: Language,
        is_coloured: bool,
    ) -> OnRefusal {
        let (sender, left_out) = (self.sender.clone(), self.left_out.clone());
        let address = address.to_owned();
        OnRefusal(Arc::new(move |record, account| {
            let line = line(record, account, &address, language, is_coloured);
            if let Err(TrySendError::Full(_)) = sender.try_send(Some(line)) {
                left_out.fetch_add(1, Ordering::Relaxed);
            }
        }))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // Where the queue is full nobody reads, and there is nothing to wait for.
        if self.sender.try_send(None).is_ok() {
            let _late = self.written.recv_timeout(LAST_LINES);
        }
    }
}

/// Time, account, call, number, rule, likely mistake and where to read more, of the record of a refusal.
fn line(
    record: &Value,
    account: Option<&str>,
    address: &str,
    language: Language,
    is_coloured: bool,
) -> String {
    let text = |key: &str| record[key].as_str().unwrap_or_default();
    let at = record["at"].as_i64().unwrap_or_default();
    let time = OffsetDateTime::from_unix_timestamp(at)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| at.to_string());
    let number = match (record["errcode"].as_i64(), record["status"].as_i64()) {
        (Some(0) | None, Some(status)) if status != 200 => format!("HTTP {status}"),
        (Some(errcode), _) => errcode.to_string(),
        (None, _) => text("errMsg").to_owned(),
    };
    let mistake = [&record["mistake"], &record["statement"]]
        .into_iter()
        .find_map(|texts| texts[language.key()].as_str())
        .unwrap_or_default();
    let (call, rule, id) = (shown_call(text("call")), text("rule"), text("id"));
    let account = account.unwrap_or("-");
    let colour = match (is_coloured, text("severity")) {
        (false, _) => ["", "", ""],
        (true, "transient") => ["\u{1b}[33m", "\u{1b}[0m", "\u{1b}[2m"],
        (true, _) => ["\u{1b}[31m", "\u{1b}[0m", "\u{1b}[2m"],
    };
    let [strong, plain, faint] = colour;
    let more = format!("{address}/_mock/v1/explain/{id}");
    match language {
        Language::En => format!(
            "{faint}{time}{plain} {account} {call} {strong}refused: {number} {rule}{plain} {mistake} {faint}More: {more}{plain}"
        ),
        Language::Zh => format!(
            "{faint}{time}{plain} {account} {call} {strong}被拒绝：{number} {rule}{plain} {mistake} {faint}详见：{more}{plain}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_when_who_what_and_why() {
        let record = json!({
            "id": "call-7", "at": 1_798_000_000, "call": "POST /card/create", "appid": "wx1",
            "errcode": 40076, "status": 200, "rule": "WX-CRD-006", "severity": "error",
            "mistake": {"en": "The value was sent.", "zh": "填了取值。"},
        });
        let line = |language, is_coloured| {
            line(
                &record,
                Some("oa"),
                "http://127.0.0.1:7420",
                language,
                is_coloured,
            )
        };
        assert_eq!(
            line(Language::En, false),
            "2026-12-23T04:26:40Z oa POST /card/create refused: 40076 WX-CRD-006 The value was sent. \
             More: http://127.0.0.1:7420/_mock/v1/explain/call-7"
        );
        assert_eq!(
            line(Language::Zh, false),
            "2026-12-23T04:26:40Z oa POST /card/create 被拒绝：40076 WX-CRD-006 填了取值。 \
             详见：http://127.0.0.1:7420/_mock/v1/explain/call-7"
        );
        assert!(line(Language::En, true).contains("\u{1b}[31mrefused: 40076"));
    }
}
