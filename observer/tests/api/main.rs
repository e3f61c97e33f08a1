//! The API of the observer, asked over real connections.
#![allow(unreachable_pub, reason = "the modules of one test program")]
#![expect(clippy::unwrap_used, reason = "in tests a panic says enough")]

mod actions;
mod client;
mod events;
mod kit;
mod life;
mod limits;
mod looks;
mod schema;
mod security;
