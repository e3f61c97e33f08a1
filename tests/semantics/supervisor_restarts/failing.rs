//! RST-6, RST-7, RST-8: restarts that fail.

use super::*;

/// RST-6: OTP's supervisor asks itself to try again, so that other requests are served in between.
#[beamish::test(start_paused)]
async fn requests_are_served_between_a_failed_restart_and_its_retry() {
    for strategy in STRATEGIES {
        for plan in [
            Plan::Fail,
            Plan::Panic,
            Plan::Stop(ExitReason::Killed),
            Plan::Stop(ExitReason::Normal),
        ] {
            let stage = Stage::new();
            let supervisor = started(workers(strategy, ["a", "b"], &stage)).await;
            let b = pid_of(&supervisor, "b").await;
            let mut first = stage.gate("b");
            let mut second = stage.gate("b");
            Way::Killed.end(b).await;
            first.reached().await;
            let mut asked = Box::pin(supervisor.which_children());
            poll_once(&mut asked).await;
            first.open(plan);
            let children = soon(asked).await.unwrap();
            assert_eq!(children[0].status, ChildStatus::Restarting, "{strategy:?}");
            second.reached().await;
            second.open(Plan::Start);
            assert_ne!(pid_of(&supervisor, "b").await, b);
            assert_eq!(stage.starts("b"), 3);
        }
    }
}

/// RST-6: one-for-one tries that child again, and leaves the others alone.
#[beamish::test]
async fn one_for_one_retries_the_failed_child_alone() {
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::OneForOne, ["a", "b", "c"], &stage)).await;
    let [a, b, c] = pids(&supervisor, ["a", "b", "c"]).await;
    stage.reset();
    stage.plan("b", [Plan::Fail, Plan::Fail]);
    let mut last = stage.gate("b");
    Way::Killed.end(b).await;
    last.reached().await;
    last.open(Plan::Start);
    let [a_now, _, c_now] = pids(&supervisor, ["a", "b", "c"]).await;
    assert_eq!((a_now, c_now), (a, c));
    assert_eq!(stage.log(), "-b !b !b +b");
    assert_eq!(ids(&supervisor).await, "c b a");
}

/// RST-6: rest-for-one tries the child that failed to start and the later ones; one that was just restarted stays.
#[beamish::test(start_paused)]
async fn rest_for_one_retries_from_the_child_that_failed_to_start() {
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::RestForOne, ["a", "b", "c", "d"], &stage)).await;
    let [a, b] = pids(&supervisor, ["a", "b"]).await;
    stage.reset();
    let mut first = stage.gate("c");
    Way::Killed.end(b).await;
    first.reached().await;
    let mut asked = Box::pin(supervisor.which_children());
    poll_once(&mut asked).await;
    first.open(Plan::Fail);
    let children = soon(asked).await.unwrap();
    let between: Vec<_> = children.iter().rev().map(|child| child.status).collect();
    let ChildStatus::Running(b_restarted) = between[1] else {
        panic!("{between:?}")
    };
    assert_eq!(between[0], ChildStatus::Running(a));
    assert_eq!(
        between[2..],
        [ChildStatus::Restarting, ChildStatus::Stopped]
    );
    assert_ne!(b_restarted, b);
    // Barrier: the retry is behind that answer, and before this one.
    let [a_now, b_now, ..] = pids(&supervisor, ["a", "b", "c", "d"]).await;
    assert_eq!((a_now, b_now), (a, b_restarted));
    assert_eq!(stage.log(), "-b -d -c +b !c +c +d");
}

/// RST-6: one-for-all tries everything again; those already restarted are ended with `shutdown` first.
#[beamish::test(start_paused)]
async fn one_for_all_retries_everything() {
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::OneForAll, ["a", "b", "c"], &stage)).await;
    stage.reset();
    let mut first = stage.gate("b");
    Way::Killed.end(pid_of(&supervisor, "c").await).await;
    first.reached().await;
    let mut asked = Box::pin(supervisor.which_children());
    poll_once(&mut asked).await;
    first.open(Plan::Fail);
    let children = soon(asked).await.unwrap();
    let between: Vec<_> = children.iter().rev().map(|child| child.status).collect();
    let ChildStatus::Running(a_restarted) = between[0] else {
        panic!("{between:?}")
    };
    assert_eq!(
        between[1..],
        [ChildStatus::Restarting, ChildStatus::Stopped]
    );
    let end = process::monitored(a_restarted);
    let [a_now, ..] = pids(&supervisor, ["a", "b", "c"]).await;
    assert_ne!(a_now, a_restarted);
    let reason = soon(end).await;
    assert!(
        matches!(reason, ExitReason::Shutdown | ExitReason::NoProc),
        "{reason:?}"
    );
    assert_eq!(stage.log(), "-c -b -a +a !b -a +a +b +c");
}

