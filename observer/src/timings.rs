//! How long the handlers of a server take, by the events that it tells.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use beamish::Pid;
use beamish::sys::{Event, EventKind};
use serde::Serialize;
use tokio::time::Instant;

use crate::text::{cut, micros, now_ms};

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
    /// The message that is being handled.
    pub(crate) fn current(&self, now: Instant) -> Option<Handling> {
        let current = self.current.as_ref()?;
        Some(Handling {
            message: current.message,
            since_us: micros(now.saturating_duration_since(current.since)),
        })
    }

    /// The last messages.
    pub(crate) fn newest_first(&self) -> Vec<Recent> {
        self.recent.iter().rev().cloned().collect()
    }

    /// Gives out each message from now on, for whoever traces the server.
    pub(crate) const fn trace_until(&mut self, until: Instant) {
        self.tracing_until = Some(until);
    }

    /// For how long it is traced yet.
    pub(crate) fn traced_for(&self, now: Instant) -> Option<Duration> {
        let left = self.tracing_until?.checked_duration_since(now)?;
        (!left.is_zero()).then_some(left)
    }

    /// An event of the server. Gives the message that it has handled, if it is traced.
    pub(crate) fn event(&mut self, event: &Event, now: Instant) -> Option<Recent> {
        match event {
            Event::In {
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
        self.traced_for(now).is_some().then_some(recent)
    }

    pub(crate) fn handlers(&self) -> Vec<Handler> {
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

    pub(crate) fn total_us(&self) -> u64 {
        micros(self.handlers.values().map(|times| times.total).sum())
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

    fn got(message: &'static str) -> Event {
        Event::In {
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
            timings.event(&Event::Out { to: None }, start + US * round * 10);
        }
        // An answer without a message is none of ours.
        timings.event(&Event::NoReply, start);
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
            told += usize::from(timings.event(&Event::NoReply, at).is_some());
        }
        assert_eq!((timings.recent.len(), told), (RECENT, 5));
    }
}
