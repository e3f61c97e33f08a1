//! Elixir's `dynamic_supervisor_test`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use beamish::prelude::*;
use beamish::{
    BadChildren, ChildError, ChildId, ChildKind, ChildStatus, DynamicSupervisor,
    DynamicSupervisorRef, Restart, Shutdown, StartChildError, StopError, Via, global,
};

use crate::kit::{
    Directory, Manner, Plan, RESTARTS, SECOND, Stage, Stubborn, Way, Worker, WorkerRef, as_planned,
    child, counts, counts_of, ids, listed, nothing_came, one_for_one, only, pid_of, pool, refused,
    running, soon, started,
};

fn pool_of(supervisor: Pid) -> DynamicSupervisorRef {
    DynamicSupervisorRef::try_from(supervisor).unwrap()
}

/// Started and linked, by a process that traps exits.
async fn linked(pool: DynamicSupervisor) -> DynamicSupervisorRef {
    process::trap_exit(true);
    soon(pool.start_link()).await.unwrap()
}

/// Until the linked supervisor has ended, with `shutdown`.
async fn ends_with_shutdown(pool: &DynamicSupervisorRef) {
    let ended = async {
        receive! {
            Exit { from, reason } => {
                assert_eq!((Some(from), reason), (pool.pid(), ExitReason::Shutdown));
                assert!(!process::alive(from));
            },
        }
    };
    soon(ended).await;
    nothing_came();
}

/// A dynamic supervisor is a child as any other, and begins without children.
#[beamish::test]
async fn ed01_a_dynamic_supervisor_is_a_child_and_starts_empty() {
    let stage = Stage::new();
    let above = started(one_for_one().child(DynamicSupervisor::new())).await;
    assert_eq!(counts(&above).await, (1, 1, 1, 0));
    let pid = pid_of(&above, "DynamicSupervisor").await;
    assert_eq!(counts_of(&pool_of(pid)).await, (0, 0, 0, 0));
    assert!(listed(&pool_of(pid)).await.is_empty());
    // Also when it is started again.
    let one = child(&pool_of(pid), Worker::spec("a", &stage)).await;
    let ends = (process::monitored(pid), process::monitored(one));
    process::kill(pid);
    assert_eq!(soon(ends.0).await, ExitReason::Killed);
    assert_eq!(soon(ends.1).await, ExitReason::Killed);
    let next = pid_of(&above, "DynamicSupervisor").await;
    assert_ne!(next, pid);
    assert_eq!(counts_of(&pool_of(next)).await, (0, 0, 0, 0));
    assert_eq!(stage.starts("a"), 1);
}

/// The id of a dynamic supervisor is its local name.
#[beamish::test]
async fn ed02_the_id_is_the_local_name() {
    let above = one_for_one()
        .child(DynamicSupervisor::new().name("one"))
        .child(DynamicSupervisor::new().name("other"));
    let above = started(above).await;
    assert_eq!(ids(&above).await, "other one");
    for name in ["one", "other"] {
        assert_eq!(process::whereis(name), Some(pid_of(&above, name).await));
    }
}

/// Two without a name have the same id: a list with both is refused, and a second one is already started.
#[beamish::test]
async fn ed02_two_without_a_name_clash() {
    let both = one_for_one()
        .child(DynamicSupervisor::new())
        .child(DynamicSupervisor::new());
    let error = soon(both.start()).await.unwrap_err();
    assert_eq!(
        refused(&error),
        &BadChildren::DuplicateId("DynamicSupervisor".into())
    );

    let above = started(one_for_one().child(DynamicSupervisor::new())).await;
    let first = pid_of(&above, "DynamicSupervisor").await;
    let second = soon(above.start_child(DynamicSupervisor::new())).await;
    assert!(
        matches!(second, Err(StartChildError::AlreadyStarted(pid)) if pid == first),
        "{second:?}"
    );
    assert_eq!(counts(&above).await, (1, 1, 1, 0));
    // With an id there is room for both.
    soon(above.start_child(DynamicSupervisor::new().child_spec().id("second")))
        .await
        .unwrap()
        .unwrap();
}

