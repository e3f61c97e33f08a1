//! What expansions of the macros name. Outside of semver.

pub use crate::entry::{Entry, Finish};
pub use crate::process::receive::receive;
pub use crate::*;
