//! Elixir's `supervisor_test`.

use std::sync::Arc;
use std::time::Duration;

use beamish::prelude::*;
use beamish::{
    AutoShutdown, BadChildren, ChildError, ChildId, ChildKind, ChildStatus, DynamicSupervisor,
    Restart, Shutdown, StartChildError, StopError, Strategy, Supervisor, Via, global,
};
use tokio::sync::Semaphore;

use crate::kit::{
    Directory, Manner, Plan, SECOND, Stage, Stubborn, Way, Worker, WorkerRef, counts, ids, is_over,
    named, nothing_came, one_for_one, pid_of, pids, refused, soon, started, status, subtree,
    workers,
};

/// What the worker was started with.
async fn argument(supervisor: &SupervisorRef, id: &'static str) -> &'static str {
    let worker = WorkerRef::try_from(pid_of(supervisor, id).await).unwrap();
    soon(worker.id()).await.unwrap()
}

supervisor! {
    Tree(stage: Stage) {
        strategy: one_for_one,
        max_restarts: 0,
        children: [
            Stubborn::start_link("slow", stage.clone(), Manner::After(100 * SECOND)) {
                id: "slow",
                shutdown: 200s,
            },
            Worker::start_link("a", stage.clone()) { id: "a" },
        ],
    }
}

/// A declared tree gives a specification: a permanent supervisor, named for its type, that is waited for without limit.
#[beamish::test(start_paused)]
async fn es01_a_tree_gives_the_specification_of_a_supervisor() {
    let stage = Stage::new();
    let above = started(one_for_one().child(Tree::child_spec(stage.clone()))).await;
    let children = soon(above.which_children()).await.unwrap();
    assert_eq!(children.len(), 1);
    assert_eq!(children[0].id, Some(ChildId::from("Tree")));
    assert_eq!(children[0].kind, ChildKind::Supervisor);
    assert_eq!(counts(&above).await, (1, 1, 1, 0));

    let tree = subtree(&above, "Tree").await;
    soon(tree.stop()).await.unwrap();
    let again = Some(pid_of(&above, "Tree").await);
    assert_ne!(again, tree.pid(), "not permanent");

    stage.reset();
    let end = process::monitored(pid_of(&above, "Tree").await);
    soon(above.stop()).await.unwrap();
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    assert_eq!(stage.timed_log(), "-a@0 ~slow@0 -slow@100000");
}

/// Id, restart, shutdown and start of a tree's specification can be given.
#[beamish::test(start_paused)]
async fn es01_the_fields_of_a_trees_specification_can_be_given() {
    let stage = Stage::new();
    let temporary = Tree::child_spec(stage.clone())
        .id(7)
        .restart(Restart::Temporary)
        .shutdown(2 * SECOND);
    let other_start = {
        let stage = stage.clone();
        ChildSpec::new(move || {
            Tree::supervisor(stage.clone())
                .child(Worker::spec("added", &stage))
                .start_link()
        })
        .id("other")
    };
    let above = started(one_for_one().child(temporary).child(other_start)).await;
    assert_eq!(ids(&above).await, "other 7");
    let other = subtree(&above, "other").await;
    assert_eq!(ids(&other).await, "added a slow");

    let children = soon(above.which_children()).await.unwrap();
    let seventh = children[1].status.pid().unwrap();
    stage.reset();
    let end = process::monitored(seventh);
    soon(above.terminate_child(7)).await.unwrap();
    assert_eq!(soon(end).await, ExitReason::Killed, "it was waited for");
    assert_eq!(stage.timed_log().split(' ').next(), Some("-a@0"));
    assert_eq!(ids(&above).await, "other", "not temporary");
}

#[genserver(restart = transient, shutdown = brutal_kill)]
struct Opinionated {
    stage: Stage,
}

#[genserver]
impl Opinionated {
    #[init]
    fn init(stage: Stage) -> Self {
        stage.note("+opinionated");
        Self { stage }
    }

    #[handle_cast]
    fn end(&mut self) -> NoReply {
        NoReply::stop(ExitReason::Normal)
    }
}

impl Drop for Opinionated {
    fn drop(&mut self) {
        self.stage.note("-opinionated");
    }
}

/// A type with its argument is a whole specification, with what the type says of itself, and each field of it can be
/// given anew.
#[beamish::test]
async fn es02_a_type_with_an_argument_is_a_specification_of_which_fields_can_be_given() {
    let stage = Stage::new();
    let supervisor = one_for_one()
        .child(Opinionated::child_spec(stage.clone()))
        .child(
            Opinionated::child_spec(stage.clone())
                .id("polite")
                .shutdown(Shutdown::Infinity),
        )
        .child(
            Opinionated::child_spec(stage.clone())
                .id("permanent")
                .restart(Restart::Permanent),
        )
        .child(Worker::child_spec("argument", stage.clone()));
    let supervisor = started(supervisor).await;
    assert_eq!(
        ids(&supervisor).await,
        "Worker permanent polite Opinionated"
    );
    assert_eq!(argument(&supervisor, "Worker").await, "argument");

    for (id, restarted) in [
        ("Opinionated", false),
        ("polite", false),
        ("permanent", true),
    ] {
        let pid = pid_of(&supervisor, id).await;
        let end = process::monitored(pid);
        OpinionatedRef::try_from(pid).unwrap().end();
        assert_eq!(soon(end).await, ExitReason::Normal);
        let now = status(&supervisor, id).await.unwrap();
        assert_eq!(now != ChildStatus::Stopped, restarted, "{id}");
    }
    for id in ["Opinionated", "polite"] {
        soon(supervisor.restart_child(id)).await.unwrap();
    }
    for (id, reason) in [
        ("Opinionated", ExitReason::Killed),
        ("polite", ExitReason::Shutdown),
        ("permanent", ExitReason::Killed),
    ] {
        let end = process::monitored(pid_of(&supervisor, id).await);
        soon(supervisor.terminate_child(id)).await.unwrap();
        assert_eq!(soon(end).await, reason, "{id}");
    }
}

/// Whether a supervisor lives after this many crashes of its child at once.
async fn lives_after(supervisor: Supervisor, crashes: usize, stage: &Stage) -> SupervisorRef {
    let supervisor = started(supervisor.child(Worker::spec("it", stage))).await;
    for _ in 0..crashes {
        Way::Killed.end(pid_of(&supervisor, "it").await).await;
    }
    supervisor
}

/// Three restarts in five seconds unless told otherwise; what is told holds.
#[beamish::test(start_paused)]
async fn es03_three_restarts_in_five_seconds_unless_told_otherwise() {
    let stage = Stage::new();
    for (supervisor, allowed) in [
        (one_for_one(), 3),
        (one_for_one().max_restarts(6), 6),
        (one_for_one().max_restarts(0), 0),
    ] {
        assert!(!is_over(&lives_after(supervisor.clone(), allowed, &stage).await).await);
        assert!(is_over(&lives_after(supervisor, allowed + 1, &stage).await).await);
    }
    for (supervisor, pause, survives) in [
        (one_for_one(), 5, false),
        (one_for_one(), 6, true),
        (one_for_one().max_seconds(1), 2, true),
        (one_for_one().max_seconds(60), 60, false),
        (one_for_one().max_seconds(60), 61, true),
    ] {
        let supervisor = lives_after(supervisor, 3, &stage).await;
        let it = pid_of(&supervisor, "it").await;
        process::sleep(pause * SECOND).await;
        Way::Killed.end(it).await;
        assert_eq!(is_over(&supervisor).await, !survives, "{pause}");
    }
}

/// Without `auto_shutdown` a supervisor never shuts itself down: it takes no significant child.
#[beamish::test]
async fn es03_auto_shutdown_is_never_unless_told_otherwise() {
    let stage = Stage::new();
    let significant = Worker::spec("s", &stage)
        .restart(Restart::Transient)
        .significant(true);
    let error = soon(one_for_one().child(significant.clone()).start())
        .await
        .unwrap_err();
    assert_eq!(
        refused(&error),
        &BadChildren::SignificantWithoutAutoShutdown("s".into())
    );
    let told = one_for_one()
        .auto_shutdown(AutoShutdown::AnySignificant)
        .child(significant);
    pid_of(&started(told).await, "s").await;
}

/// A supervisor with a local name is asked by that name.
#[beamish::test]
async fn es07_a_supervisor_is_asked_by_its_local_name() {
    let stage = Stage::new();
    let supervisor = soon(
        workers(Strategy::OneForOne, ["a"], &stage)
            .name("my_sup")
            .start_link(),
    )
    .await
    .unwrap();
    assert_eq!(process::whereis("my_sup"), supervisor.pid());
    let by_name = SupervisorRef::to("my_sup");
    assert_eq!(ids(&by_name).await, "a");
    assert_eq!(counts(&by_name).await, (1, 1, 0, 1));
    assert_eq!(pid_of(&by_name, "a").await, pid_of(&supervisor, "a").await);
    soon(by_name.stop()).await.unwrap();
    assert_eq!(process::whereis("my_sup"), None);
}

/// A permanent child that ends normally is started again with its arguments, and has its name again.
#[beamish::test]
async fn es08_a_permanent_child_that_stops_normally_is_restarted_under_its_name() {
    let stage = Stage::new();
    let supervisor = soon(
        one_for_one()
            .child(named("hello", "the stack", &stage))
            .start_link(),
    )
    .await
    .unwrap();
    let worker = WorkerRef::to("the stack");
    let before = worker.pid().unwrap();
    assert_eq!(soon(worker.count()).await.unwrap(), 1);
    assert_eq!(soon(worker.count()).await.unwrap(), 2);
    Way::Normal.end(before).await;
    let after = pid_of(&supervisor, "hello").await;
    assert_ne!(after, before);
    assert_eq!(process::whereis("the stack"), Some(after));
    assert_eq!(soon(worker.id()).await.unwrap(), "hello");
    assert_eq!(soon(worker.count()).await.unwrap(), 1, "the state was kept");
    assert_eq!(stage.log(), "+hello -hello +hello");
}

/// A reserved name is refused, and no child is started.
#[beamish::test]
async fn es08_a_reserved_name_is_refused() {
    process::trap_exit(true);
    for name in ["nil", "undefined", "true", "false", ""] {
        let stage = Stage::new();
        let tree = workers(Strategy::OneForOne, ["a"], &stage).name(name);
        let error = soon(tree.start_link()).await.unwrap_err();
        assert!(matches!(error, StartError::BadName(_)), "{error:?}");
        let pool = DynamicSupervisor::new().name(name);
        let error = soon(pool.start_link()).await.unwrap_err();
        assert!(matches!(error, StartError::BadName(_)), "{error:?}");
        assert_eq!(stage.starts("a"), 0);
    }
    nothing_came();
}

supervisor! {
    Declared(stage: Stage) {
        name: "declared in the catalogue",
        strategy: one_for_one,
        children: [
            Worker::start_link("a", stage.clone()) { id: "a" },
            Worker::start_link("b", stage.clone()) { id: "b" },
        ],
    }
}

/// A declared supervisor has started its children when `start_link` returns; `stop` ends it and them.
#[beamish::test]
async fn es10_a_declared_supervisor_starts_its_children_before_it_returns_and_stops() {
    process::trap_exit(true);
    let stage = Stage::new();
    let tree = soon(Declared::start_link(stage.clone())).await.unwrap();
    assert_eq!(stage.log(), "+a +b");
    let pid = tree.pid().unwrap();
    assert!(process::info(self_pid()).unwrap().links.contains(&pid));
    let children = pids(&Declared::named(), ["a", "b"]).await;

    soon(tree.stop()).await.unwrap();
    assert_eq!(stage.log(), "-b -a");
    assert!(!process::alive(pid));
    assert!(children.iter().all(|child| !process::alive(*child)));
    assert_eq!(process::whereis("declared in the catalogue"), None);
    receive! {
        Exit { from, reason } => assert_eq!((from, reason), (pid, ExitReason::Normal)),
        after 0 => panic!("no exit of the linked supervisor"),
    }
    nothing_came();
    assert!(matches!(soon(tree.stop()).await, Err(StopError::NoProc(_))));
}

/// A whole specification that is given at run time is started, and its pid returned.
#[beamish::test]
async fn es12_a_whole_specification_is_started_at_run_time() {
    let stage = Stage::new();
    let supervisor = started(one_for_one()).await;
    let spec = {
        let stage = stage.clone();
        ChildSpec::new(move || Worker::start_link("hello", stage.clone()))
            .id("child")
            .restart(Restart::Temporary)
            .shutdown(Shutdown::BrutalKill)
            .significant(false)
    };
    let pid = soon(supervisor.start_child(spec)).await.unwrap();
    assert_eq!(pid, Some(pid_of(&supervisor, "child").await));
    assert_eq!(argument(&supervisor, "child").await, "hello");
    assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
    let end = process::monitored(pid.unwrap());
    soon(supervisor.terminate_child("child")).await.unwrap();
    assert_eq!(soon(end).await, ExitReason::Killed);
    assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
}

/// The short form, a type with its argument, is started at run time under the name of the type.
#[beamish::test]
async fn es13_a_type_with_an_argument_is_started_at_run_time() {
    let stage = Stage::new();
    let supervisor = started(one_for_one()).await;
    let pid = soon(supervisor.start_child(Worker::child_spec("hello", stage.clone())))
        .await
        .unwrap();
    assert_eq!(pid, Some(pid_of(&supervisor, "Worker").await));
    assert_eq!(argument(&supervisor, "Worker").await, "hello");
    Way::Killed.end(pid.unwrap()).await;
    assert_eq!(argument(&supervisor, "Worker").await, "hello");
    // A supervisor is a type with an argument too.
    let tree = soon(supervisor.start_child(Tree::child_spec(stage)))
        .await
        .unwrap();
    assert_eq!(tree, Some(pid_of(&supervisor, "Tree").await));
    assert_eq!(counts(&supervisor).await, (2, 2, 1, 1));
}

/// A specification that does not fit is an error, and nothing is started. (That an id or a start is missing, or that a
/// time is negative, does not compile.)
#[beamish::test]
async fn es14_a_specification_that_does_not_fit_starts_nothing() {
    let stage = Stage::new();
    let supervisor = started(one_for_one()).await;
    let bad = Worker::spec("a", &stage)
        .significant(true)
        .restart(Restart::Transient);
    let error = soon(supervisor.start_child(bad)).await.unwrap_err();
    let StartChildError::BadChild(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!(
        error,
        BadChildren::SignificantWithoutAutoShutdown("a".into())
    );
    assert_eq!(stage.starts("a"), 0);
    assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
    soon(supervisor.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap()
        .unwrap();
}

/// A shutdown time of zero, and any other, is accepted; at zero the child is killed unless it has ended already.
#[beamish::test(start_paused)]
async fn es15_any_shutdown_time_is_accepted() {
    let stage = Stage::new();
    let supervisor = started(one_for_one()).await;
    for time in [
        Duration::ZERO,
        Duration::from_millis(1),
        SECOND,
        Duration::MAX,
    ] {
        let spec = Worker::spec("worker", &stage).shutdown(time);
        let worker = soon(supervisor.start_child(spec)).await.unwrap().unwrap();
        soon(supervisor.terminate_child("worker")).await.unwrap();
        assert!(!process::alive(worker));
        soon(supervisor.delete_child("worker")).await.unwrap();
    }
    for (time, after) in [
        (Duration::ZERO, "-s@0"),
        (Duration::from_millis(1), "~s@0 -s@1"),
    ] {
        let spec = Stubborn::spec("s", &stage, Manner::Never)
            .shutdown(time)
            .restart(Restart::Temporary);
        let stubborn = soon(supervisor.start_child(spec)).await.unwrap().unwrap();
        let end = process::monitored(stubborn);
        stage.reset();
        soon(supervisor.terminate_child("s")).await.unwrap();
        assert_eq!(soon(end).await, ExitReason::Killed);
        let log = stage.timed_log();
        assert!(log.ends_with(after), "{log}");
    }
}

/// Start, terminate, restart and delete, with the counts and the listing after each.
#[beamish::test]
async fn es16_a_child_is_started_terminated_restarted_and_deleted() {
    let stage = Stage::new();
    let supervisor = started(one_for_one()).await;
    assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
    assert_eq!(ids(&supervisor).await, "");

    let first = soon(supervisor.start_child(Worker::spec("hello", &stage)))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        status(&supervisor, "hello").await,
        Some(ChildStatus::Running(first))
    );
    assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
    assert!(matches!(
        soon(supervisor.delete_child("hello")).await,
        Err(ChildError::Running)
    ));
    assert!(matches!(
        soon(supervisor.restart_child("hello")).await,
        Err(ChildError::Running)
    ));
    assert_eq!(pid_of(&supervisor, "hello").await, first);

    soon(supervisor.terminate_child("hello")).await.unwrap();
    assert!(!process::alive(first));
    assert_eq!(
        status(&supervisor, "hello").await,
        Some(ChildStatus::Stopped)
    );
    assert_eq!(counts(&supervisor).await, (1, 0, 0, 1));

    let second = soon(supervisor.restart_child("hello")).await.unwrap();
    assert_eq!(second, Some(pid_of(&supervisor, "hello").await));
    assert_ne!(second, Some(first));
    assert_eq!(argument(&supervisor, "hello").await, "hello");
    assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));

    soon(supervisor.terminate_child("hello")).await.unwrap();
    soon(supervisor.delete_child("hello")).await.unwrap();
    assert_eq!(status(&supervisor, "hello").await, None);
    assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
    for result in [
        soon(supervisor.terminate_child("hello")).await,
        soon(supervisor.delete_child("hello")).await,
        soon(supervisor.restart_child("hello")).await.map(drop),
    ] {
        assert!(matches!(result, Err(ChildError::NotFound)), "{result:?}");
    }
    // The id is free, with another plan for it.
    stage.plan("hello", [Plan::Ignore]);
    let ignored = soon(supervisor.start_child(Worker::spec("hello", &stage))).await;
    assert_eq!(ignored.unwrap(), None);
    assert_eq!(stage.starts("hello"), 3);
}

