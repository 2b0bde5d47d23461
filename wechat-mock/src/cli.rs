//! The command line: `wechat-mock serve`, `sign`, `switches`, `world`.

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{control::access, switches::Switches};

mod refusals;
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
    Sign(Box<sign::SignArguments>),
    /// Lists the switches: what each decides, its values, and its strict side.
    Switches,
    /// Prints the starter world, to be changed and given to serve --world.
    World,
}

#[derive(Debug, clap::Args)]
#[cfg_attr(
    feature = "intercept",
    command(group(clap::ArgGroup::new("ca").args(["intercept", "tls"]).multiple(true)))
)]
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
    /// Sets every switch to its strict side: what WeChat merely tolerates is refused.
    #[arg(long)]
    strict: bool,
    /// Sets one switch; may be given more than once, and wins over --strict and the world.
    #[arg(long = "switch", value_name = "NAME=VALUE", value_parser = name_and_value)]
    switches: Vec<(String, String)>,
    /// The language of the lines about refusals; that of LANG when not given.
    #[arg(long, value_name = "LANGUAGE", value_enum)]
    lang: Option<refusals::Language>,
    /// Writes no line about refusals, and logs nothing but warnings.
    #[arg(long)]
    quiet: bool,
    /// Lets web pages of this origin, such as `http://localhost:5173`, call the control API; may be given
    /// more than once.
    #[arg(long = "allow-origin", value_name = "ORIGIN", value_parser = access::read_origin)]
    allowed_origins: Vec<String>,
    /// A file with the token that the control API asks for; without it the token is that of
    /// `WECHAT_MOCK_CONTROL_TOKEN`, or, on an address that others can reach, made and printed.
    #[arg(long, value_name = "FILE")]
    control_token_file: Option<PathBuf>,
    /// Answers for WeChat's hosts too, as a proxy with a CA made at this start.
    #[cfg(feature = "intercept")]
    #[arg(long)]
    intercept: bool,
    /// Where to write the certificate of that CA, as PEM.
    #[cfg(feature = "intercept")]
    #[arg(long, value_name = "FILE", requires = "ca")]
    ca_out: Option<PathBuf>,
    /// Listens here with TLS as well, as WeChat's hosts, with that CA: for clients that know no proxy,
    /// and that a line in the hosts file leads here.
    #[cfg(feature = "intercept")]
    #[arg(long, value_name = "ADDR")]
    tls: Option<SocketAddr>,
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("wanted: NAME=VALUE")?;
    Switches::default()
        .set(name, value)
        .map_err(|fault| fault.to_string())?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs the program.
///
/// The status is 0 when all went well, 1 when it did not, 2 when the command line cannot be read.
///
/// # Examples
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     wechat_mock::cli::run()
/// }
/// ```
pub fn run() -> ExitCode {
    run_with(std::env::args_os())
}

/// The same with other arguments, the first being the program's name.
///
/// # Examples
///
/// ```
/// use std::process::ExitCode;
///
/// let status = wechat_mock::cli::run_with(["wechat-mock", "switches"].map(Into::into));
/// assert_eq!(format!("{status:?}"), format!("{:?}", ExitCode::SUCCESS));
/// ```
pub fn run_with(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = Arguments::parse_from(arguments);
    let done = match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Sign(arguments) => sign::run(&arguments),
        Command::Switches => Ok(print_switches()),
        Command::World => Ok(print_world()),
    };
    done.unwrap_or_else(|error| {
        complain(&format!("{error:#}"));
        ExitCode::FAILURE
    })
}

fn print_world() -> ExitCode {
    let world = crate::world::World::starter(crate::builder::SEED).export();
    print(&format!("{world:#}"));
    ExitCode::SUCCESS
}

fn print_switches() -> ExitCode {
    for row in Switches::default().show().as_array().into_iter().flatten() {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let values: Vec<&str> = row["values"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|value| value.as_str())
            .collect();
        print(&format!(
            "{}={}\n    {}\n    values: {}; strict: {}",
            text("name"),
            text("default"),
            text("meaning"),
            values.join(", "),
            text("strict")
        ));
    }
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
