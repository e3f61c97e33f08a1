//! What the running code is part of: its process, and through it its node.
//!
//! 1. While a process is polled, `HERE` holds its control block.
//!    So it does while a starter runs the `init` of a new process: that of the new one, until the starter is current again; a few
//!    starts may run inside each other so.
//! 2. While a caller runs a handler for an idle server, `inlined` holds the *server's* pid, and everything that asks for
//!    the current process gets the server. Depth is one: a thread that runs a handler so starts no other (decision A1 e).
//! 3. `HERE` owns nothing when a thread ends, since a poll has ended by then. So it has no destructor, which makes it cheap
//!    to reach, and lets destructors of other thread-locals ask it.

use std::cell::{Cell, RefCell};
use std::mem::{ManuallyDrop, swap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::runtime::{self, Handle};

use crate::Pid;
use crate::node::Node;
use crate::process::control::{Head, Process, ProcessRef, bits};
use crate::process::table;

thread_local! {
    static HERE: Here = const { Here::new() };
    static NODE: RefCell<Option<Node>> = const { RefCell::new(None) };
}

/// Whether any code ran on after its process had ended (see [`has_ended`]): hardly ever in the life of a program.
static SOME_OUTLIVE: AtomicBool = AtomicBool::new(false);

struct Here {
    /// The bits of the current process's pid, 0 if there is none.
    pid: Cell<u64>,
    /// The bits of the server's pid whose handler runs here, 0 if none does.
    inlined: Cell<u64>,
    /// The bits of the pid whose call is being handled.
    caller: Cell<u64>,
    runtime: Cell<Option<runtime::Id>>,
    process: RefCell<ManuallyDrop<Option<ProcessRef>>>,
    ticks: Cell<u32>,
    /// How many starts run inside each other on this thread.
    starts: Cell<u32>,
}

/// More starts than these do not run inside each other: the stack has an end.
const STARTS: u32 = 4;

/// What is saved of [`Here`] beside the process.
struct Words {
    pid: u64,
    inlined: u64,
    caller: u64,
    runtime: Option<runtime::Id>,
}

impl Words {
    const NONE: Self = Self {
        pid: 0,
        inlined: 0,
        caller: 0,
        runtime: None,
    };

    const fn of(head: &Head) -> Self {
        Self {
            pid: head.pid.to_bits(),
            runtime: Some(head.runtime),
            ..Self::NONE
        }
    }
}

impl Here {
    const fn new() -> Self {
        Self {
            pid: Cell::new(0),
            inlined: Cell::new(0),
            caller: Cell::new(0),
            runtime: Cell::new(None),
            process: RefCell::new(ManuallyDrop::new(None)),
            ticks: Cell::new(0),
            starts: Cell::new(0),
        }
    }

    /// Makes `process` the current one, and gives out what was before.
    #[inline]
    fn exchange(&self, words: &Words, process: &mut Option<ProcessRef>) -> Words {
        swap(&mut **self.process.borrow_mut(), process);
        Words {
            pid: self.pid.replace(words.pid),
            inlined: self.inlined.replace(words.inlined),
            caller: self.caller.replace(words.caller),
            runtime: self.runtime.replace(words.runtime),
        }
    }

    /// What the word of the process that is polled here says. A handler that it runs for a server is the server's: what
    /// became of the caller does not concern it.
    #[inline]
    fn polled_has(&self, bits: u64) -> bool {
        self.inlined.get() == 0
            && self
                .process
                .borrow()
                .as_ref()
                .is_some_and(|process| process.head().has(bits))
    }
}

/// Runs code as a process.
#[inline]
pub(crate) fn run_as<P: Process + 'static, R>(process: Arc<P>, code: impl FnOnce() -> R) -> R {
    let words = Words::of(process.head());
    run_with(&words, Some(process), code)
}

/// Runs code as a process of any kind, or as none.
pub(crate) fn run_as_any<R>(process: Option<ProcessRef>, code: impl FnOnce() -> R) -> R {
    let words = process.as_ref().map(|process| Words::of(process.head()));
    run_with(&words.unwrap_or(Words::NONE), process, code)
}

#[inline]
fn run_with<R>(words: &Words, mut process: Option<ProcessRef>, code: impl FnOnce() -> R) -> R {
    let before = HERE.with(|here| here.exchange(words, &mut process));
    let _entered = Entered { before, process };
    code()
}

struct Entered {
    before: Words,
    /// The process before; while this is dropped, the one that was current.
    process: Option<ProcessRef>,
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        HERE.with(|here| here.exchange(&self.before, &mut self.process));
    }
}

/// Makes a server the current process while a caller runs its handler (rule 2).
pub(crate) struct Inlined {
    caller: u64,
}

#[inline]
pub(crate) fn inline(server: Pid) -> Inlined {
    HERE.with(|here| {
        here.inlined.set(server.to_bits());
        Inlined {
            caller: here.caller.replace(here.pid.get()),
        }
    })
}

impl Drop for Inlined {
    #[inline]
    fn drop(&mut self) {
        HERE.with(|here| {
            here.inlined.set(0);
            here.caller.set(self.caller);
        });
    }
}

