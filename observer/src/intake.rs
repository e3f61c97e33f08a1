//! What happens in the program becomes events, and the streams hear of them ten times a second at most.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::events::{Event, Kind};
use crate::kin::Restart;
use crate::shared::App;
use crate::source::{self, Events, What};
use crate::text::{Id, cut, short_line, short_type, unix_ms};

/// How many events wait for the observer at most; those over it are counted as missed.
pub(crate) const WAITING: usize = 10_000;

/// The shortest time between two messages to the streams.
const PACE: Duration = Duration::from_millis(100);

/// What a backtrace may have at most, in bytes.
const MAX_BACKTRACE: usize = 16 * 1024;

/// The process that takes in what happens.
pub(crate) async fn intake(app: App, mut events: Events) {
    let mut flushed = Instant::now();
    // When the streams are to be told, if something is to be told.
    let mut due = None;
    loop {
        tokio::select! {
            batch = events.recv() => {
                let now = Instant::now();
                take(&app, batch.events, batch.missed, now);
                due = due.or(Some(now.max(flushed + PACE)));
            }
            () = at(due) => {
                flushed = Instant::now();
                let is_more_to_tell = app.log().tell_missed(flushed);
                app.hub.flush(&app);
                due = is_more_to_tell.then(|| flushed + PACE);
            }
            () = app.hub.is_due() => due = due.or(Some(flushed + PACE)),
        }
    }
}

/// The end of a wait that may have none.
async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn take(app: &App, events: Vec<source::Event>, missed: u64, now: Instant) {
    let mut is_changed = missed > 0;
    for event in events {
        let is_change = matches!(
            event.what,
            What::Started { .. }
                | What::Ended { .. }
                | What::Crashed { .. }
                | What::Restarted { .. }
        );
        is_changed |= is_change;
        note(app, &event, now);
    }
    if missed > 0 {
        app.log().lost(missed, now);
    }
    if is_changed {
        app.sweeps.changed();
        app.hub.changed();
    }
}

fn note(app: &App, happened: &source::Event, now: Instant) {
    let at = unix_ms(happened.at);
    if let What::Restarted {
        supervisor,
        child,
        before,
    } = &happened.what
        && let Some(pid) = happened.pid
    {
        let child = short_line(child);
        if let Some(before) = *before {
            app.log().place(before, *supervisor, &child);
        }
        let restart = Restart {
            at,
            pid,
            before: *before,
            supervisor: *supervisor,
            child,
        };
        let called = source::see(*supervisor).map_or_else(
            || supervisor.to_string(),
            |row| match (row.name, row.label) {
                (Some(name), _) => name.to_string(),
                (None, Some(label)) => label.into(),
                (None, None) => supervisor.to_string(),
            },
        );
        app.kin().restarted(restart, called);
    }
    let mut event = event(happened, at);
    if let Some(pid) = happened.pid
        && event.supervisor.is_none()
        && let Some(known) = app.kin().get(pid)
    {
        event.supervisor = Some(Id(known.supervisor));
        event.child = Some(known.child.clone());
    }
    app.log().note(event, now);
}

/// What happened, in the words of the API.
fn event(happened: &source::Event, at: u64) -> Event {
    let name = happened.name.as_ref().map(short_line);
    let type_name = happened.type_name.map(|full| short_line(&short_type(full)));
    let who = match (&name, &type_name, happened.pid) {
        (Some(name), ..) => name.clone(),
        (None, Some(type_name), Some(pid)) => format!("{type_name} {pid}"),
        (None, Some(type_name), None) => type_name.clone(),
        (None, None, Some(pid)) => pid.to_string(),
        (None, None, None) => "a process".to_owned(),
    };
    let told = told(&happened.what, &who);
    let event = Event {
        pid: happened.pid.map(Id),
        name,
        type_name,
        ..Event::new(at, told.kind, short_line(&told.message))
    };
    with_details(event, &happened.what)
}

struct ToldEvent {
    kind: Kind,
    message: String,
}

fn told(what: &What, who: &str) -> ToldEvent {
    let (kind, message) = match what {
        What::Started {
            parent: Some(parent),
        } => (Kind::Start, format!("{who} started by {parent}")),
        What::Started { parent: None } => (Kind::Start, format!("{who} started")),
        What::Ended { reason } => (Kind::Exit, format!("{who} ended: {reason}")),
        What::Crashed { reason, .. } => (Kind::Crash, format!("{who} crashed: {reason}")),
        What::Restarted { child, before, .. } => {
            let before = before.map_or_else(String::new, |before| format!(" in place of {before}"));
            (
                Kind::Restart,
                format!("{who} restarted as child {child}{before}"),
            )
        }
        What::GaveUp {
            child,
            max_restarts,
            max_seconds,
        } => {
            let message = format!(
                "{who} gives up: more than {max_restarts} restarts in {max_seconds} s, the last of child {child}"
            );
            (Kind::Intensity, message)
        }
        What::Reported {
            context,
            child,
            reason,
            ..
        } => (
            Kind::Supervisor,
            format!("{context}: child {child}: {reason}"),
        ),
        What::Unexpected { message } => (
            Kind::Unexpected,
            format!(
                "{who} dropped a message that it does not take: {}",
                short_type(message)
            ),
        ),
        What::Full { message } => (
            Kind::Full,
            format!("the mailbox of {who} is full: {message}"),
        ),
        other => (Kind::Supervisor, format!("{who}: {other:?}")),
    };
    ToldEvent { kind, message }
}

fn with_details(event: Event, what: &What) -> Event {
    let reason = |reason: &dyn Display| Some(short_line(reason));
    match what {
        What::Ended { reason: why } => Event {
            reason: reason(why),
            ..event
        },
        What::Crashed { reason: why, .. } => Event {
            reason: reason(why),
            backtrace: backtrace(why),
            ..event
        },
        What::Restarted {
            supervisor,
            child,
            before,
        } => Event {
            pid: before.map(Id).or(event.pid),
            new_pid: event.pid,
            supervisor: Some(Id(*supervisor)),
            child: Some(short_line(child)),
            ..event
        },
        What::GaveUp { child, .. } => Event {
            supervisor: event.pid,
            child: Some(short_line(child)),
            ..event
        },
        What::Reported {
            supervisor,
            child,
            reason: why,
            ..
        } => Event {
            supervisor: supervisor.map(Id),
            child: Some(short_line(child)),
            reason: reason(why),
            ..event
        },
        _ => event,
    }
}

fn backtrace(reason: &beamish::ExitReason) -> Option<std::sync::Arc<str>> {
    match reason {
        beamish::ExitReason::Panic(info) => info
            .backtrace()
            .map(|backtrace| cut(backtrace.to_string(), MAX_BACKTRACE).into()),
        _ => None,
    }
}
