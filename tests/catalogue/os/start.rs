//! How supervisors and their children start, and what is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use beamish::prelude::*;
use beamish::{
    AutoShutdown, BadChildren, Child, ChildDefaults, ChildError, ChildId, ChildKind, ChildStatus,
    DynamicSupervisor, Restart, Shutdown, Start, StartChildError, Supervisor, SupervisorServer,
};

use crate::kit::{
    Plan, RESTARTS, SECOND, STRATEGIES, Stage, Worker, WorkerRef, as_planned, child, counts,
    counts_of, failed, ids, listed, named, nothing_came, one_for_one, pid_of, pids, pool, refused,
    soon, started, status, subtree, workers,
};

/// Sends `shutdown` as its parent, and waits for the end, with that reason.
async fn shuts_down(supervisor: Pid) {
    process::exit(supervisor, ExitReason::Shutdown);
    receive! {
        Exit { from, reason } => assert_eq!((from, reason), (supervisor, ExitReason::Shutdown)),
        after 60s => panic!("it has not ended"),
    }
    nothing_came();
}

/// A supervisor without children starts, and ends with `shutdown` when its parent says so.
#[beamish::test]
async fn os01_a_supervisor_without_children_starts_and_shuts_down() {
    process::trap_exit(true);
    for strategy in STRATEGIES {
        let supervisor = soon(Supervisor::new(strategy).start_link()).await.unwrap();
        assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
        assert_eq!(ids(&supervisor).await, "");
        shuts_down(supervisor.pid().unwrap()).await;
    }
    let pool = soon(DynamicSupervisor::new().start_link()).await.unwrap();
    assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
    shuts_down(pool.pid().unwrap()).await;
}

/// A tree that chooses at its start whether it runs.
#[derive(Clone)]
struct Optional {
    runs: Arc<AtomicBool>,
    stage: Stage,
}

impl Child for Optional {
    type Ref = SupervisorRef;

    fn defaults() -> ChildDefaults {
        <Start<SupervisorServer> as Child>::defaults()
    }

    async fn start_child(self) -> Result<Pid, StartError> {
        if !self.runs.load(Ordering::Relaxed) {
            return Err(StartError::Ignored);
        }
        let tree = workers(STRATEGIES[0], ["a"], &self.stage).start_link();
        Ok(tree.await?.pid().unwrap())
    }
}

/// A supervisor that ignores is no error and leaves no exit: the one above keeps its specification, and can start it
/// later. (A supervisor has no `init` of its own; whoever starts it says that it is left out.)
#[beamish::test]
async fn os02_a_supervisor_that_ignores_leaves_no_exit() {
    process::trap_exit(true);
    let (stage, runs) = (Stage::new(), Arc::new(AtomicBool::new(false)));
    let optional = Optional {
        runs: Arc::clone(&runs),
        stage: stage.clone(),
    };
    let ignored = soon(optional.clone().start_child()).await;
    assert!(matches!(ignored, Err(StartError::Ignored)), "{ignored:?}");
    nothing_came();

    let spec = ChildSpec::new(move || optional.clone()).id("optional");
    let above = soon(one_for_one().child(spec).start_link()).await.unwrap();
    assert_eq!(counts(&above).await, (1, 0, 1, 0));
    assert_eq!(status(&above, "optional").await, Some(ChildStatus::Stopped));
    assert_eq!(soon(above.restart_child("optional")).await.unwrap(), None);
    assert_eq!(counts(&above).await, (1, 0, 1, 0));
    assert_eq!(stage.starts("a"), 0);

    runs.store(true, Ordering::Relaxed);
    let pid = soon(above.restart_child("optional")).await.unwrap();
    assert_eq!(pid, Some(pid_of(&above, "optional").await));
    assert_eq!(counts(&above).await, (1, 1, 1, 0));
    pid_of(&subtree(&above, "optional").await, "a").await;
    // At a restart it may ignore as well.
    runs.store(false, Ordering::Relaxed);
    let end = process::monitored(pid.unwrap());
    process::kill(pid.unwrap());
    assert_eq!(soon(end).await, ExitReason::Killed);
    assert_eq!(counts(&above).await, (1, 0, 1, 0));
    nothing_came();
}

