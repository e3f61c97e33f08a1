//! What a process has done and is doing, for whoever looks at it. Counted always, so it costs a load and a store.
//!
//! Only who runs code of the process writes: its task, or the caller that runs a handler for it, one after the other
//! (`gen_server/turns.rs`). Who reads sees what was written a moment ago; nothing depends on it.

use std::sync::atomic::{AtomicU64, Ordering};

/// A server waits for a message and has its state with it, where callers cannot take it.
const RESTS: u64 = 1;
const SUSPENDED: u64 = 1 << 1;
/// What is over the bits counts messages.
const HANDLED: u64 = 1 << 2;

#[derive(Default)]
pub(crate) struct Activity(AtomicU64);

impl Activity {
    #[inline]
    fn change(&self, change: impl FnOnce(u64) -> u64) {
        let now = self.0.load(Ordering::Relaxed);
        self.0.store(change(now), Ordering::Relaxed);
    }

    /// It takes up a message.
    #[inline]
    pub(crate) fn handles(&self) {
        self.change(|now| (now & !RESTS).wrapping_add(HANDLED));
    }

    /// It runs something that no message asked for.
    pub(crate) fn runs(&self) {
        self.change(|now| now & !RESTS);
    }

    pub(crate) fn rests(&self) {
        self.change(|now| now | RESTS);
    }

    pub(crate) fn suspend(&self, suspended: bool) {
        self.change(|now| now & !SUSPENDED | if suspended { SUSPENDED } else { 0 });
    }

    /// How many messages it has taken up.
    pub(crate) fn handled(&self) -> u64 {
        self.0.load(Ordering::Relaxed) / HANDLED
    }

    pub(crate) fn is_resting(&self) -> bool {
        self.0.load(Ordering::Relaxed) & RESTS != 0
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.0.load(Ordering::Relaxed) & SUSPENDED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_beside_what_it_does() {
        let activity = Activity::default();
        activity.suspend(true);
        activity.rests();
        activity.handles();
        activity.handles();
        assert_eq!(
            (
                activity.handled(),
                activity.is_resting(),
                activity.is_suspended()
            ),
            (2, false, true)
        );
        activity.rests();
        activity.suspend(false);
        assert_eq!(
            (
                activity.handled(),
                activity.is_resting(),
                activity.is_suspended()
            ),
            (2, true, false)
        );
        activity.runs();
        assert!(!activity.is_resting());
    }
}
