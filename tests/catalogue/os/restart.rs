//! Who is restarted, how often, and with whom.

use std::time::Duration;

use beamish::prelude::*;
use beamish::{ChildStatus, DynamicSupervisor, Restart, Strategy, Supervisor, global};

use crate::kit::{
    Plan, RESTARTS, SECOND, STRATEGIES, Stage, Way, Worker, WorkerRef, child, counts, counts_of,
    failed, ids, is_over, listed, named, one_for_one, only, pid_of, pids, pool, running, soon,
    started, status, subtree, workers,
};

async fn end_child(supervisor: &SupervisorRef, id: &'static str, way: Way) {
    way.end(pid_of(supervisor, id).await).await;
}

/// Restarts that are far enough apart never end a supervisor, however many they are.
#[beamish::test(start_paused)]
async fn os29_restarts_that_are_far_apart_never_trip_the_limit() {
    let stage = Stage::new();
    let supervisor = one_for_one()
        .max_restarts(1)
        .max_seconds(1)
        .child(Worker::spec("it", &stage));
    let supervisor = started(supervisor).await;
    for _ in 0..50 {
        end_child(&supervisor, "it", Way::Panic).await;
        pid_of(&supervisor, "it").await;
        process::sleep(Duration::from_millis(2_001)).await;
    }
    assert_eq!(stage.starts("it"), 51);
    // Two at once do.
    end_child(&supervisor, "it", Way::Panic).await;
    end_child(&supervisor, "it", Way::Panic).await;
    assert!(is_over(&supervisor).await);
}

/// Only the failed child is replaced; the third failure of two that are allowed ends the supervisor with `shutdown`, and
/// its children with it.
#[beamish::test]
async fn os30_one_for_one_replaces_the_failed_child_until_it_gives_up() {
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::OneForOne, ["a", "b", "c"], &stage).max_restarts(2));
    let supervisor = supervisor.await;
    let mut before = pids(&supervisor, ["a", "b", "c"]).await;
    // All children count together.
    for (at, id) in [(0, "a"), (1, "b")] {
        end_child(&supervisor, id, Way::Killed).await;
        let after = pids(&supervisor, ["a", "b", "c"]).await;
        for other in 0..3 {
            assert_eq!(before[other] != after[other], other == at);
        }
        before = after;
    }
    let ends = before.map(process::monitored);
    let end = process::monitored(&supervisor);
    stage.reset();
    end_child(&supervisor, "a", Way::Killed).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    let [a, b, c] = ends;
    assert_eq!(soon(a).await, ExitReason::Killed);
    assert_eq!(soon(b).await, ExitReason::Shutdown);
    assert_eq!(soon(c).await, ExitReason::Shutdown);
    assert_eq!(stage.log(), "-a -c -b", "it was started again");
}

/// A restart of `b` that keeps failing: the supervisor of `a`, `b` and `c` uses its restarts up, and all end.
async fn escalation(strategy: Strategy) {
    for allowed in [0, 1, 4] {
        let stage = Stage::new();
        let supervisor = workers(strategy, ["a", "b", "c"], &stage).max_restarts(allowed);
        let supervisor = started(supervisor).await;
        let [a, b, c] = pids(&supervisor, ["a", "b", "c"]).await;
        let ends = [process::monitored(a), process::monitored(c)];
        let end = process::monitored(&supervisor);
        stage.failing("b", true);
        Way::Killed.end(b).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        for end in ends {
            assert_eq!(soon(end).await, ExitReason::Shutdown);
        }
        assert_eq!(stage.starts("b"), 1 + allowed as usize, "{strategy:?}");
        let starts = |restarted| if restarted { 1 + allowed as usize } else { 1 };
        assert_eq!(stage.starts("a"), starts(strategy == Strategy::OneForAll));
        assert_eq!(stage.starts("c"), 1, "it was started after a failed one");
        let log = stage.log();
        assert_eq!(
            log.matches("+a").count() + log.matches("+c").count(),
            log.matches("-a").count() + log.matches("-c").count(),
            "a child outlived its supervisor: {log}"
        );
    }
}

/// One-for-one: a restart that keeps failing uses up what is allowed; the supervisor ends, and its healthy children.
#[beamish::test]
async fn os31_one_for_one_a_failing_restart_ends_all() {
    escalation(Strategy::OneForOne).await;
}