/// A permanent child that ignores is kept without a process, whether it is of the list or added; the newest is listed
/// first.
#[beamish::test]
async fn os03_a_permanent_child_that_ignores_is_kept_without_a_process() {
    for restart in [Restart::Permanent, Restart::Transient] {
        let stage = Stage::new();
        stage.plan("first", [Plan::Ignore]);
        let supervisor = one_for_one()
            .child(Worker::spec("first", &stage).restart(restart))
            .child(Worker::spec("second", &stage));
        let supervisor = started(supervisor).await;
        assert_eq!(ids(&supervisor).await, "second first");
        assert_eq!(
            status(&supervisor, "first").await,
            Some(ChildStatus::Stopped)
        );
        pid_of(&supervisor, "second").await;
        assert_eq!(counts(&supervisor).await, (2, 1, 0, 2));

        stage.plan("third", [Plan::Ignore]);
        let third =
            soon(supervisor.start_child(Worker::spec("third", &stage).restart(restart))).await;
        assert_eq!(third.unwrap(), None);
        assert_eq!(ids(&supervisor).await, "third second first");
        assert_eq!(
            status(&supervisor, "third").await,
            Some(ChildStatus::Stopped)
        );
        assert_eq!(counts(&supervisor).await, (3, 1, 0, 3));
    }
}

/// A temporary child of the list that ignores leaves no specification.
#[beamish::test]
async fn os04_a_temporary_child_of_the_list_that_ignores_is_not_kept() {
    let stage = Stage::new();
    stage.plan("first", [Plan::Ignore]);
    let supervisor = one_for_one()
        .child(Worker::spec("first", &stage).restart(Restart::Temporary))
        .child(Worker::spec("second", &stage));
    let supervisor = started(supervisor).await;
    assert_eq!(ids(&supervisor).await, "second");
    assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
    assert_eq!(stage.starts("first"), 1);
}

/// Neither does one that is added: `None`, and its id is free.
#[beamish::test]
async fn os05_a_temporary_child_that_is_added_and_ignores_is_not_kept() {
    let stage = Stage::new();
    let supervisor = started(workers(STRATEGIES[0], ["a"], &stage)).await;
    stage.plan("b", [Plan::Ignore]);
    let spec = Worker::spec("b", &stage).restart(Restart::Temporary);
    let ignored = soon(supervisor.start_child(spec.clone())).await.unwrap();
    assert_eq!(ignored, None);
    assert_eq!(ids(&supervisor).await, "a");
    assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
    let second = soon(supervisor.start_child(spec)).await.unwrap();
    assert_eq!(second, Some(pid_of(&supervisor, "b").await));
}

/// A dynamic supervisor keeps no child that ignores. (Elixir's answer: it says so.)
async fn a_dynamic_child_that_ignores_is_not_kept(restart: Restart) {
    process::trap_exit(true);
    let stage = Stage::new();
    let pool = soon(DynamicSupervisor::new().start_link()).await.unwrap();
    stage.plan("a", [Plan::Ignore]);
    let ignored = soon(pool.start_child(Worker::spec("a", &stage).restart(restart))).await;
    assert!(
        matches!(ignored, Err(StartChildError::Start(StartError::Ignored))),
        "{ignored:?}"
    );
    assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
    assert!(listed(&pool).await.is_empty());
    child(&pool, Worker::spec("b", &stage)).await;
    shuts_down(pool.pid().unwrap()).await;
    assert_eq!(stage.log(), "!a +b -b");
}

/// A temporary dynamic child that ignores is not kept.
#[beamish::test]
async fn os06_a_temporary_dynamic_child_that_ignores_is_not_kept() {
    a_dynamic_child_that_ignores_is_not_kept(Restart::Temporary).await;
}

/// Even a permanent one is not kept, and the supervisor ends well later.
#[beamish::test]
async fn os07_a_permanent_dynamic_child_that_ignores_is_not_kept() {
    a_dynamic_child_that_ignores_is_not_kept(Restart::Permanent).await;
    a_dynamic_child_that_ignores_is_not_kept(Restart::Transient).await;
}

supervisor! {
    Raising(stage: Stage) {
        strategy: one_for_one,
        children: [
            Worker::start_link("a", stage.clone()) { id: "a" },
            {
                assert!(stage.starts("a") == 0, "raised");
                Worker::start_link("b", stage.clone())
            } { id: "b" },
        ],
    }
}

supervisor! {
    Unmade(stage: Stage) {
        strategy: one_for_one,
        let id = if stage.starts("a") == 1 { panic!("raised") } else { "b" };
        children: [Worker::start_link(id, stage.clone()) { id: "b" }],
    }
}

