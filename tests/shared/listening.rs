//! What is told to `tracing` on one thread of several.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test program asks for what it needs, and may panic"
)]

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};

use beamish::Pid;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber, span};

/// One event: its fields as text.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) level: Level,
    pub(crate) target: String,
    pub(crate) fields: BTreeMap<&'static str, String>,
    /// ` name=value` for each, as they came.
    text: String,
}

impl Report {
    pub(crate) fn is_about(&self, pid: Pid) -> bool {
        self.fields.get("pid") == Some(&pid.to_string())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.target, self.text)
    }
}

impl Visit for Report {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        use fmt::Write;
        let value = format!("{value:?}");
        let _ = write!(self.text, " {}={value}", field.name());
        self.fields.insert(field.name(), value);
    }
}

/// The events of the thread that listens.
#[derive(Clone, Default)]
pub(crate) struct Reports(Arc<Mutex<Vec<Report>>>);

impl Reports {
    /// Listens from now on, on this thread, as long as the guard lives.
    pub(crate) fn listen() -> (Self, DefaultGuard) {
        offer_every_event();
        let reports = Self::default();
        (reports.clone(), tracing::subscriber::set_default(reports))
    }

    pub(crate) fn all(&self) -> Vec<Report> {
        self.0.lock().unwrap().clone()
    }

    /// The errors about a process.
    pub(crate) fn crashes(&self, pid: Pid) -> Vec<String> {
        self.texts(|report| report.level == Level::ERROR && report.is_about(pid))
    }

    /// What was said with this target about a process.
    pub(crate) fn about(&self, target: &str, pid: Pid) -> Vec<String> {
        self.texts(|report| report.target == target && report.is_about(pid))
    }

    /// What was said at a level.
    pub(crate) fn at(&self, level: Level) -> Vec<String> {
        self.texts(|report| report.level == level)
    }

    /// What was said with this target, as a warning or worse.
    pub(crate) fn warnings_of(&self, target: &str) -> Vec<String> {
        self.texts(|report| report.target == target && report.level <= Level::WARN)
    }

    fn texts(&self, wanted: impl Fn(&Report) -> bool) -> Vec<String> {
        let mut all = self.all();
        all.retain(wanted);
        all.iter().map(Report::to_string).collect()
    }
}

impl Subscriber for Reports {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        let mut report = Report {
            level: *event.metadata().level(),
            target: event.metadata().target().to_owned(),
            fields: BTreeMap::new(),
            text: String::new(),
        };
        event.record(&mut report);
        self.0.lock().unwrap().push(report);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Lets every event be offered to the thread that it happens on.
///
/// While there is one subscriber only, `tracing` asks the thread that meets an event first whether it is wanted, and remembers
/// the answer for all: a thread without a subscriber would turn the event off for one that listens. With more of them it asks
/// the subscribers.
fn offer_every_event() {
    static KEPT: LazyLock<[Dispatch; 2]> =
        LazyLock::new(|| [(); 2].map(|()| Dispatch::new(Reports::default())));
    LazyLock::force(&KEPT);
}
