//! Supervisors of children that are started on demand (`DYN-1` … `DYN-5`).

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::name::ServerName;
use crate::process::{self_pid, send};
use crate::supervisor::children::{self, ChildEntry};
use crate::supervisor::client::ask;
use crate::supervisor::intensity::Intensity;
use crate::supervisor::plan::{self, Fate};
use crate::supervisor::{DEFAULT_MAX_RESTARTS, DEFAULT_MAX_SECONDS};
use crate::{
    Address, BadChildren, Call, Caller, ChildCounts, ChildError, ChildId, ChildInfo, ChildSpec,
    ChildStatus, Exit, ExitReason, GenServer, Handler, Info, Init, Name, Next, Once, Pid, Server,
    ServerOptions, ServerRef, Shutdown, Start, StartChildError, StartError, Via, WrongServer,
    report, unexpected_info,
};

/// Builds a supervisor that starts its children on demand and knows them by pid. Its strategy is one-for-one.
///
/// # OTP
/// Elixir's `DynamicSupervisor`, Erlang's `simple_one_for_one`.
#[derive(Clone, Debug)]
#[must_use = "a supervisor runs when it is started"]
pub struct DynamicSupervisor {
    max_children: usize,
    max_restarts: u32,
    max_seconds: u64,
    name: Option<ServerName>,
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
        }
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
    /// By the pid of the living child, or the last one of a child that is being restarted (`DYN-4`).
    children: BTreeMap<Pid, ChildEntry>,
}

impl fmt::Debug for DynamicSupervisorServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicSupervisorServer")
            .field("children", &self.children.len())
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
            DynamicSupervisorMessage::WhichChildren => "which_children",
            DynamicSupervisorMessage::CountChildren => "count_children",
        }
    }

    async fn init(supervisor: DynamicSupervisor) -> Init<Self> {
        Init::ok(Self {
            max_children: supervisor.max_children,
            intensity: Intensity::new(supervisor.max_restarts, supervisor.max_seconds),
            began: Instant::now(),
            children: BTreeMap::new(),
        })
    }

    fn handle_now(
        &mut self,
        message: DynamicSupervisorMessage,
    ) -> Result<Next<Self>, DynamicSupervisorMessage> {
        match message {
            DynamicSupervisorMessage::WhichChildren => {
                Ok(Next::reply(DynamicSupervisorReply::Children(self.which())))
            }
            DynamicSupervisorMessage::CountChildren => Ok(Next::reply(
                DynamicSupervisorReply::Counts(children::count(self.children.values())),
            )),
            other => Err(other),
        }
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
            Ok(Retry(pid)) => match self.children.get(&pid) {
                Some(child) if child.status == ChildStatus::Restarting => self.restart(pid).await,
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
        let mut children: Vec<_> = std::mem::take(&mut self.children).into_iter().collect();
        let began = Instant::now();
        for (pid, child) in &children {
            children::ask_to_end(*pid, child.spec.shutdown);
        }
        // The earliest kill first, so that none waits for the end of another child.
        children.sort_by_key(|(_, child)| match child.spec.shutdown {
            Shutdown::Timeout(timeout) => timeout,
            Shutdown::BrutalKill | Shutdown::Infinity => Duration::MAX,
        });
        for (pid, child) in &children {
            children::kill_when_over(*pid, child.spec.shutdown, began).await;
        }
        for (_, mut child) in children {
            child.end_since(began).await;
        }
    }
}

impl DynamicSupervisorServer {
    fn which(&self) -> Vec<ChildInfo> {
        self.children
            .values()
            .map(|child| child.info(None))
            .collect()
    }

    async fn start_child(&mut self, spec: ChildSpec) -> Result<Pid, StartChildError> {
        if spec.significant {
            return Err(StartChildError::BadChild(
                BadChildren::SignificantWithoutAutoShutdown(spec.id),
            ));
        }
        if self.children.len() >= self.max_children {
            return Err(StartChildError::MaxChildren);
        }
        let pid = children::start(&spec).await.map_err(|error| match error {
            StartError::AlreadyStarted(pid) => StartChildError::AlreadyStarted(pid),
            error => StartChildError::Start(error),
        })?;
        self.children.insert(
            pid,
            ChildEntry {
                spec,
                status: ChildStatus::Running(pid),
                restarts: 0,
            },
        );
        Ok(pid)
    }