/// Code of the user that raises in the start of a supervisor fails the start with what was raised; nothing is left of it,
/// and a trapping starter finds no exit.
#[beamish::test]
async fn os09_a_start_that_raises_fails_and_leaves_no_exit() {
    process::trap_exit(true);
    let stage = Stage::new();
    let error = soon(Raising::start_link(stage.clone())).await.unwrap_err();
    assert_eq!(failed(&error).id, ChildId::from("b"));
    assert!(
        matches!(&failed(&error).error, StartError::Exit(ExitReason::Panic(panic)) if panic.message() == "raised"),
        "{error:?}"
    );
    assert_eq!(stage.log(), "+a -a");
    nothing_came();

    // What is evaluated before the children is raised in whoever starts the tree: here, a supervisor, which lives on.
    let above = started(one_for_one()).await;
    let error = soon(above.start_child(Unmade::child_spec(stage.clone())))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, StartChildError::Start(StartError::Exit(ExitReason::Panic(panic))) if panic.message() == "raised"),
        "{error:?}"
    );
    assert_eq!(counts(&above).await, (0, 0, 0, 0));
    nothing_came();
}

/// A start that fails is told with its reason, and nothing is kept. (The child's description, which OTP adds, is what
/// the caller has just given.)
#[beamish::test]
async fn os10_start_child_keeps_nothing_of_a_start_that_fails() {
    use StartChildError::Start;

    for restart in RESTARTS {
        let stage = Stage::new();
        let supervisor = started(workers(STRATEGIES[0], ["a"], &stage).max_restarts(0)).await;
        let reason = ExitReason::other("its own");
        stage.plan(
            "b",
            [
                Plan::Fail,
                Plan::Stop(reason.clone()),
                Plan::Exit(ExitReason::Normal),
                Plan::Panic,
            ],
        );
        let mut errors = Vec::new();
        for _ in 0..4 {
            let spec = Worker::spec("b", &stage).restart(restart);
            errors.push(soon(supervisor.start_child(spec)).await.unwrap_err());
            assert_eq!(ids(&supervisor).await, "a");
            assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
        }
        assert!(
            matches!(&errors[0], Start(error) if as_planned(error)),
            "{errors:?}"
        );
        assert!(
            matches!(&errors[1], Start(StartError::Exit(told)) if *told == reason),
            "{errors:?}"
        );
        assert!(
            matches!(errors[2], Start(StartError::Exit(ExitReason::Normal))),
            "{errors:?}"
        );
        assert!(
            matches!(errors[3], Start(StartError::Exit(ExitReason::Panic(_)))),
            "{errors:?}"
        );
        assert_eq!(stage.starts("b"), 4, "a failed start was tried again");
    }
}

/// `restart_child` tells why a start failed; the specification stays, without a process.
#[beamish::test]
async fn os11_restart_child_keeps_the_specification_of_a_start_that_fails() {
    use beamish::ChildError::Start;

    for restart in [Restart::Permanent, Restart::Transient] {
        let stage = Stage::new();
        let supervisor = workers(STRATEGIES[0], ["a"], &stage)
            .max_restarts(0)
            .child(Worker::spec("b", &stage).restart(restart));
        let supervisor = started(supervisor).await;
        soon(supervisor.terminate_child("b")).await.unwrap();
        let reason = ExitReason::other("its own");
        stage.plan("b", [Plan::Fail, Plan::Stop(reason.clone()), Plan::Panic]);
        let mut errors = Vec::new();
        for _ in 0..3 {
            errors.push(soon(supervisor.restart_child("b")).await.unwrap_err());
            assert_eq!(status(&supervisor, "b").await, Some(ChildStatus::Stopped));
            assert_eq!(counts(&supervisor).await, (2, 1, 0, 2));
        }
        assert!(
            matches!(&errors[0], Start(error) if as_planned(error)),
            "{errors:?}"
        );
        assert!(
            matches!(&errors[1], Start(StartError::Exit(told)) if *told == reason),
            "{errors:?}"
        );
        assert!(
            matches!(errors[2], Start(StartError::Exit(ExitReason::Panic(_)))),
            "{errors:?}"
        );
        assert_eq!(stage.starts("b"), 4, "a failed start was tried again");
        let pid = soon(supervisor.restart_child("b")).await.unwrap();
        assert_eq!(pid, Some(pid_of(&supervisor, "b").await));
    }
}

