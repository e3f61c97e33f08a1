//! SUP-1, SUP-2: the start.

use super::*;

/// SUP-1: children are started in the order of the list, each after the one before it is up.
#[beamish::test(start_paused)]
async fn children_are_started_in_order_and_waited_for() {
    let stage = Stage::new();
    let mut gate = stage.gate("a");
    let mut starting = Box::pin(workers(["a", "b", "c"], &stage).start());
    poll_once(&mut starting).await;
    gate.reached().await;
    // As long as `a` is in its `init`, nothing else is begun.
    process::sleep(60 * SECOND).await;
    poll_once(&mut starting).await;
    assert_eq!(
        [stage.starts("a"), stage.starts("b"), stage.starts("c")],
        [1, 0, 0]
    );
    gate.open(Plan::Start);
    let supervisor = soon(starting).await.unwrap();
    assert_eq!(stage.log(), "+a +b +c");
    assert_eq!(ids(&supervisor).await, "c b a");
}

/// SUP-1: OTP's failed start ends the children before it in reverse order, and says which child it was and why.
#[beamish::test]
async fn a_child_that_fails_ends_those_before_it_and_the_start() {
    for strategy in [
        Strategy::OneForOne,
        Strategy::RestForOne,
        Strategy::OneForAll,
    ] {
        let stage = Stage::new();
        stage.plan("c", [Plan::Fail]);
        let children = ["a", "b", "c", "d"].map(|id| Worker::spec(id, &stage));
        let error = soon(Supervisor::new(strategy).children(children).start())
            .await
            .unwrap_err();
        assert_eq!(failed(&error).id, ChildId::from("c"));
        assert!(
            matches!(&failed(&error).error, StartError::Init(error) if error.to_string() == "as planned")
        );
        assert_eq!(stage.log(), "+a +b !c -b -a");
        assert_eq!(stage.starts("d"), 0);
    }
}

/// SUP-1: a failed start is not tried again, whatever the child's restart.
#[beamish::test]
async fn a_failed_first_start_is_not_tried_again() {
    for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
        let stage = Stage::new();
        stage.plan("a", [Plan::Fail]);
        soon(
            one_for_one()
                .child(Worker::spec("a", &stage).restart(restart))
                .start(),
        )
        .await
        .unwrap_err();
        assert_eq!(stage.starts("a"), 1);
    }
}

/// SUP-1: the reason of the child is the one it had.
#[beamish::test]
async fn the_error_of_the_start_holds_the_childs_own() {
    let stage = Stage::new();
    stage.plan(
        "a",
        [
            Plan::Panic,
            Plan::Stop(ExitReason::Timeout),
            Plan::Stop(ExitReason::Normal),
        ],
    );
    let mut errors = Vec::new();
    for _ in 0..3 {
        errors.push(
            failed(&soon(workers(["a"], &stage).start()).await.unwrap_err())
                .error
                .clone(),
        );
    }
    assert!(
        matches!(&errors[0], StartError::Exit(ExitReason::Panic(info)) if info.message() == "as planned")
    );
    assert!(matches!(errors[1], StartError::Exit(ExitReason::Timeout)));
    assert!(matches!(errors[2], StartError::Exit(ExitReason::Normal)));
}

/// SUP-1, SUP-4: those that are ended because of it are ended by their shutdown settings.
#[beamish::test(start_paused)]
async fn a_failed_start_ends_children_by_their_shutdown_settings() {
    let stage = Stage::new();
    stage.plan("fails", [Plan::Fail]);
    let supervisor = one_for_one()
        .child(Stubborn::spec("slow", &stage, Manner::After(SECOND)))
        .child(Stubborn::spec("hangs", &stage, Manner::Never).shutdown(2 * SECOND))
        .child(Worker::spec("fails", &stage));
    soon(supervisor.start()).await.unwrap_err();
    assert_eq!(
        stage.timed_log(),
        "+slow@0 +hangs@0 !fails@0 ~hangs@0 -hangs@2000 ~slow@2000 -slow@3000"
    );
}

/// SUP-1, STA-5: a trapping starter gets the error, and no exit message.
#[beamish::test]
async fn a_trapping_starter_finds_no_exit_message_of_a_failed_start() {
    process::trap_exit(true);
    let stage = Stage::new();
    stage.plan("b", [Plan::Fail]);
    soon(workers(["a", "b"], &stage).start_link())
        .await
        .unwrap_err();
    receive! {
        Exit { from, reason } => panic!("{from} {reason}"),
        after 0 => {},
    }
}

/// SUP-1, STA-5: a starter that does not trap ends with the supervisor's reason.
#[beamish::test]
async fn a_starter_that_does_not_trap_ends_with_a_failed_start() {
    let stage = Stage::new();
    stage.plan("a", [Plan::Fail]);
    let tree = workers(["a"], &stage);
    let (starter, mref) = spawn_monitor(async move {
        let _ = tree.start_link().await;
    });
    let reason = receive! {
        Down { mref: down, reason, .. } if down == mref => reason,
    };
    assert!(
        matches!(reason, ExitReason::ShutdownWith(_)),
        "{starter} {reason:?}"
    );
}

/// SUP-1, STA-4: names of a failed start are free when it has returned.
#[beamish::test]
async fn a_start_can_be_tried_again_at_once() {
    let stage = Stage::new();
    stage.plan("b", [Plan::Fail]);
    let tree = {
        let named = {
            let stage = stage.clone();
            ChildSpec::new(move || Worker::start_link("a", stage.clone()).name("the child")).id("a")
        };
        one_for_one()
            .name("the tree")
            .child(named)
            .child(Worker::spec("b", &stage))
    };
    soon(tree.clone().start()).await.unwrap_err();
    assert_eq!(
        (process::whereis("the tree"), process::whereis("the child")),
        (None, None)
    );
    let supervisor = soon(tree.start()).await.unwrap();
    assert_eq!(process::whereis("the tree"), supervisor.pid());
}

