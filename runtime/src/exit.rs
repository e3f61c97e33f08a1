//! Why a process ended, and what an exit signal does to the process that gets it.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::{CallError, CallInfo, StartError, TaskError};

/// Why a process ended.
///
/// Three questions are asked of a reason, and each has its own predicate: does it spare linked processes
/// ([`spares_links`](Self::spares_links)), does it leave a transient child dead and the log quiet
/// ([`is_shutdown`](Self::is_shutdown)).
///
/// Two reasons are equal if they are of the same kind and, where they hold a value, hold the very same one. To look
/// into a reason use `matches!` or [`Term::downcast_ref`].
///
/// Every `Error + Send + Sync` becomes a reason by `From`, so `?` in a process ends it with that error; a boxed one
/// does by [`error`](Self::error).
///
/// # OTP
/// The exit reason: `normal`, `shutdown`, `{shutdown, T}`, `kill`, `killed`, `noproc`, `noconnection`, `timeout`,
/// `{Error, Stack}`, `{R, CallInfo}`, any term.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum ExitReason {
    /// It had nothing left to do. Linked processes live on.
    #[default]
    Normal,
    /// It was asked to end, by its supervisor for instance.
    Shutdown,
    /// It was asked to end, with a value that says more.
    ShutdownWith(Term),
    /// As an explicit exit signal: ends the target whether it traps exits or not; others then see [`Killed`](Self::Killed).
    /// Anywhere else an ordinary reason (`EXI-2`).
    Kill,
    /// It was killed.
    Killed,
    /// There was no such process.
    NoProc,
    /// The connection to its node was lost.
    NoConnection,
    /// It, or what it waited for, took too long.
    Timeout,
    /// Its code panicked.
    Panic(PanicInfo),
    /// A call that it made failed, and it ended with that.
    Call(Box<CallInfo>),
    /// It ended with an error.
    Error(Arc<dyn Error + Send + Sync>),
    /// Any other value.
    Other(Term),
}

impl ExitReason {
    /// A reason of your own: any value.
    pub fn other<T: fmt::Debug + Send + Sync + 'static>(value: T) -> Self {
        Self::Other(Term::new(value))
    }

    /// `{shutdown, value}`: a shutdown that says more.
    pub fn shutdown_with<T: fmt::Debug + Send + Sync + 'static>(value: T) -> Self {
        Self::ShutdownWith(Term::new(value))
    }

    /// The reason of an error, boxed or not: of any `E: Error + Send + Sync`, of a `Box<dyn Error + Send + Sync>`, of
    /// an `anyhow::Error`, of a text.
    ///
    /// The errors of this crate that stand for an exit in OTP become that exit, and an `ExitReason` in the box becomes
    /// itself; any other error is kept as it is.
    pub fn error(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = match error.into().downcast::<Exited>() {
            Ok(exited) => return exited.0,
            Err(error) => error,
        };
        let error = match error.downcast::<CallError>() {
            Ok(error) => return Self::Call(error.into_info()),
            Err(error) => error,
        };
        let error = match error.downcast::<TaskError>().map(|error| *error) {
            Ok(TaskError::Exit(reason)) => return reason,
            Ok(TaskError::Timeout) => return Self::Timeout,
            Err(error) => error,
        };
        match error.downcast::<StartError>().map(|error| *error) {
            Ok(StartError::Exit(reason)) => reason,
            Ok(error) => Self::Error(Arc::new(error)),
            Err(error) => Self::Error(Arc::from(error)),
        }
    }

    /// Whether linked processes that do not trap exits live on: only after [`Normal`](Self::Normal) (`EXI-1`).
    #[must_use]
    pub const fn spares_links(&self) -> bool {
        matches!(self, Self::Normal)
    }

    /// Whether the process ended as planned: `Normal`, `Shutdown` or `ShutdownWith`. A transient child is then left dead
    /// (`RST-1`) and no crash is reported (`EXI-6`).
    ///
    /// So does one that ended because a call failed with `Shutdown`: in OTP its reason is `{shutdown, CallInfo}`.
    #[must_use]
    pub const fn is_shutdown(&self) -> bool {
        match self {
            Self::Normal | Self::Shutdown | Self::ShutdownWith(_) => true,
            Self::Call(info) => matches!(info.reason(), Self::Shutdown),
            _ => false,
        }
    }
}

