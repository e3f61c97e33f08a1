//! Supervisors: their requests, dynamic supervisors, and what `supervisor!` writes, at run time. [`kit`] is shared with the
//! other supervisor tests.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test may panic; handlers own their messages"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use beamish::prelude::*;
use beamish::{
    AutoShutdown, BadChildren, ChildCounts, ChildError, ChildId, ChildKind, ChildSpec, ChildStatus,
    DynamicSupervisor, DynamicSupervisorRef, FailedToStartChild, Restart, Shutdown,
    StartChildError, Strategy, Supervisor,
};

use kit::{Plan, Stage, Stubborn, Way, Worker, WorkerRef, ids, pid_of, poll_once, soon, status};

/// Children that do as they are told, and a log of what they did.
pub(crate) mod kit {
    use std::collections::{HashMap, HashSet, VecDeque};
    use std::fmt;
    use std::future::{Future, poll_fn};
    use std::pin::Pin;
    use std::sync::{Arc, Mutex, MutexGuard};
    use std::task::Poll;
    use std::time::Duration;

    use beamish::prelude::*;
    use beamish::{ChildId, ChildSpec, ChildStatus};
    use tokio::sync::oneshot;
    use tokio::time::Instant;

    /// What a start of a [`Worker`] does.
    pub(crate) enum Plan {
        Start,
        Ignore,
        /// `{error, R}`.
        Fail,
        /// `{stop, R}`.
        Stop(ExitReason),
        Panic,
        /// Says that `init` was reached, and goes on as it is told.
        Gate(oneshot::Sender<()>, oneshot::Receiver<Self>),
    }

    /// What the children of one test share.
    #[derive(Clone)]
    pub(crate) struct Stage(Arc<Mutex<Scene>>);

    struct Scene {
        began: Instant,
        log: Vec<(String, Duration)>,
        plans: HashMap<&'static str, VecDeque<Plan>>,
        failing: HashSet<&'static str>,
        starts: HashMap<&'static str, usize>,
    }

    impl Stage {
        pub(crate) fn new() -> Self {
            Self(Arc::new(Mutex::new(Scene {
                began: Instant::now(),
                log: Vec::new(),
                plans: HashMap::new(),
                failing: HashSet::new(),
                starts: HashMap::new(),
            })))
        }

        fn scene(&self) -> MutexGuard<'_, Scene> {
            self.0.lock().unwrap()
        }

        pub(crate) fn note(&self, what: impl fmt::Display) {
            let mut scene = self.scene();
            let at = scene.began.elapsed();
            scene.log.push((what.to_string(), at));
        }

        /// What happened since this was last asked: `+a` a start, `!a` a failed one, `-a` an end, `~a` a `terminate`.
        pub(crate) fn log(&self) -> String {
            let log = std::mem::take(&mut self.scene().log);
            log.into_iter()
                .map(|(what, _)| what)
                .collect::<Vec<_>>()
                .join(" ")
        }

        /// The same with the milliseconds since the first start of this kind of clock: `+a@0 -a@5000`.
        pub(crate) fn timed_log(&self) -> String {
            let log = std::mem::take(&mut self.scene().log);
            log.into_iter()
                .map(|(what, at)| format!("{what}@{}", at.as_millis()))
                .collect::<Vec<_>>()
                .join(" ")
        }

        /// Counts the time of [`timed_log`](Self::timed_log) from now on, with an empty log.
        pub(crate) fn reset(&self) {
            let mut scene = self.scene();
            scene.began = Instant::now();
            scene.log.clear();
        }

        /// What the next starts of `id` do; those after them succeed.
        pub(crate) fn plan(&self, id: &'static str, plans: impl IntoIterator<Item = Plan>) {
            self.scene().plans.entry(id).or_default().extend(plans);
        }

        /// Makes the next start of `id` wait in `init`.
        pub(crate) fn gate(&self, id: &'static str) -> Gate {
            let (reached, on_reached) = oneshot::channel();
            let (open, on_open) = oneshot::channel();
            self.plan(id, [Plan::Gate(reached, on_open)]);
            Gate {
                reached: Some(on_reached),
                open,
            }
        }

        /// Whether starts of `id` without another plan fail.
        pub(crate) fn failing(&self, id: &'static str, failing: bool) {
            let mut scene = self.scene();
            if failing {
                scene.failing.insert(id);
            } else {
                scene.failing.remove(id);
            }
        }

        /// How often `init` of `id` began.
        pub(crate) fn starts(&self, id: &'static str) -> usize {
            self.scene().starts.get(id).copied().unwrap_or(0)
        }

        /// Until `init` of `id` began that often.
        pub(crate) async fn reaches(&self, id: &'static str, starts: usize) {
            let reached = async {
                while self.starts(id) < starts {
                    process::yield_now().await;
                }
            };
            soon(reached).await;
        }

        fn next(&self, id: &'static str) -> Plan {
            let mut scene = self.scene();
            *scene.starts.entry(id).or_default() += 1;
            let failing = scene.failing.contains(id);
            let planned = scene.plans.get_mut(id).and_then(VecDeque::pop_front);
            planned.unwrap_or(if failing { Plan::Fail } else { Plan::Start })
        }

