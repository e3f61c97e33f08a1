//! The end of a process.
//!
//! In this order (`EXI-7`): what it ran and its state are dropped; its mailbox is closed; it is marked as `ended`, and its
//! links, monitors, aliases, timers and names are taken out, in one step; timers, aliases and names go; its links are told; it is
//! marked as `told`, and who waits for its end is taken out, in one step; its entry in the table goes; its monitors are
//! told, then whoever waits for an answer. So who hears of a death can reuse the name, and whoever got a `Down` finds the
//! dead process's supervisor already told (decision A22).
//!
//! Whoever links finds `ended` set or is among those that are taken out then; whoever monitors finds `told` set, or is
//! among those that are taken out then. Who finds it set does what is done for a process that is not there.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::exit::Cause;
use crate::few::Few;
use crate::observe::{self, What};
use crate::parcel::Parcel;
use crate::process::control::{
    Deathwatch, Head, Place, Process, Signals, bits, settle, signal_exit,
};
use crate::process::relations::{Off, Own, Rare, Relations, Watcher};
use crate::process::table;
use crate::{Address, Down, ExitReason, Info, MonitorRef, Pid, report, timer};

/// Ends a process for all others, with the reason that is pending.
pub(crate) fn finish(process: &dyn Process) {
    let head = process.head();
    let unanswered = process.close();
    let mut signals = head.signals.lock();
    if signals.ended {
        // It was abandoned, and comes to its end now; who asked it meanwhile hears so.
        drop(signals);
        return tell_all(unanswered, &ExitReason::Killed);
    }
    signals.ended = true;
    let reason = signals.take_pending().unwrap_or(ExitReason::Killed);
    let crashed = signals.by_itself && !reason.is_shutdown();
    let awaited = signals.awaited;
    let is_linked = std::mem::take(&mut signals.linked_to_parent);
    let parent = head.parent.filter(|_| is_linked);
    let timer = head.take_timer(&mut signals);
    let relations = signals.relations.as_deref_mut();
    let own = relations.and_then(Relations::take_own);
    // Where nothing is given up and nobody told meanwhile, the two steps are one.
    let mut watched = (own.is_none() && parent.is_none()).then(|| Watched::take(&mut signals));
    head.set(bits::EXIT | bits::ENDED);
    drop(signals);
    drop(timer);

    observe::count_end(process);
    let name = own.as_ref().and_then(|own| own.name.as_deref());
    observe::note_of(process, name, || ended(crashed, &reason, own.as_ref()));
    if crashed {
        observe::count_crash();
        report::crash(process, &reason, parent, own.as_ref());
    }
    let links = own.map(|own| give_up(head, own));
    let child = Ending {
        process,
        reason: &reason,
        awaited,
    };
    if let Some(parent) = parent {
        child.tell(parent);
    }
    if let Some(links) = links {
        for (partner, ()) in links {
            child.tell(partner);
        }
    }
    let watched = watched
        .take()
        .unwrap_or_else(|| Watched::take(&mut head.signals.lock()));
    table::remove(head.pid);
    watched.tell(head.pid, &reason);
    if !unanswered.is_empty() {
        tell_all(unanswered, &reason);
    }
}

fn tell_all(waiters: Vec<Arc<dyn Deathwatch>>, reason: &ExitReason) {
    for waiter in waiters {
        waiter.died(reason);
    }
}

/// What is told to whoever looks.
fn ended(crashed: bool, reason: &ExitReason, had: Option<&Own>) -> What {
    let reason = reason.clone();
    if crashed {
        let rare = had.and_then(|had| had.rare.as_ref());
        let state = rare.and_then(|rare| rare.last_state.clone());
        return What::Crashed { reason, state };
    }
    What::Ended { reason }
}

/// Who hears of an end.
struct Watched {
    waiter: Option<Arc<dyn Deathwatch>>,
    relations: Option<Box<Relations>>,
}

impl Watched {
    /// Marks the process as `told`, and takes out who is to be told.
    fn take(signals: &mut Signals) -> Self {
        signals.told = true;
        Self {
            waiter: signals.waiter.take(),
            relations: signals.relations.take(),
        }
    }

    /// Processes first. `pid`: who has ended.
    fn tell(self, pid: Pid, reason: &ExitReason) {
        let watchers = self.relations.map(|relations| relations.watchers);
        let waiters = watchers
            .filter(|watchers| !watchers.is_empty())
            .map(|watchers| send_downs(watchers, pid, reason));
        if let Some(waiter) = self.waiter {
            waiter.died(reason);
        }
        if let Some(waiters) = waiters {
            tell_all(waiters, reason);
        }
    }
}

/// Tells all processes among the watchers. Gives out the others.
fn send_downs(
    watchers: Few<MonitorRef, Watcher>,
    pid: Pid,
    reason: &ExitReason,
) -> Vec<Arc<dyn Deathwatch>> {
    let mut waiters = Vec::new();
    for (mref, watcher) in watchers {
        match watcher {
            Watcher::Process(watcher, from) => {
                let from = from.map_or(Address::Pid(pid), |from| *from);
                let reason = reason.clone();
                send_down(&*watcher, Down { mref, from, reason });
            }
            Watcher::Waiter(waiter) => waiters.push(waiter),
        }
    }
    waiters
}

