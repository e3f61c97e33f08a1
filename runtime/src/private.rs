//! What expansions of the macros name. Outside of semver.

pub use crate::entry::{Entry, Finish};
pub use crate::process::receive::receive;
pub use crate::*;

/// For `#[genserver(debug)]`.
#[must_use]
pub const fn show<T: std::fmt::Debug>() -> Option<Show<T>> {
    Some(<T as std::fmt::Debug>::fmt)
}
