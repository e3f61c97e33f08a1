//! How many restarts are too many (`RST-2`). Pure: the time is passed in.

use std::collections::VecDeque;

/// The restarts of the last seconds, newest first, in whole seconds of a monotonic clock.
#[derive(Clone, Debug)]
pub(crate) struct Intensity {
    max_restarts: u32,
    max_seconds: u64,
    restarts: VecDeque<u64>,
}

impl Intensity {
    pub(crate) const fn new(max_restarts: u32, max_seconds: u64) -> Self {
        Self {
            max_restarts,
            max_seconds,
            restarts: VecDeque::new(),
        }
    }

    /// Counts a restart at `now`; whether it is still allowed. A restart exactly `max_seconds` ago counts.
    #[must_use]
    pub(crate) fn allow(&mut self, now: u64) -> bool {
        self.restarts.push_front(now);
        while self
            .restarts
            .back()
            .is_some_and(|then| now - then > self.max_seconds)
        {
            self.restarts.pop_back();
        }
        self.restarts.len() <= self.max_restarts as usize
    }

    pub(crate) const fn limits(&self) -> (u32, u64) {
        (self.max_restarts, self.max_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(max_restarts: u32, max_seconds: u64, times: &[u64]) -> Vec<bool> {
        let mut intensity = Intensity::new(max_restarts, max_seconds);
        times.iter().map(|now| intensity.allow(*now)).collect()
    }

    #[test]
    fn one_restart_more_than_allowed_is_too_many() {
        assert_eq!(allowed(3, 5, &[0, 0, 0, 0]), [true, true, true, false]);
    }

    #[test]
    fn a_restart_exactly_the_period_ago_counts() {
        assert_eq!(allowed(1, 5, &[0, 5]), [true, false]);
        assert_eq!(allowed(1, 5, &[0, 6]), [true, true]);
    }

    #[test]
    fn with_none_allowed_the_first_is_too_many() {
        assert_eq!(allowed(0, 5, &[7]), [false]);
    }
}
