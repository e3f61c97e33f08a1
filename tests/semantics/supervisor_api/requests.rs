//! The table "Supervisor: API (static)", row by row.

use super::*;

/// `start_child`: a new id.
#[beamish::test]
async fn start_child_starts_a_new_child() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage)).await;
    let pid = soon(supervisor.start_child(Worker::spec("b", &stage)))
        .await
        .unwrap();
    assert_eq!(pid, Some(pid_of(&supervisor, "b").await));
    assert_eq!(ids(&supervisor).await, "b a");
    Way::Killed.end(pid.unwrap()).await;
    assert_ne!(
        Some(pid_of(&supervisor, "b").await),
        pid,
        "it is not supervised"
    );
}

/// `start_child`: a child that ignores is kept, unless it is temporary.
#[beamish::test]
async fn start_child_keeps_a_child_that_ignores_unless_temporary() {
    for (restart, kept) in [
        (Restart::Permanent, true),
        (Restart::Transient, true),
        (Restart::Temporary, false),
    ] {
        let stage = Stage::new();
        let supervisor = started(workers(["a"], &stage)).await;
        stage.plan("b", [Plan::Ignore]);
        let pid = soon(supervisor.start_child(Worker::spec("b", &stage).restart(restart)))
            .await
            .unwrap();
        assert_eq!(pid, None);
        assert_eq!(
            status(&supervisor, "b").await,
            kept.then_some(ChildStatus::Stopped)
        );
    }
}

/// `start_child`: an id that is known and runs.
#[beamish::test]
async fn start_child_says_already_started_for_a_running_id() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage)).await;
    let a = pid_of(&supervisor, "a").await;
    let error = soon(supervisor.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap_err();
    assert!(
        matches!(error, StartChildError::AlreadyStarted(pid) if pid == a),
        "{error:?}"
    );
    assert_eq!(stage.starts("a"), 1);
}

/// `start_child`: an id that is known and is stopped or restarting.
#[beamish::test]
async fn start_child_says_already_present_for_a_stopped_or_restarting_id() {
    let stage = Stage::new();
    let supervisor = restarting(&stage).await;
    let error = soon(supervisor.start_child(Worker::spec("b", &stage)))
        .await
        .unwrap_err();
    assert!(
        matches!(error, StartChildError::AlreadyPresent),
        "{error:?}"
    );
    soon(supervisor.terminate_child("b")).await.unwrap();
    let error = soon(supervisor.start_child(Worker::spec("b", &stage)))
        .await
        .unwrap_err();
    assert!(
        matches!(error, StartChildError::AlreadyPresent),
        "{error:?}"
    );
}

/// `start_child`: a start that fails is told with its reason, and nothing is kept.
#[beamish::test]
async fn start_child_keeps_nothing_of_a_failed_start() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage).max_restarts(0)).await;
    stage.plan(
        "b",
        [Plan::Fail, Plan::Panic, Plan::Stop(ExitReason::Timeout)],
    );
    let mut errors = Vec::new();
    for _ in 0..3 {
        errors.push(
            soon(supervisor.start_child(Worker::spec("b", &stage)))
                .await
                .unwrap_err(),
        );
        assert_eq!(ids(&supervisor).await, "a");
    }
    use StartChildError::Start;
    assert!(
        matches!(&errors[0], Start(StartError::Init(error)) if error.to_string() == "as planned"),
        "{errors:?}"
    );
    assert!(
        matches!(errors[1], Start(StartError::Exit(ExitReason::Panic(_)))),
        "{errors:?}"
    );
    assert!(
        matches!(errors[2], Start(StartError::Exit(ExitReason::Timeout))),
        "{errors:?}"
    );
    assert_eq!(stage.starts("b"), 3, "a failed start was tried again");
    soon(supervisor.start_child(Worker::spec("b", &stage)))
        .await
        .unwrap()
        .unwrap();
}

/// `start_child`: a name that another process holds is flat: already started, as that process.
#[beamish::test]
async fn start_child_says_who_holds_the_name() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage)).await;
    process::register("taken", self_pid()).unwrap();
    let error = soon(supervisor.start_child(named("b", "taken", &stage)))
        .await
        .unwrap_err();
    assert!(
        matches!(error, StartChildError::AlreadyStarted(pid) if pid == self_pid()),
        "{error:?}"
    );
    assert_eq!(ids(&supervisor).await, "a");
    assert_eq!(stage.starts("b"), 0);
}

