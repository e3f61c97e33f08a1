//! Supervisors of children that are started on demand (`DYN-1` … `DYN-5`).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::few::Numbered;
use crate::name::ServerName;
use crate::observe::SupervisorInfo;
use crate::process::{death, flush_exits, self_pid, send, table};
use crate::supervisor::children::{self, Child};
use crate::supervisor::client::ask;
use crate::supervisor::intensity::Intensity;
use crate::supervisor::plan::{self, Fate};
use crate::supervisor::spec::Extra;
use crate::supervisor::{DEFAULT_MAX_RESTARTS, DEFAULT_MAX_SECONDS};
use crate::{
    AutoShutdown, BadChildren, Call, Caller, ChildCounts, ChildError, ChildId, ChildInfo,
    ChildKind, ChildSpec, ChildStatus, Exit, ExitReason, GenServer, Handler, Info, Init, Name,
    Next, Once, Pid, Server, ServerOptions, ServerRef, Shutdown, Start, StartChildError,
    StartError, Via, WrongServer, report, unexpected_info,
};

/// Builds a supervisor that starts its children on demand and knows them by pid. Its strategy is one-for-one.
///
/// # OTP
/// Elixir's `DynamicSupervisor`, Erlang's `simple_one_for_one`.
#[derive(Clone)]
#[must_use = "a supervisor runs when it is started"]
pub struct DynamicSupervisor {
    max_children: usize,
    max_restarts: u32,
    max_seconds: u64,
    name: Option<ServerName>,
    extra: Option<Extra>,
}

impl fmt::Debug for DynamicSupervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicSupervisor")
            .field("max_children", &self.max_children)
            .field("max_restarts", &self.max_restarts)
            .field("max_seconds", &self.max_seconds)
            .field("name", &self.name)
            .field("has_extra", &self.extra.is_some())
            .finish()
    }
}

impl Default for DynamicSupervisor {
    fn default() -> Self {
        Self::new()
    }
}

impl DynamicSupervisor {
    /// A supervisor without children, and without a limit on their number.
    pub const fn new() -> Self {
        let (max_restarts, max_seconds) = (DEFAULT_MAX_RESTARTS, DEFAULT_MAX_SECONDS);
        Self {
            max_children: usize::MAX,
            max_restarts,
            max_seconds,
            name: None,
            extra: None,
        }
    }

    /// A value that is lent to each child at each start and restart: see [`ChildSpec::with_extra`].
    ///
    /// # OTP
    /// `extra_arguments`.
    pub fn extra<E: Send + Sync + 'static>(mut self, extra: E) -> Self {
        self.extra = Some(Arc::new(extra));
        self
    }

    /// Registers it under `name`.
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(ServerName::Local(name.into()));
        self
    }

    /// Registers it under a [global](crate::global) name.
    pub fn global(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(ServerName::Global(name.into()));
        self
    }

    /// Enters it in `registry` under `key`.
    pub fn via<R: Via>(mut self, registry: &R, key: R::Key) -> Self {
        self.name = Some(ServerName::via(registry, key));
        self
    }

    /// How many children it may have, those included that are being restarted (`DYN-2`).
    pub const fn max_children(mut self, max_children: usize) -> Self {
        self.max_children = max_children;
        self
    }

    /// How many restarts are allowed in [`max_seconds`](Self::max_seconds); one more ends the supervisor (`RST-2`).
    pub const fn max_restarts(mut self, max_restarts: u32) -> Self {
        self.max_restarts = max_restarts;
        self
    }

    /// The time, in whole seconds, in which [`max_restarts`](Self::max_restarts) are allowed.
    pub const fn max_seconds(mut self, max_seconds: u64) -> Self {
        self.max_seconds = max_seconds;
        self
    }

    /// Starts it, linked to the process that awaits this.
    #[track_caller]
    pub fn start_link(self) -> Start<DynamicSupervisorServer> {
        let name = self.name.clone();
        Start::link(self).named(name)
    }

    /// Starts it without a link, from anywhere.
    #[track_caller]
    pub fn start(self) -> Start<DynamicSupervisorServer> {
        let name = self.name.clone();
        Start::unlinked(self).named(name)
    }

    /// Its specification as a child of another supervisor; its id is its name.
    pub fn child_spec(self) -> ChildSpec {
        let id = self.name.as_ref().map_or_else(
            || ChildId::from("DynamicSupervisor"),
            |name| ChildId::from(name.id()),
        );
        ChildSpec::new(move || self.clone().start_link()).id(id)
    }
}

