//! Starting a server.
//!
//! 1. The starter hears exactly once: of success by the child's acknowledgement, of failure by the child's death, after
//!    its name is free and its links were told (`STA-4`).
//! 2. Until the acknowledgement the child's block says `starting`, so that a linked starter that traps exits is not told
//!    by an `Exit` too (`STA-5`).
//! 3. A start that is dropped before it is ready unlinks and kills the child: nobody would own it (decision A28).

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Sleep;

use crate::gen_server::process::{Served, ServerProcess};
use crate::gen_server::returns::InitKind;
use crate::gen_server::server;
use crate::name::ServerName;
use crate::panics::Unwound;
use crate::parcel::Parcel;
use crate::process::control::{Deathwatch, Process, ProcessRef, bits};
use crate::process::receive::far;
use crate::process::{
    MonitorOptions, context, death, demonitor_flush, exit_from, launch, link_to_starter,
    not_a_process, unlink_from, watch_new,
};
use crate::sync::Mutex;
use crate::{ExitReason, GenServer, MonitorRef, Name, ServerRef, StartError, Via};

/// A start of a server: a future that spawns the process when it is first polled, and is ready when `init` has run.
///
/// # Errors
/// [`StartError`]: the name is taken, `init` ignored, failed, stopped or panicked, or took longer than the
/// [`timeout`](Self::timeout) (none unless given). Nothing of the server is left then (`STA-4`). After a `start_link`
/// whose `init` *stopped or panicked*, a starter that does not trap exits has been ended by the link (`STA-5`).
///
/// # Panics
/// When polled outside of a tokio runtime, and for a `start_link` by code that is no process.
///
/// # Cancel safety
/// Dropped before it is ready, the server is killed.
///
/// # OTP
/// `gen_server:start_link/3`, `start/3`.
#[must_use = "a start does nothing unless awaited"]
pub struct Start<S: GenServer> {
    /// `S::Args`, until it is polled. Boxed, so that whether a start can be sent is no question about `S` (see `Served`).
    args: Option<Box<dyn Any + Send>>,
    link: bool,
    name: Option<ServerName>,
    timeout: Option<Duration>,
    hibernate_after: Option<Duration>,
    place: &'static Location<'static>,
    monitor: Monitoring,
    starting: Option<Starting<S>>,
}

impl<S: GenServer> Unpin for Start<S> {}

/// Whether the starter also monitors the server.
#[derive(Clone, Copy)]
enum Monitoring {
    No,
    Asked,
    On(MonitorRef),
}

struct Starting<S: GenServer> {
    process: Arc<dyn Served<S>>,
    cell: Arc<StartCell>,
    starter: Option<ProcessRef>,
    timer: Option<Pin<Box<Sleep>>>,
    timed_out: bool,
    is_told: bool,
}

impl<S: GenServer> Start<S> {
    /// Starts a server that is linked to the process which awaits this.
    #[track_caller]
    pub fn link(args: S::Args) -> Self {
        Self::new(args, true)
    }

    /// Starts a server without a link, from anywhere.
    #[track_caller]
    pub fn unlinked(args: S::Args) -> Self {
        Self::new(args, false)
    }

    #[track_caller]
    fn new(args: S::Args, link: bool) -> Self {
        let name = S::NAME.map(|name| ServerName::Local(Name::from_static(name)));
        Self {
            args: Some(Box::new(args)),
            link,
            name,
            timeout: None,
            hibernate_after: None,
            place: Location::caller(),
            monitor: Monitoring::No,
            starting: None,
        }
    }

    /// Monitors the server from its first moment on: the start then gives its client and the monitor. After a start that
    /// failed there is no [`Down`](crate::Down).
    ///
    /// # Panics
    /// When polled by code that is no process.
    ///
    /// # OTP
    /// `gen_server:start_monitor/3`.
    pub const fn monitor(mut self) -> StartMonitor<S> {
        self.monitor = Monitoring::Asked;
        StartMonitor(self)
    }