/// `start_child`: the id of a temporary child is free when it has ended.
#[beamish::test]
async fn the_id_of_a_temporary_child_is_free_when_it_has_ended() {
    let stage = Stage::new();
    let supervisor = started(workers([], &stage)).await;
    let spec = || Worker::spec("t", &stage).restart(Restart::Temporary);
    for way in [Way::Normal, Way::Panic] {
        let pid = soon(supervisor.start_child(spec())).await.unwrap().unwrap();
        way.end(pid).await;
    }
    soon(supervisor.start_child(spec())).await.unwrap().unwrap();
    soon(supervisor.terminate_child("t")).await.unwrap();
    soon(supervisor.start_child(spec())).await.unwrap().unwrap();
    assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
}

/// `start_child`, `restart_child`: a child that owns its arguments is started once; it is temporary.
#[beamish::test]
async fn a_once_child_is_temporary() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage)).await;
    let once = Worker::start_link("b", stage.clone()).once();
    let pid = soon(supervisor.start_child(ChildSpec::from(once).id("b")))
        .await
        .unwrap()
        .unwrap();
    Way::Panic.end(pid).await;
    assert_eq!(ids(&supervisor).await, "a");
    assert_eq!(stage.starts("b"), 1);
}

/// `terminate_child`: ok, also again; the specification is kept.
#[beamish::test]
async fn terminate_child_stops_a_child_and_keeps_its_specification() {
    for restart in [Restart::Permanent, Restart::Transient] {
        let stage = Stage::new();
        let supervisor =
            started(workers(["a"], &stage).child(Worker::spec("b", &stage).restart(restart))).await;
        let b = pid_of(&supervisor, "b").await;
        let end = process::monitored(b);
        soon(supervisor.terminate_child("b")).await.unwrap();
        assert!(!process::alive(b), "it answered before the child was dead");
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        assert_eq!(status(&supervisor, "b").await, Some(ChildStatus::Stopped));
        soon(supervisor.terminate_child("b")).await.unwrap();
        assert_eq!(counts(&supervisor).await, (2, 1, 0, 2));
    }
}

/// `terminate_child`: that of a temporary child is removed.
#[beamish::test]
async fn terminate_child_removes_a_temporary_child() {
    let stage = Stage::new();
    let supervisor = started(
        workers(["a"], &stage).child(Worker::spec("b", &stage).restart(Restart::Temporary)),
    )
    .await;
    soon(supervisor.terminate_child("b")).await.unwrap();
    assert_eq!(ids(&supervisor).await, "a");
    assert!(matches!(
        soon(supervisor.terminate_child("b")).await,
        Err(ChildError::NotFound)
    ));
    assert!(matches!(
        soon(supervisor.restart_child("b")).await,
        Err(ChildError::NotFound)
    ));
    assert!(matches!(
        soon(supervisor.delete_child("b")).await,
        Err(ChildError::NotFound)
    ));
}

/// `terminate_child`, `restart_child`, `delete_child`: an id that is not known.
#[beamish::test]
async fn an_unknown_id_is_not_found() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage)).await;
    assert!(matches!(
        soon(supervisor.terminate_child("b")).await,
        Err(ChildError::NotFound)
    ));
    assert!(matches!(
        soon(supervisor.restart_child("b")).await,
        Err(ChildError::NotFound)
    ));
    assert!(matches!(
        soon(supervisor.delete_child("b")).await,
        Err(ChildError::NotFound)
    ));
    // A number is not the text of it.
    soon(supervisor.start_child(Worker::spec("c", &stage).id(7)))
        .await
        .unwrap();
    assert!(matches!(
        soon(supervisor.terminate_child("7")).await,
        Err(ChildError::NotFound)
    ));
    soon(supervisor.terminate_child(7)).await.unwrap();
}

/// `restart_child`: a stopped child starts at its old place, with its arguments.
#[beamish::test]
async fn restart_child_starts_a_stopped_child() {
    let stage = Stage::new();
    let supervisor = started(workers(["a", "b"], &stage).max_restarts(0)).await;
    let before = pid_of(&supervisor, "a").await;
    soon(supervisor.terminate_child("a")).await.unwrap();
    let pid = soon(supervisor.restart_child("a")).await.unwrap();
    assert_eq!(pid, Some(pid_of(&supervisor, "a").await));
    assert_ne!(pid, Some(before));
    assert_eq!(ids(&supervisor).await, "b a");
}

/// `restart_child`: a transient child that ended as planned is a stopped one.
#[beamish::test]
async fn restart_child_starts_a_transient_child_that_has_ended() {
    let stage = Stage::new();
    let supervisor =
        started(workers([], &stage).child(Worker::spec("a", &stage).restart(Restart::Transient)))
            .await;
    Way::Normal.end(pid_of(&supervisor, "a").await).await;
    let pid = soon(supervisor.restart_child("a")).await.unwrap();
    assert_eq!(pid, Some(pid_of(&supervisor, "a").await));
}