        async fn enter<S: beamish::GenServer>(
            &self,
            id: &'static str,
            state: impl FnOnce() -> S,
        ) -> Init<S> {
            let mut plan = self.next(id);
            if let Plan::Gate(reached, open) = plan {
                let _ = reached.send(());
                plan = open.await.unwrap_or(Plan::Start);
            }
            self.note(format_args!(
                "{}{id}",
                if matches!(plan, Plan::Start) {
                    '+'
                } else {
                    '!'
                }
            ));
            match plan {
                Plan::Start | Plan::Gate(..) => Init::ok(state()),
                Plan::Ignore => Init::ignore(),
                Plan::Fail => Init::error("as planned"),
                Plan::Stop(reason) => Init::stop(reason),
                Plan::Panic => panic!("as planned"),
            }
        }
    }

    /// A start that waits.
    pub(crate) struct Gate {
        reached: Option<oneshot::Receiver<()>>,
        open: oneshot::Sender<Plan>,
    }

    impl Gate {
        /// Until `init` waits at it.
        pub(crate) async fn reached(&mut self) {
            soon(self.reached.take().unwrap()).await.unwrap();
        }

        pub(crate) fn open(self, plan: Plan) {
            assert!(self.open.send(plan).is_ok(), "nobody waits at the gate");
        }
    }

    /// A child that does not trap exits.
    #[genserver]
    pub(crate) struct Worker {
        id: &'static str,
        stage: Stage,
        count: u64,
    }

    #[genserver]
    impl Worker {
        #[init]
        async fn init(id: &'static str, stage: Stage) -> Init<Self> {
            stage
                .clone()
                .enter(id, || Self {
                    id,
                    stage,
                    count: 0,
                })
                .await
        }

        /// How often this was called.
        #[handle_call]
        pub(crate) fn count(&mut self) -> u64 {
            self.count += 1;
            self.count
        }

        #[handle_call]
        pub(crate) fn unlink(&self, pid: Pid) {
            process::unlink(pid);
        }

        #[handle_cast]
        pub(crate) fn end(&mut self, reason: ExitReason) -> NoReply {
            NoReply::stop(reason)
        }

        #[handle_cast]
        pub(crate) fn crash(&mut self) {
            panic!("as planned");
        }
    }

    impl Drop for Worker {
        fn drop(&mut self) {
            self.stage.note(format_args!("-{}", self.id));
        }
    }

    impl Worker {
        /// A child with this id.
        pub(crate) fn spec(id: &'static str, stage: &Stage) -> ChildSpec {
            Self::child_spec(id, stage.clone()).id(id)
        }
    }

    /// How a [`Stubborn`] answers when it is to end.
    #[derive(Clone)]
    pub(crate) enum Manner {
        After(Duration),
        Never,
        With(ExitReason),
    }

    /// A child that traps exits.
    #[genserver(trap_exit)]
    pub(crate) struct Stubborn {
        id: &'static str,
        stage: Stage,
        manner: Manner,
    }

    #[genserver]
    impl Stubborn {
        #[init]
        async fn init(id: &'static str, stage: Stage, manner: Manner) -> Init<Self> {
            stage.clone().enter(id, || Self { id, stage, manner }).await
        }

        #[handle_call]
        pub(crate) fn unlink(&self, pid: Pid) {
            process::unlink(pid);
        }

        #[handle_cast]
        pub(crate) fn end(&mut self, reason: ExitReason) -> NoReply {
            NoReply::stop(reason)
        }

        #[terminate]
        async fn terminate(&mut self, _reason: &ExitReason) {
            self.stage.note(format_args!("~{}", self.id));
            match self.manner.clone() {
                Manner::After(time) => process::sleep(time).await,
                Manner::Never => std::future::pending().await,
                Manner::With(reason) => exit(reason),
            }
        }
    }

    impl Drop for Stubborn {
        fn drop(&mut self) {
            self.stage.note(format_args!("-{}", self.id));
        }
    }

    impl Stubborn {
        pub(crate) fn spec(id: &'static str, stage: &Stage, manner: Manner) -> ChildSpec {
            Self::child_spec(id, stage.clone(), manner).id(id)
        }
    }

    /// The ways in which a child ends by itself.
    #[derive(Clone, Copy, Debug)]
    pub(crate) enum Way {
        Normal,
        Shutdown,
        ShutdownWith,
        Killed,
        Panic,
        Other,
        NoProc,
        Timeout,
        /// The ordinary reason `kill`, of its own.
        Kill,
    }

    impl Way {
        /// Ends a [`Worker`] and waits until it has ended.
        pub(crate) async fn end(self, pid: Pid) -> ExitReason {
            let end = process::monitored(pid);
            let stop = |reason| WorkerRef::try_from(pid).unwrap().end(reason);
            match self {
                Self::Normal => stop(ExitReason::Normal),
                Self::Shutdown => stop(ExitReason::Shutdown),
                Self::ShutdownWith => stop(ExitReason::shutdown_with("done")),
                Self::Killed => process::kill(pid),
                Self::Panic => WorkerRef::try_from(pid).unwrap().crash(),
                Self::Other => stop(ExitReason::other("boom")),
                Self::NoProc => stop(ExitReason::NoProc),
                Self::Timeout => stop(ExitReason::Timeout),
                Self::Kill => stop(ExitReason::Kill),
            }
            let reason = soon(end).await;
            let as_meant = match self {
                Self::Normal => matches!(reason, ExitReason::Normal),
                Self::Shutdown => matches!(reason, ExitReason::Shutdown),
                Self::ShutdownWith => matches!(reason, ExitReason::ShutdownWith(_)),
                Self::Killed => matches!(reason, ExitReason::Killed),
                Self::Panic => matches!(reason, ExitReason::Panic(_)),
                Self::Other => matches!(reason, ExitReason::Other(_)),
                Self::NoProc => matches!(reason, ExitReason::NoProc),
                Self::Timeout => matches!(reason, ExitReason::Timeout),
                Self::Kill => matches!(reason, ExitReason::Kill),
            };
            assert!(as_meant, "{self:?} ended it with {reason:?}");
            reason
        }
    }

    /// Fails instead of waiting for ever: after ten minutes of the clock of the test, or twenty seconds of the wall's.
    pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        let began = std::time::Instant::now();
        for _ in 0..600 {
            match tokio::time::timeout(Duration::from_secs(1), &mut future).await {
                Ok(value) => return value,
                Err(_) if began.elapsed() > Duration::from_secs(20) => break,
                Err(_) => {}
            }
        }
        panic!("waited in vain")
    }

    /// Begins a future that cannot be ready yet.
    pub(crate) async fn poll_once<F: Future + ?Sized>(future: &mut Pin<Box<F>>) {
        let pending = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await;
        assert!(pending, "ready already");
    }

    /// Where the child stands; `None` without a specification.
    pub(crate) async fn status(
        supervisor: &SupervisorRef,
        id: &'static str,
    ) -> Option<ChildStatus> {
        let children = soon(supervisor.which_children()).await.unwrap();
        children
            .into_iter()
            .find(|child| child.id == Some(ChildId::from(id)))
            .map(|child| child.status)
    }

    /// The pid of a running child.
    pub(crate) async fn pid_of(supervisor: &SupervisorRef, id: &'static str) -> Pid {
        match status(supervisor, id).await {
            Some(ChildStatus::Running(pid)) => {
                assert!(process::alive(pid), "{id} is listed as running, but dead");
                pid
            }
            other => panic!("{id} is not running: {other:?}"),
        }
    }

    /// The ids as they are listed.
    pub(crate) async fn ids(supervisor: &SupervisorRef) -> String {
        let children = soon(supervisor.which_children()).await.unwrap();
        children
            .iter()
            .map(|child| child.id.as_ref().unwrap().to_string())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

fn workers<const N: usize>(ids: [&'static str; N], stage: &Stage) -> Supervisor {
    Supervisor::new(Strategy::OneForOne).children(ids.map(|id| Worker::spec(id, stage)))
}

async fn started(supervisor: Supervisor) -> SupervisorRef {
    soon(supervisor.start()).await.unwrap()
}

async fn counts(supervisor: &SupervisorRef) -> (usize, usize, usize, usize) {
    in_order(soon(supervisor.count_children()).await.unwrap())
}

/// OTP's order: specifications, active, supervisors, workers.
fn in_order(counts: ChildCounts) -> (usize, usize, usize, usize) {
    (
        counts.specs,
        counts.active,
        counts.supervisors,
        counts.workers,
    )
}

/// A child that registers a name.
fn named(id: &'static str, name: &'static str, stage: &Stage) -> ChildSpec {
    let stage = stage.clone();
    ChildSpec::new(move || Worker::start_link(id, stage.clone()).name(name)).id(id)
}

/// A child that stays in the state `Restarting`: its starts fail from now on, and are never given up.
async fn restarting(stage: &Stage) -> SupervisorRef {
    let supervisor = started(workers(["a", "b"], stage).max_restarts(u32::MAX)).await;
    stage.failing("b", true);
    Way::Killed.end(pid_of(&supervisor, "b").await).await;
    supervisor
}

/// The table "Supervisor: API (static)", row by row.
mod requests {
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
                started(workers(["a"], &stage).child(Worker::spec("b", &stage).restart(restart)))
                    .await;
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
        let supervisor = started(
            workers([], &stage).child(Worker::spec("a", &stage).restart(Restart::Transient)),
        )
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
        let slow =
            Stubborn::spec("slow", &stage, kit::Manner::Never).shutdown(Duration::from_secs(3));
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
}

/// DYN-1 to DYN-4.
mod dynamic {
    use super::*;

    async fn started() -> DynamicSupervisorRef {
        soon(DynamicSupervisor::new().start()).await.unwrap()
    }

    async fn counts(supervisor: &DynamicSupervisorRef) -> (usize, usize, usize, usize) {
        in_order(soon(supervisor.count_children()).await.unwrap())
    }

    /// DYN-1: ids do not matter and are not listed; children are known by pid.
    #[beamish::test]
    async fn ids_do_not_matter() {
        let stage = Stage::new();
        let supervisor = started().await;
        let mut pids = Vec::new();
        for _ in 0..3 {
            pids.push(
                soon(supervisor.start_child(Worker::spec("a", &stage)))
                    .await
                    .unwrap(),
            );
        }
        let children = soon(supervisor.which_children()).await.unwrap();
        assert!(children.iter().all(|child| child.id.is_none()));
        let mut listed: Vec<_> = children
            .iter()
            .map(|child| child.status.pid().unwrap())
            .collect();
        listed.sort();
        pids.sort();
        assert_eq!(listed, pids);
    }

    /// DYN-1: supervisors are counted as such.
    #[beamish::test]
    async fn children_are_counted_by_kind() {
        let stage = Stage::new();
        let supervisor = started().await;
        soon(supervisor.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap();
        let tree = soon(supervisor.start_child(workers(["b"], &stage).child_spec()))
            .await
            .unwrap();
        assert_eq!(counts(&supervisor).await, (2, 2, 1, 1));
        pid_of(&SupervisorRef::try_from(tree).unwrap(), "b").await;
    }

    /// DYN-2: a full supervisor says so; whatever frees a slot frees it at once.
    #[beamish::test]
    async fn a_full_supervisor_says_so() {
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().max_children(2).start())
            .await
            .unwrap();
        let spec = || Worker::spec("a", &stage).restart(Restart::Temporary);
        let first = soon(supervisor.start_child(spec())).await.unwrap();
        let second = soon(supervisor.start_child(spec())).await.unwrap();
        let full = soon(supervisor.start_child(spec())).await;
        assert!(
            matches!(full, Err(StartChildError::MaxChildren)),
            "{full:?}"
        );
        assert_eq!(stage.starts("a"), 2, "it was started all the same");
        Way::Normal.end(first).await;
        soon(supervisor.start_child(spec())).await.unwrap();
        soon(supervisor.terminate_child(second)).await.unwrap();
        soon(supervisor.start_child(spec())).await.unwrap();
        soon(supervisor.start_child(spec())).await.unwrap_err();
    }

    /// DYN-2: with room for none nothing starts; failed and ignored starts take no room.
    #[beamish::test]
    async fn only_children_take_room() {
        let stage = Stage::new();
        let none = soon(DynamicSupervisor::new().max_children(0).start())
            .await
            .unwrap();
        let full = soon(none.start_child(Worker::spec("a", &stage))).await;
        assert!(
            matches!(full, Err(StartChildError::MaxChildren)),
            "{full:?}"
        );
        let one = soon(DynamicSupervisor::new().max_children(1).start())
            .await
            .unwrap();
        stage.plan("a", [Plan::Fail, Plan::Ignore]);
        soon(one.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap_err();
        soon(one.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap_err();
        soon(one.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap();
    }

    /// DYN-2: a child that is being restarted keeps its slot, one that was restarted has one, not two.
    #[beamish::test]
    async fn a_restarting_child_keeps_its_slot() {
        let stage = Stage::new();
        let supervisor = soon(
            DynamicSupervisor::new()
                .max_children(1)
                .max_restarts(u32::MAX)
                .start(),
        )
        .await
        .unwrap();
        let pid = soon(supervisor.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap();
        stage.failing("a", true);
        Way::Killed.end(pid).await;
        assert_eq!(counts(&supervisor).await, (1, 0, 0, 1));
        let full = soon(supervisor.start_child(Worker::spec("b", &stage))).await;
        assert!(
            matches!(full, Err(StartChildError::MaxChildren)),
            "{full:?}"
        );

        let supervisor = soon(DynamicSupervisor::new().max_children(2).start())
            .await
            .unwrap();
        let pid = soon(supervisor.start_child(Worker::spec("c", &stage)))
            .await
            .unwrap();
        Way::Killed.end(pid).await;
        assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
        soon(supervisor.start_child(Worker::spec("d", &stage)))
            .await
            .unwrap();
    }

    /// DYN-3: each outcome of a start.
    #[beamish::test]
    async fn start_child_says_how_the_start_went() {
        let stage = Stage::new();
        let supervisor = started().await;
        stage.plan(
            "a",
            [
                Plan::Ignore,
                Plan::Fail,
                Plan::Panic,
                Plan::Stop(ExitReason::Timeout),
            ],
        );
        let mut errors = Vec::new();
        for _ in 0..4 {
            errors.push(
                soon(supervisor.start_child(Worker::spec("a", &stage)))
                    .await
                    .unwrap_err(),
            );
            assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
        }
        use StartChildError::Start;
        assert!(
            matches!(errors[0], Start(StartError::Ignored)),
            "{errors:?}"
        );
        assert!(
            matches!(&errors[1], Start(StartError::Init(error)) if error.to_string() == "as planned"),
            "{errors:?}"
        );
        assert!(
            matches!(errors[2], Start(StartError::Exit(ExitReason::Panic(_)))),
            "{errors:?}"
        );
        assert!(
            matches!(errors[3], Start(StartError::Exit(ExitReason::Timeout))),
            "{errors:?}"
        );
        assert_eq!(stage.starts("a"), 4);
    }

    /// DYN-3: a name clash is flat.
    #[beamish::test]
    async fn start_child_says_who_holds_the_name() {
        let stage = Stage::new();
        let supervisor = started().await;
        let first = soon(supervisor.start_child(named("a", "taken", &stage)))
            .await
            .unwrap();
        let error = soon(supervisor.start_child(named("a", "taken", &stage)))
            .await
            .unwrap_err();
        assert!(
            matches!(error, StartChildError::AlreadyStarted(pid) if pid == first),
            "{error:?}"
        );
        assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
    }

    /// DYN-3: what is started once comes back as its client, and is never started again.
    #[beamish::test]
    async fn a_once_child_comes_back_as_its_client() {
        let stage = Stage::new();
        let supervisor = started().await;
        let client: WorkerRef =
            soon(supervisor.start_child(Worker::start_link("a", stage.clone()).once()))
                .await
                .unwrap();
        assert_eq!(soon(client.count()).await.unwrap(), 1);
        Way::Panic.end(client.pid().unwrap()).await;
        assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
        assert_eq!(stage.starts("a"), 1);
    }

    #[genserver]
    struct Owner {
        value: Box<dyn Fn() -> u64 + Send>,
    }

    #[genserver]
    impl Owner {
        #[init]
        fn init(value: Box<dyn Fn() -> u64 + Send>) -> Self {
            Self { value }
        }

        #[handle_call]
        fn value(&mut self) -> u64 {
            (self.value)()
        }
    }

    /// DYN-3: its arguments need not be `Clone`, and are given up at the start.
    #[beamish::test]
    async fn a_once_child_owns_its_arguments() {
        let supervisor = started().await;
        let shared = Arc::new(7);
        let held = Arc::clone(&shared);
        let owner = soon(supervisor.start_child(Owner::start_link(Box::new(move || *held)).once()))
            .await
            .unwrap();
        assert_eq!(soon(owner.value()).await.unwrap(), 7);
        Way::Killed.end(owner.pid().unwrap()).await;
        assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
        assert_eq!(Arc::strong_count(&shared), 1, "they are kept");
    }

    /// DYN-4: a child is ended by its pid, once; others are not found.
    #[beamish::test]
    async fn terminate_child_takes_a_pid() {
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().max_restarts(0).start())
            .await
            .unwrap();
        for (shutdown, reason) in [
            (Shutdown::BrutalKill, ExitReason::Killed),
            (
                Shutdown::Timeout(Duration::from_secs(5)),
                ExitReason::Shutdown,
            ),
            (Shutdown::Infinity, ExitReason::Shutdown),
        ] {
            let pid = soon(supervisor.start_child(Worker::spec("a", &stage).shutdown(shutdown)))
                .await
                .unwrap();
            let end = process::monitored(pid);
            soon(supervisor.terminate_child(pid)).await.unwrap();
            assert!(!process::alive(pid));
            assert_eq!(soon(end).await, reason);
            assert!(matches!(
                soon(supervisor.terminate_child(pid)).await,
                Err(ChildError::NotFound)
            ));
            assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
        }
        assert!(matches!(
            soon(supervisor.terminate_child(self_pid())).await,
            Err(ChildError::NotFound)
        ));
    }

    /// DYN-4: the pid of before a restart is no child any more.
    #[beamish::test]
    async fn the_pid_of_before_a_restart_is_not_found() {
        let stage = Stage::new();
        let supervisor = started().await;
        let pid = soon(supervisor.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap();
        Way::Killed.end(pid).await;
        assert!(matches!(
            soon(supervisor.terminate_child(pid)).await,
            Err(ChildError::NotFound)
        ));
        assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
    }

    /// DYN-1: a dynamic supervisor by its name, also after it was restarted, without its children then.
    #[beamish::test]
    async fn a_restarted_dynamic_supervisor_has_no_children() {
        let stage = Stage::new();
        let tree =
            Supervisor::new(Strategy::OneForOne).child(DynamicSupervisor::new().name("pool"));
        let _tree = soon(tree.start()).await.unwrap();
        let pool = DynamicSupervisorRef::to("pool");
        let child = soon(pool.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap();
        let end = process::monitored(child);
        let old = pool.pid().unwrap();
        process::kill(old);
        assert_eq!(soon(end).await, ExitReason::Killed);
        assert_ne!(
            soon(pool.when_up(Duration::from_secs(60))).await.unwrap(),
            old
        );
        assert_eq!(counts(&pool).await, (0, 0, 0, 0));
    }
}

/// What `supervisor!` writes.
mod declared {
    use super::*;

    /// Says to what it was started, and can be asked.
    #[genserver]
    struct Child {
        value: u64,
    }

    #[genserver]
    impl Child {
        #[init]
        fn init(value: u64, stage: Stage) -> Self {
            stage.note(value);
            Self { value }
        }

        #[handle_call]
        fn value(&self) -> u64 {
            self.value
        }
    }

    async fn value(supervisor: &SupervisorRef, id: &'static str) -> u64 {
        soon(
            ChildRef::try_from(pid_of(supervisor, id).await)
                .unwrap()
                .value(),
        )
        .await
        .unwrap()
    }

    async fn kill(supervisor: &SupervisorRef, id: &'static str) {
        let pid = pid_of(supervisor, id).await;
        let end = process::monitored(pid);
        process::kill(pid);
        soon(end).await;
    }

    struct Config {
        base: u64,
        stage: Stage,
    }

    supervisor! {
        Lending(config: Config, step: u64) {
            strategy: one_for_one,
            max_restarts: 1_000,
            children: [
                Child::start_link(config.base, config.stage.clone()) { id: "first" },
                Child::start_link(config.base + step, config.stage.clone()) { id: "second" },
                supervisor Inner {
                    strategy: one_for_one,
                    children: [Child::start_link(config.base + 2 * step, config.stage.clone()) { id: "third" }],
                },
            ],
        }
    }

    /// RST-9: init arguments, which need not be `Clone`, are lent to all children, at each start.
    #[beamish::test]
    async fn init_arguments_are_lent_to_several_children() {
        let stage = Stage::new();
        let tree = soon(Lending::start(
            Config {
                base: 10,
                stage: stage.clone(),
            },
            1,
        ))
        .await
        .unwrap();
        for _ in 0..3 {
            let inner = SupervisorRef::try_from(pid_of(&tree, "Inner").await).unwrap();
            let values = [
                value(&tree, "first").await,
                value(&tree, "second").await,
                value(&inner, "third").await,
            ];
            assert_eq!(values, [10, 11, 12]);
            assert_eq!(stage.log(), "10 11 12", "not started once");
            for id in ["first", "second", "Inner"] {
                kill(&tree, id).await;
            }
        }
    }

    supervisor! {
        Computed(computed: Arc<AtomicU64>, evaluated: Arc<AtomicU64>, stage: Stage) {
            strategy: one_for_one,
            let port = computed.fetch_add(1, Ordering::Relaxed);
            let next = port + 1;
            children: [
                Child::start_link(*port, stage.clone()) { id: "once" },
                Child::start_link(*next, stage.clone()) { id: "next" },
                Child::start_link(evaluated.fetch_add(1, Ordering::Relaxed), stage.clone()) { id: "again" },
            ],
        }
    }

    /// RST-9: a `let` line is computed once, a child's expression at each start.
    #[beamish::test]
    async fn let_lines_are_computed_once_and_children_at_each_start() {
        let (computed, evaluated) = (Arc::new(AtomicU64::new(40)), Arc::new(AtomicU64::new(0)));
        let tree = Computed::start(Arc::clone(&computed), Arc::clone(&evaluated), Stage::new());
        let tree = soon(tree).await.unwrap();
        for round in 0..2 {
            let values = [
                value(&tree, "once").await,
                value(&tree, "next").await,
                value(&tree, "again").await,
            ];
            assert_eq!(values, [40, 41, round]);
            if round == 0 {
                for id in ["once", "next", "again"] {
                    kill(&tree, id).await;
                }
            }
        }
        assert_eq!(computed.load(Ordering::Relaxed), 41);
    }

    supervisor! {
        Subtree(computed: Arc<AtomicU64>, stage: Stage) {
            strategy: one_for_one,
            max_restarts: 0,
            let port = computed.fetch_add(1, Ordering::Relaxed);
            children: [Child::start_link(*port, stage.clone()) { id: "child" }],
        }
    }

    supervisor! {
        Above(computed: Arc<AtomicU64>, stage: Stage) {
            strategy: one_for_one,
            children: [
                Subtree::start_link(computed.clone(), stage.clone()),
                Subtree::start_link(computed.clone(), stage.clone()) { id: "other" },
            ],
        }
    }

    /// RST-9: a tree that is a child of another computes its `let` lines at each of its own starts.
    #[beamish::test]
    async fn a_tree_within_a_tree_is_built_anew_at_each_start() {
        let computed = Arc::new(AtomicU64::new(0));
        let tree = soon(Above::start(Arc::clone(&computed), Stage::new()))
            .await
            .unwrap();
        let within = async |id| SupervisorRef::try_from(pid_of(&tree, id).await).unwrap();
        assert_eq!(ids(&tree).await, "other Subtree");
        let first = within("Subtree").await;
        assert_eq!(value(&first, "child").await, 0);
        assert_eq!(value(&within("other").await, "child").await, 1);
        let end = process::monitored(&first);
        kill(&first, "child").await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        assert_eq!(value(&within("Subtree").await, "child").await, 2);
        assert_eq!(value(&within("other").await, "child").await, 1);
    }

    supervisor! {
        Siblings(stage: Stage) {
            strategy: one_for_one,
            children: [
                Spread::start_link(stage.clone(), vec![]),
                Single::start_link(stage.clone()),
                Worker::start_link("w", stage.clone()),
            ],
        }
    }

    supervisor! {
        Single(stage: Stage) {
            strategy: one_for_one,
            children: [Worker::start_link("single", stage.clone())],
        }
    }

    /// SUP-2: without `id` a child has the name of its type, and a tree that was declared elsewhere the tree's.
    #[beamish::test]
    async fn two_trees_without_ids_have_their_own_names() {
        match soon(Siblings::start(Stage::new())).await {
            Ok(tree) => assert_eq!(ids(&tree).await, "Worker Single Spread"),
            Err(error) => panic!("{error:?}"),
        }
    }

    const WINDOW: u64 = 2;

    supervisor! {
        Options(stage: Stage) {
            name: "declared.options",
            strategy: rest_for_one,
            max_restarts: 1,
            max_seconds: WINDOW,
            auto_shutdown: all_significant,
            children: [
                Worker::start_link("default", stage.clone()),
                Worker::start_link("transient", stage.clone()) { id: "transient", restart: transient, significant: true },
                Stubborn::start_link("slow", stage.clone(), kit::Manner::Never) { id: 7, shutdown: 250ms },
                Stubborn::start_link("brutal", stage.clone(), kit::Manner::Never) { id: "brutal", shutdown: brutal_kill },
                Stubborn::start_link("waits", stage.clone(), kit::Manner::After(Duration::from_secs(60))) {
                    id: "waits",
                    restart: temporary,
                    shutdown: infinity,
                },
            ],
        }
    }

    /// SUP-2, SUP-4: ids, restart, shutdown, significant; the order, and the name.
    #[beamish::test(start_paused)]
    async fn options_of_children_hold() {
        let stage = Stage::new();
        let tree = soon(Options::start(stage.clone())).await.unwrap();
        assert_eq!(Options::named().pid(), tree.pid());
        assert_eq!(ids(&tree).await, "waits brutal 7 transient Worker");
        assert_eq!(stage.log(), "+default +transient +slow +brutal +waits");
        stage.reset();
        soon(Options::named().stop()).await.unwrap();
        let expected = "~waits@0 -waits@60000 -brutal@60000 ~slow@60000 -slow@60250 -transient@60250 -default@60250";
        assert_eq!(stage.timed_log(), expected);
    }

    /// RST-2, RST-4, RST-5: strategy, `max_restarts` and `max_seconds` of the tree.
    #[beamish::test(start_paused)]
    async fn options_of_the_tree_hold() {
        for (pause, survives) in [(WINDOW, false), (WINDOW + 1, true)] {
            let stage = Stage::new();
            let tree = soon(Options::start(stage.clone())).await.unwrap();
            let end = process::monitored(&tree);
            soon(tree.terminate_child("waits")).await.unwrap();
            stage.log();
            let began = tokio::time::Instant::now();
            Way::Killed.end(pid_of(&tree, "transient").await).await;
            // Without the temporary one, which is gone.
            assert_eq!(ids(&tree).await, "brutal 7 transient Worker");
            assert_eq!(
                stage.log(),
                "-transient -brutal ~slow -slow +transient +slow +brutal"
            );
            tokio::time::sleep_until(began + Duration::from_secs(pause)).await;
            Way::Killed.end(pid_of(&tree, "transient").await).await;
            if survives {
                pid_of(&tree, "transient").await;
                soon(tree.stop()).await.unwrap();
            } else {
                assert_eq!(soon(end).await, ExitReason::Shutdown);
            }
        }
    }

    /// SIG-C1: `auto_shutdown` and significant.
    #[beamish::test(start_paused)]
    async fn auto_shutdown_holds() {
        let tree = soon(Options::start(Stage::new())).await.unwrap();
        let end = process::monitored(&tree);
        Way::Normal.end(pid_of(&tree, "transient").await).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
    }

    supervisor! {
        Nested(stage: Stage) {
            strategy: one_for_all,
            children: [
                Worker::start_link("a", stage.clone()) { id: "a" },
                supervisor Middle {
                    strategy: rest_for_one,
                    max_restarts: 1,
                    children: [
                        Worker::start_link("b", stage.clone()) { id: "b" },
                        supervisor Deep {
                            strategy: one_for_one,
                            max_restarts: 0,
                            children: [Worker::start_link("c", stage.clone()) { id: "c" }],
                        },
                        Worker::start_link("d", stage.clone()) { id: "d" },
                    ],
                } { id: "middle", restart: transient },
                Worker::start_link("e", stage.clone()) { id: "e" },
            ],
        }
    }

    /// RST-1, RST-4, SUP-3: nested trees have strategies, limits and options of their own.
    #[beamish::test]
    async fn nested_trees_have_options_of_their_own() {
        let stage = Stage::new();
        let tree = soon(Nested::start(stage.clone())).await.unwrap();
        assert_eq!(ids(&tree).await, "e middle a");
        let middle = SupervisorRef::try_from(pid_of(&tree, "middle").await).unwrap();
        assert_eq!(ids(&middle).await, "d Deep b");
        assert_eq!(stage.log(), "+a +b +c +d +e");
        for log in ["-c -d +c +d", "-c -d -b"] {
            let deep = SupervisorRef::try_from(pid_of(&middle, "Deep").await).unwrap();
            let end = process::monitored(&deep);
            Way::Killed.end(pid_of(&deep, "c").await).await;
            assert_eq!(soon(end).await, ExitReason::Shutdown);
            let _ = soon(middle.which_children()).await;
            assert_eq!(stage.log(), log);
        }
        // The middle one gave up with `shutdown`, and is transient.
        assert_eq!(status(&tree, "middle").await, Some(ChildStatus::Stopped));
        Way::Killed.end(pid_of(&tree, "a").await).await;
        pid_of(&tree, "middle").await;
        assert_eq!(stage.log(), "-a -e +a +b +c +d +e");
    }

    supervisor! {
        Spread(stage: Stage, ids: Vec<&'static str>) {
            strategy: one_for_one,
            children: [
                Worker::start_link("first", stage.clone()) { id: "first" },
                ..ids.iter().map(|id| Worker::spec(id, stage)),
                Worker::start_link("last", stage.clone()) { id: "last" },
            ],
        }
    }

    /// SUP-1: children of an iterator stand at their place.
    #[beamish::test]
    async fn children_of_an_iterator_stand_at_their_place() {
        let stage = Stage::new();
        let tree = soon(Spread::start(stage.clone(), vec!["x", "y"]))
            .await
            .unwrap();
        assert_eq!(stage.log(), "+first +x +y +last");
        Way::Killed.end(pid_of(&tree, "x").await).await;
        pid_of(&tree, "x").await;
        let error = soon(Spread::start(stage, vec!["last"])).await.unwrap_err();
        assert!(format!("{error:?}").contains("last"), "{error:?}");
    }

    /// SUP-1, SUP-6: `start_link` links, `child_spec` is a child, `supervisor` can be changed before it is started.
    #[beamish::test]
    async fn a_declared_tree_starts_in_every_way() {
        process::trap_exit(true);
        let stage = Stage::new();
        let linked = soon(Spread::start_link(stage.clone(), vec![]))
            .await
            .unwrap();
        process::exit(&linked, ExitReason::Shutdown);
        receive! {
            Exit { from, reason } if Some(from) == linked.pid() => assert_eq!(reason, ExitReason::Shutdown),
        }
        let above = Supervisor::new(Strategy::OneForOne)
            .child(Spread::child_spec(stage.clone(), vec!["x"]));
        let above = soon(above.start()).await.unwrap();
        assert_eq!(ids(&above).await, "Spread");
        let tree = SupervisorRef::try_from(pid_of(&above, "Spread").await).unwrap();
        pid_of(&tree, "x").await;
        let strict = soon(
            Spread::supervisor(stage.clone(), vec![])
                .max_restarts(0)
                .start(),
        )
        .await
        .unwrap();
        let end = process::monitored(&strict);
        Way::Killed.end(pid_of(&strict, "first").await).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
    }

    static PANICS: AtomicU64 = AtomicU64::new(0);

    supervisor! {
        Panicking(stage: Stage) {
            strategy: one_for_one,
            children: [
                Worker::start_link("a", stage.clone()) { id: "a" },
                {
                    assert!(PANICS.load(Ordering::Relaxed) == 0, "the expression panicked");
                    Worker::start_link("b", stage.clone())
                } { id: "b" },
            ],
        }
    }

    /// SUP-1, RST-6: an expression that panics is a start that fails, and does not take the supervisor along.
    #[beamish::test]
    async fn an_expression_that_panics_is_a_failed_start() {
        let stage = Stage::new();
        let tree = soon(Panicking::supervisor(stage.clone()).max_restarts(2).start())
            .await
            .unwrap();
        PANICS.store(1, Ordering::Relaxed);
        let end = process::monitored(&tree);
        Way::Killed.end(pid_of(&tree, "b").await).await;
        assert_eq!(
            soon(end).await,
            ExitReason::Shutdown,
            "not given up, but crashed"
        );
        assert_eq!(stage.log(), "+a +b -b -a");
        let error = soon(Panicking::start(stage.clone())).await.unwrap_err();
        let StartError::Exit(ExitReason::ShutdownWith(term)) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(
            term.downcast_ref::<FailedToStartChild>().unwrap().id,
            ChildId::from("b")
        );
        assert_eq!(stage.log(), "+a -a");
    }

    static DEPTH: AtomicUsize = AtomicUsize::new(0);

    /// Ends a recursion that nobody else ends.
    fn deeper() {
        assert!(
            DEPTH.fetch_add(1, Ordering::Relaxed) < 20,
            "nobody saw the cycle"
        );
    }

    supervisor! {
        Ping {
            strategy: one_for_one,
            children: [{ deeper(); Pong::start_link() }],
        }
    }

    supervisor! {
        Pong {
            strategy: one_for_one,
            children: [{ deeper(); Ping::start_link() }],
        }
    }

    /// SUP-1, decided for trees: a cycle over several trees fails at the start, with the path of their names.
    #[beamish::test]
    async fn a_cycle_of_trees_fails_at_the_start() {
        let error = soon(Ping::start()).await.unwrap_err();
        let told = format!("{error:?}");
        assert!(
            !told.contains("nobody saw the cycle"),
            "it was followed until it was ended by force"
        );
        assert!(told.contains("Ping") && told.contains("Pong"), "{told}");
    }

    #[genserver(significant, restart = transient)]
    struct Leading;

    #[genserver]
    impl Leading {
        #[init]
        fn init() -> Self {
            Self
        }

        #[handle_cast]
        fn end(&mut self) -> NoReply {
            NoReply::stop(ExitReason::Normal)
        }
    }

    supervisor! {
        Led {
            strategy: one_for_one,
            auto_shutdown: any_significant,
            children: [Leading::start_link()],
        }
    }

    supervisor! {
        Unled {
            strategy: one_for_one,
            auto_shutdown: any_significant,
            children: [Leading::start_link() { significant: false }],
        }
    }

    /// SIG-C1: `significant` of the type holds in a tree, unless the child says otherwise.
    #[beamish::test]
    async fn significant_of_the_type_holds() {
        let led = soon(Led::start()).await.unwrap();
        let end = process::monitored(&led);
        LeadingRef::try_from(pid_of(&led, "Leading").await)
            .unwrap()
            .end();
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        let unled = soon(Unled::start()).await.unwrap();
        let leading = pid_of(&unled, "Leading").await;
        let end = process::monitored(leading);
        LeadingRef::try_from(leading).unwrap().end();
        assert_eq!(soon(end).await, ExitReason::Normal);
        assert_eq!(status(&unled, "Leading").await, Some(ChildStatus::Stopped));
    }

    /// SIG-C3: what only the types know is refused at the start.
    #[beamish::test]
    async fn a_significant_type_without_auto_shutdown_is_refused() {
        let tree = Led::supervisor().auto_shutdown(AutoShutdown::Never);
        let error = soon(tree.start()).await.unwrap_err();
        let StartError::Init(error) = &error else {
            panic!("{error:?}")
        };
        let expected = BadChildren::SignificantWithoutAutoShutdown("Leading".into());
        assert_eq!(error.downcast_ref::<BadChildren>(), Some(&expected));
    }

    /// Dynamic children in a tree.
    mod dynamic {
        use super::*;

        supervisor! {
            Sockets(stage: Stage) {
                strategy: one_for_one,
                children: [
                    dynamic Connections { max_children: 2 },
                    dynamic Named { name: "declared.named", max_restarts: 0, max_seconds: 1 },
                    Worker::start_link("a", stage.clone()) { id: "a" },
                    supervisor Inner {
                        strategy: one_for_one,
                        children: [dynamic Deep {} { id: "deep", restart: transient }],
                    },
                ],
            }
        }

        /// DYN-3: what owns its arguments is started with `.once()` and comes back as its client.
        #[beamish::test]
        async fn a_once_child_is_started_under_its_type() {
            let stage = Stage::new();
            let tree = soon(Sockets::start(stage.clone())).await.unwrap();
            assert_eq!(ids(&tree).await, "Inner a Named Connections");
            let client: WorkerRef = soon(Connections::start_child(
                Worker::start_link("x", stage.clone()).once(),
            ))
            .await
            .unwrap();
            assert_eq!(soon(client.count()).await.unwrap(), 1);
            Way::Panic.end(client.pid().unwrap()).await;
            assert_eq!(
                in_order(soon(Connections::named().count_children()).await.unwrap()),
                (0, 0, 0, 0)
            );
            assert_eq!(stage.starts("x"), 1);
        }

        /// DYN-1: a specification is restarted as it says.
        #[beamish::test]
        async fn a_specification_is_started_under_its_type() {
            let stage = Stage::new();
            let _tree = soon(Sockets::start(stage.clone())).await.unwrap();
            let pid: Pid = soon(Connections::start_child(Worker::spec("x", &stage)))
                .await
                .unwrap();
            Way::Killed.end(pid).await;
            assert_eq!(
                in_order(soon(Connections::named().count_children()).await.unwrap()),
                (1, 1, 0, 1)
            );
            assert_eq!(stage.starts("x"), 2);
        }

        /// DYN-2: the limit that was declared.
        #[beamish::test]
        async fn the_declared_limit_holds() {
            let stage = Stage::new();
            let _tree = soon(Sockets::start(stage.clone())).await.unwrap();
            for _ in 0..2 {
                soon(Connections::start_child(Worker::spec("x", &stage)))
                    .await
                    .unwrap();
            }
            let full = soon(Connections::start_child(Worker::spec("x", &stage))).await;
            assert!(
                matches!(full, Err(StartChildError::MaxChildren)),
                "{full:?}"
            );
        }

        /// RST-2, RST-1: limits and name that were declared; after a give-up the type reaches the successor.
        #[beamish::test]
        async fn the_type_reaches_the_successor() {
            let stage = Stage::new();
            let tree = soon(Sockets::start(stage.clone())).await.unwrap();
            let before = pid_of(&tree, "Named").await;
            assert_eq!(process::whereis("declared.named"), Some(before));
            let end = process::monitored(before);
            Way::Killed
                .end(
                    soon(Named::start_child(Worker::spec("x", &stage)))
                        .await
                        .unwrap(),
                )
                .await;
            assert_eq!(soon(end).await, ExitReason::Shutdown);
            let after = pid_of(&tree, "Named").await;
            assert_ne!(after, before);
            assert_eq!(Named::named().pid(), Some(after));
            soon(Named::start_child(Worker::spec("x", &stage)))
                .await
                .unwrap();
        }

        /// SUP-2: a dynamic supervisor that is nested deeper has options as any child.
        #[beamish::test]
        async fn a_nested_dynamic_supervisor_has_options_as_any_child() {
            let stage = Stage::new();
            let tree = soon(Sockets::start(stage.clone())).await.unwrap();
            let inner = SupervisorRef::try_from(pid_of(&tree, "Inner").await).unwrap();
            assert_eq!(pid_of(&inner, "deep").await, Deep::named().pid().unwrap());
            soon(Deep::start_child(Worker::spec("x", &stage)))
                .await
                .unwrap();
            soon(Deep::named().stop()).await.unwrap();
            assert_eq!(status(&inner, "deep").await, Some(ChildStatus::Stopped));
            assert_eq!(stage.log(), "+a +x -x");
        }

        /// SIG-4: where no tree runs, the type says so.
        #[beamish::test]
        async fn without_its_tree_the_type_reaches_nobody() {
            let stage = Stage::new();
            let started = soon(Connections::start_child(Worker::spec("x", &stage))).await;
            assert!(
                matches!(started, Err(StartChildError::Call(CallError::NoProc(_)))),
                "{started:?}"
            );
            assert_eq!(stage.starts("x"), 0);
        }
    }
}
