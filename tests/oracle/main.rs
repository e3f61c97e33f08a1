//! The differential test against the real OTP.
//!
//! ```text
//!   scenarios.txt ─┐                 ┌─► interpret.rs, on Beamish ─► trace ─┐
//!                  ├─► scenario.rs ──┤                                     ├─► normal.rs ─► the same?
//!   generate.rs ───┘                 └─► oracle.exs, on OTP ───────► trace ─┘
//!                                                  │ recorded: traces.gz
//! ```
//!
//! `cargo test --test oracle` replays what was recorded. With Elixir installed:
//!
//! ```text
//! cargo test --test oracle -- --include-ignored --exact --skip record     # 300 fresh scenarios on both
//! BEAMISH_SEEDS=1000 BEAMISH_SEED=7 …                             # so many, from this seed on
//! BEAMISH_RECORD=1200 cargo test --test oracle record -- --ignored
//! ```
//!
//! The oracle is OTP 25 with Elixir 1.14; each trace names it. What came later is left out, and tested by the cases of
//! `tests/semantics` alone: `{:error, reason}` from `init`, that a process is dead when its failed start returns, labels,
//! messages of timeouts.

mod compare;
mod generate;
mod interpret;
mod normal;
mod otp;
mod random;
mod reason;
mod relations;
mod replay;
mod scenario;
mod shrink;
mod silence;
mod supervisors;
mod text;
mod trace;
mod tree;
mod worker;
mod world;

use std::env;
use std::time::SystemTime;

use replay::Recording;
use scenario::Scenario;

/// So many generated scenarios are recorded at least.
const RECORDED: usize = 1_000;

fn handwritten() -> Vec<Scenario> {
    Scenario::parse_all(include_str!("scenarios.txt"))
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

#[test]
fn replays_the_recorded_traces() {
    let Recording { scenarios, traces } = Recording::read();
    let by_hand = handwritten();
    assert!(
        scenarios.starts_with(&by_hand),
        "scenarios.txt has changed: record anew"
    );
    assert!(scenarios.len() >= by_hand.len() + RECORDED);
    compare::assert_same(&scenarios, &traces);
}

#[test]
#[ignore = "needs Elixir"]
fn fresh_scenarios_agree_with_otp() {
    let clock = || {
        SystemTime::UNIX_EPOCH
            .elapsed()
            .map_or(0, |time| time.as_secs())
    };
    let first = number("BEAMISH_SEED").unwrap_or_else(clock);
    let count = number("BEAMISH_SEEDS").unwrap_or(300);
    println!("BEAMISH_SEED={first} BEAMISH_SEEDS={count}");
    let fresh = (first..first + count).map(generate::generate);
    let scenarios: Vec<_> = handwritten().into_iter().chain(fresh).collect();
    compare::assert_same(&scenarios, &otp::run(&scenarios));
}

#[test]
#[ignore = "writes traces.gz; needs Elixir"]
fn record() {
    let count = number("BEAMISH_RECORD").expect("BEAMISH_RECORD says how many scenarios");
    let generated = (1..=count).map(generate::generate);
    let scenarios: Vec<_> = handwritten().into_iter().chain(generated).collect();
    let traces = otp::run(&scenarios);
    Recording { scenarios, traces }.write();
}

/// What is printed is what is read.
#[test]
fn scenarios_survive_their_text() {
    let scenarios: Vec<_> = handwritten()
        .into_iter()
        .chain((0..100).map(generate::generate))
        .collect();
    let text: String = scenarios.iter().map(ToString::to_string).collect();
    assert_eq!(Scenario::parse_all(&text), scenarios);
}