/// RST-6: the reason with which one-for-all ends those that it had already restarted.
#[beamish::test(start_paused)]
async fn one_for_all_ends_those_already_restarted_with_shutdown() {
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::OneForAll, ["a", "b"], &stage)).await;
    let mut first = stage.gate("a");
    let mut second = stage.gate("b");
    Way::Killed.end(pid_of(&supervisor, "b").await).await;
    first.reached().await;
    let living = process::list();
    first.open(Plan::Start);
    second.reached().await;
    // The new `a` is the process of before that is still there; the new `b` came later.
    let a = living
        .into_iter()
        .filter(|pid| WorkerRef::try_from(*pid).is_ok())
        .max()
        .unwrap();
    let end = process::monitored(a);
    second.open(Plan::Fail);
    assert_eq!(soon(end).await, ExitReason::Shutdown);
}

/// RST-6: while a restart fails again and again, everything else is answered.
async fn is_answered_while_a_restart_fails(strategy: Strategy) {
    let stage = Stage::new();
    let supervisor = started(workers(strategy, ["a", "b"], &stage).max_restarts(u32::MAX)).await;
    stage.failing("b", true);
    Way::Killed.end(pid_of(&supervisor, "b").await).await;
    stage.reaches("b", 10).await;
    assert_eq!(
        status(&supervisor, "b").await,
        Some(ChildStatus::Restarting)
    );
    let counts = soon(supervisor.count_children()).await.unwrap();
    assert_eq!((counts.specs, counts.workers, counts.active), (2, 2, 1));
    let present = soon(supervisor.start_child(Worker::spec("b", &stage))).await;
    assert!(
        matches!(present, Err(StartChildError::AlreadyPresent)),
        "{present:?}"
    );
    let restarted = soon(supervisor.restart_child("b")).await;
    assert!(
        matches!(restarted, Err(ChildError::Restarting)),
        "{restarted:?}"
    );
    let deleted = soon(supervisor.delete_child("b")).await;
    assert!(
        matches!(deleted, Err(ChildError::Restarting)),
        "{deleted:?}"
    );
    soon(supervisor.start_child(Worker::spec("c", &stage)))
        .await
        .unwrap()
        .unwrap();
    soon(supervisor.terminate_child("b")).await.unwrap();
    assert_eq!(status(&supervisor, "b").await, Some(ChildStatus::Stopped));
    let starts = stage.starts("b");
    for _ in 0..20 {
        process::yield_now().await;
        soon(supervisor.which_children()).await.unwrap();
    }
    assert_eq!(stage.starts("b"), starts, "it is tried again");
    soon(supervisor.delete_child("b")).await.unwrap();
}

/// RST-6: a supervisor whose restart fails can be stopped.
async fn is_stopped_while_a_restart_fails(strategy: Strategy) {
    let stage = Stage::new();
    let supervisor = started(workers(strategy, ["a", "b"], &stage).max_restarts(u32::MAX)).await;
    stage.failing("b", true);
    Way::Killed.end(pid_of(&supervisor, "b").await).await;
    soon(supervisor.stop()).await.unwrap();
    assert!(stage.log().ends_with("-a"));
}

/// RST-6: a child that starts again after many failures is running, once.
async fn is_up_after_failures(strategy: Strategy) {
    let stage = Stage::new();
    let supervisor = started(workers(strategy, ["a", "b"], &stage).max_restarts(u32::MAX)).await;
    stage.failing("b", true);
    Way::Killed.end(pid_of(&supervisor, "b").await).await;
    stage.reaches("b", 100).await;
    let mut last = stage.gate("b");
    last.reached().await;
    last.open(Plan::Start);
    stage.failing("b", false);
    let b = pid_of(&supervisor, "b").await;
    let starts = stage.starts("b");
    for _ in 0..20 {
        assert_eq!(pid_of(&supervisor, "b").await, b);
    }
    assert_eq!(stage.starts("b"), starts);
}

