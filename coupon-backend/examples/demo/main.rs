//! `cargo demo`: the whole claim flow, told step by step.
//!
//! Starts the mock and the backend, walks the ten steps for two customers and three more for a gift,
//! shows three mistakes being refused, and stays up. `--once` ends after the flow; the status is 0 when every step held.

use std::process::ExitCode;

use clap::Parser;

mod gift;
mod mistakes;
mod servers;
mod story;
mod tell;

use servers::Servers;
use tell::{complain, tell};

/// The whole claim flow, told step by step.
#[derive(Debug, Parser)]
struct Arguments {
    /// Ends after the flow in place of staying up.
    #[arg(long)]
    once: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("demo: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let servers = Servers::start().await?;
    tell(&format!("wechat-mock ready {}", servers.mock.url()));
    tell(&format!("coupon-backend ready {}", servers.backend_url));
    let claimed = story::walk(&servers).await?;
    gift::walk(&servers, &claimed).await?;
    mistakes::show(&servers, &claimed).await?;
    tell("\nAll thirteen steps held.");
    if !arguments.once {
        tell(&format!(
            "\nBoth stay up until Ctrl-C. The admin token is {}; the calls WeChat saw are at {}/_mock/v1/requests",
            servers::ADMIN_TOKEN,
            servers.mock.url()
        ));
        tokio::signal::ctrl_c().await?;
    }
    servers.stop().await
}
