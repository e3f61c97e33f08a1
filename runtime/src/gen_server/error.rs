//! What can go wrong with starting, calling and stopping a server.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{Address, ExitReason, Pid};

/// A call that failed, and why.
///
/// # OTP
/// `{Reason, {gen_server, call, [Server, Request, Timeout]}}`.
#[derive(Clone, Debug, PartialEq)]
pub struct CallInfo {
    pub(crate) reason: ExitReason,
    pub(crate) server: Address,
    pub(crate) operation: &'static str,
    pub(crate) timeout: Option<Duration>,
}

impl CallInfo {
    /// What is known of a call that failed, as a stand-in for a server tells it:
    /// `CallError::Timeout(CallInfo::new("counter", "get", ExitReason::Timeout).into())`.
    #[must_use]
    pub fn new(
        server: impl Into<Address>,
        operation: &'static str,
        reason: impl Into<ExitReason>,
    ) -> Self {
        Self {
            reason: reason.into(),
            server: server.into(),
            operation,
            timeout: None,
        }
    }

    /// Why it failed: the server's exit reason, `NoProc`, `Timeout`, …
    #[must_use]
    pub const fn reason(&self) -> &ExitReason {
        &self.reason
    }

    /// Who was called.
    #[must_use]
    pub const fn server(&self) -> &Address {
        &self.server
    }

    /// The name of the handler that was called.
    #[must_use]
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// The timeout that was in force; `None` is infinity.
    #[must_use]
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }
}

impl fmt::Display for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "call of `{}` at {} failed: {}",
            self.operation, self.server, self.reason
        )
    }
}

/// A call was not answered.
///
/// Each case says which call it was. As an exit reason it becomes [`ExitReason::Call`].
///
/// # OTP
/// The exit of `gen_server:call/3`. Differs: it is returned, not raised; with `?` it ends the process as in OTP.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum CallError {
    /// There is no such process, or nobody holds the name (`noproc`). The request was not delivered.
    NoProc(Box<CallInfo>),
    /// No answer came in time (`timeout`). The request may still be handled; a late answer vanishes.
    Timeout(Box<CallInfo>),
    /// A server called itself, which could never be answered (`calling_self`). The request was not delivered.
    CallingSelf(Box<CallInfo>),
    /// The server ended before it answered; [`CallInfo::reason`] is its exit reason. The request may have been handled.
    Exit(Box<CallInfo>),
    /// The server let go of the handle for the answer without answering, and lives on.
    NoReply(Box<CallInfo>),
    /// The mailbox of the server is full: see [`OnFull`](crate::OnFull). The request was not delivered, or was dropped for a
    /// newer one before it was handled.
    Full(Box<CallInfo>),
    /// The process is a server of another type, or no server. The request was not delivered.
    WrongServer {
        /// The type that was called.
        expected: &'static str,
        /// The type of the process.
        found: &'static str,
        /// Which call it was.
        info: Box<CallInfo>,
    },
}

impl CallError {
    /// Which call it was, and why it failed.
    #[must_use]
    pub const fn info(&self) -> &CallInfo {
        match self {
            Self::NoProc(info)
            | Self::Timeout(info)
            | Self::CallingSelf(info)
            | Self::Exit(info)
            | Self::NoReply(info)
            | Self::Full(info)
            | Self::WrongServer { info, .. } => info,
        }
    }

