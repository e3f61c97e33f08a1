//! Beamish beside a hand-written tokio actor, in one run.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml [-- --quick]`
//!
//! Each row is measured on a current-thread runtime and on one with two workers, in alternating pairs; the table gives the
//! minimum and the median of each side, and the ratio of the minima and of the medians. What a row counts stands in its file's head.
//!
//! A word names the rows that contain it. `--run=ours,1000` does nothing but a thousand operations of one side of such a row,
//! for `.ci/instructions`, which counts them.

mod call;
mod cast;
mod dynamic;
mod harness;
mod raw;
mod restart;
mod servers;
mod spawn;

use harness::Bench;

fn main() {
    let mut bench = Bench::from_args();
    restart::silence();
    call::run(&mut bench);
    cast::run(&mut bench);
    spawn::run(&mut bench);
    restart::run(&mut bench);
    dynamic::run(&mut bench);
    bench.print();
}
