//! Supervisors of supervisors.

use super::*;

/// A supervisor that gives up at its first restart, as a child `inner`.
fn inner(stage: &Stage) -> ChildSpec {
    workers(Strategy::OneForOne, ["x", "y"], stage)
        .max_restarts(0)
        .child_spec()
        .id("inner")
}

async fn within(outer: &SupervisorRef) -> SupervisorRef {
    SupervisorRef::try_from(pid_of(outer, "inner").await).unwrap()
}

/// Makes the inner supervisor give up.
async fn break_inner(outer: &SupervisorRef) {
    let inner = within(outer).await;
    let end = process::monitored(&inner);
    Way::Killed.end(pid_of(&inner, "x").await).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
}

/// RST-1, RST-2, SUP-6: a permanent supervisor that gave up is restarted, with all its children.
#[beamish::test]
async fn a_supervisor_that_gave_up_is_restarted_by_its_supervisor() {
    let stage = Stage::new();
    let outer = workers(Strategy::OneForOne, ["a"], &stage)
        .child(inner(&stage))
        .child(Worker::spec("b", &stage));
    let outer = started(outer).await;
    let siblings = pids(&outer, ["a", "b"]).await;
    let old = pids(&within(&outer).await, ["x", "y"]).await;
    stage.reset();
    break_inner(&outer).await;
    let new = pids(&within(&outer).await, ["x", "y"]).await;
    assert!(new.iter().all(|pid| !old.contains(pid)));
    assert_eq!(pids(&outer, ["a", "b"]).await, siblings);
    assert_eq!(stage.log(), "-x -y +x +y");
}

/// RST-4: the give-up of a supervisor is the end of a child like any other: its group is restarted.
#[beamish::test]
async fn a_supervisor_that_gave_up_takes_its_group_along() {
    for (strategy, log) in [
        (Strategy::RestForOne, "-x -y -b +x +y +b"),
        (Strategy::OneForAll, "-x -y -b -a +a +x +y +b"),
    ] {
        let stage = Stage::new();
        let outer = workers(strategy, ["a"], &stage)
            .child(inner(&stage))
            .child(Worker::spec("b", &stage));
        let outer = started(outer).await;
        stage.reset();
        break_inner(&outer).await;
        pids(&outer, ["a", "inner", "b"]).await;
        assert_eq!(stage.log(), log);
    }
}

/// RST-4, SUP-3: a group restart ends a whole subtree, and starts it again.
#[beamish::test]
async fn a_group_restart_replaces_a_whole_subtree() {
    let stage = Stage::new();
    let outer = started(workers(Strategy::OneForAll, ["a"], &stage).child(inner(&stage))).await;
    stage.reset();
    Way::Killed.end(pid_of(&outer, "a").await).await;
    pids(&within(&outer).await, ["x", "y"]).await;
    assert_eq!(stage.log(), "-a -y -x +a +x +y");
}

/// RST-1: a transient supervisor that gave up ended with `shutdown`, so it is kept stopped; a temporary one is removed.
#[beamish::test]
async fn a_supervisor_that_gave_up_ended_as_planned() {
    for (restart, fate) in [
        (Restart::Transient, Some(ChildStatus::Stopped)),
        (Restart::Temporary, None),
    ] {
        let stage = Stage::new();
        let outer = started(
            workers(Strategy::OneForAll, ["a"], &stage).child(inner(&stage).restart(restart)),
        )
        .await;
        let a = pid_of(&outer, "a").await;
        break_inner(&outer).await;
        assert_eq!(status(&outer, "inner").await, fate);
        assert_eq!(pid_of(&outer, "a").await, a);
    }
}

/// RST-2: restarts below count above only when the supervisor below gave up.
#[beamish::test]
async fn restarts_below_do_not_count_above() {
    let stage = Stage::new();
    let inner = workers(Strategy::OneForOne, ["x"], &stage)
        .child_spec()
        .id("inner");
    let outer = started(
        workers(Strategy::OneForOne, ["a"], &stage)
            .max_restarts(0)
            .child(inner),
    )
    .await;
    for _ in 0..5 {
        Way::Killed
            .end(pid_of(&within(&outer).await, "x").await)
            .await;
    }
    pid_of(&within(&outer).await, "x").await;
    assert_eq!(ids(&outer).await, "inner a");
}

/// RST-2, SUP-6: a give-up goes up level by level.
#[beamish::test]
async fn a_crash_goes_up_as_far_as_nobody_may_restart() {
    let stage = Stage::new();
    let outer = started(
        workers(Strategy::OneForOne, ["a"], &stage)
            .max_restarts(1)
            .child(inner(&stage)),
    )
    .await;
    let end = process::monitored(&outer);
    break_inner(&outer).await;
    pids(&within(&outer).await, ["x", "y"]).await;
    break_inner(&outer).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    let log = stage.log();
    assert_eq!(log, "+a +x +y -x -y +x +y -x -y -a");
}

