//! Processes that a page has open: their handlers are timed, from then on, until nobody has asked for a while.
//!
//! A function that looks at a server's events is installed in it. It has no clock of its own but for what it looks at: from
//! the moment at which a message is about to be handled to that at which it was. When the observer is gone, the function
//! finds that at the next event, and removes itself.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use beamish::sys::{self, EventKind};
use beamish::{Pid, sys::Event as Looked};
use serde::Serialize;
use tokio::time::Instant;

use crate::text::{cut, micros, now_ms};

/// A process is not timed any more when nobody has asked for so long.
const ASKED: Duration = Duration::from_secs(30);

/// So many processes are timed at a time.
const MAX_WATCHED: usize = 256;

/// So many of the last messages are shown.
const RECENT: usize = 50;

/// So many kinds of messages are told apart.
const MAX_HANDLERS: usize = 200;

/// What a message shows at most of what it holds, in bytes.
const MAX_CONTENTS: usize = 1_024;

/// The upper bounds of the histograms, in microseconds.
const BOUNDS: [u64; 16] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000, 1_000_000, 10_000_000,
];

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

/// The times of the handlers of one server.
#[derive(Debug, Default)]
pub(crate) struct Timings {
    handlers: BTreeMap<(&'static str, &'static str), Times>,
    recent: VecDeque<Recent>,
    current: Option<Current>,
    tracing_until: Option<Instant>,
}

#[derive(Debug)]
struct Current {
    kind: &'static str,
    message: &'static str,
    contents: Option<String>,
    from: Option<Pid>,
    since: Instant,
    at: u64,
}

#[derive(Clone, Debug, Default)]
struct Times {
    count: u64,
    total: Duration,
    max: Duration,
    /// One for each of [`BOUNDS`], and one for what is over them.
    buckets: [u64; BOUNDS.len() + 1],
}

impl Times {
    fn add(&mut self, took: Duration) {
        self.count += 1;
        self.total += took;
        self.max = self.max.max(took);
        self.buckets[bucket(took)] += 1;
    }
}

/// The place of a time in the histogram: the first bound that it does not exceed.
fn bucket(took: Duration) -> usize {
    BOUNDS.partition_point(|bound| Duration::from_micros(*bound) < took)
}

/// A message that was handled.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    pub(crate) at: u64,
    pub(crate) kind: &'static str,
    pub(crate) message: &'static str,
    pub(crate) contents: Option<String>,
    pub(crate) from: Option<Pid>,
    pub(crate) took_us: u64,
}

/// The message that is being handled.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Handling {
    message: &'static str,
    since_us: u64,
}

/// The times of one handler, as the API gives them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Handler {
    message: &'static str,
    kind: &'static str,
    count: u64,
    total_us: u64,
    max_us: u64,
    buckets: Vec<Bucket>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Bucket {
    le_us: Option<u64>,
    count: u64,
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

const fn word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Call => "call",
        EventKind::Cast => "cast",
        EventKind::Info => "info",
        EventKind::Timeout => "timeout",
        EventKind::Continue => "continue",
        _ => "other",
    }
}

impl Timings {
    /// An event of the server. Gives the message that it has handled, if it is traced.
    fn event(&mut self, event: &Looked, now: Instant) -> Option<Recent> {
        match event {
            Looked::In {
                kind,
                message,
                contents,
                from,
            } => {
                let contents = contents
                    .as_deref()
                    .map(|text| cut(text.to_owned(), MAX_CONTENTS));
                self.current = Some(Current {
                    kind: word(*kind),
                    message,
                    contents,
                    from: *from,
                    since: now,
                    at: now_ms(),
                });
                None
            }
            _ => self.handled(now),
        }
    }

    fn handled(&mut self, now: Instant) -> Option<Recent> {
        let current = self.current.take()?;
        let took = now.saturating_duration_since(current.since);
        let key = (current.kind, current.message);
        if self.handlers.len() < MAX_HANDLERS || self.handlers.contains_key(&key) {
            self.handlers.entry(key).or_default().add(took);
        }
        let recent = Recent {
            at: current.at,
            kind: current.kind,
            message: current.message,
            contents: current.contents,
            from: current.from,
            took_us: micros(took),
        };
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(recent.clone());
        self.tracing_until
            .is_some_and(|until| now < until)
            .then_some(recent)
    }

