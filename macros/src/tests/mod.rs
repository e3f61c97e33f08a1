//! Whole expansions, and what is said about several mistakes at once. One message a file is in the facade's `tests/ui`.

mod elsewhere;
mod messages;
mod mutilated;
mod snapshots;
