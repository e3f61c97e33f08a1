//! The cases of OTP's and Elixir's own test suites (`ids.txt`): the name of a test begins with the id of its case, in
//! lower case.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "the modules of one test program; a test may panic; handlers own their messages"
)]

mod kit;
#[path = "../shared/listening.rs"]
mod listening;
mod process_kit;
mod server_kit;

mod ed;
mod eg;
mod ep;
mod es;
mod og;
mod oi;
mod ok;
mod ol;
mod om;
mod op;
mod os;
mod ot;
mod oy;
