//! Children that do as they are told, a log of what they did, and what the tests ask of supervisors.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use beamish::prelude::*;
use beamish::{
    BadChildren, ChildCounts, ChildId, ChildInfo, ChildStatus, DynamicSupervisorRef,
    FailedToStartChild, Restart, Strategy, Supervisor,
};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) const STRATEGIES: [Strategy; 3] = [
    Strategy::OneForOne,
    Strategy::RestForOne,
    Strategy::OneForAll,
];

pub(crate) const RESTARTS: [Restart; 3] =
    [Restart::Permanent, Restart::Transient, Restart::Temporary];

/// What a start of a [`Worker`] does.
pub(crate) enum Plan {
    Start,
    Ignore,
    /// `{error, R}`.
    Fail,
    /// `{stop, R}`.
    Stop(ExitReason),
    Panic,
    /// `exit(R)`.
    Exit(ExitReason),
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

    /// Until the log holds this word.
    pub(crate) async fn noted(&self, what: &str) {
        let noted = async {
            while !self.scene().log.iter().any(|(word, _)| word == what) {
                process::yield_now().await;
            }
        };
        soon(noted).await;
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
            Plan::Exit(reason) => exit(reason),
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

    /// With which argument it was started.
    #[handle_call]
    pub(crate) fn id(&self) -> &'static str {
        self.id
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
    Until(Arc<Notify>),
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
            Manner::Until(told) => told.notified().await,
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
#[derive(Clone, Copy, Debug, PartialEq)]
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
    /// After these a transient child is not restarted.
    pub(crate) const PLANNED: [Self; 3] = [Self::Normal, Self::Shutdown, Self::ShutdownWith];
    /// After these it is.
    pub(crate) const ABNORMAL: [Self; 6] = [
        Self::Killed,
        Self::Panic,
        Self::Other,
        Self::NoProc,
        Self::Timeout,
        Self::Kill,
    ];

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

/// Where the child stands; `None` without a specification.
pub(crate) async fn status(supervisor: &SupervisorRef, id: &'static str) -> Option<ChildStatus> {
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

pub(crate) fn one_for_one() -> Supervisor {
    Supervisor::new(Strategy::OneForOne)
}

/// A supervisor of permanent workers with these ids, that does not give up.
pub(crate) fn workers<const N: usize>(
    strategy: Strategy,
    ids: [&'static str; N],
    stage: &Stage,
) -> Supervisor {
    Supervisor::new(strategy)
        .max_restarts(u32::MAX)
        .children(ids.map(|id| Worker::spec(id, stage)))
}

pub(crate) async fn started(supervisor: Supervisor) -> SupervisorRef {
    soon(supervisor.start()).await.unwrap()
}

/// A dynamic supervisor that does not give up.
pub(crate) async fn pool() -> DynamicSupervisorRef {
    let pool = beamish::DynamicSupervisor::new().max_restarts(u32::MAX);
    soon(pool.start()).await.unwrap()
}

/// A worker that registers `name`.
pub(crate) fn named(id: &'static str, name: &'static str, stage: &Stage) -> ChildSpec {
    let stage = stage.clone();
    ChildSpec::new(move || Worker::start_link(id, stage.clone()).name(name)).id(id)
}

pub(crate) async fn pids<const N: usize>(
    supervisor: &SupervisorRef,
    ids: [&'static str; N],
) -> [Pid; N] {
    let mut pids = ids.map(|_| self_pid());
    for (at, id) in ids.into_iter().enumerate() {
        pids[at] = pid_of(supervisor, id).await;
    }
    pids
}

/// OTP's order: specifications, active, supervisors, workers.
pub(crate) fn in_order(counts: ChildCounts) -> (usize, usize, usize, usize) {
    (
        counts.specs,
        counts.active,
        counts.supervisors,
        counts.workers,
    )
}

pub(crate) async fn counts(supervisor: &SupervisorRef) -> (usize, usize, usize, usize) {
    in_order(soon(supervisor.count_children()).await.unwrap())
}

pub(crate) async fn counts_of(pool: &DynamicSupervisorRef) -> (usize, usize, usize, usize) {
    in_order(soon(pool.count_children()).await.unwrap())
}

pub(crate) async fn listed(pool: &DynamicSupervisorRef) -> Vec<ChildInfo> {
    soon(pool.which_children()).await.unwrap()
}

/// The pids of the living children, smallest first.
pub(crate) async fn running(pool: &DynamicSupervisorRef) -> Vec<Pid> {
    let mut pids: Vec<_> = listed(pool)
        .await
        .iter()
        .filter_map(|child| child.status.pid())
        .collect();
    pids.sort();
    pids
}

/// The only living child.
pub(crate) async fn only(pool: &DynamicSupervisorRef) -> Pid {
    match running(pool).await[..] {
        [pid] => pid,
        ref other => panic!("not one child: {other:?}"),
    }
}

pub(crate) async fn child(pool: &DynamicSupervisorRef, spec: ChildSpec) -> Pid {
    soon(pool.start_child(spec)).await.unwrap()
}

/// Whether the supervisor is over, or will be without doing anything else.
pub(crate) async fn is_over(supervisor: &SupervisorRef) -> bool {
    matches!(
        soon(supervisor.which_children()).await,
        Err(CallError::NoProc(_) | CallError::Exit(_))
    )
}

/// The supervisor that runs as this child.
pub(crate) async fn subtree(supervisor: &SupervisorRef, id: &'static str) -> SupervisorRef {
    SupervisorRef::try_from(pid_of(supervisor, id).await).unwrap()
}

/// `{shutdown, {failed_to_start_child, Id, Reason}}`.
pub(crate) fn failed(error: &StartError) -> &FailedToStartChild {
    match error {
        StartError::Exit(ExitReason::ShutdownWith(term)) => term.downcast_ref().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// What refused the children.
pub(crate) fn refused(error: &StartError) -> &BadChildren {
    match error {
        StartError::Init(error) => error.downcast_ref().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Whether it is the error of [`Plan::Fail`].
pub(crate) fn as_planned(error: &StartError) -> bool {
    matches!(error, StartError::Init(error) if error.to_string() == "as planned")
}

/// The calling process has no message.
#[track_caller]
pub(crate) fn nothing_came() {
    let waiting = process::info(self_pid()).unwrap().message_queue_len;
    assert_eq!(waiting, 0, "messages came");
}

/// What the running thread has used of its processor; `None` where the system does not tell.
pub(crate) fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = stat.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

/// What a [`Directory`] finds processes by.
pub(crate) type Key = (&'static str, u32);

/// The processes by their keys, and how often one was entered.
#[derive(Default)]
struct Entries(HashMap<Key, Pid>, usize);

/// A registry for `via` names.
#[derive(Clone, Default)]
pub(crate) struct Directory(Arc<Mutex<Entries>>);

impl PartialEq for Directory {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Directory {}

impl Directory {
    /// How often a process was entered.
    pub(crate) fn entered(&self) -> usize {
        self.0.lock().unwrap().1
    }

    /// How many processes it holds.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().0.len()
    }
}

impl beamish::Via for Directory {
    type Key = Key;

    fn register_name(&self, key: &Key, pid: Pid) -> Result<(), Pid> {
        let mut entries = self.0.lock().unwrap();
        match entries.0.get(key) {
            Some(holder) if process::alive(*holder) => Err(*holder),
            _ => {
                entries.0.insert(*key, pid);
                entries.1 += 1;
                Ok(())
            }
        }
    }

    fn unregister_name(&self, key: &Key, pid: Pid) {
        let mut entries = self.0.lock().unwrap();
        if entries.0.get(key) == Some(&pid) {
            entries.0.remove(key);
        }
    }

    fn whereis_name(&self, key: &Key) -> Option<Pid> {
        self.0.lock().unwrap().0.get(key).copied()
    }
}