impl PartialEq for ExitReason {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Normal, Self::Normal)
            | (Self::Shutdown, Self::Shutdown)
            | (Self::Kill, Self::Kill)
            | (Self::Killed, Self::Killed)
            | (Self::NoProc, Self::NoProc)
            | (Self::NoConnection, Self::NoConnection)
            | (Self::Timeout, Self::Timeout) => true,
            (Self::ShutdownWith(a), Self::ShutdownWith(b)) | (Self::Other(a), Self::Other(b)) => {
                a == b
            }
            (Self::Panic(a), Self::Panic(b)) => Arc::ptr_eq(&a.0, &b.0),
            (Self::Call(a), Self::Call(b)) => a == b,
            (Self::Error(a), Self::Error(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("normal"),
            Self::Shutdown => f.write_str("shutdown"),
            Self::ShutdownWith(term) => write!(f, "shutdown: {term:?}"),
            Self::Kill => f.write_str("kill"),
            Self::Killed => f.write_str("killed"),
            Self::NoProc => f.write_str("no process"),
            Self::NoConnection => f.write_str("no connection"),
            Self::Timeout => f.write_str("timeout"),
            Self::Panic(panic) => panic.fmt(f),
            Self::Call(info) => info.fmt(f),
            Self::Error(error) => error.fmt(f),
            Self::Other(term) => write!(f, "{term:?}"),
        }
    }
}

impl fmt::Debug for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("Normal"),
            Self::Shutdown => f.write_str("Shutdown"),
            Self::ShutdownWith(term) => write!(f, "ShutdownWith({term:?})"),
            Self::Kill => f.write_str("Kill"),
            Self::Killed => f.write_str("Killed"),
            Self::NoProc => f.write_str("NoProc"),
            Self::NoConnection => f.write_str("NoConnection"),
            Self::Timeout => f.write_str("Timeout"),
            Self::Panic(panic) => write!(f, "Panic({panic:?})"),
            Self::Call(info) => write!(f, "Call({info:?})"),
            Self::Error(error) => write!(f, "Error({error:?})"),
            Self::Other(term) => write!(f, "Other({term:?})"),
        }
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for ExitReason {
    /// As [`error`](Self::error).
    fn from(error: E) -> Self {
        Self::error(error)
    }
}

/// For `?` where errors are boxed; [`ExitReason::error`] finds the reason again.
impl From<ExitReason> for Box<dyn Error + Send + Sync> {
    fn from(reason: ExitReason) -> Self {
        Box::new(Exited(reason))
    }
}

/// A reason on its way through a `Box<dyn Error + Send + Sync>`.
pub(crate) struct Exited(pub(crate) ExitReason);

impl fmt::Display for Exited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Exited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Exited {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            ExitReason::Error(error) => error.source(),
            _ => None,
        }
    }
}

/// A shared value of any type, in an exit reason.
#[derive(Clone)]
pub struct Term(Arc<dyn TermValue>);

trait TermValue: Any + fmt::Debug + Send + Sync {}
impl<T: Any + fmt::Debug + Send + Sync> TermValue for T {}

impl Term {
    /// Shares a value.
    pub fn new<T: fmt::Debug + Send + Sync + 'static>(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// The value, if it is a `T`.
    #[must_use]
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        let any: &dyn Any = &*self.0;
        any.downcast_ref()
    }
}

/// Two terms are equal if they are the very same value.
impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known of a panic: its message and, unless another panic hook took the place of ours, file, line and backtrace.
#[derive(Clone)]
pub struct PanicInfo(Arc<Panicked>);

pub(crate) struct Panicked {
    pub(crate) message: String,
    pub(crate) place: Option<PanicPlace>,
}

pub(crate) struct PanicPlace {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) backtrace: Backtrace,
}

impl PanicInfo {
    pub(crate) fn new(panicked: Panicked) -> Self {
        Self(Arc::new(panicked))
    }

