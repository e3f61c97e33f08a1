//! `beamish-observer attach 127.0.0.1:4880`: a running Beamish system in the terminal.

use std::env;
use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use beamish_observer_terminal::address::Address;
use beamish_observer_terminal::args::{self, Command, TOKEN_VARIABLE};
use beamish_observer_terminal::run::{AttachError, Ended, attach};

fn main() -> ExitCode {
    let token = env::var(TOKEN_VARIABLE)
        .ok()
        .filter(|token| !token.is_empty());
    let arguments = env::args_os()
        .skip(1)
        .map(|text| text.to_string_lossy().into_owned());
    match args::parse(arguments, token) {
        Ok(Command::Attach { address, token }) => attached(address, token),
        Ok(Command::Version) => print(&format!("beamish-observer {}\n", env!("CARGO_PKG_VERSION"))),
        Ok(_) => print(args::HELP),
        Err(problem) => fail(&problem, 2),
    }
}

fn attached(address: Address, token: Option<String>) -> ExitCode {
    // https://no-color.org
    let colours = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("the runtime could not be started: {error}"), 1),
    };
    let ended = runtime.block_on(attach(address, token, colours));
    // The search for a host's address may take long; nobody waits for it any more.
    runtime.shutdown_background();
    match ended {
        Ok(Ended::Quit) => ExitCode::SUCCESS,
        Ok(Ended::Signal(number)) => ExitCode::from(u8::try_from(128 + number).unwrap_or(u8::MAX)),
        Err(error) => fail(&sentence(&error), 1),
    }
}

fn sentence(error: &AttachError) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn print(text: &str) -> ExitCode {
    // Whoever asked may have gone.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn fail(problem: &str, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "beamish-observer: {problem}");
    ExitCode::from(code)
}
