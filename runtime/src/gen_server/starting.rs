//! The start of a server as far as it does not depend on its type, so that each server costs little to compile.
//!
//! 1. The starter hears exactly once: of success by the child's acknowledgement, of failure by the child's death, after
//!    its name is free and its links were told (`STA-4`).
//! 2. Until the acknowledgement the child's block says `awaited`, so that a linked starter that traps exits is not told
//!    by an `Exit` too (`STA-5`).
//!    That a start is linked means that the block has a parent.
//! 3. A start that is dropped before it is ready unlinks and kills the child: nobody would own it (decision A28).

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Sleep;

use crate::gen_server::process::ServerProcess;
use crate::name::ServerName;
use crate::parcel::Parcel;
use crate::process::control::{Deathwatch, Head, Place, Process, ProcessRef, bits, timer_at};
use crate::process::receive::far;
use crate::process::{
    MonitorOptions, context, death, exit_from, link_to_starter, not_a_process, unlink_from,
    watch_new,
};
use crate::sync::Mutex;
use crate::{ExitReason, GenServer, MonitorRef, StartError};

/// What a start was told.
pub(super) struct Options {
    pub(super) link: bool,
    pub(super) name: Option<ServerName>,
    pub(super) timeout: Option<Duration>,
    pub(super) hibernate_after: Option<Duration>,
    pub(super) monitor: Monitoring,
    /// Whether the new process's own task runs `init`, whatever is known of it.
    pub(super) own_task: bool,
    place: &'static Location<'static>,
}

/// Whether the starter also monitors the server.
#[derive(Clone, Copy)]
pub(super) enum Monitoring {
    No,
    Asked,
    On(MonitorRef),
}

/// Where a start takes place.
pub(super) struct Origin {
    pub(super) handle: Handle,
    pub(super) starter: Option<ProcessRef>,
}

impl Origin {
    pub(super) fn process<S: GenServer>(&self) -> ServerProcess<S> {
        let parent = self.starter.as_ref().map(|starter| starter.head().pid);
        ServerProcess::new(context::node(), self.handle.id(), parent)
    }
}

impl Options {
    #[track_caller]
    pub(super) const fn new(link: bool, name: Option<ServerName>) -> Self {
        Self {
            link,
            name,
            timeout: None,
            hibernate_after: None,
            monitor: Monitoring::No,
            own_task: false,
            place: Location::caller(),
        }
    }

    /// # Panics
    /// Where `server` cannot be started so.
    pub(super) fn origin(&self, server: &'static str) -> Origin {
        let Ok(handle) = Handle::try_current() else {
            panic!(
                "the start of `{server}` at {} was polled outside of a tokio runtime: run it under `#[beamish::main]` or `#[tokio::main]`",
                self.place
            );
        };
        let starter = if self.link { context::current() } else { None };
        if self.link && starter.is_none() {
            not_a_process(&format!("start_link at {}", self.place));
        }
        Origin { handle, starter }
    }

    /// # Panics
    /// Where there is no clock.
    pub(super) fn timer(&self) -> Option<Pin<Box<Sleep>>> {
        self.timeout.map(|timeout| timer_at(far(timeout)))
    }

    /// Links and monitors the process before it runs, and anybody can find it.
    pub(super) fn relate(&mut self, origin: &Origin, head: &mut Head, trap_exit: bool) {
        let signals = head.signals.get_mut();
        signals.trap_exit = trap_exit;
        signals.awaited = origin.starter.is_some();
        if let Some(starter) = &origin.starter {
            link_to_starter(&**starter, head);
        }
        if let Monitoring::Asked = self.monitor {
            let Some(watcher) = context::current() else {
                not_a_process(&format!("start_monitor at {}", self.place));
            };
            let options = MonitorOptions::new();
            let mref = watch_new(watcher, head, options);
            self.monitor = Monitoring::On(mref);
        }
    }

    /// Both sides of a start that is waited for.
    pub(super) fn wait(
        &self,
        starter: Option<ProcessRef>,
        process: ProcessRef,
        timer: Option<Pin<Box<Sleep>>>,
    ) -> (Starting, Ticket) {
        let cell = Arc::new(StartCell::default());
        let waiter = death::add_waiter(&*process, Arc::<StartCell>::clone(&cell));
        let ticket = Ticket {
            process: ProcessRef::clone(&process),
            cell: Arc::clone(&cell),
            waiter,
            hibernate_after: self.hibernate_after,
        };
        let starting = Starting {
            process,
            cell,
            starter,
            timer,
            timed_out: false,
            is_told: false,
        };
        (starting, ticket)
    }
}

/// A start was successful, for who is linked and traps exits.
pub(super) fn started(head: &Head) {
    // Without a parent it is not set.
    if head.parent.is_some() {
        head.signals.lock().awaited = false;
    }
}

/// Ends a process that has no task, with the reason that is pending or else with `reason`; gives out the error of its start.
pub(super) fn failed(process: &dyn Process, error: StartError, reason: ExitReason) -> StartError {
    process.head().conclude(reason, true);
    death::finish(process);
    error
}

/// As [`failed`], where the reason stands in the process.
pub(super) fn ended(process: &dyn Process) -> StartError {
    let pending = process.head().signals.lock().pending();
    death::finish(process);
    StartError::Exit(pending.unwrap_or(ExitReason::Killed))
}

/// The starter's side.
pub(super) struct Starting {
    process: ProcessRef,
    cell: Arc<StartCell>,
    starter: Option<ProcessRef>,
    timer: Option<Pin<Box<Sleep>>>,
    timed_out: bool,
    is_told: bool,
}

impl Starting {
    /// The process that was started.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<ProcessRef, StartError>> {
        loop {
            if let Some(timer) = &mut self.timer
                && timer.as_mut().poll(cx).is_ready()
            {
                self.timer = None;
                self.timed_out = true;
                self.give_up();
            }
            let result = ready!(self.cell.result.poll(cx));
            if self.timed_out && result.is_ok() {
                // It was ready just as the time was over: it is being killed, and told by its death.
                self.cell.result.reopen();
                death::add_waiter(&*self.process, Arc::<StartCell>::clone(&self.cell));
                continue;
            }
            self.is_told = true;
            return Poll::Ready(match result {
                _ if self.timed_out => Err(StartError::Timeout),
                Ok(()) => Ok(ProcessRef::clone(&self.process)),
                Err(error) => Err(error),
            });
        }
    }

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
impl Drop for Starting {
    fn drop(&mut self) {
        let takes_along = |starter: &ProcessRef| starter.head().has(bits::EXIT);
        if !self.is_told && !self.starter.as_ref().is_some_and(takes_along) {
            self.give_up();
        }
    }
}

/// The child's side.
pub(super) struct Ticket {
    process: ProcessRef,
    cell: Arc<StartCell>,
    waiter: Option<Place>,
    hibernate_after: Option<Duration>,
}

impl Ticket {
    /// Acknowledges the start. Returns after how much idle time the server hibernates.
    pub(super) fn started(self) -> Option<Duration> {
        let mut signals = self.process.head().signals.lock();
        signals.awaited = false;
        let waiter = self.waiter.and_then(|place| signals.remove_waiter(place));
        drop(signals);
        drop(waiter);
        self.cell.result.put(Ok(()));
        self.hibernate_after
    }

    /// The starter is told of the error by the death (rule 1).
    pub(super) fn fail(self, error: StartError, reason: ExitReason) -> ExitReason {
        *self.cell.failure.lock() = Some(error);
        reason
    }
}

/// Where the outcome of a start arrives.
#[derive(Default)]
struct StartCell {
    result: Parcel<Result<(), StartError>>,
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
