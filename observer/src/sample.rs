//! The numbers of a moment, and what they were in the last minutes.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;
use tokio::runtime::RuntimeMetrics;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::os;
use crate::shared::App;
use crate::source::{self, Totals};
use crate::sweep::Swept;
use crate::text::{micros, now_ms};

/// So many samples are kept: ten minutes of them, at one a second.
const KEPT: usize = 600;

/// A sample as the API gives it. What only a sweep tells is missing where none was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Sample {
    at: u64,
    processes: u64,
    supervisors: Option<u64>,
    names: u64,
    messages_total: Option<u64>,
    messages_per_s: Option<f64>,
    calls_here_per_s: Option<f64>,
    mailbox_total: Option<u64>,
    mailbox_max: Option<u64>,
    started_total: u64,
    exited_total: u64,
    crashed_total: u64,
    restarts_total: u64,
    memory_bytes: Option<u64>,
    tokio: TokioSample,
    sweep_us: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct TokioSample {
    workers: u64,
    busy: Vec<f64>,
    global_queue: u64,
    alive_tasks: u64,
}

/// What is read at one moment; two of them make a [`Sample`].
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    at: Instant,
    at_ms: u64,
    totals: Totals,
    swept: Option<Swept>,
    memory_bytes: Option<u64>,
    /// How long each worker was busy since its start.
    busy: Vec<Duration>,
    global_queue: u64,
    alive_tasks: u64,
}

impl Reading {
    fn now(metrics: &RuntimeMetrics, swept: Option<Swept>) -> Self {
        Self {
            at: Instant::now(),
            at_ms: now_ms(),
            totals: source::totals(),
            swept,
            memory_bytes: os::memory_bytes(),
            busy: busy(metrics),
            global_queue: metrics.global_queue_depth() as u64,
            alive_tasks: metrics.num_alive_tasks() as u64,
        }
    }
}

/// How long each worker of the runtime was busy since its start.
pub(crate) fn busy(metrics: &RuntimeMetrics) -> Vec<Duration> {
    let workers = 0..metrics.num_workers();
    workers
        .map(|worker| metrics.worker_total_busy_duration(worker))
        .collect()
}

/// Messages handled so far, by the living and by those that ended.
pub(crate) const fn messages_total(totals: &Totals, swept: &Swept) -> u64 {
    totals.handled_by_ended + swept.sums.handled
}

impl Sample {
    /// The numbers of `now`; rates are those since `before`.
    fn between(before: Option<&Reading>, now: &Reading) -> Self {
        let sweeps = before.and_then(|before| Some((before, before.swept?, now.swept?)));
        let rate = |count: fn(&Reading, &Swept) -> u64| {
            let (before, swept_before, swept) = sweeps?;
            let time = swept.at.saturating_duration_since(swept_before.at);
            per_second(count(before, &swept_before), count(now, &swept), time)
        };
        let sums = now.swept.map(|swept| swept.sums);
        let busy = before.map_or_else(Vec::new, |before| {
            let time = now.at.saturating_duration_since(before.at);
            let workers = before.busy.iter().zip(&now.busy);
            workers
                .map(|(before, now)| part(now.saturating_sub(*before), time))
                .collect()
        });
        Self {
            at: now.at_ms,
            processes: now.totals.processes as u64,
            supervisors: sums.map(|sums| sums.supervisors),
            names: now.totals.names as u64,
            messages_total: now.swept.map(|swept| messages_total(&now.totals, &swept)),
            messages_per_s: rate(|reading, swept| messages_total(&reading.totals, swept)),
            calls_here_per_s: rate(|_, swept| swept.sums.ran_here),
            mailbox_total: sums.map(|sums| sums.mailbox_total),
            mailbox_max: sums.map(|sums| sums.mailbox_max),
            started_total: now.totals.started,
            exited_total: now.totals.exited,
            crashed_total: now.totals.crashed,
            restarts_total: now.totals.restarts,
            memory_bytes: now.memory_bytes,
            tokio: TokioSample {
                workers: now.busy.len() as u64,
                busy,
                global_queue: now.global_queue,
                alive_tasks: now.alive_tasks,
            },
            sweep_us: now.swept.map(|swept| micros(swept.took)),
        }
    }
}

/// How much a count grew in a second; what goes with processes that ended is no growth.
fn per_second(before: u64, now: u64, time: Duration) -> Option<f64> {
    let seconds = time.as_secs_f64();
    (seconds > 0.0).then(|| round(now.saturating_sub(before) as f64 / seconds, 10.0))
}

fn part(of: Duration, time: Duration) -> f64 {
    if time.is_zero() {
        return 0.0;
    }
    round((of.as_secs_f64() / time.as_secs_f64()).min(1.0), 1_000.0)
}

