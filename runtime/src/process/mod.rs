//! Processes: what Elixir's `Process` module does.
//!
//! A process is a future with an identity: it has a [`Pid`], a mailbox, links and monitors. [`spawn()`] starts
//! one. Processes share nothing; they send each other messages ([`send`]) and learn of each other's end by
//! [links](link) and [monitors](monitor).
//!
//! # Who may call what
//! Code that is no process (a plain tokio task, `main`) can send, exit, look up and spawn. What needs a mailbox or links
//! ([`link`], [`monitor`], [`trap_exit`], `receive!`) panics there, at the caller's line, and says what to do.
//!
//! # Stopping is cooperative
//! A process ends at its next *suspension*: an `await` that has to wait. One that computes without awaiting, or blocks
//! its thread, cannot be ended; a long computation calls [`yield_now`]. Every future of this crate looks at the pending
//! exit first, so a process that is to end starts no further call.
//!
//! # When not to use it
//! For a value that has one owner and needs no name, supervision or mailbox, a plain `tokio::spawn` is enough.

pub(crate) mod activity;
mod aliases;
pub(crate) mod context;
pub(crate) mod control;
pub(crate) mod death;
pub(crate) mod error;
mod forward;
mod info;
mod links;
mod monitors;
mod names;
pub(crate) mod receive;
pub(crate) mod relations;
pub(crate) mod runner;
mod spawn;
pub(crate) mod table;
pub(crate) mod word;

pub use crate::supervisor::child;
pub use aliases::{AliasMode, alias, reply_alias, unalias};
pub use forward::{Closed, forward};
pub use info::{ProcessInfo, alive, info, label, list, messages, set_label};
pub use links::{exit, kill, link, trap_exit, unlink};
pub use monitors::{
    MonitorOptions, MonitoredEnd, demonitor, demonitor_flush, monitor, monitor_with, monitored,
};
pub use names::{register, registered, unregister, whereis};
pub use receive::receive_any as receive;
pub use spawn::{Outcome, spawn, spawn_link, spawn_monitor, spawn_monitor_with};

pub use crate::timer::{
    cancel_timer, cancel_timer_async, read_timer, read_timer_async, send_after, send_at,
    send_interval, sleep, start_timer, start_timer_at,
};

pub(crate) use links::{exit_from, flush_exits, link_holder, unlink_and_flush, unlink_from};
pub(crate) use monitors::resolve;
pub(crate) use spawn::{handle, link_to_starter, spawn_master, spawn_task, start_task, watch_new};

use crate::{Address, Alias, Info, NoProc, Pid};

/// The pid of the running process.
///
/// # Panics
/// If the calling code is no process: a plain tokio task, also one started inside a process with `tokio::spawn`, or a
/// thread of its own. See [`try_self_pid`].
///
/// # OTP
/// `self()`.
#[doc(alias = "self")]
#[must_use]
#[track_caller]
pub fn self_pid() -> Pid {
    match try_self_pid() {
        Some(pid) => pid,
        None => not_a_process("self_pid()"),
    }
}

/// The pid of the running process, or `None` if the calling code is no process.
#[must_use]
pub fn try_self_pid() -> Option<Pid> {
    context::self_pid()
}

/// Who made the call that is being handled: `None` if the caller is no process, and outside of call handlers.
///
/// # OTP
/// The pid in `from()`, the second argument of `handle_call/3`.
#[must_use]
pub fn caller() -> Option<Pid> {
    context::caller()
}

/// Ends the running process with `reason`, from wherever it stands.
///
/// It unwinds, so destructors run; in a server `terminate` runs with this reason (`SRV-7`). It is an exception of this
/// process: `std::panic::catch_unwind` around it catches it, [`process::exit`](exit()) to oneself it does not.
/// Reasons other than `Normal`, `Shutdown` and `ShutdownWith` are reported as crashes.
///
/// # Panics
/// If the calling code is no process. In a destructor that runs while the process unwinds already, it aborts the program,
/// as any panic there does.
///
/// # OTP
/// `exit/1`.
#[track_caller]
pub fn exit_self(reason: impl Into<crate::ExitReason>) -> ! {
    if try_self_pid().is_none() {
        not_a_process("exit(reason)");
    }
    crate::panics::raise(reason.into())
}

/// Where [`send`] can send: to a [`Pid`] or to an [`Alias`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// This very process, dead or alive.
    Pid(Pid),
    /// Whoever has the alias, while it is active.
    Alias(Alias),
}

impl From<Pid> for Recipient {
    fn from(pid: Pid) -> Self {
        Self::Pid(pid)
    }
}

impl From<Alias> for Recipient {
    fn from(alias: Alias) -> Self {
        Self::Alias(alias)
    }
}

/// Sends `message` to a process, where it waits in the mailbox. Returns at once and never fails: if the process is dead, or
/// the alias is not active, the message is dropped (`SIG-4`, `MON-6`).
///
/// A server gets it in its `#[handle_info]` for that type. Messages between two processes keep their order (`SIG-1`).
///
/// # OTP
/// `send/2`, `pid ! message`.
pub fn send<M: Send + 'static>(to: impl Into<Recipient>, message: M) {
    if context::has_ended() {
        return crate::panics::drop_quietly(message);
    }
    match to.into() {
        Recipient::Pid(pid) => match table::find(pid) {
            Some(process) => control::deliver(&*process, Info::new(message)),
            None => crate::panics::drop_quietly(message),
        },
        Recipient::Alias(alias) => aliases::deliver(alias, Info::new(message)),
    }
}

/// Sends `message` to whoever holds `name` at this moment.
///
/// # Errors
/// [`NoProc`] if nobody does; the message is dropped (`SIG-4`).
///
/// # OTP
/// `send/2` to a registered name, which raises `badarg` if nobody holds it.
pub fn send_named<M: Send + 'static>(name: &str, message: M) -> Result<(), NoProc> {
    let Some(process) = context::node().names().holder(name) else {
        return Err(NoProc::new(Address::from(name)));
    };
    if !context::has_ended() {
        control::deliver(&*process, Info::new(message));
    }
    Ok(())
}

/// Lets other processes run, and this one be ended: for long computations.
///
/// # Cancel safety
/// Cancel safe.
pub async fn yield_now() {
    tokio::task::yield_now().await;
    suspend_if_exiting().await;
}

/// Waits for ever if the running process is to end (decision A20).
pub(crate) async fn suspend_if_exiting() {
    if context::is_exiting() {
        std::future::pending::<()>().await;
    }
}

#[cold]
#[track_caller]
pub(crate) fn not_a_process(what: &str) -> ! {
    panic!(
        "`{what}` needs a process, and this code is none: run it in `spawn(async {{ … }})`, in a server, or under `#[beamish::main]`"
    )
}

/// The control block of the running process.
#[track_caller]
pub(crate) fn this(what: &str) -> control::ProcessRef {
    match context::current() {
        Some(process) => process,
        None => not_a_process(what),
    }
}