/// A supervisor that is entered in a registry is asked by its key there.
#[beamish::test]
async fn es05_a_supervisor_is_asked_by_its_via_name() {
    let (stage, directory) = (Stage::new(), Directory::default());
    let key = ("supervisor", 1);
    let supervisor = workers(Strategy::OneForOne, ["a"], &stage).via(&directory, key);
    let supervisor = soon(supervisor.start_link()).await.unwrap();
    assert_eq!(directory.whereis_name(&key), supervisor.pid());
    let by_name = SupervisorRef::via(&directory, key);
    assert_eq!(by_name.pid(), supervisor.pid());
    assert_eq!(counts(&by_name).await, (1, 1, 0, 1));
    assert_eq!(pid_of(&by_name, "a").await, pid_of(&supervisor, "a").await);
    let second = workers(Strategy::OneForOne, ["b"], &stage).via(&directory, key);
    let second = soon(second.start()).await.unwrap_err();
    assert!(
        matches!(second, StartError::AlreadyStarted(pid) if Some(pid) == supervisor.pid()),
        "{second:?}"
    );
    assert_eq!(stage.starts("b"), 0);
    let other = SupervisorRef::via(&directory, ("supervisor", 2));
    assert!(is_over(&other).await);
    soon(by_name.stop()).await.unwrap();
    assert_eq!(directory.len(), 0);
    assert!(is_over(&by_name).await);
}

