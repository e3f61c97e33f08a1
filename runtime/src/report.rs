//! Reports for people: one `tracing` event each, with the fields of OTP's reports. If nobody listens to `tracing`, the
//! ones that must not be missed go to stderr, in one line.
//!
//! What listens, and the `Debug` of reasons, is the user's code: its panic ends here, not in the process that reports.

use std::collections::BTreeSet;
use std::fmt;

use tracing::subscriber::NoSubscriber;

use crate::exit::PanicPlace;
use crate::observe::{self, What};
use crate::panics::catch;
use crate::process::control::{Head, Process};
use crate::process::relations::Own;
use crate::process::table;
use crate::{Address, ChildId, ExitReason, Pid};

fn nobody_listens() -> bool {
    tracing::dispatcher::get_default(tracing::Dispatch::is::<NoSubscriber>)
}

#[expect(
    clippy::print_stderr,
    reason = "a crash is never silent (decision A13)"
)]
fn to_stderr(line: fmt::Arguments<'_>) {
    // `eprintln!`, since tests capture it; a stderr that cannot be written to is no reason to fail.
    drop(catch(|| eprintln!("[beamish] {line}")));
}

fn quietly(report: impl FnOnce()) {
    // The reason of a panic in there is of no use to anyone.
    drop(catch(report));
}

/// A process ended with an abnormal reason of its own making (`EXI-6`). `parent`: if it was linked to that; `had`: what it
/// had itself, if anything.
pub(crate) fn crash(
    process: &dyn Process,
    reason: &ExitReason,
    parent: Option<Pid>,
    had: Option<&Own>,
) {
    quietly(|| {
        let (head, process) = (process.head(), process.type_name());
        let rare = had.and_then(|had| had.rare.as_ref());
        let label = rare.and_then(|rare| rare.label.as_deref());
        let state = rare.and_then(|rare| rare.last_state.as_deref());
        let name = had.and_then(|had| had.name.as_ref());
        let pid = head.pid;
        if nobody_listens() {
            match name {
                Some(name) => to_stderr(format_args!("process {pid} ({name}) crashed: {reason}")),
                None => to_stderr(format_args!("process {pid} crashed: {reason}")),
            }
            if let Some(state) = state {
                to_stderr(format_args!("state of {pid}: {state}"));
            }
            if let ExitReason::Panic(info) = reason
                && let Some(backtrace) = info.backtrace()
            {
                to_stderr(format_args!("backtrace of {pid}:\n{backtrace}"));
            }
            return;
        }
        let backtrace = match reason {
            ExitReason::Panic(info) => info.backtrace().map(tracing::field::display),
            _ => None,
        };
        tracing::error!(
            target: "beamish::crash",
            %pid,
            name = name.map(tracing::field::display),
            process,
            label,
            state,
            ancestors = ?ancestors(head),
            links = ?links(had, parent),
            reason = %reason,
            backtrace,
            "process crashed"
        );
    });
}

/// Whom a process was linked to.
fn links(had: Option<&Own>, parent: Option<Pid>) -> BTreeSet<Pid> {
    let others = had.map(|had| had.links.iter().map(|(pid, ())| *pid));
    others.into_iter().flatten().chain(parent).collect()
}

/// Who started a process, who started that one, and so on, as far as they live.
fn ancestors(head: &Head) -> Vec<Pid> {
    let parent_of = |pid: &Pid| table::find(*pid).and_then(|process| process.head().parent);
    std::iter::successors(head.parent, parent_of).collect()
}

/// A destructor of the user's panicked while a process ended.
pub(crate) fn destructor(reason: &ExitReason) {
    quietly(|| {
        if nobody_listens() {
            to_stderr(format_args!("a destructor {reason}"));
        } else {
            tracing::error!(target: "beamish::crash", reason = %reason, "a destructor panicked");
        }
    });
}