/// Whether this thread may run a handler for a server of `runtime` (decision A1 a, d, e).
#[inline]
pub(crate) fn may_inline(runtime: runtime::Id) -> bool {
    let same = HERE.with(|here| {
        if here.inlined.get() != 0 {
            return Some(false);
        }
        here.runtime.get().map(|here| here == runtime)
    });
    let same = same.unwrap_or_else(|| is_entered(runtime));
    same && !in_span()
}

/// A start whose `init` the starter runs.
pub(crate) struct BegunStart;

/// Whether the starter may run the `init` of a process, as that process: not in a `tracing` span, which that must not see, and
/// not where too many starts run inside each other.
pub(crate) fn begin_start() -> Option<BegunStart> {
    if in_span() {
        return None;
    }
    HERE.with(|here| {
        let starts = here.starts.get();
        (starts < STARTS).then(|| {
            here.starts.set(starts + 1);
            BegunStart
        })
    })
}

impl Drop for BegunStart {
    fn drop(&mut self) {
        HERE.with(|here| here.starts.set(here.starts.get() - 1));
    }
}

/// Whether the caller stands in a `tracing` span, which a handler must not see.
#[inline]
fn in_span() -> bool {
    tracing::level_filters::LevelFilter::current() != tracing::level_filters::LevelFilter::OFF
        && !tracing::Span::current().is_none()
}

/// A call that has a timeout is made: without a runtime it fails before anything is sent.
pub(crate) fn needs_clock() {
    if HERE.with(|here| here.runtime.get()).is_none() && Handle::try_current().is_err() {
        no_clock();
    }
}

#[cold]
pub(crate) fn no_clock() -> ! {
    panic!(
        "a call with a timeout has to wait, which needs a tokio runtime with time enabled; enable it, or call with `.infinity()`"
    )
}

/// Whether what is begun here and now is tied to that runtime: another one may be entered inside a process.
pub(crate) fn is_entered(runtime: runtime::Id) -> bool {
    Handle::try_current().is_ok_and(|here| here.id() == runtime)
}

/// Counts the handlers that ran on this thread for a caller.
#[inline]
pub(crate) fn tick() -> u32 {
    HERE.with(|here| {
        let tick = here.ticks.get().wrapping_add(1);
        here.ticks.set(tick);
        tick
    })
}

pub(crate) fn set_caller(caller: Option<Pid>) {
    HERE.with(|here| here.caller.set(caller.map_or(0, Pid::to_bits)));
}

pub(crate) fn caller() -> Option<Pid> {
    Pid::from_bits(HERE.with(|here| here.caller.get()))
}

#[inline]
pub(crate) fn self_pid() -> Option<Pid> {
    Pid::from_bits(HERE.with(|here| match here.inlined.get() {
        0 => here.pid.get(),
        server => server,
    }))
}

pub(crate) fn in_process() -> bool {
    self_pid().is_some()
}

/// The current process.
pub(crate) fn current() -> Option<ProcessRef> {
    HERE.with(|here| match here.inlined.get() {
        0 => (**here.process.borrow()).clone(),
        server => Pid::from_bits(server).and_then(table::find),
    })
}

/// The current process, lent to code that neither runs the user's nor enters a process.
#[inline]
pub(crate) fn with_current<R>(read: impl FnOnce(&dyn Process) -> R) -> Option<R> {
    HERE.with(|here| match here.inlined.get() {
        0 => here.process.borrow().as_deref().map(read),
        server => Pid::from_bits(server)
            .and_then(table::find)
            .map(|process| read(&*process)),
    })
}

/// Whether the current process has an exit pending: then every future of this crate suspends without effect (decision A20).
#[inline]
pub(crate) fn is_exiting() -> bool {
    HERE.with(|here| match here.inlined.get() {
        0 => here.polled_has(bits::EXIT),
        server => server_has(server, bits::EXIT),
    })
}

/// Of a server whose handler a caller has begun.
#[cold]
fn server_has(server: u64, bits: u64) -> bool {
    let server = Pid::from_bits(server).and_then(table::find);
    server.is_none_or(|server| server.head().has(bits))
}

/// Whether the current process has ended for all others: its supervisor abandoned it, and what it sends reaches nobody.
#[inline]
pub(crate) fn has_ended() -> bool {
    SOME_OUTLIVE.load(Ordering::Relaxed) && HERE.with(|here| here.polled_has(bits::ENDED))
}

/// From now on code of a process may run that has ended: to be said before it is marked so.
pub(crate) fn may_outlive() {
    SOME_OUTLIVE.store(true, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Rule 3: a runtime that goes with the thread's locals, after those of this module.
    #[test]
    fn a_runtime_may_end_with_its_thread() {
        thread_local! {
            static KEPT: RefCell<Option<runtime::Runtime>> = const { RefCell::new(None) };
        }
        let with_a_process = || {
            let runtime = runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                crate::spawn(std::future::pending::<()>());
                tokio::task::yield_now().await;
            });
            runtime
        };
        let thread = std::thread::spawn(move || {
            // What is first used is destroyed last.
            KEPT.set(None);
            drop(with_a_process());
            KEPT.set(Some(with_a_process()));
        });
        thread.join().unwrap();
    }
}
