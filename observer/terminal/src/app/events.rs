//! The events that came, in their order.

use std::collections::BTreeMap;

use crate::api::Event;
use crate::app::list::Step;
use crate::text;

/// How many events are kept; an observer keeps as many.
pub(crate) const KEPT: usize = 5_000;
/// How much is kept of each text of an event, in bytes: 5,000 backtraces would be many.
const KEPT_TEXT: usize = 4 * 1024;

#[derive(Debug)]
pub(crate) struct EventLog {
    events: BTreeMap<u64, Event>,
    last: Option<u64>,
    /// How many are known to be lost.
    pub(crate) missed: u64,
    /// The last event that is shown, while the list stands still.
    paused: Option<u64>,
    pub(crate) newest_first: bool,
    pub(crate) filter: String,
    /// None: the newest, whichever it is.
    selected: Option<u64>,
}

impl Default for EventLog {
    fn default() -> Self {
        Self {
            events: BTreeMap::new(),
            last: None,
            missed: 0,
            paused: None,
            newest_first: true,
            filter: String::new(),
            selected: None,
        }
    }
}

impl EventLog {
    /// Adds an event; whether it is a new one.
    pub(crate) fn add(&mut self, mut event: Event) -> bool {
        let seq = event.seq;
        let is_old = self.events.len() >= KEPT
            && self
                .events
                .first_key_value()
                .is_some_and(|(oldest, _)| seq < *oldest);
        if is_old || self.events.contains_key(&seq) {
            return false;
        }
        if let Some(backtrace) = &mut event.backtrace {
            *backtrace = text::frames(backtrace).join("\n");
        }
        let texts = [
            &mut event.backtrace,
            &mut event.reason,
            &mut event.name,
            &mut event.type_name,
        ];
        for text in texts.into_iter().flatten().chain([&mut event.message]) {
            text.truncate(text::begin(text, KEPT_TEXT).len());
        }
        self.events.insert(seq, event);
        self.last = self.last.max(Some(seq));
        while self.events.len() > KEPT {
            self.events.pop_first();
        }
        true
    }

    /// The number of the last event that came.
    pub(crate) fn last(&self) -> Option<u64> {
        self.last
    }

