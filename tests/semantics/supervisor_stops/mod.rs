//! Supervisors: how they start, how they end their children, when they end themselves.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test may panic; handlers own their messages"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use beamish::prelude::*;
use beamish::{
    AutoShutdown, BadChildren, ChildId, ChildKind, ChildSpec, ChildStatus, DynamicSupervisor,
    FailedToStartChild, Restart, Shutdown, StartChildError, StopError, Strategy, Supervisor,
};
use tokio::sync::oneshot;

use crate::supervisor_api::kit::{
    Manner, Plan, Stage, Stubborn, StubbornRef, Way, Worker, WorkerRef, ids, pid_of, poll_once,
    soon, status,
};

fn one_for_one() -> Supervisor {
    Supervisor::new(Strategy::OneForOne)
}

fn workers<const N: usize>(ids: [&'static str; N], stage: &Stage) -> Supervisor {
    one_for_one().children(ids.map(|id| Worker::spec(id, stage)))
}

async fn started(supervisor: Supervisor) -> SupervisorRef {
    soon(supervisor.start()).await.unwrap()
}

fn failed(error: &StartError) -> &FailedToStartChild {
    match error {
        StartError::Exit(ExitReason::ShutdownWith(term)) => term.downcast_ref().unwrap(),
        other => panic!("{other:?}"),
    }
}

const SECOND: Duration = Duration::from_secs(1);

mod start;

/// What refused the children, if that is why the start failed.
fn bad_children(error: &StartError) -> Option<BadChildren> {
    match error {
        StartError::Init(error) => error.downcast_ref().cloned(),
        StartError::Exit(ExitReason::Error(error)) => error.downcast_ref().cloned(),
        StartError::Exit(ExitReason::Other(term) | ExitReason::ShutdownWith(term)) => {
            term.downcast_ref().cloned()
        }
        _ => None,
    }
}

mod children;

mod wedged;

mod stuck;

mod own_end;

mod reports;

mod dynamic;

mod significant;
