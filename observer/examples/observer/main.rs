//! The observer, with something to look at: `CashMan` with traffic, a server that crashes now and then, one with a hostile
//! name, one that shows its state, and as many idle ones as you like.
//!
//! `cargo run --example observer` prints
//!
//! ```text
//! observer: http://127.0.0.1:4880
//! ```
//!
//! and runs until ctrl-c. After `--`:
//!
//! - `--port N` listens on another port; 0 takes a free one.
//! - `--control` lets the page act on processes.
//! - `--processes N` starts so many idle servers, in some of which messages wait.
//! - `--no-crash` leaves out the crashes.
#![expect(clippy::print_stdout, reason = "examples print")]
#![expect(unreachable_pub, reason = "its modules read as a library's")]

#[expect(dead_code, reason = "not all of what `cash_man` does is done here")]
#[path = "../../../examples/cash_man/cache.rs"]
mod cache;
mod demo;
mod idle;
#[path = "../../../examples/cash_man/supervisor.rs"]
mod supervisor;

use beamish::prelude::*;
use beamish_observer::{DEFAULT_PORT, ObserverRef};
use demo::Demo;
use supervisor::CashManSupervisor;

/// The application.
struct CashMan;

#[application]
impl CashMan {
    async fn start() -> Result<SupervisorRef, StartError> {
        CashManSupervisor::start_link().await
    }
}

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    port: u16,
    control: bool,
    processes: usize,
    crashes: bool,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            port: DEFAULT_PORT,
            control: false,
            processes: 0,
            crashes: true,
        };
        while let Some(argument) = arguments.next() {
            let mut number = || arguments.next().unwrap_or_default();
            match argument.as_str() {
                "--port" => options.port = parse(&argument, &number())?,
                "--processes" => options.processes = parse(&argument, &number())?,
                "--control" => options.control = true,
                "--no-crash" => options.crashes = false,
                other => return Err(format!("`{other}` is no argument")),
            }
        }
        Ok(options)
    }
}

fn parse<T: std::str::FromStr>(argument: &str, number: &str) -> Result<T, String> {
    let error = |_| format!("`{argument}` needs a number, not `{number}`");
    number.parse().map_err(error)
}

#[beamish::main]
async fn main() -> Result<(), ExitReason> {
    let options = Options::read(std::env::args().skip(1)).map_err(ExitReason::error)?;
    let app = CashMan::start(()).await?;
    let demo = Demo::start_link(options.clone()).await?;
    println!("observer: http://{}", ObserverRef::named().address().await?);
    if options.processes > 0 {
        idle::fill(options.processes).await?;
        println!("{} idle servers", options.processes);
    }
    tokio::signal::ctrl_c().await?;
    demo.stop().await?;
    app.stop().await;
    Ok(())
}
