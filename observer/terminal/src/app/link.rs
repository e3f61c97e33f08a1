//! The connection with the observer: whether there is one, and when the next try is due.

use std::time::{Duration, Instant};

/// The wait before the first try; it doubles with each that fails.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// A try is under way.
    Connecting,
    /// The stream is there.
    Connected,
    /// The next try is due at a time.
    Waiting { until: Instant },
}

/// A time without a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) since: Instant,
    /// Why.
    pub(crate) problem: String,
    tries: u32,
    /// How many events of that time came afterwards.
    pub(crate) late: u64,
    /// How many did not.
    pub(crate) missed: u64,
    /// Whether another program answered then.
    pub(crate) other_program: bool,
}

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) state: State,
    /// The last time without a connection, until all that is left of it came.
    pub(crate) gap: Option<Gap>,
}

impl Link {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Connecting,
            gap: None,
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.state == State::Connected
    }

    /// The connection is lost, or a try failed; `heard` is when the observer was heard for the last time.
    pub(crate) fn lost(&mut self, problem: String, heard: Instant, now: Instant) {
        let gap = self.gap.get_or_insert_with(|| Gap {
            since: heard,
            problem: String::new(),
            tries: 0,
            late: 0,
            missed: 0,
            other_program: false,
        });
        let wait = FIRST_WAIT
            .saturating_mul(1 << gap.tries.min(16))
            .min(LONGEST_WAIT);
        gap.problem = problem;
        gap.tries += 1;
        self.state = State::Waiting { until: now + wait };
    }

    /// Whether a try is due; it counts as begun then.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let due = matches!(self.state, State::Waiting { until } if until <= now);
        if due {
            self.state = State::Connecting;
        }
        due
    }

    pub(crate) fn connected(&mut self) {
        self.state = State::Connected;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_further_and_further_apart() {
        let mut now = Instant::now();
        let mut link = Link::new();
        let mut waits = Vec::new();
        for _ in 0..7 {
            link.lost("no".to_owned(), now, now);
            let State::Waiting { until } = link.state else {
                panic!("{link:?}")
            };
            waits.push((until - now).as_millis());
            assert!(!link.is_due(now));
            now = until;
            assert!(link.is_due(now));
            assert!(!link.is_due(now), "once");
        }
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    }

    #[test]
    fn a_gap_lasts_over_its_tries() {
        let start = Instant::now();
        let mut link = Link::new();
        link.lost("a".to_owned(), start, start + Duration::from_secs(1));
        let later = start + Duration::from_secs(3);
        link.lost("b".to_owned(), later, later);
        let gap = link.gap.unwrap();
        assert_eq!((gap.since, gap.problem.as_str()), (start, "b"));
    }
}
