//! The control block of a process: what everybody who holds it may ask and do.
//!
//! 1. `word` carries the ordering between whoever pushes or signals and whoever runs the process: the change is made
//!    first, then its bit is set, then the task is woken.
//! 2. `signals` is the lock of the process's relations. Where two processes' are held, the lower pid's is taken first.
//!    Under it, a mailbox may be pushed to and the names of a node changed; no user code runs.
//! 3. `pending` is set once, by the first cause, and never changed; then `EXIT` is set (`SIG-6`).
//! 4. `ended` and then `told` are set once, by `death.rs`, each together with the removal of relations: who finds it set
//!    does what is done for a process that is not there, who does not is told by the death.

use std::any::{Any, TypeId};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime;
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep};

use crate::exit::{Cause, Effect, effect};
use crate::mailbox::{Receiver, Seen, Wake};
use crate::node::Node;
use crate::observe::Kind;
use crate::process::activity::Activity;
use crate::process::relations::{Relations, Watcher};
use crate::process::word::Word;
pub(crate) use crate::process::word::bits;
use crate::sync::Mutex;
use crate::sys::{Refused, System};
use crate::{Exit, ExitReason, Info, MonitorRef, Name, Pid};

pub(crate) type ProcessRef = Arc<dyn Process>;

/// A process of any kind.
pub(crate) trait Process: Send + Sync {
    fn head(&self) -> &Head;

    /// The type of the server, or of the future that it runs.
    fn type_name(&self) -> &'static str;

    fn kind(&self) -> Kind;

    /// For whoever knows what kind of server it is.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;

    /// Whether this block is of that type.
    fn is_of(&self, block: TypeId) -> bool;

    /// Puts a message into the mailbox; gives it back if that is closed. May be called under the lock of `signals`, which
    /// is why the waking and the dropping are left to the caller.
    fn push(&self, info: Info) -> Result<Wake, Info>;

    /// Queues a request to stop, if this is a server that has not ended.
    fn push_stop(&self, reason: ExitReason) -> bool;

    /// Queues a system request, if this is a server.
    fn push_system(&self, system: System) -> Result<(), Refused>;

    fn mailbox_len(&self) -> usize;

    /// How many bytes a message takes in the mailbox.
    fn letter_bytes(&self) -> usize;

    /// What waits, oldest first, by the names of the types.
    fn mailbox_contents(&self) -> Vec<&'static str>;

    /// Removes one message from the mailbox.
    fn remove(&self, found: &dyn Fn(&Info) -> bool) -> Option<Info>;

    /// Removes all such messages.
    fn remove_all(&self, found: &dyn Fn(&Info) -> bool) -> Vec<Info>;

    /// See `Mailbox::select`.
    fn select(
        &self,
        seen: &mut Seen,
        receiver: Receiver<'_>,
        select: &mut dyn FnMut(Info) -> Option<Info>,
    ) -> bool;

    /// Closes the mailbox. Gives out the callers who wait for an answer to what was not handled.
    fn close(&self) -> Vec<Arc<dyn Deathwatch>>;

    /// Drops the state if it is not with the task. `false`: someone runs a handler on it at this moment, and will see
    /// what `word` says.
    fn drop_state(&self) -> bool;
}

/// Something that waits to hear of a death without being a process.
pub(crate) trait Deathwatch: Send + Sync {
    fn died(&self, reason: &ExitReason);
}

pub(crate) struct Head {
    pub(crate) pid: Pid,
    pub(crate) parent: Option<Pid>,
    pub(crate) node: Node,
    pub(crate) runtime: runtime::Id,
    pub(crate) word: Word,
    pub(crate) activity: Activity,
    /// When the timer in `signals` is due, in nanoseconds of [`since_epoch`]; 0 if it is not armed. Only who runs code
    /// of the process reads it, and only to see that it need not look there.
    timer_due: AtomicU64,
    pub(crate) signals: Mutex<Signals>,
}

#[derive(Default)]
pub(crate) struct Signals {
    pub(crate) trap_exit: bool,
    /// The parent waits in a start that has not been answered (`STA-5`), or for the end (`SUP-4`).
    pub(crate) awaited: bool,
    /// Whether `pending` is a reason of its own.
    pub(crate) by_itself: bool,
    pub(crate) ended: bool,
    pub(crate) told: bool,
    /// The link that most processes have takes no memory; any other is in `relations`.
    pub(crate) linked_to_parent: bool,
    pending: Option<Pending>,
    /// Whoever waits for its end without being a process. Mostly it is one, if any; others are in `relations`.
    pub(crate) waiter: Option<Arc<dyn Deathwatch>>,
    /// What not every process has.
    pub(crate) relations: Option<Box<Relations>>,
}

/// Where one who waits for an end is found again.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// In the first place, by the address at which it stands itself: who has this keeps it there.
    First(usize),
    Later(MonitorRef),
}

impl Place {
    fn first(waiter: &Arc<dyn Deathwatch>) -> Self {
        Self::First(Arc::as_ptr(waiter).addr())
    }
}

