//! The children of a supervisor, in the order in which they are started.

use std::collections::HashMap;
use std::future::{pending, ready};
use std::ops::{Index, Range};
use std::time::Duration;

use tokio::time::Instant;

use crate::deadline::until;
use crate::few::Numbered;
use crate::observe::{self, What};
use crate::panics::Unwound;
use crate::process::control::ProcessRef;
use crate::process::death::Watch;
use crate::process::receive::far_from;
use crate::process::{context, death, exit_from, self_pid};
use crate::supervisor::ends::{Ends, ToEnd};
use crate::supervisor::plan;
use crate::supervisor::spec::{Extra, StartFuture};
use crate::{
    ChildCounts, ChildId, ChildInfo, ChildKind, ChildSpec, ChildStatus, Exit, ExitReason, Info,
    Pid, Restart, Shutdown, StartError, report,
};

/// How long a child may outlive its kill.
pub(crate) const KILL_GRACE: Duration = Duration::from_secs(5);

/// What any supervisor keeps of a child.
pub(crate) struct Child {
    pub(crate) spec: ChildSpec,
    pub(crate) restarts: u64,
}

impl Child {
    pub(crate) const fn new(spec: ChildSpec) -> Self {
        Self { spec, restarts: 0 }
    }

    /// Begins to start it. What comes of it is for [`started`](Self::started).
    pub(crate) fn start(&self, extra: Option<&Extra>) -> StartFuture {
        let Some(start) = &self.spec.start else {
            let error = ExitReason::other("a temporary child cannot be started again");
            return Box::pin(ready(Err(StartError::Exit(error))));
        };
        // The expression is the user's, and runs in the supervisor: its panic is a failed start (`SUP-1`), not the
        // supervisor's end.
        match crate::panics::catch(|| start.start(extra)) {
            Ok(starting) => starting,
            Err(Unwound::Raised(reason)) => Box::pin(ready(Err(StartError::Exit(reason)))),
            Err(Unwound::Ended) => Box::pin(pending()),
        }
    }

