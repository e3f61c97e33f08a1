//! Starting plain processes.

use std::any::{Any, TypeId, type_name};
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::runtime::Handle;

use crate::mailbox::{Mailbox, Receiver, Seen, Wake};
use crate::observe::Kind;
use crate::process::control::{Deathwatch, Head, Process, ProcessRef};
use crate::process::monitors::MonitorOptions;
use crate::process::relations::Watcher;
use crate::process::runner::{self, Body};
use crate::process::{context, not_a_process, this};
use crate::sys::{Refused, System};
use crate::{ExitReason, Info, MonitorRef, Pid};

/// What the future of a process may return: `()`, `Result<(), E>` where an `Err` is the exit reason that
/// [`ExitReason::error`] makes of it, or nothing at all (`async { panic!() }`, `async { loop { … } }`).
#[diagnostic::on_unimplemented(
    message = "the future of a process cannot return `{Self}`",
    label = "this future returns `{Self}`",
    note = "return `()`, or `Result<(), E>` where `E` is an error: an `Err` is the reason with which the process ends"
)]
pub trait Outcome {
    /// The reason with which the process ends.
    fn into_reason(self) -> ExitReason;
}

impl Outcome for () {
    fn into_reason(self) -> ExitReason {
        ExitReason::Normal
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn Error + Send + Sync>>> Outcome for Result<(), E> {
    fn into_reason(self) -> ExitReason {
        match self {
            Ok(()) => ExitReason::Normal,
            Err(error) => ExitReason::error(error),
        }
    }
}

/// Names the type `!`, which cannot be written directly: from edition 2024 on it is what diverging futures return.
mod never {
    #[expect(unnameable_types, reason = "only a way to write the type `!`")]
    pub trait Returns {
        type Output;
    }

    impl<R> Returns for fn() -> R {
        type Output = R;
    }
}

impl Outcome for <fn() -> ! as never::Returns>::Output {
    fn into_reason(self) -> ExitReason {
        match self {}
    }
}

/// A process without a server around it.
struct PlainProcess {
    head: Head,
    mailbox: Mailbox<Info>,
    type_name: fn() -> &'static str,
    kind: Kind,
}

pin_project! {
    /// The future that it runs.
    struct Running<F> {
        #[pin]
        future: Option<F>,
    }
}

impl<F> Body for Running<F>
where
    F: Future + Send + 'static,
    F::Output: Outcome,
{
    type Process = PlainProcess;

    fn poll(
        self: Pin<&mut Self>,
        _process: &Arc<PlainProcess>,
        cx: &mut Context<'_>,
    ) -> Poll<ExitReason> {
        match self.project().future.as_pin_mut() {
            Some(future) => future.poll(cx).map(Outcome::into_reason),
            None => Poll::Pending,
        }
    }

    fn clear(self: Pin<&mut Self>) {
        self.project().future.set(None);
    }
}

impl Process for PlainProcess {
    fn head(&self) -> &Head {
        &self.head
    }

    fn type_name(&self) -> &'static str {
        (self.type_name)()
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn push(&self, info: Info) -> Result<Wake, Info> {
        self.mailbox.push(info)
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn is_of(&self, block: TypeId) -> bool {
        block == TypeId::of::<Self>()
    }

    fn push_stop(&self, _reason: ExitReason) -> bool {
        false
    }

    fn push_system(&self, _system: System) -> Result<(), Refused> {
        Err(Refused::IsNoServer)
    }

    fn mailbox_len(&self) -> usize {
        self.mailbox.len()
    }

    fn letter_bytes(&self) -> usize {
        size_of::<Info>()
    }

    fn mailbox_contents(&self) -> Vec<&'static str> {
        self.mailbox.names()
    }

    fn remove(&self, found: &dyn Fn(&Info) -> bool) -> Option<Info> {
        self.mailbox.remove(found)
    }

    fn remove_all(&self, found: &dyn Fn(&Info) -> bool) -> Vec<Info> {
        self.mailbox.remove_all(found)
    }

    fn select(
        &self,
        seen: &mut Seen,
        receiver: Receiver<'_>,
        select: &mut dyn FnMut(Info) -> Option<Info>,
    ) -> bool {
        let found = self.mailbox.select(seen, receiver, select);
        if found {
            self.head.activity.handles();
        }
        found
    }

    fn close(&self) -> Vec<Arc<dyn Deathwatch>> {
        let unread = self.mailbox.close();
        if !unread.is_empty() {
            crate::panics::drop_quietly(unread);
        }
        Vec::new()
    }

    fn drop_state(&self) -> bool {
        true
    }
}

/// Starts a process that runs `future`. What becomes of it does not affect the caller.
///
/// It runs on the current tokio runtime, in the caller's node, and is alive when this returns.
///
/// # Panics
/// Outside of a tokio runtime.
///
/// # OTP
/// `spawn/1`.
#[track_caller]
pub fn spawn<F>(future: F) -> Pid
where
    F: Future + Send + 'static,
    F::Output: Outcome,
{
    let (process, handle) = create::<F>("spawn", Kind::Process);
    start(process, &handle, future)
}

/// Starts a process that is linked to the caller: if one of the two ends with a reason other than `Normal`, so does the
/// other, unless it [traps exits](super::trap_exit). There is no moment at which one could end unnoticed (`LNK-4`).
///
/// # Panics
/// Outside of a tokio runtime, and if the calling code is no process.
///
/// # OTP
/// `spawn_link/1`.
#[track_caller]
pub fn spawn_link<F>(future: F) -> Pid
where
    F: Future + Send + 'static,
    F::Output: Outcome,
{
    let (mut process, handle) = create::<F>("spawn_link", Kind::Process);
    if context::with_current(|caller| link_to_starter(caller, &mut process.head)).is_none() {
        not_a_process("spawn_link");
    }
    start(process, &handle, future)
}

/// Starts a process that the caller monitors: its end comes as a [`Down`](crate::Down) (`MON-1`).
///
/// # Panics
/// Outside of a tokio runtime, and if the calling code is no process.
///
/// # OTP
/// `spawn_monitor/1`.
#[track_caller]
pub fn spawn_monitor<F>(future: F) -> (Pid, MonitorRef)
where
    F: Future + Send + 'static,
    F::Output: Outcome,
{
    monitored(this("spawn_monitor"), MonitorOptions::new(), future)
}

/// As [`spawn_monitor`], with the options of [`monitor_with`](super::monitor_with).
///
/// # Panics
/// Outside of a tokio runtime, and if the calling code is no process.
///
/// # OTP
/// `spawn_opt(Fun, [{monitor, Options}])`.
#[track_caller]
pub fn spawn_monitor_with<F>(options: MonitorOptions, future: F) -> (Pid, MonitorRef)
where
    F: Future + Send + 'static,
    F::Output: Outcome,
{
    monitored(this("spawn_monitor_with"), options, future)
}

#[track_caller]
fn monitored<F>(caller: ProcessRef, options: MonitorOptions, future: F) -> (Pid, MonitorRef)
where
    F: Future + Send + 'static,
    F::Output: Outcome,
{
    let (process, handle) = create::<F>("spawn_monitor", Kind::Process);
    let mref = watch_new(caller, process.head(), options);
    (start(process, &handle, future), mref)
}

/// Monitors a process that is not in the table yet.
pub(crate) fn watch_new(watcher: ProcessRef, target: &Head, options: MonitorOptions) -> MonitorRef {
    let mref = MonitorRef::next();
    if options.enter(watcher.head(), mref, Some(target.pid)) {
        let entry = Watcher::Process(watcher, None);
        let mut signals = target.signals.lock();
        signals.relations().watchers.insert(mref, entry);
    }
    mref
}

/// The tokio runtime that the caller runs on.
#[track_caller]
pub(crate) fn handle(what: &str) -> Handle {
    match Handle::try_current() {
        Ok(handle) => handle,
        Err(_) => panic!(
            "`{what}` was used outside of a tokio runtime: run it under `#[beamish::main]` or `#[tokio::main]`"
        ),
    }
}

#[track_caller]
fn create<F>(what: &str, kind: Kind) -> (PlainProcess, Handle) {
    let handle = handle(what);
    let process = PlainProcess {
        head: Head::new(context::node(), handle.id(), context::self_pid()),
        mailbox: Mailbox::new(),
        type_name: type_name::<F>,
        kind,
    };
    (process, handle)
}

fn start<F>(process: PlainProcess, handle: &Handle, future: F) -> Pid
where
    F: Future + Send + 'static,
    F::Output: Outcome,
{
    let pid = process.head().pid;
    let future = Some(future);
    runner::launch(Arc::new(process), handle, Running { future });
    pid
}

/// Links a process that is not in the table yet. If the starter is to end, so is the new process, by the same link.
pub(crate) fn link_to_starter(starter: &dyn Process, child: &mut Head) {
    let mut signals = starter.head().signals.lock();
    // An ended starter has no relations to add to; a pending exit will go through this link like any other.
    if signals.ended {
        child.conclude(ExitReason::NoProc, false);
        return;
    }
    signals.link(starter.head().parent, child.pid);
    let parent = child.parent;
    child.signals.get_mut().link(parent, starter.head().pid);
}

/// Starts the process of a task, linked to the caller if that is a process; `waiter` hears of its end.
#[track_caller]
pub(crate) fn spawn_task<N, F>(waiter: Arc<dyn Deathwatch>, future: F) -> Pid
where
    F: Future<Output = ()> + Send + 'static,
{
    let (mut process, handle) = create::<N>("Task::spawn", Kind::Task);
    process.head.signals.get_mut().add_waiter(waiter);
    context::with_current(|caller| link_to_starter(caller, &mut process.head));
    start(process, &handle, future)
}

/// Starts the process that keeps an application, `N`.
#[track_caller]
pub(crate) fn spawn_master<N, F>(future: F) -> Pid
where
    F: Future<Output = ()> + Send + 'static,
{
    let (process, handle) = create::<N>("Application::start", Kind::Application);
    start(process, &handle, future)
}

/// Starts the process of a task that is linked to nobody.
#[track_caller]
pub(crate) fn start_task<F>(future: F) -> Pid
where
    F: Future + Send + 'static,
{
    let (process, handle) = create::<F>("Task::start", Kind::Task);
    start(process, &handle, async move { drop(future.await) })
}
