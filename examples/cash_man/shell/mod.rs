//! What `iex` and the observer are to the article: its session, commands to type, and a picture of the tree.
#![expect(clippy::print_stdout, reason = "it talks to a person")]

mod command;
mod session;
mod tree;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use beamish::App;
use beamish::prelude::*;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::cache::{self, CacheRef};
use command::Command;
use session::session;
use tree::tree;

/// How long a successor may take; the supervisor starts it at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// Replays the session, or reads commands if the program was called with `shell`.
pub async fn open(app: &App) -> Result<(), ExitReason> {
    let argument = std::env::args().nth(1);
    match argument.as_deref() {
        None => session(app).await,
        Some("shell") => read(app).await,
        Some(other) => Err(ExitReason::other(format!(
            "`{other}` is no argument; write `shell` or nothing"
        ))),
    }
}

/// Reads commands, one a line, and answers each, until `quit` or the end of the input.
///
/// Fails when the application has ended, since nobody is left to answer.
async fn read(app: &App) -> Result<(), ExitReason> {
    let is_terminal = std::io::stdin().is_terminal();
    let mut input = BufReader::new(tokio::io::stdin());
    let mut line = Vec::new();
    while app.supervisor().is_alive() {
        if is_terminal {
            print!("cash_man> ");
            std::io::stdout().flush()?;
        }
        line.clear();
        if input.read_until(b'\n', &mut line).await? == 0 {
            if is_terminal {
                println!();
            }
            return Ok(());
        }
        match Command::parse(&line) {
            Ok(None) => {}
            Ok(Some(command)) => match answer(command, app).await {
                Ok(Some(answer)) => println!("{answer}"),
                Ok(None) => return Ok(()),
                Err(reason) => println!("error: {reason}"),
            },
            Err(mistake) => println!("error: {mistake}"),
        }
    }
    Err(app.ended().await)
}

/// What is printed; nothing to quit.
async fn answer(command: Command, app: &App) -> Result<Option<String>, ExitReason> {
    let answer = match command {
        Command::Fetch(key, value, expiry) => {
            let value = cache::fetch_for(&key, move || value, expiry).await?;
            value.to_string()
        }
        Command::Store(key, value, expiry) => {
            cache::store(&key, value, expiry);
            "ok".to_owned()
        }
        Command::Prune => {
            cache::prune::<i64>();
            "ok".to_owned()
        }
        Command::Current => current().await?,
        Command::Whereis => match process::whereis("CashMan.Cache") {
            Some(pid) => pid.to_string(),
            None => "nil".to_owned(),
        },
        Command::Kill => end(process::kill, app).await?,
        Command::Crash => end(|_| CacheRef::<i64>::named().crash(), app).await?,
        Command::Tree => tree(app.supervisor()).await?,
        Command::Help => command::help(),
        Command::Quit => return Ok(None),
    };
    Ok(Some(answer))
}

/// The entries, a line each, sorted by key.
async fn current() -> Result<String, ExitReason> {
    let mut lines = Vec::new();
    for (key, entry) in cache::current::<i64>().await? {
        let (value, expiry) = (entry.value, entry.expiry);
        let expired = if cache::is_expired(&entry) {
            ", expired"
        } else {
            ""
        };
        lines.push(format!("{key} = {value}, kept for {expiry} s{expired}"));
    }
    lines.sort();
    if lines.is_empty() {
        lines.push("nothing is stored".to_owned());
    }
    Ok(lines.join("\n"))
}

/// Ends the cache by `how`, and waits for its successor.
async fn end(how: impl FnOnce(Pid), app: &App) -> Result<String, ExitReason> {
    let cache = CacheRef::<i64>::named();
    let pid = cache.pid().ok_or(ExitReason::NoProc)?;
    let ended = process::monitored(pid);
    how(pid);
    let reason = ended.await;
    let then = tokio::select! {
        successor = cache.when_up(PATIENCE) => format!("{} is up", successor?),
        _ = app.ended() => "its supervisor gave up".to_owned(),
    };
    Ok(format!("{pid} ended: {reason}; {then}"))
}
