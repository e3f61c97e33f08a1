//! What a supervisor is asked: its children are added, ended, restarted, deleted, listed and counted.

use beamish::prelude::*;
use beamish::{
    ChildError, ChildId, ChildKind, ChildStatus, DynamicSupervisor, DynamicSupervisorRef, Restart,
    StartChildError, Strategy, Supervisor,
};

use crate::kit::{
    Plan, RESTARTS, STRATEGIES, Stage, Way, Worker, child, counts, counts_of, ids, listed,
    nothing_came, one_for_one, only, pid_of, pids, pool, running, soon, started, status, workers,
};

/// The whole interface of a static supervisor, step by step; at last, that of one that is dead.
#[beamish::test]
async fn os23_child_adm_answers_each_request_as_the_table_says() {
    use StartChildError::{AlreadyPresent, AlreadyStarted};

    process::trap_exit(true);
    let stage = Stage::new();
    let supervisor = soon(one_for_one().child(Worker::spec("a", &stage)).start_link())
        .await
        .unwrap();
    let a = pid_of(&supervisor, "a").await;
    let start = async |id| soon(supervisor.start_child(Worker::spec(id, &stage))).await;
    let terminate = async |id| soon(supervisor.terminate_child(id)).await;
    let restart = async |id| soon(supervisor.restart_child(id)).await;
    let delete = async |id| soon(supervisor.delete_child(id)).await;
    let not_found = |result: Result<(), ChildError>| {
        assert!(matches!(result, Err(ChildError::NotFound)), "{result:?}");
    };

    // One that runs.
    assert!(matches!(start("a").await, Err(AlreadyStarted(pid)) if pid == a));
    assert!(matches!(restart("a").await, Err(ChildError::Running)));
    assert!(matches!(delete("a").await, Err(ChildError::Running)));
    assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));

    // One that was stopped by request.
    let end = process::monitored(a);
    terminate("a").await.unwrap();
    assert!(!process::alive(a));
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    assert_eq!(status(&supervisor, "a").await, Some(ChildStatus::Stopped));
    terminate("a").await.unwrap();
    assert_eq!(counts(&supervisor).await, (1, 0, 0, 1));
    assert!(matches!(start("a").await, Err(AlreadyPresent)));

    // Restarted by request.
    let again = restart("a").await.unwrap();
    assert_eq!(again, Some(pid_of(&supervisor, "a").await));
    assert_ne!(again, Some(a));
    assert!(matches!(start("a").await, Err(AlreadyStarted(pid)) if Some(pid) == again));
    assert!(matches!(restart("a").await, Err(ChildError::Running)));

    // Deleted.
    terminate("a").await.unwrap();
    delete("a").await.unwrap();
    assert_eq!(ids(&supervisor).await, "");
    assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
    not_found(terminate("a").await);
    not_found(delete("a").await);
    not_found(restart("a").await.map(drop));

    // Added again, and one more.
    let a = start("a").await.unwrap();
    let b = start("b").await.unwrap();
    assert_eq!([a, b], pids(&supervisor, ["a", "b"]).await.map(Some));
    assert_eq!(ids(&supervisor).await, "b a");
    // A process is no id: its text is not found either.
    not_found(soon(supervisor.terminate_child(b.unwrap().to_string())).await);
    assert_eq!(counts(&supervisor).await, (2, 2, 0, 2));
    nothing_came();

    process::exit(&supervisor, ExitReason::Shutdown);
    receive! {
        Exit { from, reason } => {
            assert_eq!((Some(from), reason), (supervisor.pid(), ExitReason::Shutdown));
        },
        after 60s => panic!("it has not ended"),
    }
    let nobody = SupervisorRef::to("nobody");
    for dead in [&supervisor, &nobody] {
        assert!(matches!(
            soon(dead.which_children()).await,
            Err(CallError::NoProc(_))
        ));
        assert!(matches!(
            soon(dead.count_children()).await,
            Err(CallError::NoProc(_))
        ));
        assert!(matches!(
            soon(dead.start_child(Worker::spec("a", &stage))).await,
            Err(StartChildError::Call(CallError::NoProc(_)))
        ));
        for result in [
            soon(dead.terminate_child("a")).await,
            soon(dead.delete_child("a")).await,
            soon(dead.restart_child("a")).await.map(drop),
        ] {
            assert!(
                matches!(result, Err(ChildError::Call(CallError::NoProc(_)))),
                "{result:?}"
            );
        }
    }
    nothing_came();
}