/// Its specification is that of a supervisor, permanent and waited for without limit; id, restart, shutdown and start can
/// be given.
#[beamish::test(start_paused)]
async fn ed03_the_fields_of_its_specification_can_be_given() {
    let stage = Stage::new();
    let slow = Stubborn::spec("slow", &stage, Manner::After(100 * SECOND))
        .shutdown(Shutdown::Infinity)
        .restart(Restart::Temporary);
    let above = one_for_one()
        .child(DynamicSupervisor::new())
        .child(
            DynamicSupervisor::new()
                .child_spec()
                .id(2)
                .restart(Restart::Temporary)
                .shutdown(SECOND),
        )
        .child(ChildSpec::new(|| DynamicSupervisor::new().max_children(0).start_link()).id("full"));
    let above = started(above).await;
    let children = soon(above.which_children()).await.unwrap();
    let expected = ["full".into(), 2.into(), "DynamicSupervisor".into()].map(Some::<ChildId>);
    assert_eq!(
        children
            .iter()
            .map(|child| child.id.clone())
            .collect::<Vec<_>>(),
        expected
    );
    assert!(
        children
            .iter()
            .all(|child| child.kind == ChildKind::Supervisor)
    );
    let [full, second, first] = [0, 1, 2].map(|at| children[at].status.pid().unwrap());
    let refused = soon(pool_of(full).start_child(Worker::spec("a", &stage))).await;
    assert!(
        matches!(refused, Err(StartChildError::MaxChildren)),
        "{refused:?}"
    );
    for pid in [first, second] {
        child(&pool_of(pid), slow.clone()).await;
    }

    let began = tokio::time::Instant::now();
    for (id, pid, reason, after) in [
        (ChildId::from(2), second, ExitReason::Killed, 1),
        (
            ChildId::from("DynamicSupervisor"),
            first,
            ExitReason::Shutdown,
            101,
        ),
    ] {
        let end = process::monitored(pid);
        soon(above.terminate_child(id)).await.unwrap();
        assert_eq!(soon(end).await, reason);
        assert_eq!(began.elapsed(), after * SECOND);
    }
    assert_eq!(ids(&above).await, "full DynamicSupervisor");

    let full = pool_of(full);
    soon(full.stop()).await.unwrap();
    pid_of(&above, "full").await;
}

/// Unless told otherwise: as many children as one likes, three restarts in five seconds, one for one.
#[beamish::test(start_paused)]
async fn ed04_its_defaults() {
    for (pause, survives) in [(0, false), (5, false), (6, true)] {
        let stage = Stage::new();
        let pool = soon(DynamicSupervisor::new().start()).await.unwrap();
        for _ in 0..200 {
            child(&pool, Worker::spec("a", &stage)).await;
        }
        let end = process::monitored(&pool);
        let children = running(&pool).await;
        for pid in &children[..3] {
            Way::Killed.end(*pid).await;
        }
        let after = running(&pool).await;
        assert_eq!(after.len(), 200);
        assert!(children[3..].iter().all(|pid| after.contains(pid)));
        process::sleep(pause * SECOND).await;
        Way::Killed.end(children[3]).await;
        if survives {
            assert_eq!(counts_of(&pool).await, (200, 200, 0, 200));
        } else {
            assert_eq!(soon(end).await, ExitReason::Shutdown);
        }
    }
}

/// A period of zero seconds is refused at the start. (The other flags cannot be wrong: they are numbers without a sign,
/// or not there.)
#[beamish::test]
async fn ed05_a_period_of_zero_is_refused() {
    process::trap_exit(true);
    let error = soon(DynamicSupervisor::new().max_seconds(0).start_link()).await;
    assert!(matches!(error, Err(StartError::Init(_))), "{error:?}");
    nothing_came();
}

/// `start_link` links the caller and registers the name; `stop` ends it well.
#[beamish::test]
async fn ed06_start_link_links_and_registers_and_stop_ends() {
    let pool = linked(DynamicSupervisor::new().name("the pool")).await;
    let pid = pool.pid().unwrap();
    assert_eq!(process::whereis("the pool"), Some(pid));
    let me = process::info(self_pid()).unwrap();
    assert_eq!(me.links, [pid]);
    assert_eq!(process::info(pid).unwrap().parent, Some(self_pid()));

    let second = soon(DynamicSupervisor::new().name("the pool").start_link()).await;
    assert!(
        matches!(second, Err(StartError::AlreadyStarted(held)) if held == pid),
        "{second:?}"
    );
    soon(DynamicSupervisorRef::to("the pool").stop())
        .await
        .unwrap();
    assert!(!process::alive(pid));
    assert_eq!(process::whereis("the pool"), None);
    receive! {
        Exit { from, reason } => assert_eq!((from, reason), (pid, ExitReason::Normal)),
        after 0 => panic!("it was not linked"),
    }
    nothing_came();
    assert!(matches!(soon(pool.stop()).await, Err(StopError::NoProc(_))));
}

/// A whole specification is started, and its pid returned.
#[beamish::test]
async fn ed12_a_whole_specification_is_started() {
    let stage = Stage::new();
    let pool = pool().await;
    let spec = {
        let stage = stage.clone();
        ChildSpec::new(move || Worker::start_link("hello", stage.clone()))
            .id("ignored")
            .restart(Restart::Temporary)
            .shutdown(Shutdown::BrutalKill)
    };
    let pid = child(&pool, spec).await;
    assert_eq!(only(&pool).await, pid);
    let worker = WorkerRef::try_from(pid).unwrap();
    assert_eq!(soon(worker.id()).await.unwrap(), "hello");
    assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
    let end = process::monitored(pid);
    soon(pool.terminate_child(pid)).await.unwrap();
    assert_eq!(soon(end).await, ExitReason::Killed);
}

