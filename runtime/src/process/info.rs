//! What can be known of a process from outside.

use crate::process::relations::Relations;
use crate::process::{context, table, this};
use crate::{Name, Pid};

/// What is known of a living process at one moment.
///
/// # OTP
/// `process_info/2`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// Its pid.
    pub pid: Pid,
    /// Its name, if it has one.
    pub registered_name: Option<Name>,
    /// What it said of itself with [`set_label`].
    pub label: Option<String>,
    /// The type of the server, or of the future that it runs.
    pub type_name: &'static str,
    /// Who started it, if that was a process.
    pub parent: Option<Pid>,
    /// How many messages wait in its mailbox. What a server has taken from there and not handled yet is counted.
    pub message_queue_len: usize,
    /// Whom it is linked to, oldest first, as the others.
    pub links: Vec<Pid>,
    /// Whom it monitors.
    pub monitors: Vec<Pid>,
    /// Which processes monitor it.
    pub monitored_by: Vec<Pid>,
    /// Whether it traps exit signals.
    pub trap_exit: bool,
}

/// What is known of a process; `None` if it is dead or about to end.
///
/// # OTP
/// `process_info/2`, which gives `undefined` for a dead process.
#[must_use]
pub fn info(pid: Pid) -> Option<ProcessInfo> {
    let process = table::find(pid)?;
    let head = process.head();
    if !head.is_alive() {
        return None;
    }
    let message_queue_len = process.mailbox_len();
    let signals = head.signals.lock();
    let relations = signals.relations.as_deref();
    Some(ProcessInfo {
        pid,
        registered_name: signals.name().cloned(),
        label: relations.and_then(Relations::label).map(str::to_owned),
        type_name: process.type_name(),
        parent: head.parent,
        message_queue_len,
        links: sorted(signals.links(head.parent)),
        monitors: relations
            .map(|all| sorted(all.monitors.iter().map(|(_, pid)| *pid).collect()))
            .unwrap_or_default(),
        monitored_by: relations
            .map(|all| sorted(all.watching_processes()))
            .unwrap_or_default(),
        trap_exit: signals.trap_exit,
    })
}

fn sorted(mut pids: Vec<Pid>) -> Vec<Pid> {
    pids.sort_unstable();
    pids
}

/// The types of the messages that wait in the mailbox of a process, oldest first; a call or cast of a server
/// is the name of its handler. `None` if it is dead or about to end. What the messages hold is not shown.
///
/// A server that has many takes up to 128 casts from its mailbox at once, to hand them one after the other to plain
/// functions. These are counted by [`info`], but not shown here: the list may be shorter by so many, also where such a
/// function asks for its own.
///
/// # OTP
/// `process_info(Pid, messages)`, which shows the messages.
#[must_use]
pub fn messages(pid: Pid) -> Option<Vec<&'static str>> {
    let process = table::find(pid)?;
    process
        .head()
        .is_alive()
        .then(|| process.mailbox_contents())
}

/// Whether a process is alive: false for a dead one, and from the moment on at which an exit signal is to end it.
///
/// # OTP
/// `is_process_alive/1`.
#[doc(alias = "is_process_alive")]
#[must_use]
pub fn alive(pid: Pid) -> bool {
    table::find(pid).is_some_and(|process| process.head().is_alive())
}

/// The living processes of this node, oldest first.
///
/// # OTP
/// `processes/0`.
#[must_use]
pub fn list() -> Vec<Pid> {
    context::node()
        .processes()
        .iter()
        .filter(|process| process.head().is_alive())
        .map(|process| process.head().pid)
        .collect()
}

/// Says what the running process is, for whoever looks at it.
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `proc_lib:set_label/1`.
#[track_caller]
pub fn set_label(label: impl Into<String>) {
    let label = Some(label.into().into());
    let process = this("set_label");
    let mut signals = process.head().signals.lock();
    // Bound, so that the old one is dropped outside of the lock.
    let _before = std::mem::replace(&mut signals.relations().rare().label, label);
    drop(signals);
}

/// What a process said of itself; `None` if it said nothing or is dead.
///
/// # OTP
/// `proc_lib:get_label/1`.
#[doc(alias = "get_label")]
#[must_use]
pub fn label(pid: Pid) -> Option<String> {
    let process = table::find(pid)?;
    let signals = process.head().signals.lock();
    signals.relations.as_ref()?.label().map(str::to_owned)
}
