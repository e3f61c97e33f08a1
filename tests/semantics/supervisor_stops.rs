//! Supervisors: how they start, how they end their children, when they end themselves.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test may panic; handlers own their messages"
)]

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beamish::prelude::*;
use beamish::{
    AutoShutdown, BadChildren, ChildId, ChildKind, ChildSpec, ChildStatus, DynamicSupervisor,
    FailedToStartChild, Restart, Shutdown, StartChildError, StopError, Strategy, Supervisor,
};
use tokio::sync::oneshot;

use crate::supervisor_api::kit::{
    Manner, Plan, Stage, Stubborn, StubbornRef, Way, Worker, WorkerRef, ids, pid_of, poll_once,
    soon, status,
};

fn one_for_one() -> Supervisor {
    Supervisor::new(Strategy::OneForOne)
}

fn workers<const N: usize>(ids: [&'static str; N], stage: &Stage) -> Supervisor {
    one_for_one().children(ids.map(|id| Worker::spec(id, stage)))
}

async fn started(supervisor: Supervisor) -> SupervisorRef {
    soon(supervisor.start()).await.unwrap()
}

fn failed(error: &StartError) -> &FailedToStartChild {
    match error {
        StartError::Exit(ExitReason::ShutdownWith(term)) => term.downcast_ref().unwrap(),
        other => panic!("{other:?}"),
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// SUP-1, SUP-2: the start.
mod start {
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
                ChildSpec::new(move || Worker::start_link("a", stage.clone()).name("the child"))
                    .id("a")
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
            .child(
                Stubborn::spec("slow", &stage, Manner::After(100 * SECOND)).shutdown(200 * SECOND),
            )
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
}

/// What refused the children, if that is why the start failed.
fn bad_children(error: &StartError) -> Option<BadChildren> {
    match error {
        StartError::Init(error) => error.downcast_ref().cloned(),
        StartError::Exit(ExitReason::Error(error)) => error.downcast_ref().cloned(),
        StartError::Exit(ExitReason::Other(term) | ExitReason::ShutdownWith(term)) => {
            term.downcast_ref().cloned()
        }
        _ => None,
    }
}

/// SUP-3, SUP-4: how children are ended.
mod children {
    use super::*;

    /// SUP-3: children are ended in exactly the reverse order of their start.
    #[beamish::test]
    async fn children_are_ended_newest_first() {
        for strategy in [
            Strategy::OneForOne,
            Strategy::RestForOne,
            Strategy::OneForAll,
        ] {
            let stage = Stage::new();
            let children = ["a", "b", "c", "d"].map(|id| Worker::spec(id, &stage));
            let supervisor = started(Supervisor::new(strategy).children(children)).await;
            stage.reset();
            soon(supervisor.stop()).await.unwrap();
            assert_eq!(stage.log(), "-d -c -b -a");
        }
    }

    /// SUP-3: one after the other: the next is asked when the one before is dead.
    #[beamish::test(start_paused)]
    async fn the_next_child_is_asked_when_the_one_before_is_dead() {
        let stage = Stage::new();
        let children = ["a", "b", "c"].map(|id| Stubborn::spec(id, &stage, Manner::After(SECOND)));
        let supervisor = started(one_for_one().children(children)).await;
        stage.reset();
        soon(supervisor.stop()).await.unwrap();
        assert_eq!(
            stage.timed_log(),
            "~c@0 -c@1000 ~b@1000 -b@2000 ~a@2000 -a@3000"
        );
    }

    #[genserver(trap_exit)]
    struct Witness {
        of: &'static str,
        stage: Stage,
    }

    #[genserver]
    impl Witness {
        #[init]
        fn init(of: &'static str, stage: Stage) -> Self {
            Self { of, stage }
        }

        #[terminate]
        fn terminate(&mut self, _reason: &ExitReason) {
            self.stage
                .note(format_args!("{:?}", process::whereis(self.of)));
        }
    }

    /// SUP-3, EXI-7: dead means that its name is free too.
    #[beamish::test(flavor = "multi_thread", worker_threads = 2)]
    async fn when_the_next_child_is_asked_the_name_of_the_one_before_is_free() {
        for _ in 0..50 {
            let stage = Stage::new();
            let named = {
                let stage = stage.clone();
                ChildSpec::new(move || Worker::start_link("b", stage.clone()).name("b"))
            };
            let supervisor = one_for_one()
                .child(Witness::child_spec("b", stage.clone()))
                .child(named);
            let supervisor = started(supervisor).await;
            stage.reset();
            soon(supervisor.stop()).await.unwrap();
            assert_eq!(stage.log(), "-b None");
        }
    }

    /// SUP-3: children that were added at run time count as started last; those restarted keep their place.
    #[beamish::test]
    async fn children_that_were_added_are_ended_first() {
        let stage = Stage::new();
        let supervisor = started(workers(["a", "b"], &stage)).await;
        soon(supervisor.start_child(Worker::spec("c", &stage)))
            .await
            .unwrap();
        soon(supervisor.start_child(Worker::spec("d", &stage)))
            .await
            .unwrap();
        Way::Killed.end(pid_of(&supervisor, "a").await).await;
        soon(supervisor.terminate_child("c")).await.unwrap();
        soon(supervisor.restart_child("c")).await.unwrap();
        assert_eq!(ids(&supervisor).await, "d c b a");
        stage.reset();
        soon(supervisor.stop()).await.unwrap();
        assert_eq!(stage.log(), "-d -c -b -a");
    }

    /// SUP-3: a tree is ended depth first, newest first.
    #[beamish::test]
    async fn a_tree_is_ended_newest_first_at_every_level() {
        let stage = Stage::new();
        let inner = workers(["x", "y"], &stage).child_spec().id("inner");
        let supervisor = started(
            workers(["a"], &stage)
                .child(inner)
                .child(Worker::spec("b", &stage)),
        )
        .await;
        stage.reset();
        soon(supervisor.stop()).await.unwrap();
        assert_eq!(stage.log(), "-b -y -x -a");
    }

    /// How a child with that setting ends when the supervisor is stopped, and after how many milliseconds.
    async fn ended(child: ChildSpec, stage: &Stage) -> (ExitReason, String) {
        let supervisor = started(one_for_one().child(child.id("it"))).await;
        let end = process::monitored(pid_of(&supervisor, "it").await);
        stage.reset();
        soon(supervisor.stop()).await.unwrap();
        (soon(end).await, stage.timed_log())
    }

    /// SUP-4: `brutal_kill`: no `terminate`, the reason is `killed`.
    #[beamish::test(start_paused)]
    async fn brutal_kill_kills_at_once() {
        let stage = Stage::new();
        let trapping =
            Stubborn::spec("it", &stage, Manner::After(SECOND)).shutdown(Shutdown::BrutalKill);
        assert_eq!(
            ended(trapping, &stage).await,
            (ExitReason::Killed, "-it@0".into())
        );
        let plain = Worker::spec("it", &stage).shutdown(Shutdown::BrutalKill);
        assert_eq!(
            ended(plain, &stage).await,
            (ExitReason::Killed, "-it@0".into())
        );
    }

    /// SUP-4: with a time, a child that obeys within it ends with `shutdown`.
    #[beamish::test(start_paused)]
    async fn a_child_that_obeys_in_time_ends_with_shutdown() {
        let stage = Stage::new();
        let obeys = Stubborn::spec("it", &stage, Manner::After(SECOND)).shutdown(2 * SECOND);
        assert_eq!(
            ended(obeys, &stage).await,
            (ExitReason::Shutdown, "~it@0 -it@1000".into())
        );
        let plain = Worker::spec("it", &stage).shutdown(2 * SECOND);
        assert_eq!(
            ended(plain, &stage).await,
            (ExitReason::Shutdown, "-it@0".into())
        );
    }

    /// SUP-4: a child that does not is killed when its time is over.
    #[beamish::test(start_paused)]
    async fn a_child_that_does_not_obey_is_killed_after_its_time() {
        let stage = Stage::new();
        let hangs =
            Stubborn::spec("it", &stage, Manner::Never).shutdown(Duration::from_millis(1_500));
        assert_eq!(
            ended(hangs, &stage).await,
            (ExitReason::Killed, "~it@0 -it@1500".into())
        );
        let slow = Stubborn::spec("it", &stage, Manner::After(3 * SECOND)).shutdown(2 * SECOND);
        assert_eq!(
            ended(slow, &stage).await,
            (ExitReason::Killed, "~it@0 -it@2000".into())
        );
    }

    /// SUP-4: infinity waits as long as it takes.
    #[beamish::test(start_paused)]
    async fn infinity_waits_as_long_as_it_takes() {
        let stage = Stage::new();
        let slow =
            Stubborn::spec("it", &stage, Manner::After(500 * SECOND)).shutdown(Shutdown::Infinity);
        assert_eq!(
            ended(slow, &stage).await,
            (ExitReason::Shutdown, "~it@0 -it@500000".into())
        );
    }

    /// SUP-4: a child that ends with a reason of its own keeps it.
    #[beamish::test(start_paused)]
    async fn a_child_that_is_ended_keeps_a_reason_of_its_own() {
        for shutdown in [Shutdown::Infinity, Shutdown::Timeout(SECOND)] {
            let stage = Stage::new();
            let own = Stubborn::spec("it", &stage, Manner::With(ExitReason::shutdown_with("own")))
                .shutdown(shutdown);
            let (reason, log) = ended(own, &stage).await;
            assert!(matches!(reason, ExitReason::ShutdownWith(_)), "{reason:?}");
            assert_eq!(log, "~it@0 -it@0");
        }
    }

    #[genserver]
    struct Busy;

    #[genserver]
    impl Busy {
        #[init]
        fn init() -> Self {
            Self
        }

        #[handle_cast]
        async fn hang(&mut self, reached: oneshot::Sender<()>) {
            let _ = reached.send(());
            std::future::pending::<()>().await;
        }
    }

    #[genserver(trap_exit)]
    struct BusyTrapping;

    #[genserver]
    impl BusyTrapping {
        #[init]
        fn init() -> Self {
            Self
        }

        #[handle_cast]
        async fn hang(&mut self, reached: oneshot::Sender<()>) {
            let _ = reached.send(());
            std::future::pending::<()>().await;
        }
    }

    /// SUP-4, SIG-3: a child that hangs in a handler ends at once if it does not trap, by the kill if it does.
    #[beamish::test(start_paused)]
    async fn a_child_that_hangs_in_a_handler_is_ended() {
        let supervisor = one_for_one()
            .child(Busy::child_spec())
            .child(BusyTrapping::child_spec().shutdown(3 * SECOND));
        let supervisor = started(supervisor).await;
        let [plain, trapping] = [
            pid_of(&supervisor, "Busy").await,
            pid_of(&supervisor, "BusyTrapping").await,
        ];
        let (reached, hangs) = oneshot::channel();
        BusyRef::try_from(plain).unwrap().hang(reached);
        soon(hangs).await.unwrap();
        let (reached, hangs) = oneshot::channel();
        BusyTrappingRef::try_from(trapping).unwrap().hang(reached);
        soon(hangs).await.unwrap();
        let ends = [plain, trapping].map(process::monitored);
        let began = tokio::time::Instant::now();
        soon(supervisor.stop()).await.unwrap();
        assert_eq!(began.elapsed(), 3 * SECOND);
        let [plain, trapping] = ends;
        assert_eq!(soon(plain).await, ExitReason::Shutdown);
        assert_eq!(soon(trapping).await, ExitReason::Killed);
    }

    /// SUP-4: a child that unlinked itself cannot hang the supervisor.
    #[beamish::test(start_paused)]
    async fn a_child_that_unlinked_itself_is_ended_all_the_same() {
        let stage = Stage::new();
        let supervisor = workers(["plain"], &stage)
            .child(Stubborn::spec("hangs", &stage, Manner::Never))
            .child(Worker::spec("brutal", &stage).shutdown(Shutdown::BrutalKill));
        let supervisor = started(supervisor).await;
        let above = supervisor.pid().unwrap();
        for id in ["plain", "brutal"] {
            soon(
                WorkerRef::try_from(pid_of(&supervisor, id).await)
                    .unwrap()
                    .unlink(above),
            )
            .await
            .unwrap();
        }
        soon(
            StubbornRef::try_from(pid_of(&supervisor, "hangs").await)
                .unwrap()
                .unlink(above),
        )
        .await
        .unwrap();
        stage.reset();
        soon(supervisor.terminate_child("plain")).await.unwrap();
        assert_eq!(
            status(&supervisor, "plain").await,
            Some(ChildStatus::Stopped)
        );
        soon(supervisor.stop()).await.unwrap();
        assert_eq!(stage.timed_log(), "-plain@0 -brutal@0 ~hangs@0 -hangs@5000");
    }

    /// SUP-4: a child that unlinked itself and ended is dead, and does not hang the supervisor either.
    #[beamish::test]
    async fn a_child_that_unlinked_itself_and_ended_does_not_hang_the_supervisor() {
        let stage = Stage::new();
        let supervisor = started(workers(["a", "b"], &stage)).await;
        let b = pid_of(&supervisor, "b").await;
        soon(
            WorkerRef::try_from(b)
                .unwrap()
                .unlink(supervisor.pid().unwrap()),
        )
        .await
        .unwrap();
        Way::Panic.end(b).await;
        soon(supervisor.terminate_child("b")).await.unwrap();
        soon(supervisor.stop()).await.unwrap();
    }

    /// SUP-4: the exit message of a child that was ended is flushed: it causes no restart later.
    #[beamish::test]
    async fn the_exit_of_a_child_that_was_ended_is_not_seen() {
        let stage = Stage::new();
        let supervisor = started(workers(["a", "b"], &stage).max_restarts(0)).await;
        for _ in 0..20 {
            soon(supervisor.terminate_child("b")).await.unwrap();
            assert_eq!(status(&supervisor, "b").await, Some(ChildStatus::Stopped));
            soon(supervisor.restart_child("b")).await.unwrap().unwrap();
            pid_of(&supervisor, "b").await;
        }
    }

    /// SUP-4: also if the child ended by itself just before it was asked: its exit is in the mailbox behind the request.
    #[beamish::test(start_paused)]
    async fn the_exit_of_a_child_that_ended_before_it_was_asked_is_not_seen() {
        let stage = Stage::new();
        let supervisor = started(workers(["a", "b"], &stage).max_restarts(0)).await;
        let b = pid_of(&supervisor, "b").await;
        // While `c` starts, the request queues; then `b` ends.
        let mut gate = stage.gate("c");
        let mut adding = Box::pin(supervisor.start_child(Worker::spec("c", &stage)));
        poll_once(&mut adding).await;
        gate.reached().await;
        let mut ending = Box::pin(supervisor.terminate_child("b"));
        poll_once(&mut ending).await;
        Way::Panic.end(b).await;
        gate.open(Plan::Start);
        soon(adding).await.unwrap();
        soon(ending).await.unwrap();
        assert_eq!(status(&supervisor, "b").await, Some(ChildStatus::Stopped));
        pid_of(&supervisor, "a").await;
        assert_eq!(stage.starts("b"), 1);
    }

    /// SUP-5: children that end by themselves while the supervisor is stopping are not restarted.
    #[beamish::test(start_paused)]
    async fn nothing_is_restarted_while_stopping() {
        for way in [
            Way::Normal,
            Way::Shutdown,
            Way::Killed,
            Way::Panic,
            Way::Other,
        ] {
            for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
                let stage = Stage::new();
                let supervisor = one_for_one()
                    .child(Worker::spec("it", &stage).restart(restart))
                    .child(Stubborn::spec("slow", &stage, Manner::After(2 * SECOND)));
                let supervisor = started(supervisor).await;
                let it = pid_of(&supervisor, "it").await;
                let end = process::monitored(&supervisor);
                let mut stopping = Box::pin(supervisor.stop());
                poll_once(&mut stopping).await;
                process::sleep(SECOND).await;
                way.end(it).await;
                soon(stopping).await.unwrap();
                assert_eq!(soon(end).await, ExitReason::Normal);
                assert_eq!(stage.starts("it"), 1, "{way:?} {restart:?}");
                assert_eq!(stage.log(), "+it +slow ~slow -it -slow");
            }
        }
    }
}

/// SUP-4 as decided for children that cannot be killed, since they block their thread.
mod wedged {
    use std::sync::mpsc;

    use super::*;

    #[genserver]
    struct Blocks;

    #[genserver]
    impl Blocks {
        #[init]
        fn init() -> Self {
            Self
        }

        #[handle_cast]
        fn block(&mut self, reached: oneshot::Sender<()>, until: Arc<Mutex<mpsc::Receiver<()>>>) {
            // From another thread: what this one wakes could be left to it alone.
            std::thread::spawn(move || reached.send(()));
            let _ = until.lock().unwrap().recv_timeout(Duration::from_secs(30));
        }
    }

    /// SUP-4, SUP-3: a child that outlives its kill by five seconds is abandoned: reported as killed, its name free, and
    /// the supervisor goes on.
    #[beamish::test(flavor = "multi_thread", worker_threads = 3)]
    async fn a_child_that_blocks_its_thread_is_abandoned() {
        let stage = Stage::new();
        let blocks = ChildSpec::new(|| Blocks::start_link().name("blocks"))
            .id("blocks")
            .shutdown(Shutdown::BrutalKill);
        let supervisor = workers(["a"], &stage)
            .child(blocks)
            .child(Worker::spec("b", &stage));
        let supervisor = started(supervisor).await;
        let pid = pid_of(&supervisor, "blocks").await;
        let (reached, blocked) = oneshot::channel();
        let (release, until) = mpsc::channel();
        BlocksRef::try_from(pid)
            .unwrap()
            .block(reached, Arc::new(Mutex::new(until)));
        soon(blocked).await.unwrap();
        let end = process::monitored(pid);
        let stopped = tokio::time::timeout(Duration::from_secs(10), supervisor.stop()).await;
        let name = process::whereis("blocks");
        release.send(()).unwrap();
        assert!(
            stopped.is_ok(),
            "the supervisor waits for a child that cannot end"
        );
        assert_eq!(soon(end).await, ExitReason::Killed);
        assert_eq!(name, None);
        assert_eq!(stage.log(), "+a +b -b -a");
    }
}

/// SUP-4, SIG-3: children whose handler never comes to its end.
mod stuck {
    use super::*;

    #[genserver]
    struct Stuck;

    #[genserver]
    impl Stuck {
        #[init]
        fn init(traps: bool) -> Self {
            process::trap_exit(traps);
            Self
        }

        #[handle_cast]
        async fn hang(&mut self, reached: oneshot::Sender<()>) {
            let _ = reached.send(());
            std::future::pending().await
        }
    }

    /// The reason with which a child ends that hangs when its supervisor stops, and how long that takes.
    async fn stopped(traps: bool, shutdown: Shutdown) -> (ExitReason, Duration) {
        let child = Stuck::child_spec(traps).id("stuck").shutdown(shutdown);
        let supervisor = started(one_for_one().child(child)).await;
        let pid = pid_of(&supervisor, "stuck").await;
        let (reached, hangs) = oneshot::channel();
        StuckRef::try_from(pid).unwrap().hang(reached);
        soon(hangs).await.unwrap();
        let end = process::monitored(pid);
        let began = tokio::time::Instant::now();
        supervisor.stop().await.unwrap();
        (end.await, began.elapsed())
    }

    /// SIG-3: the supervisor's `shutdown` ends it at once: it waits, and does not trap exits.
    #[beamish::test(start_paused)]
    async fn a_stuck_child_that_does_not_trap_ends_at_once() {
        let (reason, took) = stopped(false, Shutdown::Timeout(5 * SECOND)).await;
        assert_eq!((reason, took), (ExitReason::Shutdown, Duration::ZERO));
    }

    /// SUP-4: one that traps exits never gets to the signal, and is killed when its time is over.
    #[beamish::test(start_paused)]
    async fn a_stuck_child_that_traps_is_killed_after_its_time() {
        let (reason, took) = stopped(true, Shutdown::Timeout(5 * SECOND)).await;
        assert_eq!(reason, ExitReason::Killed);
        assert_eq!(took.as_secs(), 5);
    }

    /// SUP-4: by `brutal_kill` at once, trapping or not.
    #[beamish::test(start_paused)]
    async fn a_stuck_child_is_killed_at_once_by_brutal_kill() {
        for traps in [false, true] {
            let (reason, took) = stopped(traps, Shutdown::BrutalKill).await;
            assert_eq!((reason, took), (ExitReason::Killed, Duration::ZERO));
        }
    }
}

/// SUP-1, SUP-6, SUP-7: the supervisor's own end.
mod own_end {
    use super::*;

    /// The parent of a supervisor, which ends with `reason`; and the supervisor.
    async fn with_parent(supervisor: Supervisor) -> (oneshot::Sender<ExitReason>, Pid) {
        let (end, on_end) = oneshot::channel();
        let (tell, told) = oneshot::channel();
        spawn(async move {
            let supervisor = supervisor.start_link().await.unwrap();
            let _ = tell.send(supervisor.pid().unwrap());
            let reason = on_end.await.unwrap();
            exit(reason)
        });
        (end, soon(told).await.unwrap())
    }

    /// SUP-6: a supervisor ends with its parent's reason, whichever it is; its children before it, with `shutdown`.
    #[beamish::test]
    async fn a_supervisor_ends_with_its_parents_reason() {
        for reason in [
            ExitReason::Normal,
            ExitReason::Shutdown,
            ExitReason::shutdown_with("moved"),
            ExitReason::Killed,
            ExitReason::Kill,
            ExitReason::other("boom"),
        ] {
            let stage = Stage::new();
            let (end, supervisor) = with_parent(workers(["a", "b"], &stage)).await;
            let at = SupervisorRef::try_from(supervisor).unwrap();
            let children = [pid_of(&at, "a").await, pid_of(&at, "b").await].map(process::monitored);
            let over = process::monitored(supervisor);
            stage.reset();
            end.send(reason.clone()).unwrap();
            assert_eq!(soon(over).await, reason);
            assert_eq!(stage.log(), "-b -a");
            for child in children {
                assert_eq!(soon(child).await, ExitReason::Shutdown);
            }
        }
    }

    /// SUP-6: also if the parent was killed.
    #[beamish::test]
    async fn a_supervisor_ends_with_its_killed_parent() {
        let stage = Stage::new();
        let tree = workers(["a", "b"], &stage);
        let (tell, told) = oneshot::channel();
        let parent = spawn(async move {
            let supervisor = tree.start_link().await.unwrap();
            let _ = tell.send(supervisor.pid().unwrap());
            std::future::pending::<()>().await;
        });
        let over = process::monitored(soon(told).await.unwrap());
        process::kill(parent);
        assert_eq!(soon(over).await, ExitReason::Killed);
        assert_eq!(stage.log(), "+a +b -b -a");
    }

    /// SUP-6: an exit signal that its living parent sends ends it too.
    #[beamish::test]
    async fn an_exit_signal_of_the_parent_ends_it() {
        process::trap_exit(true);
        let stage = Stage::new();
        let supervisor = soon(workers(["a"], &stage).start_link()).await.unwrap();
        process::exit(&supervisor, ExitReason::Shutdown);
        receive! {
            Exit { from, reason } if Some(from) == supervisor.pid() => assert_eq!(reason, ExitReason::Shutdown),
        }
        assert_eq!(stage.log(), "+a -a");
    }

    /// SUP-6, SRV-10: `stop` ends the children first, then the supervisor, with the reason that was asked for.
    #[beamish::test]
    async fn stop_ends_the_children_and_then_the_supervisor() {
        for reason in [
            ExitReason::Normal,
            ExitReason::Shutdown,
            ExitReason::other("why not"),
        ] {
            let stage = Stage::new();
            let supervisor = started(workers(["a", "b"], &stage)).await;
            let end = process::monitored(&supervisor);
            soon(supervisor.stop().reason(reason.clone()))
                .await
                .unwrap();
            assert_eq!(soon(end).await, reason);
            assert_eq!(stage.log(), "+a +b -b -a");
            assert!(matches!(
                soon(supervisor.stop()).await,
                Err(StopError::NoProc(_))
            ));
        }
    }

    /// SUP-6, DYN-1: the same for a dynamic supervisor.
    #[beamish::test]
    async fn a_dynamic_supervisor_ends_with_its_parent() {
        process::trap_exit(true);
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().start_link()).await.unwrap();
        let child = soon(supervisor.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap();
        let end = process::monitored(child);
        process::exit(&supervisor, ExitReason::other("enough"));
        receive! {
            Exit { from, reason } if Some(from) == supervisor.pid() => assert!(matches!(reason, ExitReason::Other(_))),
        }
        assert_eq!(soon(end).await, ExitReason::Shutdown);
    }

    /// SUP-1, SUP-7: a supervisor traps exits, and ignores those of strangers.
    #[beamish::test]
    async fn exit_signals_of_strangers_are_ignored() {
        let stage = Stage::new();
        let supervisor = started(workers(["a"], &stage).max_restarts(0)).await;
        let a = pid_of(&supervisor, "a").await;
        for reason in [
            ExitReason::Normal,
            ExitReason::Shutdown,
            ExitReason::Killed,
            ExitReason::other("boom"),
        ] {
            process::exit(&supervisor, reason);
        }
        assert_eq!(pid_of(&supervisor, "a").await, a);
        let dynamic = soon(DynamicSupervisor::new().start()).await.unwrap();
        process::exit(&dynamic, ExitReason::other("boom"));
        assert_eq!(soon(dynamic.count_children()).await.unwrap().specs, 0);
    }

    /// SUP-7: also those of a process that is linked, but neither parent nor child.
    #[beamish::test]
    async fn the_end_of_a_linked_stranger_is_ignored() {
        let stage = Stage::new();
        let supervisor = started(workers(["a"], &stage).max_restarts(0)).await;
        let above = supervisor.pid().unwrap();
        let a = pid_of(&supervisor, "a").await;
        let (_, mref) = spawn_monitor(async move {
            process::link(above);
            panic!("as planned");
        });
        receive! {
            Down { mref: down, .. } if down == mref => {},
        }
        assert_eq!(pid_of(&supervisor, "a").await, a);
    }

    /// SUP-7: also those that come from a child that was ended before.
    #[beamish::test]
    async fn an_exit_message_of_a_former_child_is_ignored() {
        let stage = Stage::new();
        let supervisor = started(workers(["a"], &stage).max_restarts(0)).await;
        let before = pid_of(&supervisor, "a").await;
        soon(supervisor.terminate_child("a")).await.unwrap();
        soon(supervisor.restart_child("a")).await.unwrap();
        let a = pid_of(&supervisor, "a").await;
        send(
            supervisor.pid().unwrap(),
            Exit {
                from: before,
                reason: ExitReason::Killed,
            },
        );
        assert_eq!(pid_of(&supervisor, "a").await, a);
        assert_eq!(stage.starts("a"), 2);
    }

    /// SUP-7: unexpected messages are dropped.
    #[beamish::test]
    async fn unexpected_messages_are_dropped() {
        let stage = Stage::new();
        let supervisor = started(workers(["a"], &stage)).await;
        let a = pid_of(&supervisor, "a").await;
        send(supervisor.pid().unwrap(), "hello");
        send(supervisor.pid().unwrap(), 7_u64);
        let (gone, mref) = spawn_monitor(async {});
        let down = receive! {
            down: Down if down.mref == mref => down,
        };
        send(supervisor.pid().unwrap(), down);
        assert!(!process::alive(gone));
        assert_eq!(pid_of(&supervisor, "a").await, a);
    }
}

/// SUP-5: what a supervisor reports as an error.
mod reports {
    use super::*;

    thread_local! {
        static GUARD: RefCell<Option<tracing::subscriber::DefaultGuard>> = const { RefCell::new(None) };
    }

    #[derive(Clone, Default)]
    struct Reports(Arc<Mutex<Vec<String>>>);

    impl Reports {
        /// Listens on this thread, on which the whole test runs.
        fn listen() -> Self {
            let reports = Self::default();
            let guard = tracing::subscriber::set_default(reports.clone());
            GUARD.with_borrow_mut(|slot| *slot = Some(guard));
            reports
        }

        fn taken(self) -> Vec<String> {
            GUARD.with_borrow_mut(|slot| *slot = None);
            std::mem::take(&mut *self.0.lock().unwrap())
        }
    }

    impl tracing::Subscriber for Reports {
        fn enabled(&self, _metadata: &tracing::Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }

        fn record(&self, _span: &tracing::span::Id, _values: &tracing::span::Record<'_>) {}

        fn record_follows_from(&self, _span: &tracing::span::Id, _follows: &tracing::span::Id) {}

        fn event(&self, event: &tracing::Event<'_>) {
            let metadata = event.metadata();
            if metadata.target() == "beamish::supervisor"
                && *metadata.level() <= tracing::Level::WARN
            {
                let mut line = Line(String::new());
                event.record(&mut line);
                self.0.lock().unwrap().push(line.0);
            }
        }

        fn enter(&self, _span: &tracing::span::Id) {}

        fn exit(&self, _span: &tracing::span::Id) {}
    }

    struct Line(String);

    impl tracing::field::Visit for Line {
        fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
            self.0.push_str(&format!("{}={value:?} ", field.name()));
        }
    }

    /// The reports of a supervisor that ends its child, which has that setting.
    async fn of_ending(child: ChildSpec) -> Vec<String> {
        let reports = Reports::listen();
        let supervisor = started(one_for_one().child(child.id("it"))).await;
        soon(supervisor.terminate_child("it")).await.unwrap();
        soon(supervisor.stop()).await.unwrap();
        reports.taken()
    }

    /// The reports of a supervisor whose child ends by itself.
    async fn of_an_end(restart: Restart, way: Way) -> Vec<String> {
        let reports = Reports::listen();
        let stage = Stage::new();
        let supervisor =
            started(one_for_one().child(Worker::spec("it", &stage).restart(restart))).await;
        way.end(pid_of(&supervisor, "it").await).await;
        soon(supervisor.stop()).await.unwrap();
        reports.taken()
    }

    /// SUP-5: a child that ends with `shutdown` when asked is no error.
    #[beamish::test(start_paused)]
    async fn a_child_that_ends_as_asked_is_not_reported() {
        let stage = Stage::new();
        assert_eq!(of_ending(Worker::spec("it", &stage)).await, [""; 0]);
        assert_eq!(
            of_ending(Stubborn::spec("it", &stage, Manner::After(SECOND))).await,
            [""; 0]
        );
    }

    /// SUP-5: nor is `killed` for `brutal_kill`.
    #[beamish::test(start_paused)]
    async fn brutal_kill_is_not_reported() {
        let stage = Stage::new();
        assert_eq!(
            of_ending(Worker::spec("it", &stage).shutdown(Shutdown::BrutalKill)).await,
            [""; 0]
        );
    }

    /// SUP-5: nor are `normal` and `{shutdown, _}` of a child that is not permanent.
    #[beamish::test(start_paused)]
    async fn planned_ends_of_children_that_are_not_permanent_are_not_reported() {
        for restart in [Restart::Transient, Restart::Temporary] {
            for reason in [ExitReason::Normal, ExitReason::shutdown_with("own")] {
                let stage = Stage::new();
                let child = Stubborn::spec("it", &stage, Manner::With(reason)).restart(restart);
                assert_eq!(of_ending(child).await, [""; 0]);
            }
            for way in [Way::Normal, Way::Shutdown, Way::ShutdownWith] {
                assert_eq!(of_an_end(restart, way).await, [""; 0]);
            }
        }
    }

    /// SUP-5: the kill of a child that outlived its time is.
    #[beamish::test(start_paused)]
    async fn a_child_that_had_to_be_killed_is_reported() {
        let stage = Stage::new();
        let reports = of_ending(Stubborn::spec("it", &stage, Manner::Never)).await;
        let [report] = &reports[..] else {
            panic!("{reports:?}")
        };
        assert!(
            report.contains("child=it") && report.contains("reason=killed"),
            "{report}"
        );
    }

    /// SUP-5: so is a reason of its own with which a child answers, and `normal` of a permanent one.
    #[beamish::test(start_paused)]
    async fn a_child_that_ends_otherwise_than_asked_is_reported() {
        let stage = Stage::new();
        for (restart, reason) in [
            (Restart::Permanent, ExitReason::Normal),
            (Restart::Permanent, ExitReason::shutdown_with("own")),
            (Restart::Transient, ExitReason::other("own")),
            (Restart::Temporary, ExitReason::other("own")),
        ] {
            let reports =
                of_ending(Stubborn::spec("it", &stage, Manner::With(reason)).restart(restart))
                    .await;
            assert_eq!(reports.len(), 1, "{restart:?} {reports:?}");
        }
    }

    /// The reports when a child ends by itself while the request to end it is under way.
    async fn of_an_end_before_the_request(restart: Restart, way: Way) -> Vec<String> {
        let reports = Reports::listen();
        let stage = Stage::new();
        let supervisor =
            started(one_for_one().child(Worker::spec("it", &stage).restart(restart))).await;
        let it = pid_of(&supervisor, "it").await;
        let mut gate = stage.gate("other");
        let mut adding = Box::pin(supervisor.start_child(Worker::spec("other", &stage)));
        poll_once(&mut adding).await;
        gate.reached().await;
        let mut ending = Box::pin(supervisor.terminate_child("it"));
        poll_once(&mut ending).await;
        way.end(it).await;
        gate.open(Plan::Start);
        soon(adding).await.unwrap();
        soon(ending).await.unwrap();
        soon(supervisor.stop()).await.unwrap();
        reports.taken()
    }

    /// SUP-4, SUP-5: of a child that ended before it was asked the exit message tells the reason.
    #[beamish::test]
    async fn an_end_before_the_request_is_reported_with_its_own_reason() {
        let planned = of_an_end_before_the_request(Restart::Transient, Way::Normal).await;
        assert_eq!(planned, [""; 0]);
        let reports = of_an_end_before_the_request(Restart::Permanent, Way::Panic).await;
        let [report] = &reports[..] else {
            panic!("{reports:?}")
        };
        assert!(report.contains("as planned"), "{report}");
    }

    /// SUP-5: an end that is no planned one is reported, for every restart type.
    #[beamish::test]
    async fn a_crash_of_a_child_is_reported() {
        for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
            for way in [Way::Killed, Way::Panic, Way::Other] {
                let reports = of_an_end(restart, way).await;
                assert_eq!(reports.len(), 1, "{restart:?} {way:?} {reports:?}");
                assert!(reports[0].contains("child=it"));
            }
        }
    }
}

/// DYN-5: how a dynamic supervisor ends its children.
mod dynamic {
    use super::*;

    async fn ended(
        children: impl IntoIterator<Item = ChildSpec>,
        stage: &Stage,
    ) -> (Vec<ExitReason>, Duration) {
        let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
        let mut ends = Vec::new();
        for child in children {
            ends.push(process::monitored(
                soon(supervisor.start_child(child)).await.unwrap(),
            ));
        }
        stage.reset();
        let began = tokio::time::Instant::now();
        soon(supervisor.stop()).await.unwrap();
        let took = began.elapsed();
        let mut reasons = Vec::new();
        for end in ends {
            reasons.push(soon(end).await);
        }
        (reasons, took)
    }

    /// DYN-5: OTP asks all children at once.
    #[beamish::test(start_paused)]
    async fn all_children_are_asked_at_once() {
        let stage = Stage::new();
        let children: Vec<_> = (1..=3)
            .map(|n| Stubborn::spec("it", &stage, Manner::After(n * SECOND)))
            .collect();
        let (reasons, took) = ended(children, &stage).await;
        assert_eq!(
            reasons,
            [
                ExitReason::Shutdown,
                ExitReason::Shutdown,
                ExitReason::Shutdown
            ]
        );
        assert_eq!(took, 3 * SECOND);
        assert_eq!(
            stage.timed_log(),
            "~it@0 ~it@0 ~it@0 -it@1000 -it@2000 -it@3000"
        );
    }

    /// DYN-5: each is killed when its own time is over; the total is bounded by the largest.
    #[beamish::test(start_paused)]
    async fn each_child_is_killed_when_its_own_time_is_over() {
        let stage = Stage::new();
        let hangs = |id| Stubborn::spec(id, &stage, Manner::Never);
        let children = [
            hangs("one").shutdown(SECOND),
            hangs("three").shutdown(3 * SECOND),
            hangs("also_one").shutdown(SECOND),
            hangs("brutal").shutdown(Shutdown::BrutalKill),
            Stubborn::spec("obeys", &stage, Manner::After(2 * SECOND)).shutdown(3 * SECOND),
        ];
        let (reasons, took) = ended(children, &stage).await;
        assert_eq!(took, 3 * SECOND);
        let killed = ExitReason::Killed;
        assert_eq!(
            reasons,
            [
                killed.clone(),
                killed.clone(),
                killed.clone(),
                killed,
                ExitReason::Shutdown
            ]
        );
        let log = stage.timed_log();
        for event in [
            "-brutal@0",
            "-one@1000",
            "-also_one@1000",
            "-obeys@2000",
            "-three@3000",
        ] {
            assert!(
                log.split(' ').any(|logged| logged == event),
                "{event} in {log}"
            );
        }
        assert!(!log.contains("~brutal"));
    }

    /// DYN-5: infinity is waited for, also beside children whose time is over.
    #[beamish::test(start_paused)]
    async fn infinity_is_waited_for() {
        let stage = Stage::new();
        let children = [
            Stubborn::spec("slow", &stage, Manner::After(500 * SECOND))
                .shutdown(Shutdown::Infinity),
            Stubborn::spec("hangs", &stage, Manner::Never).shutdown(SECOND),
        ];
        let (reasons, took) = ended(children, &stage).await;
        assert_eq!(reasons, [ExitReason::Shutdown, ExitReason::Killed]);
        assert_eq!(took, 500 * SECOND);
        // In which order they are asked does not matter.
        let log = stage.timed_log();
        assert!(log.ends_with("-hangs@1000 -slow@500000"), "{log}");
    }

    /// DYN-5: a reason of its own is kept.
    #[beamish::test(start_paused)]
    async fn a_child_keeps_a_reason_of_its_own() {
        let stage = Stage::new();
        let child = Stubborn::spec("it", &stage, Manner::With(ExitReason::shutdown_with("own")));
        let (reasons, _) = ended([child, Worker::spec("plain", &stage)], &stage).await;
        assert!(
            matches!(
                reasons[..],
                [ExitReason::ShutdownWith(_), ExitReason::Shutdown]
            ),
            "{reasons:?}"
        );
    }

    /// DYN-5, SUP-5: nothing is restarted meanwhile.
    #[beamish::test(start_paused)]
    async fn nothing_is_restarted_while_stopping() {
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
        soon(supervisor.start_child(Stubborn::spec("slow", &stage, Manner::After(2 * SECOND))))
            .await
            .unwrap();
        for _ in 0..5 {
            soon(supervisor.start_child(Worker::spec("it", &stage)))
                .await
                .unwrap();
        }
        soon(supervisor.stop()).await.unwrap();
        assert_eq!((stage.starts("slow"), stage.starts("it")), (1, 5));
    }

    /// DYN-5, SUP-4: a child that unlinked itself is ended too.
    #[beamish::test]
    async fn a_child_that_unlinked_itself_is_ended_too() {
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
        let child = soon(supervisor.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap();
        soon(
            WorkerRef::try_from(child)
                .unwrap()
                .unlink(supervisor.pid().unwrap()),
        )
        .await
        .unwrap();
        let end = process::monitored(child);
        soon(supervisor.stop()).await.unwrap();
        assert_eq!(soon(end).await, ExitReason::Shutdown);
    }
}

/// SIG-C1, SIG-C2, SIG-C3: significant children.
mod significant {
    use super::*;

    fn significant(id: &'static str, stage: &Stage, restart: Restart) -> ChildSpec {
        Worker::spec(id, stage).restart(restart).significant(true)
    }

    /// Two significant children of that restart type between others.
    async fn tree(auto_shutdown: AutoShutdown, restart: Restart, stage: &Stage) -> SupervisorRef {
        let supervisor = workers(["a"], stage)
            .auto_shutdown(auto_shutdown)
            .child(significant("one", stage, restart))
            .child(significant("two", stage, restart))
            .child(Worker::spec("other", stage).restart(Restart::Transient));
        let supervisor = started(supervisor).await;
        stage.reset();
        supervisor
    }

    async fn end_child(supervisor: &SupervisorRef, id: &'static str, way: Way) {
        way.end(pid_of(supervisor, id).await).await;
    }

    /// SIG-C1, SUP-6: the first end of a significant child ends the supervisor, with `shutdown`, its children first.
    #[beamish::test]
    async fn the_first_end_of_any_significant_child_ends_the_supervisor() {
        for restart in [Restart::Transient, Restart::Temporary] {
            for way in [Way::Normal, Way::Shutdown, Way::ShutdownWith] {
                let stage = Stage::new();
                let supervisor = tree(AutoShutdown::AnySignificant, restart, &stage).await;
                let end = process::monitored(&supervisor);
                end_child(&supervisor, "one", way).await;
                assert_eq!(soon(end).await, ExitReason::Shutdown);
                assert_eq!(stage.log(), "-one -other -two -a");
            }
        }
    }

    /// SIG-C1: with `all_significant` it is the end of the last one.
    #[beamish::test]
    async fn the_end_of_the_last_of_all_significant_children_ends_the_supervisor() {
        for restart in [Restart::Transient, Restart::Temporary] {
            for way in [Way::Normal, Way::Shutdown, Way::ShutdownWith] {
                let stage = Stage::new();
                let supervisor = tree(AutoShutdown::AllSignificant, restart, &stage).await;
                let end = process::monitored(&supervisor);
                end_child(&supervisor, "two", way).await;
                pid_of(&supervisor, "one").await;
                end_child(&supervisor, "one", way).await;
                assert_eq!(soon(end).await, ExitReason::Shutdown);
                assert_eq!(stage.log(), "-two -one -other -a");
            }
        }
    }

    /// SIG-C2: a temporary significant child triggers with any reason.
    #[beamish::test]
    async fn a_temporary_significant_child_triggers_with_any_reason() {
        for way in [Way::Killed, Way::Panic, Way::Other] {
            let stage = Stage::new();
            let supervisor = tree(AutoShutdown::AnySignificant, Restart::Temporary, &stage).await;
            let end = process::monitored(&supervisor);
            end_child(&supervisor, "two", way).await;
            assert_eq!(soon(end).await, ExitReason::Shutdown);
        }
    }

    /// SIG-C2: a transient one is restarted after an abnormal end, and triggers nothing.
    #[beamish::test]
    async fn a_transient_significant_child_that_crashes_is_restarted() {
        for auto_shutdown in [AutoShutdown::AnySignificant, AutoShutdown::AllSignificant] {
            for way in [Way::Killed, Way::Panic, Way::Other] {
                let stage = Stage::new();
                let supervisor = tree(auto_shutdown, Restart::Transient, &stage).await;
                for id in ["one", "two"] {
                    end_child(&supervisor, id, way).await;
                    pid_of(&supervisor, id).await;
                }
                assert_eq!(stage.log(), "-one +one -two +two");
            }
        }
    }

    /// SIG-C1: the end of other children triggers nothing, in no mode.
    #[beamish::test]
    async fn the_end_of_other_children_triggers_nothing() {
        for auto_shutdown in [
            AutoShutdown::Never,
            AutoShutdown::AnySignificant,
            AutoShutdown::AllSignificant,
        ] {
            let stage = Stage::new();
            let supervisor = workers(["a"], &stage)
                .auto_shutdown(auto_shutdown)
                .child(Worker::spec("transient", &stage).restart(Restart::Transient))
                .child(Worker::spec("temporary", &stage).restart(Restart::Temporary));
            let supervisor = started(supervisor).await;
            end_child(&supervisor, "transient", Way::Normal).await;
            end_child(&supervisor, "temporary", Way::Panic).await;
            assert_eq!(ids(&supervisor).await, "transient a");
        }
    }

    /// SIG-C2, API-1: ends that were asked for with `terminate_child` trigger nothing.
    #[beamish::test]
    async fn terminate_child_triggers_nothing() {
        for auto_shutdown in [AutoShutdown::AnySignificant, AutoShutdown::AllSignificant] {
            for restart in [Restart::Transient, Restart::Temporary] {
                let stage = Stage::new();
                let supervisor = tree(auto_shutdown, restart, &stage).await;
                for id in ["one", "two"] {
                    soon(supervisor.terminate_child(id)).await.unwrap();
                }
                pid_of(&supervisor, "a").await;
            }
        }
    }

    /// SIG-C1: after one was ended by hand the other is the last living one.
    #[beamish::test]
    async fn a_child_that_was_ended_by_hand_is_not_waited_for() {
        let stage = Stage::new();
        let supervisor = tree(AutoShutdown::AllSignificant, Restart::Transient, &stage).await;
        let end = process::monitored(&supervisor);
        soon(supervisor.terminate_child("one")).await.unwrap();
        end_child(&supervisor, "two", Way::Normal).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
    }

    /// SIG-C2: ends in a group restart trigger nothing.
    #[beamish::test]
    async fn a_group_restart_triggers_nothing() {
        for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
            for auto_shutdown in [AutoShutdown::AnySignificant, AutoShutdown::AllSignificant] {
                let stage = Stage::new();
                let supervisor = Supervisor::new(strategy)
                    .auto_shutdown(auto_shutdown)
                    .child(Worker::spec("a", &stage))
                    .child(significant("transient", &stage, Restart::Transient))
                    .child(significant("temporary", &stage, Restart::Temporary));
                let supervisor = started(supervisor).await;
                end_child(&supervisor, "a", Way::Killed).await;
                assert_eq!(ids(&supervisor).await, "transient a");
                pid_of(&supervisor, "transient").await;
            }
        }
    }

    /// SIG-C3: a permanent significant child is refused at the start, before any child is started.
    #[beamish::test]
    async fn a_permanent_significant_child_is_refused() {
        for auto_shutdown in [AutoShutdown::AnySignificant, AutoShutdown::AllSignificant] {
            let stage = Stage::new();
            let supervisor = workers(["a"], &stage)
                .auto_shutdown(auto_shutdown)
                .child(significant("b", &stage, Restart::Permanent));
            let error = soon(supervisor.start()).await.unwrap_err();
            assert_eq!(
                bad_children(&error),
                Some(BadChildren::SignificantPermanent("b".into())),
                "{error:?}"
            );
            assert_eq!(stage.log(), "");
        }
    }

    /// SIG-C3: a significant child under a supervisor that never shuts itself down is refused.
    #[beamish::test]
    async fn a_significant_child_without_auto_shutdown_is_refused() {
        for restart in [Restart::Transient, Restart::Temporary] {
            let stage = Stage::new();
            let error = soon(
                workers(["a"], &stage)
                    .child(significant("b", &stage, restart))
                    .start(),
            )
            .await
            .unwrap_err();
            assert_eq!(
                bad_children(&error),
                Some(BadChildren::SignificantWithoutAutoShutdown("b".into())),
                "{error:?}"
            );
            assert_eq!(stage.log(), "");
        }
    }

    /// SIG-C3: also as children that are added.
    #[beamish::test]
    async fn a_significant_child_that_does_not_fit_is_not_added() {
        let stage = Stage::new();
        let never = started(workers(["a"], &stage)).await;
        let error = soon(never.start_child(significant("b", &stage, Restart::Transient)))
            .await
            .unwrap_err();
        let expected = BadChildren::SignificantWithoutAutoShutdown("b".into());
        assert!(
            matches!(&error, StartChildError::BadChild(bad) if *bad == expected),
            "{error:?}"
        );

        let any = started(workers(["a"], &stage).auto_shutdown(AutoShutdown::AnySignificant)).await;
        let error = soon(any.start_child(significant("b", &stage, Restart::Permanent)))
            .await
            .unwrap_err();
        let expected = BadChildren::SignificantPermanent("b".into());
        assert!(
            matches!(&error, StartChildError::BadChild(bad) if *bad == expected),
            "{error:?}"
        );
        assert_eq!(stage.starts("b"), 0);
        assert_eq!(
            (ids(&never).await, ids(&any).await),
            ("a".into(), "a".into())
        );
    }

    /// SIG-C1: a significant child that was added counts as well.
    #[beamish::test]
    async fn a_significant_child_that_was_added_triggers() {
        let stage = Stage::new();
        let supervisor =
            started(workers(["a"], &stage).auto_shutdown(AutoShutdown::AnySignificant)).await;
        let end = process::monitored(&supervisor);
        soon(supervisor.start_child(significant("b", &stage, Restart::Temporary)))
            .await
            .unwrap();
        end_child(&supervisor, "b", Way::Normal).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
    }

    /// SIG-C3: a dynamic supervisor refuses significant children altogether.
    #[beamish::test]
    async fn a_dynamic_supervisor_refuses_significant_children() {
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
        for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
            let error = soon(supervisor.start_child(significant("a", &stage, restart)))
                .await
                .unwrap_err();
            assert!(matches!(error, StartChildError::BadChild(_)), "{error:?}");
        }
        assert_eq!(stage.log(), "");
        assert_eq!(soon(supervisor.count_children()).await.unwrap().specs, 0);
    }

    /// SIG-C1: a supervisor that shut itself down ends with `shutdown`: as a significant child it triggers in its turn, as
    /// a plain transient one it does not, as a permanent one it is restarted.
    #[beamish::test]
    async fn an_automatic_shutdown_goes_up_only_through_significant_supervisors() {
        for (restart, is_significant, above) in [
            (Restart::Transient, true, None),
            (Restart::Temporary, true, None),
            (Restart::Transient, false, Some("inner a")),
            (Restart::Temporary, false, Some("a")),
            (Restart::Permanent, false, Some("inner a")),
        ] {
            let stage = Stage::new();
            let inner = one_for_one()
                .auto_shutdown(AutoShutdown::AnySignificant)
                .child(significant("leaf", &stage, Restart::Transient))
                .child_spec()
                .id("inner")
                .restart(restart)
                .significant(is_significant);
            let outer = started(
                workers(["a"], &stage)
                    .auto_shutdown(AutoShutdown::AnySignificant)
                    .child(inner),
            )
            .await;
            let end = process::monitored(&outer);
            let inner = pid_of(&outer, "inner").await;
            let inner_end = process::monitored(inner);
            end_child(
                &SupervisorRef::try_from(inner).unwrap(),
                "leaf",
                Way::Normal,
            )
            .await;
            assert_eq!(soon(inner_end).await, ExitReason::Shutdown);
            match above {
                None => assert_eq!(soon(end).await, ExitReason::Shutdown),
                Some(left) => {
                    assert_eq!(ids(&outer).await, left);
                    let restarted =
                        matches!(status(&outer, "inner").await, Some(ChildStatus::Running(_)));
                    assert_eq!(restarted, restart == Restart::Permanent);
                }
            }
        }
    }
}
