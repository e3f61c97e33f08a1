//! The children of a supervisor, in the order in which they are started.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::process::control::ProcessRef;

use crate::process::receive::far;
use crate::process::{death, exit_from, self_pid, table, unlink_and_flush};
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
    pub(crate) async fn start(&mut self) -> Result<(), StartError> {
        match start(&self.spec).await {
            Ok(pid) => {
                self.status = ChildStatus::Running(pid);
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

    /// Ends it, if it runs, and waits until it is dead.
    pub(crate) async fn end(&mut self) {
        if let ChildStatus::Running(pid) = self.status {
            ask_to_end(pid, self.spec.shutdown);
            self.end_since(Instant::now()).await;
        }
        self.status = ChildStatus::Stopped;
    }

    /// Waits until it is dead, which was asked for at `began`.
    pub(crate) async fn end_since(&mut self, began: Instant) {
        if let ChildStatus::Running(pid) = self.status
            && let Err(reason) = await_end(pid, self.spec.shutdown, self.spec.restart, began).await
        {
            report::supervisor("shutdown_error", &self.spec.id, Some(pid), &reason);
        }
        self.status = ChildStatus::Stopped;
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

pub(crate) async fn start(spec: &ChildSpec) -> Result<Pid, StartError> {
    // The expression is the user's, and runs in the supervisor: its panic is a failed start (`SUP-1`), not the
    // supervisor's end.
    let starting = crate::panics::catch(|| (spec.start)());
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
    death::finish(&**process);
    ended.await
}

/// Waits for the end of a child that was asked for at `began`; after its time it is killed (`SUP-4`). The error is a reason
/// that is to be reported (`SUP-5`).
async fn await_end(
    pid: Pid,
    shutdown: Shutdown,
    restart: Restart,
    began: Instant,
) -> Result<(), ExitReason> {
    let reason = match table::find(pid) {
        Some(process) => {
            let mut ended = Box::pin(death::watch(&*process));
            let reason = match shutdown {
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
            };
            // Its `Exit` says more than the watch, if it had ended before.
            unlink_and_flush(pid).unwrap_or(reason)
        }
        None => unlink_and_flush(pid).unwrap_or(ExitReason::NoProc),
    };
    let expected = match (&reason, shutdown) {
        (ExitReason::Shutdown, _) | (ExitReason::Killed, Shutdown::BrutalKill) => true,
        _ => restart != Restart::Permanent && reason.is_shutdown(),
    };
    if expected { Ok(()) } else { Err(reason) }
}

#[derive(Default)]
pub(crate) struct Children(pub(crate) Vec<ChildEntry>);

impl Children {
    pub(crate) fn position(&self, id: &ChildId) -> Option<usize> {
        self.0.iter().position(|child| child.spec.id == *id)
    }

    pub(crate) fn position_of(&self, pid: Pid) -> Option<usize> {
        self.0
            .iter()
            .position(|child| child.status == ChildStatus::Running(pid))
    }

    /// Ends the children from `from` on, the newest first; the temporary ones go with their specifications (`RST-5`).
    pub(crate) async fn end_group(&mut self, group: std::ops::Range<usize>) {
        for at in group.rev() {
            let Some(child) = self.0.get_mut(at) else {
                continue;
            };
            child.end().await;
            if child.spec.restart == Restart::Temporary {
                self.0.remove(at);
            }
        }
    }

    /// Another significant child than the one at `at` lives.
    pub(crate) fn significant_alive(&self) -> bool {
        self.0
            .iter()
            .any(|child| child.spec.significant && child.status != ChildStatus::Stopped)
    }

    /// Newest first.
    pub(crate) fn which(&self) -> Vec<ChildInfo> {
        self.0
            .iter()
            .rev()
            .map(|child| child.info(Some(child.spec.id.clone())))
            .collect()
    }

    pub(crate) fn count(&self) -> ChildCounts {
        count(self.0.iter())
    }
}

pub(crate) fn count<'a>(children: impl Iterator<Item = &'a ChildEntry>) -> ChildCounts {
    let mut counts = ChildCounts::default();
    for child in children {
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
