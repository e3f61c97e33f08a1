//! Waiting on a plain thread, without a runtime.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use parking_lot::Condvar;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::panics;
use crate::sync::Mutex;

/// Panics if this thread drives async code at this moment: whoever is waited for may need it.
#[track_caller]
pub(crate) fn forbid_in_async(what: &str) {
    assert!(
        may_block(),
        "{what} cannot block a thread that runs async code, where whoever it waits for may need it; await it instead, or use `spawn_blocking`"
    );
}

/// Only tokio knows, and says so by a panic alone.
fn may_block() -> bool {
    if Handle::try_current().is_err() {
        return true;
    }
    let (sender, receiver) = oneshot::channel();
    let _ = sender.send(());
    panics::silently(|| receiver.blocking_recv()).is_ok()
}

/// Waits for `future`, at most `limit` of real time.
pub(crate) fn wait<F: Future>(future: F, limit: Option<Duration>) -> Option<F::Output> {
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    let bell = Arc::<Bell>::default();
    let waker = Waker::from(Arc::clone(&bell));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        if !bell.rings_before(deadline) {
            return None;
        }
    }
}

/// Wakes a thread; its own, since the thread may use `park` for something else.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    /// Waits until it rings: `false` if the time is over first.
    fn rings_before(&self, deadline: Option<Instant>) -> bool {
        let mut rung = self.rung.lock();
        while !std::mem::take(&mut *rung) {
            match deadline {
                None => self.changed.wait(&mut rung),
                Some(deadline) => {
                    if self.changed.wait_until(&mut rung, deadline).timed_out() {
                        return std::mem::take(&mut *rung);
                    }
                }
            }
        }
        true
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        *self.rung.lock() = true;
        self.changed.notify_one();
    }
}