/// The short form, a type with its argument, is started, and so is a start that can be made once.
#[beamish::test]
async fn ed13_a_type_with_an_argument_is_started() {
    let stage = Stage::new();
    let pool = pool().await;
    let pid = child(&pool, Worker::child_spec("hello", stage.clone())).await;
    let worker = WorkerRef::try_from(pid).unwrap();
    assert_eq!(soon(worker.id()).await.unwrap(), "hello");
    let once: WorkerRef = soon(pool.start_child(Worker::start_link("once", stage.clone()).once()))
        .await
        .unwrap();
    assert_eq!(soon(once.id()).await.unwrap(), "once");
    assert_eq!(counts_of(&pool).await, (2, 2, 0, 2));
    assert_eq!(stage.log(), "+hello +once");
}

/// A specification is looked at in the caller, before anything is sent: a bad one is an error even where nobody would
/// hear of it. (All that can be bad here is `significant`.)
#[beamish::test]
async fn ed15_a_bad_specification_is_refused_in_the_caller() {
    let stage = Stage::new();
    let pool = pool().await;
    let nobody = DynamicSupervisorRef::to("nobody");
    for supervisor in [&pool, &nobody] {
        for restart in RESTARTS {
            let spec = Worker::spec("a", &stage).restart(restart).significant(true);
            let error = soon(supervisor.start_child(spec)).await.unwrap_err();
            assert!(matches!(error, StartChildError::BadChild(_)), "{error:?}");
        }
    }
    assert_eq!(stage.starts("a"), 0);
    assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
}

/// What `start_child` says of each outcome of a start; of all but the first nothing is kept.
#[beamish::test]
async fn ed16_start_child_says_how_the_start_went() {
    use StartChildError::{AlreadyStarted, Start};

    let stage = Stage::new();
    let pool = pool().await;
    let reason = ExitReason::other("its own");
    stage.plan(
        "a",
        [
            Plan::Start,
            Plan::Ignore,
            Plan::Fail,
            Plan::Stop(reason.clone()),
            Plan::Stop(ExitReason::Normal),
        ],
    );
    let first = child(&pool, Worker::spec("a", &stage)).await;
    let mut errors = Vec::new();
    for _ in 0..4 {
        errors.push(
            soon(pool.start_child(Worker::spec("a", &stage)))
                .await
                .unwrap_err(),
        );
        assert_eq!(running(&pool).await, [first]);
        assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
    }
    assert!(
        matches!(errors[0], Start(StartError::Ignored)),
        "{errors:?}"
    );
    assert!(
        matches!(&errors[1], Start(error) if as_planned(error)),
        "{errors:?}"
    );
    assert!(
        matches!(&errors[2], Start(StartError::Exit(told)) if *told == reason),
        "{errors:?}"
    );
    assert!(
        matches!(errors[3], Start(StartError::Exit(ExitReason::Normal))),
        "{errors:?}"
    );
    assert_eq!(stage.starts("a"), 5, "a failed start was tried again");

    process::register("taken", self_pid()).unwrap();
    let taken = crate::kit::named("b", "taken", &stage);
    let error = soon(pool.start_child(taken)).await.unwrap_err();
    assert!(
        matches!(error, AlreadyStarted(pid) if pid == self_pid()),
        "{error:?}"
    );
    assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
}

/// A start that panics, throws any value, or exits is an error with that reason, whether in the start's expression,
/// which the supervisor runs, or in `init`; the supervisor lives on.
#[beamish::test]
async fn ed17_a_start_that_raises_throws_or_exits_is_an_error() {
    type Start = beamish::Start<Worker>;

    let stage = Stage::new();
    let pool = pool().await;
    let supervisor = pool.pid();
    let reason = ExitReason::other("its own");
    let starting = async |spec: ChildSpec| {
        let error = soon(pool.start_child(spec)).await.unwrap_err();
        match error {
            StartChildError::Start(StartError::Exit(reason)) => reason,
            other => panic!("{other:?}"),
        }
    };

    let raised = starting(ChildSpec::new(|| -> Start { panic!("raised") })).await;
    assert!(
        matches!(&raised, ExitReason::Panic(panic) if panic.message() == "raised" && panic.line().is_some()),
        "{raised:?}"
    );
    let thrown = starting(ChildSpec::new(|| -> Start { std::panic::panic_any(7) })).await;
    assert!(matches!(thrown, ExitReason::Panic(_)), "{thrown:?}");
    let exits = {
        let reason = reason.clone();
        ChildSpec::new(move || -> Start { exit(reason.clone()) })
    };
    assert_eq!(starting(exits).await, reason);
    let kill = ChildSpec::new(|| -> Start { exit(ExitReason::Kill) });
    assert_eq!(starting(kill).await, ExitReason::Kill);

    stage.plan("a", [Plan::Panic, Plan::Exit(reason.clone())]);
    let raised = starting(Worker::spec("a", &stage)).await;
    assert!(
        matches!(&raised, ExitReason::Panic(panic) if panic.message() == "as planned"),
        "{raised:?}"
    );
    assert_eq!(starting(Worker::spec("a", &stage)).await, reason);

    assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
    assert_eq!(pool.pid(), supervisor);
    child(&pool, Worker::spec("a", &stage)).await;
}