/// A supervisor with a global name is asked by that; the local name of the same text is another.
#[beamish::test]
async fn es06_a_supervisor_is_asked_by_its_global_name() {
    let stage = Stage::new();
    let supervisor = workers(Strategy::OneForOne, ["a"], &stage).global("my_sup");
    let supervisor = soon(supervisor.start_link()).await.unwrap();
    assert_eq!(global::whereis_name("my_sup"), supervisor.pid());
    assert_eq!(process::whereis("my_sup"), None);
    let by_name = SupervisorRef::global("my_sup");
    assert_eq!(by_name.pid(), supervisor.pid());
    assert_eq!(counts(&by_name).await, (1, 1, 0, 1));
    assert_eq!(pid_of(&by_name, "a").await, pid_of(&supervisor, "a").await);
    assert!(is_over(&SupervisorRef::to("my_sup")).await);
    let second = workers(Strategy::OneForOne, ["b"], &stage).global("my_sup");
    let second = soon(second.start()).await.unwrap_err();
    assert!(
        matches!(second, StartError::AlreadyStarted(pid) if Some(pid) == supervisor.pid()),
        "{second:?}"
    );
    assert_eq!(stage.starts("b"), 0);
    soon(by_name.stop()).await.unwrap();
    assert_eq!(global::whereis_name("my_sup"), None);
}