impl From<DynamicSupervisor> for ChildSpec {
    fn from(supervisor: DynamicSupervisor) -> Self {
        supervisor.child_spec()
    }
}

/// The state of a running dynamic supervisor; made by [`DynamicSupervisor`].
pub struct DynamicSupervisorServer {
    max_children: usize,
    intensity: Intensity,
    began: Instant,
    extra: Option<Extra>,
    children: Children,
}

/// By the pid of the living child, or the last one of a child that is being restarted (`DYN-4`). What is counted is counted
/// as it changes, so that no request takes longer the more children there are.
#[derive(Default)]
struct Children {
    /// Boxed, since a map keeps up to half of its places free, and as many again while it grows.
    by_pid: Numbered<Pid, Box<Entry>>,
    restarting: usize,
    supervisors: usize,
}

struct Entry {
    child: Child,
    is_restarting: bool,
}

impl Children {
    fn insert(&mut self, pid: Pid, entry: Box<Entry>) {
        self.restarting += usize::from(entry.is_restarting);
        self.supervisors += usize::from(entry.child.spec.kind == ChildKind::Supervisor);
        self.by_pid.insert(pid, entry);
    }

    fn remove(&mut self, pid: Pid) -> Option<Box<Entry>> {
        let entry = self.by_pid.remove(&pid)?;
        self.restarting -= usize::from(entry.is_restarting);
        self.supervisors -= usize::from(entry.child.spec.kind == ChildKind::Supervisor);
        // Gives back the memory of many, seldom enough that a removal costs the same on average.
        if self.by_pid.len() < self.by_pid.capacity() / 8 {
            self.by_pid.shrink_to(self.by_pid.len() * 2);
        }
        Some(entry)
    }

    fn get(&self, pid: Pid) -> Result<&Entry, ChildError> {
        let entry = self.by_pid.get(&pid).ok_or(ChildError::NotFound)?;
        Ok(entry)
    }

    fn count(&self) -> ChildCounts {
        let specs = self.by_pid.len();
        ChildCounts {
            specs,
            active: specs - self.restarting,
            workers: specs - self.supervisors,
            supervisors: self.supervisors,
        }
    }

    fn which(&self) -> Vec<ChildInfo> {
        let entries = self.by_pid.iter();
        entries.map(|(pid, entry)| entry.info(*pid)).collect()
    }
}

impl Entry {
    /// Of a child that is known by this pid.
    fn info(&self, pid: Pid) -> ChildInfo {
        let status = if self.is_restarting {
            ChildStatus::Restarting
        } else {
            ChildStatus::Running(pid)
        };
        self.child.info(None, status)
    }
}

impl DynamicSupervisorServer {
    /// As [`observe::supervisor`](crate::observe::supervisor) shows it.
    pub(crate) fn seen(&self, limit: usize) -> SupervisorInfo {
        let (max_restarts, max_seconds) = self.intensity.limits();
        let children = self.children.by_pid.iter().take(limit);
        SupervisorInfo {
            strategy: None,
            max_restarts,
            max_seconds,
            auto_shutdown: AutoShutdown::Never,
            counts: self.children.count(),
            children: children.map(|(pid, entry)| entry.info(*pid)).collect(),
        }
    }

    pub(crate) fn child(&self, pid: Pid) -> Option<ChildInfo> {
        self.children.get(pid).ok().map(|entry| entry.info(pid))
    }
}

impl fmt::Debug for DynamicSupervisorServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicSupervisorServer")
            .field("children", &self.children.by_pid.len())
            .finish_non_exhaustive()
    }
}

/// What a dynamic supervisor is asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum DynamicSupervisorMessage {
    /// See [`DynamicSupervisorRef::start_child`].
    StartChild(ChildSpec),
    /// See [`DynamicSupervisorRef::terminate_child`].
    TerminateChild(Pid),
    /// See [`DynamicSupervisorRef::which_child`].
    WhichChild(Pid),
    /// See [`DynamicSupervisorRef::get_childspec`].
    GetChildspec(Pid),
    /// See [`DynamicSupervisorRef::which_children`].
    WhichChildren,
    /// See [`DynamicSupervisorRef::count_children`].
    CountChildren,
}