    /// Forgets the events: another program counts anew.
    pub(crate) fn forget(&mut self) {
        self.events.clear();
        self.last = None;
        self.missed = 0;
        self.selected = None;
        self.paused = self.paused.map(|_| u64::MAX);
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    pub(crate) fn pause(&mut self) {
        self.paused = match self.paused {
            None => Some(self.last.unwrap_or(0)),
            Some(_) => None,
        };
    }

    /// How many came since the list stands still.
    pub(crate) fn waiting(&self) -> u64 {
        self.paused.map_or(0, |paused| {
            self.events.range(paused.saturating_add(1)..).count() as u64
        })
    }

    /// The events that are shown, from top to bottom.
    pub(crate) fn shown(&self) -> Vec<&Event> {
        let filter = self.filter.to_lowercase();
        let shown = self.events.range(..=self.paused.unwrap_or(u64::MAX));
        let matching = shown
            .map(|(_, event)| event)
            .filter(|event| matches(event, &filter));
        let mut matching: Vec<_> = matching.collect();
        if self.newest_first {
            matching.reverse();
        }
        matching
    }

    pub(crate) fn selected_index(&self, shown: &[&Event]) -> usize {
        let newest = if self.newest_first {
            0
        } else {
            shown.len().saturating_sub(1)
        };
        let Some(selected) = self.selected else {
            return newest;
        };
        let distance = |event: &&Event| event.seq.abs_diff(selected);
        let nearest = (0..shown.len()).min_by_key(|index| distance(&shown[*index]));
        nearest.unwrap_or(newest)
    }

    pub(crate) fn selected(&self) -> Option<&Event> {
        let shown = self.shown();
        shown.get(self.selected_index(&shown)).copied()
    }

    pub(crate) fn move_by(&mut self, step: Step) {
        let shown = self.shown();
        let index = step.from(self.selected_index(&shown), shown.len());
        let newest = if self.newest_first {
            0
        } else {
            shown.len().saturating_sub(1)
        };
        let seq = shown.get(index).map(|event| event.seq);
        self.selected = if index == newest { None } else { seq };
    }
}

fn matches(event: &Event, filter: &str) -> bool {
    if filter.is_empty() {
        return true;
    }
    let texts = [
        Some(&event.kind),
        Some(&event.message),
        event.pid.as_ref(),
        event.new_pid.as_ref(),
        event.name.as_ref(),
        event.type_name.as_ref(),
        event.child.as_ref(),
        event.reason.as_ref(),
    ];
    texts
        .iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(filter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64) -> Event {
        Event {
            seq,
            kind: "start".to_owned(),
            ..Event::default()
        }
    }

    fn log(seqs: impl IntoIterator<Item = u64>) -> EventLog {
        let mut log = EventLog::default();
        for seq in seqs {
            log.add(event(seq));
        }
        log
    }

    fn shown(log: &EventLog) -> Vec<u64> {
        log.shown().iter().map(|event| event.seq).collect()
    }

    #[test]
    fn events_are_in_order_and_there_once() {
        let mut log = log([3, 1]);
        assert!(log.add(event(2)));
        assert!(!log.add(event(3)));
        assert_eq!(shown(&log), [3, 2, 1]);
        assert_eq!(log.last(), Some(3));
        log.newest_first = false;
        assert_eq!(shown(&log), [1, 2, 3]);
    }

    #[test]
    fn the_oldest_go() {
        let mut log = log(1..=KEPT as u64 + 2);
        assert_eq!(log.shown().len(), KEPT);
        assert_eq!(log.shown().last().unwrap().seq, 3);
        assert!(!log.add(event(1)), "what was dropped does not come back");
    }

    #[test]
    fn a_paused_list_stands_still() {
        let mut log = log(1..=3);
        log.pause();
        log.add(event(4));
        assert_eq!((shown(&log), log.waiting()), (vec![3, 2, 1], 1));
        log.pause();
        assert_eq!((shown(&log), log.waiting()), (vec![4, 3, 2, 1], 0));
    }

    #[test]
    fn the_selection_follows_the_newest_or_stays_at_its_event() {
        let mut log = log(1..=3);
        log.add(event(4));
        assert_eq!(log.selected().unwrap().seq, 4);
        log.move_by(Step::By(1));
        log.add(event(5));
        assert_eq!(log.selected().unwrap().seq, 3);
        log.move_by(Step::Start);
        log.add(event(6));
        assert_eq!(log.selected().unwrap().seq, 6);
        log.newest_first = false;
        assert_eq!(log.selected_index(&log.shown()), 5);
    }

    #[test]
    fn any_text_of_an_event_is_searched() {
        let mut log = log(1..=2);
        log.add(Event {
            seq: 3,
            kind: "crash".into(),
            reason: Some("Panic: no".into()),
            ..Event::default()
        });
        for filter in ["CRASH", "panic"] {
            log.filter = filter.to_owned();
            assert_eq!(shown(&log), [3]);
        }
        log.filter = "absent".to_owned();
        assert!(shown(&log).is_empty());
        assert_eq!(log.selected(), None);
    }

    #[test]
    fn another_program_begins_anew() {
        let mut log = log(100..=105);
        log.forget();
        assert_eq!(log.last(), None);
        assert!(log.add(event(1)));
    }

    #[test]
    fn a_text_is_kept_in_part_if_it_is_long() {
        let mut log = EventLog::default();
        let long = "ü".repeat(KEPT_TEXT);
        log.add(Event {
            reason: Some(long.clone()),
            message: long,
            ..Event::default()
        });
        let event = log.selected().unwrap();
        assert_eq!(
            [event.reason.as_ref().unwrap().len(), event.message.len()],
            [KEPT_TEXT; 2]
        );
    }
}