/// A message that no handler takes (`SRV-13`).
pub(crate) fn unexpected(process: &'static str, pid: Option<Pid>, message: &'static str) {
    observe::note(pid, || What::Unexpected { message });
    quietly(|| {
        tracing::warn!(
            target: "beamish::server",
            process,
            pid = pid.map(tracing::field::display),
            message_type = message,
            "unexpected message dropped"
        );
    });
}

/// A cast went to a server of another type.
pub(crate) fn wrong_server(to: &Address, expected: &'static str, found: &'static str) {
    quietly(|| {
        tracing::warn!(target: "beamish::server", to = %to, expected, found, "cast to a server of another type dropped");
    });
}

/// What a supervisor saw: `error_context` and `reason` as in OTP's supervisor report.
pub(crate) fn supervisor(
    context: &'static str,
    child: &dyn fmt::Display,
    pid: Option<Pid>,
    reason: &ExitReason,
) {
    let supervisor = crate::process::try_self_pid();
    observe::note(pid, || What::Reported {
        supervisor,
        context,
        child: child.to_string(),
        reason: reason.clone(),
    });
    quietly(|| {
        tracing::error!(
            target: "beamish::supervisor",
            supervisor = supervisor.map(tracing::field::display),
            context,
            child = %child,
            pid = pid.map(tracing::field::display),
            reason = %reason,
            "supervisor report"
        );
    });
}

/// An event of a server that is traced.
pub(crate) fn event(pid: Pid, process: &'static str, event: &crate::sys::Event) {
    quietly(|| {
        if nobody_listens() {
            return to_stderr(format_args!("{pid} ({process}) {event}"));
        }
        tracing::info!(target: "beamish::trace", %pid, process, %event);
    });
}

/// A child outlived its kill and was abandoned.
pub(crate) fn wedged(pid: Pid) {
    observe::note(Some(pid), || What::Reported {
        supervisor: crate::process::try_self_pid(),
        context: "wedged",
        child: pid.to_string(),
        reason: ExitReason::Killed,
    });
    quietly(|| {
        if nobody_listens() {
            return to_stderr(format_args!(
                "process {pid} blocks its thread and cannot be killed; its supervisor goes on without it"
            ));
        }
        tracing::error!(target: "beamish::supervisor", %pid, context = "wedged", "a child outlived its kill and is abandoned");
    });
}

/// A supervisor restarted too often and gives up.
pub(crate) fn gave_up(child: &ChildId, max_restarts: u32, max_seconds: u64) {
    let supervisor = crate::process::try_self_pid();
    observe::note(supervisor, || What::GaveUp {
        child: child.clone(),
        max_restarts,
        max_seconds,
    });
    quietly(|| {
        if nobody_listens() {
            let pid = supervisor.map_or_else(String::new, |pid| format!(" {pid}"));
            to_stderr(format_args!(
                "supervisor{pid} gives up: more than {max_restarts} restarts in {max_seconds} s, the last of child {child}"
            ));
            return;
        }
        tracing::error!(
            target: "beamish::supervisor",
            supervisor = supervisor.map(tracing::field::display),
            child = %child,
            max_restarts,
            max_seconds,
            "supervisor gives up: reached maximum restart intensity"
        );
    });
}

/// The process of `#[beamish::main]` ended without a value.
pub(crate) fn main_ended(pid: Pid, reason: &ExitReason) {
    quietly(|| {
        to_stderr(format_args!("main process {pid} ended: {reason}"));
    });
}

/// A destructor panicked while a panic unwinds: the program is about to abort.
pub(crate) fn aborts(second: Option<&PanicPlace>) {
    let pid =
        crate::process::try_self_pid().map_or_else(String::new, |pid| format!(" in process {pid}"));
    match second {
        Some(at) => to_stderr(format_args!(
            "a destructor panicked{pid} at {}:{}:{} while a panic unwinds; the program aborts",
            at.file, at.line, at.column
        )),
        None => to_stderr(format_args!(
            "a destructor panicked{pid} while a panic unwinds; the program aborts"
        )),
    }
}