    pub(crate) fn into_info(self) -> Box<CallInfo> {
        match self {
            Self::NoProc(info)
            | Self::Timeout(info)
            | Self::CallingSelf(info)
            | Self::Exit(info)
            | Self::NoReply(info)
            | Self::Full(info)
            | Self::WrongServer { info, .. } => info,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.info();
        write!(f, "call of `{}` at {}", info.operation, info.server)?;
        match self {
            Self::NoProc(_) => f.write_str(" failed: no such process"),
            Self::Timeout(_) => match info.timeout {
                Some(timeout) => write!(f, " was not answered in {timeout:?}"),
                None => f.write_str(" was not answered in time"),
            },
            Self::CallingSelf(_) => f.write_str(" failed: a process cannot call itself"),
            Self::Exit(_) => write!(f, " failed: the server ended: {}", info.reason),
            Self::NoReply(_) => f.write_str(" failed: the server dropped the request unanswered"),
            Self::Full(_) => f.write_str(" failed: the mailbox of the server is full"),
            Self::WrongServer {
                expected, found, ..
            } => write!(f, " failed: expected a `{expected}`, found a `{found}`"),
        }
    }
}

impl Error for CallError {}

/// A call whose answer is a `Result` failed: either the call did, or the server answered with an error.
///
/// Made by [`Call::flat`](crate::Call::flat).
#[derive(Clone, Debug, PartialEq)]
pub enum CallFailed<E> {
    /// The call was not answered.
    Call(CallError),
    /// The server answered with this error.
    Server(E),
}

impl<E: fmt::Display> fmt::Display for CallFailed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Server(error) => error.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for CallFailed<E> {}

/// A process is not the kind of server that was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WrongServer {
    /// There is no such process.
    NoProc(Pid),
    /// It is another server, or none.
    Type {
        /// The process.
        pid: Pid,
        /// The type that was expected.
        expected: &'static str,
        /// Its type.
        found: &'static str,
    },
}

impl fmt::Display for WrongServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProc(pid) => write!(f, "there is no process {pid}"),
            Self::Type {
                pid,
                expected,
                found,
            } => write!(f, "{pid} is a `{found}`, not a `{expected}`"),
        }
    }
}

impl Error for WrongServer {}

/// A server was not started. Nothing of it is left: its name is free and its process gone (`STA-4`).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The name, or in a supervisor the child's id, is taken by this process: `{already_started, Pid}`. `init` did not run.
    ///
    /// In tests: tests that share names need `#[beamish::test]`, which gives each a node of its own.
    AlreadyStarted(Pid),
    /// The name was refused: it is reserved.
    BadName(crate::Name),
    /// `init` said [`Init::ignore`](crate::Init::ignore): `ignore`.
    Ignored,
    /// `init` returned this error: `{error, Reason}`.
    Init(Arc<dyn Error + Send + Sync>),
    /// `init` stopped, panicked or was ended, with this reason.
    Exit(ExitReason),
    /// `init` took longer than the start's timeout; it was killed: `timeout`.
    Timeout,
}

impl StartError {
    /// The error as the reason with which a process ends because of it.
    #[must_use]
    pub fn into_reason(self) -> ExitReason {
        self.into()
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyStarted(pid) => write!(f, "already started as {pid}"),
            Self::BadName(name) => write!(f, "the name {name:?} is reserved"),
            Self::Ignored => f.write_str("init chose not to start"),
            Self::Init(error) => error.fmt(f),
            Self::Exit(reason) => write!(f, "init failed: {reason}"),
            Self::Timeout => f.write_str("init took too long"),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Init(error) => error.source(),
            _ => None,
        }
    }
}

/// A server did not stop as asked.
///
/// # OTP
/// The exit of `gen_server:stop/3`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StopError {
    /// There is no such process, or nobody holds the name.
    NoProc(Address),
    /// It has not ended in time; it is still asked to.
    Timeout(Duration),
    /// A server cannot wait for its own end.
    CallingSelf,
    /// It ended with another reason.
    Exit(ExitReason),
}

impl fmt::Display for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProc(address) => write!(f, "no process at {address}"),
            Self::Timeout(timeout) => write!(f, "the server has not ended in {timeout:?}"),
            Self::CallingSelf => f.write_str("a process cannot stop itself and wait for it"),
            Self::Exit(reason) => write!(f, "the server ended with another reason: {reason}"),
        }
    }
}

impl Error for StopError {}