/// One failure replaces every child; more than are allowed end the supervisor.
#[beamish::test]
async fn os32_one_for_all_replaces_every_child_until_it_gives_up() {
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::OneForAll, ["a", "b", "c"], &stage).max_restarts(3));
    let supervisor = supervisor.await;
    for id in ["a", "b", "c"] {
        let before = pids(&supervisor, ["a", "b", "c"]).await;
        end_child(&supervisor, id, Way::Panic).await;
        let after = pids(&supervisor, ["a", "b", "c"]).await;
        assert!(after.iter().all(|pid| !before.contains(pid)));
        assert!(before.iter().all(|pid| !process::alive(*pid)));
    }
    assert_eq!(["a", "b", "c"].map(|id| stage.starts(id)), [4; 3]);
    let end = process::monitored(&supervisor);
    end_child(&supervisor, "c", Way::Panic).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    assert_eq!(["a", "b", "c"].map(|id| stage.starts(id)), [4; 3]);
}

/// One-for-all: a restart that fails in the group uses up what is allowed, and all end.
#[beamish::test]
async fn os33_one_for_all_a_failing_restart_ends_all() {
    escalation(Strategy::OneForAll).await;
}

/// The first child dies and is started again, the second fails to start: the first, though it has just started, is ended
/// with `shutdown`, and both are started in order.
#[beamish::test]
async fn os34_one_for_all_begins_anew_when_another_child_fails_to_restart() {
    let stage = Stage::new();
    let supervisor = Supervisor::new(Strategy::OneForAll)
        .child(named("a", "the first", &stage))
        .child(Worker::spec("b", &stage));
    let supervisor = started(supervisor).await;
    let before = pids(&supervisor, ["a", "b"]).await;
    stage.reset();
    let mut gate = stage.gate("b");
    Way::Killed.end(before[0]).await;
    gate.reached().await;
    let between = process::whereis("the first").unwrap();
    assert_ne!(between, before[0]);
    let end = process::monitored(between);
    gate.open(Plan::Fail);
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    let after = pids(&supervisor, ["a", "b"]).await;
    assert!(!before.contains(&after[0]) && after[0] != between && after[1] != before[1]);
    assert_eq!(stage.log(), "-a -b +a !b -a +a +b");
}

/// A dynamic child that fails is started again with what it was started with; the third failure of two that are allowed
/// ends the supervisor.
#[beamish::test]
async fn os35_a_dynamic_child_is_restarted_with_its_own_arguments() {
    let stage = Stage::new();
    let pool = soon(DynamicSupervisor::new().max_restarts(2).start())
        .await
        .unwrap();
    let mut children = Vec::new();
    for id in ["a", "b", "c", "d"] {
        children.push(child(&pool, Worker::spec(id, &stage)).await);
    }
    for at in [1, 2] {
        Way::Killed.end(children[at]).await;
        let now = running(&pool).await;
        assert_eq!(now.len(), 4);
        let new: Vec<_> = now.iter().filter(|pid| !children.contains(pid)).collect();
        let [new] = new[..] else { panic!("{new:?}") };
        let worker = WorkerRef::try_from(*new).unwrap();
        assert_eq!(soon(worker.id()).await.unwrap(), ["a", "b", "c"][at]);
        children[at] = *new;
    }
    let end = process::monitored(&pool);
    Way::Killed.end(children[1]).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    assert!(children.iter().all(|pid| !process::alive(*pid)));
    assert_eq!(
        ["a", "b", "c", "d"].map(|id| stage.starts(id)),
        [1, 2, 2, 1]
    );
}

/// A failing restart of a dynamic child uses up what is allowed, and ends the supervisor and the siblings.
#[beamish::test]
async fn os38_a_failing_restart_of_a_dynamic_child_ends_all() {
    for allowed in [0, 1, 4] {
        let stage = Stage::new();
        let pool = soon(DynamicSupervisor::new().max_restarts(allowed).start())
            .await
            .unwrap();
        let sibling = process::monitored(child(&pool, Worker::spec("sibling", &stage)).await);
        let it = child(&pool, Worker::spec("it", &stage)).await;
        let end = process::monitored(&pool);
        stage.failing("it", true);
        Way::Other.end(it).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        assert_eq!(soon(sibling).await, ExitReason::Shutdown);
        assert_eq!(stage.starts("it"), 1 + allowed as usize);
        assert_eq!(stage.starts("sibling"), 1);
    }
}

