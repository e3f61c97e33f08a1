//! The word of a process, which carries the ordering between whoever pushes or signals and whoever runs it, and what wakes its
//! task: see rule 1 in `process/control.rs`.

use std::task::Waker;

use crate::sync::checked::{AtomicU64, OnceLock, Ordering};

/// The bits of [`Word`].
pub(crate) mod bits {
    /// Something may be in the inbox.
    pub(crate) const MAIL: u64 = 1;
    /// An untrapped exit signal is pending, or the process is on its way out by itself.
    pub(crate) const EXIT: u64 = 1 << 1;
    /// It has ended for all others: its task is gone, or there was none, or it was abandoned.
    pub(crate) const ENDED: u64 = 1 << 2;
    /// A caller that ran a handler left something for the task to do first.
    pub(crate) const CARRY: u64 = 1 << 3;
    /// The state of the server is in its slot, or with a caller that took it from there.
    pub(crate) const IDLE: u64 = 1 << 4;
    /// A handler of the server dropped a handle for an answer.
    pub(crate) const DROPPED: u64 = 1 << 5;
    /// All of the above. What is over them counts the handlers that callers ran.
    pub(crate) const ALL: u64 = RAN - 1;
    pub(crate) const RAN: u64 = 1 << 8;
}

pub(crate) struct Word {
    bits: AtomicU64,
    task: OnceLock<Waker>,
}

impl Word {
    pub(crate) fn new() -> Self {
        Self {
            bits: AtomicU64::new(0),
            task: OnceLock::new(),
        }
    }

    #[inline]
    pub(crate) fn has(&self, bits: u64) -> bool {
        self.get() & bits != 0
    }

    /// What is set.
    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.bits.load(Ordering::Acquire) & bits::ALL
    }

    /// Sets bits after the change that they tell of. Returns what was set before.
    #[inline]
    pub(crate) fn set(&self, bits: u64) -> u64 {
        self.bits.fetch_or(bits, Ordering::AcqRel)
    }

    /// Counts a handler that a caller ran, after it has put the state back. Returns what was set.
    ///
    /// The count makes it a read-modify-write that takes one instruction; a change by nothing would be compiled to a full
    /// fence, which costs twice as much.
    #[inline]
    pub(crate) fn ran(&self) -> u64 {
        self.bits.fetch_add(bits::RAN, Ordering::AcqRel) & bits::ALL
    }

    /// As [`ran`](Self::ran), by a caller that did not run one.
    pub(crate) fn did_not_run(&self) -> u64 {
        self.bits.fetch_or(0, Ordering::AcqRel) & bits::ALL
    }

    /// How many handlers callers ran.
    pub(crate) fn count(&self) -> u64 {
        self.bits.load(Ordering::Relaxed) / bits::RAN
    }

    /// Clears bits. Returns what was set before.
    #[inline]
    pub(crate) fn clear(&self, bits: u64) -> u64 {
        self.bits.fetch_and(!bits, Ordering::AcqRel)
    }

    /// Remembers how to wake the task. The read-modify-write that follows makes who came before visible to the task, and
    /// the waker to who comes after.
    #[inline]
    pub(crate) fn attach(&self, waker: &Waker) {
        if self.task.get().is_none() {
            self.attach_first(waker);
        }
    }

    #[inline(never)]
    fn attach_first(&self, waker: &Waker) {
        if self.task.set(waker.clone()).is_ok() {
            self.set(0);
        }
    }

    /// What wakes the task, once that has run.
    pub(crate) fn waker(&self) -> Option<&Waker> {
        self.task.get()
    }

    pub(crate) fn wake(&self) {
        if let Some(waker) = self.task.get() {
            waker.wake_by_ref();
        }
    }

    /// Tells the task of a server that mail has come: only the first push after the task last looked wakes it.
    ///
    /// Who finds the bit set after its push need not set it: the task clears it before it takes the inbox, so it takes what
    /// was pushed here, or the bit was set again since by someone who wakes it.
    #[inline]
    pub(crate) fn mail_came(&self) {
        if !self.has(bits::MAIL) && self.set(bits::MAIL) & bits::MAIL == 0 {
            self.wake();
        }
    }

    /// Whether mail has come since the task last looked.
    #[inline]
    pub(crate) fn look_for_mail(&self) -> bool {
        self.has(bits::MAIL) && self.clear(bits::MAIL) & bits::MAIL != 0
    }
}