    /// One that ignores has no pid. A temporary child is never started again: what it was started with is not kept.
    pub(crate) fn started(
        &mut self,
        started: Result<Pid, StartError>,
    ) -> Result<Option<Pid>, StartError> {
        match started {
            Ok(pid) => {
                if self.spec.restart == Restart::Temporary {
                    crate::panics::drop_quietly(self.spec.start.take());
                }
                Ok(Some(pid))
            }
            Err(StartError::Ignored) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// As [`started`](Self::started); an error is reported.
    pub(crate) fn started_or_report(
        &mut self,
        started: Result<Pid, StartError>,
    ) -> Result<Option<Pid>, StartError> {
        let started = self.started(started);
        if let Err(error) = &started {
            let reason = error.clone().into_reason();
            report::supervisor("start_error", &self.spec.id, None, &reason);
        }
        started
    }

    /// Ends it, and waits until it is dead.
    pub(crate) async fn end(&self, pid: Pid) {
        let mut ends = Ends::new(vec![self.to_end(pid, 0)]);
        while let Some((_, reason)) = ends.next().await {
            self.ended(pid, &reason);
        }
    }

    const fn to_end(&self, pid: Pid, at: usize) -> ToEnd {
        ToEnd {
            at,
            pid,
            restart: self.spec.restart,
            shutdown: self.spec.shutdown,
        }
    }

    /// It was ended, with this reason.
    pub(crate) fn ended(&self, pid: Pid, reason: &ExitReason) {
        if !plan::is_expected_end(self.spec.restart, self.spec.shutdown, reason) {
            report::supervisor("shutdown_error", &self.spec.id, Some(pid), reason);
        }
    }

    /// Counts a restart, in which `now` took the place of `before`.
    pub(crate) fn restarted(&mut self, before: Option<Pid>, now: Option<Pid>) {
        self.restarts += 1;
        observe::count_restart();
        observe::note(now, || What::Restarted {
            supervisor: self_pid(),
            child: self.spec.id.clone(),
            before,
        });
    }

    pub(crate) fn info(&self, id: Option<ChildId>, status: ChildStatus) -> ChildInfo {
        ChildInfo {
            id,
            status,
            kind: self.spec.kind,
            type_name: (self.spec.type_name)(),
            restarts: self.restarts,
        }
    }
}

/// Sends the signal of a supervisor that ends a child.
pub(crate) fn ask_to_end(supervisor: Pid, process: &ProcessRef, shutdown: Shutdown) {
    let reason = if shutdown == Shutdown::BrutalKill {
        ExitReason::Kill
    } else {
        ExitReason::Shutdown
    };
    exit_from(supervisor, &**process, reason);
}

/// Kills a child whose time is over, and does not wait for its end.
pub(crate) async fn kill_when_over(process: &ProcessRef, shutdown: Shutdown, asked: Instant) {
    if let Shutdown::Timeout(timeout) = shutdown {
        let ended = death::watch(&**process);
        let now = Instant::now();
        if until(far_from(asked, timeout), Some(now), ended)
            .await
            .is_none()
        {
            exit_from(self_pid(), &**process, ExitReason::Kill);
        }
    }
}

/// Waits for the end of a child, `ended`, that was asked for at `asked`; after its time it is killed (`SUP-4`).
///
/// One that blocks its thread cannot end; it is abandoned [`KILL_GRACE`] after its kill: all others see it as killed, and
/// what it still does reaches nobody (decision A19).
pub(crate) async fn await_end(
    process: &ProcessRef,
    mut ended: Watch,
    shutdown: Shutdown,
    asked: Instant,
    mut now: Instant,
) -> ExitReason {
    match shutdown {
        Shutdown::Infinity => return ended.await,
        Shutdown::Timeout(timeout) => {
            if let Some(reason) = until(far_from(asked, timeout), Some(now), &mut ended).await {
                return reason;
            }
            exit_from(self_pid(), &**process, ExitReason::Kill);
            now = Instant::now();
        }
        Shutdown::BrutalKill => {}
    }
    if let Some(reason) = until(far_from(now, KILL_GRACE), Some(now), &mut ended).await {
        return reason;
    }
    abandon(process);
    ended.await
}

/// Ends a child for all others that outlived its kill.
pub(crate) fn abandon(process: &ProcessRef) {
    report::wedged(process.head().pid);
    context::may_outlive();
    death::finish(&**process);
}

/// Takes the `Exit` of a child out of the mailbox, if it has come.
pub(crate) fn take_exit(pid: Pid) -> Option<ExitReason> {
    let is_it = |info: &Info| {
        info.downcast_ref::<Exit>()
            .is_some_and(|exit| exit.from == pid)
    };
    let exit = context::with_current(|own| own.remove(&is_it)).flatten()?;
    exit.downcast::<Exit>().ok().map(|exit| exit.reason)
}

/// A child, and where it stands.
pub(crate) struct Entry {
    pub(crate) child: Child,
    pub(crate) status: ChildStatus,
    /// The last one that ended.
    before: Option<Pid>,
    number: u64,
}

/// In the order of their start. Their ids differ.
///
/// Each has a number, higher than those of the children before it: what leads from an id or a pid to a number stays true when
/// others are removed, and the place is found by it in a few steps.
#[derive(Default)]
pub(crate) struct Children {
    entries: Vec<Entry>,
    by_id: HashMap<ChildId, u64>,
    /// Of those that run.
    by_pid: Numbered<Pid, u64>,
    last_number: u64,
}

impl Children {
    pub(crate) fn push(&mut self, child: Child, status: ChildStatus) {
        self.last_number += 1;
        let number = self.last_number;
        self.by_id.insert(child.spec.id.clone(), number);
        self.entries.push(Entry {
            child,
            status: ChildStatus::Stopped,
            before: None,
            number,
        });
        self.set_status(self.entries.len() - 1, status);
    }

    pub(crate) fn remove(&mut self, at: usize) {
        self.set_status(at, ChildStatus::Stopped);
        let Entry { child, .. } = self.entries.remove(at);
        self.by_id.remove(&child.spec.id);
        crate::panics::drop_quietly(child);
    }

    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(crate) fn position(&self, id: &ChildId) -> Option<usize> {
        self.at(*self.by_id.get(id)?)
    }

    pub(crate) fn position_of(&self, pid: Pid) -> Option<usize> {
        self.at(*self.by_pid.get(&pid)?)
    }

    fn at(&self, number: u64) -> Option<usize> {
        self.entries
            .binary_search_by_key(&number, |entry| entry.number)
            .ok()
    }

    pub(crate) fn set_status(&mut self, at: usize, status: ChildStatus) {
        let entry = &mut self.entries[at];
        if let Some(pid) = entry.status.pid() {
            self.by_pid.remove(&pid);
            entry.before = Some(pid);
        }
        if let Some(pid) = status.pid() {
            self.by_pid.insert(pid, entry.number);
        }
        entry.status = status;
    }

    /// Starts the child at `at`; one that ignores stays stopped.
    pub(crate) async fn start(&mut self, at: usize) -> Result<(), StartError> {
        let child = &mut self.entries[at].child;
        let started = child.start(None).await;
        let started = child.started_or_report(started)?;
        self.set_status(at, status(started));
        Ok(())
    }

    pub(crate) fn count_restart(&mut self, at: usize) {
        let Entry {
            child,
            status,
            before,
            ..
        } = &mut self.entries[at];
        child.restarted(*before, status.pid());
    }

    /// Ends these children, the newest first; the temporary ones go with their specifications (`RST-5`).
    pub(crate) async fn end_group(&mut self, group: Range<usize>) {
        let running = group.clone().filter_map(|at| {
            let Entry { child, status, .. } = &self.entries[at];
            Some(child.to_end(status.pid()?, at))
        });
        let mut ends = Ends::new(running.collect());
        while let Some((ToEnd { at, pid, .. }, reason)) = ends.next().await {
            self.set_status(at, ChildStatus::Stopped);
            self.entries[at].child.ended(pid, &reason);
        }
        for at in group.rev() {
            self.set_status(at, ChildStatus::Stopped);
            if self.entries[at].child.spec.restart == Restart::Temporary {
                self.remove(at);
            }
        }
    }

    /// Another significant child than the one at `at` lives.
    pub(crate) fn significant_alive(&self) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.child.spec.significant && entry.status != ChildStatus::Stopped)
    }