/// After the death of one temporary child the others are what they were: they are listed, ended and counted, and new ones
/// are started.
#[beamish::test]
async fn os39_the_death_of_a_temporary_dynamic_child_leaves_the_others_alone() {
    let stage = Stage::new();
    let pool = pool().await;
    let spec = |id| Worker::spec(id, &stage).restart(Restart::Temporary);
    for way in Way::PLANNED.into_iter().chain(Way::ABNORMAL) {
        let first = child(&pool, spec("a")).await;
        let second = child(&pool, spec("b")).await;
        let permanent = child(&pool, Worker::spec("c", &stage)).await;
        way.end(first).await;
        let mut left = vec![second, permanent];
        left.sort();
        assert_eq!(running(&pool).await, left);
        soon(pool.terminate_child(second)).await.unwrap();
        assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
        // What is left is restarted as what it was.
        Way::Killed.end(permanent).await;
        let again = only(&pool).await;
        let worker = WorkerRef::try_from(again).unwrap();
        assert_eq!(soon(worker.id()).await.unwrap(), "c");
        soon(pool.terminate_child(again)).await.unwrap();
        assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
    }
}

/// A dynamic child that ignores at its restart is dropped.
#[beamish::test]
async fn os40_a_dynamic_child_that_ignores_at_its_restart_is_dropped() {
    for restart in [Restart::Permanent, Restart::Transient] {
        let stage = Stage::new();
        let pool = pool().await;
        let it = child(&pool, Worker::spec("it", &stage).restart(restart)).await;
        stage.plan("it", [Plan::Ignore]);
        Way::Killed.end(it).await;
        assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
        assert!(listed(&pool).await.is_empty());
        assert_eq!(stage.starts("it"), 2);
        child(&pool, Worker::spec("it", &stage).restart(restart)).await;
        assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
    }
}

/// The failed child and those after it are replaced, those before it are not; more failures than are allowed end all.
#[beamish::test]
async fn os41_rest_for_one_replaces_the_failed_child_and_those_after_it() {
    const IDS: [&str; 4] = ["a", "b", "c", "d"];
    let stage = Stage::new();
    let supervisor = started(workers(Strategy::RestForOne, IDS, &stage).max_restarts(4)).await;
    for failing in [3, 2, 1, 0] {
        let before = pids(&supervisor, IDS).await;
        end_child(&supervisor, IDS[failing], Way::Killed).await;
        let after = pids(&supervisor, IDS).await;
        for at in 0..4 {
            assert_eq!(before[at] != after[at], at >= failing, "{at} {failing}");
        }
    }
    assert_eq!(IDS.map(|id| stage.starts(id)), [2, 3, 4, 5]);
    let end = process::monitored(&supervisor);
    end_child(&supervisor, "b", Way::Killed).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    assert_eq!(IDS.map(|id| stage.starts(id)), [2, 3, 4, 5]);
}

/// Rest-for-one: a restart that fails in the group uses up what is allowed, and all end.
#[beamish::test]
async fn os42_rest_for_one_a_failing_restart_ends_all() {
    escalation(Strategy::RestForOne).await;
}

/// A later child fails to start in a restart: only it and those after it are tried again; the one before it, though it has
/// just been restarted, is not touched.
#[beamish::test]
async fn os43_rest_for_one_goes_on_with_the_child_that_fails_to_restart() {
    let stage = Stage::new();
    let supervisor = Supervisor::new(Strategy::RestForOne)
        .child(Worker::spec("a", &stage))
        .child(named("b", "the second", &stage))
        .child(Worker::spec("c", &stage))
        .child(Worker::spec("d", &stage));
    let supervisor = started(supervisor).await;
    let before = pids(&supervisor, ["a", "b", "c", "d"]).await;
    stage.reset();
    let mut gate = stage.gate("c");
    Way::Killed.end(before[1]).await;
    gate.reached().await;
    let between = process::whereis("the second").unwrap();
    gate.open(Plan::Fail);
    let again = async {
        while counts(&supervisor).await != (4, 4, 0, 4) {
            process::yield_now().await;
        }
    };
    soon(again).await;
    let after = pids(&supervisor, ["a", "b", "c", "d"]).await;
    assert_eq!(after[..2], [before[0], between]);
    assert!(after[2..].iter().all(|pid| !before.contains(pid)));
    assert_eq!(stage.log(), "-b -d -c +b !c +c +d");
}

/// What becomes of a child.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Restarted,
    Kept,
    Removed,
}

