//! A process that crashes does not affect the one that spawned it.
//!
//! `cargo run --example spawn` prints
//!
//! ```text
//! In #PID<0.2.0> process
//! I'm done.
//! ```
//!
//! and, on stderr, one line that says how the second process crashed: its message, file and line.
#![expect(clippy::print_stdout, reason = "examples print")]

use beamish::prelude::*;

#[beamish::main]
async fn main() {
    let pid = spawn(async { println!("In {} process", self_pid()) });
    process::monitored(pid).await;

    let pid = spawn(async { panic!("I have failed you.") });
    process::monitored(pid).await;
    println!("I'm done.");
}