/// A dynamic supervisor ends children by pid and counts them. (It has no `restart_child` and `delete_child`. As in Elixir,
/// a pid that is no child, dead or alive, is not found.)
#[beamish::test]
async fn os24_child_adm_simple_knows_its_children_by_pid() {
    let stage = Stage::new();
    let pool = pool().await;
    assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));
    let spec = || Worker::spec("a", &stage);
    let [a, b] = [child(&pool, spec()).await, child(&pool, spec()).await];
    assert_ne!(a, b);
    assert_eq!(counts_of(&pool).await, (2, 2, 0, 2));
    for listed in listed(&pool).await {
        assert_eq!(listed.id, None);
        assert_eq!(listed.kind, ChildKind::Worker);
        assert!(listed.type_name.ends_with("Worker"));
    }
    assert_eq!(running(&pool).await, [a, b]);

    soon(pool.terminate_child(a)).await.unwrap();
    assert!(!process::alive(a));
    assert_eq!(running(&pool).await, [b]);
    assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
    for stranger in [a, self_pid(), pool.pid().unwrap()] {
        if Some(stranger) == pool.pid() {
            continue;
        }
        let result = soon(pool.terminate_child(stranger)).await;
        assert!(matches!(result, Err(ChildError::NotFound)), "{result:?}");
    }
    assert!(process::alive(self_pid()));

    // A child that ended by itself.
    let temporary = child(&pool, spec().restart(Restart::Temporary)).await;
    Way::Normal.end(temporary).await;
    let result = soon(pool.terminate_child(temporary)).await;
    assert!(matches!(result, Err(ChildError::NotFound)), "{result:?}");
    // The pid of before a restart.
    Way::Killed.end(b).await;
    let result = soon(pool.terminate_child(b)).await;
    assert!(matches!(result, Err(ChildError::NotFound)), "{result:?}");
    let again = only(&pool).await;
    soon(pool.terminate_child(again)).await.unwrap();
    assert_eq!(counts_of(&pool).await, (0, 0, 0, 0));

    soon(pool.stop()).await.unwrap();
    let nobody = DynamicSupervisorRef::to("nobody");
    for dead in [&pool, &nobody] {
        assert!(matches!(
            soon(dead.which_children()).await,
            Err(CallError::NoProc(_))
        ));
        assert!(matches!(
            soon(dead.count_children()).await,
            Err(CallError::NoProc(_))
        ));
        assert!(matches!(
            soon(dead.start_child(spec())).await,
            Err(StartChildError::Call(CallError::NoProc(_)))
        ));
        assert!(matches!(
            soon(dead.terminate_child(again)).await,
            Err(ChildError::Call(CallError::NoProc(_)))
        ));
    }
}

/// Counts follow starts and ends, of one static child of each restart type and of many dynamic ones.
#[beamish::test]
async fn os72_counts_follow_starts_and_ends() {
    for restart in RESTARTS {
        let stage = Stage::new();
        let supervisor = started(one_for_one().max_restarts(u32::MAX)).await;
        assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
        let spec = Worker::spec("a", &stage).restart(restart);
        let pid = soon(supervisor.start_child(spec)).await.unwrap().unwrap();
        assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
        Way::Normal.end(pid).await;
        let expected = match restart {
            Restart::Permanent => (1, 1, 0, 1),
            Restart::Transient => (1, 0, 0, 1),
            Restart::Temporary => (0, 0, 0, 0),
        };
        assert_eq!(counts(&supervisor).await, expected);

        let pool = pool().await;
        let spec = Worker::spec("d", &stage).restart(restart);
        for n in 1..=1_000 {
            child(&pool, spec.clone()).await;
            if n % 100 == 0 {
                assert_eq!(counts_of(&pool).await, (n, n, 0, n));
            }
        }
        let ended = running(&pool).await;
        for pid in &ended[..300] {
            Way::Normal.end(*pid).await;
        }
        let left = if restart == Restart::Permanent {
            1_000
        } else {
            700
        };
        assert_eq!(counts_of(&pool).await, (left, left, 0, left));
        for pid in &ended[300..600] {
            soon(pool.terminate_child(*pid)).await.unwrap();
        }
        let left = left - 300;
        assert_eq!(counts_of(&pool).await, (left, left, 0, left));
        for pid in &ended[600..] {
            Way::Killed.end(*pid).await;
        }
        let left = if restart == Restart::Temporary {
            0
        } else {
            left
        };
        assert_eq!(counts_of(&pool).await, (left, left, 0, left));
        assert_eq!(running(&pool).await.len(), left);
    }
}

