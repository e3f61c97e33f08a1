//! What the call path knows of one call handler.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::process::context;

/// A handler that took longer is queued from then on.
const SHORT: Duration = Duration::from_micros(20);
/// A handler that took so long once needs no second measurement.
const LONG: Duration = Duration::from_millis(1);
/// After so many queued calls it is measured again.
const QUEUED_CALLS: u32 = 1_024;
/// After so many queued calls it is tried again whether it has to wait.
const WAITING_CALLS: u32 = 64;
/// One call in so many is timed. Odd, so that handlers which are called in turns are all timed.
const SAMPLE: u32 = 61;

const UNKNOWN: u32 = 0;
const FAST: u32 = 1;
/// Measured as slow once: it may have been the first call, or the machine.
const DOUBTED: u32 = 2;
/// From here on: queued, and the calls left until it is measured again.
const QUEUED: u32 = 16;

/// One call handler of a server, or its `init`: the name, and whether it is short enough to be run by the caller or starter.
///
/// A call to an idle server whose handler is a plain `fn` is run by the caller itself. So that this never takes
/// parallelism or a timeout away, a handler that is seen to take longer than 20 µs twice, or 1 ms once, is queued to the server's
/// own task from then on.
///
/// An `async fn` handler of an idle server is begun by the caller. If it has to wait for something, the server's task goes on
/// with it, and it is queued for a while.
#[derive(Debug)]
pub struct Handler {
    name: &'static str,
    way: Way,
    state: AtomicU32,
}

/// How a call is made, if the server is idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The caller runs the handler.
    Run,
    /// The caller begins the handler, which may await.
    Begin,
    /// It goes through the mailbox.
    Queue,
}

impl Handler {
    /// A plain `fn` handler.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self::of(name, Way::Run)
    }

    /// An `async fn` handler. What is bound to a tokio task (a `task_local!`, the id) is the caller's until it first waits.
    ///
    /// Its messages go to [`GenServer::handle`](crate::GenServer::handle) without having been offered
    /// to [`handle_now`](crate::GenServer::handle_now).
    #[must_use]
    pub const fn awaits(name: &'static str) -> Self {
        Self::of(name, Way::Begin)
    }

    /// A handler whose calls always go through the mailbox: it is known to wait, or to take long.
    #[must_use]
    pub const fn queued(name: &'static str) -> Self {
        Self::of(name, Way::Queue)
    }

    const fn of(name: &'static str, way: Way) -> Self {
        Self {
            name,
            way,
            state: AtomicU32::new(UNKNOWN),
        }
    }

    /// The name of the handler.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it was short when it was last measured.
    pub(crate) fn is_fast(&self) -> bool {
        self.state.load(Ordering::Relaxed) == FAST
    }

    /// How a call is made, if all else allows it.
    #[inline]
    pub(crate) fn way(&self) -> Way {
        if self.state.load(Ordering::Relaxed) >= QUEUED && !self.count_queued() {
            return Way::Queue;
        }
        self.way
    }

    #[cold]
    fn count_queued(&self) -> bool {
        let left = self.state.load(Ordering::Relaxed);
        let next = if left > QUEUED { left - 1 } else { UNKNOWN };
        self.state.store(next, Ordering::Relaxed);
        next == UNKNOWN
    }

    /// The time, if this call is to be timed.
    #[inline]
    pub(crate) fn sample(&self) -> Option<Instant> {
        self.is_sampled().then(Instant::now)
    }

    /// Whether this call is to be timed: one that is known to be short is now and then.
    #[inline]
    pub(crate) fn is_sampled(&self) -> bool {
        context::tick().is_multiple_of(SAMPLE) || self.state.load(Ordering::Relaxed) != FAST
    }

    #[cold]
    pub(crate) fn took(&self, time: Duration) {
        let state = self.state.load(Ordering::Relaxed);
        self.state.store(judge(state, time), Ordering::Relaxed);
    }

    /// It gave a message back that it would have to await.
    pub(crate) fn must_await(&self) {
        self.state.store(QUEUED + QUEUED_CALLS, Ordering::Relaxed);
    }

    /// It had to wait when it was begun, after so much time if that was measured.
    #[cold]
    pub(crate) fn had_to_wait(&self, after: Option<Duration>) {
        let is_long = after.is_some_and(|time| time > LONG);
        let calls = if is_long { QUEUED_CALLS } else { WAITING_CALLS };
        self.state.store(QUEUED + calls, Ordering::Relaxed);
    }
}

fn judge(state: u32, time: Duration) -> u32 {
    match state {
        _ if time <= SHORT => FAST,
        DOUBTED => QUEUED + QUEUED_CALLS,
        _ if time > LONG => QUEUED + QUEUED_CALLS,
        _ => DOUBTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_is_queued_after_two_slow_runs_or_a_very_slow_one() {
        let slow = Duration::from_micros(30);
        assert_eq!(judge(UNKNOWN, slow), DOUBTED);
        assert_eq!(judge(DOUBTED, SHORT), FAST);
        assert_eq!(judge(DOUBTED, slow), QUEUED + QUEUED_CALLS);
        assert_eq!(judge(FAST, Duration::from_millis(2)), QUEUED + QUEUED_CALLS);
    }

    #[test]
    fn a_queued_handler_is_measured_again_after_its_calls() {
        let handler = Handler::new("slow");
        handler.took(Duration::from_millis(2));
        let queued = (0..).take_while(|_| handler.way() == Way::Queue).count();
        assert_eq!(queued, 1_024);
        assert!(handler.sample().is_some());
    }

    #[test]
    fn a_handler_that_is_queued_by_hand_stays_so() {
        assert_eq!(Handler::queued("get").way(), Way::Queue);
    }

    #[test]
    fn a_handler_that_had_to_wait_is_queued_for_a_while() {
        let handler = Handler::awaits("get");
        assert_eq!(handler.way(), Way::Begin);
        handler.had_to_wait(None);
        let queued = (0..).take_while(|_| handler.way() == Way::Queue).count();
        assert_eq!(queued, 64);
        assert_eq!(handler.way(), Way::Begin);
        handler.had_to_wait(Some(Duration::from_millis(2)));
        let queued = (0..).take_while(|_| handler.way() == Way::Queue).count();
        assert_eq!(queued, 1_024);
    }
}