/// The reason with which a process is to end: what most end with, in one byte.
#[derive(Clone, Copy)]
enum Pending {
    Normal,
    Shutdown,
    Killed,
    /// It stands in the relations.
    Other,
}

impl Pending {
    const fn reason(self) -> Option<ExitReason> {
        match self {
            Self::Normal => Some(ExitReason::Normal),
            Self::Shutdown => Some(ExitReason::Shutdown),
            Self::Killed => Some(ExitReason::Killed),
            Self::Other => None,
        }
    }
}

impl Signals {
    pub(crate) fn is_over(&self) -> bool {
        self.ended || self.pending.is_some()
    }

    pub(crate) fn relations(&mut self) -> &mut Relations {
        self.relations.get_or_insert_default()
    }

    /// Enters a link of the process that was started by `parent`.
    pub(crate) fn link(&mut self, parent: Option<Pid>, other: Pid) {
        if parent == Some(other) {
            self.linked_to_parent = true;
        } else {
            self.relations().links.insert(other, ());
        }
    }

    /// Removes a link of the process that was started by `parent`. Returns whether there was one.
    pub(crate) fn unlink(&mut self, parent: Option<Pid>, other: Pid) -> bool {
        if parent == Some(other) {
            return std::mem::take(&mut self.linked_to_parent);
        }
        let relations = self.relations.as_mut();
        relations.is_some_and(|relations| relations.links.remove(&other).is_some())
    }

    /// Whom the process that was started by `parent` is linked to.
    pub(crate) fn links(&self, parent: Option<Pid>) -> Vec<Pid> {
        let relations = self.relations.iter();
        let others = relations.flat_map(|relations| relations.links.iter().map(|(pid, ())| *pid));
        let parent = parent.filter(|_| self.linked_to_parent);
        parent.into_iter().chain(others).collect()
    }

    pub(crate) fn name(&self) -> Option<&Name> {
        self.relations.as_ref()?.name.as_deref()
    }

    /// The reason with which it is to end.
    pub(crate) fn pending(&self) -> Option<ExitReason> {
        let kept = || self.relations.as_ref()?.pending().cloned();
        self.pending?.reason().or_else(kept)
    }

    /// Takes that out.
    pub(crate) fn take_pending(&mut self) -> Option<ExitReason> {
        let pending = self.pending.take()?;
        let kept = || self.relations.as_mut()?.take_pending();
        pending.reason().or_else(kept)
    }

    /// Enters who waits for its end.
    pub(crate) fn add_waiter(&mut self, waiter: Arc<dyn Deathwatch>) -> Place {
        if self.waiter.is_none() {
            return Place::first(self.waiter.insert(waiter));
        }
        let mref = MonitorRef::next();
        let waiter = Watcher::Waiter(waiter);
        self.relations().watchers.insert(mref, waiter);
        Place::Later(mref)
    }

    /// Removes one who waits. It is given out, to be dropped outside of the lock.
    pub(crate) fn remove_waiter(&mut self, place: Place) -> Option<Arc<dyn Deathwatch>> {
        match place {
            Place::First(address) => self
                .waiter
                .take_if(|waiter| Arc::as_ptr(waiter).addr() == address),
            Place::Later(mref) => match self.relations.as_mut()?.watchers.remove(&mref)? {
                Watcher::Waiter(waiter) => Some(waiter),
                Watcher::Process(..) => None,
            },
        }
    }

    /// Decides the reason with which the process ends, unless that was decided before (`SIG-6`): then it is given back, to be
    /// dropped outside of the lock.
    #[must_use]
    pub(crate) fn end(&mut self, reason: ExitReason, by_itself: bool) -> Option<ExitReason> {
        if self.is_over() {
            return Some(reason);
        }
        self.pending = Some(match reason {
            ExitReason::Normal => Pending::Normal,
            ExitReason::Shutdown => Pending::Shutdown,
            ExitReason::Killed => Pending::Killed,
            reason => {
                self.relations().set_pending(reason);
                Pending::Other
            }
        });
        self.by_itself = by_itself;
        None
    }
}

impl Head {
    pub(crate) fn new(node: Node, runtime: runtime::Id, parent: Option<Pid>) -> Self {
        Self {
            pid: Pid::next(),
            parent,
            node,
            runtime,
            word: Word::new(),
            activity: Activity::default(),
            timer_due: AtomicU64::new(0),
            signals: Mutex::default(),
        }
    }

    pub(crate) fn name(&self) -> Option<Name> {
        self.signals.lock().name().cloned()
    }

    #[inline]
    pub(crate) fn has(&self, bits: u64) -> bool {
        self.word.has(bits)
    }

    /// Sets bits after the change that they tell of (rule 1). Returns what was set before.
    #[inline]
    pub(crate) fn set(&self, bits: u64) -> u64 {
        self.word.set(bits)
    }