/// What a dynamic supervisor answers.
#[derive(Debug)]
#[non_exhaustive]
pub enum DynamicSupervisorReply {
    /// To [`DynamicSupervisorMessage::StartChild`].
    Started(Result<Pid, StartChildError>),
    /// To [`DynamicSupervisorMessage::TerminateChild`].
    Done(Result<(), ChildError>),
    /// To [`DynamicSupervisorMessage::WhichChild`].
    Child(Result<ChildInfo, ChildError>),
    /// To [`DynamicSupervisorMessage::GetChildspec`].
    Childspec(Result<ChildSpec, ChildError>),
    /// To [`DynamicSupervisorMessage::WhichChildren`].
    Children(Vec<ChildInfo>),
    /// To [`DynamicSupervisorMessage::CountChildren`].
    Counts(ChildCounts),
}

/// A restart that failed is tried again, after what is in the mailbox (`RST-6`).
struct Retry(Pid);

impl ServerOptions for DynamicSupervisorServer {
    const SHUTDOWN: Shutdown = Shutdown::Infinity;
    const TRAP_EXIT: bool = true;
    const IS_SUPERVISOR: bool = true;
}

impl GenServer for DynamicSupervisorServer {
    type Args = DynamicSupervisor;
    type Message = DynamicSupervisorMessage;
    type Reply = DynamicSupervisorReply;
    type Ref = DynamicSupervisorRef;

    fn message_name(message: &DynamicSupervisorMessage) -> &'static str {
        match message {
            DynamicSupervisorMessage::StartChild(_) => "start_child",
            DynamicSupervisorMessage::TerminateChild(_) => "terminate_child",
            DynamicSupervisorMessage::WhichChild(_) => "which_child",
            DynamicSupervisorMessage::GetChildspec(_) => "get_childspec",
            DynamicSupervisorMessage::WhichChildren => "which_children",
            DynamicSupervisorMessage::CountChildren => "count_children",
        }
    }

    async fn init(supervisor: DynamicSupervisor) -> Init<Self> {
        if supervisor.max_seconds == 0 {
            return Init::error(BadChildren::ZeroPeriod);
        }
        Init::ok(Self {
            max_children: supervisor.max_children,
            intensity: Intensity::new(supervisor.max_restarts, supervisor.max_seconds),
            began: Instant::now(),
            extra: supervisor.extra,
            children: Children::default(),
        })
    }

    fn handle_now(
        &mut self,
        message: DynamicSupervisorMessage,
    ) -> Result<Next<Self>, DynamicSupervisorMessage> {
        let reply = match message {
            DynamicSupervisorMessage::WhichChildren => {
                DynamicSupervisorReply::Children(self.children.which())
            }
            DynamicSupervisorMessage::CountChildren => {
                DynamicSupervisorReply::Counts(self.children.count())
            }
            DynamicSupervisorMessage::WhichChild(pid) => {
                DynamicSupervisorReply::Child(self.children.get(pid).map(|entry| entry.info(pid)))
            }
            DynamicSupervisorMessage::GetChildspec(pid) => DynamicSupervisorReply::Childspec(
                self.children.get(pid).map(|entry| entry.child.spec.clone()),
            ),
            other => return Err(other),
        };
        Ok(Next::reply(reply))
    }

    async fn handle(
        &mut self,
        message: DynamicSupervisorMessage,
        _caller: &mut Caller<Self>,
    ) -> Next<Self> {
        match message {
            DynamicSupervisorMessage::StartChild(spec) => Next::reply(
                DynamicSupervisorReply::Started(self.start_child(spec).await),
            ),
            DynamicSupervisorMessage::TerminateChild(pid) => Next::reply(
                DynamicSupervisorReply::Done(self.terminate_child(pid).await),
            ),
            other => self.handle_now(other).unwrap_or_else(|_| Next::no_reply()),
        }
    }

    async fn handle_info(&mut self, info: Info) -> Next<Self> {
        let info = match info.downcast::<Exit>() {
            Ok(exit) => return self.child_ended(exit).await,
            Err(info) => info,
        };
        match info.downcast::<Retry>() {
            Ok(Retry(pid)) => match self.children.get(pid) {
                Ok(entry) if entry.is_restarting => self.restart(pid).await,
                _ => Next::no_reply(),
            },
            Err(info) => {
                unexpected_info::<Self>(&info);
                Next::no_reply()
            }
        }
    }

    /// All at once (`DYN-5`).
    async fn terminate(&mut self, _reason: &ExitReason) {
        let children = std::mem::take(&mut self.children).by_pid;
        let mut children: Vec<_> = children.into_iter().collect();
        // Oldest first, as they lie in memory: of many children that is faster than any other order.
        children.sort_unstable_by_key(|(pid, _)| *pid);
        let asked = Instant::now();
        for (pid, entry) in &children {
            if let Some(process) = table::find(*pid) {
                children::ask_to_end(self_pid(), &process, entry.child.spec.shutdown);
            }
        }
        // The earliest kill first, so that none waits for the end of another child.
        children.sort_by_key(|(_, entry)| match entry.child.spec.shutdown {
            Shutdown::Timeout(timeout) => timeout,
            Shutdown::BrutalKill | Shutdown::Infinity => Duration::MAX,
        });
        for (pid, entry) in &children {
            if let Some(process) = table::find(*pid) {
                children::kill_when_over(&process, entry.child.spec.shutdown, asked).await;
            }
        }
        let mut seen = Vec::with_capacity(children.len());
        for (pid, entry) in &children {
            seen.push(match table::find(*pid) {
                Some(process) => {
                    let now = Instant::now();
                    let ended = death::watch(&*process);
                    let shutdown = entry.child.spec.shutdown;
                    children::await_end(&process, ended, shutdown, asked, now).await
                }
                None => ExitReason::NoProc,
            });
        }
        // All at once: to look for each `Exit` by itself would take longer the more children there are.
        let exits = flush_exits();
        for ((pid, entry), seen) in children.into_iter().zip(seen) {
            if !entry.is_restarting {
                entry.child.ended(pid, exits.get(&pid).unwrap_or(&seen));
            }
        }
    }
}

