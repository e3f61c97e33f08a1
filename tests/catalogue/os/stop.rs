//! How supervisors end, and how they end their children.

use std::sync::Arc;
use std::time::Duration;

use beamish::prelude::*;
use beamish::{ChildStatus, DynamicSupervisor, Restart, Shutdown, Strategy, Supervisor};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::kit::{
    Manner, Plan, RESTARTS, SECOND, STRATEGIES, Stage, Stubborn, StubbornRef, Way, Worker,
    WorkerRef, child, counts_of, ids, nothing_came, one_for_one, pid_of, pids, pool, soon, started,
    status, workers,
};

/// Starts these children under a linked supervisor, tells it to shut down, and says how each ended. The supervisor itself
/// ends with `shutdown`.
async fn shut_down<const N: usize>(
    strategy: Strategy,
    stage: &Stage,
    specs: [ChildSpec; N],
) -> [ExitReason; N] {
    process::trap_exit(true);
    let children = specs
        .into_iter()
        .enumerate()
        .map(|(at, spec)| spec.id(at as u32));
    let supervisor = Supervisor::new(strategy).max_restarts(0).children(children);
    let supervisor = soon(supervisor.start_link()).await.unwrap();
    let mut listed = soon(supervisor.which_children()).await.unwrap();
    listed.reverse();
    let ends: Vec<_> = listed
        .iter()
        .map(|child| process::monitored(child.status.pid().unwrap()))
        .collect();
    ended(supervisor.pid().unwrap(), stage, ends).await
}

/// The same under a dynamic supervisor.
async fn shut_down_dynamic<const N: usize>(
    stage: &Stage,
    specs: [ChildSpec; N],
) -> [ExitReason; N] {
    process::trap_exit(true);
    let pool = soon(DynamicSupervisor::new().max_restarts(0).start_link())
        .await
        .unwrap();
    let mut ends = Vec::new();
    for spec in specs {
        ends.push(process::monitored(child(&pool, spec).await));
    }
    ended(pool.pid().unwrap(), stage, ends).await
}

async fn ended<const N: usize>(
    supervisor: Pid,
    stage: &Stage,
    ends: Vec<impl Future<Output = ExitReason>>,
) -> [ExitReason; N] {
    stage.reset();
    process::exit(supervisor, ExitReason::Shutdown);
    let ended = async {
        receive! {
            Exit { from, reason } => assert_eq!((from, reason), (supervisor, ExitReason::Shutdown)),
        }
    };
    soon(ended).await;
    nothing_came();
    let mut reasons = Vec::new();
    for end in ends {
        reasons.push(soon(end).await);
    }
    reasons.try_into().unwrap()
}

/// `infinity` is allowed for workers and supervisors: both are waited for, and end with `shutdown`.
#[beamish::test(start_paused)]
async fn os16_infinity_is_for_workers_and_supervisors() {
    let stage = Stage::new();
    let slow = |id| Stubborn::spec(id, &stage, Manner::After(100 * SECOND));
    let tree = one_for_one()
        .child(slow("inner").shutdown(Shutdown::Infinity))
        .child_spec()
        .shutdown(Shutdown::Infinity);
    let worker = slow("worker").shutdown(Shutdown::Infinity);
    let reasons = shut_down(Strategy::OneForOne, &stage, [tree, worker]).await;
    assert_eq!(reasons, [ExitReason::Shutdown, ExitReason::Shutdown]);
    assert_eq!(
        stage.timed_log(),
        "~worker@0 -worker@100000 ~inner@100000 -inner@200000"
    );
}

