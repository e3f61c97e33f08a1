//! Starting a server: what knows its type. The rest of a start is `starting.rs`.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use crate::gen_server::handler::Way;
use crate::gen_server::process::ServerProcess;
use crate::gen_server::returns::{InitKind, Pause, Then};
use crate::gen_server::server::{self, Life};
use crate::gen_server::starting::{self, Monitoring, Options, Origin, Starting};
use crate::name::ServerName;
use crate::panics::{Unwound, catch, drop_quietly};
use crate::process::control::{Process, ProcessRef};
use crate::process::word::bits;
use crate::process::{context, demonitor_flush, exit_from, runner};
use crate::{ExitReason, GenServer, Handler, MonitorRef, Name, ServerRef, StartError, Via};

/// A start of a server: a future that spawns the process when it is first polled, and is ready when `init` has run.
///
/// An `init` that is known to be short is begun by the starter itself, as the new process, and left to the process's own task
/// if it has to wait; so such a start is ready at its first poll. It is known of a server that is written with `#[genserver]`,
/// once one took less than 20 µs; where one is seen to take longer, later ones are run by their own task again. Those of a
/// supervisor's children, and those with a [`timeout`](Self::timeout), always are. What is bound to a tokio task (a
/// `task_local!`, the id, a `LocalSet`) is the starter's in what the starter runs; and an `init` that blocks its thread once in
/// a while may block its starter.
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
    options: Options,
    starting: Option<Starting>,
    server: PhantomData<fn() -> S>,
}

impl<S: GenServer> Unpin for Start<S> {}

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
            options: Options::new(link, name),
            starting: None,
            server: PhantomData,
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
        self.options.monitor = Monitoring::Asked;
        StartMonitor(self)
    }

    /// Registers it under `name`, before `init` runs (`STA-2`).
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.options.name = Some(ServerName::Local(name.into()));
        self
    }

    /// Registers it under a [global](crate::global) name, before `init` runs.
    pub fn global(mut self, name: impl Into<Name>) -> Self {
        self.options.name = Some(ServerName::Global(name.into()));
        self
    }

    /// Enters it in `registry` under `key`, before `init` runs; it is taken out when it ends.
    ///
    /// # OTP
    /// The name `{via, Module, Term}`.
    pub fn via<R: Via>(mut self, registry: &R, key: R::Key) -> Self {
        self.options.name = Some(ServerName::via(registry, key));
        self
    }

    pub(crate) fn named(mut self, name: Option<ServerName>) -> Self {
        self.options.name = name.or(self.options.name);
        self
    }

    /// Registers it under no name, against the attribute's.
    pub fn unnamed(mut self) -> Self {
        self.options.name = None;
        self
    }

    /// Kills it if `init` takes longer than `timeout`. The process's own task runs `init` then.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Lets it give back memory whenever no message came for `idle` (`SRV-12`).
    ///
    /// # OTP
    /// The option `hibernate_after`.
    pub const fn hibernate_after(mut self, idle: Duration) -> Self {
        self.options.hibernate_after = Some(idle);
        self
    }

    /// Starts the process. Gives the outcome, if its `init` came to its end here.
    fn begin(&mut self, args: S::Args) -> Option<Started<S>> {
        let origin = self.options.origin(std::any::type_name::<S>());
        let timer = self.options.timer();
        let mut process = origin.process::<S>();
        self.options
            .relate(&origin, process.head_mut(), S::TRAP_EXIT);
        let process = Arc::new(process);
        runner::enter(Arc::<ServerProcess<S>>::clone(&process));
        let name = self.options.name.take();
        let name = name.map(|name| -> (ServerName, ProcessRef) { (name, process.clone()) });
        let mut init: Initing<S> = Box::pin(init(name, args));
        let handler = S::init_handler().filter(|handler| handler.way() == Way::Run);
        let is_begun_here = timer.is_none()
            && !self.options.own_task
            && !process.head().has(bits::EXIT)
            && handler.is_some_and(Handler::is_fast);
        if let Some(handler) = handler
            && is_begun_here
            && let Some(_depth) = context::begin_start()
            && let Some(outcome) = poll_here(&process, handler, &mut init)
        {
            return Some(outcome.and_then(|(state, then)| self.run(process, &origin, state, then)));
        }
        // What is not known yet is measured there, not begun a second time; what is known, now and then.
        let measured = handler.filter(|handler| !is_begun_here && handler.is_sampled());
        let held = Arc::<ServerProcess<S>>::clone(&process);
        let (starting, ticket) = self.options.wait(origin.starter, held, timer);
        runner::run(
            process,
            &origin.handle,
            Life::starts(init, ticket, measured),
        );
        self.starting = Some(starting);
        None
    }

    /// Starts the task of a server whose `init` came to its end here.
    fn run(
        &self,
        process: Arc<ServerProcess<S>>,
        origin: &Origin,
        state: Box<S>,
        then: Then<S>,
    ) -> Started<S> {
        starting::started(process.head());
        let life = match (then, self.options.hibernate_after) {
            (Then::Pause(Pause::Wait), None) => {
                process.turns.offer(&process.head().word, state);
                Life::Rests
            }
            (then, hibernate_after) => Life::goes(state, then, hibernate_after),
        };
        runner::run(Arc::clone(&process), &origin.handle, life);
        // A runtime that is shut down has dropped the task.
        if process.head().has(bits::ENDED) {
            return Err(StartError::Exit(ExitReason::Killed));
        }
        Ok(process)
    }

    /// Starts, for a supervisor: the process itself. Its own task runs `init`: one that blocks is no supervisor's.
    pub(crate) fn poll_child(&mut self, cx: &mut Context<'_>) -> Poll<Started<S>> {
        self.options.own_task = true;
        self.poll_start(cx)
    }

    fn poll_start(&mut self, cx: &mut Context<'_>) -> Poll<Started<S>> {
        context::poll_unless_exiting(|| {
            let polled = self.poll_starting(cx);
            // Rule 3 of `starting.rs`: nobody would own it. What is linked goes with the starter.
            if let Poll::Ready(Ok(process)) = &polled
                && !self.options.link
                && context::is_exiting()
            {
                exit_from(process.head().pid, &**process, ExitReason::Kill);
            }
            polled
        })
    }

    fn poll_client(&mut self, cx: &mut Context<'_>) -> Poll<Result<S::Ref, StartError>> {
        self.poll_start(cx)
            .map_ok(|process| ServerRef::bound(process).into())
    }

    fn poll_starting(&mut self, cx: &mut Context<'_>) -> Poll<Started<S>> {
        if self.args.is_some() {
            // A loop of starts that end here lets other tasks run.
            ready!(context::proceed(cx));
        }
        if let Some(args) = self.args.take() {
            let Ok(args) = args.downcast() else {
                unreachable!("they were put there as the arguments of this server");
            };
            if let Some(outcome) = self.begin(*args) {
                return Poll::Ready(outcome);
            }
        }
        let Some(starting) = &mut self.starting else {
            return Poll::Pending;
        };
        let started = ready!(starting.poll(cx));
        self.starting = None;
        Poll::Ready(started.map(|process| {
            let Ok(process) = process.into_any().downcast() else {
                unreachable!("a start of this server made its process");
            };
            process
        }))
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
        let Monitoring::On(mref) = start.options.monitor else {
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
        if let (Monitoring::On(mref), Some(_)) = (self.0.options.monitor, &self.0.starting)
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

impl<S: GenServer> fmt::Debug for Start<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("server", &std::any::type_name::<S>())
            .field("link", &self.options.link)
            .field("name", &self.options.name)
            .finish_non_exhaustive()
    }
}