/// What a specification holds can be read, before and after it was changed.
#[beamish::test]
async fn es01_es02_the_fields_of_a_specification_can_be_read() {
    let fields = |spec: &ChildSpec| {
        (
            spec.get_id().clone(),
            spec.get_restart(),
            spec.get_shutdown(),
            spec.get_kind(),
            spec.get_significant(),
        )
    };
    let five = Shutdown::Timeout(5 * SECOND);
    let stage = Stage::new();
    let tree = Tree::child_spec(stage.clone());
    assert_eq!(
        fields(&tree),
        (
            "Tree".into(),
            Restart::Permanent,
            Shutdown::Infinity,
            ChildKind::Supervisor,
            false
        )
    );
    let changed = tree
        .id("other")
        .restart(Restart::Transient)
        .significant(true);
    assert_eq!(
        fields(&changed),
        (
            "other".into(),
            Restart::Transient,
            Shutdown::Infinity,
            ChildKind::Supervisor,
            true
        )
    );
    let worker = Worker::child_spec("a", stage.clone());
    assert_eq!(
        fields(&worker),
        (
            "Worker".into(),
            Restart::Permanent,
            five,
            ChildKind::Worker,
            false
        )
    );
    let opinionated = Opinionated::child_spec(stage).id(1);
    assert_eq!(
        fields(&opinionated),
        (
            1.into(),
            Restart::Transient,
            Shutdown::BrutalKill,
            ChildKind::Worker,
            false
        )
    );
    assert_eq!(
        fields(&Task::child(|| async { 7 })),
        (
            "Task".into(),
            Restart::Temporary,
            five,
            ChildKind::Worker,
            false
        )
    );
    assert_eq!(
        fields(&process::child(|| async {}).shutdown(SECOND)),
        (
            "process".into(),
            Restart::Permanent,
            Shutdown::Timeout(SECOND),
            ChildKind::Worker,
            false
        )
    );
}

