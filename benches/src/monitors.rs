//! 10,000 processes watch one, which ends: nanoseconds a watcher, from the end until the last has heard of it.
//!
//! Ours are processes with a monitor each; raw's are tasks that wait until its channel is closed; ractor's are actors with a
//! monitor each; kameo's are actors linked to it. No watcher ends before the clock was read: it waits for ever once it has
//! heard, and goes with its runtime (Elixir's is told to end afterwards).

use std::time::Duration;

use crate::harness::Bench;
use crate::library::{Monitors, sides};

async fn monitors<L: Monitors>(count: u64) -> Duration {
    L::monitors(count).await
}

pub fn run(bench: &mut Bench) {
    bench.row(
        "10,000 monitors of one death, each",
        10_000,
        sides!(monitors: Ractor, Kameo),
    );
}