macro_rules! on_both_flavors {
    ($($name:ident => $test:ident($strategy:ident),)*) => {
        mod current_thread {
            use super::*;
            $(#[beamish::test] async fn $name() { $test(Strategy::$strategy).await; })*
        }
        mod multi_thread {
            use super::*;
            $(
                #[beamish::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() { $test(Strategy::$strategy).await; }
            )*
        }
    };
}

on_both_flavors! {
    one_for_one_answers_while_a_restart_fails => is_answered_while_a_restart_fails(OneForOne),
    rest_for_one_answers_while_a_restart_fails => is_answered_while_a_restart_fails(RestForOne),
    one_for_one_stops_while_a_restart_fails => is_stopped_while_a_restart_fails(OneForOne),
    rest_for_one_stops_while_a_restart_fails => is_stopped_while_a_restart_fails(RestForOne),
    one_for_all_stops_while_a_restart_fails => is_stopped_while_a_restart_fails(OneForAll),
    one_for_one_comes_up_after_failures => is_up_after_failures(OneForOne),
    rest_for_one_comes_up_after_failures => is_up_after_failures(RestForOne),
    one_for_all_comes_up_after_failures => is_up_after_failures(OneForAll),
}

/// RST-6: another child that ends while a restart is tried again is restarted as well.
#[beamish::test]
async fn another_child_is_restarted_while_one_fails() {
    let stage = Stage::new();
    let supervisor =
        started(workers(Strategy::OneForOne, ["a", "b"], &stage).max_restarts(u32::MAX)).await;
    stage.failing("b", true);
    Way::Killed.end(pid_of(&supervisor, "b").await).await;
    let a = pid_of(&supervisor, "a").await;
    Way::Panic.end(a).await;
    assert_ne!(pid_of(&supervisor, "a").await, a);
    assert_eq!(
        status(&supervisor, "b").await,
        Some(ChildStatus::Restarting)
    );
}

/// RST-6: a retry that another restart has overtaken does nothing.
#[beamish::test(start_paused)]
async fn a_retry_that_was_overtaken_does_nothing() {
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::RestForOne, ["a", "b", "c"], &stage)).await;
    stage.reset();
    let mut gate = stage.gate("b");
    Way::Killed.end(pid_of(&supervisor, "b").await).await;
    gate.reached().await;
    // `a` ends before `b` fails: its exit is in front of the retry.
    let workers = process::list()
        .into_iter()
        .filter(|pid| WorkerRef::try_from(*pid).is_ok());
    Way::Killed.end(workers.min().unwrap()).await;
    gate.open(Plan::Fail);
    let after = pids(&supervisor, ["a", "b", "c"]).await;
    for _ in 0..5 {
        assert_eq!(pids(&supervisor, ["a", "b", "c"]).await, after);
    }
    assert_eq!(stage.log(), "-b -c -a !b +a +b +c");
}

/// RST-8: to end a child that is being restarted cancels that; the pending retry does nothing.
#[beamish::test(start_paused)]
async fn to_terminate_a_restarting_child_cancels_the_retry() {
    for strategy in STRATEGIES {
        let stage = Stage::new();
        let supervisor = started(workers(strategy, ["a", "b"], &stage)).await;
        let mut gate = stage.gate("b");
        Way::Killed.end(pid_of(&supervisor, "b").await).await;
        gate.reached().await;
        let mut terminated = Box::pin(supervisor.terminate_child("b"));
        poll_once(&mut terminated).await;
        gate.open(Plan::Fail);
        soon(terminated).await.unwrap();
        for _ in 0..5 {
            assert_eq!(
                status(&supervisor, "b").await,
                Some(ChildStatus::Stopped),
                "{strategy:?}"
            );
        }
        assert_eq!(stage.starts("b"), 2, "{strategy:?}");
        soon(supervisor.restart_child("b")).await.unwrap().unwrap();
    }
}

/// RST-8: the pending retry leaves a child alone that was started by hand meanwhile.
#[beamish::test(start_paused)]
async fn a_pending_retry_leaves_a_child_alone_that_was_started_by_hand() {
    for strategy in STRATEGIES {
        let stage = Stage::new();
        let supervisor = started(workers(strategy, ["a", "b"], &stage).max_restarts(1)).await;
        let mut gate = stage.gate("b");
        Way::Killed.end(pid_of(&supervisor, "b").await).await;
        gate.reached().await;
        let mut terminated = Box::pin(supervisor.terminate_child("b"));
        poll_once(&mut terminated).await;
        let mut restarted = Box::pin(supervisor.restart_child("b"));
        poll_once(&mut restarted).await;
        gate.open(Plan::Fail);
        soon(terminated).await.unwrap();
        let b = soon(restarted).await.unwrap();
        for _ in 0..5 {
            assert_eq!(Some(pid_of(&supervisor, "b").await), b);
        }
        assert_eq!(stage.starts("b"), 3);
    }
}

