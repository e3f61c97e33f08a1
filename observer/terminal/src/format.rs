//! Numbers and times as people read them.

/// `1234567` as `1.2M`; exact below 100,000.
#[must_use]
pub(crate) fn count(number: u64) -> String {
    const UNITS: [(u64, &str); 3] = [
        (1_000_000_000_000, "T"),
        (1_000_000_000, "G"),
        (1_000_000, "M"),
    ];
    for (unit, name) in UNITS {
        if number >= unit {
            return format!("{}{name}", tenths(number, unit));
        }
    }
    if number >= 100_000 {
        format!("{}k", number / 1000)
    } else {
        number.to_string()
    }
}

/// `1536` as `1.5 KiB`.
#[must_use]
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [(u64, &str); 4] = [
        (1 << 40, "TiB"),
        (1 << 30, "GiB"),
        (1 << 20, "MiB"),
        (1 << 10, "KiB"),
    ];
    for (unit, name) in UNITS {
        if number >= unit {
            return format!("{} {name}", tenths(number, unit));
        }
    }
    format!("{number} B")
}

fn tenths(number: u64, unit: u64) -> String {
    let whole = number / unit;
    if whole >= 100 {
        whole.to_string()
    } else {
        format!("{whole}.{}", number % unit * 10 / unit)
    }
}

/// Microseconds as `12 µs`, `3.4 ms`, `5.6 s`.
#[must_use]
pub(crate) fn micros(number: u64) -> String {
    match number {
        0..1_000 => format!("{number} µs"),
        1_000..1_000_000 => format!("{} ms", tenths(number, 1_000)),
        1_000_000..60_000_000 => format!("{} s", tenths(number, 1_000_000)),
        _ => elapsed(number / 1_000),
    }
}

/// Milliseconds as `12 s`, `3 min`, `2 h 5 min`, `3 d 4 h`.
#[must_use]
pub(crate) fn elapsed(ms: u64) -> String {
    let seconds = ms / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        () if minutes == 0 => format!("{seconds} s"),
        () if hours == 0 => format!("{minutes} min"),
        () if days == 0 => format!("{hours} h {} min", minutes % 60),
        () => format!("{days} d {} h", hours % 24),
    }
}

/// The time of day of Unix milliseconds, in UTC.
#[must_use]
pub(crate) fn time_of_day(unix_ms: u64) -> String {
    let seconds = unix_ms / 1000 % 86_400;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// A rate: `12.5` below 100, else whole.
#[must_use]
pub(crate) fn rate(per_second: f64) -> String {
    if per_second < 100.0 {
        format!("{per_second:.1}")
    } else {
        // A float to an integer saturates; no rate is negative or that large.
        count(per_second as u64)
    }
}

/// A number of things, with the word for one or for several.
#[must_use]
pub(crate) fn things(number: u64, one: &str, several: &str) -> String {
    format!(
        "{} {}",
        count(number),
        if number == 1 { one } else { several }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_units() {
        for (number, text) in [
            (0, "0"),
            (99_999, "99999"),
            (100_000, "100k"),
            (999_999, "999k"),
            (1_250_000, "1.2M"),
            (123_000_000, "123M"),
            (u64::MAX, "18446744T"),
        ] {
            assert_eq!(count(number), text);
        }
        for (number, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (200 << 20, "200 MiB"),
        ] {
            assert_eq!(bytes(number), text);
        }
        assert_eq!(
            [rate(0.0), rate(12.54), rate(1234.5)],
            ["0.0", "12.5", "1234"]
        );
        assert_eq!(
            [things(1, "crash", "crashes"), things(0, "crash", "crashes")],
            ["1 crash", "0 crashes"]
        );
    }

    #[test]
    fn times_grow_units() {
        for (us, text) in [
            (999, "999 µs"),
            (3_450, "3.4 ms"),
            (5_600_000, "5.6 s"),
            (61_000_000, "1 min"),
        ] {
            assert_eq!(micros(us), text);
        }
        for (ms, text) in [
            (999, "0 s"),
            (59_000, "59 s"),
            (3_599_000, "59 min"),
            (7_500_000, "2 h 5 min"),
            (273_600_000, "3 d 4 h"),
        ] {
            assert_eq!(elapsed(ms), text);
        }
        assert_eq!(time_of_day(1_700_000_000_000), "22:13:20");
    }
}
