//! The only door to locks and shared cells.
//!
//! What the idle call is made of is taken from `checked`: under `--cfg beamish_model` it is the model checker's there
//! (`gen_server/model.rs`).

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

    /// Of what nobody else has yet.
    #[inline]
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mutex")
    }
}

/// A place for one boxed value that whoever finds it there may take.
///
/// `ManuallyDrop` makes a put a plain store: the slot is known to be empty then (rule 1 in `gen_server/turns.rs`), so there
/// is nothing to drop.
pub(crate) struct Slot<T>(AtomicCell<Option<ManuallyDrop<Box<T>>>>);

#[cfg_attr(
    all(test, beamish_model),
    expect(dead_code, reason = "the model has its own")
)]
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
        drop(self.0.take().map(ManuallyDrop::into_inner));
    }
}

#[cfg(not(all(test, beamish_model)))]
pub(crate) mod checked {
    pub(crate) use std::sync::OnceLock;
    pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

    pub(crate) use super::{Mutex, MutexGuard, Slot};
}

/// The same for loom, with no more ordering than the real ones give. What is shared by an atomic of loom's lies beside it in a
/// lock that nobody waits for: loom runs one thread at a time, and changes it only where it is asked.
#[cfg(all(test, beamish_model))]
pub(crate) mod checked {
    use std::sync::PoisonError;

    pub(crate) use loom::sync::MutexGuard;
    pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};

    #[derive(Default)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// An `AtomicCell` of a pointer stores with `Release` and swaps with `AcqRel`. Loom lets a swap miss a plain store that came
    /// before it, so `is_full` is changed by read-modify-writes alone, which must not order more than that store: who takes
    /// sees who put by `was_put`, which only who has the value touches.
    pub(crate) struct Slot<T> {
        is_full: AtomicU64,
        was_put: AtomicU64,
        value: super::Mutex<Option<Box<T>>>,
    }

    impl<T> Slot<T> {
        pub(crate) fn empty() -> Self {
            Self {
                is_full: AtomicU64::new(0),
                was_put: AtomicU64::new(0),
                value: super::Mutex::new(None),
            }
        }

        pub(crate) fn take(&self) -> Option<Box<T>> {
            self.is_full
                .compare_exchange(1, 0, Ordering::Release, Ordering::Acquire)
                .ok()?;
            let was_put = self.was_put.swap(0, Ordering::Acquire);
            assert_eq!(was_put, 1, "two have the state");
            self.value.lock().take()
        }

        pub(crate) fn put(&self, value: Box<T>) {
            let before = self.value.lock().replace(value);
            assert!(before.is_none(), "the state is there twice");
            self.was_put.store(1, Ordering::Release);
            self.is_full.swap(1, Ordering::Relaxed);
        }
    }

    /// Set with `Release`, read with `Acquire`.
    pub(crate) struct OnceLock<T> {
        is_set: AtomicU64,
        value: std::sync::OnceLock<T>,
    }

    impl<T> OnceLock<T> {
        pub(crate) fn new() -> Self {
            Self {
                is_set: AtomicU64::new(0),
                value: std::sync::OnceLock::new(),
            }
        }

        pub(crate) fn get(&self) -> Option<&T> {
            let is_set = self.is_set.load(Ordering::Acquire) != 0;
            self.value.get().filter(|_| is_set)
        }

        pub(crate) fn set(&self, value: T) -> Result<(), T> {
            self.value.set(value)?;
            self.is_set.store(1, Ordering::Release);
            Ok(())
        }
    }
}