    async fn terminate_child(&mut self, pid: Pid) -> Result<(), ChildError> {
        let mut child = self.children.remove(&pid).ok_or(ChildError::NotFound)?;
        child.end().await;
        Ok(())
    }

    async fn child_ended(&mut self, Exit { from, reason }: Exit) -> Next<Self> {
        let Some(child) = self.children.get(&from) else {
            return Next::no_reply();
        };
        if plan::is_reported(child.spec.restart, &reason) {
            report::supervisor("child_terminated", &child.spec.id, Some(from), &reason);
        }
        match plan::fate(child.spec.restart, &reason) {
            Fate::Restart => self.restart(from).await,
            // DYN-1: what has finished goes, transient too.
            Fate::Keep | Fate::Remove => {
                self.children.remove(&from);
                Next::no_reply()
            }
        }
    }

    async fn restart(&mut self, pid: Pid) -> Next<Self> {
        let Some(mut child) = self.children.remove(&pid) else {
            return Next::no_reply();
        };
        if !self.intensity.allow(self.began.elapsed().as_secs()) {
            let (max_restarts, max_seconds) = self.intensity.limits();
            report::gave_up(&child.spec.id, max_restarts, max_seconds);
            return Next::no_reply().stop(ExitReason::Shutdown);
        }
        match child.start().await {
            Ok(()) => {
                child.restarts += 1;
                if let ChildStatus::Running(new) = child.status {
                    self.children.insert(new, child);
                }
            }
            Err(_) => {
                child.status = ChildStatus::Restarting;
                self.children.insert(pid, child);
                send(self_pid(), Retry(pid));
            }
        }
        Next::no_reply()
    }
}

/// What a dynamic supervisor can start, and how it is reached then.
pub trait DynamicChild: Send + 'static {
    /// The client, or the [`Pid`] of a child whose type is not known.
    type Ref: Send + 'static;

    /// How it is started.
    fn into_spec(self) -> ChildSpec;

    /// The client of the child that was started; `None` if it has ended already.
    fn client(pid: Pid) -> Option<Self::Ref>;
}

impl<S: GenServer> DynamicChild for Once<S> {
    type Ref = S::Ref;

    fn into_spec(self) -> ChildSpec {
        self.into()
    }

    fn client(pid: Pid) -> Option<S::Ref> {
        ServerRef::<S>::try_from(pid).ok().map(S::Ref::from)
    }
}

impl DynamicChild for ChildSpec {
    type Ref = Pid;

    fn into_spec(self) -> ChildSpec {
        self
    }

    fn client(pid: Pid) -> Option<Pid> {
        Some(pid)
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

    /// Starts a child: `Conn::start_link(socket).once()`, whose client is returned, or a [`ChildSpec`], whose pid is.
    ///
    /// # Errors
    /// The supervisor is full, the start failed or ignored, the child ended at once, the supervisor did not answer.
    ///
    /// # Cancel safety
    /// The child is started nevertheless.
    ///
    /// # OTP
    /// `DynamicSupervisor.start_child/2`.
    pub fn start_child<C: DynamicChild>(
        &self,
        child: C,
    ) -> impl Future<Output = Result<C::Ref, StartChildError>> + Send + use<C> {
        static HANDLER: Handler = Handler::queued("start_child");
        let (server, spec) = (self.0.clone(), child.into_spec());
        async move {
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
            C::client(pid).ok_or(StartChildError::Start(StartError::Exit(ExitReason::NoProc)))
        }
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

impl From<&DynamicSupervisorRef> for Address {
    fn from(supervisor: &DynamicSupervisorRef) -> Self {
        supervisor.0.address()
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
