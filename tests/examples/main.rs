//! The examples, run as programs: what they print, how they end, and that `cash_man` stays close to its twin in Elixir.
//!
//! `cargo test` builds the examples; `cargo test --test examples` alone does not, and runs what was built before.
#![expect(clippy::unwrap_used, reason = "in tests a panic says enough")]

mod cash_man;
mod ports;
mod processes;
mod program;
mod transcript;
mod twins;
