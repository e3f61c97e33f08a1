//! The only door to locks and shared cells.

use std::fmt;
use std::mem::ManuallyDrop;

use crossbeam_utils::atomic::AtomicCell;

pub(crate) use parking_lot::MutexGuard;

/// A lock that is not poisoned: no user code runs under any lock of this crate, so a panic cannot leave one half-changed.
#[derive(Default)]
pub(crate) struct Mutex<T>(parking_lot::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(parking_lot::Mutex::new(value))
    }

    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock()
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mutex")
    }
}

/// A place for one boxed value that whoever finds it there may take.
///
/// `ManuallyDrop` makes a put a plain store: the slot is known to be empty then (rule 1 in `gen_server/process.rs`),
/// so there is nothing to drop.
pub(crate) struct Slot<T>(AtomicCell<Option<ManuallyDrop<Box<T>>>>);

impl<T> Slot<T> {
    pub(crate) const fn empty() -> Self {
        Self(AtomicCell::new(None))
    }

    #[inline]
    pub(crate) fn take(&self) -> Option<Box<T>> {
        self.0.take().map(ManuallyDrop::into_inner)
    }

    #[inline]
    pub(crate) fn put(&self, value: Box<T>) {
        self.0.store(Some(ManuallyDrop::new(value)));
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}