/// The only child of a supervisor ends in one of these ways, under each strategy.
async fn after(restart: Restart, ways: &[Way], fate: Fate) {
    for strategy in STRATEGIES {
        for way in ways {
            let stage = Stage::new();
            let supervisor = Supervisor::new(strategy)
                .max_restarts(1)
                .child(Worker::spec("it", &stage).restart(restart));
            let supervisor = started(supervisor).await;
            let it = pid_of(&supervisor, "it").await;
            assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
            way.end(it).await;
            let found = match status(&supervisor, "it").await {
                Some(ChildStatus::Running(pid)) => {
                    assert_ne!(pid, it);
                    Fate::Restarted
                }
                Some(ChildStatus::Stopped) => Fate::Kept,
                None => Fate::Removed,
                Some(ChildStatus::Restarting) => panic!("restarting"),
            };
            assert_eq!(found, fate, "{strategy:?} {way:?}");
            let (left, log) = match fate {
                Fate::Restarted => ((1, 1, 0, 1), "+it -it +it"),
                Fate::Kept => ((1, 0, 0, 1), "+it -it"),
                Fate::Removed => ((0, 0, 0, 0), "+it -it"),
            };
            assert_eq!(counts(&supervisor).await, left);
            assert_eq!(stage.log(), log);
        }
    }
}

/// A permanent child that ended with `normal` is restarted.
#[beamish::test]
async fn os45_a_permanent_child_is_restarted_after_normal() {
    after(Restart::Permanent, &[Way::Normal], Fate::Restarted).await;
}

/// A transient child that ended with `normal` is not restarted; its specification is kept.
#[beamish::test]
async fn os46_a_transient_child_is_kept_stopped_after_normal() {
    after(Restart::Transient, &[Way::Normal], Fate::Kept).await;
}

/// A temporary child that ended with `normal` is removed.
#[beamish::test]
async fn os47_a_temporary_child_is_removed_after_normal() {
    after(Restart::Temporary, &[Way::Normal], Fate::Removed).await;
}

const SHUTDOWNS: [Way; 2] = [Way::Shutdown, Way::ShutdownWith];

/// A permanent child that ended with a shutdown is restarted.
#[beamish::test]
async fn os48_a_permanent_child_is_restarted_after_a_shutdown() {
    after(Restart::Permanent, &SHUTDOWNS, Fate::Restarted).await;
}

/// A transient child that ended with a shutdown is not restarted; its specification is kept.
#[beamish::test]
async fn os49_a_transient_child_is_kept_stopped_after_a_shutdown() {
    after(Restart::Transient, &SHUTDOWNS, Fate::Kept).await;
}

/// A temporary child that ended with a shutdown is removed.
#[beamish::test]
async fn os50_a_temporary_child_is_removed_after_a_shutdown() {
    after(Restart::Temporary, &SHUTDOWNS, Fate::Removed).await;
}

/// A permanent child that ended in any other way is restarted.
#[beamish::test]
async fn os52_a_permanent_child_is_restarted_after_any_other_end() {
    after(Restart::Permanent, &Way::ABNORMAL, Fate::Restarted).await;
}

/// A transient child that ended in any other way is restarted.
#[beamish::test]
async fn os53_a_transient_child_is_restarted_after_any_other_end() {
    after(Restart::Transient, &Way::ABNORMAL, Fate::Restarted).await;
}

/// A temporary child that ended in any other way is removed.
#[beamish::test]
async fn os54_a_temporary_child_is_removed_after_any_other_end() {
    after(Restart::Temporary, &Way::ABNORMAL, Fate::Removed).await;
}

/// A temporary child that is ended since a sibling failed is not started again, and its specification is gone; the
/// supervisor lives.
#[beamish::test]
async fn os55_a_temporary_bystander_of_a_group_restart_is_removed() {
    for (strategy, order, removed) in [
        (Strategy::OneForAll, ["permanent", "temporary"], true),
        (Strategy::OneForAll, ["temporary", "permanent"], true),
        (Strategy::RestForOne, ["permanent", "temporary"], true),
        (Strategy::RestForOne, ["temporary", "permanent"], false),
        (Strategy::OneForOne, ["permanent", "temporary"], false),
    ] {
        let stage = Stage::new();
        let children = order.map(|id| match id {
            "temporary" => Worker::spec(id, &stage).restart(Restart::Temporary),
            _ => Worker::spec(id, &stage),
        });
        let supervisor = started(Supervisor::new(strategy).children(children)).await;
        let above = supervisor.pid().unwrap();
        let [permanent, temporary] = pids(&supervisor, ["permanent", "temporary"]).await;
        let end = process::monitored(temporary);
        Way::Killed.end(permanent).await;
        assert_ne!(pid_of(&supervisor, "permanent").await, permanent);
        if removed {
            assert_eq!(soon(end).await, ExitReason::Shutdown);
            assert_eq!(ids(&supervisor).await, "permanent");
            assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
        } else {
            assert_eq!(pid_of(&supervisor, "temporary").await, temporary);
        }
        assert_eq!(stage.starts("temporary"), 1);
        assert!(process::alive(above));
    }
}

