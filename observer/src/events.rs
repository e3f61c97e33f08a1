//! What happened, numbered, as far back as it is kept.
//!
//! Starts, planned ends and messages are many and say little; they have places of their own, and half of the rate, so that a
//! burst of them does not push out the crash that explains it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use beamish::Pid;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::text::{Id, contains, now_ms};

/// So many events of each rank are kept: 5,000 in all.
const KEPT: usize = 2_500;

/// So many of the newest crashes keep their backtrace.
const BACKTRACES: usize = 500;

/// What kind of event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Start,
    Exit,
    Crash,
    Restart,
    Intensity,
    Supervisor,
    Unexpected,
    Slow,
    Full,
    Control,
    Trace,
    Missed,
}

impl Kind {
    pub(crate) const ALL: [(&str, Self); 12] = [
        ("start", Self::Start),
        ("exit", Self::Exit),
        ("crash", Self::Crash),
        ("restart", Self::Restart),
        ("intensity", Self::Intensity),
        ("supervisor", Self::Supervisor),
        ("unexpected", Self::Unexpected),
        ("slow", Self::Slow),
        ("full", Self::Full),
        ("control", Self::Control),
        ("trace", Self::Trace),
        ("missed", Self::Missed),
    ];

    const fn rank(self) -> Rank {
        match self {
            Self::Start | Self::Exit | Self::Unexpected | Self::Slow | Self::Full | Self::Trace => {
                Rank::Many
            }
            _ => Rank::Few,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rank {
    Many,
    Few,
}

/// An event as the API gives it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Event {
    /// Counted from 1. Given when it is noted.
    pub(crate) seq: u64,
    pub(crate) at: u64,
    pub(crate) kind: Kind,
    pub(crate) pid: Option<Id>,
    pub(crate) name: Option<String>,
    #[serde(rename = "type")]
    pub(crate) type_name: Option<String>,
    pub(crate) supervisor: Option<Id>,
    pub(crate) child: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) backtrace: Option<Arc<str>>,
    pub(crate) message: String,
    pub(crate) count: u64,
    pub(crate) new_pid: Option<Id>,
}

impl Event {
    pub(crate) const fn new(at: u64, kind: Kind, message: String) -> Self {
        Self {
            seq: 0,
            at,
            kind,
            pid: None,
            name: None,
            type_name: None,
            supervisor: None,
            child: None,
            reason: None,
            backtrace: None,
            message,
            count: 1,
            new_pid: None,
        }
    }

    fn missed(count: u64) -> Self {
        let message = format!("{count} events were missed: more came than are taken");
        Self {
            count,
            ..Self::new(now_ms(), Kind::Missed, message)
        }
    }

    fn is_about(&self, text: &str) -> bool {
        let pids = [self.pid, self.supervisor, self.new_pid];
        let texts = [&self.name, &self.type_name, &self.child, &self.reason];
        contains(&self.message, text)
            || texts.into_iter().flatten().any(|own| contains(own, text))
            || pids.into_iter().flatten().any(|pid| pid.text() == text)
    }
}

/// Which events are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Of these kinds; all if there are none.
    pub(crate) kinds: Vec<Kind>,
    /// With this text in them, in lower case.
    pub(crate) text: String,
}

impl Filter {
    fn takes(&self, event: &Event) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&event.kind))
            && (self.text.is_empty() || event.is_about(&self.text))
    }
}

/// Some events, oldest first.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    pub(crate) events: Vec<Arc<Event>>,
    /// What to ask for as `after` the next time.
    pub(crate) next: u64,
    /// How many came after `after` and are gone.
    pub(crate) missed: u64,
}

/// Some of the events.
#[derive(Debug)]
pub(crate) struct Newer {
    newest_first: Vec<Arc<Event>>,
    after: Option<u64>,
    /// The number of the newest event there is.
    last: u64,
}

impl Newer {
    pub(crate) const fn len(&self) -> usize {
        self.newest_first.len()
    }

    /// See [`Log::page`].
    pub(crate) fn page(self, filter: &Filter, limit: usize) -> Page {
        let last = self.last;
        let Some(after) = self.after else {
            let newest = self.newest_first.into_iter();
            let newest = newest.filter(|event| filter.takes(event)).take(limit);
            let mut events: Vec<_> = newest.collect();
            events.reverse();
            return Page {
                events,
                next: last,
                missed: 0,
            };
        };
        let missed = last - after - self.newest_first.len() as u64;
        let mut events = Vec::new();
        let mut next = last;
        let oldest_first = self.newest_first.into_iter().rev();
        for event in oldest_first.filter(|event| filter.takes(event)) {
            if events.len() == limit {
                next = events.last().map_or(after, |last: &Arc<Event>| last.seq);
                break;
            }
            events.push(event);
        }
        Page {
            events,
            next,
            missed,
        }
    }
}

/// The events that are kept.
#[derive(Debug)]
pub(crate) struct Log {
    many: VecDeque<Arc<Event>>,
    few: VecDeque<Arc<Event>>,
    /// The number of the newest.
    last: u64,
    gates: [Gate; 2],
}

