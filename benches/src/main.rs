//! Beamish beside a hand-written tokio actor, other libraries and Elixir, in one run.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml [-- --quick | --short]             # beamish and raw
//! cargo run --release --manifest-path benches/Cargo.toml --features others -- --all         # and ractor, kameo, actix, …
//! cargo run --release --manifest-path benches/Cargo.toml --features others -- --all --elixir  # and a GenServer of Elixir
//! cargo run --release --manifest-path benches/Cargo.toml [--features others] -- --memory    # bytes an idle server
//! cargo run --release --manifest-path benches/Cargo.toml -- --scale[=DIRECTORY]  # with up to 1,000,000 servers [and figures]
//! cargo run --release --manifest-path benches/Cargo.toml -- --observer         # what it costs to be looked at; 4 to 5 minutes
//! ```
//!
//! Each row is measured on a current-thread runtime and on one with two workers, its sides in turn; the table gives the
//! minimum and the median of each side, and the ratio of the minima and of the medians. What a row counts stands in its file's
//! head. Actix runs its actors on one thread; in place of two workers it has the caller's thread and another for the actors.
//!
//! A word names the rows that contain it. `--run=ours,1000` does nothing but a thousand operations of one side of such a row,
//! for `.ci/instructions`, which counts them.

mod call;
mod cast;
mod dynamic;
mod elixir;
mod harness;
mod library;
mod memory;
mod monitors;
mod observed;
#[cfg(feature = "others")]
mod others;
mod plot;
mod raw;
mod restart;
mod ring;
mod scale;
mod servers;
mod skynet;
mod spawn;

use harness::Bench;

fn main() {
    if memory::run() || scale::run() || observed::run() {
        return;
    }
    if std::env::var_os("RUST_BACKTRACE").is_some_and(|style| style != "0") {
        eprintln!("RUST_BACKTRACE is set: the rows of crashes count backtraces too");
    }
    let mut bench = Bench::from_args();
    restart::silence();
    call::run(&mut bench);
    cast::run(&mut bench);
    ring::run(&mut bench);
    skynet::run(&mut bench);
    spawn::run(&mut bench);
    monitors::run(&mut bench);
    dynamic::run(&mut bench);
    restart::run(&mut bench);
    bench.print();
}