/// Nested supervisors. A restart in one subtree leaves the other alone; a subtree that gives up is restarted by the one
/// above, with its siblings; then children that were added are lost, and one that was stopped by hand runs again.
#[beamish::test]
async fn os57_a_tree_restarts_by_subtrees() {
    let stage = Stage::new();
    let left = workers(Strategy::OneForOne, ["a", "b"], &stage)
        .max_restarts(2)
        .child(Worker::spec("t", &stage).restart(Restart::Transient));
    let right = workers(Strategy::OneForAll, ["c", "d"], &stage).max_restarts(2);
    let top = Supervisor::new(Strategy::OneForAll)
        .max_restarts(1)
        .child(left.child_spec().id("left"))
        .child(right.child_spec().id("right"));
    let top = started(top).await;
    assert_eq!(stage.log(), "+a +b +t +c +d");
    let left = subtree(&top, "left").await;
    let right = subtree(&top, "right").await;

    let before = (
        pids(&left, ["a", "b", "t"]).await,
        pids(&right, ["c", "d"]).await,
    );
    end_child(&left, "a", Way::Panic).await;
    let now = pids(&left, ["a", "b", "t"]).await;
    assert_eq!(now[1..], before.0[1..]);
    assert_ne!(now[0], before.0[0]);
    assert_eq!(pids(&right, ["c", "d"]).await, before.1);

    end_child(&right, "c", Way::Panic).await;
    let new = pids(&right, ["c", "d"]).await;
    assert!(new.iter().all(|pid| !before.1.contains(pid)));
    assert_eq!(pids(&left, ["a", "b", "t"]).await, now);
    assert_eq!(pid_of(&top, "left").await, left.pid().unwrap());

    soon(left.start_child(Worker::spec("added", &stage)))
        .await
        .unwrap()
        .unwrap();
    soon(left.terminate_child("t")).await.unwrap();
    assert_eq!(counts(&left).await, (4, 3, 0, 4));

    stage.reset();
    let ends = (process::monitored(&left), process::monitored(&right));
    end_child(&left, "b", Way::Panic).await;
    end_child(&left, "b", Way::Panic).await;
    assert_eq!(soon(ends.0).await, ExitReason::Shutdown);
    assert_eq!(soon(ends.1).await, ExitReason::Shutdown);
    let again = (subtree(&top, "left").await, subtree(&top, "right").await);
    assert_ne!((again.0.pid(), again.1.pid()), (left.pid(), right.pid()));
    assert_eq!(ids(&again.0).await, "t b a");
    pids(&again.0, ["a", "b", "t"]).await;
    pids(&again.1, ["c", "d"]).await;
    assert_eq!(stage.log(), "-b +b -b -added -a -d -c +a +b +t +c +d");

    // Once more is too often for the top.
    let end = process::monitored(&top);
    for _ in 0..3 {
        end_child(&again.1, "d", Way::Panic).await;
    }
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    assert_eq!(
        ["a", "b", "c", "d", "t"].map(|id| stage.starts(id)),
        [3, 3, 5, 5, 2]
    );
}

/// A tree that cannot start says at each level which child it was.
#[beamish::test]
async fn os57_a_tree_that_cannot_start_names_the_child_at_each_level() {
    let stage = Stage::new();
    stage.plan("b", [Plan::Fail]);
    let left = workers(Strategy::OneForOne, ["a", "b"], &stage);
    let top = one_for_one()
        .child(Worker::spec("first", &stage))
        .child(left.child_spec().id("left"));
    let error = soon(top.start()).await.unwrap_err();
    assert_eq!(failed(&error).id, "left".into());
    assert_eq!(failed(&failed(&error).error).id, "b".into());
    assert_eq!(stage.log(), "+first +a !b -a -first");
}

