//! Exit reasons and errors in the one printed form that both interpreters use.

use beamish::sys::SysError;
use beamish::{
    CallError, ChildError, ExitReason, FailedToStartChild, StartChildError, StartError, StopError,
};

use crate::scenario::Reason;

impl From<Reason> for ExitReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Normal => Self::Normal,
            Reason::Shutdown => Self::Shutdown,
            Reason::ShutdownWith => Self::shutdown_with("done"),
            Reason::Kill => Self::Kill,
            Reason::Boom => Self::other("boom"),
        }
    }
}

pub(crate) fn text(reason: &ExitReason) -> String {
    match reason {
        ExitReason::Normal => "normal".to_owned(),
        ExitReason::Shutdown => "shutdown".to_owned(),
        ExitReason::ShutdownWith(term) => {
            if let Some(failed) = term.downcast_ref::<FailedToStartChild>() {
                format!("failed:{}:{}", failed.id, start_error(&failed.error))
            } else {
                format!("shutdown:{}", term.downcast_ref().unwrap_or(&"?"))
            }
        }
        ExitReason::Kill => "kill".to_owned(),
        ExitReason::Killed => "killed".to_owned(),
        ExitReason::NoProc => "noproc".to_owned(),
        ExitReason::Timeout => "timeout".to_owned(),
        ExitReason::Panic(_) => "crash".to_owned(),
        ExitReason::Call(info) => format!("call:{}", text(info.reason())),
        ExitReason::Other(term) => (*term.downcast_ref().unwrap_or(&"?")).to_owned(),
        other => format!("unexpected {other:?}"),
    }
}

pub(crate) fn start_error(error: &StartError) -> String {
    match error {
        StartError::Exit(reason) => text(reason),
        StartError::Ignored => "ignore".to_owned(),
        other => format!("unexpected {other:?}"),
    }
}

/// What the exit of a call says.
pub(crate) fn call_error(error: &CallError) -> String {
    match error {
        CallError::CallingSelf(_) => "exit calling_self".to_owned(),
        other => format!("exit {}", text(other.info().reason())),
    }
}

pub(crate) fn start_child_error(error: &StartChildError) -> String {
    match error {
        StartChildError::AlreadyStarted(_) => "error already_started".to_owned(),
        StartChildError::AlreadyPresent => "error already_present".to_owned(),
        StartChildError::MaxChildren => "error max_children".to_owned(),
        StartChildError::Start(StartError::Ignored) => "ignore".to_owned(),
        StartChildError::Start(error) => format!("error {}", start_error(error)),
        StartChildError::Call(error) => call_error(error),
        other => format!("unexpected {other:?}"),
    }
}

pub(crate) fn child_error(error: &ChildError) -> String {
    match error {
        ChildError::NotFound => "error not_found".to_owned(),
        ChildError::Running => "error running".to_owned(),
        ChildError::Restarting => "error restarting".to_owned(),
        ChildError::Start(error) => format!("error {}", start_error(error)),
        ChildError::Call(error) => call_error(error),
        other => format!("unexpected {other:?}"),
    }
}

pub(crate) fn stop_error(error: &StopError) -> String {
    match error {
        StopError::NoProc(_) => "exit noproc".to_owned(),
        StopError::Exit(reason) => format!("exit {}", text(reason)),
        other => format!("unexpected {other:?}"),
    }
}

pub(crate) fn sys(result: Result<(), SysError>) -> String {
    match result {
        Ok(()) => "ok".to_owned(),
        Err(SysError::NoProc(_)) => "exit noproc".to_owned(),
        Err(SysError::Exit(reason)) => format!("exit {}", text(&reason)),
        Err(other) => format!("unexpected {other:?}"),
    }
}
