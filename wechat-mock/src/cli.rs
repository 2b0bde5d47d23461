//! The command line: `wechat-mock serve`, `sign`, `world`.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

mod serve;
mod sign;

/// A stand-in for WeChat's card platform and for the customer's WeChat.
#[derive(Debug, Parser)]
#[command(name = "wechat-mock", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers as WeChat does, until Ctrl-C.
    Serve(ServeArguments),
    /// Checks a card signature, and explains a wrong one.
    Sign(sign::SignArguments),
    /// Prints the starter world, to be changed and given to serve --world.
    World,
}

#[derive(Debug, clap::Args)]
struct ServeArguments {
    /// Address to listen on; with port 0 a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7420")]
    listen: SocketAddr,
    /// A world to start with, as GET /_mock/v1/world exports it.
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// Makes every id, token and code the same in every run; drawn and told when not given.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Runs the program.
///
/// The status is 0 when all went well, 1 when it did not, 2 when the command line cannot be read.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Sign(arguments) => sign::run(&arguments),
        Command::World => Ok(print_world()),
    };
    done.unwrap_or_else(|error| {
        complain(&format!("{error:#}"));
        ExitCode::FAILURE
    })
}

fn print_world() -> ExitCode {
    let world = crate::world::World::starter(crate::SEED).export();
    print(&format!("{world:#}"));
    ExitCode::SUCCESS
}

/// Writes a line for whoever started the program; one who has gone away does not matter.
fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _gone = writeln!(out, "{text}").and_then(|()| out.flush());
}

fn complain(text: &str) {
    use std::io::Write;
    let _gone = writeln!(std::io::stderr(), "wechat-mock: {text}");
}
