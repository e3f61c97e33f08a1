//! What supervisors say of themselves.

use std::time::Duration;

use crate::supervisor::{DynamicSupervisorServer, SupervisorServer};
use crate::sys::Request;
use crate::{Address, AutoShutdown, ChildCounts, ChildInfo, Pid, Strategy};

/// A supervisor and its children.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SupervisorInfo {
    /// Which children are restarted when one ends; `None` of a dynamic supervisor, which restarts that one.
    pub strategy: Option<Strategy>,
    /// How many restarts are allowed in [`max_seconds`](Self::max_seconds).
    pub max_restarts: u32,
    /// The time in which they are.
    pub max_seconds: u64,
    /// Whether the end of significant children ends it.
    pub auto_shutdown: AutoShutdown,
    /// How many children there are.
    pub counts: ChildCounts,
    /// The first of them, as many as were asked for: in the order of their start; of a dynamic supervisor in no order.
    pub children: Vec<ChildInfo>,
}

/// What a supervisor of either kind says of itself, and of at most `limit` of its children. It is asked between two messages:
/// `None` if it did not answer in time, as one that is starting or ending a child, and if there is no such supervisor.
///
/// # Cancel safety
/// Cancel safe.
pub async fn supervisor(pid: Pid, limit: usize, timeout: Duration) -> Option<SupervisorInfo> {
    let asked = Request::to(Address::Pid(pid), move |server| {
        let state = server.state()?;
        if let Some(supervisor) = state.downcast_ref::<SupervisorServer>() {
            return Some(supervisor.seen(limit));
        }
        let supervisor = state.downcast_ref::<DynamicSupervisorServer>()?;
        Some(supervisor.seen(limit))
    });
    asked.timeout(timeout).await.ok().flatten()
}

/// What a supervisor of either kind says of the child `pid`: `None` also if it has no such child.
///
/// # Cancel safety
/// Cancel safe.
pub async fn child(supervisor: Pid, pid: Pid, timeout: Duration) -> Option<ChildInfo> {
    let asked = Request::to(Address::Pid(supervisor), move |server| {
        let state = server.state()?;
        if let Some(supervisor) = state.downcast_ref::<SupervisorServer>() {
            return supervisor.child(pid);
        }
        state.downcast_ref::<DynamicSupervisorServer>()?.child(pid)
    });
    asked.timeout(timeout).await.ok().flatten()
}