/// The start of a dynamic child that fails is told with its reason alone, and nothing is kept.
#[beamish::test]
async fn os12_a_dynamic_supervisor_keeps_nothing_of_a_start_that_fails() {
    let stage = Stage::new();
    let pool = pool().await;
    let reason = ExitReason::other("its own");
    for restart in RESTARTS {
        stage.plan("a", [Plan::Fail, Plan::Stop(reason.clone())]);
        let spec = Worker::spec("a", &stage).restart(restart);
        let error = soon(pool.start_child(spec.clone())).await.unwrap_err();
        assert!(
            matches!(&error, StartChildError::Start(error) if as_planned(error)),
            "{error:?}"
        );
        let error = soon(pool.start_child(spec)).await.unwrap_err();
        assert!(
            matches!(&error, StartChildError::Start(StartError::Exit(told)) if *told == reason),
            "{error:?}"
        );
        assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
        assert!(listed(&pool).await.is_empty());
    }
    assert_eq!(stage.starts("a"), 6, "a failed start was tried again");
}

/// Of what OTP checks in a list of children this is left to check at run time: an id that stands twice, and significant
/// children where none can be. All of it is seen before anything is started.
#[beamish::test]
async fn os26_what_is_wrong_with_a_list_of_children_is_said_before_any_is_started() {
    process::trap_exit(true);
    let stage = Stage::new();
    let significant = |restart| Worker::spec("s", &stage).restart(restart).significant(true);
    let a = || Worker::spec("a", &stage);
    for strategy in STRATEGIES {
        let supervisor = || Supervisor::new(strategy);
        let any = || supervisor().auto_shutdown(AutoShutdown::AnySignificant);
        let all = || supervisor().auto_shutdown(AutoShutdown::AllSignificant);
        let bad = [
            (
                supervisor()
                    .child(a())
                    .child(Worker::spec("b", &stage))
                    .child(a()),
                BadChildren::DuplicateId("a".into()),
            ),
            (
                supervisor()
                    .child(a().id(1))
                    .child(Worker::spec("b", &stage).id(1)),
                BadChildren::DuplicateId(1.into()),
            ),
            (
                any().child(a()).child(significant(Restart::Permanent)),
                BadChildren::SignificantPermanent("s".into()),
            ),
            (
                all().child(a()).child(significant(Restart::Permanent)),
                BadChildren::SignificantPermanent("s".into()),
            ),
            (
                supervisor()
                    .child(a())
                    .child(significant(Restart::Transient)),
                BadChildren::SignificantWithoutAutoShutdown("s".into()),
            ),
            (
                supervisor()
                    .child(a())
                    .child(significant(Restart::Temporary)),
                BadChildren::SignificantWithoutAutoShutdown("s".into()),
            ),
        ];
        for (supervisor, expected) in bad {
            let error = soon(supervisor.start_link()).await.unwrap_err();
            assert_eq!(refused(&error), &expected);
        }
        // A number is not its text, and these go together.
        let good = any()
            .child(a().id(1))
            .child(a().id("1"))
            .child(significant(Restart::Transient));
        stage.reset();
        let good = soon(good.start_link()).await.unwrap();
        assert_eq!(stage.log(), "+a +a +s");
        shuts_down(good.pid().unwrap()).await;
    }
    nothing_came();
}

/// A period of zero seconds is refused, and nothing is started. (Other wrong flags do not compile.)
#[beamish::test]
async fn os28_a_period_of_zero_is_refused() {
    process::trap_exit(true);
    for strategy in STRATEGIES {
        let stage = Stage::new();
        let supervisor = workers(strategy, ["a"], &stage).max_seconds(0);
        let error = soon(supervisor.start_link()).await;
        assert!(matches!(error, Err(StartError::Init(_))), "{error:?}");
        assert_eq!(stage.starts("a"), 0);
        nothing_came();
    }
}

struct Failing;

#[application]
impl Failing {
    async fn start(stage: Stage) -> Result<SupervisorRef, StartError> {
        workers(STRATEGIES[0], ["a", "b"], &stage)
            .start_link()
            .await
    }
}

/// An application whose supervisor cannot start a child says which child, and why.
#[beamish::test]
async fn os51_an_application_says_which_child_did_not_start() {
    let stage = Stage::new();
    let reason = ExitReason::other("its own");
    stage.plan("b", [Plan::Stop(reason.clone())]);
    let error = soon(Failing::start(stage.clone())).await.unwrap_err();
    assert_eq!(failed(&error).id, ChildId::from("b"));
    assert!(
        matches!(&failed(&error).error, StartError::Exit(told) if *told == reason),
        "{error:?}"
    );
    assert_eq!(stage.log(), "+a !b -a");

    stage.plan("b", [Plan::Fail]);
    let error = soon(Failing::start(stage.clone())).await.unwrap_err();
    assert!(as_planned(&failed(&error).error), "{error:?}");
    let app = soon(Failing::start(stage)).await.unwrap();
    soon(app.stop()).await;
}

