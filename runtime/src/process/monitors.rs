//! Monitors.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::process::control::ProcessRef;
use crate::process::relations::Watcher;
use crate::process::{context, death, table, this};
use crate::{Address, Down, ExitReason, Info, MonitorRef, NoProc};

pub(crate) fn resolve(address: &Address) -> Result<ProcessRef, NoProc> {
    let process = match address {
        Address::Pid(pid) => table::find(*pid),
        Address::Name(name) => context::node().holder(name.as_str()),
    };
    process.ok_or_else(|| NoProc::new(address.clone()))
}

/// Starts monitoring a process, by pid or by name: when it ends, the running process gets one [`Down`] (`MON-1`).
///
/// Each call makes a new monitor. If the process is dead already or nobody holds the name, a `Down` with
/// [`ExitReason::NoProc`] is delivered at once (`MON-2`). A name is looked up now; `Down` then reports the name. A monitor
/// of oneself never fires (`MON-4`).
///
/// # Panics
/// If the calling code is no process; [`monitored`] works anywhere.
///
/// # OTP
/// `monitor(process, Item)`.
#[track_caller]
pub fn monitor(target: impl Into<Address>) -> MonitorRef {
    let caller = this("monitor");
    let from = target.into();
    let mref = MonitorRef::next();
    let target = resolve(&from).ok();
    let pid = target.as_ref().map(|target| target.head().pid);
    if pid == Some(caller.head().pid) {
        return mref;
    }
    if context::has_ended() {
        return mref;
    }
    // Own side first: it decides whether the `Down` may arrive (relations.rs).
    caller
        .head()
        .signals
        .lock()
        .relations()
        .monitors
        .insert(mref, pid.unwrap_or(caller.head().pid));
    let watched = target.is_some_and(|target| {
        let mut signals = target.head().signals.lock();
        if !signals.told {
            signals
                .relations()
                .watchers
                .insert(mref, Watcher::Process(caller.head().pid, from.clone()));
        }
        !signals.told
    });
    if !watched {
        death::send_down(
            &*caller,
            Down {
                mref,
                from,
                reason: ExitReason::NoProc,
            },
        );
    }
    mref
}

/// Ends a monitor of the running process. Returns whether it was still on: `true` means that no [`Down`] has come or will
/// come from it, `false` that one is in the mailbox or was handled, or that the reference is unknown or another's (`MON-3`).
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `demonitor(Ref, [info])`.
#[track_caller]
pub fn demonitor(mref: MonitorRef) -> bool {
    let caller = this("demonitor");
    let target = caller
        .head()
        .signals
        .lock()
        .relations
        .as_mut()
        .and_then(|relations| relations.monitors.remove(&mref));
    if let Some(target) = target {
        death::forget_watcher(target, mref);
    }
    target.is_some()
}

/// Ends a monitor of the running process, and removes its [`Down`] from the mailbox if it has come already (`MON-3`).
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `demonitor(Ref, [flush, info])`.
#[track_caller]
pub fn demonitor_flush(mref: MonitorRef) -> bool {
    let was_on = demonitor(mref);
    if !was_on {
        let is_it = |info: &Info| {
            info.downcast_ref::<Down>()
                .is_some_and(|down| down.mref == mref)
        };
        drop(this("demonitor_flush").remove(&is_it));
    }
    was_on
}

/// Waits for the end of a process, from anywhere: a plain tokio task too. The watching begins with this call.
///
/// The future gives the exit reason, [`ExitReason::NoProc`] if the process is dead already or nobody holds the name.
///
/// # Cancel safety
/// Cancel safe: dropping the future ends the watching.
pub fn monitored(target: impl Into<Address>) -> MonitoredEnd {
    let end: Pin<Box<dyn Future<Output = ExitReason> + Send>> = match resolve(&target.into()) {
        Ok(process) => Box::pin(death::watch(&*process)),
        Err(_) => Box::pin(std::future::ready(ExitReason::NoProc)),
    };
    MonitoredEnd(end)
}

/// The end of a process, to be awaited; made by [`monitored`].
#[must_use = "futures do nothing unless awaited"]
pub struct MonitoredEnd(Pin<Box<dyn Future<Output = ExitReason> + Send>>);

impl Future for MonitoredEnd {
    type Output = ExitReason;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<ExitReason> {
        context::poll_unless_exiting(|| self.0.as_mut().poll(cx))
    }
}

impl fmt::Debug for MonitoredEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MonitoredEnd")
    }
}
