//! What the operating system knows of this process.

use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

/// The resident memory of this process, where it is known.
pub(crate) fn memory_bytes() -> Option<u64> {
    resident(&fs::read_to_string("/proc/self/status").ok()?)
}

/// The resident memory in the text of `/proc/self/status`, which needs no size of pages.
fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// When this process began; where that is not known, when its first observer did.
pub(crate) fn started_at() -> SystemTime {
    static STARTED: LazyLock<SystemTime> = LazyLock::new(|| {
        let now = SystemTime::now();
        age().and_then(|age| now.checked_sub(age)).unwrap_or(now)
    });
    *STARTED
}

fn age() -> Option<Duration> {
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    let age = uptime - started_after(&stat)?;
    Duration::try_from_secs_f64(age).ok()
}

/// How many seconds after the system this process began, by the text of `/proc/self/stat`.
fn started_after(stat: &str) -> Option<f64> {
    /// `USER_HZ`: the same on all architectures that matter.
    const TICKS_PER_SECOND: f64 = 100.0;
    // The second field is the program's name, in parentheses, and may hold anything.
    let (_, after_name) = stat.rsplit_once(')')?;
    let ticks: f64 = after_name.split_whitespace().nth(19)?.parse().ok()?;
    Some(ticks / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_status() {
        let status = "Name:\tx\nVmRSS:\t    2048 kB\nVmSwap:\t0 kB\n";
        assert_eq!(resident(status), Some(2 * 1024 * 1024));
        assert_eq!(resident("Name:\tx\n"), None);
    }

    #[test]
    fn the_start_is_found_behind_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4200 9 9";
        assert_eq!(started_after(stat), Some(42.0));
        assert_eq!(started_after("7"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory_and_began_a_moment_ago() {
        assert!(memory_bytes().unwrap() > 100_000);
        assert!(started_at().elapsed().unwrap() < Duration::from_secs(3_600));
    }
}