/// RST-2: three levels in one go.
#[beamish::test]
async fn one_crash_may_end_a_whole_tree() {
    let stage = Stage::new();
    let middle = Supervisor::new(Strategy::OneForAll)
        .max_restarts(0)
        .child(inner(&stage))
        .child_spec()
        .id("inner");
    let outer = started(
        workers(Strategy::RestForOne, ["a"], &stage)
            .max_restarts(0)
            .child(middle),
    )
    .await;
    let end = process::monitored(&outer);
    let middle = within(&outer).await;
    let leaf = pid_of(&within(&middle).await, "x").await;
    stage.reset();
    Way::Panic.end(leaf).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    assert_eq!(stage.log(), "-x -y -a");
}

/// RST-9: a restarted supervisor has its first children: those added later are gone, those stopped by hand run again.
#[beamish::test]
async fn a_restarted_supervisor_has_its_first_children() {
    let stage = Stage::new();
    let inner = workers(Strategy::OneForOne, ["x", "y"], &stage)
        .max_restarts(0)
        .child(Worker::spec("transient", &stage).restart(Restart::Transient))
        .child(Worker::spec("temporary", &stage).restart(Restart::Temporary));
    let outer =
        started(workers(Strategy::OneForOne, [], &stage).child(inner.child_spec().id("inner")))
            .await;
    let before = within(&outer).await;
    soon(before.start_child(Worker::spec("added", &stage)))
        .await
        .unwrap();
    soon(before.terminate_child("transient")).await.unwrap();
    soon(before.terminate_child("temporary")).await.unwrap();
    break_inner(&outer).await;
    let after = within(&outer).await;
    assert_eq!(ids(&after).await, "temporary transient y x");
    pids(&after, ["x", "y", "transient", "temporary"]).await;
}

/// RST-6, SUP-1: a supervisor that cannot start again is tried again as any child.
#[beamish::test]
async fn a_subtree_that_fails_to_start_again_is_tried_again() {
    let stage = Stage::new();
    let outer = started(workers(Strategy::OneForOne, ["a"], &stage).child(inner(&stage))).await;
    stage.reset();
    stage.plan("y", [Plan::Fail, Plan::Fail]);
    let mut last = stage.gate("y");
    break_inner(&outer).await;
    last.reached().await;
    last.open(Plan::Start);
    pids(&within(&outer).await, ["x", "y"]).await;
    assert_eq!(stage.log(), "-x -y +x !y -x +x !y -x +x +y");
}

/// RST-2, SUP-1: a subtree that can never start again uses up what is allowed above.
#[beamish::test]
async fn a_subtree_that_never_starts_again_ends_the_supervisor_above() {
    let stage = Stage::new();
    let outer = started(
        workers(Strategy::OneForOne, ["a"], &stage)
            .max_restarts(2)
            .child(inner(&stage)),
    )
    .await;
    let end = process::monitored(&outer);
    stage.failing("y", true);
    break_inner(&outer).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    assert_eq!(stage.starts("y"), 1 + 2);
    assert!(stage.log().ends_with("-x -a"));
}

/// RST-1, SUP-4: a supervisor that is killed is restarted by the one above; its children die of the link.
#[beamish::test]
async fn a_killed_supervisor_is_restarted_and_its_children_do_not_outlive_it() {
    let stage = Stage::new();
    let outer = started(workers(Strategy::OneForOne, ["a"], &stage).child(inner(&stage))).await;
    let old = within(&outer).await;
    let ends = pids(&old, ["x", "y"]).await.map(process::monitored);
    let end = process::monitored(&old);
    process::kill(&old);
    assert_eq!(soon(end).await, ExitReason::Killed);
    for end in ends {
        assert_eq!(soon(end).await, ExitReason::Killed);
    }
    pids(&within(&outer).await, ["x", "y"]).await;
}

/// SUP-1: which child kept a supervisor from starting is said at every level.
#[beamish::test]
async fn the_error_of_a_subtree_names_the_child_at_each_level() {
    let stage = Stage::new();
    stage.failing("y", true);
    let error = soon(
        Supervisor::new(Strategy::OneForOne)
            .child(inner(&stage))
            .start(),
    )
    .await
    .unwrap_err();
    let above = failed(&error);
    assert_eq!(above.id, ChildId::from("inner"));
    let below = failed(&above.error);
    assert_eq!(below.id, ChildId::from("y"));
    assert!(matches!(&below.error, StartError::Init(error) if error.to_string() == "as planned"));
}

fn failed(error: &StartError) -> &FailedToStartChild {
    match error {
        StartError::Exit(ExitReason::ShutdownWith(term)) => term.downcast_ref().unwrap(),
        other => panic!("{other:?}"),
    }
}
