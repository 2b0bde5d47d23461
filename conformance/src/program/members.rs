//! The backend and the client as targets.

use std::{
    io::{IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context, bail};
use clap::Args;

use super::{Arguments, Kind, finish};
use crate::{Backend, BackendOptions, Case, Verdict, WechatClient};

/// Options of `--target backend`.
#[derive(Clone, Debug, Args)]
pub(super) struct MemberOptions {
    /// The admin token of the backend behind the URL; else that of `COUPON_ADMIN_TOKEN`.
    #[arg(long, value_name = "TOKEN")]
    admin_token: Option<String>,
    /// Where the mock answers that the backend calls; without it, cases that need a customer are
    /// skipped. The accounts are those of `WECHAT_OA_APPID` and `WECHAT_MP_APPID`, else the mock's
    /// `oa` and `mp`.
    #[arg(long, value_name = "URL")]
    mock: Option<String>,
}

/// Runs the cases about the backend or the client; whether nothing is broken.
pub(super) async fn start(
    arguments: &Arguments,
    chosen: Vec<&'static Case>,
) -> anyhow::Result<bool> {
    let count = chosen.len();
    let seen = progress(count);
    let verdicts = if arguments.target == Kind::Client {
        if arguments.url.is_some() {
            bail!("the client is that of this workspace: it takes no --url");
        }
        Arc::new(WechatClient::default())
            .run_all(chosen, seen)
            .await
    } else {
        let backend = Arc::new(backend(arguments).await?);
        backend.run_all(chosen, seen).await
    };
    if std::io::stderr().is_terminal() {
        let _gone = write!(std::io::stderr(), "\r\x1b[K");
    }
    finish(arguments, &verdicts)
}

async fn backend(arguments: &Arguments) -> anyhow::Result<Backend> {
    let Some(url) = &arguments.url else {
        if arguments.members.mock.is_some() {
            bail!("--mock needs --url: without it both are started in this process");
        }
        return Ok(Backend::in_process());
    };
    let variable = |name| {
        std::env::var(name)
            .ok()
            .filter(|value: &String| !value.is_empty())
    };
    let given = arguments.members.admin_token.clone();
    let admin_token = given.or_else(|| variable("COUPON_ADMIN_TOKEN"));
    let options = BackendOptions {
        admin_token: admin_token.context("--admin-token or COUPON_ADMIN_TOKEN is needed")?,
        mock: arguments.members.mock.clone(),
        control_token: arguments.control_token.clone(),
        exclusive: arguments.exclusive,
        oa: variable("WECHAT_OA_APPID"),
        mp: variable("WECHAT_MP_APPID"),
    };
    Backend::at(url, options)
        .await
        .with_context(|| format!("{url} cannot be used"))
}

/// Shows on a terminal how far the run is.
pub(super) fn progress(count: usize) -> impl Fn(&Verdict) + Send + Sync + 'static {
    let done = AtomicUsize::new(0);
    let is_shown = std::io::stderr().is_terminal();
    move |verdict| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if is_shown {
            let _gone = write!(
                std::io::stderr(),
                "\r\x1b[K{done}/{count} {}",
                verdict.case.id
            );
        }
    }
}