    /// Registers it under `name`, before `init` runs (`STA-2`).
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(ServerName::Local(name.into()));
        self
    }

    /// Registers it under a [global](crate::global) name, before `init` runs.
    pub fn global(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(ServerName::Global(name.into()));
        self
    }

    /// Enters it in `registry` under `key`, before `init` runs; it is taken out when it ends.
    ///
    /// # OTP
    /// The name `{via, Module, Term}`.
    pub fn via<R: Via>(mut self, registry: &R, key: R::Key) -> Self {
        self.name = Some(ServerName::via(registry, key));
        self
    }

    pub(crate) fn named(mut self, name: Option<ServerName>) -> Self {
        self.name = name.or(self.name);
        self
    }

    /// Registers it under no name, against the attribute's.
    pub fn unnamed(mut self) -> Self {
        self.name = None;
        self
    }

    /// Kills it if `init` takes longer than `timeout`.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Lets it give back memory whenever no message came for `idle` (`SRV-12`).
    ///
    /// # OTP
    /// The option `hibernate_after`.
    pub const fn hibernate_after(mut self, idle: Duration) -> Self {
        self.hibernate_after = Some(idle);
        self
    }

    fn begin(&mut self, args: S::Args) -> Starting<S> {
        let Ok(handle) = Handle::try_current() else {
            panic!(
                "the start of `{}` at {} was polled outside of a tokio runtime: run it under `#[beamish::main]` or `#[tokio::main]`",
                std::any::type_name::<S>(),
                self.place
            );
        };
        let starter = if self.link { context::current() } else { None };
        if self.link && starter.is_none() {
            not_a_process(&format!("start_link at {}", self.place));
        }
        let parent = starter.as_ref().map(|starter| starter.head().pid);
        let process = Arc::new(ServerProcess::<S>::new(
            context::node(),
            handle.id(),
            parent,
        ));
        let cell = Arc::new(StartCell::default());
        let mref = death::add_waiter(&*process, Arc::<StartCell>::clone(&cell));
        process.head().signals.lock().trap_exit = S::TRAP_EXIT;
        if let Some(starter) = &starter {
            process.head().signals.lock().starting = true;
            link_to_starter(starter, process.head());
        }
        if let Monitoring::Asked = self.monitor {
            let Some(watcher) = context::current() else {
                not_a_process(&format!("start_monitor at {}", self.place));
            };
            let options = MonitorOptions::new();
            let mref = watch_new(watcher.head(), process.head(), options);
            self.monitor = Monitoring::On(mref);
        }
        let child = Child {
            process: Arc::clone(&process),
            cell: Arc::clone(&cell),
            mref,
            hibernate_after: self.hibernate_after,
        };
        launch(
            Arc::<ServerProcess<S>>::clone(&process),
            &handle,
            child.run(args, self.name.take()),
        );
        let timer = self
            .timeout
            .map(|timeout| Box::pin(tokio::time::sleep_until(far(timeout))));
        Starting {
            process,
            cell,
            starter,
            timer,
            timed_out: false,
            is_told: false,
        }
    }

    /// Starts, for a supervisor: the process itself.
    pub(crate) fn poll_start(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Arc<ServerProcess<S>>, StartError>> {
        context::poll_unless_exiting(|| self.poll_starting(cx))
    }

    fn poll_client(&mut self, cx: &mut Context<'_>) -> Poll<Result<S::Ref, StartError>> {
        self.poll_start(cx)
            .map_ok(|process| ServerRef::bound(process).into())
    }

    fn poll_starting(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Arc<ServerProcess<S>>, StartError>> {
        if let Some(args) = self.args.take() {
            let Ok(args) = args.downcast() else {
                unreachable!("they were put there as the arguments of this server");
            };
            self.starting = Some(self.begin(*args));
        }
        let Some(starting) = &mut self.starting else {
            return Poll::Pending;
        };
        if let Some(timer) = &mut starting.timer
            && timer.as_mut().poll(cx).is_ready()
        {
            starting.timer = None;
            starting.timed_out = true;
            starting.give_up();
        }
        let Poll::Ready(result) = starting.cell.result.poll(cx) else {
            return Poll::Pending;
        };
        let timed_out = starting.timed_out;
        let process = Arc::clone(&starting.process).into_typed();
        if timed_out && result.is_ok() {
            // It was ready just as the time was over: it is being killed, and told by its death.
            starting.cell.result.reopen();
            death::add_waiter(&*process, Arc::<StartCell>::clone(&starting.cell));
            return self.poll_starting(cx);
        }
        starting.is_told = true;
        self.starting = None;
        Poll::Ready(match result {
            _ if timed_out => Err(StartError::Timeout),
            Ok(()) => Ok(process),
            Err(error) => Err(error),
        })
    }
}

impl<S: GenServer> Future for Start<S> {
    type Output = Result<S::Ref, StartError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().poll_client(cx)
    }
}

/// A start of a server that the starter monitors; made by [`Start::monitor`].
///
/// # Errors
/// As [`Start`].
///
/// # Cancel safety
/// Dropped before it is ready, the server is killed.
#[must_use = "a start does nothing unless awaited"]
pub struct StartMonitor<S: GenServer>(Start<S>);

