//! SUP-3, SUP-4: how children are ended.

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

/// SUP-4: the time of each begins when it is asked, be it shorter or longer than that of the one before, and be that
/// killed, or ended with a reason of its own.
#[beamish::test(start_paused)]
async fn each_child_has_its_own_time() {
    let stage = Stage::new();
    let stubborn = |id, manner| Stubborn::spec(id, &stage, manner);
    let children = [
        Worker::spec("a", &stage),
        stubborn("b", Manner::With(ExitReason::shutdown_with("own"))).shutdown(SECOND),
        stubborn("c", Manner::Never).shutdown(2 * SECOND),
        stubborn("d", Manner::After(10 * SECOND)).shutdown(Shutdown::Infinity),
        stubborn("e", Manner::Never).shutdown(SECOND),
        stubborn("f", Manner::After(3 * SECOND)).shutdown(5 * SECOND),
    ];
    let supervisor = started(one_for_one().children(children)).await;
    stage.reset();
    soon(supervisor.stop()).await.unwrap();
    assert_eq!(
        stage.timed_log(),
        "~f@0 -f@3000 ~e@3000 -e@4000 ~d@4000 -d@14000 ~c@14000 -c@16000 ~b@16000 -b@16000 -a@16000"
    );
}

/// SUP-3: one that ends while another is waited for is passed over.
#[beamish::test(start_paused)]
async fn a_child_that_has_ended_meanwhile_is_passed_over() {
    let stage = Stage::new();
    let children = ["a", "b", "c"].map(|id| Stubborn::spec(id, &stage, Manner::After(SECOND)));
    let supervisor = started(one_for_one().children(children)).await;
    let passed_over = pid_of(&supervisor, "b").await;
    stage.reset();
    let mut stop = Box::pin(supervisor.stop());
    poll_once(&mut stop).await;
    tokio::time::sleep(SECOND / 2).await;
    Way::Killed.end(passed_over).await;
    soon(stop).await.unwrap();
    assert_eq!(stage.timed_log(), "~c@0 -b@500 -c@1000 ~a@1000 -a@2000");
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
    let hangs = Stubborn::spec("it", &stage, Manner::Never).shutdown(Duration::from_millis(1_500));
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