/// A task is a temporary child: it runs once, and is gone then, unless the specification says otherwise.
#[beamish::test]
async fn es02_a_task_is_temporary_unless_told_otherwise() {
    let runs = Arc::new(Semaphore::new(0));
    let task = |restart: Option<Restart>| {
        let (began, runs) = (Arc::new(Semaphore::new(0)), Arc::clone(&runs));
        let told = Arc::clone(&began);
        let spec = Task::child(move || {
            let (began, runs) = (Arc::clone(&began), Arc::clone(&runs));
            async move {
                began.add_permits(1);
                runs.acquire().await.unwrap().forget();
            }
        });
        (
            restart.map_or(spec.clone(), |restart| spec.restart(restart)),
            told,
        )
    };
    let (temporary, _) = task(None);
    let (permanent, began) = task(Some(Restart::Permanent));
    let supervisor = one_for_one().child(temporary).child(permanent.id("again"));
    let supervisor = started(supervisor).await;
    let [once, again] = pids(&supervisor, ["Task", "again"]).await;
    let ends = [process::monitored(once), process::monitored(again)];
    runs.add_permits(2);
    for end in ends {
        assert_eq!(soon(end).await, ExitReason::Normal);
    }
    assert_eq!(ids(&supervisor).await, "again");
    assert_ne!(pid_of(&supervisor, "again").await, again);
    soon(began.acquire_many(2)).await.unwrap().forget();
}
