//! Process identifiers.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::few::Number;

/// Names one process for ever: never given to another process, nor to a restarted incarnation (`SIG-7`).
///
/// A `Pid` is a number, unique in the whole operating-system process over all nodes, and `Copy`. Keeping one keeps
/// nothing alive; sending to the pid of a dead process is silent (`SIG-4`).
///
/// It is displayed as Elixir does: `#PID<0.109.0>`.
///
/// # OTP
/// `pid()`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pid(NonZeroU64);

/// The upper bits are kept for the number of another node; 0 is this operating-system process.
const NODE_SHIFT: u32 = 48;
const NUMBER_BITS: u32 = 28;

impl Pid {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // 2^48 processes are nine years of a million spawns a second; `max` only proves that it is not zero.
        Self(NonZeroU64::MIN.saturating_add(number - 1))
    }

    pub(crate) const fn to_bits(self) -> u64 {
        self.0.get()
    }

    pub(crate) const fn from_bits(bits: u64) -> Option<Self> {
        match NonZeroU64::new(bits) {
            Some(bits) => Some(Self(bits)),
            None => None,
        }
    }
}

impl Number for Pid {
    fn number(self) -> u64 {
        self.to_bits()
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.to_bits();
        let node = bits >> NODE_SHIFT;
        let number = bits & ((1 << NUMBER_BITS) - 1);
        let serial = (bits & ((1 << NODE_SHIFT) - 1)) >> NUMBER_BITS;
        write!(f, "#PID<{node}.{number}.{serial}>")
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_is_shown_as_elixir_shows_it() {
        assert_eq!(Pid::from_bits(109).unwrap().to_string(), "#PID<0.109.0>");
        assert_eq!(
            Pid::from_bits((1 << 28) + 5).unwrap().to_string(),
            "#PID<0.5.1>"
        );
    }

    #[test]
    fn pids_are_never_reused() {
        let first = Pid::next();
        assert!(Pid::next() > first);
    }
}
