//! What happens in the program becomes events, and the streams hear of them ten times a second at most.

use std::sync::Arc;
use std::time::Duration;

use beamish::{ExitReason, Pid};
use tokio::time::{Instant, sleep_until};

use crate::events::{Event, Kind};
use crate::kin::Restart;
use crate::shared::App;
use crate::source::{self, Events, What};
use crate::text::{Id, bounded, short_line, short_type, unix_ms};

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
    if let Some(restart) = restart(happened) {
        if let Some(before) = restart.before {
            app.log().place(before, restart.supervisor, &restart.child);
        }
        let called = called(restart.supervisor);
        app.kin().restarted(restart, called);
    }
    // Before its text is made: of a burst most is only counted.
    if !app.log().admits(kind(&happened.what), now) {
        return;
    }
    let mut event = event(happened);
    if let Some(pid) = happened.pid
        && event.supervisor.is_none()
        && let Some(known) = app.kin().get(pid)
    {
        event.supervisor = Some(Id(known.supervisor));
        event.child = Some(known.child.clone());
    }
    app.log().push(event);
}

fn restart(happened: &source::Event) -> Option<Restart> {
    match &happened.what {
        What::Restarted {
            supervisor,
            child,
            before,
        } => Some(Restart {
            at: unix_ms(happened.at),
            pid: happened.pid?,
            before: *before,
            supervisor: *supervisor,
            child: short_line(child),
        }),
        _ => None,
    }
}

/// What a supervisor is called over its own restarts, if it has a name or a label.
fn called(supervisor: Pid) -> String {
    let row = source::see(supervisor);
    let name = row.map(|row| (row.name, row.label));
    match name {
        Some((Some(name), _)) => short_line(&name),
        Some((None, Some(label))) => short_line(&label),
        _ => supervisor.to_string(),
    }
}

const fn kind(what: &What) -> Kind {
    match what {
        What::Started { .. } => Kind::Start,
        What::Ended { .. } => Kind::Exit,
        What::Crashed { .. } => Kind::Crash,
        What::Restarted { .. } => Kind::Restart,
        What::GaveUp { .. } => Kind::Intensity,
        What::Unexpected { .. } => Kind::Unexpected,
        What::Full { .. } => Kind::Full,
        _ => Kind::Supervisor,
    }
}

/// What happened, in the words of the API.
fn event(happened: &source::Event) -> Event {
    let name = happened.name.as_ref().map(short_line);
    let type_name = happened.type_name.map(|full| short_line(&short_type(full)));
    let who = match (&name, &type_name, happened.pid) {
        (Some(name), ..) => name.clone(),
        (None, Some(type_name), Some(pid)) => format!("{type_name} {pid}"),
        (None, Some(type_name), None) => type_name.clone(),
        (None, None, Some(pid)) => pid.to_string(),
        (None, None, None) => "a process".to_owned(),
    };
    let (at, kind) = (unix_ms(happened.at), kind(&happened.what));
    let event = Event {
        pid: happened.pid.map(Id),
        name,
        type_name,
        ..Event::new(at, kind, String::new())
    };
    let event = with_details(event, &happened.what);
    let message = short_line(&message(&event, &who, &happened.what));
    Event { message, ..event }
}

fn with_details(event: Event, what: &What) -> Event {
    match what {
        What::Ended { reason } => Event {
            reason: Some(short_line(reason)),
            ..event
        },
        What::Crashed { reason, .. } => Event {
            reason: Some(short_line(reason)),
            backtrace: backtrace(reason),
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
            reason,
            ..
        } => Event {
            supervisor: supervisor.map(Id),
            child: Some(short_line(child)),
            reason: Some(short_line(reason)),
            ..event
        },
        _ => event,
    }
}

/// For people. `event` has the texts of what happened already: the user's code writes them, and is asked once.
fn message(event: &Event, who: &str, what: &What) -> String {
    let reason = event.reason.as_deref().unwrap_or_default();
    let child = event.child.as_deref().unwrap_or_default();
    match what {
        What::Started {
            parent: Some(parent),
        } => format!("{who} started by {parent}"),
        What::Started { parent: None } => format!("{who} started"),
        What::Ended { .. } => format!("{who} ended: {reason}"),
        What::Crashed { .. } => format!("{who} crashed: {reason}"),
        What::Restarted {
            before: Some(before),
            ..
        } => format!("{who} restarted as child {child} in place of {before}"),
        What::Restarted { before: None, .. } => format!("{who} restarted as child {child}"),
        What::GaveUp {
            max_restarts,
            max_seconds,
            ..
        } => format!(
            "{who} gives up: more than {max_restarts} restarts in {max_seconds} s, the last of child {child}"
        ),
        What::Reported { context, .. } => format!("{context}: child {child}: {reason}"),
        What::Unexpected { message } => {
            let message = short_type(message);
            format!("{who} dropped a message that it does not take: {message}")
        }
        What::Full { message } => format!("the mailbox of {who} is full: {message}"),
        _ => who.to_owned(),
    }
}

fn backtrace(reason: &ExitReason) -> Option<Arc<str>> {
    match reason {
        ExitReason::Panic(info) => Some(bounded(info.backtrace()?, MAX_BACKTRACE).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt;

    /// Its text is as hostile as can be.
    struct Hostile(usize);

    impl fmt::Debug for Hostile {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self.0 {
                0 => panic!("no text"),
                1 => loop {
                    f.write_str("long\n")?;
                },
                _ => f.write_str("a\r\nb"),
            }
        }
    }

    fn ended(hostile: usize) -> Event {
        let what = What::Ended {
            reason: ExitReason::other(Hostile(hostile)),
        };
        let event = Event::new(0, kind(&what), String::new());
        let event = with_details(event, &what);
        let message = message(&event, "x", &what);
        Event { message, ..event }
    }

    #[test]
    fn reasons_without_text_without_end_and_of_many_lines_are_one_short_line() {
        assert_eq!(ended(0).message, "x ended: (its text panicked)");
        let long = ended(1).reason.unwrap();
        assert!(long.starts_with("long long") && long.len() < 3_000);
        assert_eq!(ended(2).reason.as_deref(), Some("a  b"));
    }
}
