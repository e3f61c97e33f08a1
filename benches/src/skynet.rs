//! Skynet: a server starts ten, each of which starts ten, down to 100,000 leaves; a leaf tells its number to the one above it
//! and ends, the others tell the sum of the ten below them: nanoseconds a leaf, from the start of the first to the sum of all.
//!
//! Each of ours is a linked process, which sends its sum to the one above; raw's are tasks, awaited by their handles; each of
//! the other libraries is one of its actors (linked in ractor, where it costs no more).

use std::time::{Duration, Instant};

use crate::harness::Bench;
use crate::library::{Library, sides};

const LEAVES: u64 = 100_000;

async fn skynet<L: Library>(count: u64) -> Duration {
    let began = Instant::now();
    assert_eq!(L::skynet(count).await, count * (count - 1) / 2);
    began.elapsed()
}

pub fn run(bench: &mut Bench) {
    bench.row("skynet, a leaf", LEAVES, sides!(skynet));
}