impl Log {
    /// Takes so many events a second.
    pub(crate) const fn new(rate: u32) -> Self {
        Self {
            many: VecDeque::new(),
            few: VecDeque::new(),
            last: 0,
            gates: [Gate::new(rate / 2), Gate::new(rate - rate / 2)],
        }
    }

    /// Notes an event, unless there are too many.
    pub(crate) fn note(&mut self, event: Event, now: Instant) {
        if self.admits(event.kind, now) {
            self.push(event);
        }
    }

    /// Whether there is room for one more of this kind in this second. It is to be noted then, else it is counted.
    pub(crate) fn admits(&mut self, kind: Kind, now: Instant) -> bool {
        let gate = match kind.rank() {
            Rank::Many => 0,
            Rank::Few => 1,
        };
        let is_taken = self.gates[gate].take(now);
        self.tell_missed(now);
        is_taken
    }

    /// Notes that so many events did not come at all.
    pub(crate) fn lost(&mut self, count: u64, now: Instant) {
        self.gates[0].refused += count;
        self.tell_missed(now);
    }

    /// Notes what was refused in seconds that are over. True if there is something still to be told.
    pub(crate) fn tell_missed(&mut self, now: Instant) -> bool {
        let missed = self.gates.iter_mut().map(|gate| gate.missed(now)).sum();
        if missed > 0 {
            self.push(Event::missed(missed));
        }
        self.gates.iter().any(|gate| gate.refused > 0)
    }

    /// Notes an event that is [admitted](Self::admits).
    pub(crate) fn push(&mut self, mut event: Event) {
        self.last += 1;
        event.seq = self.last;
        let kept = match event.kind.rank() {
            Rank::Many => &mut self.many,
            Rank::Few => &mut self.few,
        };
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(Arc::new(event));
        let old = kept.len().checked_sub(BACKTRACES + 1);
        if let Some(old) = old.and_then(|old| kept.get_mut(old))
            && old.backtrace.is_some()
        {
            Arc::make_mut(old).backtrace = None;
        }
    }

    /// Says whose child it was that ended just now, which its restart tells.
    pub(crate) fn place(&mut self, ended: Pid, supervisor: Pid, child: &str) {
        /// What was restarted ended a short while ago.
        const NEAR: usize = 64;
        let near = [self.few.iter_mut().rev(), self.many.iter_mut().rev()];
        let near = near.into_iter().flat_map(|events| events.take(NEAR));
        let is_its_end = |event: &Event| {
            event.pid == Some(Id(ended)) && matches!(event.kind, Kind::Exit | Kind::Crash)
        };
        for event in near.filter(|event| is_its_end(event)) {
            let event = Arc::make_mut(event);
            event.supervisor = Some(Id(supervisor));
            event.child = Some(child.to_owned());
        }
    }

    /// The number of the newest event.
    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    /// The first `limit` events after number `after`; without one, the last `limit`.
    pub(crate) fn page(&self, after: Option<u64>, filter: &Filter, limit: usize) -> Page {
        self.newer(after).page(filter, limit)
    }