/// Where a process outside of the supervisor holds the child's name, that process is said, without a wrapping.
#[beamish::test]
async fn os91_a_name_that_is_held_outside_is_already_started() {
    let stage = Stage::new();
    let outside = soon(Worker::start("outside", stage.clone()).name("taken"))
        .await
        .unwrap();
    let outside = outside.pid().unwrap();
    let supervisor = started(workers(STRATEGIES[0], ["a"], &stage)).await;
    let pool = pool().await;
    for restart in RESTARTS {
        let spec = named("b", "taken", &stage).restart(restart);
        let error = soon(supervisor.start_child(spec.clone())).await;
        assert!(
            matches!(error, Err(StartChildError::AlreadyStarted(pid)) if pid == outside),
            "{error:?}"
        );
        let error = soon(pool.start_child(spec)).await;
        assert!(
            matches!(error, Err(StartChildError::AlreadyStarted(pid)) if pid == outside),
            "{error:?}"
        );
    }
    assert_eq!(stage.starts("b"), 0);
    assert_eq!(ids(&supervisor).await, "a");
    assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
    assert!(process::alive(outside));
    // In a list of children it fails the start.
    let error = soon(one_for_one().child(named("b", "taken", &stage)).start())
        .await
        .unwrap_err();
    assert!(
        matches!(failed(&error).error, StartError::AlreadyStarted(pid) if pid == outside),
        "{error:?}"
    );
}

/// A server that does not keep what it was started with.
#[genserver]
struct Forgetful;

#[genserver]
impl Forgetful {
    #[init]
    fn init(argument: Arc<String>) -> Self {
        assert_eq!(*argument, "argument");
        Self
    }
}

/// What a temporary child was started with is not kept after its start; that of others is.
#[beamish::test]
async fn os76_the_arguments_of_a_temporary_child_are_not_kept() {
    for (restart, holders) in [
        (Restart::Permanent, 2),
        (Restart::Transient, 2),
        (Restart::Temporary, 1),
    ] {
        let spec = |argument: &Arc<String>, id: &'static str| {
            Forgetful::child_spec(Arc::clone(argument))
                .id(id)
                .restart(restart)
        };
        let [of_list, added, dynamic] = [(); 3].map(|()| Arc::new(String::from("argument")));
        let supervisor = started(one_for_one().child(spec(&of_list, "of the list"))).await;
        soon(supervisor.start_child(spec(&added, "added")))
            .await
            .unwrap();
        pids(&supervisor, ["of the list", "added"]).await;
        let pool = pool().await;
        child(&pool, spec(&dynamic, "dynamic")).await;
        assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
        assert_eq!(
            [of_list, added, dynamic].map(|argument| Arc::strong_count(&argument)),
            [holders; 3],
            "{restart:?}"
        );
    }
}

/// What is not said of a child: permanent, five seconds for a worker and no limit for a supervisor, a worker, not
/// significant. The specification is read by the id; an unknown id is not found.
#[beamish::test]
async fn os13_what_a_specification_does_not_say() {
    let stage = Stage::new();
    let tree = workers(STRATEGIES[0], ["x"], &stage)
        .child_spec()
        .id("tree");
    let supervisor = one_for_one()
        .child(Worker::child_spec("w", stage.clone()).id("worker"))
        .child(tree);
    let supervisor = started(supervisor).await;
    let added = Worker::spec("added", &stage)
        .restart(Restart::Transient)
        .shutdown(Shutdown::BrutalKill);
    soon(supervisor.start_child(added)).await.unwrap();
    for (id, restart, shutdown, kind) in [
        (
            "worker",
            Restart::Permanent,
            Shutdown::Timeout(5 * SECOND),
            ChildKind::Worker,
        ),
        (
            "tree",
            Restart::Permanent,
            Shutdown::Infinity,
            ChildKind::Supervisor,
        ),
        (
            "added",
            Restart::Transient,
            Shutdown::BrutalKill,
            ChildKind::Worker,
        ),
    ] {
        let spec = soon(supervisor.get_childspec(id)).await.unwrap();
        assert_eq!(*spec.get_id(), ChildId::from(id));
        assert_eq!(
            (spec.get_restart(), spec.get_shutdown(), spec.get_kind()),
            (restart, shutdown, kind)
        );
        assert!(!spec.get_significant());
    }
    for unknown in ["nobody", "Worker"] {
        let none = soon(supervisor.get_childspec(unknown)).await;
        assert!(matches!(none, Err(ChildError::NotFound)), "{none:?}");
    }
    // It is a whole one, also of a child that does not run: it starts the same child elsewhere.
    soon(supervisor.terminate_child("worker")).await.unwrap();
    let spec = soon(supervisor.get_childspec("worker")).await.unwrap();
    let elsewhere = started(one_for_one().child(spec)).await;
    let worker = WorkerRef::try_from(pid_of(&elsewhere, "worker").await).unwrap();
    assert_eq!(soon(worker.id()).await.unwrap(), "w");
}

