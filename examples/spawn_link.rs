//! A process that crashes takes those with it that it is linked to.
//!
//! `cargo run --example spawn_link` prints nothing on stdout: `main` ends with the process that it spawned, and never
//! comes to `I'm done.` On stderr stands how the one crashed and that the other ended with it; the exit code is 1.
#![expect(clippy::print_stdout, reason = "examples print")]

use beamish::prelude::*;

#[beamish::main]
async fn main() {
    spawn_link(async { panic!("I have failed you.") });

    // Waits for a message that nobody sends.
    process::receive::<()>().await;
    println!("I'm done.");
}