/// With its limit reached a supervisor says so, and does not run the start.
#[beamish::test]
async fn ed18_a_full_supervisor_does_not_run_the_start() {
    let pool = soon(DynamicSupervisor::new().max_children(0).start())
        .await
        .unwrap();
    let runs = Arc::new(AtomicUsize::new(0));
    let spec = {
        let runs = Arc::clone(&runs);
        ChildSpec::new(move || {
            runs.fetch_add(1, Ordering::Relaxed);
            DynamicSupervisor::new().start_link()
        })
    };
    let error = soon(pool.start_child(spec)).await.unwrap_err();
    assert!(matches!(error, StartChildError::MaxChildren), "{error:?}");
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
}

/// A child with this restart ends in this way: whether it is started again. If not, nothing of it is left.
async fn is_restarted(restart: Restart, way: Way) -> bool {
    let stage = Stage::new();
    let pool = pool().await;
    let it = child(&pool, Worker::spec("it", &stage).restart(restart)).await;
    assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
    way.end(it).await;
    match counts_of(&pool).await {
        (0, 0, 0, 0) => {
            assert!(listed(&pool).await.is_empty());
            assert_eq!(stage.log(), "+it -it");
            false
        }
        (1, 1, 0, 1) => {
            assert_ne!(only(&pool).await, it);
            assert_eq!(stage.log(), "+it -it +it");
            true
        }
        other => panic!("{other:?}"),
    }
}

/// A temporary child is never started again.
#[beamish::test]
async fn ed19_a_temporary_child_is_gone_after_any_end() {
    for way in Way::PLANNED.into_iter().chain(Way::ABNORMAL) {
        assert!(!is_restarted(Restart::Temporary, way).await, "{way:?}");
    }
}

/// A transient child that ended as planned is gone altogether; after any other end it is started again.
#[beamish::test]
async fn ed20_a_transient_child_is_restarted_unless_it_ended_as_planned() {
    for way in Way::PLANNED {
        assert!(!is_restarted(Restart::Transient, way).await, "{way:?}");
    }
    for way in Way::ABNORMAL {
        assert!(is_restarted(Restart::Transient, way).await, "{way:?}");
    }
}

/// A permanent child is started again after any end.
#[beamish::test]
async fn ed21_a_permanent_child_is_restarted_after_any_end() {
    for way in Way::PLANNED.into_iter().chain(Way::ABNORMAL) {
        assert!(is_restarted(Restart::Permanent, way).await, "{way:?}");
    }
}

/// A restart that succeeds keeps the child, one that ignores drops it without a trace, one that fails leaves it
/// restarting: counted, listed without a pid, and tried again.
#[beamish::test]
async fn ed22_a_restart_may_succeed_ignore_or_fail() {
    let stage = Stage::new();
    let pool = pool().await;
    let first = child(&pool, Worker::spec("a", &stage)).await;
    stage.plan("a", [Plan::Start, Plan::Ignore]);
    Way::Killed.end(first).await;
    let second = only(&pool).await;
    assert_ne!(second, first);
    assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
    Way::Killed.end(second).await;
    assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
    assert!(listed(&pool).await.is_empty());
    assert_eq!(stage.log(), "+a -a +a -a !a");

    for (at, plan) in [
        Plan::Fail,
        Plan::Panic,
        Plan::Stop(ExitReason::Normal),
        Plan::Exit(ExitReason::Shutdown),
    ]
    .into_iter()
    .enumerate()
    {
        let pid = child(&pool, Worker::spec("b", &stage)).await;
        stage.plan("b", [plan]);
        stage.failing("b", true);
        Way::Killed.end(pid).await;
        assert_eq!(counts_of(&pool).await, (1, 0, 0, 1), "plan {at}");
        let children = listed(&pool).await;
        assert_eq!(children[0].status, ChildStatus::Restarting);
        assert_eq!(children[0].id, None);
        let starts = stage.starts("b");
        stage.reaches("b", starts + 2).await;
        stage.failing("b", false);
        let again = async {
            while counts_of(&pool).await != (1, 1, 0, 1) {
                process::yield_now().await;
            }
        };
        soon(again).await;
        let new = only(&pool).await;
        assert_ne!(new, pid);
        soon(pool.terminate_child(new)).await.unwrap();
    }
}

/// A child whose restart keeps failing has its place all the while.
#[beamish::test]
async fn ed23_a_restarting_child_takes_a_place() {
    let stage = Stage::new();
    let pool = DynamicSupervisor::new()
        .max_children(1)
        .max_restarts(u32::MAX);
    let pool = soon(pool.start()).await.unwrap();
    let pid = child(&pool, Worker::spec("a", &stage)).await;
    stage.failing("a", true);
    Way::Killed.end(pid).await;
    stage.reaches("a", 3).await;
    assert_eq!(counts_of(&pool).await, (1, 0, 0, 1));
    let full = soon(pool.start_child(Worker::spec("b", &stage))).await;
    assert!(
        matches!(full, Err(StartChildError::MaxChildren)),
        "{full:?}"
    );
    assert_eq!(stage.starts("b"), 0);
    soon(pool.terminate_child(pid)).await.unwrap();
    child(&pool, Worker::spec("b", &stage)).await;
}