/// A process whose links are told of its end.
struct Ending<'a> {
    process: &'a dyn Process,
    reason: &'a ExitReason,
    awaited: bool,
}

impl Ending<'_> {
    fn tell(&self, partner: Pid) {
        let head = self.process.head();
        let Some(partner) = table::find(partner) else {
            return;
        };
        let waits = self.awaited && head.parent == Some(partner.head().pid);
        if !(waits && spare_parent(self.process, &*partner)) {
            signal_exit(&*partner, head.pid, self.reason.clone(), Cause::Link);
        }
    }
}

/// Gives up what a process has itself, but for its links: they are given out.
fn give_up(head: &Head, own: Own) -> Few<Pid, ()> {
    timer::forget(own.timers);
    for (mref, target) in own.monitors {
        forget_watcher(target, mref);
    }
    if let Some(rare) = own.rare {
        release(head, *rare);
    }
    // Last: who finds its name free finds all else gone too.
    if let Some(name) = own.name {
        drop(head.node.names().release(name.as_str(), head.pid));
    }
    own.links
}

/// Gives up what few processes have.
fn release(head: &Head, rare: Rare) {
    for alias in rare.aliases.into_keys() {
        table::remove_alias(alias);
    }
    for name in rare.global_names {
        drop(head.node.globals().release(name.as_str(), head.pid));
    }
    for via in rare.via_names {
        via.unregister(head.pid);
    }
    crate::panics::drop_quietly(rare.tags);
}

/// A parent that traps exits is told by the result of the start (`STA-5`), or of the wait for the end, alone.
fn spare_parent(child: &dyn Process, parent: &dyn Process) -> bool {
    let mut signals = parent.head().signals.lock();
    let spared = signals.trap_exit;
    if spared {
        signals.unlink(parent.head().parent, child.head().pid);
    }
    spared
}

/// Removes an entry of a monitor at the monitored process.
pub(crate) fn forget_watcher(target: Pid, mref: MonitorRef) {
    let Some(target) = table::find(target) else {
        return;
    };
    let mut signals = target.head().signals.lock();
    let relations = signals.relations.as_mut();
    let removed = relations.and_then(|relations| relations.watchers.remove(&mref));
    let relations = signals.relations.take_if(|relations| relations.is_empty());
    drop(signals);
    drop((removed, relations));
}

/// Removes one who waits for an end.
pub(crate) fn forget_waiter(target: &Head, place: Place) {
    let mut signals = target.signals.lock();
    let removed = signals.remove_waiter(place);
    let relations = signals.relations.take_if(|relations| relations.is_empty());
    drop(signals);
    drop((removed, relations));
}

/// Delivers a `Down` if the watcher still has the monitor (`MON-1`, `MON-3`).
pub(crate) fn send_down(watcher: &dyn Process, down: Down) {
    let mut signals = watcher.head().signals.lock();
    let off = signals
        .relations
        .as_mut()
        .and_then(|relations| relations.end_monitor(down.mref));
    let is_over = signals.is_over();
    let pushed = match off {
        Some(Off { tag, .. }) if !is_over => watcher.push(match tag {
            Some(tag) => tag(down),
            None => Info::new(down),
        }),
        off => {
            drop(signals);
            return crate::panics::drop_quietly(off.and_then(|off| off.tag));
        }
    };
    drop(signals);
    settle(watcher, pushed);
}

/// Adds a waiter that is told of the death; at once with `NoProc` if it has ended.
pub(crate) fn add_waiter(target: &dyn Process, waiter: Arc<dyn Deathwatch>) -> Option<Place> {
    let mut signals = target.head().signals.lock();
    if signals.told {
        drop(signals);
        waiter.died(&ExitReason::NoProc);
        return None;
    }
    Some(signals.add_waiter(waiter))
}

/// Adds the waiter of a parent, which hears of an end that is still to come by this alone, if it traps exits: no
/// `Exit` comes. It ends before it waits no more. `false`: the child has ended, and the waiter is told nothing.
pub(crate) fn add_parents_waiter(
    target: &dyn Process,
    parent: Pid,
    waiter: Arc<dyn Deathwatch>,
) -> bool {
    let head = target.head();
    let mut signals = head.signals.lock();
    if signals.told {
        drop(signals);
        return false;
    }
    signals.awaited |= head.parent == Some(parent);
    signals.add_waiter(waiter);
    true
}

/// Waits for the end of a process, from anywhere. The waiting begins with the call, not with the first poll.
pub(crate) fn watch(target: &dyn Process) -> Watch {
    let end = Arc::<Parcel<ExitReason>>::default();
    let place = add_waiter(target, Arc::<Parcel<ExitReason>>::clone(&end));
    Watch {
        pid: target.head().pid,
        end,
        place,
    }
}

/// The end of a process, to be awaited.
pub(crate) struct Watch {
    pid: Pid,
    end: Arc<Parcel<ExitReason>>,
    place: Option<Place>,
}

impl Future for Watch {
    type Output = ExitReason;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<ExitReason> {
        self.end.poll(cx)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(place) = self.place
            && !self.end.is_decided()
            && let Some(target) = table::find(self.pid)
        {
            forget_waiter(target.head(), place);
        }
    }
}

impl Deathwatch for Parcel<ExitReason> {
    fn died(&self, reason: &ExitReason) {
        self.put(reason.clone());
    }
}
