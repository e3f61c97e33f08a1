//! A process that monitors another is told of its end, and lives on.
//!
//! `cargo run --example monitor` prints, after half a second,
//!
//! ```text
//! :DOWN received from #PID<0.2.0>
//! panicked with 'I have failed you.' at examples/monitor.rs:23:9
//! I'm done.
//! ```
//!
//! and, on stderr, one line that says how the process crashed.
#![expect(clippy::print_stdout, reason = "examples print")]

use std::time::Duration;

use beamish::prelude::*;

#[beamish::main]
async fn main() {
    let pid = spawn(async {
        // Else it could be dead before it is monitored, and the reason would be "no process".
        process::sleep(Duration::from_millis(500)).await;
        panic!("I have failed you.");
    });
    let monitor = process::monitor(pid);
    receive! {
        Down { mref, from, reason } if mref == monitor => println!(":DOWN received from {from}\n{reason}"),
    }
    println!("I'm done.");
}