impl DynamicSupervisorServer {
    async fn start_child(&mut self, spec: ChildSpec) -> Result<Pid, StartChildError> {
        if spec.significant {
            return Err(StartChildError::BadChild(
                BadChildren::SignificantWithoutAutoShutdown(spec.id),
            ));
        }
        spec.check_extra(self.extra.as_ref())
            .map_err(StartChildError::BadChild)?;
        if self.children.by_pid.len() >= self.max_children {
            return Err(StartChildError::MaxChildren);
        }
        let mut child = Child::new(spec);
        let started = child.start(self.extra.as_ref()).await;
        let pid = match child.started(started) {
            Ok(Some(pid)) => pid,
            Ok(None) => return Err(StartChildError::Start(StartError::Ignored)),
            Err(StartError::AlreadyStarted(pid)) => {
                return Err(StartChildError::AlreadyStarted(pid));
            }
            Err(error) => return Err(StartChildError::Start(error)),
        };
        let entry = Entry {
            child,
            is_restarting: false,
        };
        self.children.insert(pid, Box::new(entry));
        Ok(pid)
    }

    async fn terminate_child(&mut self, pid: Pid) -> Result<(), ChildError> {
        let entry = self.children.remove(pid).ok_or(ChildError::NotFound)?;
        if !entry.is_restarting {
            entry.child.end(pid).await;
        }
        Ok(())
    }

    async fn child_ended(&mut self, Exit { from, reason }: Exit) -> Next<Self> {
        let Ok(Entry { child, .. }) = self.children.get(from) else {
            return Next::no_reply();
        };
        if plan::is_reported(child.spec.restart, &reason) {
            report::supervisor("child_terminated", &child.spec.id, Some(from), &reason);
        }
        match plan::fate(child.spec.restart, &reason) {
            Fate::Restart => self.restart(from).await,
            // DYN-1: what has finished goes, transient too.
            Fate::Keep | Fate::Remove => {
                drop(self.children.remove(from));
                Next::no_reply()
            }
        }
    }

    async fn restart(&mut self, pid: Pid) -> Next<Self> {
        let Some(mut entry) = self.children.remove(pid) else {
            return Next::no_reply();
        };
        if !self.intensity.allow(self.began.elapsed().as_secs()) {
            let (max_restarts, max_seconds) = self.intensity.limits();
            report::gave_up(&entry.child.spec.id, max_restarts, max_seconds);
            return Next::no_reply().stop(ExitReason::Shutdown);
        }
        let started = entry.child.start(self.extra.as_ref()).await;
        match entry.child.started_or_report(started) {
            Ok(Some(new)) => {
                entry.child.restarted(Some(pid), Some(new));
                entry.is_restarting = false;
                self.children.insert(new, entry);
            }
            Ok(None) => {}
            Err(_) => {
                entry.is_restarting = true;
                self.children.insert(pid, entry);
                send(self_pid(), Retry(pid));
            }
        }
        Next::no_reply()
    }
}

