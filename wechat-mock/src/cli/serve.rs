//! `wechat-mock serve`.

use std::{env::VarError, fs, io::ErrorKind, net::SocketAddr, path::Path, process::ExitCode};

use anyhow::{Context, anyhow};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::{
    ServeArguments, complain, print,
    refusals::{Language, Lines, is_coloured},
};
use crate::{builder::control_token, mock::Mock, server, world::World};

pub(super) fn run(arguments: &ServeArguments) -> anyhow::Result<ExitCode> {
    let by_default = if arguments.quiet {
        "warn"
    } else {
        // Every call is shown to whoever asks for it.
        "info,wechat_mock::calls=off"
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(by_default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(is_coloured())
        .with_writer(std::io::stderr)
        .init();
    let mut world = world(arguments)?;
    world.turn(arguments.strict, &arguments.switches)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads to run on")?
        .block_on(serve(arguments, world))?;
    Ok(ExitCode::SUCCESS)
}

fn world(arguments: &ServeArguments) -> anyhow::Result<World> {
    let seed = arguments.seed.map_or_else(drawn_seed, Ok)?;
    // Whoever wants to see the same ids again can.
    tracing::info!(seed, "ids are drawn from this seed");
    match &arguments.world {
        Some(path) => read_world(path, seed),
        None => Ok(World::starter(seed)),
    }
}

/// A seed that no run before had: a backend that outlives the mock must not meet a `card_id` again.
fn drawn_seed() -> anyhow::Result<u64> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no randomness: {error}"))?;
    // 32 bits, so that every JSON reader keeps the number exact.
    Ok(u32::from_be_bytes(bytes).into())
}

fn read_world(path: &Path, seed: u64) -> anyhow::Result<World> {
    let place = path.display();
    let text = fs::read(path).with_context(|| format!("cannot read the world {place}"))?;
    let file = serde_json::from_slice(&text).with_context(|| format!("{place} is no JSON"))?;
    World::import(file, seed).with_context(|| format!("{place} is no world"))
}

async fn bind(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        if error.kind() == ErrorKind::AddrInUse {
            anyhow!("{address} is taken: another mock may be running; take another with {option}, port 0 finds a free one")
        } else {
            anyhow!("cannot listen on {address}: {error}")
        }
    })
}

/// The environment variable that holds the control token.
const TOKEN_VARIABLE: &str = "WECHAT_MOCK_CONTROL_TOKEN";

/// The control token that a file or the environment gives; the file wins.
fn given_token(arguments: &ServeArguments) -> anyhow::Result<Option<String>> {
    let (token, place) = if let Some(path) = &arguments.control_token_file {
        let place = path.display().to_string();
        let token = fs::read_to_string(path)
            .with_context(|| format!("cannot read the control token in {place}"))?;
        (token, place)
    } else {
        match std::env::var(TOKEN_VARIABLE) {
            Ok(token) if !token.trim().is_empty() => (token, TOKEN_VARIABLE.to_owned()),
            Ok(_) | Err(VarError::NotPresent) => return Ok(None),
            Err(VarError::NotUnicode(_)) => return Err(anyhow!("{TOKEN_VARIABLE} is no text")),
        }
    };
    let token = token.trim();
    let fits =
        (8..=256).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
    if !fits {
        return Err(anyhow!(
            "the control token of {place} has to be 8 to 256 letters, digits or signs without blanks"
        ));
    }
    Ok(Some(token.to_owned()))
}

async fn serve(arguments: &ServeArguments, world: World) -> anyhow::Result<()> {
    let listen = arguments.listen;
    let listener = bind(listen, "--listen").await?;
    let address = listener
        .local_addr()
        .context("the listener has no address")?;
    let mut token = given_token(arguments)?;
    if token.is_none() {
        token = control_token(address);
        if let Some(token) = &token {
            complain(&format!(
                "others can reach {address}, so the control API asks for this token: {token}"
            ));
        }
    }

    let mut mock = Mock::new(world, token);
    mock.allowed_origins = arguments.allowed_origins.clone().into();
    // Dropped at the end, once the mock is stopped.
    let lines = if arguments.quiet {
        None
    } else {
        Some(Lines::start().context("no thread for the lines about refusals")?)
    };
    if let Some(lines) = &lines {
        let language = arguments.lang.unwrap_or_else(Language::of_environment);
        let on_refusal = lines.on_refusal(&format!("http://{address}"), language, is_coloured());
        mock.on_refusal = Some(on_refusal);
    }
    #[cfg(feature = "intercept")]
    let mock = intercept(mock, arguments)?;
    #[cfg(feature = "intercept")]
    let tls = match arguments.tls {
        Some(address) => {
            let tls = bind(address, "--tls").await?;
            let address = tls.local_addr().context("the listener has no address")?;
            complain(&format!("answers for WeChat's hosts with TLS on {address}"));
            Some(tls)
        }
        None => None,
    };
    #[cfg(not(feature = "intercept"))]
    let tls = None;

    let stop = CancellationToken::new();
    let on_signal = stop.clone();
    let mut signals = Signals::new()?;
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("stopping; a second signal stops at once");
        on_signal.cancel();
        signals.next().await;
        std::process::exit(130);
    });
    let serving = server::serve(mock, listener, tls, stop);
    print(&format!("wechat-mock ready http://{address}"));
    serving.await.context("the mock stopped")
}

/// Answers for WeChat's hosts too, when asked to.
#[cfg(feature = "intercept")]
fn intercept(mock: Mock, arguments: &ServeArguments) -> anyhow::Result<Mock> {
    if !arguments.intercept && arguments.tls.is_none() {
        return Ok(mock);
    }
    let mock = mock
        .intercepting(arguments.intercept)
        .map_err(anyhow::Error::from_boxed)
        .context("no certificate can be made for WeChat's hosts")?;
    if let (Some(path), Some(intercept)) = (&arguments.ca_out, &mock.intercept) {
        fs::write(path, intercept.ca_pem())
            .with_context(|| format!("cannot write the CA's certificate to {}", path.display()))?;
    }
    tracing::info!("answers for WeChat's hosts; their CA is at GET /_mock/ca.pem");
    Ok(mock)
}

/// Ctrl-C and, where there is one, SIGTERM.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let context = "cannot listen for signals";
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context(context)?,
            interrupt: signal(SignalKind::interrupt()).context(context)?,
        })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn new() -> anyhow::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        // Without a way to hear of it, Ctrl-C ends the program the system's way.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