    /// The events after number `after`, or all: to be looked through without the lock.
    pub(crate) fn newer(&self, after: Option<u64>) -> Newer {
        // Of an observer that was restarted since, all are new.
        let after = after.map(|after| if after > self.last { 0 } else { after });
        let oldest = after.unwrap_or(0);
        let newer = self.newest_first().take_while(|event| event.seq > oldest);
        Newer {
            newest_first: newer.cloned().collect(),
            after,
            last: self.last,
        }
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Arc<Event>> {
        let mut many = self.many.iter().rev().peekable();
        let mut few = self.few.iter().rev().peekable();
        std::iter::from_fn(move || match (many.peek(), few.peek()) {
            (Some(a), Some(b)) if a.seq > b.seq => many.next(),
            (Some(_), None) => many.next(),
            (_, Some(_)) => few.next(),
            (None, None) => None,
        })
    }

    /// The last thing that is known of a process.
    pub(crate) fn last_of(&self, pid: Pid) -> Option<Arc<Event>> {
        let is_end = |kind| matches!(kind, Kind::Exit | Kind::Crash);
        let mut all = self
            .newest_first()
            .filter(|event| event.pid == Some(Id(pid)));
        let newest = all.next()?;
        let end = std::iter::once(newest)
            .chain(all)
            .find(|event| is_end(event.kind));
        Some(Arc::clone(end.unwrap_or(newest)))
    }
}

/// Lets so many through in each second.
#[derive(Debug)]
struct Gate {
    per_second: u32,
    second: Option<Instant>,
    taken: u32,
    refused: u64,
}

impl Gate {
    const fn new(per_second: u32) -> Self {
        Self {
            per_second,
            second: None,
            taken: 0,
            refused: 0,
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        const SECOND: Duration = Duration::from_secs(1);
        self.second
            .is_none_or(|second| now.saturating_duration_since(second) >= SECOND)
    }

    fn take(&mut self, now: Instant) -> bool {
        if self.is_over(now) {
            self.second = Some(now);
            self.taken = 0;
        }
        if self.taken == self.per_second {
            self.refused += 1;
            return false;
        }
        self.taken += 1;
        true
    }

    /// How many were refused, once their second is over or a new one has begun.
    fn missed(&mut self, now: Instant) -> u64 {
        if self.taken < self.per_second || self.is_over(now) {
            std::mem::take(&mut self.refused)
        } else {
            0
        }
    }
}

/// The kinds in a list with commas.
///
/// # Errors
/// The word that is no kind.
pub(crate) fn kinds(list: &str) -> Result<Vec<Kind>, String> {
    let words = list
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    words
        .map(|word| {
            let known = Kind::ALL.iter().find(|(name, _)| *name == word);
            known.map(|(_, kind)| *kind).ok_or_else(|| word.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::pid;

    fn event(kind: Kind, number: u64) -> Event {
        Event {
            pid: Some(Id(pid(number))),
            ..Event::new(0, kind, format!("event of {number}"))
        }
    }

    fn seqs(page: &Page) -> Vec<u64> {
        page.events.iter().map(|event| event.seq).collect()
    }

    #[test]
    fn pages_go_forward_from_where_one_left() {
        let (mut log, now) = (Log::new(1_000), Instant::now());
        for number in 1..=5 {
            log.note(event(Kind::Start, number), now);
            log.note(event(Kind::Crash, number), now);
        }
        let crashes = Filter {
            kinds: vec![Kind::Crash],
            text: String::new(),
        };
        let page = log.page(Some(0), &crashes, 2);
        assert_eq!((seqs(&page), page.next, page.missed), (vec![2, 4], 4, 0));
        let page = log.page(Some(page.next), &crashes, 10);
        assert_eq!((seqs(&page), page.next), (vec![6, 8, 10], 10));
        let newest = log.page(None, &Filter::default(), 3);
        assert_eq!((seqs(&newest), newest.next), (vec![8, 9, 10], 10));
        // A number of an earlier observer.
        assert_eq!(log.page(Some(99), &Filter::default(), 99).events.len(), 10);
    }

    #[test]
    fn a_burst_of_starts_is_counted_and_hides_no_crash() {
        let (mut log, now) = (Log::new(10), Instant::now());
        for number in 1..=100 {
            log.note(event(Kind::Start, number), now);
        }
        log.note(event(Kind::Crash, 7), now);
        assert!(log.tell_missed(now));
        let kinds = |log: &Log| -> Vec<(Kind, u64)> {
            let page = log.page(Some(5), &Filter::default(), 100);
            page.events
                .iter()
                .map(|event| (event.kind, event.count))
                .collect()
        };
        assert_eq!(kinds(&log), [(Kind::Crash, 1)]);
        assert!(!log.tell_missed(now + Duration::from_secs(1)));
        assert_eq!(kinds(&log), [(Kind::Crash, 1), (Kind::Missed, 95)]);
    }

    #[test]
    fn what_is_no_longer_kept_is_told() {
        let (mut log, now) = (Log::new(1_000_000), Instant::now());
        log.note(event(Kind::Crash, 1), now);
        for number in 0..KEPT as u64 + 100 {
            log.note(event(Kind::Start, number + 2), now);
        }
        let page = log.page(Some(0), &Filter::default(), 10_000);
        assert_eq!((page.events.len(), page.missed), (KEPT + 1, 100));
        assert_eq!(page.events[0].kind, Kind::Crash);
    }

    #[test]
    fn old_crashes_lose_their_backtrace() {
        let (mut log, now) = (Log::new(1_000_000), Instant::now());
        for number in 1..=BACKTRACES as u64 + 1 {
            let crash = Event {
                backtrace: Some("at x".into()),
                ..event(Kind::Crash, number)
            };
            log.note(crash, now);
        }
        let page = log.page(Some(0), &Filter::default(), 10_000);
        let with: Vec<bool> = page
            .events
            .iter()
            .map(|event| event.backtrace.is_some())
            .collect();
        assert!(!with[0] && with[1]);
    }

    #[test]
    fn the_end_of_a_process_is_its_last_event() {
        let (mut log, now) = (Log::new(100), Instant::now());
        log.note(event(Kind::Start, 3), now);
        assert_eq!(log.last_of(pid(3)).unwrap().kind, Kind::Start);
        log.note(event(Kind::Crash, 3), now);
        log.note(event(Kind::Restart, 3), now);
        assert_eq!(log.last_of(pid(3)).unwrap().kind, Kind::Crash);
        assert!(log.last_of(pid(4)).is_none());
    }

    #[test]
    fn filters_find_text_wherever_it_stands() {
        let mut crash = event(Kind::Crash, 3);
        crash.reason = Some("Panicked with 'No'".to_owned());
        for (text, is_found) in [
            ("panicked", true),
            ("0.3.0", true),
            ("event of", true),
            ("0.3", false),
        ] {
            assert_eq!(crash.is_about(text), is_found, "{text}");
        }
        assert_eq!(kinds("exit, crash").unwrap(), [Kind::Exit, Kind::Crash]);
        assert_eq!(kinds("exit,nonsense").unwrap_err(), "nonsense");
    }
}
