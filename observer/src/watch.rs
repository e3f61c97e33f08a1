//! Processes that a page has open: their handlers are timed, from then on, until nobody has asked for a while.
//!
//! A function that looks at a server's events is installed in it. It has no clock of its own but for what it looks at: from
//! the moment at which a message is about to be handled to that at which it was. When the observer is gone, the function
//! finds that at the next event, and removes itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use beamish::Pid;
use beamish::sys::{self, Event};
use tokio::time::Instant;

use crate::text::{micros, now_ms};
use crate::timings::{Handler, Handling, Recent, Timings};

/// A process is not timed any more when nobody has asked for so long.
const ASKED: Duration = Duration::from_secs(30);

/// So many processes are timed at a time.
const MAX_WATCHED: usize = 256;

/// By which the function is known in a server.
const ID: &str = "beamish_observer";

/// What is timed.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<HashMap<Pid, Watched>>);

#[derive(Debug)]
struct Watched {
    since_ms: u64,
    asked: Instant,
    /// What it had handled when its rate was last taken, when that was, and the rate.
    rate: (u64, Instant, Option<f64>),
    timings: Arc<Mutex<Timings>>,
}

/// What is known of a server that is timed.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    pub(crate) since_ms: u64,
    pub(crate) handled_per_s: Option<f64>,
    pub(crate) current: Option<Handling>,
    pub(crate) handlers: Vec<Handler>,
    /// Newest first.
    pub(crate) recent: Vec<Recent>,
    /// Unix milliseconds.
    pub(crate) tracing_until: Option<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is told of each message of a server that is traced.
pub(crate) type Trace = Box<dyn Fn(Pid, Recent) + Send>;

impl Watches {
    /// Times the server `pid` from now on, if it is not timed already. False if there are too many.
    pub(crate) async fn watch(&self, pid: Pid, trace: impl FnOnce() -> Trace) -> bool {
        let timings = {
            let mut watches = lock(&self.0);
            if let Some(watched) = watches.get_mut(&pid) {
                watched.asked = Instant::now();
                return true;
            }
            if watches.len() >= MAX_WATCHED {
                return false;
            }
            let timings = Arc::<Mutex<Timings>>::default();
            let watched = Watched {
                since_ms: now_ms(),
                asked: Instant::now(),
                rate: (0, Instant::now(), None),
                timings: Arc::clone(&timings),
            };
            watches.insert(pid, watched);
            timings
        };
        let look = look(pid, Arc::downgrade(&timings), trace());
        // One of an observer that crashed may be there.
        let patience = crate::asking::PATIENCE;
        let remove = sys::remove(pid, ID).timeout(patience);
        let install = sys::install_as(pid, ID, look).timeout(patience);
        // To its end though the client goes away: what is entered above is to be true.
        let installed = tokio::spawn(async move {
            if remove.await == Err(sys::SysError::NotAServer(pid)) {
                return false;
            }
            // A server that is busy gets it later: the request stands in its mailbox.
            drop(install.await);
            true
        });
        let is_server = installed.await.unwrap_or(false);
        if !is_server {
            lock(&self.0).remove(&pid);
        }
        is_server
    }

    /// What is known of a server that is timed. `handled`: how many messages it has handled so far.
    pub(crate) fn timed(&self, pid: Pid, handled: u64) -> Option<Timed> {
        let mut watches = lock(&self.0);
        let watched = watches.get_mut(&pid)?;
        let now = Instant::now();
        watched.rate = rate(watched.rate, handled, now);
        let (since_ms, handled_per_s) = (watched.since_ms, watched.rate.2);
        let timings = Arc::clone(&watched.timings);
        drop(watches);
        let timings = lock(&timings);
        let traced_for = timings.traced_for(now);
        Some(Timed {
            since_ms,
            handled_per_s,
            current: timings.current(now),
            handlers: timings.handlers(),
            recent: timings.newest_first(),
            tracing_until: traced_for.map(|left| now_ms() + micros(left) / 1_000),
        })
    }

    /// The time in handlers of all servers that are timed.
    pub(crate) fn times_us(&self) -> HashMap<Pid, u64> {
        let watches = lock(&self.0);
        let timings: Vec<_> = watches
            .iter()
            .map(|(pid, watched)| (*pid, Arc::clone(&watched.timings)))
            .collect();
        drop(watches);
        timings
            .into_iter()
            .map(|(pid, timings)| (pid, lock(&timings).total_us()))
            .collect()
    }

    /// Tells of each message of a server that is timed, for a while.
    pub(crate) fn trace(&self, pid: Pid, time: Duration) {
        if let Some(watched) = lock(&self.0).get_mut(&pid) {
            lock(&watched.timings).trace_until(Instant::now() + time);
        }
    }

    /// Ends the timing of servers for which nobody has asked for a while, and which are not traced.
    pub(crate) fn forget(&self) {
        let now = Instant::now();
        let mut over = Vec::new();
        lock(&self.0).retain(|pid, watched| {
            let is_traced = lock(&watched.timings).traced_for(now).is_some();
            let is_over = !is_traced && now.saturating_duration_since(watched.asked) >= ASKED;
            if is_over {
                over.push(*pid);
            }
            !is_over
        });
        for pid in over {
            tokio::spawn(async move { drop(sys::remove(pid, ID).await) });
        }
    }
}

/// The rate of messages since it was last taken; not more often than each half second.
fn rate(
    last: (u64, Instant, Option<f64>),
    handled: u64,
    now: Instant,
) -> (u64, Instant, Option<f64>) {
    const SHORTEST: Duration = Duration::from_millis(500);
    let (before, at, _) = last;
    let time = now.saturating_duration_since(at);
    if before == 0 {
        return (handled, now, None);
    }
    if time < SHORTEST {
        return last;
    }
    let rate = handled.saturating_sub(before) as f64 / time.as_secs_f64();
    (handled, now, Some((rate * 10.0).round() / 10.0))
}

/// The function that is installed in a server.
fn look(pid: Pid, timings: Weak<Mutex<Timings>>, trace: Trace) -> impl FnMut(&Event) + Send {
    /// A function that panics is removed (`sys::install`); this is no panic that anyone is told of.
    fn remove_me() -> ! {
        std::panic::resume_unwind(Box::new("the observer is gone"))
    }
    move |event| {
        let Some(timings) = timings.upgrade() else {
            remove_me()
        };
        let traced = lock(&timings).event(event, Instant::now());
        if let Some(recent) = traced {
            trace(pid, recent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_needs_two_looks_that_are_apart() {
        let start = Instant::now();
        let first = rate((0, start, None), 100, start);
        assert_eq!(first.2, None);
        let soon = rate(first, 110, start + Duration::from_millis(100));
        assert_eq!(soon.2, None);
        let later = rate(soon, 150, start + Duration::from_secs(2));
        assert_eq!(later.2, Some(25.0));
        assert_eq!(
            rate(later, 151, start + Duration::from_millis(2_100)).2,
            Some(25.0)
        );
    }

    #[test]
    fn a_look_without_its_observer_ends_itself() {
        let timings = Arc::<Mutex<Timings>>::default();
        let mut look = look(
            "0.1.0".parse().unwrap(),
            Arc::downgrade(&timings),
            Box::new(|_, _| {}),
        );
        look(&Event::NoReply);
        drop(timings);
        let ended =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(&Event::NoReply)));
        assert!(ended.is_err());
    }
}
