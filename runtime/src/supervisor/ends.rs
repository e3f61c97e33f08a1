//! The ends of children, one after the other (`SUP-3`, `SUP-4`).
//!
//! 1. A child that ends as it should asks the next one to end itself, from its own task: the supervisor is woken by the
//!    last one, by one that had ended before or ends otherwise, and when the time of one is over. So an end costs one
//!    change of tasks instead of two.
//! 2. Who takes `awaited` out goes on alone: the death of that child, or the supervisor. It is there before the child
//!    is watched and asked.
//! 3. The supervisor sleeps no longer than the child that is awaited has time: where the next one's time is over
//!    earlier, it is woken. What that child does from its own task is what the supervisor would do: it sends the
//!    supervisor's signal.
//!    Whose time begins in another runtime begins by that one's clock, which is another only where a test pauses it.
//! 4. A supervisor that was killed may still have asked for ends that its links would have asked for.
//! 5. Nothing else is locked, and nobody woken, under the lock.

use std::future::poll_fn;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use tokio::time::Instant;

use crate::deadline::until;
use crate::process::control::Deathwatch;
use crate::process::receive::far_from;
use crate::process::{death, exit_from, self_pid, table};
use crate::supervisor::children::{KILL_GRACE, abandon, ask_to_end, take_exit};
use crate::supervisor::plan;
use crate::sync::{Mutex, MutexGuard};
use crate::{ExitReason, Pid, Restart, Shutdown};

/// A child that is to be ended.
#[derive(Clone, Copy)]
pub(crate) struct ToEnd {
    /// Its place among its siblings.
    pub(crate) at: usize,
    pub(crate) pid: Pid,
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
}

/// Ends children, while the supervisor waits. Dropped, it asks no more of them, but for one that is being asked.
pub(crate) struct Ends(Arc<Row>);

struct Row {
    /// For who waits for the next child.
    this: Weak<Self>,
    supervisor: Pid,
    state: Mutex<State>,
}

struct State {
    /// Those that were not asked yet, the next one last.
    left: Vec<ToEnd>,
    awaited: Option<Awaited>,
    /// What the supervisor has to see.
    seen: Option<(ToEnd, ExitReason)>,
    /// How long the supervisor sleeps, if not for ever.
    sleeps_until: Option<Instant>,
    waker: Option<Waker>,
}

/// The one that was asked to end.
struct Awaited {
    child: ToEnd,
    /// When its time is over.
    until: Option<Instant>,
    is_killed: bool,
}

/// What woke the supervisor.
enum Woken {
    Seen(ToEnd, ExitReason),
    AllEnded,
    /// By what is awaited now.
    TooLate,
}

impl Ends {
    /// The last one is ended first.
    pub(crate) fn new(children: Vec<ToEnd>) -> Self {
        Self(Arc::new_cyclic(|this| Row {
            this: Weak::clone(this),
            supervisor: self_pid(),
            state: Mutex::new(State {
                left: children,
                awaited: None,
                seen: None,
                sleeps_until: None,
                waker: None,
            }),
        }))
    }

    /// Waits for the next that had ended before or ended otherwise than it should, with its reason; `None`: all have
    /// ended.
    pub(crate) async fn next(&mut self) -> Option<(ToEnd, ExitReason)> {
        let row = &*self.0;
        row.ask_next(row.state.lock());
        loop {
            let until_then = row.state.lock().sleep();
            let woken = poll_fn(|cx| row.poll(cx));
            let woken = match until_then {
                Some(at) => until(at, None, woken).await,
                None => Some(woken.await),
            };
            match woken {
                Some(Woken::Seen(child, seen)) => {
                    // If it had ended before, its `Exit` has come, and says why. Else none comes, or one of somebody
                    // who is no child any more: no look through all that waits is needed for it.
                    let reason = match seen {
                        ExitReason::NoProc => take_exit(child.pid).unwrap_or(seen),
                        seen => seen,
                    };
                    return Some((child, reason));
                }
                Some(Woken::AllEnded) => return None,
                Some(Woken::TooLate) => {}
                None => row.time_is_over(),
            }
        }
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        let left = std::mem::take(&mut state.left);
        let awaited = state.awaited.take();
        // The child that is awaited keeps the row.
        let waker = state.waker.take();
        drop(state);
        drop((left, awaited, waker));
    }
}