/// Children that are supervisors are counted as such, and not as workers, whether they run or not.
#[beamish::test]
async fn os73_supervisors_are_not_counted_as_workers() {
    let stage = Stage::new();
    let tree = || workers(Strategy::OneForOne, ["x", "y"], &stage).child_spec();
    let supervisor = one_for_one()
        .child(tree().id("tree"))
        .child(Worker::spec("a", &stage))
        .child(DynamicSupervisor::new().child_spec().id("pool"));
    let supervisor = started(supervisor).await;
    assert_eq!(counts(&supervisor).await, (3, 3, 2, 1));
    soon(supervisor.terminate_child("tree")).await.unwrap();
    soon(supervisor.terminate_child("a")).await.unwrap();
    assert_eq!(counts(&supervisor).await, (3, 1, 2, 1));
    soon(supervisor.delete_child("tree")).await.unwrap();
    assert_eq!(counts(&supervisor).await, (2, 1, 1, 1));

    let pool = pool().await;
    for _ in 0..3 {
        child(&pool, tree()).await;
    }
    child(&pool, Worker::spec("a", &stage)).await;
    assert_eq!(counts_of(&pool).await, (4, 4, 3, 1));
    let kinds = listed(&pool).await.into_iter().map(|child| child.kind);
    assert_eq!(kinds.filter(|kind| *kind == ChildKind::Worker).count(), 1);
}

/// Children that wait for another attempt are counted among the specifications and by what they are, but not as active.
#[beamish::test]
async fn os74_restarting_children_are_counted_but_not_active() {
    let stage = Stage::new();
    let tree = |id| {
        workers(Strategy::OneForOne, [id], &stage)
            .max_restarts(0)
            .child_spec()
            .id("tree")
    };
    let supervisor = workers(Strategy::OneForOne, ["a", "b"], &stage).child(tree("x"));
    let supervisor = started(supervisor).await;
    let pool = pool().await;
    let dynamic = child(&pool, Worker::spec("d", &stage)).await;
    let dynamic_tree = child(&pool, tree("y")).await;
    child(&pool, Worker::spec("e", &stage)).await;

    let b = pid_of(&supervisor, "b").await;
    let tree = pid_of(&supervisor, "tree").await;
    for (id, pid) in [("b", b), ("x", tree), ("d", dynamic), ("y", dynamic_tree)] {
        stage.failing(id, true);
        let end = process::monitored(pid);
        process::kill(pid);
        soon(end).await;
        stage.reaches(id, 3).await;
    }
    for _ in 0..10 {
        assert_eq!(counts(&supervisor).await, (3, 1, 1, 2));
        assert_eq!(counts_of(&pool).await, (3, 1, 1, 2));
    }
    for id in ["b", "tree"] {
        assert_eq!(status(&supervisor, id).await, Some(ChildStatus::Restarting));
    }
    stage.plan("x", [Plan::Start]);
    for id in ["b", "x", "d", "y"] {
        stage.failing(id, false);
    }
    let again = async {
        while (counts(&supervisor).await, counts_of(&pool).await) != ((3, 3, 1, 2), (3, 3, 1, 2)) {
            process::yield_now().await;
        }
    };
    soon(again).await;
}

/// The id of a temporary child is free as soon as it has ended; that of a stopped permanent or transient one is present,
/// that of a restarted one started.
#[beamish::test]
async fn os77_the_id_of_a_temporary_child_is_free_when_it_has_ended() {
    let stage = Stage::new();
    let supervisor = started(one_for_one().max_restarts(u32::MAX)).await;
    let start = async |restart| {
        let spec = Worker::spec("it", &stage).restart(restart);
        soon(supervisor.start_child(spec)).await
    };
    for way in Way::PLANNED.into_iter().chain(Way::ABNORMAL) {
        let pid = start(Restart::Temporary).await.unwrap().unwrap();
        let taken = start(Restart::Temporary).await;
        assert!(
            matches!(taken, Err(StartChildError::AlreadyStarted(held)) if held == pid),
            "{taken:?}"
        );
        way.end(pid).await;
    }
    start(Restart::Temporary).await.unwrap().unwrap();
    soon(supervisor.terminate_child("it")).await.unwrap();

    for restart in [Restart::Permanent, Restart::Transient] {
        let pid = start(restart).await.unwrap().unwrap();
        Way::Killed.end(pid).await;
        let taken = start(restart).await;
        let again = pid_of(&supervisor, "it").await;
        assert_ne!(again, pid);
        assert!(
            matches!(taken, Err(StartChildError::AlreadyStarted(held)) if held == again),
            "{taken:?}"
        );
        if restart == Restart::Transient {
            Way::Normal.end(again).await;
        } else {
            soon(supervisor.terminate_child("it")).await.unwrap();
        }
        let present = start(restart).await;
        assert!(
            matches!(present, Err(StartChildError::AlreadyPresent)),
            "{present:?}"
        );
        soon(supervisor.delete_child("it")).await.unwrap();
    }
}

