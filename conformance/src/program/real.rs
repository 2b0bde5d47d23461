//! Runs against WeChat: only when asked for twice, and cleaned up whatever happens.

use std::{
    future::{Future, poll_fn},
    io::{BufReader, Write},
    sync::Arc,
    task::Poll,
};

use anyhow::{Context, bail};

use super::{Arguments, Arrange, Command, finish, played, print};
use crate::{
    Arranger, Ask, Case, Cleaned, Limits, Options as Use, Target, Verdict, diff, record,
    wechat::WECHAT,
};

#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// WeChat is really to be called, with the account of `WECHAT_OA_APPID` and `WECHAT_OA_SECRET`.
    #[arg(long, global = true)]
    i_mean_it: bool,
    /// At WeChat, cards may be made and changed; they are deleted at the end.
    #[arg(long, global = true)]
    allow_writes: bool,
    /// At WeChat, most calls of a run.
    #[arg(long, value_name = "N", default_value_t = Limits::default().most_calls, global = true)]
    most_calls: usize,
    /// At WeChat, most calls of one path.
    #[arg(long, value_name = "N", default_value_t = Limits::default().most_calls_per_path, global = true)]
    most_calls_per_path: usize,
}

/// Whether nothing is broken, nothing differs and nothing is left behind.
pub(super) async fn start(
    arguments: &Arguments,
    chosen: Vec<&'static Case>,
) -> anyhow::Result<bool> {
    let url = url(arguments);
    let target = target(arguments, &url)?;
    let target = if arguments.command.is_some() {
        target.without_judging()
    } else {
        target
    };
    let target = Arc::new(target);
    let watched = target.clone();
    let mut interrupt = Box::pin(tokio::signal::ctrl_c());
    // From its first poll on an interrupt is noticed: before anything is made.
    let _pending = poll_fn(|context| Poll::Ready(interrupt.as_mut().poll(context))).await;
    let watch = tokio::spawn(async move {
        if interrupt.await.is_ok() {
            watched.stop("the run was interrupted");
        }
    });
    // In a task of its own: what panics there must not keep the run from cleaning up.
    let work = tokio::spawn(work(arguments.clone(), target.clone(), chosen, url));
    let worked = work.await;
    let cleaned = target.clean().await;
    watch.abort();
    let is_clean = told(&cleaned);
    let is_good = worked.context("the run ended early")??;
    Ok(is_good && is_clean && cleaned.stopped.is_none())
}

async fn work(
    arguments: Arguments,
    target: Arc<Target>,
    chosen: Vec<&'static Case>,
    url: String,
) -> anyhow::Result<bool> {
    match &arguments.command {
        None => finish(&arguments, &played(target, chosen).await),
        Some(Command::Record { out }) => {
            let verdicts = played(target, chosen).await;
            let host = url.split("://").nth(1).unwrap_or(&url);
            let count = record(out, &verdicts, host, &crate::run::today())
                .with_context(|| format!("cannot write into {}", out.display()))?;
            print(&format!("{count} exchanges in {}\n", out.display()))?;
            Ok(is_reached(&verdicts))
        }
        Some(Command::Diff { mock_url }) => {
            let mock = match mock_url {
                Some(url) => {
                    let options = Use {
                        control_token: arguments.control_token.clone(),
                        ..Use::default()
                    };
                    Target::at(url, options).await?
                }
                None => Target::in_process(arguments.strict).await?,
            };
            let (differences, verdicts) =
                diff::between(target, mock.without_judging(), chosen).await;
            print(&diff::told(&differences))?;
            Ok(differences.is_empty() && is_reached(&verdicts))
        }
    }
}

/// Whether anything was called at all.
fn is_reached(verdicts: &[Verdict]) -> bool {
    verdicts.iter().any(|verdict| !verdict.traffic.is_empty())
}

fn url(arguments: &Arguments) -> String {
    let given = arguments.url.clone();
    let given = given.or_else(|| std::env::var("WECHAT_API_BASE").ok());
    given.unwrap_or_else(|| WECHAT.to_owned())
}

fn target(arguments: &Arguments, url: &str) -> anyhow::Result<Target> {
    if !arguments.real.i_mean_it {
        bail!("WeChat is called with a real account; --i-mean-it does so");
    }
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let appid = arguments
        .appid
        .clone()
        .or_else(|| variable("WECHAT_OA_APPID"));
    let (Some(appid), Some(secret)) = (appid, variable("WECHAT_OA_SECRET")) else {
        bail!("WeChat needs an account: set WECHAT_OA_APPID and WECHAT_OA_SECRET");
    };
    let person: Option<Arc<dyn Arranger>> = match arguments.arrange {
        Arrange::Ask => {
            let answers = BufReader::new(std::io::stdin());
            Some(Arc::new(Ask::new(answers, std::io::stderr())))
        }
        Arrange::Control | Arrange::None => None,
    };
    let limits = Limits {
        allow_writes: arguments.real.allow_writes,
        most_calls: arguments.real.most_calls,
        most_calls_per_path: arguments.real.most_calls_per_path,
    };
    Ok(Target::wechat(url, &appid, &secret, person, limits)?)
}

/// Says on standard error what the run did; whether nothing is left behind.
fn told(cleaned: &Cleaned) -> bool {
    let mut lines = vec![format!(
        "{} calls, {} cards made, {} left behind",
        cleaned.calls,
        cleaned.made,
        cleaned.left.len()
    )];
    let by_hand = |left: &String| format!("delete it by hand: {left}");
    lines.extend(cleaned.left.iter().map(by_hand));
    if cleaned.lost > 0 {
        lines.push(format!(
            "{} answers to card/create got lost; look for cards whose titles begin with {}",
            cleaned.lost,
            crate::PREFIX
        ));
    }
    lines.extend(cleaned.stopped.clone());
    for line in lines {
        let _gone = writeln!(std::io::stderr(), "conformance: {line}");
    }
    cleaned.left.is_empty() && cleaned.lost == 0
}