/// The specification of a dynamic child is read by its pid.
#[beamish::test]
async fn os14_the_specification_of_a_dynamic_child_is_read_by_its_pid() {
    let stage = Stage::new();
    let pool = pool().await;
    let worker = child(&pool, Worker::spec("w", &stage)).await;
    let tree = child(&pool, workers(STRATEGIES[0], ["x"], &stage).child_spec()).await;
    let told = Worker::spec("t", &stage)
        .restart(Restart::Temporary)
        .shutdown(SECOND);
    let told = child(&pool, told).await;
    for (pid, restart, shutdown, kind) in [
        (
            worker,
            Restart::Permanent,
            Shutdown::Timeout(5 * SECOND),
            ChildKind::Worker,
        ),
        (
            tree,
            Restart::Permanent,
            Shutdown::Infinity,
            ChildKind::Supervisor,
        ),
        (
            told,
            Restart::Temporary,
            Shutdown::Timeout(SECOND),
            ChildKind::Worker,
        ),
    ] {
        let spec = soon(pool.get_childspec(pid)).await.unwrap();
        assert_eq!(
            (spec.get_restart(), spec.get_shutdown(), spec.get_kind()),
            (restart, shutdown, kind)
        );
        assert!(!spec.get_significant());
    }
    soon(pool.terminate_child(told)).await.unwrap();
    for stranger in [told, self_pid()] {
        let none = soon(pool.get_childspec(stranger)).await;
        assert!(matches!(none, Err(ChildError::NotFound)), "{none:?}");
    }
    // It is a whole one.
    let spec = soon(pool.get_childspec(worker)).await.unwrap();
    let twin = WorkerRef::try_from(child(&pool, spec).await).unwrap();
    assert_eq!(soon(twin.id()).await.unwrap(), "w");
}

/// The specification of a temporary child can be read, but starts nothing any more.
#[beamish::test]
async fn os76_the_specification_of_a_temporary_child_starts_nothing_any_more() {
    let stage = Stage::new();
    let supervisor = one_for_one().child(Worker::spec("a", &stage).restart(Restart::Temporary));
    let supervisor = started(supervisor).await;
    let spec = soon(supervisor.get_childspec("a")).await.unwrap();
    assert_eq!(spec.get_restart(), Restart::Temporary);
    let again = soon(started(one_for_one()).await.start_child(spec)).await;
    assert!(matches!(again, Err(StartChildError::Start(_))), "{again:?}");
    assert_eq!(stage.starts("a"), 1);
}

/// A child that needs a value of its supervisor, which has none, is refused before anything is started.
#[beamish::test]
async fn os26_a_child_that_needs_an_extra_value_is_refused_by_a_static_supervisor() {
    let stage = Stage::new();
    let needs = {
        let stage = stage.clone();
        ChildSpec::with_extra(move |id: &&'static str| Worker::start_link(id, stage.clone())).id(1)
    };
    let supervisor = workers(STRATEGIES[0], ["a"], &stage).child(needs.clone());
    let error = soon(supervisor.start()).await.unwrap_err();
    assert!(
        matches!(refused(&error), BadChildren::Extra { id, .. } if *id == 1.into()),
        "{error:?}"
    );
    assert_eq!(stage.starts("a"), 0);
    let supervisor = started(one_for_one()).await;
    let error = soon(supervisor.start_child(needs)).await;
    assert!(
        matches!(
            error,
            Err(StartChildError::BadChild(BadChildren::Extra { .. }))
        ),
        "{error:?}"
    );
    assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
}
