//! Process identifiers.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
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

static NEXT: AtomicU64 = AtomicU64::new(1);

impl Pid {
    pub(crate) fn next() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // 2^48 processes are nine years of a million spawns a second; `max` only proves that it is not zero.
        Self(NonZeroU64::MIN.saturating_add(number - 1))
    }

    /// How many were made.
    pub(crate) fn made() -> u64 {
        NEXT.load(Ordering::Relaxed) - 1
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

/// A text that is no [`Pid`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParsePidError {
    text: String,
}

impl fmt::Display for ParsePidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no pid; write it like `#PID<0.109.0>`, `<0.109.0>` or `0.109.0`",
            self.text
        )
    }
}

impl std::error::Error for ParsePidError {}

/// Reads what [`Display`](fmt::Display) writes, with or without `#PID` and the brackets. Whether there is or was such a process
/// is not looked at.
///
/// # OTP
/// `list_to_pid/1`, Elixir's `IEx.Helpers.pid/1`.
impl FromStr for Pid {
    type Err = ParsePidError;

    fn from_str(text: &str) -> Result<Self, ParsePidError> {
        parse(text).ok_or_else(|| ParsePidError {
            text: text.chars().take(40).collect(),
        })
    }
}

fn parse(text: &str) -> Option<Pid> {
    let inner = text.strip_prefix("#PID").unwrap_or(text);
    let bare = match inner.strip_prefix('<') {
        Some(rest) => rest.strip_suffix('>')?,
        None if inner.len() == text.len() => inner,
        None => return None,
    };
    let mut parts = bare.split('.').map(|part| {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse::<u64>().ok()).flatten()
    });
    let (node, number, serial) = (parts.next()??, parts.next()??, parts.next()??);
    let fits = node < 1 << (64 - NODE_SHIFT)
        && number < 1 << NUMBER_BITS
        && serial < 1 << (NODE_SHIFT - NUMBER_BITS);
    if parts.next().is_some() || !fits {
        return None;
    }
    Pid::from_bits(node << NODE_SHIFT | serial << NUMBER_BITS | number)
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
    fn a_pid_is_read_as_it_is_shown() {
        for bits in [
            1,
            109,
            (1 << 28) + 5,
            (1 << 48) - 1,
            (3 << 48) + 7,
            u64::MAX,
        ] {
            let pid = Pid::from_bits(bits).unwrap();
            let shown = pid.to_string();
            for text in [&shown[..], &shown[4..], &shown[5..shown.len() - 1]] {
                assert_eq!(text.parse(), Ok(pid), "{text}");
            }
        }
        let wrong = [
            "",
            "0",
            "0.1",
            "0.1.2.3",
            "<0.1.0",
            "0.1.0>",
            "#PID0.1.0",
            "0.0.0",
            "0.-1.0",
            "0.+1.0",
            "a.b.c",
            "65536.1.0",
            "0.268435456.0",
            "0.1.1048576",
            "0.99999999999999999999.0",
            " 0.1.0",
            "0. 1.0",
        ];
        for text in wrong {
            let error = text.parse::<Pid>().unwrap_err();
            assert!(error.to_string().contains("is no pid"), "{text}");
        }
    }

    #[test]
    fn pids_are_never_reused() {
        let first = Pid::next();
        assert!(Pid::next() > first);
    }
}