impl<S: GenServer> Future for StartMonitor<S> {
    type Output = Result<(S::Ref, MonitorRef), StartError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let start = &mut self.get_mut().0;
        let Poll::Ready(result) = start.poll_client(cx) else {
            return Poll::Pending;
        };
        let Monitoring::On(mref) = start.monitor else {
            unreachable!("a start that was polled has its monitor");
        };
        Poll::Ready(match result {
            Ok(client) => Ok((client, mref)),
            Err(error) => {
                demonitor_flush(mref);
                Err(error)
            }
        })
    }
}

impl<S: GenServer> Drop for StartMonitor<S> {
    fn drop(&mut self) {
        if let (Monitoring::On(mref), Some(_)) = (self.0.monitor, &self.0.starting)
            && context::in_process()
        {
            demonitor_flush(mref);
        }
    }
}

impl<S: GenServer> fmt::Debug for StartMonitor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StartMonitor").field(&self.0).finish()
    }
}

impl<S: GenServer> Starting<S> {
    /// Unlinks and kills the child.
    fn give_up(&self) {
        if let Some(starter) = &self.starter {
            unlink_from(starter, self.process.head().pid);
        }
        let killer = self
            .starter
            .as_ref()
            .map_or(self.process.head().pid, |starter| starter.head().pid);
        exit_from(killer, &*self.process, ExitReason::Kill);
    }
}

/// Rule 3. A starter that is to end itself takes a linked child along, with its own reason (`STA-7`).
impl<S: GenServer> Drop for Starting<S> {
    fn drop(&mut self) {
        let takes_along = |starter: &ProcessRef| starter.head().has(bits::EXIT);
        if !self.is_told && !self.starter.as_ref().is_some_and(takes_along) {
            self.give_up();
        }
    }
}

impl<S: GenServer> fmt::Debug for Start<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("server", &std::any::type_name::<S>())
            .field("link", &self.link)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The child's side of a start.
struct Child<S: GenServer> {
    process: Arc<ServerProcess<S>>,
    cell: Arc<StartCell>,
    mref: Option<MonitorRef>,
    hibernate_after: Option<Duration>,
}

impl<S: GenServer> Child<S> {
    async fn run(self, args: S::Args, name: Option<ServerName>) -> ExitReason {
        if let Some(name) = name
            && let Err(error) = self.register(&name)
        {
            return self.fail(error, ExitReason::Normal);
        }
        let init = {
            let running = pin!(async { S::init(args).await });
            server::guarded(None, running).await
        };
        let (state, then) = match init.map(|init| init.0) {
            Ok(InitKind::Start(state, then)) => (Box::new(state), then),
            Ok(InitKind::Ignore) => return self.fail(StartError::Ignored, ExitReason::Normal),
            Ok(InitKind::Error(error)) => {
                return self.fail(StartError::Init(error), ExitReason::Normal);
            }
            Ok(InitKind::Stop(reason)) | Err(Unwound::Raised(reason)) => {
                return self.fail(StartError::Exit(reason.clone()), reason);
            }
            // The reason stands in the process; the runner ends it at this suspension.
            Err(Unwound::Ended) => return std::future::pending().await,
        };
        let Self {
            process,
            cell,
            mref,
            hibernate_after,
        } = self;
        process.head().signals.lock().starting = false;
        if let Some(mref) = mref {
            death::forget_watcher(process.head().pid, mref);
        }
        cell.result.put(Ok(()));
        drop(cell);
        server::serve(process, state, then, hibernate_after).await
    }

    fn register(&self, name: &ServerName) -> Result<(), StartError> {
        let process: ProcessRef = Arc::<ServerProcess<S>>::clone(&self.process);
        name.register(&process)
    }

    /// The starter hears of the failure with the death (rule 1).
    fn fail(self, error: StartError, reason: ExitReason) -> ExitReason {
        *self.cell.failure.lock() = Some(error);
        reason
    }
}

#[derive(Default)]
struct StartCell {
    result: Parcel<Result<(), StartError>>,
    /// Told with the death, instead of its reason (rule 1).
    failure: Mutex<Option<StartError>>,
}

impl Deathwatch for StartCell {
    fn died(&self, reason: &ExitReason) {
        let failure = self.failure.lock().take();
        self.result.put(Err(
            failure.unwrap_or_else(|| StartError::Exit(reason.clone()))
        ));
    }
}