/// A child that needs longer than its time is killed, the other ends with `shutdown`.
#[beamish::test(start_paused)]
async fn os17_a_child_that_needs_too_long_is_killed() {
    for strategy in STRATEGIES {
        let stage = Stage::new();
        let limit = Duration::from_millis(1_000);
        let reasons = shut_down(
            strategy,
            &stage,
            [
                Stubborn::spec("hangs", &stage, Manner::After(Duration::from_millis(1_001)))
                    .shutdown(limit),
                Stubborn::spec("obeys", &stage, Manner::After(Duration::from_millis(999)))
                    .shutdown(limit),
            ],
        )
        .await;
        assert_eq!(reasons, [ExitReason::Killed, ExitReason::Shutdown]);
        assert_eq!(
            stage.timed_log(),
            "~obeys@0 -obeys@999 ~hangs@999 -hangs@1999"
        );
    }
}

/// The same of dynamic children, which are ended together.
#[beamish::test(start_paused)]
async fn os18_a_dynamic_child_that_needs_too_long_is_killed() {
    let stage = Stage::new();
    let limit = Duration::from_millis(1_000);
    let began = Instant::now();
    let reasons = shut_down_dynamic(
        &stage,
        [
            Worker::spec("a", &stage).shutdown(limit),
            Stubborn::spec("hangs", &stage, Manner::After(Duration::from_millis(1_001)))
                .shutdown(limit),
            Stubborn::spec("obeys", &stage, Manner::After(Duration::from_millis(999)))
                .shutdown(limit),
        ],
    )
    .await;
    assert_eq!(
        reasons,
        [
            ExitReason::Shutdown,
            ExitReason::Killed,
            ExitReason::Shutdown
        ]
    );
    assert_eq!(began.elapsed(), limit);
}

/// A `brutal_kill` child ends killed, its sibling with `shutdown`.
#[beamish::test(start_paused)]
async fn os19_a_brutal_kill_child_ends_killed() {
    for strategy in STRATEGIES {
        let stage = Stage::new();
        let reasons = shut_down(
            strategy,
            &stage,
            [
                Stubborn::spec("killed", &stage, Manner::Never).shutdown(Shutdown::BrutalKill),
                Worker::spec("asked", &stage).shutdown(SECOND),
            ],
        )
        .await;
        assert_eq!(reasons, [ExitReason::Killed, ExitReason::Shutdown]);
        assert_eq!(stage.timed_log(), "-asked@0 -killed@0");
    }
}

/// So do dynamic children, all of them.
#[beamish::test(start_paused)]
async fn os20_brutal_kill_dynamic_children_end_killed() {
    let stage = Stage::new();
    let reasons = shut_down_dynamic(
        &stage,
        ["a", "b", "c"]
            .map(|id| Stubborn::spec(id, &stage, Manner::Never).shutdown(Shutdown::BrutalKill)),
    )
    .await;
    assert_eq!(reasons, [const { ExitReason::Killed }; 3]);
    let log = stage.timed_log();
    assert!(!log.contains('~'), "`terminate` ran: {log}");
    assert_eq!(log.matches("@0").count(), 3, "{log}");
}

/// Children that end by themselves while their supervisor is stopping keep their reason and are not started again; the
/// supervisor ends with `shutdown`.
#[beamish::test]
async fn os21_children_that_end_during_the_stop_keep_their_reason() {
    process::trap_exit(true);
    for strategy in STRATEGIES {
        for restart in RESTARTS {
            for way in Way::PLANNED.into_iter().chain(Way::ABNORMAL) {
                let stage = Stage::new();
                let told = Arc::new(Notify::new());
                let slow = Stubborn::spec("slow", &stage, Manner::Until(Arc::clone(&told)))
                    .shutdown(Shutdown::Infinity);
                let supervisor = Supervisor::new(strategy)
                    .child(Worker::spec("first", &stage).restart(restart))
                    .child(Worker::spec("second", &stage).restart(restart))
                    .child(slow);
                let supervisor = soon(supervisor.start_link()).await.unwrap();
                let [first, second, slow] = pids(&supervisor, ["first", "second", "slow"]).await;
                let slow_end = process::monitored(slow);
                process::exit(&supervisor, ExitReason::Shutdown);
                stage.noted("~slow").await;
                // `end` looks at the reason.
                way.end(first).await;
                way.end(second).await;
                told.notify_one();
                let ended = async {
                    receive! {
                        Exit { from, reason } if Some(from) == supervisor.pid() => {
                            assert_eq!(reason, ExitReason::Shutdown, "{restart:?} {way:?}");
                        },
                    }
                };
                soon(ended).await;
                assert_eq!(soon(slow_end).await, ExitReason::Shutdown);
                assert_eq!(
                    stage.log(),
                    "+first +second +slow ~slow -first -second -slow",
                    "{restart:?} {way:?}"
                );
                nothing_came();
            }
        }
    }
}