/// A child that was started again takes one place, not two.
#[beamish::test]
async fn ed24_a_restarted_child_takes_one_place() {
    let stage = Stage::new();
    let pool = soon(DynamicSupervisor::new().max_children(2).start())
        .await
        .unwrap();
    let first = child(&pool, Worker::spec("a", &stage)).await;
    Way::Panic.end(first).await;
    assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
    child(&pool, Worker::spec("b", &stage)).await;
    let full = soon(pool.start_child(Worker::spec("c", &stage))).await;
    assert!(
        matches!(full, Err(StartChildError::MaxChildren)),
        "{full:?}"
    );
    assert_eq!(counts_of(&pool).await, (2, 2, 0, 2));
}

/// A failed restart is tried again by itself, until it succeeds.
#[beamish::test]
async fn ed26_a_failed_restart_is_tried_again_until_it_succeeds() {
    let stage = Stage::new();
    let pool = soon(DynamicSupervisor::new().max_restarts(3).start())
        .await
        .unwrap();
    let first = child(&pool, Worker::spec("a", &stage)).await;
    stage.plan("a", [Plan::Fail, Plan::Panic]);
    let mut last = stage.gate("a");
    Way::Killed.end(first).await;
    last.reached().await;
    last.open(Plan::Start);
    assert_ne!(only(&pool).await, first);
    assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
    assert_eq!(stage.log(), "+a -a !a !a +a");
}

/// Failed attempts count: one more than allowed ends the supervisor with `shutdown`, and its parent is told.
#[beamish::test]
async fn ed27_failed_restarts_end_the_supervisor() {
    for allowed in [0, 1, 3] {
        let stage = Stage::new();
        let pool = linked(DynamicSupervisor::new().max_restarts(allowed)).await;
        let sibling = child(&pool, Worker::spec("sibling", &stage)).await;
        let pid = child(&pool, Worker::spec("a", &stage)).await;
        let end = process::monitored(sibling);
        stage.failing("a", true);
        Way::Killed.end(pid).await;
        ends_with_shutdown(&pool).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        assert_eq!(stage.starts("a"), 1 + allowed as usize);
        assert_eq!(stage.starts("sibling"), 1);
    }
}

