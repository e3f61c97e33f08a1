//! RST-3, RST-4, RST-5: what a restart does to the others, in which order.

use super::*;

/// RST-3: the restarted child has its old place: it is ended in its turn.
#[beamish::test]
async fn a_restarted_child_keeps_its_place() {
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::OneForOne, ["a", "b", "c"], &stage)).await;
    Way::Killed.end(pid_of(&supervisor, "a").await).await;
    assert_eq!(ids(&supervisor).await, "c b a");
    stage.reset();
    soon(supervisor.stop()).await.unwrap();
    assert_eq!(stage.log(), "-c -b -a");
}

/// RST-4: OTP's rest-for-one ends the later ones, newest first, then starts all in order.
#[beamish::test]
async fn rest_for_one_ends_the_later_ones_newest_first_and_starts_them_in_order() {
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::RestForOne, ["a", "b", "c", "d"], &stage)).await;
    let later = pids(&supervisor, ["c", "d"]).await.map(process::monitored);
    stage.reset();
    Way::Panic.end(pid_of(&supervisor, "b").await).await;
    pids(&supervisor, ["a", "b", "c", "d"]).await;
    assert_eq!(stage.log(), "-b -d -c +b +c +d");
    for end in later {
        assert_eq!(soon(end).await, ExitReason::Shutdown);
    }
}

/// RST-4: OTP's one-for-all does the same with all.
#[beamish::test]
async fn one_for_all_ends_all_newest_first_and_starts_them_in_order() {
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::OneForAll, ["a", "b", "c", "d"], &stage)).await;
    let others = pids(&supervisor, ["a", "c", "d"])
        .await
        .map(process::monitored);
    stage.reset();
    Way::Panic.end(pid_of(&supervisor, "b").await).await;
    pids(&supervisor, ["a", "b", "c", "d"]).await;
    assert_eq!(stage.log(), "-b -d -c -a +a +b +c +d");
    for end in others {
        assert_eq!(soon(end).await, ExitReason::Shutdown);
    }
}

/// RST-4: the end of the first child under rest-for-one takes all, that of the last one only itself.
#[beamish::test]
async fn rest_for_one_begins_with_the_child_that_ended() {
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::RestForOne, ["a", "b"], &stage)).await;
    stage.reset();
    Way::Killed.end(pid_of(&supervisor, "b").await).await;
    pid_of(&supervisor, "b").await;
    assert_eq!(stage.log(), "-b +b");
    Way::Killed.end(pid_of(&supervisor, "a").await).await;
    pid_of(&supervisor, "a").await;
    assert_eq!(stage.log(), "-a -b +a +b");
}

/// RST-4, SUP-4: in a group restart each is ended by its own shutdown setting.
#[beamish::test(start_paused)]
async fn siblings_are_ended_by_their_shutdown_settings() {
    for strategy in [Strategy::RestForOne, Strategy::OneForAll] {
        let stage = Stage::new();
        let supervisor = workers(strategy, ["it"], &stage)
            .child(
                Stubborn::spec("slow", &stage, Manner::After(Duration::from_secs(3)))
                    .shutdown(Shutdown::Infinity),
            )
            .child(Stubborn::spec("hangs", &stage, Manner::Never).shutdown(Duration::from_secs(2)))
            .child(Stubborn::spec("brutal", &stage, Manner::Never).shutdown(Shutdown::BrutalKill));
        let supervisor = started(supervisor).await;
        let ends = pids(&supervisor, ["slow", "hangs", "brutal"])
            .await
            .map(process::monitored);
        stage.reset();
        Way::Killed.end(pid_of(&supervisor, "it").await).await;
        pids(&supervisor, ["it", "slow", "hangs", "brutal"]).await;
        let expected = "-it@0 -brutal@0 ~hangs@0 -hangs@2000 ~slow@2000 -slow@5000 +it@5000 +slow@5000 +hangs@5000 +brutal@5000";
        assert_eq!(stage.timed_log(), expected);
        let mut reasons = Vec::new();
        for end in ends {
            reasons.push(soon(end).await);
        }
        assert_eq!(
            reasons,
            [ExitReason::Shutdown, ExitReason::Killed, ExitReason::Killed]
        );
    }
}

/// RST-5: temporary siblings that a group restart ends are removed, not started.
#[beamish::test]
async fn temporary_siblings_are_removed_by_a_group_restart() {
    for strategy in [Strategy::RestForOne, Strategy::OneForAll] {
        let stage = Stage::new();
        let supervisor = workers(strategy, ["a"], &stage)
            .child(Worker::spec("t", &stage).restart(Restart::Temporary))
            .child(Worker::spec("b", &stage));
        let supervisor = started(supervisor).await;
        let end = process::monitored(pid_of(&supervisor, "t").await);
        Way::Killed.end(pid_of(&supervisor, "a").await).await;
        assert_eq!(ids(&supervisor).await, "b a");
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        assert_eq!(stage.starts("t"), 1);
        assert_eq!(soon(supervisor.count_children()).await.unwrap().specs, 2);
    }
}