/// A named supervisor that is killed comes back under its name, and so do its named workers, whether they die alone or
/// with it.
#[beamish::test]
async fn os79_killed_named_supervisors_and_workers_come_back_under_their_names() {
    let stage = Stage::new();
    let inner = one_for_one()
        .name("the supervisor")
        .max_restarts(u32::MAX)
        .child(named("a", "the worker", &stage));
    let top = started(one_for_one().max_restarts(u32::MAX).child(inner)).await;
    let (supervisor, worker) = (
        SupervisorRef::to("the supervisor"),
        WorkerRef::to("the worker"),
    );
    for _ in 0..20 {
        let before = (supervisor.pid().unwrap(), worker.pid().unwrap());
        Way::Killed.end(before.1).await;
        let after = pid_of(&supervisor, "a").await;
        assert_ne!(after, before.1);
        assert_eq!(process::whereis("the worker"), Some(after));
        assert_eq!(supervisor.pid(), Some(before.0));

        let end = process::monitored(before.0);
        let worker_end = process::monitored(after);
        process::kill(&supervisor);
        assert_eq!(soon(end).await, ExitReason::Killed);
        assert_eq!(soon(worker_end).await, ExitReason::Killed);
        let back = soon(supervisor.when_up(60 * SECOND)).await.unwrap();
        assert_ne!(back, before.0);
        // The supervisor holds its name before its children have started; the one above knows when they have.
        assert_eq!(pid_of(&top, "the supervisor").await, back);
        assert_eq!(
            process::whereis("the worker"),
            Some(pid_of(&supervisor, "a").await)
        );
        assert_eq!(soon(worker.id()).await.unwrap(), "a");
    }
    assert_eq!(stage.starts("a"), 41);
}

/// As many restarts as there are: each restart type counts alike, and an end without a restart does not.
#[beamish::test]
async fn os30_only_restarts_count() {
    let stage = Stage::new();
    let supervisor = one_for_one().max_restarts(1).children(
        ["permanent", "transient", "temporary"]
            .into_iter()
            .zip(RESTARTS)
            .map(|(id, restart)| Worker::spec(id, &stage).restart(restart)),
    );
    let supervisor = started(supervisor).await;
    end_child(&supervisor, "temporary", Way::Panic).await;
    end_child(&supervisor, "transient", Way::Normal).await;
    soon(supervisor.restart_child("transient")).await.unwrap();
    end_child(&supervisor, "transient", Way::Panic).await;
    pids(&supervisor, ["permanent", "transient"]).await;
    end_child(&supervisor, "permanent", Way::Panic).await;
    assert!(is_over(&supervisor).await);
}

/// The same with global names, which they have again whoever died.
#[beamish::test]
async fn os79_killed_supervisors_and_workers_come_back_under_their_global_names() {
    let stage = Stage::new();
    let worker = {
        let stage = stage.clone();
        ChildSpec::new(move || Worker::start_link("a", stage.clone()).global("the worker")).id("a")
    };
    let inner = one_for_one()
        .global("the supervisor")
        .max_restarts(u32::MAX)
        .child(worker);
    let top = started(one_for_one().max_restarts(u32::MAX).child(inner)).await;
    let supervisor = SupervisorRef::global("the supervisor");
    let worker = WorkerRef::global("the worker");
    for _ in 0..20 {
        let before = (supervisor.pid().unwrap(), worker.pid().unwrap());
        Way::Killed.end(before.1).await;
        let after = pid_of(&supervisor, "a").await;
        assert_ne!(after, before.1);
        assert_eq!(global::whereis_name("the worker"), Some(after));
        assert_eq!(global::whereis_name("the supervisor"), Some(before.0));

        let ends = (process::monitored(before.0), process::monitored(after));
        process::kill(&supervisor);
        assert_eq!(soon(ends.0).await, ExitReason::Killed);
        assert_eq!(soon(ends.1).await, ExitReason::Killed);
        let back = pid_of(&top, "the supervisor").await;
        assert_ne!(back, before.0);
        assert_eq!(supervisor.pid(), Some(back));
        assert_eq!(worker.pid(), Some(pid_of(&supervisor, "a").await));
        assert_eq!(soon(worker.id()).await.unwrap(), "a");
    }
    assert_eq!(process::whereis("the worker"), None);
    assert_eq!(stage.starts("a"), 41);
}
