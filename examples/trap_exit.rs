//! A process that traps exits gets the end of those it is linked to as a message.
//!
//! `cargo run --example trap_exit` prints
//!
//! ```text
//! Normal exit from #PID<0.2.0>
//! :EXIT received from #PID<0.3.0>
//! panicked with 'I have failed you.' at examples/trap_exit.rs:24:24
//! I'm done.
//! ```
//!
//! and, on stderr, one line that says how the second process crashed.
#![expect(clippy::print_stdout, reason = "examples print")]

use beamish::prelude::*;

#[beamish::main]
async fn main() {
    process::trap_exit(true);

    spawn_link(async {});
    print_exit().await;

    spawn_link(async { panic!("I have failed you.") });
    print_exit().await;
    println!("I'm done.");
}

async fn print_exit() {
    receive! {
        Exit { from, reason: ExitReason::Normal } => println!("Normal exit from {from}"),
        Exit { from, reason } => println!(":EXIT received from {from}\n{reason}"),
    }
}