/// A restart that fails for ever uses its ten attempts up, without a pause, and ends the supervisor.
#[beamish::test(start_paused)]
async fn ed28_a_restart_that_fails_for_ever_ends_the_supervisor_at_once() {
    let stage = Stage::new();
    let pool = linked(DynamicSupervisor::new().max_restarts(10)).await;
    let pid = child(&pool, Worker::spec("a", &stage)).await;
    stage.failing("a", true);
    let began = tokio::time::Instant::now();
    Way::Killed.end(pid).await;
    ends_with_shutdown(&pool).await;
    assert_eq!(stage.starts("a"), 1 + 10);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

/// A shutdown time of zero, and any other, is accepted.
#[beamish::test(start_paused)]
async fn ed29_any_shutdown_time_is_accepted() {
    let stage = Stage::new();
    let pool = pool().await;
    for time in [
        Duration::ZERO,
        Duration::from_millis(1),
        SECOND,
        Duration::MAX,
    ] {
        let pid = child(&pool, Worker::spec("a", &stage).shutdown(time)).await;
        soon(pool.terminate_child(pid)).await.unwrap();
        assert!(!process::alive(pid));
    }
    let pid = child(
        &pool,
        Stubborn::spec("s", &stage, Manner::Never).shutdown(Duration::ZERO),
    )
    .await;
    let end = process::monitored(pid);
    let began = tokio::time::Instant::now();
    soon(pool.terminate_child(pid)).await.unwrap();
    assert_eq!(soon(end).await, ExitReason::Killed);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

/// Starts these children; the parent then tells their supervisor to shut down. How each ended, and after how long all
/// had.
async fn shut_down<const N: usize>(stage: &Stage, specs: [ChildSpec; N]) -> [ExitReason; N] {
    let pool = linked(DynamicSupervisor::new().max_restarts(0)).await;
    let mut ends = Vec::new();
    for spec in specs {
        ends.push(process::monitored(child(&pool, spec).await));
    }
    stage.reset();
    process::exit(&pool, ExitReason::Shutdown);
    ends_with_shutdown(&pool).await;
    let mut reasons = Vec::new();
    for end in ends {
        reasons.push(soon(end).await);
    }
    reasons.try_into().unwrap()
}

/// A supervisor that shuts down kills its `brutal_kill` children, whatever they think of it.
#[beamish::test(start_paused)]
async fn ed31_brutal_kill_children_end_killed() {
    let stage = Stage::new();
    let [a, b, c] = shut_down(
        &stage,
        [
            Worker::spec("a", &stage).shutdown(Shutdown::BrutalKill),
            Stubborn::spec("b", &stage, Manner::Never).shutdown(Shutdown::BrutalKill),
            Worker::spec("c", &stage).shutdown(Shutdown::BrutalKill),
        ],
    )
    .await;
    assert_eq!([a, b, c], [const { ExitReason::Killed }; 3]);
    let log = stage.timed_log();
    let mut ended: Vec<_> = log.split(' ').collect();
    ended.sort_unstable();
    assert_eq!(ended, ["-a@0", "-b@0", "-c@0"], "`terminate` ran");
}

/// `infinity` children end with `shutdown`, and are waited for however long that takes.
#[beamish::test(start_paused)]
async fn ed32_infinity_children_are_waited_for() {
    let stage = Stage::new();
    let slow = |id, seconds| {
        Stubborn::spec(id, &stage, Manner::After(seconds * SECOND)).shutdown(Shutdown::Infinity)
    };
    let began = tokio::time::Instant::now();
    let reasons = shut_down(
        &stage,
        [
            slow("a", 500),
            Worker::spec("b", &stage).shutdown(Shutdown::Infinity),
            slow("c", 3),
        ],
    )
    .await;
    assert_eq!(reasons, [const { ExitReason::Shutdown }; 3]);
    assert_eq!(began.elapsed(), 500 * SECOND);
}

/// An `infinity` child that ends with a reason of its own keeps it, and does not disturb the supervisor.
#[beamish::test(start_paused)]
async fn ed33_an_infinity_child_keeps_its_own_reason() {
    let stage = Stage::new();
    for own in [ExitReason::shutdown_with("own"), ExitReason::other("own")] {
        for restart in RESTARTS {
            let spec = Stubborn::spec("a", &stage, Manner::With(own.clone()))
                .restart(restart)
                .shutdown(Shutdown::Infinity);
            let [a, b] = shut_down(
                &stage,
                [spec, Worker::spec("b", &stage).shutdown(Shutdown::Infinity)],
            )
            .await;
            assert_eq!((a, b), (own.clone(), ExitReason::Shutdown));
        }
    }
    assert_eq!(stage.starts("a"), 6);
}

/// Children that obey within their time end with `shutdown`.
#[beamish::test(start_paused)]
async fn ed34_children_that_obey_in_time_end_with_shutdown() {
    let stage = Stage::new();
    let began = tokio::time::Instant::now();
    let reasons = shut_down(
        &stage,
        [
            Worker::spec("a", &stage).shutdown(SECOND),
            Stubborn::spec("b", &stage, Manner::After(Duration::from_millis(999))).shutdown(SECOND),
            Worker::spec("c", &stage).shutdown(5 * SECOND),
        ],
    )
    .await;
    assert_eq!(reasons, [const { ExitReason::Shutdown }; 3]);
    assert_eq!(began.elapsed(), Duration::from_millis(999));
}

/// A child that ends with a reason of its own within its time keeps it.
#[beamish::test(start_paused)]
async fn ed35_a_child_keeps_its_own_reason_within_its_time() {
    let stage = Stage::new();
    for own in [
        ExitReason::shutdown_with("own"),
        ExitReason::other("own"),
        ExitReason::Kill,
    ] {
        let spec = Stubborn::spec("a", &stage, Manner::With(own.clone())).shutdown(SECOND);
        let [a, b] = shut_down(&stage, [spec, Worker::spec("b", &stage).shutdown(SECOND)]).await;
        assert_eq!((a, b), (own, ExitReason::Shutdown));
    }
    assert_eq!(stage.starts("a"), 3);
}

/// A child that outlives its time is killed then; its siblings end with `shutdown`.
#[beamish::test(start_paused)]
async fn ed36_a_child_that_outlives_its_time_is_killed() {
    let stage = Stage::new();
    let began = tokio::time::Instant::now();
    let reasons = shut_down(
        &stage,
        [
            Worker::spec("a", &stage).shutdown(SECOND),
            Stubborn::spec("b", &stage, Manner::Never).shutdown(SECOND),
            Worker::spec("c", &stage).shutdown(SECOND),
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
    assert_eq!(began.elapsed(), SECOND);
}

/// A permanent child that ends with `normal` while it is shut down is not started again.
#[beamish::test(start_paused)]
async fn ed37_a_permanent_child_is_not_restarted_while_shutting_down() {
    let stage = Stage::new();
    for shutdown in [Shutdown::Infinity, Shutdown::Timeout(SECOND)] {
        let spec = Stubborn::spec("a", &stage, Manner::With(ExitReason::Normal))
            .restart(Restart::Permanent)
            .shutdown(shutdown);
        let slow =
            Stubborn::spec("slow", &stage, Manner::After(10 * SECOND)).shutdown(Shutdown::Infinity);
        let [a, slow] = shut_down(&stage, [spec, slow]).await;
        assert_eq!((a, slow), (ExitReason::Normal, ExitReason::Shutdown));
    }
    assert_eq!(stage.starts("a"), 2);
}

/// Each child is ended by its own setting.
#[beamish::test(start_paused)]
async fn ed38_each_child_is_ended_by_its_own_setting() {
    let stage = Stage::new();
    let began = tokio::time::Instant::now();
    let reasons = shut_down(
        &stage,
        [
            Stubborn::spec("a", &stage, Manner::After(7 * SECOND)).shutdown(Shutdown::Infinity),
            Stubborn::spec("b", &stage, Manner::Never).shutdown(Shutdown::BrutalKill),
            Stubborn::spec("c", &stage, Manner::After(3 * SECOND)).shutdown(5 * SECOND),
            Stubborn::spec("d", &stage, Manner::Never).shutdown(2 * SECOND),
            Worker::spec("e", &stage).shutdown(Shutdown::BrutalKill),
        ],
    )
    .await;
    assert_eq!(
        reasons,
        [
            ExitReason::Shutdown,
            ExitReason::Killed,
            ExitReason::Shutdown,
            ExitReason::Killed,
            ExitReason::Killed,
        ]
    );
    assert_eq!(began.elapsed(), 7 * SECOND);
    let log = stage.timed_log();
    for (id, at) in [("b", 0), ("e", 0), ("d", 2_000), ("c", 3_000), ("a", 7_000)] {
        let end = format!("-{id}@{at}");
        assert!(log.split(' ').any(|word| word == end), "{end} in {log}");
    }
}

/// `terminate_child` of children with this setting, trapping or not: ended with `reason` when it returns, and gone.
async fn terminated(shutdown: Shutdown, reason: ExitReason) {
    let stage = Stage::new();
    let pool = soon(DynamicSupervisor::new().max_restarts(0).start())
        .await
        .unwrap();
    let manner = if shutdown == Shutdown::BrutalKill {
        Manner::Never
    } else {
        Manner::After(SECOND)
    };
    let specs = [
        Worker::spec("a", &stage).shutdown(shutdown),
        Stubborn::spec("b", &stage, manner).shutdown(shutdown),
        Worker::spec("c", &stage).shutdown(shutdown),
    ];
    let mut children = Vec::new();
    for spec in specs {
        children.push(child(&pool, spec).await);
    }
    for (left, pid) in [2, 1, 0].into_iter().zip(children) {
        let end = process::monitored(pid);
        soon(pool.terminate_child(pid)).await.unwrap();
        assert!(
            !process::alive(pid),
            "it answered before the child was dead"
        );
        assert_eq!(soon(end).await, reason);
        assert!(matches!(
            soon(pool.terminate_child(pid)).await,
            Err(ChildError::NotFound)
        ));
        assert_eq!(counts_of(&pool).await, (left, left, 0, left));
    }
    let stranger = soon(pool.terminate_child(self_pid())).await;
    assert!(
        matches!(stranger, Err(ChildError::NotFound)),
        "{stranger:?}"
    );
}

/// `terminate_child` of a `brutal_kill` child: it was killed, and is not found again.
#[beamish::test(start_paused)]
async fn ed39_terminate_child_kills_a_brutal_kill_child() {
    terminated(Shutdown::BrutalKill, ExitReason::Killed).await;
}

/// `terminate_child` of a child with a shutdown time: it was shut down, and is not found again.
#[beamish::test(start_paused)]
async fn ed40_terminate_child_shuts_a_child_down() {
    terminated(Shutdown::Timeout(5 * SECOND), ExitReason::Shutdown).await;
}

/// The last pid of a child whose restart keeps failing still ends it: the attempts stop, and nothing of it is left.
#[beamish::test]
async fn ed41_the_last_pid_of_a_restarting_child_ends_it() {
    let stage = Stage::new();
    let pool = pool().await;
    let first = child(&pool, Worker::spec("a", &stage)).await;
    Way::Killed.end(first).await;
    let last = only(&pool).await;
    stage.failing("a", true);
    Way::Killed.end(last).await;
    stage.reaches("a", 5).await;
    assert!(matches!(
        soon(pool.terminate_child(first)).await,
        Err(ChildError::NotFound)
    ));
    soon(pool.terminate_child(last)).await.unwrap();
    assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
    let starts = stage.starts("a");
    for _ in 0..20 {
        process::yield_now().await;
        assert!(listed(&pool).await.is_empty());
    }
    assert_eq!(stage.starts("a"), starts, "the attempts went on");
    assert!(matches!(
        soon(pool.terminate_child(last)).await,
        Err(ChildError::NotFound)
    ));
}

/// The id of a dynamic supervisor with a global or a `via` name is what that name is: the text, or the key.
#[beamish::test]
async fn ed02_the_id_is_the_global_or_the_via_name() {
    let directory = Directory::default();
    let above = one_for_one()
        .child(DynamicSupervisor::new().global("one"))
        .child(DynamicSupervisor::new().via(&directory, ("pool", 1)))
        .child(DynamicSupervisor::new().via(&directory, ("pool", 2)));
    let above = started(above).await;
    let key = |number: u32| format!("{:?}", ("pool", number));
    assert_eq!(ids(&above).await, format!("{} {} one", key(2), key(1)));
    assert_eq!(
        global::whereis_name("one"),
        Some(pid_of(&above, "one").await)
    );
    for number in [1, 2] {
        let info = soon(above.which_child(key(number))).await.unwrap();
        assert_eq!(directory.whereis_name(&("pool", number)), info.status.pid());
        let pool = DynamicSupervisorRef::via(&directory, ("pool", number));
        assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
    }
    // The same name twice is the same id twice.
    let twice = soon(above.start_child(DynamicSupervisor::new().global("one"))).await;
    let one = pid_of(&above, "one").await;
    assert!(
        matches!(twice, Err(StartChildError::AlreadyStarted(pid)) if pid == one),
        "{twice:?}"
    );
    assert_eq!(directory.entered(), 2);
}

/// What its specification holds can be read.
#[beamish::test]
async fn ed03_its_specification_is_that_of_a_supervisor() {
    let spec = DynamicSupervisor::new().child_spec();
    assert_eq!(spec.get_kind(), ChildKind::Supervisor);
    assert_eq!(spec.get_restart(), Restart::Permanent);
    assert_eq!(spec.get_shutdown(), Shutdown::Infinity);
    assert_eq!(*spec.get_id(), ChildId::from("DynamicSupervisor"));
    assert!(!spec.get_significant());
    let named = DynamicSupervisor::new().name("name").child_spec();
    assert_eq!(*named.get_id(), ChildId::from("name"));
    let changed = named.id(1).restart(Restart::Temporary).shutdown(SECOND);
    assert_eq!(*changed.get_id(), ChildId::from(1));
    assert_eq!(changed.get_restart(), Restart::Temporary);
    assert_eq!(changed.get_shutdown(), Shutdown::Timeout(SECOND));
    assert_eq!(changed.get_kind(), ChildKind::Supervisor);
}

/// A worker that gets its id from its supervisor.
fn lent(stage: &Stage) -> ChildSpec {
    let stage = stage.clone();
    ChildSpec::with_extra(move |id: &&'static str| Worker::start_link(id, stage.clone()))
}

/// A supervisor without an extra value lends none: a child that needs one is refused.
#[beamish::test]
async fn ed04_there_is_no_extra_value_unless_given() {
    let stage = Stage::new();
    let pool = pool().await;
    let error = soon(pool.start_child(lent(&stage))).await.unwrap_err();
    assert!(
        matches!(error, StartChildError::BadChild(BadChildren::Extra { .. })),
        "{error:?}"
    );
    assert_eq!(stage.starts("lent"), 0);
    assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
}

/// The supervisor's extra value is given to each child that asks for one, beside the child's own arguments; a child that
/// asks for a value of another type is refused.
#[beamish::test]
async fn ed14_the_extra_value_is_given_to_each_child() {
    let stage = Stage::new();
    let pool = DynamicSupervisor::new().extra("lent");
    let pool = soon(pool.start()).await.unwrap();
    for _ in 0..2 {
        let pid = child(&pool, lent(&stage)).await;
        let worker = WorkerRef::try_from(pid).unwrap();
        assert_eq!(soon(worker.id()).await.unwrap(), "lent");
    }
    // A child that does not ask is started as it is.
    let own = child(&pool, Worker::spec("own", &stage)).await;
    let own = WorkerRef::try_from(own).unwrap();
    assert_eq!(soon(own.id()).await.unwrap(), "own");
    assert_eq!(counts_of(&pool).await, (3, 3, 0, 3));

    let wrong = {
        let stage = stage.clone();
        ChildSpec::with_extra(move |_: &u64| Worker::start_link("wrong", stage.clone()))
    };
    let error = soon(pool.start_child(wrong)).await.unwrap_err();
    assert!(
        matches!(error, StartChildError::BadChild(BadChildren::Extra { .. })),
        "{error:?}"
    );
    assert_eq!(stage.starts("wrong"), 0);
    assert_eq!(counts_of(&pool).await, (3, 3, 0, 3));
}

/// At each restart, also after failed ones, the extra value is given again.
#[beamish::test]
async fn ed25_the_extra_value_is_given_again_at_each_restart() {
    let stage = Stage::new();
    let pool = DynamicSupervisor::new().extra("lent").max_restarts(10);
    let pool = soon(pool.start()).await.unwrap();
    let mut pid = child(&pool, lent(&stage)).await;
    for way in [Way::Killed, Way::Normal, Way::Panic] {
        way.end(pid).await;
        let again = only(&pool).await;
        assert_ne!(again, pid);
        let worker = WorkerRef::try_from(again).unwrap();
        assert_eq!(soon(worker.id()).await.unwrap(), "lent");
        pid = again;
    }
    stage.plan("lent", [Plan::Fail]);
    let mut gate = stage.gate("lent");
    Way::Killed.end(pid).await;
    gate.reached().await;
    gate.open(Plan::Start);
    let worker = WorkerRef::try_from(only(&pool).await).unwrap();
    assert_eq!(soon(worker.id()).await.unwrap(), "lent");
    assert_eq!(stage.starts("lent"), 1 + 3 + 2);
}
