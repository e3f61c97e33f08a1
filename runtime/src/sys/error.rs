//! What can go wrong with a system request.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::{Address, ExitReason, Pid};

/// A system request was not answered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SysError {
    /// There is no such process, or nobody holds the name.
    NoProc(Address),
    /// No answer came in time. The request may still be handled.
    Timeout(Duration),
    /// A server asked itself, which could never be answered.
    CallingSelf,
    /// The server ended before it answered, with this reason.
    Exit(ExitReason),
    /// The function that was to run in the server panicked, with this reason. The server and its state are as they were.
    ///
    /// # OTP
    /// `{callback_failed, …}`.
    Callback(ExitReason),
    /// It is a plain process, or a server of another type than the one asked for.
    NotAServer(Pid),
}

impl fmt::Display for SysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProc(address) => write!(f, "no process at {address}"),
            Self::Timeout(timeout) => {
                write!(f, "the system request was not answered in {timeout:?}")
            }
            Self::CallingSelf => f.write_str("a server cannot wait for a system request to itself"),
            Self::Exit(reason) => write!(f, "the server ended: {reason}"),
            Self::Callback(reason) => write!(f, "the function failed: {reason}"),
            Self::NotAServer(pid) => write!(f, "{pid} is not a server of that type"),
        }
    }
}

impl Error for SysError {}
