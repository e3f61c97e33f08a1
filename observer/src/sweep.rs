//! Looks at all processes: one look serves all clients, and none holds up the program.
//!
//! A sweep goes over the processes a few at a time and lets other tasks run in between. What sorts or searches many
//! rows runs on a thread of its own. Sweeps take a tenth of one worker's time at most, however many processes there are.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::events::Event;
use crate::slow::Slow;
use crate::snapshot::Snapshot;
use crate::source::{self, Row};

/// After so many processes a sweep lets other tasks run.
const CHUNK: usize = 512;

/// From so many rows on, what goes over all of them runs on a thread of its own.
const MANY: usize = 8_192;

/// How long a sweep is reused though something changed since, at least.
const SHORTEST_AGE: Duration = Duration::from_millis(100);

/// A sweep is reused for so many times the time that it took.
const REST: u32 = 10;

/// Rows are kept by the sampler's sweeps too, for so long after somebody asked for them.
const ROWS_WANTED: Duration = Duration::from_secs(5);

/// The sums of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) processes: u64,
    pub(crate) supervisors: u64,
    pub(crate) handled: u64,
    pub(crate) ran_here: u64,
    pub(crate) mailbox_total: u64,
    pub(crate) mailbox_max: u64,
}

impl Sums {
    const fn add(&mut self, row: &Row) {
        let mailbox = row.mailbox as u64;
        self.processes += 1;
        self.supervisors += row.is_supervisor() as u64;
        self.handled += row.handled;
        self.ran_here += row.ran_here;
        self.mailbox_total += mailbox;
        if mailbox > self.mailbox_max {
            self.mailbox_max = mailbox;
        }
    }
}

/// What a sweep gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Swept {
    pub(crate) sums: Sums,
    pub(crate) at: Instant,
    pub(crate) took: Duration,
}

/// The latest sweeps.
#[derive(Debug, Default)]
pub(crate) struct Sweeps {
    /// Held by who sweeps.
    turn: tokio::sync::Mutex<()>,
    latest: Mutex<Latest>,
}

#[derive(Debug, Default)]
struct Latest {
    rows: Option<Arc<Snapshot>>,
    swept: Option<Swept>,
    /// When processes were last seen to come or go.
    changed: Option<Instant>,
    rows_wanted: Option<Instant>,
    slow: Slow,
    /// What was found of slow servers, and not taken yet.
    found: Vec<Event>,
}