    /// The text of the panic.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The source file in which it was raised.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.0.place.as_ref().map(|place| place.file.as_str())
    }

    /// The line in which it was raised, counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.0.place.as_ref().map(|place| place.line)
    }

    /// The backtrace, if `RUST_BACKTRACE` asks for one.
    #[must_use]
    pub fn backtrace(&self) -> Option<&Backtrace> {
        let backtrace = &self.0.place.as_ref()?.backtrace;
        (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace)
    }
}

impl fmt::Display for PanicInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked with '{}'", self.0.message)?;
        if let Some(place) = &self.0.place {
            write!(f, " at {}:{}:{}", place.file, place.line, place.column)?;
        }
        Ok(())
    }
}

impl fmt::Debug for PanicInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How an exit signal came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// `process::exit(target, reason)` by another process, or by no process.
    Exit,
    /// `process::exit(self_pid(), reason)`.
    ExitSelf,
    /// A linked process ended.
    Link,
}

/// What an exit signal does.
#[derive(Debug, PartialEq)]
pub(crate) enum Effect {
    /// Nothing.
    Dropped,
    /// It becomes an [`Exit`](crate::Exit) message.
    Message(ExitReason),
    /// It ends the process, with this reason.
    Ends(ExitReason),
}

/// The table of `EXI-1`.
pub(crate) fn effect(cause: Cause, reason: ExitReason, trapping: bool) -> Effect {
    match (cause, reason, trapping) {
        (Cause::Exit | Cause::ExitSelf, ExitReason::Kill, _) => Effect::Ends(ExitReason::Killed),
        (_, reason, true) => Effect::Message(reason),
        (Cause::Exit | Cause::Link, ExitReason::Normal, false) => Effect::Dropped,
        (_, reason, false) => Effect::Ends(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Cause::{Exit, ExitSelf, Link};
    use Effect::{Dropped, Ends, Message};
    use ExitReason::{Kill, Killed, NoProc, Normal, Shutdown};

    /// EXI-1, EXI-2: every row of the table.
    #[test]
    fn exit_signals_do_what_the_table_says() {
        let rows = [
            (Exit, Normal, Dropped, Message(Normal)),
            (ExitSelf, Normal, Ends(Normal), Message(Normal)),
            (Exit, Kill, Ends(Killed), Ends(Killed)),
            (ExitSelf, Kill, Ends(Killed), Ends(Killed)),
            (Exit, Shutdown, Ends(Shutdown), Message(Shutdown)),
            (ExitSelf, NoProc, Ends(NoProc), Message(NoProc)),
            (Exit, Killed, Ends(Killed), Message(Killed)),
            (Link, Normal, Dropped, Message(Normal)),
            (Link, Kill, Ends(Kill), Message(Kill)),
            (Link, Killed, Ends(Killed), Message(Killed)),
            (Link, Shutdown, Ends(Shutdown), Message(Shutdown)),
        ];
        for (cause, reason, plain, trapping) in rows {
            assert_eq!(
                effect(cause, reason.clone(), false),
                plain,
                "{cause:?} {reason:?}"
            );
            assert_eq!(
                effect(cause, reason.clone(), true),
                trapping,
                "{cause:?} {reason:?} trapping"
            );
        }
    }

    #[test]
    fn reasons_answer_two_questions() {
        let planned = [Normal, Shutdown, ExitReason::shutdown_with("moved")];
        assert!(planned.iter().all(ExitReason::is_shutdown));
        assert_eq!(
            planned.map(|reason| reason.spares_links()),
            [true, false, false]
        );
        for crash in [
            Kill,
            Killed,
            NoProc,
            ExitReason::Timeout,
            ExitReason::other(1),
        ] {
            assert!(!crash.is_shutdown() && !crash.spares_links(), "{crash:?}");
        }
    }

    #[test]
    fn shared_values_are_equal_only_to_themselves() {
        let reason = ExitReason::other("boom");
        assert_eq!(reason, reason.clone());
        assert_ne!(reason, ExitReason::other("boom"));
    }

    #[test]
    fn an_error_is_kept_as_the_reason() {
        let ExitReason::Error(error) = ExitReason::from("x".parse::<u8>().unwrap_err()) else {
            panic!()
        };
        assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    }
}
