//! A place where one value arrives for one waiter.

use std::task::{Context, Poll, Waker};

use crate::panics::drop_quietly;
use crate::sync::Mutex;

/// The first value that is put in counts; later ones vanish.
pub(crate) struct Parcel<T>(Mutex<State<T>>);

struct State<T> {
    value: Option<T>,
    is_decided: bool,
    waker: Option<Waker>,
}

impl<T> Default for Parcel<T> {
    fn default() -> Self {
        Self::awaited_by(None)
    }
}

impl<T> Parcel<T> {
    /// One that `waker` waits for already.
    pub(crate) fn awaited_by(waker: Option<Waker>) -> Self {
        Self(Mutex::new(State {
            value: None,
            is_decided: false,
            waker,
        }))
    }

    pub(crate) fn put(&self, value: T) {
        let mut state = self.0.lock();
        if state.is_decided {
            drop(state);
            return drop_quietly(value);
        }
        state.is_decided = true;
        state.value = Some(value);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Nobody waits any more: what comes vanishes.
    pub(crate) fn abandon(&self) {
        let mut state = self.0.lock();
        state.is_decided = true;
        let left = (state.value.take(), state.waker.take());
        drop(state);
        drop_quietly(left);
    }

    /// Whether a value was put in or will be ignored.
    pub(crate) fn is_decided(&self) -> bool {
        self.0.lock().is_decided
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.0.lock().value.take()
    }

    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<T> {
        let mut state = self.0.lock();
        if let Some(value) = state.value.take() {
            return Poll::Ready(value);
        }
        if !state
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            state.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Waits for a second value.
    pub(crate) fn reopen(&self) {
        self.0.lock().is_decided = false;
    }
}