/// RST-7: a child that ignores when it is restarted is kept without a process, and the others go on.
#[beamish::test]
async fn a_child_that_ignores_its_restart_is_kept_stopped() {
    for strategy in STRATEGIES {
        let stage = Stage::new();
        let supervisor = started(workers(strategy, ["a", "b", "c"], &stage).max_restarts(1)).await;
        stage.plan("b", [Plan::Ignore]);
        Way::Killed.end(pid_of(&supervisor, "b").await).await;
        assert_eq!(
            status(&supervisor, "b").await,
            Some(ChildStatus::Stopped),
            "{strategy:?}"
        );
        pids(&supervisor, ["a", "c"]).await;
        assert_eq!(stage.starts("b"), 2);
        soon(supervisor.restart_child("b")).await.unwrap().unwrap();
    }
}

/// RST-7: also a sibling of the group.
#[beamish::test]
async fn a_sibling_that_ignores_a_group_restart_is_kept_stopped() {
    for strategy in [Strategy::RestForOne, Strategy::OneForAll] {
        let stage = Stage::new();
        let supervisor = started(workers(strategy, ["a", "b", "c"], &stage).max_restarts(1)).await;
        stage.plan("b", [Plan::Ignore]);
        Way::Killed.end(pid_of(&supervisor, "a").await).await;
        assert_eq!(
            status(&supervisor, "b").await,
            Some(ChildStatus::Stopped),
            "{strategy:?}"
        );
        pids(&supervisor, ["a", "c"]).await;
    }
}

/// RST-7, DYN-1: a dynamic child that ignores its restart is dropped.
#[beamish::test]
async fn a_dynamic_child_that_ignores_its_restart_is_dropped() {
    for restart in [Restart::Permanent, Restart::Transient] {
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
        let pid = soon(supervisor.start_child(Worker::spec("a", &stage).restart(restart)))
            .await
            .unwrap();
        stage.plan("a", [Plan::Ignore]);
        Way::Killed.end(pid).await;
        let counts = soon(supervisor.count_children()).await.unwrap();
        assert_eq!((counts.specs, counts.active), (0, 0));
        assert_eq!(stage.starts("a"), 2);
    }
}

/// RST-6, DYN-2: a dynamic child whose restart fails is tried again, and counted meanwhile.
#[beamish::test(start_paused)]
async fn a_dynamic_child_is_tried_again() {
    let stage = Stage::new();
    let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
    let pid = soon(supervisor.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap();
    let mut first = stage.gate("a");
    let mut second = stage.gate("a");
    Way::Killed.end(pid).await;
    first.reached().await;
    let mut asked = Box::pin(supervisor.which_children());
    poll_once(&mut asked).await;
    let mut counted = Box::pin(supervisor.count_children());
    poll_once(&mut counted).await;
    first.open(Plan::Fail);
    assert_eq!(
        soon(asked).await.unwrap()[0].status,
        ChildStatus::Restarting
    );
    let counts = soon(counted).await.unwrap();
    assert_eq!((counts.specs, counts.workers, counts.active), (1, 1, 0));
    second.reached().await;
    second.open(Plan::Start);
    let [again] = dynamic::running(&supervisor).await[..] else {
        panic!()
    };
    assert_ne!(again, pid);
}

/// DYN-4, RST-8: the last pid of a restarting dynamic child still ends it.
#[beamish::test]
async fn the_last_pid_of_a_restarting_dynamic_child_ends_it() {
    let stage = Stage::new();
    let supervisor = soon(DynamicSupervisor::new().max_restarts(u32::MAX).start())
        .await
        .unwrap();
    let pid = soon(supervisor.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap();
    stage.failing("a", true);
    Way::Killed.end(pid).await;
    stage.reaches("a", 10).await;
    soon(supervisor.terminate_child(pid)).await.unwrap();
    let starts = stage.starts("a");
    for _ in 0..20 {
        process::yield_now().await;
        assert_eq!(soon(supervisor.count_children()).await.unwrap().specs, 0);
    }
    assert_eq!(stage.starts("a"), starts);
    assert!(matches!(
        soon(supervisor.terminate_child(pid)).await,
        Err(ChildError::NotFound)
    ));
}

/// RST-2, RST-6: each failed attempt of a dynamic child counts.
#[beamish::test]
async fn each_retry_of_a_dynamic_child_counts() {
    let stage = Stage::new();
    let supervisor = soon(DynamicSupervisor::new().max_restarts(4).start())
        .await
        .unwrap();
    let end = process::monitored(&supervisor);
    let pid = soon(supervisor.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap();
    stage.failing("a", true);
    Way::Killed.end(pid).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    assert_eq!(stage.starts("a"), 1 + 4);
}
