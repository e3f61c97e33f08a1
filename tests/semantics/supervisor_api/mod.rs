//! Supervisors: their requests, dynamic supervisors, and what `supervisor!` writes, at run time. [`kit`] is shared with the
//! other supervisor tests.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test may panic; handlers own their messages"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use beamish::prelude::*;
use beamish::{
    AutoShutdown, BadChildren, ChildCounts, ChildError, ChildId, ChildKind, ChildSpec, ChildStatus,
    DynamicSupervisor, DynamicSupervisorRef, FailedToStartChild, Restart, Shutdown,
    StartChildError, Strategy, Supervisor,
};

use kit::{Plan, Stage, Stubborn, Way, Worker, WorkerRef, ids, pid_of, poll_once, soon, status};

pub(crate) mod kit;

fn workers<const N: usize>(ids: [&'static str; N], stage: &Stage) -> Supervisor {
    Supervisor::new(Strategy::OneForOne).children(ids.map(|id| Worker::spec(id, stage)))
}

async fn started(supervisor: Supervisor) -> SupervisorRef {
    soon(supervisor.start()).await.unwrap()
}

async fn counts(supervisor: &SupervisorRef) -> (usize, usize, usize, usize) {
    in_order(soon(supervisor.count_children()).await.unwrap())
}

/// OTP's order: specifications, active, supervisors, workers.
fn in_order(counts: ChildCounts) -> (usize, usize, usize, usize) {
    (
        counts.specs,
        counts.active,
        counts.supervisors,
        counts.workers,
    )
}

/// A child that registers a name.
fn named(id: &'static str, name: &'static str, stage: &Stage) -> ChildSpec {
    let stage = stage.clone();
    ChildSpec::new(move || Worker::start_link(id, stage.clone()).name(name)).id(id)
}

/// A child that stays in the state `Restarting`: its starts fail from now on, and are never given up.
async fn restarting(stage: &Stage) -> SupervisorRef {
    let supervisor = started(workers(["a", "b"], stage).max_restarts(u32::MAX)).await;
    stage.failing("b", true);
    Way::Killed.end(pid_of(&supervisor, "b").await).await;
    supervisor
}

mod requests;

mod dynamic;

mod declared;
