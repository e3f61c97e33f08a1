//! The children of a supervisor, in the order in which they are started.

use std::collections::HashSet;
use std::future::Future;
use std::ops::{Index, IndexMut};
use std::time::Duration;

use tokio::time::Instant;

use crate::process::control::ProcessRef;
use crate::process::receive::far;
use crate::process::{context, death, exit_from, self_pid, table, unlink_and_flush};
use crate::supervisor::plan;
use crate::supervisor::spec::Extra;
use crate::{
    ChildCounts, ChildId, ChildInfo, ChildKind, ChildSpec, ChildStatus, ExitReason, Pid, Restart,
    Shutdown, StartError, report,
};

/// How long a child may outlive its kill.
const KILL_GRACE: Duration = Duration::from_secs(5);

pub(crate) struct ChildEntry {
    pub(crate) spec: ChildSpec,
    pub(crate) status: ChildStatus,
    pub(crate) restarts: u64,
}

impl ChildEntry {
    pub(crate) const fn new(spec: ChildSpec) -> Self {
        Self {
            spec,
            status: ChildStatus::Stopped,
            restarts: 0,
        }
    }

    /// Starts it; one that ignores stays stopped. The status tells how it went.
    pub(crate) async fn start(&mut self, extra: Option<&Extra>) -> Result<(), StartError> {
        match start(&self.spec, extra).await {
            Ok(pid) => {
                self.status = ChildStatus::Running(pid);
                self.forget_arguments();
                Ok(())
            }
            Err(StartError::Ignored) => {
                self.status = ChildStatus::Stopped;
                Ok(())
            }
            Err(error) => {
                report::supervisor(
                    "start_error",
                    &self.spec.id,
                    None,
                    &error.clone().into_reason(),
                );
                Err(error)
            }
        }
    }

    /// A temporary child is never started again: what it was started with is not kept.
    pub(crate) fn forget_arguments(&mut self) {
        if self.spec.restart == Restart::Temporary {
            crate::panics::drop_quietly(self.spec.start.take());
        }
    }

    /// Ends it, if it runs, and waits until it is dead.
    pub(crate) async fn end(&mut self) {
        if let ChildStatus::Running(pid) = self.status {
            ask_to_end(pid, self.spec.shutdown);
            let seen = await_end(pid, self.spec.shutdown, Instant::now()).await;
            // Its `Exit` says more than the watch, if it had ended before.
            self.ended(pid, &unlink_and_flush(pid).unwrap_or(seen));
        }
        self.status = ChildStatus::Stopped;
    }

    /// It was ended, with this reason.
    pub(crate) fn ended(&mut self, pid: Pid, reason: &ExitReason) {
        self.status = ChildStatus::Stopped;
        if !plan::is_expected_end(self.spec.restart, self.spec.shutdown, reason) {
            report::supervisor("shutdown_error", &self.spec.id, Some(pid), reason);
        }
    }

    pub(crate) fn info(&self, id: Option<ChildId>) -> ChildInfo {
        let ChildSpec {
            kind, type_name, ..
        } = self.spec;
        ChildInfo {
            id,
            status: self.status,
            kind,
            type_name,
            restarts: self.restarts,
        }
    }
}

pub(crate) async fn start(spec: &ChildSpec, extra: Option<&Extra>) -> Result<Pid, StartError> {
    let Some(start) = &spec.start else {
        return Err(StartError::Exit(ExitReason::other(
            "a temporary child cannot be started again",
        )));
    };
    // The expression is the user's, and runs in the supervisor: its panic is a failed start (`SUP-1`), not the
    // supervisor's end.
    let starting = crate::panics::catch(|| start(extra));
    match starting {
        Ok(starting) => starting.await,
        Err(crate::panics::Unwound::Raised(reason)) => Err(StartError::Exit(reason)),
        Err(crate::panics::Unwound::Ended) => std::future::pending().await,
    }
}

/// Sends the signal that ends a child.
pub(crate) fn ask_to_end(pid: Pid, shutdown: Shutdown) {
    if let Some(process) = table::find(pid) {
        let reason = if shutdown == Shutdown::BrutalKill {
            ExitReason::Kill
        } else {
            ExitReason::Shutdown
        };
        exit_from(self_pid(), &*process, reason);
    }
}

