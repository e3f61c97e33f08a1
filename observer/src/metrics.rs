//! The numbers for Prometheus, in its text format.

use std::fmt::{Display, Write};
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::runtime::RuntimeMetrics;

use crate::os;
use crate::sample::{busy, messages_total};
use crate::shared::App;
use crate::source::{self, Totals};
use crate::sweep::Swept;
use crate::text::unix_ms;

/// The type of the text, as Prometheus asks for it.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is told.
struct Numbers {
    handled: u64,
    totals: Totals,
    swept: Swept,
    restarts: Vec<((String, String), u64)>,
    memory_bytes: Option<u64>,
    started_at: f64,
    busy: Vec<Duration>,
    global_queue: usize,
    alive_tasks: usize,
}

/// All numbers, as they are now.
pub(crate) async fn text(app: &App) -> String {
    let metrics: RuntimeMetrics = tokio::runtime::Handle::current().metrics();
    let swept = app.sweeps.sums().await;
    let totals = source::totals();
    // A process that ended since it was swept is counted twice: the next count may be lower, and a counter never is.
    let handled = messages_total(&totals, &swept);
    let handled = handled.max(app.handled.fetch_max(handled, Ordering::Relaxed));
    let numbers = Numbers {
        handled,
        totals,
        swept,
        restarts: app
            .kin()
            .counts()
            .map(|(child, count)| (child.clone(), count))
            .collect(),
        memory_bytes: os::memory_bytes(),
        started_at: unix_ms(os::started_at()) as f64 / 1_000.0,
        busy: busy(&metrics),
        global_queue: metrics.global_queue_depth(),
        alive_tasks: metrics.num_alive_tasks(),
    };
    write(&numbers)
}

fn write(numbers: &Numbers) -> String {
    let (totals, sums) = (&numbers.totals, &numbers.swept.sums);
    let mut text = Text::default();
    text.one(
        "beamish_processes",
        "gauge",
        "Processes that live.",
        sums.processes,
    );
    text.one(
        "beamish_supervisors",
        "gauge",
        "Supervisors that live.",
        sums.supervisors,
    );
    text.one(
        "beamish_names",
        "gauge",
        "Local names that are held.",
        totals.names,
    );
    text.one(
        "beamish_messages_handled_total",
        "counter",
        "Messages that were handled: calls, casts and others.",
        numbers.handled,
    );
    text.one(
        "beamish_mailbox_messages",
        "gauge",
        "Messages that wait, in all mailboxes.",
        sums.mailbox_total,
    );
    text.one(
        "beamish_mailbox_messages_max",
        "gauge",
        "Messages that wait, in the longest mailbox.",
        sums.mailbox_max,
    );
    text.one(
        "beamish_processes_started_total",
        "counter",
        "Processes that were started.",
        totals.started,
    );
    text.one(
        "beamish_processes_exited_total",
        "counter",
        "Processes that have ended.",
        totals.exited,
    );
    text.one(
        "beamish_processes_crashed_total",
        "counter",
        "Processes that ended by themselves with an abnormal reason.",
        totals.crashed,
    );
    text.one(
        "beamish_restarts_total",
        "counter",
        "Children that supervisors have restarted.",
        totals.restarts,
    );
    let restarts = numbers.restarts.iter().map(|((supervisor, child), count)| {
        let labels = [
            ("supervisor", supervisor.as_str()),
            ("child", child.as_str()),
        ];
        (
            Vec::from(labels.map(|(name, value)| (name, value.to_owned()))),
            *count as f64,
        )
    });
    text.many(
        "beamish_supervisor_restarts_total",
        "counter",
        "Children that were restarted since the observer began, by supervisor and child.",
        restarts,
    );
    if let Some(bytes) = numbers.memory_bytes {
        text.one(
            "process_resident_memory_bytes",
            "gauge",
            "Resident memory of this process.",
            bytes,
        );
    }
    text.one(
        "process_start_time_seconds",
        "gauge",
        "When this process began, in seconds since 1970.",
        numbers.started_at,
    );
    text.one(
        "tokio_workers",
        "gauge",
        "Worker threads of the runtime.",
        numbers.busy.len(),
    );
    let workers = (0..).zip(&numbers.busy).map(|(worker, busy): (usize, _)| {
        (vec![("worker", worker.to_string())], busy.as_secs_f64())
    });
    text.many(
        "tokio_worker_busy_seconds_total",
        "counter",
        "How long each worker ran tasks.",
        workers,
    );
    text.one(
        "tokio_global_queue_depth",
        "gauge",
        "Tasks in the runtime's global queue.",
        numbers.global_queue,
    );
    text.one(
        "tokio_alive_tasks",
        "gauge",
        "Tasks that live.",
        numbers.alive_tasks,
    );
    text.0
}

#[derive(Default)]
struct Text(String);

impl Text {
    // Writing to a `String` does not fail.
    fn line(&mut self, line: impl Display) {
        let _ = writeln!(self.0, "{line}");
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {}", escape_help(help)));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.head(name, kind, help);
        self.line(format_args!("{name} {value}"));
    }

    fn many(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        values: impl Iterator<Item = (Vec<(&'static str, String)>, f64)>,
    ) {
        self.head(name, kind, help);
        for (labels, value) in values {
            let labels = labels
                .iter()
                .map(|(name, value)| format!("{name}=\"{}\"", escape_label(value)));
            let labels: Vec<_> = labels.collect();
            self.line(format_args!("{name}{{{}}} {value}", labels.join(",")));
        }
    }
}

fn escape_help(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

fn escape_label(text: &str) -> String {
    escape_help(text).replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::Sums;
    use tokio::time::Instant;

    #[test]
    fn each_number_has_its_help_and_its_type_and_labels_are_escaped() {
        let hostile = "a\"b\\c\nd{} 1".to_owned();
        let text = write(&Numbers {
            handled: 7,
            totals: source::totals(),
            swept: Swept {
                sums: Sums {
                    processes: 12,
                    ..Sums::default()
                },
                at: Instant::now(),
                took: Duration::ZERO,
            },
            restarts: vec![((hostile, "Cache".to_owned()), 3)],
            memory_bytes: Some(5),
            started_at: 1_234.5,
            busy: vec![Duration::from_millis(1_500)],
            global_queue: 0,
            alive_tasks: 1,
        });
        assert!(
            text.contains("# TYPE beamish_processes gauge\nbeamish_processes 12\n"),
            "{text}"
        );
        assert!(text.contains(
            "\nbeamish_supervisor_restarts_total{supervisor=\"a\\\"b\\\\c\\nd{} 1\",child=\"Cache\"} 3\n"
        ));
        assert!(text.contains("\ntokio_worker_busy_seconds_total{worker=\"0\"} 1.5\n"));
        assert!(text.contains("\nprocess_start_time_seconds 1234.5\n"));
        let mut named = "";
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                named = help.split(' ').next().unwrap();
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                assert!(
                    kind == format!("{named} gauge") || kind == format!("{named} counter"),
                    "{line}"
                );
                assert_eq!(
                    kind.ends_with(" counter"),
                    named.ends_with("_total"),
                    "{line}"
                );
            } else {
                assert!(line.starts_with(named), "{line}");
            }
        }
    }
}