    /// Newest first.
    pub(crate) fn which(&self) -> Vec<ChildInfo> {
        let newest_first = self.entries.iter().rev();
        newest_first.map(Entry::info).collect()
    }

    pub(crate) fn count(&self) -> ChildCounts {
        let mut counts = ChildCounts::default();
        for Entry { child, status, .. } in &self.entries {
            counts.specs += 1;
            // What is dead, but whose exit was not handled yet, is not active.
            counts.active += usize::from(status.pid().is_some_and(crate::process::alive));
            match child.spec.kind {
                ChildKind::Worker => counts.workers += 1,
                ChildKind::Supervisor => counts.supervisors += 1,
            }
        }
        counts
    }
}

/// Where a child stands that was started.
pub(crate) const fn status(started: Option<Pid>) -> ChildStatus {
    match started {
        Some(pid) => ChildStatus::Running(pid),
        None => ChildStatus::Stopped,
    }
}

impl Entry {
    pub(crate) fn info(&self) -> ChildInfo {
        let id = self.child.spec.id.clone();
        self.child.info(Some(id), self.status)
    }
}

impl Index<usize> for Children {
    type Output = Entry;

    fn index(&self, at: usize) -> &Entry {
        &self.entries[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::few::chance;

    /// What is found by id and by pid is what a look at all finds, whatever happened before.
    #[test]
    fn a_look_up_finds_what_a_scan_finds() {
        let mut chance = chance();
        let mut below = |limit: usize| chance(limit as u64) as usize;
        let mut children = Children::default();
        let mut pids = Vec::new();
        for step in 0..1_000_usize {
            let status = match below(4) {
                0 => ChildStatus::Stopped,
                1 => ChildStatus::Restarting,
                _ => ChildStatus::Running(Pid::next()),
            };
            pids.extend(status.pid());
            let count = children.len();
            match below(3) {
                0 if count > 0 => children.remove(below(count)),
                1 if count > 0 => children.set_status(below(count), status),
                _ => {
                    let spec = crate::process::child(std::future::pending::<()>);
                    children.push(Child::new(spec.id(step)), status);
                }
            }
            for pid in &pids {
                let is_it = |entry: &Entry| entry.status == ChildStatus::Running(*pid);
                assert_eq!(children.position_of(*pid), children.iter().position(is_it));
            }
            for id in (0..=step).map(ChildId::from) {
                let is_it = |entry: &Entry| entry.child.spec.id == id;
                assert_eq!(children.position(&id), children.iter().position(is_it));
            }
            let running = children.iter().filter(|entry| entry.status.pid().is_some());
            assert_eq!(children.by_pid.len(), running.count());
            assert_eq!(children.by_id.len(), children.len());
        }
    }
}
