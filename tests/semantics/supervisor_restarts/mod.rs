//! Supervisors: who is restarted, when, and how often.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test may panic; handlers own their messages"
)]

use std::time::Duration;

use beamish::prelude::*;
use beamish::{
    ChildError, ChildId, ChildSpec, ChildStatus, DynamicSupervisor, DynamicSupervisorRef,
    FailedToStartChild, Restart, Shutdown, StartChildError, Strategy, Supervisor,
};

use crate::supervisor_api::kit::{
    Manner, Plan, Stage, Stubborn, Way, Worker, WorkerRef, ids, pid_of, poll_once, soon, status,
};

const STRATEGIES: [Strategy; 3] = [
    Strategy::OneForOne,
    Strategy::RestForOne,
    Strategy::OneForAll,
];

/// A supervisor of permanent workers with these ids, that does not give up.
fn workers<const N: usize>(
    strategy: Strategy,
    ids: [&'static str; N],
    stage: &Stage,
) -> Supervisor {
    let children = ids.map(|id| Worker::spec(id, stage));
    Supervisor::new(strategy)
        .max_restarts(1_000)
        .children(children)
}

async fn started(supervisor: Supervisor) -> SupervisorRef {
    soon(supervisor.start()).await.unwrap()
}

async fn pids<const N: usize>(supervisor: &SupervisorRef, ids: [&'static str; N]) -> [Pid; N] {
    let mut pids = ids.map(|_| self_pid());
    for (at, id) in ids.into_iter().enumerate() {
        pids[at] = pid_of(supervisor, id).await;
    }
    pids
}

async fn is_over(supervisor: &SupervisorRef) -> bool {
    matches!(
        soon(supervisor.which_children()).await,
        Err(CallError::NoProc(_) | CallError::Exit(_))
    )
}

/// What becomes of a child that ended.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Restarted,
    Kept,
    Removed,
}

/// The middle one of three children ends, and the others are looked at too.
async fn decide(strategy: Strategy, restart: Restart, way: Way, fate: Fate) {
    let stage = Stage::new();
    let supervisor = Supervisor::new(strategy)
        .child(Worker::spec("before", &stage))
        .child(Worker::spec("it", &stage).restart(restart))
        .child(Worker::spec("after", &stage));
    let supervisor = started(supervisor).await;
    let [before, it, after] = pids(&supervisor, ["before", "it", "after"]).await;

    way.end(it).await;

    // The supervisor was told before the monitor was: it answers when it has done what is to be done.
    let now = status(&supervisor, "it").await;
    let group = match fate {
        Fate::Restarted => {
            assert_ne!(pid_of(&supervisor, "it").await, it, "not another process");
            strategy
        }
        Fate::Kept => {
            assert_eq!(now, Some(ChildStatus::Stopped));
            Strategy::OneForOne
        }
        Fate::Removed => {
            assert_eq!(now, None);
            Strategy::OneForOne
        }
    };
    let [before_now, after_now] = pids(&supervisor, ["before", "after"]).await;
    assert_eq!(
        before_now != before,
        group == Strategy::OneForAll,
        "the one before"
    );
    assert_eq!(
        after_now != after,
        group != Strategy::OneForOne,
        "the one after"
    );
    for gone in [(before, before_now), (after, after_now)] {
        assert_eq!(process::alive(gone.0), gone.0 == gone.1);
    }
    let listed = if matches!(fate, Fate::Removed) {
        "after before"
    } else {
        "after it before"
    };
    assert_eq!(ids(&supervisor).await, listed);
}

/// RST-1, RST-3, RST-4: the table, for one strategy.
macro_rules! decisions {
    ($($strategy:ident: $variant:ident),*) => { $(
        mod $strategy {
            use super::*;

            decisions! { @ $variant
                a_permanent_child_is_restarted_after_normal: Permanent Normal Restarted,
                a_permanent_child_is_restarted_after_shutdown: Permanent Shutdown Restarted,
                a_permanent_child_is_restarted_after_shutdown_with: Permanent ShutdownWith Restarted,
                a_permanent_child_is_restarted_after_a_kill: Permanent Killed Restarted,
                a_permanent_child_is_restarted_after_a_panic: Permanent Panic Restarted,
                a_permanent_child_is_restarted_after_another_reason: Permanent Other Restarted,
                a_permanent_child_is_restarted_after_noproc: Permanent NoProc Restarted,
                a_permanent_child_is_restarted_after_timeout: Permanent Timeout Restarted,
                a_transient_child_is_kept_stopped_after_normal: Transient Normal Kept,
                a_transient_child_is_kept_stopped_after_shutdown: Transient Shutdown Kept,
                a_transient_child_is_kept_stopped_after_shutdown_with: Transient ShutdownWith Kept,
                a_transient_child_is_restarted_after_a_kill: Transient Killed Restarted,
                a_transient_child_is_restarted_after_its_own_reason_kill: Transient Kill Restarted,
                a_transient_child_is_restarted_after_a_panic: Transient Panic Restarted,
                a_transient_child_is_restarted_after_another_reason: Transient Other Restarted,
                a_transient_child_is_restarted_after_noproc: Transient NoProc Restarted,
                a_transient_child_is_restarted_after_timeout: Transient Timeout Restarted,
                a_temporary_child_is_removed_after_normal: Temporary Normal Removed,
                a_temporary_child_is_removed_after_shutdown: Temporary Shutdown Removed,
                a_temporary_child_is_removed_after_shutdown_with: Temporary ShutdownWith Removed,
                a_temporary_child_is_removed_after_a_kill: Temporary Killed Removed,
                a_temporary_child_is_removed_after_a_panic: Temporary Panic Removed,
                a_temporary_child_is_removed_after_another_reason: Temporary Other Removed,
                a_temporary_child_is_removed_after_noproc: Temporary NoProc Removed,
                a_temporary_child_is_removed_after_timeout: Temporary Timeout Removed,
            }
        }
    )* };
    (@ $variant:ident $($name:ident: $restart:ident $way:ident $fate:ident,)*) => { $(
        #[beamish::test]
        async fn $name() {
            decide(Strategy::$variant, Restart::$restart, Way::$way, Fate::$fate).await;
        }
    )* };
}

decisions! { one_for_one: OneForOne, rest_for_one: RestForOne, one_for_all: OneForAll }

mod dynamic;

mod intensity;

mod groups;

mod failing;

mod escalation;

mod told_first;