impl State {
    /// How long the supervisor sleeps.
    fn sleep(&mut self) -> Option<Instant> {
        self.sleeps_until = self.awaited.as_ref().and_then(|awaited| awaited.until);
        self.sleeps_until
    }

    /// Whether the supervisor would wake too late for what is awaited.
    fn is_too_late(&self) -> bool {
        let until = self.awaited.as_ref().and_then(|awaited| awaited.until);
        until.is_some_and(|until| self.sleeps_until.is_none_or(|slept| until < slept))
    }
}

impl Row {
    /// Asks the next child to end, if there is one; else the supervisor is woken.
    fn ask_next(&self, mut state: MutexGuard<'_, State>) {
        let Some(child) = state.left.pop() else {
            return wake(state);
        };
        state.awaited = Some(Awaited {
            child,
            until: time_of(child.shutdown),
            is_killed: false,
        });
        if state.is_too_late() {
            wake(state);
        } else {
            drop(state);
        }
        if !self.ask(child) {
            let mut state = self.state.lock();
            if state.awaited.take().is_some() {
                state.seen = Some((child, ExitReason::NoProc));
                wake(state);
            }
        }
    }

    /// `false`: it has ended before.
    fn ask(&self, child: ToEnd) -> bool {
        let (Some(process), Some(this)) = (table::find(child.pid), self.this.upgrade()) else {
            return false;
        };
        let is_there = death::add_parents_waiter(&*process, self.supervisor, this);
        if is_there {
            ask_to_end(self.supervisor, &process, child.shutdown);
        }
        is_there
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<Woken> {
        let mut state = self.state.lock();
        if let Some((child, reason)) = state.seen.take() {
            return Poll::Ready(Woken::Seen(child, reason));
        }
        if state.awaited.is_none() {
            return Poll::Ready(Woken::AllEnded);
        }
        if state.is_too_late() {
            return Poll::Ready(Woken::TooLate);
        }
        let is_known = |waker: &Waker| waker.will_wake(cx.waker());
        if !state.waker.as_ref().is_some_and(is_known) {
            state.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Kills the child that is awaited, if its time is over (`SUP-4`).
    ///
    /// One that blocks its thread cannot end; it is abandoned [`KILL_GRACE`] after its kill: all others see it as
    /// killed, and what it still does reaches nobody (decision A19).
    fn time_is_over(&self) {
        let now = Instant::now();
        let mut state = self.state.lock();
        let Some(awaited) = &mut state.awaited else {
            return;
        };
        if awaited.until.is_none_or(|until| until > now) {
            return;
        }
        let pid = awaited.child.pid;
        let is_killed = awaited.is_killed || awaited.child.shutdown == Shutdown::BrutalKill;
        awaited.is_killed = true;
        awaited.until = (!is_killed).then(|| far_from(now, KILL_GRACE));
        drop(state);
        // If it is not there, its death is on its way here.
        let Some(process) = table::find(pid) else {
            return;
        };
        if is_killed {
            abandon(&process);
        } else {
            exit_from(self.supervisor, &*process, ExitReason::Kill);
        }
    }
}

/// When the time is over of a child that is asked now.
fn time_of(shutdown: Shutdown) -> Option<Instant> {
    let time = match shutdown {
        Shutdown::Infinity => return None,
        Shutdown::Timeout(timeout) => timeout,
        Shutdown::BrutalKill => KILL_GRACE,
    };
    Some(far_from(Instant::now(), time))
}

fn wake(mut state: MutexGuard<'_, State>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Deathwatch for Row {
    fn died(&self, reason: &ExitReason) {
        let mut state = self.state.lock();
        // Else the supervisor does not wait any more.
        let Some(Awaited { child, .. }) = state.awaited.take() else {
            return;
        };
        if plan::is_expected_end(child.restart, child.shutdown, reason) {
            return self.ask_next(state);
        }
        state.seen = Some((child, reason.clone()));
        wake(state);
    }
}
