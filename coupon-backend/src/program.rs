//! The program `coupon-backend`: its command line, its signals, its end.

use std::{
    io::{ErrorKind, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, anyhow};
use clap::{Parser, Subcommand};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::{App, Config, SystemClock};

/// A coupon service on WeChat's card platform. Its settings come from the environment.
#[derive(Debug, Parser)]
#[command(name = "coupon-backend", version)]
struct Arguments {
    /// A TOML file with settings of the same names; the environment wins.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Command {
    /// Brings the database's schema up to date and ends; a start does the same by itself.
    Migrate,
}

/// Runs the program with the arguments and the environment of this process, until it is told to end.
///
/// # Panics
///
/// When the system has no threads or no events to give.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime
        .expect("the system gives threads and events")
        .block_on(start(arguments))
}

async fn start(arguments: Arguments) -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match serve(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _gone = writeln!(std::io::stderr(), "coupon-backend: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let config = Config::load(arguments.config.as_deref())?;
    if let Some(Command::Migrate) = arguments.command {
        crate::migrate(&config).await?;
        let mut out = std::io::stdout();
        let _gone = writeln!(out, "the database is up to date");
        return Ok(());
    }
    let listen = config.listen();
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        if error.kind() == ErrorKind::AddrInUse {
            anyhow!("{listen} is taken; choose another address with COUPON_LISTEN")
        } else {
            anyhow!("cannot listen on {listen}: {error}")
        }
    })?;
    let address = listener
        .local_addr()
        .context("the listener has no address")?;
    let app = App::build(config, Arc::new(SystemClock)).await?;

    let stop = CancellationToken::new();
    stop_on_signal(stop.clone())?;
    let mut out = std::io::stdout();
    // Whoever started the program may have gone away.
    let _gone = writeln!(out, "coupon-backend ready http://{address}").and_then(|()| out.flush());
    app.serve(listener, stop)
        .await
        .context("the service stopped")
}

/// The first Ctrl-C or SIGTERM ends the service in order, the second at once.
#[cfg(unix)]
fn stop_on_signal(stop: CancellationToken) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        for is_second in [false, true] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if is_second {
                std::process::exit(130);
            }
            tracing::info!("stopping; a second signal stops at once");
            stop.cancel();
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn stop_on_signal(stop: CancellationToken) -> anyhow::Result<()> {
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    Ok(())
}