/// Until `b` of `a`, `b` and `c` is in a loop of failing restarts.
async fn hanging(strategy: Strategy, stage: &Stage) -> SupervisorRef {
    let supervisor = started(workers(strategy, ["a", "b", "c"], stage)).await;
    stage.failing("b", true);
    Way::Killed.end(pid_of(&supervisor, "b").await).await;
    stage.reaches("b", 5).await;
    supervisor
}

/// What a supervisor in such a loop says of the child, again and again, and that `terminate_child` ends the loop.
async fn answers_and_ends(supervisor: &SupervisorRef, stage: &Stage) {
    for _ in 0..5 {
        let started = soon(supervisor.start_child(Worker::spec("b", stage))).await;
        assert!(
            matches!(started, Err(StartChildError::AlreadyPresent)),
            "{started:?}"
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
        assert_eq!(status(supervisor, "b").await, Some(ChildStatus::Restarting));
        let starts = stage.starts("b");
        stage.reaches("b", starts + 2).await;
    }
    soon(supervisor.terminate_child("b")).await.unwrap();
    assert_eq!(status(supervisor, "b").await, Some(ChildStatus::Stopped));
    let starts = stage.starts("b");
    for _ in 0..20 {
        process::yield_now().await;
        assert_eq!(status(supervisor, "b").await, Some(ChildStatus::Stopped));
    }
    assert_eq!(stage.starts("b"), starts, "the loop went on");
}

/// While a restart keeps failing the supervisor answers, `terminate_child` ends the loop, and a stop is not held up.
#[beamish::test]
async fn os80_a_supervisor_in_a_restart_loop_answers() {
    let stage = Stage::new();
    let supervisor = hanging(Strategy::OneForOne, &stage).await;
    let [a, c] = pids(&supervisor, ["a", "c"]).await;
    answers_and_ends(&supervisor, &stage).await;
    assert_eq!(pids(&supervisor, ["a", "c"]).await, [a, c]);
    stage.failing("b", false);
    soon(supervisor.restart_child("b")).await.unwrap().unwrap();
    soon(supervisor.terminate_child("b")).await.unwrap();
    soon(supervisor.delete_child("b")).await.unwrap();
    assert_eq!(ids(&supervisor).await, "c a");

    process::trap_exit(true);
    for strategy in STRATEGIES {
        let stage = Stage::new();
        let supervisor = hanging(strategy, &stage).await;
        soon(supervisor.stop()).await.unwrap();
        assert_eq!(stage.log().matches("-a").count(), stage.starts("a"));

        let stage = Stage::new();
        let supervisor = hanging(strategy, &stage).await;
        process::link(supervisor.pid().unwrap());
        let end = process::monitored(&supervisor);
        process::exit(&supervisor, ExitReason::Kill);
        assert_eq!(soon(end).await, ExitReason::Killed);
        receive! { Exit { .. } => {}, after 0 => panic!("no exit") }
    }
    nothing_came();
}

/// The same under rest-for-one: the later children are stopped meanwhile, the earlier ones keep their processes.
#[beamish::test]
async fn os81_a_rest_for_one_supervisor_in_a_restart_loop_answers() {
    let stage = Stage::new();
    let supervisor = hanging(Strategy::RestForOne, &stage).await;
    let a = pid_of(&supervisor, "a").await;
    assert_eq!(status(&supervisor, "c").await, Some(ChildStatus::Stopped));
    assert_eq!(counts(&supervisor).await, (3, 1, 0, 3));
    let taken = soon(supervisor.start_child(Worker::spec("c", &stage))).await;
    assert!(
        matches!(taken, Err(StartChildError::AlreadyPresent)),
        "{taken:?}"
    );
    answers_and_ends(&supervisor, &stage).await;
    assert_eq!(pid_of(&supervisor, "a").await, a);
    assert_eq!(status(&supervisor, "c").await, Some(ChildStatus::Stopped));
    assert_eq!(stage.starts("c"), 1);
    assert_eq!(stage.starts("a"), 1);

    // Where the loop ends by a success the later ones are started as well.
    let stage = Stage::new();
    let supervisor = hanging(Strategy::RestForOne, &stage).await;
    stage.failing("b", false);
    let again = async {
        while counts(&supervisor).await != (3, 3, 0, 3) {
            process::yield_now().await;
        }
    };
    soon(again).await;
    assert_eq!(stage.starts("a"), 1);
    assert_eq!(stage.starts("c"), 2);
}

/// The same of a dynamic child: it is listed as restarting, and its last pid ends the loop.
#[beamish::test]
async fn os82_a_dynamic_supervisor_in_a_restart_loop_answers() {
    let stage = Stage::new();
    let pool = pool().await;
    let sibling = child(&pool, Worker::spec("a", &stage)).await;
    let b = child(&pool, Worker::spec("b", &stage)).await;
    stage.failing("b", true);
    Way::Killed.end(b).await;
    stage.reaches("b", 5).await;
    for _ in 0..5 {
        let mut states: Vec<_> = listed(&pool)
            .await
            .into_iter()
            .map(|child| child.status)
            .filter(|status| *status != ChildStatus::Running(sibling))
            .collect();
        assert_eq!(states.pop(), Some(ChildStatus::Restarting));
        assert_eq!(states, []);
        let new = child(&pool, Worker::spec("c", &stage)).await;
        soon(pool.terminate_child(new)).await.unwrap();
        let starts = stage.starts("b");
        stage.reaches("b", starts + 2).await;
    }
    soon(pool.terminate_child(b)).await.unwrap();
    assert_eq!(running(&pool).await, [sibling]);
    let starts = stage.starts("b");
    for _ in 0..20 {
        process::yield_now().await;
        assert_eq!(counts_of(&pool).await, (1, 1, 0, 1));
    }
    assert_eq!(stage.starts("b"), starts, "the loop went on");
    let result = soon(pool.terminate_child(b)).await;
    assert!(matches!(result, Err(ChildError::NotFound)), "{result:?}");

    let b = child(&pool, {
        stage.failing("b", false);
        Worker::spec("b", &stage)
    })
    .await;
    stage.failing("b", true);
    Way::Killed.end(b).await;
    soon(pool.stop()).await.unwrap();
    assert!(!process::alive(sibling));
}

/// The listing: newest first, each with its pid, its kind and its type; stopped ones without a pid, deleted ones not.
#[beamish::test]
async fn os92_children_are_listed_newest_first() {
    let stage = Stage::new();
    let supervisor = workers(Strategy::OneForOne, ["a"], &stage)
        .child(Supervisor::new(Strategy::OneForAll).child_spec().id("tree"));
    let supervisor = started(supervisor).await;
    let b = soon(supervisor.start_child(Worker::spec("b", &stage).id(2)))
        .await
        .unwrap();
    let children = soon(supervisor.which_children()).await.unwrap();
    let listed: Vec<_> = children
        .iter()
        .map(|child| (child.id.clone().unwrap(), child.kind))
        .collect();
    assert_eq!(
        listed,
        [
            (ChildId::from(2), ChildKind::Worker),
            (ChildId::from("tree"), ChildKind::Supervisor),
            (ChildId::from("a"), ChildKind::Worker),
        ]
    );
    assert_eq!(children[0].status.pid(), b);
    assert!(children[0].type_name.ends_with("Worker"));
    assert!(
        children
            .iter()
            .all(|child| child.status.pid().is_some_and(process::alive))
    );
    let a = pid_of(&supervisor, "a").await;
    soon(supervisor.terminate_child("a")).await.unwrap();
    assert!(!process::alive(a));
    assert_eq!(status(&supervisor, "a").await, Some(ChildStatus::Stopped));
    soon(supervisor.delete_child("a")).await.unwrap();
    assert_eq!(ids(&supervisor).await, "2 tree");
}

/// Dynamic children are listed by pid, without an id.
#[beamish::test]
async fn os93_dynamic_children_are_listed_without_ids() {
    let stage = Stage::new();
    let pool = pool().await;
    assert!(listed(&pool).await.is_empty());
    let mut pids = Vec::new();
    for _ in 0..3 {
        pids.push(child(&pool, Worker::spec("a", &stage)).await);
    }
    pids.sort();
    assert_eq!(running(&pool).await, pids);
    for listed in listed(&pool).await {
        assert_eq!(listed.id, None);
        assert_eq!(listed.kind, ChildKind::Worker);
        assert_eq!(listed.restarts, 0);
    }
    soon(pool.terminate_child(pids[1])).await.unwrap();
    assert_eq!(running(&pool).await, [pids[0], pids[2]]);
}

/// One child is looked up by its id: its pid, none after it was terminated, not found after it was deleted.
#[beamish::test]
async fn os92_one_child_is_looked_up_by_its_id() {
    let stage = Stage::new();
    let supervisor = workers(Strategy::OneForOne, ["a", "b"], &stage)
        .child(Supervisor::new(Strategy::OneForAll).child_spec().id("tree"));
    let supervisor = started(supervisor).await;
    let look = async |id| soon(supervisor.which_child(id)).await;
    let a = pid_of(&supervisor, "a").await;
    let info = look("a").await.unwrap();
    assert_eq!(info.id, Some("a".into()));
    assert_eq!(info.status, ChildStatus::Running(a));
    assert_eq!(info.kind, ChildKind::Worker);
    assert!(info.type_name.ends_with("Worker"));
    assert_eq!(info.restarts, 0);
    let tree = look("tree").await.unwrap();
    assert_eq!(tree.kind, ChildKind::Supervisor);
    assert!(tree.status.pid().is_some_and(process::alive));

    Way::Killed.end(a).await;
    let info = look("a").await.unwrap();
    assert!(
        info.status
            .pid()
            .is_some_and(|pid| pid != a && process::alive(pid))
    );
    assert_eq!(info.restarts, 1);

    soon(supervisor.terminate_child("a")).await.unwrap();
    assert_eq!(look("a").await.unwrap().status, ChildStatus::Stopped);
    soon(supervisor.delete_child("a")).await.unwrap();
    for gone in ["a", "nobody"] {
        let none = look(gone).await;
        assert!(matches!(none, Err(ChildError::NotFound)), "{none:?}");
    }
    // The others are where they were.
    assert_eq!(look("tree").await.unwrap().status, tree.status);
    assert_eq!(ids(&supervisor).await, "tree b");

    stage.failing("b", true);
    Way::Killed.end(pid_of(&supervisor, "b").await).await;
    stage.reaches("b", 3).await;
    assert_eq!(look("b").await.unwrap().status, ChildStatus::Restarting);
    soon(supervisor.stop()).await.unwrap();
    assert!(matches!(
        look("tree").await,
        Err(ChildError::Call(CallError::NoProc(_)))
    ));
}

/// One dynamic child is looked up by its pid; that of no child is not found. (What is no pid does not compile.)
#[beamish::test]
async fn os93_one_dynamic_child_is_looked_up_by_its_pid() {
    let stage = Stage::new();
    let pool = pool().await;
    let a = child(&pool, Worker::spec("a", &stage)).await;
    let b = child(&pool, Worker::spec("b", &stage)).await;
    let info = soon(pool.which_child(a)).await.unwrap();
    assert_eq!((info.id, info.status), (None, ChildStatus::Running(a)));
    assert_eq!(info.kind, ChildKind::Worker);
    assert_eq!(info.restarts, 0);

    Way::Killed.end(a).await;
    let again = running(&pool).await.into_iter().find(|pid| *pid != b);
    let again = again.unwrap();
    let info = soon(pool.which_child(again)).await.unwrap();
    assert_eq!(info.status, ChildStatus::Running(again));
    assert_eq!(info.restarts, 1);

    stage.failing("b", true);
    Way::Killed.end(b).await;
    stage.reaches("b", 3).await;
    let info = soon(pool.which_child(b)).await.unwrap();
    assert_eq!(info.status, ChildStatus::Restarting);

    soon(pool.terminate_child(again)).await.unwrap();
    soon(pool.terminate_child(b)).await.unwrap();
    for gone in [a, again, b, self_pid()] {
        let none = soon(pool.which_child(gone)).await;
        assert!(matches!(none, Err(ChildError::NotFound)), "{none:?}");
    }
}