/// What a dynamic supervisor can start: `Conn::start_link(socket).once()`, or a [`ChildSpec`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a child of a dynamic supervisor",
    label = "write `.once()` after it, or `Worker::child_spec(…)`",
    note = "`Worker::start_link(…).once()` is never restarted; `Worker::child_spec(…)` is restarted as its `#[genserver]` says"
)]
pub trait DynamicChild: StartedChild {}

impl<S: GenServer> DynamicChild for Once<S> {}

impl DynamicChild for ChildSpec {}

/// How a child of a dynamic supervisor is started, and how it is reached then. It asks less than [`DynamicChild`], so that
/// what is no such child is one error.
pub trait StartedChild: Send + 'static {
    /// The client, or the [`Pid`] of a child whose type is not known.
    type Ref: Send + 'static;

    /// How it is started, and what gives the client of the child that was started, also of one that has ended since.
    fn into_spec(self) -> (ChildSpec, impl FnOnce(Pid) -> Self::Ref + Send + 'static);
}

impl<S: GenServer> StartedChild for Once<S> {
    type Ref = S::Ref;

    fn into_spec(self) -> (ChildSpec, impl FnOnce(Pid) -> S::Ref + Send + 'static) {
        let (spec, started) = self.into_spec_and_server();
        let client = move |_| match started.get() {
            Some(server) => S::Ref::from(server.clone()),
            None => unreachable!("a child has its pid from its start"),
        };
        (spec, client)
    }
}

impl<S: GenServer> StartedChild for Start<S> {
    type Ref = S::Ref;

    fn into_spec(self) -> (ChildSpec, impl FnOnce(Pid) -> S::Ref + Send + 'static) {
        self.once().into_spec()
    }
}

impl StartedChild for ChildSpec {
    type Ref = Pid;

    fn into_spec(self) -> (ChildSpec, impl FnOnce(Pid) -> Pid + Send + 'static) {
        (self, |pid| pid)
    }
}

/// The start of a child by a dynamic supervisor, which gives the client or the pid; made by
/// [`DynamicSupervisorRef::start_child`].
// It has a name so that what is no child is one error: an `impl Future` would ask for the same bounds again.
#[must_use = "a start does nothing unless awaited"]
pub struct StartChild<R>(Pin<Box<dyn Future<Output = Result<R, StartChildError>> + Send>>);

impl<R> Future for StartChild<R> {
    type Output = Result<R, StartChildError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<R> fmt::Debug for StartChild<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StartChild")
    }
}

/// The client of a dynamic supervisor. Its requests wait for their answer without limit, as in OTP.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DynamicSupervisorRef(ServerRef<DynamicSupervisorServer>);

impl DynamicSupervisorRef {
    /// The supervisor that holds `name`, looked up at each use.
    #[must_use]
    pub fn to(name: impl Into<Name>) -> Self {
        Self(ServerRef::to(name))
    }

    /// Starts a child: `Conn::start_link(socket).once()`, whose client is returned, or a [`ChildSpec`], whose pid is. They
    /// are those of the process that was started, also if it has ended since.
    ///
    /// # Errors
    /// The supervisor is full, the start failed or ignored, the supervisor did not answer.
    ///
    /// # Cancel safety
    /// The child is started nevertheless.
    ///
    /// # OTP
    /// `DynamicSupervisor.start_child/2`.
    pub fn start_child<C: DynamicChild>(&self, child: C) -> StartChild<<C as StartedChild>::Ref> {
        static HANDLER: Handler = Handler::queued("start_child");
        let server = self.0.clone();
        let (spec, client) = child.into_spec();
        StartChild(Box::pin(async move {
            if spec.significant {
                return Err(StartChildError::BadChild(
                    BadChildren::SignificantWithoutAutoShutdown(spec.id),
                ));
            }
            let pid = ask(
                &server,
                &HANDLER,
                DynamicSupervisorMessage::StartChild(spec),
                |reply| match reply {
                    DynamicSupervisorReply::Started(result) => Some(result),
                    _ => None,
                },
            )
            .await??;
            Ok(client(pid))
        }))
    }

    /// Ends a child and waits until it is dead.
    ///
    /// # Errors
    /// [`ChildError::NotFound`]; the supervisor did not answer.
    ///
    /// # Cancel safety
    /// The child is ended nevertheless.
    ///
    /// # OTP
    /// `DynamicSupervisor.terminate_child/2`.
    pub fn terminate_child(
        &self,
        pid: Pid,
    ) -> impl Future<Output = Result<(), ChildError>> + Send + use<> {
        static HANDLER: Handler = Handler::queued("terminate_child");
        let server = self.0.clone();
        async move {
            ask(
                &server,
                &HANDLER,
                DynamicSupervisorMessage::TerminateChild(pid),
                |reply| match reply {
                    DynamicSupervisorReply::Done(result) => Some(result),
                    _ => None,
                },
            )
            .await?
        }
    }

