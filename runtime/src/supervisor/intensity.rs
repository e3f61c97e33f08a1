//! How many restarts are too many (`RST-2`). Pure: the time is passed in.

use std::collections::VecDeque;

/// The restarts of the last seconds. However many they are, each second takes as much memory.
#[derive(Clone, Debug)]
pub(crate) struct Intensity {
    max_restarts: u32,
    max_seconds: u64,
    /// How many there were in which whole second of a monotonic clock, newest first.
    seconds: VecDeque<(u64, u64)>,
    /// How many there were in all of these.
    count: u64,
}

impl Intensity {
    pub(crate) const fn new(max_restarts: u32, max_seconds: u64) -> Self {
        Self {
            max_restarts,
            max_seconds,
            seconds: VecDeque::new(),
            count: 0,
        }
    }

    /// Counts a restart at `now`; whether it is still allowed. A restart exactly `max_seconds` ago counts.
    #[must_use]
    pub(crate) fn allow(&mut self, now: u64) -> bool {
        self.count += 1;
        match self.seconds.front_mut() {
            Some((second, restarts)) if *second == now => *restarts += 1,
            _ => self.seconds.push_front((now, 1)),
        }
        while let Some((second, restarts)) = self.seconds.back()
            && now - second > self.max_seconds
        {
            self.count -= restarts;
            self.seconds.pop_back();
        }
        self.count <= u64::from(self.max_restarts)
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

    /// As many in a second as there may be.
    #[test]
    fn many_restarts_take_no_more_memory() {
        let mut intensity = Intensity::new(u32::MAX, 5);
        for now in 0..1_000 {
            for _ in 0..1_000 {
                assert!(intensity.allow(now));
            }
        }
        // This second and the five before it.
        assert_eq!((intensity.seconds.len(), intensity.count), (6, 6_000));
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
