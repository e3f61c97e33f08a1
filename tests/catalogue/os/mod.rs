//! OTP's `supervisor_SUITE`. What it shows of `simple_one_for_one` is shown here of Elixir's dynamic supervisor.

mod requests;
mod restart;
mod scale;
mod significant;
mod start;
mod stop;