/// Dynamic children that answer `shutdown` with another reason keep it and are not started again; the supervisor ends
/// with `shutdown`.
#[beamish::test(start_paused)]
async fn os22_dynamic_children_may_end_with_another_reason() {
    for restart in RESTARTS {
        for own in [
            ExitReason::Normal,
            ExitReason::shutdown_with("own"),
            ExitReason::other("own"),
            ExitReason::Killed,
        ] {
            let stage = Stage::new();
            let spec = |id| Stubborn::spec(id, &stage, Manner::With(own.clone())).restart(restart);
            let slow = Stubborn::spec("slow", &stage, Manner::After(SECOND)).restart(restart);
            let reasons = shut_down_dynamic(&stage, [spec("a"), slow, spec("b")]).await;
            assert_eq!(reasons, [own.clone(), ExitReason::Shutdown, own]);
            assert_eq!(["a", "b", "slow"].map(|id| stage.starts(id)), [1; 3]);
        }
    }
}

/// Dynamic children are ended together: that takes as long as the slowest needs, not as long as all do.
#[beamish::test(start_paused)]
async fn os36_dynamic_children_are_ended_together() {
    let stage = Stage::new();
    let slow = |id, seconds| {
        Stubborn::spec(id, &stage, Manner::After(seconds * SECOND)).shutdown(10 * SECOND)
    };
    let began = Instant::now();
    let reasons = shut_down_dynamic(&stage, [slow("a", 2), slow("b", 4), slow("c", 3)]).await;
    assert_eq!(reasons, [const { ExitReason::Shutdown }; 3]);
    assert_eq!(began.elapsed(), 4 * SECOND);
    let log = stage.timed_log();
    for begun in ["~a@0", "~b@0", "~c@0"] {
        assert!(log.split(' ').any(|word| word == begun), "{begun} in {log}");
    }
    assert!(log.ends_with("-a@2000 -c@3000 -b@4000"), "{log}");
}

/// A child that has removed its link is ended all the same, by request and at the stop, and hangs nobody.
#[beamish::test(start_paused)]
async fn os56_a_child_that_has_unlinked_itself_is_ended() {
    for shutdown in [
        Shutdown::BrutalKill,
        Shutdown::Timeout(SECOND),
        Shutdown::Infinity,
    ] {
        let stage = Stage::new();
        let reason = if shutdown == Shutdown::BrutalKill {
            ExitReason::Killed
        } else {
            ExitReason::Shutdown
        };
        let spec = |id| Worker::spec(id, &stage).shutdown(shutdown);
        let supervisor = one_for_one()
            .child(spec("a"))
            .child(spec("b"))
            .child(spec("gone"))
            .child(Stubborn::spec("s", &stage, Manner::After(SECOND)).shutdown(Shutdown::Infinity));
        let supervisor = started(supervisor).await;
        let above = supervisor.pid().unwrap();
        let [a, b, gone, stubborn] = pids(&supervisor, ["a", "b", "gone", "s"]).await;
        for pid in [a, b, gone] {
            let worker = WorkerRef::try_from(pid).unwrap();
            soon(worker.unlink(above)).await.unwrap();
        }
        soon(StubbornRef::try_from(stubborn).unwrap().unlink(above))
            .await
            .unwrap();
        assert_eq!(process::info(above).unwrap().links, []);

        let end = process::monitored(a);
        soon(supervisor.terminate_child("a")).await.unwrap();
        assert_eq!(soon(end).await, reason);
        assert_eq!(status(&supervisor, "a").await, Some(ChildStatus::Stopped));
        // Nobody tells the supervisor of this end.
        Way::Normal.end(gone).await;
        soon(supervisor.terminate_child("gone")).await.unwrap();
        assert_eq!(
            status(&supervisor, "gone").await,
            Some(ChildStatus::Stopped)
        );
        let ends = (process::monitored(b), process::monitored(stubborn));
        soon(supervisor.stop()).await.unwrap();
        assert_eq!(soon(ends.0).await, reason);
        assert_eq!(soon(ends.1).await, ExitReason::Shutdown);

        let pool = pool().await;
        let [c, d] = [child(&pool, spec("c")).await, child(&pool, spec("d")).await];
        for pid in [c, d] {
            let worker = WorkerRef::try_from(pid).unwrap();
            soon(worker.unlink(pool.pid().unwrap())).await.unwrap();
        }
        let ends = (process::monitored(c), process::monitored(d));
        soon(pool.terminate_child(c)).await.unwrap();
        assert_eq!(soon(ends.0).await, reason);
        assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
        soon(pool.stop()).await.unwrap();
        assert_eq!(soon(ends.1).await, reason);
    }
}

