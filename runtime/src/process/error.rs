//! Errors of names and of sending to names.

use std::error::Error;
use std::fmt;

use crate::{Address, Name, Pid};

/// Nobody holds the name.
///
/// # OTP
/// `noproc`, or `badarg` from `send/2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoProc(Address);

impl NoProc {
    pub(crate) const fn new(address: Address) -> Self {
        Self(address)
    }

    /// Who was addressed.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.0
    }
}

impl fmt::Display for NoProc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no process at {}", self.0)
    }
}

impl Error for NoProc {}

/// A name could not be given to a process. Nothing has changed.
///
/// # OTP
/// `badarg` from `register/2`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// A living process holds the name already.
    Taken(Name, Pid),
    /// The process has a name already, this one.
    HasName(Name),
    /// The name is reserved: empty, `nil`, `true`, `false`, `undefined`.
    Reserved(Name),
    /// The process is dead, ending, or lives in another node.
    NoProc(Pid),
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(name, pid) => write!(f, "the name {name} is held by {pid}"),
            Self::HasName(name) => write!(f, "the process has the name {name} already"),
            Self::Reserved(name) => write!(f, "the name {name:?} is reserved"),
            Self::NoProc(pid) => write!(f, "{pid} is not alive in this node"),
        }
    }
}

impl Error for RegisterError {}
