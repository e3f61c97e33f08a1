//! How things are written in the API: pids, types, reasons, times; and the token.

use std::fmt::{self, Display, Write};
use std::io;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use beamish::Pid;
use serde::{Serialize, Serializer};
use subtle::ConstantTimeEq;

/// The fewest characters of a token.
pub(crate) const MIN_TOKEN: usize = 16;

/// A pid as the API writes it: `0.4.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(pub(crate) Pid);

impl Id {
    pub(crate) fn text(self) -> String {
        let shown = self.0.to_string();
        let inner = shown
            .strip_prefix("#PID<")
            .and_then(|rest| rest.strip_suffix('>'));
        inner.map_or_else(|| shown.clone(), str::to_owned)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// A type without the paths to it: `cash_man::cache::Cache<core::option::Option<i64>>` → `Cache<Option<i64>>`. What has no
/// name keeps the function that it stands in: `shop::main::{{closure}}` → `main::{{closure}}`.
pub(crate) fn short_type(full: &str) -> String {
    let mut short = String::with_capacity(full.len());
    // Where in `short` the present path began.
    let mut path = 0;
    let mut rest = full;
    while let Some(next) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("::") {
            if after.starts_with('{') || short.ends_with('>') {
                short.push_str("::");
            } else {
                short.truncate(path);
            }
            rest = after;
            continue;
        }
        short.push(next);
        rest = &rest[next.len_utf8()..];
        if !(next.is_alphanumeric() || matches!(next, '_' | '{' | '}' | '#')) {
            path = short.len();
        }
    }
    short
}

/// At most `max` bytes of a text, cut between characters.
pub(crate) fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        let end = (0..=max).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text
}

/// At most `max` bytes of a value's text. The user's code writes it: it may panic, or never end.
pub(crate) fn bounded(value: &(impl Display + ?Sized), max: usize) -> String {
    let mut written = Bounded {
        text: String::new(),
        max,
    };
    let wrote = AssertUnwindSafe(|| write!(written, "{value}").is_ok());
    match std::panic::catch_unwind(wrote) {
        Ok(_) => cut(written.text, max),
        Err(_) => "(its text panicked)".to_owned(),
    }
}

/// Takes a little more than `max` bytes, and then no more.
struct Bounded {
    text: String,
    max: usize,
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.text.len() > self.max {
            return Err(fmt::Error);
        }
        let room = self.max + 4 - self.text.len().min(self.max);
        let end = (0..=room.min(part.len()))
            .rev()
            .find(|end| part.is_char_boundary(*end));
        self.text.push_str(&part[..end.unwrap_or(0)]);
        Ok(())
    }
}

/// A text in one line.
fn line(text: String) -> String {
    if text.contains(['\n', '\r']) {
        let lines: Vec<_> = text.split(['\n', '\r']).map(str::trim).collect();
        lines.join(" ")
    } else {
        text
    }
}

/// What a reason, a name and a message may have at most, in bytes.
pub(crate) const MAX_LINE: usize = 2_048;

/// One line that is not too long, whatever the value writes.
pub(crate) fn short_line(text: &(impl Display + ?Sized)) -> String {
    line(bounded(text, MAX_LINE))
}

/// Unix milliseconds.
pub(crate) fn unix_ms(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn now_ms() -> u64 {
    unix_ms(SystemTime::now())
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Whether `text` contains `part`, which is in lower case.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    if text.is_ascii() && part.is_ascii() {
        let (text, part) = (text.as_bytes(), part.as_bytes());
        return part.is_empty()
            || text
                .windows(part.len())
                .any(|window| window.eq_ignore_ascii_case(part));
    }
    text.to_lowercase().contains(part)
}

/// A token of 128 random bits.
pub(crate) fn random_token() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub(crate) fn same_secret(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_lose_their_paths() {
        for (full, short) in [
            ("cash_man::cache::Cache<i64>", "Cache<i64>"),
            (
                "a::b::Cache<core::option::Option<a::B>, c::D>",
                "Cache<Option<B>, D>",
            ),
            ("Counter", "Counter"),
            ("shop::main::{{closure}}", "main::{{closure}}"),
            (
                "shop::run<a::B>::{{closure}}::{{closure}}",
                "run<B>::{{closure}}::{{closure}}",
            ),
            ("(a::B, &c::D)", "(B, &D)"),
            ("dyn a::B + core::marker::Send", "dyn B + Send"),
            ("", ""),
        ] {
            assert_eq!(short_type(full), short);
        }
    }

    #[test]
    fn a_cut_is_between_characters() {
        assert_eq!(cut("äöü".to_owned(), 3), "ä…");
        assert_eq!(cut("abc".to_owned(), 3), "abc");
    }

    #[test]
    fn a_bounded_text_is_cut_too() {
        assert_eq!(bounded("äöü", 3), "ä…");
        assert_eq!(bounded("abc", 3), "abc");
        assert_eq!(bounded(&"x".repeat(9_000), 5), "xxxxx…");
        assert_eq!(bounded("", 0), "");
    }

    #[test]
    fn lines_become_one() {
        assert_eq!(short_line("left\n  right\r\n"), "left right  ");
        assert_eq!(short_line("one"), "one");
    }

    #[test]
    fn search_does_not_mind_case() {
        assert!(contains("CashMan.Cache", "man.c"));
        assert!(contains("ÄRGER", "ärg"));
        assert!(contains("x", ""));
        assert!(!contains("x", "xx"));
    }

    #[test]
    fn random_tokens_have_128_bits_and_differ() {
        let (a, b) = (random_token().unwrap(), random_token().unwrap());
        assert_eq!(a.len(), 32);
        assert_ne!(a, b);
        assert!(same_secret(&a, &a) && !same_secret(&a, &b) && !same_secret(&a, ""));
    }
}
