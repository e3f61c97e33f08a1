//! Monitors.

use std::fmt;
use std::future::{Future, Ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::process::aliases::{self, AliasMode};
use crate::process::control::{Head, Process, ProcessRef};
use crate::process::death::Watch;
use crate::process::relations::{Relations, Tag, Watcher};
use crate::process::{context, death, table, this};
use crate::{Address, Down, ExitReason, Info, MonitorRef, NoProc};

pub(crate) fn resolve(address: &Address) -> Result<ProcessRef, NoProc> {
    holder(address).ok_or_else(|| NoProc::new(address.clone()))
}

fn holder(address: &Address) -> Option<ProcessRef> {
    match address {
        // Of any node.
        Address::Pid(pid) => table::find(*pid),
        address => address.holder(&context::node()),
    }
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
    start(this("monitor"), target.into(), MonitorOptions::new())
}

/// As [`monitor`], with options.
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `monitor(process, Item, Options)`.
#[track_caller]
pub fn monitor_with(target: impl Into<Address>, options: MonitorOptions) -> MonitorRef {
    start(this("monitor_with"), target.into(), options)
}

/// What a monitor does besides telling of the end.
///
/// # OTP
/// `monitor_option()`.
#[derive(Default)]
#[must_use]
pub struct MonitorOptions {
    alias: Option<AliasMode>,
    tag: Option<Tag>,
}

impl MonitorOptions {
    /// A monitor as [`monitor`] makes it.
    pub const fn new() -> Self {
        Self {
            alias: None,
            tag: None,
        }
    }

    /// Makes the reference of the monitor an alias of the running process too, until what `mode` says
    /// (`Alias::from(mref)`).
    ///
    /// # OTP
    /// `{alias, Mode}`.
    pub const fn alias(mut self, mode: AliasMode) -> Self {
        self.alias = Some(mode);
        self
    }

    /// A [`TaggedDown`](crate::TaggedDown) with `tag` comes instead of a [`Down`].
    ///
    /// Where monitors are told apart by their tags, end them with [`demonitor_flush`]: one that has come before a plain
    /// [`demonitor`] stays in the mailbox, and its tag may be that of a newer monitor.
    ///
    /// # OTP
    /// `{tag, Tag}`.
    pub fn tag<T: Send + 'static>(mut self, tag: T) -> Self {
        self.tag = Some(Box::new(move |down| Info::tagged(tag, down)));
        self
    }

    /// Writes down at the watcher that its monitor is on. Returns whether that has not ended.
    pub(crate) fn enter(self, own: &Head, mref: MonitorRef, target: Option<crate::Pid>) -> bool {
        let mut signals = own.signals.lock();
        if signals.ended {
            drop(signals);
            crate::panics::drop_quietly(self.tag);
            return false;
        }
        let relations: &mut Relations = signals.relations();
        if let Some(target) = target {
            relations.monitors.insert(mref, target);
            if let Some(tag) = self.tag {
                relations.rare().tags.insert(mref, tag);
            }
        }
        if let Some(mode) = self.alias {
            aliases::enter(relations, own.pid, mref.into(), mode.into());
        }
        true
    }
}

impl fmt::Debug for MonitorOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MonitorOptions")
            .field("alias", &self.alias)
            .field("has_tag", &self.tag.is_some())
            .finish()
    }
}

fn start(caller: ProcessRef, from: Address, options: MonitorOptions) -> MonitorRef {
    let own = caller.head();
    let mref = MonitorRef::next();
    if context::has_ended() {
        return mref;
    }
    let target = holder(&from);
    let pid = target.as_ref().map(|target| target.head().pid);
    if pid == Some(own.pid) {
        // MON-4: only the alias is there.
        options.enter(own, mref, None);
        return mref;
    }
    // Own side first: it decides whether the `Down` may arrive (relations.rs).
    if !options.enter(own, mref, Some(pid.unwrap_or(own.pid))) {
        return mref;
    }
    let Some(target) = target else {
        send_no_proc(&*caller, mref, from);
        return mref;
    };
    let mut signals = target.head().signals.lock();
    if signals.told {
        drop(signals);
        send_no_proc(&*caller, mref, from);
        return mref;
    }
    let from = match from {
        Address::Pid(_) => None,
        name => Some(Box::new(name)),
    };
    let entry = Watcher::Process(caller, from);
    signals.relations().watchers.insert(mref, entry);
    mref
}

fn send_no_proc(watcher: &dyn Process, mref: MonitorRef, from: Address) {
    let reason = ExitReason::NoProc;
    death::send_down(watcher, Down { mref, from, reason });
}

/// Ends a monitor of the running process. Returns whether it was still on: `true` means that no [`Down`] has come or will
/// come from it, `false` that one is in the mailbox or was handled, or that the reference is unknown or another's (`MON-3`).
///
/// An alias of the monitor ends with it, unless its mode is [`ExplicitUnalias`](AliasMode::ExplicitUnalias).
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `demonitor(Ref, [info])`.
#[track_caller]
pub fn demonitor(mref: MonitorRef) -> bool {
    let caller = this("demonitor");
    let off = caller
        .head()
        .signals
        .lock()
        .relations
        .as_mut()
        .and_then(|relations| relations.end_monitor(mref));
    let Some(off) = off else {
        return false;
    };
    death::forget_watcher(off.target, mref);
    crate::panics::drop_quietly(off.tag);
    true
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
        drop(this("demonitor_flush").remove(&|info: &Info| info.is_down_of(mref)));
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
    MonitoredEnd(match resolve(&target.into()) {
        Ok(process) => Ok(death::watch(&*process)),
        Err(_) => Err(std::future::ready(ExitReason::NoProc)),
    })
}

/// The end of a process, to be awaited; made by [`monitored`].
#[must_use = "futures do nothing unless awaited"]
pub struct MonitoredEnd(Result<Watch, Ready<ExitReason>>);

impl Future for MonitoredEnd {
    type Output = ExitReason;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<ExitReason> {
        context::poll_unless_exiting(|| match &mut self.0 {
            Ok(watch) => Pin::new(watch).poll(cx),
            Err(ready) => Pin::new(ready).poll(cx),
        })
    }
}

impl fmt::Debug for MonitoredEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MonitoredEnd")
    }
}
