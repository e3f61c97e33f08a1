//! Links and exit signals.

use crate::exit::Cause;
use crate::few::Numbered;
use crate::process::control::{Process, ProcessRef, Signals, signal_exit};
use crate::process::{context, resolve, table, this, try_self_pid};
use crate::{Address, Exit, ExitReason, Info, Pid};

/// Turns trapping of exit signals on or off for the running process; returns whether it was on.
///
/// While it is on, exit signals become [`Exit`] messages, except an explicit kill (`EXI-1`). It concerns signals that come
/// later; `Exit` messages in the mailbox stay there (`LNK-5`).
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `process_flag(trap_exit, Bool)`, Elixir's `Process.flag(:trap_exit, bool)`.
#[doc(alias = "flag")]
#[track_caller]
pub fn trap_exit(on: bool) -> bool {
    std::mem::replace(&mut this("trap_exit").head().signals.lock().trap_exit, on)
}

/// Links the running process with `pid`: when one ends, the other gets an exit signal with the reason (`LNK-1`).
///
/// There is at most one link between two processes; linking twice is one link, linking to oneself does nothing. If `pid`
/// is dead, the caller gets an exit signal with [`ExitReason::NoProc`]: an [`Exit`] message if it traps exits, else its
/// end, at its next suspension (`LNK-2`).
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `link/1`. Differs: the `noproc` of a caller that does not trap is always a signal, never raised.
#[track_caller]
pub fn link(pid: Pid) {
    let caller = this("link");
    if caller.head().pid == pid {
        return;
    }
    let linked = table::find(pid).is_some_and(|target| {
        with_both(&caller, &target, |own, others| {
            if others.ended || own.ended {
                return false;
            }
            own.link(caller.head().parent, pid);
            others.link(target.head().parent, caller.head().pid);
            true
        })
    });
    if !linked {
        signal_exit(&*caller, pid, ExitReason::NoProc, Cause::Exit);
    }
}

/// Links with who holds a name; if nobody does, it is as if that were dead.
#[track_caller]
pub(crate) fn link_holder(holder: Option<Pid>) {
    match holder {
        Some(pid) => link(pid),
        None => {
            let caller = this("link");
            // There is no other pid to name.
            let from = caller.head().pid;
            signal_exit(&*caller, from, ExitReason::NoProc, Cause::Exit);
        }
    }
}

/// Removes the link between the running process and `pid`, from both sides; does nothing if there is none.
///
/// Once it has returned no [`Exit`] from that link will arrive; one that is in the mailbox already stays (`LNK-3`).
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `unlink/1`.
#[track_caller]
pub fn unlink(pid: Pid) {
    unlink_from(&this("unlink"), pid);
}

pub(crate) fn unlink_from(own: &ProcessRef, pid: Pid) {
    let own_pid = own.head().pid;
    if own_pid == pid {
        return;
    }
    match table::find(pid) {
        Some(target) => with_both(own, &target, |signals, others| {
            signals.unlink(own.head().parent, pid);
            others.unlink(target.head().parent, own_pid);
        }),
        None => {
            own.head().signals.lock().unlink(own.head().parent, pid);
        }
    }
}

/// Unlinks and takes the `Exit` of that link out of the mailbox, if it has come already.
pub(crate) fn unlink_and_flush(pid: Pid) -> Option<ExitReason> {
    let own = context::current()?;
    unlink_from(&own, pid);
    let exit = own.remove(&|info: &Info| {
        info.downcast_ref::<Exit>()
            .is_some_and(|exit| exit.from == pid)
    })?;
    exit.downcast::<Exit>().ok().map(|exit| exit.reason)
}

/// Takes all `Exit`s out of the mailbox, in one pass.
pub(crate) fn flush_exits() -> Numbered<Pid, ExitReason> {
    let Some(own) = context::current() else {
        return Numbered::default();
    };
    let exits = own.remove_all(&|info: &Info| info.downcast_ref::<Exit>().is_some());
    exits
        .into_iter()
        .filter_map(|info| info.downcast::<Exit>().ok())
        .map(|exit| (exit.from, exit.reason))
        .collect()
}

/// Locks two processes in the order of their pids (rule 2 in `control.rs`).
fn with_both<R>(
    own: &ProcessRef,
    other: &ProcessRef,
    change: impl FnOnce(&mut Signals, &mut Signals) -> R,
) -> R {
    let (own, other) = (own.head(), other.head());
    if own.pid < other.pid {
        let mut first = own.signals.lock();
        let mut second = other.signals.lock();
        change(&mut first, &mut second)
    } else {
        let mut first = other.signals.lock();
        let mut second = own.signals.lock();
        change(&mut second, &mut first)
    }
}

/// Sends an exit signal with `reason` to a process, by pid or by name (`EXI-1`).
///
/// - [`ExitReason::Kill`] ends it, whether it traps exits or not; others then see [`ExitReason::Killed`].
/// - If it traps exits, it gets an [`Exit`] message.
/// - Else `Normal` from another process does nothing, and any other reason ends it at its next suspension.
/// - A dead process, or a name that nobody holds: nothing happens.
/// - To oneself, not trapping: the process ends here, with this reason, `Normal` included; no `terminate` runs and nothing
///   can catch it (`EXI-5`).
///
/// [`alive`](super::alive) is false for the target as soon as this has returned, if it is to end.
///
/// # OTP
/// `exit/2`.
pub fn exit(target: impl Into<Address>, reason: impl Into<ExitReason>) {
    if context::has_ended() {
        return;
    }
    let Ok(process) = resolve(&target.into()) else {
        return;
    };
    let own = try_self_pid();
    let pid = process.head().pid;
    exit_from(own.unwrap_or(pid), &*process, reason.into());
    if own == Some(pid) && !process.head().is_alive() && !std::thread::panicking() {
        drop(process);
        crate::panics::end();
    }
}

/// Kills a process: `exit(target, ExitReason::Kill)`.
///
/// # OTP
/// `exit(Pid, kill)`.
pub fn kill(target: impl Into<Address>) {
    exit(target, ExitReason::Kill);
}

pub(crate) fn exit_from(from: Pid, target: &dyn Process, reason: ExitReason) {
    let by_itself = from == target.head().pid && try_self_pid() == Some(from);
    let cause = if by_itself {
        Cause::ExitSelf
    } else {
        Cause::Exit
    };
    signal_exit(target, from, reason, cause);
}
