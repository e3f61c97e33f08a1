//! A program that gives its exit code, from a body that never returns normally by falling off its end.
#![deny(warnings)]
use std::process::ExitCode;

use beamish::prelude::*;

async fn run() -> Result<u64, ExitReason> {
    let (pid, mref) = spawn_monitor(async { Err::<(), _>("refused".parse::<u64>().unwrap_err()) });
    let reason = receive! { Down { mref: m, from, reason } if m == mref && from == pid => reason };
    Err(reason)
}

#[beamish::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> ExitCode {
    match run().await {
        Ok(_) => ExitCode::FAILURE,
        Err(reason) if matches!(reason, ExitReason::Error(_)) => return ExitCode::SUCCESS,
        Err(_) => 3.into(),
    }
}