/// Children start in the order of the list; a group is ended newest first and started in order; the last shutdown is
/// the exact reverse of the start, children that were added included.
#[beamish::test]
async fn os87_children_start_in_order_and_end_in_reverse() {
    for (strategy, restarted) in [
        (Strategy::OneForOne, "-b +b"),
        (Strategy::RestForOne, "-b -e -d -c +b +c +d +e"),
        (Strategy::OneForAll, "-b -e -d -c -a +a +b +c +d +e"),
    ] {
        let stage = Stage::new();
        let supervisor = started(workers(strategy, ["a", "b", "c"], &stage)).await;
        for id in ["d", "e"] {
            soon(supervisor.start_child(Worker::spec(id, &stage)))
                .await
                .unwrap();
        }
        assert_eq!(stage.log(), "+a +b +c +d +e");
        Way::Killed.end(pid_of(&supervisor, "b").await).await;
        pids(&supervisor, ["a", "b", "c", "d", "e"]).await;
        assert_eq!(stage.log(), restarted);
        // The order is that of the list, whoever was started last.
        assert_eq!(ids(&supervisor).await, "e d c b a");
        soon(supervisor.terminate_child("c")).await.unwrap();
        soon(supervisor.restart_child("c")).await.unwrap();
        stage.reset();
        soon(supervisor.stop()).await.unwrap();
        assert_eq!(stage.log(), "-e -d -c -b -a");
    }
}

/// A start that fails half way ends what had started in reverse too.
#[beamish::test]
async fn os87_a_start_that_fails_ends_the_children_in_reverse() {
    for strategy in STRATEGIES {
        let stage = Stage::new();
        stage.plan("d", [Plan::Fail]);
        soon(workers(strategy, ["a", "b", "c", "d", "e"], &stage).start())
            .await
            .unwrap_err();
        assert_eq!(stage.log(), "+a +b +c !d -c -b -a");
        assert_eq!(stage.starts("e"), 0);
    }
}

/// Temporary children of a static supervisor are ended in their place too.
#[beamish::test]
async fn os87_the_place_of_a_child_does_not_depend_on_its_restart() {
    let stage = Stage::new();
    let children = ["a", "b", "c"].into_iter().zip(RESTARTS);
    let children = children.map(|(id, restart)| Worker::spec(id, &stage).restart(restart));
    let supervisor = started(one_for_one().children(children)).await;
    soon(supervisor.start_child(Worker::spec("d", &stage).restart(Restart::Temporary)))
        .await
        .unwrap();
    stage.reset();
    soon(supervisor.stop()).await.unwrap();
    assert_eq!(stage.log(), "-d -c -b -a");
}