/// `restart_child`: a running child.
#[beamish::test]
async fn restart_child_refuses_a_running_child() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage)).await;
    let a = pid_of(&supervisor, "a").await;
    assert!(matches!(
        soon(supervisor.restart_child("a")).await,
        Err(ChildError::Running)
    ));
    assert_eq!(pid_of(&supervisor, "a").await, a);
}

/// `restart_child`, `delete_child`: a child that is being restarted.
#[beamish::test]
async fn a_restarting_child_is_neither_restarted_nor_deleted_by_hand() {
    let stage = Stage::new();
    let supervisor = restarting(&stage).await;
    assert!(matches!(
        soon(supervisor.restart_child("b")).await,
        Err(ChildError::Restarting)
    ));
    assert!(matches!(
        soon(supervisor.delete_child("b")).await,
        Err(ChildError::Restarting)
    ));
}

/// `restart_child`: a start that fails is told; the specification stays.
#[beamish::test]
async fn restart_child_keeps_the_specification_when_the_start_fails() {
    let stage = Stage::new();
    let supervisor = started(workers(["a", "b"], &stage).max_restarts(0)).await;
    soon(supervisor.terminate_child("b")).await.unwrap();
    stage.plan("b", [Plan::Fail, Plan::Ignore]);
    let error = soon(supervisor.restart_child("b")).await.unwrap_err();
    assert!(
        matches!(error, ChildError::Start(StartError::Init(_))),
        "{error:?}"
    );
    assert_eq!(status(&supervisor, "b").await, Some(ChildStatus::Stopped));
    assert_eq!(soon(supervisor.restart_child("b")).await.unwrap(), None);
    assert_eq!(status(&supervisor, "b").await, Some(ChildStatus::Stopped));
    soon(supervisor.restart_child("b")).await.unwrap().unwrap();
    assert_eq!(stage.starts("b"), 4);
}

/// `delete_child`: a stopped child's specification goes; a running one's does not.
#[beamish::test]
async fn delete_child_removes_a_stopped_child_only() {
    let stage = Stage::new();
    let supervisor = started(workers(["a", "b"], &stage)).await;
    assert!(matches!(
        soon(supervisor.delete_child("b")).await,
        Err(ChildError::Running)
    ));
    pid_of(&supervisor, "b").await;
    soon(supervisor.terminate_child("b")).await.unwrap();
    soon(supervisor.delete_child("b")).await.unwrap();
    assert_eq!(ids(&supervisor).await, "a");
    soon(supervisor.start_child(Worker::spec("b", &stage)))
        .await
        .unwrap()
        .unwrap();
}

/// `which_children`: the newest first, with what they are and where they stand.
#[beamish::test]
async fn which_children_lists_the_newest_first() {
    let stage = Stage::new();
    let supervisor = workers(["a"], &stage)
        .child(Supervisor::new(Strategy::OneForOne).child_spec().id("tree"))
        .child(Worker::spec("w", &stage));
    let supervisor = started(supervisor).await;
    soon(supervisor.start_child(DynamicSupervisor::new().child_spec().id(1)))
        .await
        .unwrap();
    soon(supervisor.terminate_child("w")).await.unwrap();
    let children = soon(supervisor.which_children()).await.unwrap();
    let listed: Vec<_> = children
        .iter()
        .map(|child| {
            (
                child.id.clone().unwrap(),
                child.kind,
                child.status.pid().is_some_and(process::alive),
            )
        })
        .collect();
    let expected = [
        (ChildId::from(1), ChildKind::Supervisor, true),
        (ChildId::from("w"), ChildKind::Worker, false),
        (ChildId::from("tree"), ChildKind::Supervisor, true),
        (ChildId::from("a"), ChildKind::Worker, true),
    ];
    assert_eq!(listed, expected);
    assert_eq!(children[1].status, ChildStatus::Stopped);
}

/// `count_children`: all, the living, and by what they are; restarting ones too.
#[beamish::test]
async fn count_children_counts_by_kind() {
    let stage = Stage::new();
    let supervisor = restarting(&stage).await;
    assert_eq!(counts(&supervisor).await, (2, 1, 0, 2));
    soon(supervisor.start_child(Supervisor::new(Strategy::OneForOne).child_spec().id("tree")))
        .await
        .unwrap();
    assert_eq!(counts(&supervisor).await, (3, 2, 1, 2));
    soon(supervisor.terminate_child("tree")).await.unwrap();
    soon(supervisor.terminate_child("b")).await.unwrap();
    assert_eq!(counts(&supervisor).await, (3, 1, 1, 2));
    soon(supervisor.delete_child("b")).await.unwrap();
    assert_eq!(counts(&supervisor).await, (2, 1, 1, 1));
}