/// Kills a child whose time is over, and does not wait for its end.
pub(crate) async fn kill_when_over(pid: Pid, shutdown: Shutdown, began: Instant) {
    if let Shutdown::Timeout(timeout) = shutdown
        && let Some(process) = table::find(pid)
    {
        let patience = timeout.saturating_sub(began.elapsed());
        let ended = death::watch(&*process);
        if tokio::time::timeout_at(far(patience), ended).await.is_err() {
            exit_from(self_pid(), &*process, ExitReason::Kill);
        }
    }
}

/// Waits for the end of a child that was killed. One that blocks its thread cannot end; it is abandoned after
/// [`KILL_GRACE`]: all others see it as killed, and what it still does reaches nobody (decision A19).
async fn killed(process: &ProcessRef, ended: impl Future<Output = ExitReason>) -> ExitReason {
    let mut ended = std::pin::pin!(ended);
    if let Ok(reason) = tokio::time::timeout_at(far(KILL_GRACE), &mut ended).await {
        return reason;
    }
    report::wedged(process.head().pid);
    context::may_outlive();
    death::finish(&**process);
    ended.await
}

/// Waits for the end of a child that was asked for at `began`; after its time it is killed (`SUP-4`).
pub(crate) async fn await_end(pid: Pid, shutdown: Shutdown, began: Instant) -> ExitReason {
    let Some(process) = table::find(pid) else {
        return ExitReason::NoProc;
    };
    let mut ended = Box::pin(death::watch(&*process));
    match shutdown {
        Shutdown::BrutalKill => killed(&process, ended).await,
        Shutdown::Infinity => ended.await,
        Shutdown::Timeout(timeout) => {
            let patience = timeout.saturating_sub(began.elapsed());
            match tokio::time::timeout_at(far(patience), &mut ended).await {
                Ok(reason) => reason,
                Err(_) => {
                    exit_from(self_pid(), &*process, ExitReason::Kill);
                    killed(&process, ended).await
                }
            }
        }
    }
}

/// In the order of their start. Their ids differ.
#[derive(Default)]
pub(crate) struct Children {
    entries: Vec<ChildEntry>,
    /// So that the common look-up, of an id that is not there, does not grow with the number of children.
    ids: HashSet<ChildId>,
}

impl Children {
    pub(crate) fn push(&mut self, child: ChildEntry) {
        self.ids.insert(child.spec.id.clone());
        self.entries.push(child);
    }

    pub(crate) fn remove(&mut self, at: usize) {
        let child = self.entries.remove(at);
        self.ids.remove(&child.spec.id);
        crate::panics::drop_quietly(child);
    }

    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &ChildEntry> {
        self.entries.iter()
    }

    pub(crate) fn position(&self, id: &ChildId) -> Option<usize> {
        if !self.ids.contains(id) {
            return None;
        }
        self.entries.iter().position(|child| child.spec.id == *id)
    }

    pub(crate) fn position_of(&self, pid: Pid) -> Option<usize> {
        self.entries
            .iter()
            .position(|child| child.status == ChildStatus::Running(pid))
    }

    /// Ends the children from `from` on, the newest first; the temporary ones go with their specifications (`RST-5`).
    pub(crate) async fn end_group(&mut self, group: std::ops::Range<usize>) {
        for at in group.rev() {
            let Some(child) = self.entries.get_mut(at) else {
                continue;
            };
            child.end().await;
            if child.spec.restart == Restart::Temporary {
                self.remove(at);
            }
        }
    }

    /// Another significant child than the one at `at` lives.
    pub(crate) fn significant_alive(&self) -> bool {
        self.entries
            .iter()
            .any(|child| child.spec.significant && child.status != ChildStatus::Stopped)
    }

    /// Newest first.
    pub(crate) fn which(&self) -> Vec<ChildInfo> {
        self.entries
            .iter()
            .rev()
            .map(|child| child.info(Some(child.spec.id.clone())))
            .collect()
    }

    pub(crate) fn count(&self) -> ChildCounts {
        let mut counts = ChildCounts::default();
        for child in &self.entries {
            counts.specs += 1;
            // What is dead, but whose exit was not handled yet, is not active.
            counts.active += usize::from(child.status.pid().is_some_and(crate::process::alive));
            match child.spec.kind {
                ChildKind::Worker => counts.workers += 1,
                ChildKind::Supervisor => counts.supervisors += 1,
            }
        }
        counts
    }
}

impl Index<usize> for Children {
    type Output = ChildEntry;

    fn index(&self, at: usize) -> &ChildEntry {
        &self.entries[at]
    }
}

impl IndexMut<usize> for Children {
    fn index_mut(&mut self, at: usize) -> &mut ChildEntry {
        &mut self.entries[at]
    }
}