fn round(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

/// The last samples.
#[derive(Debug, Default)]
pub(crate) struct History {
    samples: VecDeque<Sample>,
    last: Option<Reading>,
}

impl History {
    /// Adds a reading. Gives the sample that it made.
    fn add(&mut self, reading: Reading) -> Sample {
        let sample = Sample::between(self.last.as_ref(), &reading);
        // A sweep that was given out twice says nothing of the time in between; the rates are the former ones then.
        let sample = match (&self.last, self.samples.back()) {
            (Some(last), Some(before)) if is_same_sweep(last, &reading) => Sample {
                messages_per_s: before.messages_per_s,
                calls_here_per_s: before.calls_here_per_s,
                ..sample
            },
            _ => sample,
        };
        if self.samples.len() == KEPT {
            self.samples.pop_front();
        }
        self.samples.push_back(sample.clone());
        self.last = Some(reading);
        sample
    }

    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.samples.iter().cloned().collect()
    }

    pub(crate) fn latest(&self) -> Option<Sample> {
        self.samples.back().cloned()
    }
}

fn is_same_sweep(last: &Reading, reading: &Reading) -> bool {
    let at = |reading: &Reading| reading.swept.map(|swept| swept.at);
    at(last).is_some() && at(last) == at(reading)
}

/// The process that takes the samples.
pub(crate) async fn sampler(app: App) {
    let metrics = tokio::runtime::Handle::current().metrics();
    let mut ticks = interval(app.options.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        take(&app, &metrics).await;
        app.sweeps.forget();
        app.watches.forget();
        app.hub.keep_alive();
    }
}

/// Takes a sample, with a sweep if somebody looks.
async fn take(app: &App, metrics: &RuntimeMetrics) {
    let swept = if app.is_looked_at() {
        Some(app.sweeps.sums().await)
    } else {
        None
    };
    app.set_watched(swept.is_some());
    let slow = app.sweeps.take_slow();
    if !slow.is_empty() {
        let now = Instant::now();
        for event in slow {
            app.log().note(event, now);
        }
        app.hub.ask_for_flush();
    }
    let reading = Reading::now(metrics, swept);
    let sample = app.history().add(reading);
    app.hub.sample(&sample);
}

/// A sample of now for whoever asks before the first was taken.
pub(crate) fn first() -> Sample {
    let metrics = tokio::runtime::Handle::current().metrics();
    Sample::between(None, &Reading::now(&metrics, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::Sums;

    fn reading(at: Instant, handled: u64, ended: u64, is_swept: bool) -> Reading {
        let sums = Sums {
            handled,
            mailbox_total: 7,
            ..Sums::default()
        };
        let mut totals = source::totals();
        totals.handled_by_ended = ended;
        Reading {
            at,
            at_ms: 0,
            totals,
            swept: is_swept.then_some(Swept {
                sums,
                at,
                took: Duration::from_micros(350),
            }),
            memory_bytes: None,
            busy: vec![at.saturating_duration_since(at)],
            global_queue: 0,
            alive_tasks: 0,
        }
    }

    #[test]
    fn rates_are_those_between_two_sweeps() {
        let start = Instant::now();
        let mut history = History::default();
        let first = history.add(reading(start, 100, 10, true));
        assert_eq!(
            (first.messages_total, first.messages_per_s),
            (Some(110), None)
        );
        // One that had handled 50 ended.
        let two_later = start + Duration::from_secs(2);
        let second = history.add(reading(two_later, 75, 60, true));
        assert_eq!(
            (second.messages_total, second.messages_per_s),
            (Some(135), Some(12.5))
        );
        assert_eq!(
            (second.mailbox_total, second.sweep_us),
            (Some(7), Some(350))
        );
    }

    #[test]
    fn nothing_is_known_of_messages_while_nobody_looks() {
        let start = Instant::now();
        let mut history = History::default();
        history.add(reading(start, 100, 0, true));
        let sample = history.add(reading(start + Duration::from_secs(1), 200, 0, false));
        assert_eq!((sample.messages_per_s, sample.mailbox_total), (None, None));
        let sample = history.add(reading(start + Duration::from_secs(2), 300, 0, true));
        assert_eq!(
            (sample.messages_total, sample.messages_per_s),
            (Some(300), None)
        );
    }

    #[test]
    fn a_sweep_that_is_reused_keeps_its_rates() {
        let start = Instant::now();
        let later = start + Duration::from_secs(1);
        let mut history = History::default();
        history.add(reading(start, 100, 0, true));
        let rate = history.add(reading(later, 150, 0, true)).messages_per_s;
        let again = Reading {
            at: later + Duration::from_secs(1),
            ..reading(later, 150, 0, true)
        };
        assert_eq!(history.add(again).messages_per_s, rate);
        assert_eq!(rate, Some(50.0));
    }

    #[test]
    fn samples_of_ten_minutes_are_kept() {
        let start = Instant::now();
        let mut history = History::default();
        for second in 0..KEPT as u64 + 5 {
            history.add(reading(
                start + Duration::from_secs(second),
                second,
                0,
                true,
            ));
        }
        assert_eq!(history.samples().len(), KEPT);
        assert_eq!(
            history.latest().unwrap().messages_total,
            Some(KEPT as u64 + 4)
        );
    }

    #[test]
    fn a_worker_is_busy_for_a_part_of_the_time() {
        let second = Duration::from_secs(1);
        assert_eq!(part(Duration::from_millis(125), second), 0.125);
        assert_eq!(part(second * 2, second), 1.0);
        assert_eq!(part(second, Duration::ZERO), 0.0);
    }
}