/// All requests of a dead supervisor fail with noproc.
#[beamish::test]
async fn a_dead_supervisor_answers_nothing() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage)).await;
    soon(supervisor.stop()).await.unwrap();
    assert!(matches!(
        soon(supervisor.which_children()).await,
        Err(CallError::NoProc(_))
    ));
    assert!(matches!(
        soon(supervisor.count_children()).await,
        Err(CallError::NoProc(_))
    ));
    let started = soon(supervisor.start_child(Worker::spec("b", &stage))).await;
    assert!(matches!(
        started,
        Err(StartChildError::Call(CallError::NoProc(_)))
    ));
    for result in [
        soon(supervisor.terminate_child("a")).await,
        soon(supervisor.delete_child("a")).await,
        soon(supervisor.restart_child("a")).await.map(drop),
    ] {
        assert!(
            matches!(result, Err(ChildError::Call(CallError::NoProc(_)))),
            "{result:?}"
        );
    }
}

/// API-1, SUP-4: `terminate_child` waits by the child's shutdown setting, and the supervisor does nothing else meanwhile.
#[beamish::test(start_paused)]
async fn terminate_child_blocks_the_supervisor_until_the_child_is_dead() {
    let stage = Stage::new();
    let slow = Stubborn::spec("slow", &stage, kit::Manner::Never).shutdown(Duration::from_secs(3));
    let supervisor = started(workers(["a"], &stage).child(slow)).await;
    let began = tokio::time::Instant::now();
    let mut terminated = Box::pin(supervisor.terminate_child("slow"));
    poll_once(&mut terminated).await;
    let mut listed = Box::pin(supervisor.which_children());
    poll_once(&mut listed).await;
    soon(listed).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(3));
    soon(terminated).await.unwrap();
}

/// API-1, SUP-2: requests wait without limit, not for the five seconds of other calls.
#[beamish::test(start_paused)]
async fn requests_wait_without_limit() {
    let stage = Stage::new();
    let slow = |id| {
        Stubborn::spec(id, &stage, kit::Manner::After(Duration::from_secs(100)))
            .shutdown(Shutdown::Infinity)
    };
    let supervisor = started(workers(["a"], &stage).child(slow("slow"))).await;
    soon(supervisor.terminate_child("slow")).await.unwrap();
    let dynamic = soon(DynamicSupervisor::new().start()).await.unwrap();
    let pid = soon(dynamic.start_child(slow("slow"))).await.unwrap();
    soon(dynamic.terminate_child(pid)).await.unwrap();
}

/// API-1: it causes no restart under any strategy, and counts for nothing.
#[beamish::test]
async fn terminate_child_causes_no_restart() {
    for strategy in [
        Strategy::OneForOne,
        Strategy::RestForOne,
        Strategy::OneForAll,
    ] {
        for shutdown in [Shutdown::BrutalKill, Shutdown::Infinity] {
            let stage = Stage::new();
            let supervisor = Supervisor::new(strategy)
                .max_restarts(0)
                .child(Worker::spec("a", &stage))
                .child(Worker::spec("b", &stage).shutdown(shutdown))
                .child(Worker::spec("c", &stage));
            let supervisor = started(supervisor).await;
            soon(supervisor.terminate_child("b")).await.unwrap();
            assert_eq!(status(&supervisor, "b").await, Some(ChildStatus::Stopped));
            pid_of(&supervisor, "a").await;
            pid_of(&supervisor, "c").await;
            assert_eq!(stage.log(), "+a +b +c -b");
        }
    }
}

/// API-1: a request that is dropped is carried out all the same.
#[beamish::test]
async fn a_dropped_request_is_carried_out() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage)).await;
    let mut terminated = Box::pin(supervisor.terminate_child("a"));
    poll_once(&mut terminated).await;
    drop(terminated);
    assert_eq!(status(&supervisor, "a").await, Some(ChildStatus::Stopped));
}

/// ES07: a supervisor is reached by its name too.
#[beamish::test]
async fn a_supervisor_by_name_is_the_one_that_holds_it() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage).name("the tree")).await;
    let by_name = SupervisorRef::to("the tree");
    assert_eq!(by_name.pid(), supervisor.pid());
    assert_eq!(ids(&by_name).await, "a");
    assert_ne!(by_name, supervisor, "a name is never equal to a process");
    soon(supervisor.stop()).await.unwrap();
    assert!(matches!(
        soon(by_name.which_children()).await,
        Err(CallError::NoProc(_))
    ));
}