/// SUP-1, STA-2: a name that is held is told at once, and no child is started.
#[beamish::test]
async fn a_second_supervisor_of_the_name_starts_no_children() {
    let stage = Stage::new();
    let first = started(workers(["a"], &stage).name("the tree")).await;
    let error = soon(workers(["b"], &stage).name("the tree").start())
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::AlreadyStarted(pid) if Some(pid) == first.pid()));
    assert_eq!(stage.starts("b"), 0);
}

/// SUP-1, STA-3: a child that ignores is no error; it is kept without a process unless it is temporary.
#[beamish::test]
async fn a_child_that_ignores_is_kept_unless_temporary() {
    let stage = Stage::new();
    for id in ["permanent", "transient", "temporary"] {
        stage.plan(id, [Plan::Ignore]);
    }
    let supervisor = workers(["permanent"], &stage)
        .child(Worker::spec("transient", &stage).restart(Restart::Transient))
        .child(Worker::spec("temporary", &stage).restart(Restart::Temporary))
        .child(Worker::spec("last", &stage));
    let supervisor = started(supervisor).await;
    assert_eq!(ids(&supervisor).await, "last transient permanent");
    assert_eq!(
        status(&supervisor, "permanent").await,
        Some(ChildStatus::Stopped)
    );
    assert_eq!(
        status(&supervisor, "transient").await,
        Some(ChildStatus::Stopped)
    );
    let counts = soon(supervisor.count_children()).await.unwrap();
    assert_eq!((counts.specs, counts.active, counts.workers), (3, 1, 3));
}

/// SUP-1: two children of one id are refused before any is started.
#[beamish::test]
async fn two_children_of_one_id_are_refused() {
    let stage = Stage::new();
    let error = soon(workers(["a", "b", "a"], &stage).start())
        .await
        .unwrap_err();
    assert_eq!(
        bad_children(&error),
        Some(BadChildren::DuplicateId("a".into()))
    );
    assert_eq!(stage.log(), "");
}

/// SUP-2: what is not said of a child: permanent, five seconds, a worker, not significant.
#[beamish::test(start_paused)]
async fn a_childs_defaults() {
    let stage = Stage::new();
    let supervisor = one_for_one()
        .auto_shutdown(AutoShutdown::AnySignificant)
        .child(Worker::child_spec("w", stage.clone()))
        .child(Stubborn::child_spec("s", stage.clone(), Manner::Never));
    let supervisor = started(supervisor).await;
    let children = soon(supervisor.which_children()).await.unwrap();
    assert!(children.iter().all(|child| child.kind == ChildKind::Worker));
    // The id is the name of the type.
    assert_eq!(ids(&supervisor).await, "Stubborn Worker");
    let worker = pid_of(&supervisor, "Worker").await;
    Way::Normal.end(worker).await;
    assert_ne!(pid_of(&supervisor, "Worker").await, worker, "not permanent");
    stage.reset();
    soon(supervisor.stop()).await.unwrap();
    assert_eq!(stage.timed_log(), "~s@0 -s@5000 -w@5000");
}

/// SUP-2: a supervisor as a child is waited for without limit, and is of that kind.
#[beamish::test(start_paused)]
async fn a_supervisors_defaults_as_a_child() {
    let stage = Stage::new();
    let inner = one_for_one()
        .child(Stubborn::spec("slow", &stage, Manner::After(100 * SECOND)).shutdown(200 * SECOND))
        .child_spec()
        .id("inner");
    let pool = DynamicSupervisor::new().child_spec().id("pool");
    let supervisor = started(one_for_one().child(inner).child(pool)).await;
    let children = soon(supervisor.which_children()).await.unwrap();
    assert!(
        children
            .iter()
            .all(|child| child.kind == ChildKind::Supervisor)
    );
    let end = process::monitored(pid_of(&supervisor, "inner").await);
    stage.reset();
    soon(supervisor.stop()).await.unwrap();
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    assert_eq!(stage.timed_log(), "~slow@0 -slow@100000");
}

#[genserver(restart = transient, shutdown = 250ms, significant, trap_exit)]
struct Told {
    stage: Stage,
}

#[genserver]
impl Told {
    #[init]
    fn init(stage: Stage) -> Self {
        Self { stage }
    }

    #[handle_cast]
    fn end(&mut self) -> NoReply {
        NoReply::stop(ExitReason::Normal)
    }

    #[terminate]
    async fn terminate(&mut self, reason: &ExitReason) {
        if *reason != ExitReason::Normal {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.stage.note("-told");
    }
}

/// SUP-2: the options of the server's type are those of its specification.
#[beamish::test(start_paused)]
async fn the_options_of_the_type_hold_for_its_children() {
    let stage = Stage::new();
    let supervisor = one_for_one()
        .auto_shutdown(AutoShutdown::AnySignificant)
        .child(Told::child_spec(stage.clone()));
    let supervisor = started(supervisor).await;
    stage.reset();
    soon(supervisor.stop()).await.unwrap();
    assert_eq!(stage.timed_log(), "-told@250", "its shutdown time");

    let supervisor = one_for_one()
        .auto_shutdown(AutoShutdown::AnySignificant)
        .child(Told::child_spec(stage.clone()));
    let supervisor = started(supervisor).await;
    let end = process::monitored(&supervisor);
    ToldRef::try_from(pid_of(&supervisor, "Told").await)
        .unwrap()
        .end();
    assert_eq!(
        soon(end).await,
        ExitReason::Shutdown,
        "it is transient and significant"
    );
}