/// How a start went.
type Started<S> = Result<Arc<ServerProcess<S>>, StartError>;

/// The state, and what comes next.
type Begun<S> = Result<(Box<S>, Then<S>), StartError>;

/// Polls an `init` once, as the new process. `None`: it has to wait.
fn poll_here<S: GenServer>(
    process: &Arc<ServerProcess<S>>,
    handler: &Handler,
    init: &mut Initing<S>,
) -> Option<Begun<S>> {
    let sample = handler.sample();
    let outcome = context::run_as(Arc::clone(process), || {
        // Whatever it waits for, the task polls it once more.
        let cx = &mut Context::from_waker(Waker::noop());
        let inited = match catch(|| init.as_mut().poll(cx)) {
            Ok(Poll::Pending) => return None,
            Ok(Poll::Ready(inited)) => inited,
            Err(unwound) => unwound.into(),
        };
        Some(match inited {
            Inited::Start(..) if process.head().has(bits::EXIT) => {
                drop_quietly(inited);
                Err(starting::ended(&**process))
            }
            Inited::Start(state, then) => Ok((state, then)),
            Inited::Failed(error, reason) => Err(starting::failed(&**process, error, reason)),
            Inited::Ended => Err(starting::ended(&**process)),
        })
    });
    match (&outcome, sample) {
        (None, _) => handler.had_to_wait(None),
        (Some(_), Some(began)) => handler.took(began.elapsed()),
        (Some(_), None) => {}
    }
    outcome
}

/// An `init` that runs.
pub(super) type Initing<S> = Pin<Box<dyn Future<Output = Inited<S>> + Send>>;

/// What an `init` came to.
pub(super) enum Inited<S: GenServer> {
    Start(Box<S>, Then<S>),
    /// What the starter is told, and the reason with which the process ends.
    Failed(StartError, ExitReason),
    /// The reason stands in the process.
    Ended,
}

impl<S: GenServer> From<Unwound> for Inited<S> {
    fn from(unwound: Unwound) -> Self {
        match unwound {
            Unwound::Raised(reason) => Self::Failed(StartError::Exit(reason.clone()), reason),
            Unwound::Ended => Self::Ended,
        }
    }
}

/// Registers the process, and makes the state.
async fn init<S: GenServer>(name: Option<(ServerName, ProcessRef)>, args: S::Args) -> Inited<S> {
    if let Some((name, process)) = name
        && let Err(error) = name.register(&process)
    {
        return Inited::Failed(error, ExitReason::Normal);
    }
    let init = {
        let running = pin!(async { S::init(args).await });
        server::guarded(None, running).await
    };
    match init.map(|init| init.0) {
        Ok(InitKind::Start(state, then)) => Inited::Start(Box::new(state), then),
        Ok(InitKind::Ignore) => Inited::Failed(StartError::Ignored, ExitReason::Normal),
        Ok(InitKind::Error(error)) => Inited::Failed(StartError::Init(error), ExitReason::Normal),
        Ok(InitKind::Stop(reason)) => Inited::Failed(StartError::Exit(reason.clone()), reason),
        Err(unwound) => unwound.into(),
    }
}