    /// Where one child stands; the last pid of a child that is being restarted names it too.
    ///
    /// # Errors
    /// [`ChildError::NotFound`]; the supervisor did not answer.
    ///
    /// # Cancel safety
    /// Cancel safe.
    ///
    /// # OTP
    /// `supervisor:which_child/2`.
    pub fn which_child(
        &self,
        pid: Pid,
    ) -> impl Future<Output = Result<ChildInfo, ChildError>> + Send + use<> {
        static HANDLER: Handler = Handler::new("which_child");
        let server = self.0.clone();
        async move {
            ask(
                &server,
                &HANDLER,
                DynamicSupervisorMessage::WhichChild(pid),
                |reply| match reply {
                    DynamicSupervisorReply::Child(result) => Some(result),
                    _ => None,
                },
            )
            .await?
        }
    }

    /// The specification of a child. That of a temporary child cannot be started any more.
    ///
    /// # Errors
    /// [`ChildError::NotFound`]; the supervisor did not answer.
    ///
    /// # Cancel safety
    /// Cancel safe.
    ///
    /// # OTP
    /// `supervisor:get_childspec/2`.
    pub fn get_childspec(
        &self,
        pid: Pid,
    ) -> impl Future<Output = Result<ChildSpec, ChildError>> + Send + use<> {
        static HANDLER: Handler = Handler::new("get_childspec");
        let server = self.0.clone();
        async move {
            ask(
                &server,
                &HANDLER,
                DynamicSupervisorMessage::GetChildspec(pid),
                |reply| match reply {
                    DynamicSupervisorReply::Childspec(result) => Some(result),
                    _ => None,
                },
            )
            .await?
        }
    }

    /// The children, in no particular order.
    pub fn which_children(&self) -> Call<'_, DynamicSupervisorServer, Vec<ChildInfo>> {
        static HANDLER: Handler = Handler::new("which_children");
        ask(
            &self.0,
            &HANDLER,
            DynamicSupervisorMessage::WhichChildren,
            |reply| match reply {
                DynamicSupervisorReply::Children(children) => Some(children),
                _ => None,
            },
        )
    }

    /// How many children there are.
    pub fn count_children(&self) -> Call<'_, DynamicSupervisorServer, ChildCounts> {
        static HANDLER: Handler = Handler::new("count_children");
        ask(
            &self.0,
            &HANDLER,
            DynamicSupervisorMessage::CountChildren,
            |reply| match reply {
                DynamicSupervisorReply::Counts(counts) => Some(counts),
                _ => None,
            },
        )
    }
}

impl From<ServerRef<DynamicSupervisorServer>> for DynamicSupervisorRef {
    fn from(server: ServerRef<DynamicSupervisorServer>) -> Self {
        Self(server)
    }
}

impl TryFrom<Pid> for DynamicSupervisorRef {
    type Error = WrongServer;

    fn try_from(pid: Pid) -> Result<Self, WrongServer> {
        ServerRef::try_from(pid).map(Self)
    }
}

impl Server for DynamicSupervisorRef {
    type Of = DynamicSupervisorServer;

    fn server_ref(&self) -> &ServerRef<DynamicSupervisorServer> {
        &self.0
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    /// The memory of an idle child: its entry, beside the place of its pid in the map. (88 bytes are 96 with the allocator's.)
    #[test]
    fn an_entry_is_small() {
        assert!(size_of::<Entry>() <= 88, "{}", size_of::<Entry>());
    }

    #[test]
    fn many_children_that_are_gone_leave_no_memory() {
        let mut children = Children::default();
        let pids: Vec<Pid> = std::iter::repeat_with(Pid::next).take(10_000).collect();
        for pid in &pids {
            let entry = Entry {
                child: Child::new(crate::process::child(std::future::pending::<()>)),
                is_restarting: false,
            };
            children.insert(*pid, Box::new(entry));
        }
        for (gone, pid) in pids.iter().enumerate() {
            assert!(children.remove(*pid).is_some());
            let left = children.count().specs;
            assert_eq!(left, pids.len() - gone - 1);
            assert!(children.by_pid.capacity() < 8 * (left + 1));
        }
    }
}
