//! What the running code is part of: its process, and through it its node.
//!
//! 1. While a process is polled, `CURRENT` holds its control block, moved in and out by the poll.
//! 2. While a caller runs a handler for an idle server, `inlined` holds the *server's* pid, and everything that asks for
//!    the current process gets the server. Depth is one: a thread that runs a handler so starts no other (decision A1 e).

use std::cell::{Cell, RefCell};
use std::task::{Context, Poll};

use tokio::runtime::{self, Handle};

use crate::Pid;
use crate::node::Node;
use crate::process::control::{Process, ProcessRef, bits};
use crate::process::table;

thread_local! {
    static CURRENT: RefCell<Option<ProcessRef>> = const { RefCell::new(None) };
    static AMBIENT: Ambient = const { Ambient::new() };
    static NODE: RefCell<Option<Node>> = const { RefCell::new(None) };
    static PUSHED: RefCell<Vec<State>> = const { RefCell::new(Vec::new()) };
}

struct Ambient {
    /// The bits of the current process's pid, 0 if there is none.
    pid: Cell<u64>,
    /// The bits of the server's pid whose handler runs here, 0 if none does.
    inlined: Cell<u64>,
    /// The bits of the pid whose call is being handled.
    caller: Cell<u64>,
    runtime: Cell<Option<runtime::Id>>,
    ticks: Cell<u32>,
}

impl Ambient {
    const fn new() -> Self {
        Self {
            pid: Cell::new(0),
            inlined: Cell::new(0),
            caller: Cell::new(0),
            runtime: Cell::new(None),
            ticks: Cell::new(0),
        }
    }
}

/// Runs code as a process: its control block is moved in and, whatever happens, out again.
pub(crate) fn run_as<R>(process: &mut Option<ProcessRef>, code: impl FnOnce() -> R) -> R {
    let _entered = Entered {
        before: Some(swap(State::of(process.take()))),
        process,
    };
    code()
}

struct Entered<'a> {
    before: Option<State>,
    process: &'a mut Option<ProcessRef>,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            *self.process = swap(before).process;
        }
    }
}

/// Makes a process the current one until the next [`pop`] on this thread.
pub(crate) fn push(process: ProcessRef) {
    let before = swap(State::of(Some(process)));
    PUSHED.with_borrow_mut(|pushed| pushed.push(before));
}

pub(crate) fn pop() {
    if let Some(before) = PUSHED.with_borrow_mut(Vec::pop) {
        drop(swap(before));
    }
}

/// All that makes a process the current one.
struct State {
    pid: u64,
    inlined: u64,
    caller: u64,
    runtime: Option<runtime::Id>,
    process: Option<ProcessRef>,
}

impl State {
    fn of(process: Option<ProcessRef>) -> Self {
        let head = process.as_ref().map(|process| process.head());
        let pid = head.map_or(0, |head| head.pid.to_bits());
        let runtime = head.map(|head| head.runtime);
        Self {
            pid,
            inlined: 0,
            caller: 0,
            runtime,
            process,
        }
    }
}

fn swap(state: State) -> State {
    AMBIENT.with(|ambient| State {
        pid: ambient.pid.replace(state.pid),
        inlined: ambient.inlined.replace(state.inlined),
        caller: ambient.caller.replace(state.caller),
        runtime: ambient.runtime.replace(state.runtime),
        process: CURRENT.replace(state.process),
    })
}

/// Makes a server the current process while a caller runs its handler (rule 2).
pub(crate) struct Inlined {
    caller: u64,
}

#[inline]
pub(crate) fn inline(server: Pid) -> Inlined {
    AMBIENT.with(|ambient| {
        ambient.inlined.set(server.to_bits());
        Inlined {
            caller: ambient.caller.replace(ambient.pid.get()),
        }
    })
}

impl Drop for Inlined {
    #[inline]
    fn drop(&mut self) {
        AMBIENT.with(|ambient| {
            ambient.inlined.set(0);
            ambient.caller.set(self.caller);
        });
    }
}

/// Whether this thread may run a handler for a server of `runtime` (decision A1 a, d, e).
#[inline]
pub(crate) fn may_inline(runtime: runtime::Id) -> bool {
    let same = AMBIENT.with(|ambient| {
        if ambient.inlined.get() != 0 {
            return Some(false);
        }
        ambient.runtime.get().map(|here| here == runtime)
    });
    let same = same.unwrap_or_else(|| Handle::try_current().is_ok_and(|here| here.id() == runtime));
    same && !in_span()
}

