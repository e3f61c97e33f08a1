//! What can go wrong with children.

use std::error::Error;
use std::fmt;

use crate::{CallError, ChildId, Pid, StartError};

/// Which child kept a supervisor from starting: in the [`ExitReason::ShutdownWith`](crate::ExitReason::ShutdownWith) of the
/// start's error.
///
/// # OTP
/// `{shutdown, {failed_to_start_child, Id, Reason}}`.
#[derive(Clone)]
#[non_exhaustive]
pub struct FailedToStartChild {
    /// Which child.
    pub id: ChildId,
    /// Why.
    pub error: StartError,
}

impl fmt::Debug for FailedToStartChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "child {:?} failed to start: {}", self.id, self.error)
    }
}

/// The children of a supervisor do not go together. It was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadChildren {
    /// Two children have the same id.
    DuplicateId(ChildId),
    /// A significant child is permanent, so its end never is final (`SIG-C3`).
    SignificantPermanent(ChildId),
    /// A significant child under a supervisor without `auto_shutdown` (`SIG-C3`).
    SignificantWithoutAutoShutdown(ChildId),
    /// The child is started with a value of the supervisor's ([`ChildSpec::with_extra`](crate::ChildSpec::with_extra)), and
    /// the supervisor has none of this type.
    Extra {
        /// Which child.
        id: ChildId,
        /// The type of the value.
        expected: &'static str,
    },
    /// The time in which restarts are counted is zero: `{invalid_period, 0}`.
    ZeroPeriod,
    /// A tree contains itself: the names of the trees on the way, from the first to its repetition.
    Cycle(Vec<String>),
}

impl fmt::Display for BadChildren {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateId(id) => write!(
                f,
                "two children have the id {id:?}; give one another with `id`"
            ),
            Self::SignificantPermanent(id) => {
                write!(
                    f,
                    "the significant child {id:?} is permanent; make it transient or temporary"
                )
            }
            Self::SignificantWithoutAutoShutdown(id) => {
                write!(
                    f,
                    "the child {id:?} is significant, but its supervisor has no `auto_shutdown`"
                )
            }
            Self::Extra { id, expected } => write!(
                f,
                "the child {id:?} is started with a `{expected}` of its supervisor, which has none; give it one with `DynamicSupervisor::extra`"
            ),
            Self::ZeroPeriod => {
                f.write_str("`max_seconds` is 0; restarts are counted in at least one second")
            }
            Self::Cycle(path) => write!(f, "the tree contains itself: {}", path.join(" → ")),
        }
    }
}

impl Error for BadChildren {}

/// A child was not started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StartChildError {
    /// A child with this id runs already, as this process.
    AlreadyStarted(Pid),
    /// A child with this id is specified, and is stopped or being restarted.
    AlreadyPresent,
    /// The supervisor has as many children as it may have.
    MaxChildren,
    /// The specification does not fit this supervisor.
    BadChild(BadChildren),
    /// The start failed; nothing is kept.
    Start(StartError),
    /// The supervisor did not answer.
    Call(CallError),
}

impl fmt::Display for StartChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyStarted(pid) => write!(f, "the child is running already, as {pid}"),
            Self::AlreadyPresent => f.write_str("a child with this id is present already"),
            Self::MaxChildren => f.write_str("the supervisor has as many children as it may have"),
            Self::BadChild(error) => error.fmt(f),
            Self::Start(error) => error.fmt(f),
            Self::Call(error) => error.fmt(f),
        }
    }
}

impl Error for StartChildError {}

impl From<CallError> for StartChildError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// A child was not terminated, restarted or deleted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ChildError {
    /// The supervisor has no such child.
    NotFound,
    /// It is running.
    Running,
    /// It is being restarted.
    Restarting,
    /// Its start failed; the specification stays.
    Start(StartError),
    /// The supervisor did not answer.
    Call(CallError),
}

impl fmt::Display for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such child"),
            Self::Running => f.write_str("the child is running"),
            Self::Restarting => f.write_str("the child is being restarted"),
            Self::Start(error) => error.fmt(f),
            Self::Call(error) => error.fmt(f),
        }
    }
}

impl Error for ChildError {}

impl From<CallError> for ChildError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}