/// RST-4, RST-5: a temporary child that rest-for-one does not reach stays.
#[beamish::test]
async fn a_temporary_sibling_before_the_failed_one_stays_under_rest_for_one() {
    let stage = Stage::new();
    let supervisor = Supervisor::new(Strategy::RestForOne)
        .child(Worker::spec("t", &stage).restart(Restart::Temporary))
        .child(Worker::spec("b", &stage));
    let supervisor = started(supervisor).await;
    let before = pid_of(&supervisor, "t").await;
    Way::Killed.end(pid_of(&supervisor, "b").await).await;
    assert_eq!(pid_of(&supervisor, "t").await, before);
}

/// RST-5: siblings that were stopped before are started by a group restart.
#[beamish::test]
async fn stopped_siblings_are_started_by_a_group_restart() {
    for strategy in [Strategy::RestForOne, Strategy::OneForAll] {
        let stage = Stage::new();
        let supervisor = workers(strategy, ["a", "stopped"], &stage)
            .child(Worker::spec("done", &stage).restart(Restart::Transient));
        let supervisor = started(supervisor).await;
        soon(supervisor.terminate_child("stopped")).await.unwrap();
        Way::Normal.end(pid_of(&supervisor, "done").await).await;
        assert_eq!(
            status(&supervisor, "stopped").await,
            Some(ChildStatus::Stopped)
        );
        assert_eq!(
            status(&supervisor, "done").await,
            Some(ChildStatus::Stopped)
        );
        stage.reset();
        Way::Killed.end(pid_of(&supervisor, "a").await).await;
        pids(&supervisor, ["a", "stopped", "done"]).await;
        assert_eq!(stage.log(), "-a +a +stopped +done");
    }
}

/// RST-3, RST-4: stopped siblings stay so where the restart does not reach them.
#[beamish::test]
async fn stopped_siblings_stay_so_where_a_restart_does_not_reach() {
    for strategy in [Strategy::OneForOne, Strategy::RestForOne] {
        let stage = Stage::new();
        let supervisor = started(workers(strategy, ["stopped", "a"], &stage)).await;
        soon(supervisor.terminate_child("stopped")).await.unwrap();
        Way::Killed.end(pid_of(&supervisor, "a").await).await;
        pid_of(&supervisor, "a").await;
        assert_eq!(
            status(&supervisor, "stopped").await,
            Some(ChildStatus::Stopped)
        );
    }
}

/// RST-4: two children that end at the same time under one-for-all: the end of the one that the restart would have
/// ended anyway causes no second one.
#[beamish::test]
async fn two_ends_at_once_under_one_for_all_are_one_restart() {
    let stage = Stage::new();
    let supervisor =
        started(workers(Strategy::OneForAll, ["a", "b", "c"], &stage).max_restarts(1)).await;
    let [a, b, _] = pids(&supervisor, ["a", "b", "c"]).await;
    // The supervisor waits for `a` to start again; `b`, already dead, is not to be counted afterwards.
    let ends = [a, b].map(process::monitored);
    stage.reset();
    process::kill(b);
    process::kill(a);
    for end in ends {
        assert_eq!(soon(end).await, ExitReason::Killed);
    }
    pids(&supervisor, ["a", "b", "c"]).await;
    assert_eq!(stage.log().matches('+').count(), 3);
}

/// RST-9: a restarted child has the arguments of the first start, and none of its state.
#[beamish::test]
async fn a_restarted_child_begins_with_its_original_arguments() {
    for strategy in STRATEGIES {
        let stage = Stage::new();
        let supervisor = started(workers(strategy, ["a"], &stage)).await;
        let first = pid_of(&supervisor, "a").await;
        let worker = WorkerRef::try_from(first).unwrap();
        assert_eq!(
            [
                soon(worker.count()).await.unwrap(),
                soon(worker.count()).await.unwrap()
            ],
            [1, 2]
        );
        Way::Panic.end(first).await;
        let worker = WorkerRef::try_from(pid_of(&supervisor, "a").await).unwrap();
        assert_eq!(soon(worker.count()).await.unwrap(), 1);
    }
}

/// SIG-7, RST-3: what was in the mailbox of the old process is not in that of the new one.
#[beamish::test]
async fn a_restarted_child_begins_with_an_empty_mailbox() {
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::OneForOne, ["a"], &stage)).await;
    let first = pid_of(&supervisor, "a").await;
    let end = process::monitored(first);
    let worker = WorkerRef::try_from(first).unwrap();
    worker.crash();
    for _ in 0..5 {
        worker.end(ExitReason::other("unread"));
    }
    assert!(matches!(soon(end).await, ExitReason::Panic(_)));
    let worker = WorkerRef::try_from(pid_of(&supervisor, "a").await).unwrap();
    assert_eq!(soon(worker.count()).await.unwrap(), 1);
    assert_eq!(stage.log(), "+a -a +a");
}