impl Sweeps {
    fn latest<R>(&self, look: impl FnOnce(&mut Latest) -> R) -> R {
        look(&mut self.latest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Processes came or went: rows that are older are not given out any more if newer ones can be had.
    pub(crate) fn changed(&self) {
        self.latest(|latest| latest.changed = Some(Instant::now()));
    }

    /// All processes, as they were at most `interval` ago, and after the last change if they are few enough to be looked
    /// at so often.
    pub(crate) async fn rows(&self, interval: Duration) -> Arc<Snapshot> {
        self.latest(|latest| latest.rows_wanted = Some(Instant::now()));
        if let Some(rows) = self.fresh_rows(interval) {
            return rows;
        }
        let _turn = self.turn.lock().await;
        loop {
            if let Some(rows) = self.fresh_rows(interval) {
                return rows;
            }
            let Some(next) = self.latest(|latest| latest.next_at()) else {
                break;
            };
            if next <= Instant::now() {
                break;
            }
            tokio::time::sleep_until(next).await;
        }
        self.sweep_rows().await.1
    }

    fn fresh_rows(&self, interval: Duration) -> Option<Arc<Snapshot>> {
        self.latest(|latest| {
            let rows = latest.rows.as_ref()?;
            is_fresh(
                Age {
                    began: rows.began,
                    took: rows.took,
                    changed: latest.changed,
                },
                interval,
                Instant::now(),
            )
            .then(|| Arc::clone(rows))
        })
    }

    /// The sums, as they are now or, of very many processes, were a while ago.
    pub(crate) async fn sums(&self) -> Swept {
        let _turn = self.turn.lock().await;
        let (latest, wants_rows) = self.latest(|latest| {
            let wants_rows = latest
                .rows_wanted
                .is_some_and(|at| at.elapsed() < ROWS_WANTED);
            (latest.swept, wants_rows)
        });
        if let Some(latest) = latest
            && latest.at.elapsed() < rest(latest.took)
        {
            return latest;
        }
        if wants_rows {
            return self.sweep_rows().await.0;
        }
        let began = Instant::now();
        let mut sums = Sums::default();
        let took = self.sweep(began, |row| sums.add(&row)).await;
        let swept = Swept {
            sums,
            at: began,
            took,
        };
        self.latest(|latest| latest.swept = Some(swept));
        swept
    }

    async fn sweep_rows(&self) -> (Swept, Arc<Snapshot>) {
        let began = Instant::now();
        let mut sums = Sums::default();
        let mut rows = Vec::new();
        let each = |row: Row| {
            sums.add(&row);
            rows.push(row);
        };
        let took = self.sweep(began, each).await;
        let swept = Swept {
            sums,
            at: began,
            took,
        };
        let rows = over_many(rows.len(), move || Snapshot::new(rows, began, took)).await;
        let rows = Arc::new(rows);
        let old = self.latest(|latest| {
            latest.swept = Some(swept);
            latest.rows.replace(Arc::clone(&rows))
        });
        // Many rows take a while to go.
        over_many(rows.rows.len(), move || drop(old)).await;
        (swept, rows)
    }

    /// Goes over all processes, and looks which are slow. Gives the time that it took.
    async fn sweep(&self, began: Instant, mut each: impl FnMut(Row)) -> Duration {
        let mut slow = self.latest(|latest| latest.slow.begin(began));
        let took = sweep(|row| {
            slow.see(&row);
            each(row);
        })
        .await;
        self.latest(|latest| {
            let found = latest.slow.end(slow);
            latest.found.extend(found);
        });
        took
    }

    /// The servers that were found to be slow since this was last asked.
    pub(crate) fn take_slow(&self) -> Vec<Event> {
        self.latest(|latest| std::mem::take(&mut latest.found))
    }

    /// Lets rows go that nobody asks for any more.
    pub(crate) fn forget(&self) {
        let old = self.latest(|latest| {
            let is_over = latest
                .rows_wanted
                .is_none_or(|at| at.elapsed() > 2 * ROWS_WANTED);
            if is_over { latest.rows.take() } else { None }
        });
        drop(old);
    }
}

impl Latest {
    /// When rows may be swept again.
    fn next_at(&self) -> Option<Instant> {
        let rows = self.rows.as_ref()?;
        Some(rows.began + SHORTEST_AGE.max(rest(rows.took)))
    }
}

/// For how long a sweep is reused whatever happens.
fn rest(took: Duration) -> Duration {
    took * REST
}

#[derive(Clone, Copy)]
struct Age {
    began: Instant,
    took: Duration,
    changed: Option<Instant>,
}

/// Whether rows that are so old are given out.
fn is_fresh(age: Age, interval: Duration, now: Instant) -> bool {
    let old = now.saturating_duration_since(age.began);
    // Of very many processes, older ones are better than a wait of seconds.
    if rest(age.took) > interval && old < rest(age.took) {
        return true;
    }
    let is_before_change = age.changed.is_some_and(|changed| age.began <= changed);
    old < interval && !is_before_change
}

/// Goes over all processes. Gives the time that it took, without that of the tasks in between.
async fn sweep(mut each: impl FnMut(Row)) -> Duration {
    let mut took = Duration::ZERO;
    let mut began = Instant::now();
    let mut left = CHUNK;
    for row in source::processes() {
        each(row);
        left -= 1;
        if left == 0 {
            took += began.elapsed();
            tokio::task::yield_now().await;
            began = Instant::now();
            left = CHUNK;
        }
    }
    took + began.elapsed()
}

/// Runs what goes over `len` rows where it holds up no other task.
pub(crate) async fn over_many<R: Send + 'static>(
    len: usize,
    work: impl FnOnce() -> R + Send + 'static,
) -> R {
    if len < MANY {
        return work();
    }
    finished(tokio::task::spawn_blocking(work)).await
}

/// What a task came to; its panic is the caller's.
pub(crate) async fn finished<R>(task: JoinHandle<R>) -> R {
    match task.await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that shuts down cancels it.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_reused_until_they_are_old_or_something_changed() {
        let began = Instant::now();
        let (ms, interval) = (Duration::from_millis, Duration::from_secs(1));
        let age = |took: u64, changed: Option<u64>| Age {
            began,
            took: ms(took),
            changed: changed.map(|at| began + ms(at)),
        };
        assert!(is_fresh(age(1, None), interval, began + ms(999)));
        assert!(!is_fresh(age(1, None), interval, began + ms(1_000)));
        assert!(!is_fresh(age(1, Some(5)), interval, began + ms(10)));
        // Half a second for a sweep: it is not made again for five.
        assert!(is_fresh(age(500, Some(5)), interval, began + ms(4_900)));
        assert!(!is_fresh(age(500, Some(5)), interval, began + ms(5_000)));
    }
}
