//! The conformance catalogue of Elixir's and OTP's own suites, case by case: the name of a test begins with the id of
//! its case.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "the modules of one test program; a test may panic; handlers own their messages"
)]

mod ed;
mod es;
mod kit;
mod os;