    fn handlers(&self) -> Vec<Handler> {
        let handlers = self.handlers.iter();
        handlers
            .map(|((kind, message), times)| {
                let bounds = BOUNDS.iter().map(|bound| Some(*bound)).chain([None]);
                let buckets = bounds.zip(times.buckets);
                Handler {
                    message,
                    kind,
                    count: times.count,
                    total_us: micros(times.total),
                    max_us: micros(times.max),
                    buckets: buckets
                        .map(|(le_us, count)| Bucket { le_us, count })
                        .collect(),
                }
            })
            .collect()
    }

    fn total_us(&self) -> u64 {
        micros(self.handlers.values().map(|times| times.total).sum())
    }
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
        if sys::remove(pid, ID).timeout(patience).await == Err(sys::SysError::NotAServer(pid)) {
            lock(&self.0).remove(&pid);
            return false;
        }
        // A server that is busy gets it later: the request stands in its mailbox.
        drop(sys::install_as(pid, ID, look).timeout(patience).await);
        true
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
        let current = timings.current.as_ref().map(|current| Handling {
            message: current.message,
            since_us: micros(now.saturating_duration_since(current.since)),
        });
        let tracing_until = timings
            .tracing_until
            .and_then(|until| until.checked_duration_since(now));
        Some(Timed {
            since_ms,
            handled_per_s,
            current,
            handlers: timings.handlers(),
            recent: timings.recent.iter().rev().cloned().collect(),
            tracing_until: tracing_until.map(|left| now_ms() + micros(left) / 1_000),
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
            lock(&watched.timings).tracing_until = Some(Instant::now() + time);
        }
    }

    /// Ends the timing of servers for which nobody has asked for a while, and which are not traced.
    pub(crate) fn forget(&self) {
        let now = Instant::now();
        let mut over = Vec::new();
        lock(&self.0).retain(|pid, watched| {
            let is_traced = lock(&watched.timings)
                .tracing_until
                .is_some_and(|until| now < until);
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
fn look(pid: Pid, timings: Weak<Mutex<Timings>>, trace: Trace) -> impl FnMut(&Looked) + Send {
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

impl Recent {
    /// In one line, for an event.
    pub(crate) fn told(&self) -> String {
        let what = self.contents.as_deref().unwrap_or(self.message);
        let from = self
            .from
            .map_or_else(String::new, |from| format!(" from {from}"));
        format!("{} {what}{from}, {} µs", self.kind, self.took_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: Duration = Duration::from_micros(1);

    fn got(message: &'static str) -> Looked {
        Looked::In {
            kind: EventKind::Call,
            message,
            contents: None,
            from: None,
        }
    }

    #[test]
    fn times_fall_below_the_first_bound_that_they_do_not_exceed() {
        let bound = |took: Duration| BOUNDS.get(bucket(took)).copied();
        assert_eq!(bound(Duration::ZERO), Some(1));
        assert_eq!(bound(US), Some(1));
        assert_eq!(bound(Duration::from_nanos(1_001)), Some(2));
        assert_eq!(bound(US * 50), Some(50));
        assert_eq!(bound(Duration::from_secs(60)), None);
    }

    #[test]
    fn a_handler_takes_from_its_message_to_its_answer() {
        let (mut timings, start) = (Timings::default(), Instant::now());
        for round in 1..=3 {
            assert!(timings.event(&got("fetch"), start).is_none());
            assert_eq!(timings.current.as_ref().unwrap().message, "fetch");
            timings.event(&Looked::Out { to: None }, start + US * round * 10);
        }
        // An answer without a message is none of ours.
        timings.event(&Looked::NoReply, start);
        assert!(timings.current.is_none());
        let handlers = timings.handlers();
        let [fetch] = &handlers[..] else {
            panic!("{handlers:?}");
        };
        assert_eq!((fetch.count, fetch.total_us, fetch.max_us), (3, 60, 30));
        let counts: u64 = fetch.buckets.iter().map(|bucket| bucket.count).sum();
        assert_eq!(counts, 3);
        assert_eq!(timings.total_us(), 60);
    }

    #[test]
    fn the_last_messages_are_kept_and_told_while_traced() {
        let (mut timings, start) = (Timings::default(), Instant::now());
        timings.tracing_until = Some(start + US);
        let mut told = 0;
        for round in 0..RECENT + 10 {
            timings.event(&got("fetch"), start);
            let at = if round < 5 { start } else { start + US };
            told += usize::from(timings.event(&Looked::NoReply, at).is_some());
        }
        assert_eq!((timings.recent.len(), told), (RECENT, 5));
    }

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
        look(&got("fetch"));
        drop(timings);
        let ended =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(&Looked::NoReply)));
        assert!(ended.is_err());
    }
}