/// Whether the caller stands in a `tracing` span, which a handler must not see.
#[inline]
fn in_span() -> bool {
    tracing::level_filters::LevelFilter::current() != tracing::level_filters::LevelFilter::OFF
        && !tracing::Span::current().is_none()
}

/// A call that has a timeout is made: without a runtime it fails before anything is sent.
pub(crate) fn needs_clock() {
    if AMBIENT.with(|ambient| ambient.runtime.get()).is_none() && Handle::try_current().is_err() {
        no_clock();
    }
}

#[cold]
pub(crate) fn no_clock() -> ! {
    panic!(
        "a call with a timeout has to wait, which needs a tokio runtime with time enabled; enable it, or call with `.infinity()`"
    )
}

/// Counts the handlers that ran on this thread for a caller.
#[inline]
pub(crate) fn tick() -> u32 {
    AMBIENT.with(|ambient| {
        let tick = ambient.ticks.get().wrapping_add(1);
        ambient.ticks.set(tick);
        tick
    })
}

pub(crate) fn set_caller(caller: Option<Pid>) {
    AMBIENT.with(|ambient| ambient.caller.set(caller.map_or(0, Pid::to_bits)));
}

pub(crate) fn caller() -> Option<Pid> {
    Pid::from_bits(AMBIENT.with(|ambient| ambient.caller.get()))
}

#[inline]
pub(crate) fn self_pid() -> Option<Pid> {
    AMBIENT
        .try_with(|ambient| match ambient.inlined.get() {
            0 => ambient.pid.get(),
            server => server,
        })
        .ok()
        .and_then(Pid::from_bits)
}

pub(crate) fn in_process() -> bool {
    self_pid().is_some()
}

/// The current process.
pub(crate) fn current() -> Option<ProcessRef> {
    match AMBIENT.with(|ambient| ambient.inlined.get()) {
        0 => CURRENT.with_borrow(Clone::clone),
        server => Pid::from_bits(server).and_then(table::find),
    }
}

/// The current process, lent; for code that awaits and so never runs inside a handler run by a caller.
pub(crate) fn with_current<R>(read: impl FnOnce(&dyn Process) -> R) -> Option<R> {
    match AMBIENT.with(|ambient| ambient.inlined.get()) {
        0 => CURRENT.with_borrow(|current| current.as_deref().map(read)),
        server => Pid::from_bits(server)
            .and_then(table::find)
            .map(|process| read(&*process)),
    }
}

/// Whether the current process has an exit pending: then every future of this crate suspends without effect (decision A20).
#[inline]
pub(crate) fn is_exiting() -> bool {
    polled_has(bits::EXIT)
}

/// Whether the current process has ended for all others: its supervisor abandoned it, and what it sends reaches nobody.
#[inline]
pub(crate) fn has_ended() -> bool {
    polled_has(bits::ENDED)
}

/// What the word of the process that is polled here says. A handler that it runs for a server is the server's: what
/// became of the caller does not concern it.
#[inline]
fn polled_has(bits: u64) -> bool {
    AMBIENT.with(|ambient| ambient.inlined.get() == 0 && ambient.pid.get() != 0)
        && CURRENT.with_borrow(|current| {
            current
                .as_ref()
                .is_some_and(|process| process.head().has(bits))
        })
}

/// Waits if this task has had its share: so what is never idle can be ended, and lets others run.
#[inline]
pub(crate) fn proceed(cx: &mut Context<'_>) -> Poll<()> {
    tokio::task::coop::poll_proceed(cx).map(|restore| restore.made_progress())
}

/// Polls unless the current process is to end. What ended it may also be what makes the future ready (a link is told
/// before a monitor), so both are looked at.
pub(crate) fn poll_unless_exiting<T>(poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
    if is_exiting() {
        return Poll::Pending;
    }
    match poll() {
        Poll::Ready(_) if is_exiting() => Poll::Pending,
        polled => polled,
    }
}

/// The node of the running code: its process's, a scope's or its thread's, the default (decision A12).
pub(crate) fn node() -> Node {
    with_current(|process| process.head().node.clone())
        .or_else(|| NODE.with_borrow(Clone::clone))
        .unwrap_or_else(|| Node::default_node().clone())
}

/// Sets the node of what runs on this thread outside of processes. Returns the one before.
pub(crate) fn set_thread_node(node: Option<Node>) -> Option<Node> {
    NODE.replace(node)
}
