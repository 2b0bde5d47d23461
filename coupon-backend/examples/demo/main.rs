//! `cargo demo`: the whole claim flow, told step by step.
//!
//! Starts the mock, the backend and the demo shop, walks the ten steps for two customers and three more
//! for a gift, shows three mistakes being refused, and stays up. `--once` ends after the flow; the status
//! is 0 when every step held.

use std::process::ExitCode;

use clap::Parser;

mod gift;
mod mistakes;
mod servers;
mod shop;
mod story;
mod tell;

use servers::Servers;
use tell::{Language, both, complain, say, tell};

/// The whole claim flow, told step by step.
#[derive(Debug, Parser)]
struct Arguments {
    /// Ends after the flow in place of staying up.
    #[arg(long)]
    once: bool,
    /// The language; that of LANG when not given.
    #[arg(long, value_enum)]
    lang: Option<Language>,
    /// Tells every call too, those to WeChat among them.
    #[arg(long, short)]
    verbose: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tell::choose(arguments.lang, arguments.verbose);
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
    let (mock, shop) = (servers.mock.url(), servers.shop_url.clone());
    tell(&format!("wechat-mock ready {mock}"));
    tell(&format!("coupon-backend ready {}", servers.backend_url));
    tell(&format!("demo shop {shop}\n"));
    let claimed = story::walk(&servers).await?;
    gift::walk(&servers, &claimed).await?;
    mistakes::show(&servers, &claimed).await?;
    say(&both("\nAll thirteen steps held.", "\n十三步全部成立。"));
    if arguments.once {
        say(&both(
            "Next: `cargo demo` stays up, with a console and a shop to click through; `--verbose` tells every call.",
            "下一步：运行 `cargo demo`（不带 --once）会保持运行，可打开控制台和示例商店；加 --verbose 显示每一次调用。",
        ));
    } else {
        let token = servers::ADMIN_TOKEN;
        say(&both(
            format!(
                "Everything stays up until Ctrl-C. Open in a browser:\n  \
                 {shop}/  the shop: claim a coupon, then redeem it as its staff (token: {token})\n  \
                 {mock}/_mock/  the console: every call and why it was refused, the phones, the clock, faults\n\
                 Point your own program at {mock} in place of https://api.weixin.qq.com."
            ),
            format!(
                "按 Ctrl-C 结束。在浏览器中打开：\n  \
                 {shop}/  示例商店：领取卡券，再以店员身份核销（令牌：{token}）\n  \
                 {mock}/_mock/  控制台：每一次调用及被拒原因、手机、时钟、故障\n\
                 把你自己的程序指向 {mock}（代替 https://api.weixin.qq.com）即可。"
            ),
        ));
        tokio::signal::ctrl_c().await?;
    }
    servers.stop().await
}