    /// Decides the reason with which it ends, unless that was decided before (`SIG-6`). Returns what `word` said.
    pub(crate) fn conclude(&self, reason: ExitReason, by_itself: bool) -> u64 {
        let mut signals = self.signals.lock();
        let refused = signals.end(reason, by_itself);
        let word = self.set(bits::EXIT);
        drop(signals);
        if let Some(refused) = refused {
            crate::panics::drop_quietly(refused);
        }
        word
    }

    /// Whether it can still handle anything: no exit is pending and it has not ended (decision A21).
    pub(crate) fn is_alive(&self) -> bool {
        !self.has(bits::EXIT | bits::ENDED)
    }

    /// Waits for a deadline with the timer that the waits of this process share: see `gen_server/call.rs`. `None` if that
    /// cannot be, since its task is not what is polled. `began`: now, and how long the wait is, if that is known.
    pub(crate) fn poll_deadline(
        &self,
        deadline: impl FnOnce() -> Instant,
        began: Option<(Instant, Duration)>,
        cx: &mut Context<'_>,
    ) -> Option<Poll<()>> {
        if !self.is_task_of(cx.waker()) {
            return None;
        }
        if let Some((now, timeout)) = began {
            let (due, now) = (self.timer_due.load(Ordering::Relaxed), since_epoch(now));
            // What is due later than now has not fired. Of a clock that is behind the epoch nothing is known.
            if now > 0 && due > now && due - now <= nanoseconds(timeout) {
                return Some(Poll::Pending);
            }
        }
        self.arm_timer(deadline(), cx)
    }

    fn arm_timer(&self, deadline: Instant, cx: &mut Context<'_>) -> Option<Poll<()>> {
        let mut signals = self.signals.lock();
        if signals.ended {
            return None;
        }
        let timer = match &mut signals.relations().timer {
            Some(timer) => {
                let is_armed = !timer.is_elapsed();
                if is_armed && timer.deadline() <= deadline {
                    return Some(Poll::Pending);
                }
                timer.as_mut().reset(deadline);
                timer
            }
            none => none.insert(timer_at(deadline)),
        };
        self.timer_due
            .store(since_epoch(deadline), Ordering::Relaxed);
        // Whatever this task's share is: a timer that does not take the waker now would never be polled again.
        Some(pin!(unconstrained(timer.as_mut())).poll(cx))
    }

    /// The timer that goes with the process.
    pub(crate) fn take_timer(&self, signals: &mut Signals) -> Option<Pin<Box<Sleep>>> {
        self.timer_due.store(0, Ordering::Relaxed);
        signals.relations.as_mut()?.timer.take()
    }

    /// Whether that wakes the task.
    pub(crate) fn is_task_of(&self, waker: &Waker) -> bool {
        self.word.waker().is_some_and(|task| task.will_wake(waker))
    }

    pub(crate) fn wake(&self) {
        self.word.wake();
    }
}

/// Nanoseconds since some point in time, 0 before.
fn since_epoch(at: Instant) -> u64 {
    static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);
    nanoseconds(at.saturating_duration_since(*EPOCH))
}

/// For 584 years.
fn nanoseconds(duration: Duration) -> u64 {
    (duration.as_secs())
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::from(duration.subsec_nanos()))
}

/// # Panics
/// Where there is no clock.
pub(crate) fn timer_at(deadline: Instant) -> Pin<Box<Sleep>> {
    match std::panic::catch_unwind(|| tokio::time::sleep_until(deadline)) {
        Ok(timer) => Box::pin(timer),
        Err(_) => crate::process::context::no_clock(),
    }
}

/// Sends an exit signal (`EXI-1`).
pub(crate) fn signal_exit(target: &dyn Process, from: Pid, reason: ExitReason, cause: Cause) {
    let head = target.head();
    let mut signals = head.signals.lock();
    // What the link's removal by `unlink` came before never arrives (LNK-3): both happen under this lock.
    if cause == Cause::Link && !signals.unlink(head.parent, from) {
        return;
    }
    if signals.is_over() {
        drop(signals);
        return crate::panics::drop_quietly(reason);
    }
    match effect(cause, reason, signals.trap_exit) {
        Effect::Dropped => {}
        Effect::Message(reason) => {
            let pushed = target.push(Info::new(Exit { from, reason }));
            drop(signals);
            settle(target, pushed);
        }
        Effect::Ends(reason) => {
            let refused = signals.end(reason, cause == Cause::ExitSelf);
            head.set(bits::EXIT);
            drop(signals);
            // It was not decided before: that was looked at above.
            debug_assert!(refused.is_none());
            head.wake();
        }
    }
}

/// Sends a message; a dead process gets nothing (`SIG-4`).
pub(crate) fn deliver(target: &dyn Process, info: Info) {
    if !target.head().is_alive() {
        return crate::panics::drop_quietly(info);
    }
    settle(target, target.push(info));
}

/// Does what a push has left to do outside of all locks.
pub(crate) fn settle(target: &dyn Process, pushed: Result<Wake, Info>) {
    match pushed {
        Ok(wake) => wake.wake(target.head()),
        Err(info) => crate::panics::drop_quietly(info),
    }
}
