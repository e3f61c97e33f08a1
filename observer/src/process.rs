//! One process, looked at closely.

use std::collections::HashMap;
use std::sync::Arc;

use beamish::process::ProcessInfo;
use beamish::{Pid, sys};
use serde::Serialize;

use crate::asking::{GIVE_UP, PATIENCE};
use crate::events::{Event, Kind};
use crate::processes::{kind, shown_name};
use crate::shared::App;
use crate::snapshot::Snapshot;
use crate::source::{self, Row};
use crate::text::{Id, cut, short_line, short_type};
use crate::timings::{Handler, Handling, Recent};
use crate::watch::Trace;

/// So many of the processes that one has to do with are told, of each kind.
const MAX_REFS: usize = 200;

/// So many kinds of waiting messages are told.
const MAX_WAITING: usize = 50;

/// So many crashes are told.
const MAX_CRASHES: usize = 20;

/// What a state has at most as it is shown, in bytes.
const MAX_STATE: usize = 64 * 1024;

/// Who a process is, in short.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ref {
    pid: Id,
    name: Option<String>,
    label: Option<String>,
    #[serde(rename = "type")]
    type_name: Option<String>,
    alive: bool,
}

impl Ref {
    fn of(pid: Pid) -> Self {
        let row = source::see(pid);
        Self {
            pid: Id(pid),
            name: row
                .as_ref()
                .and_then(|row| row.name.as_ref())
                .map(|name| shown_name(name.as_str())),
            label: row
                .as_ref()
                .and_then(|row| row.label.as_deref())
                .map(shown_name),
            type_name: row.as_ref().map(|row| short_type(row.type_name)),
            alive: row.is_some(),
        }
    }

    fn all(pids: &[Pid]) -> Vec<Self> {
        pids.iter().take(MAX_REFS).copied().map(Self::of).collect()
    }
}

/// Messages of one kind that wait.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Waiting {
    message: &'static str,
    count: usize,
}

/// A message that was handled.
#[derive(Debug, Serialize)]
struct ShownRecent {
    at: u64,
    kind: &'static str,
    message: &'static str,
    contents: Option<String>,
    from: Option<Ref>,
    took_us: u64,
}

/// A process as the API gives it.
#[derive(Debug, Serialize)]
pub(crate) struct Process {
    pid: Id,
    name: Option<String>,
    label: Option<String>,
    #[serde(rename = "type")]
    type_name: String,
    type_full: &'static str,
    kind: &'static str,
    status: &'static str,
    parent: Option<Ref>,
    ancestors: Vec<Ref>,
    children: Vec<Ref>,
    children_total: usize,
    links: Vec<Ref>,
    links_total: usize,
    monitors: Vec<Ref>,
    monitored_by: Vec<Ref>,
    trap_exit: bool,
    supervisor: Option<Ref>,
    child_id: Option<String>,
    restarts: u64,
    mailbox: usize,
    mailbox_bytes: usize,
    waiting: Vec<Waiting>,
    handled: u64,
    handled_per_s: Option<f64>,
    current: Option<Handling>,
    timed_since: Option<u64>,
    handlers: Vec<Handler>,
    state: Option<String>,
    state_shown: bool,
    answers: bool,
    recent: Vec<ShownRecent>,
    tracing_until: Option<u64>,
    crashes: Vec<Arc<Event>>,
}

/// What is left of a process that has ended.
#[derive(Debug, Serialize)]
pub(crate) struct Gone {
    last: Option<Arc<Event>>,
    replaced_by: Option<Ref>,
}

/// What the messages are that wait, in the order of their first appearance.
fn waiting(messages: &[&'static str]) -> Vec<Waiting> {
    let mut places = HashMap::new();
    let mut waiting: Vec<Waiting> = Vec::new();
    for message in messages {
        let next = waiting.len();
        let place = *places.entry(*message).or_insert(next);
        match waiting.get_mut(place) {
            Some(known) => known.count += 1,
            None if next < MAX_WAITING => waiting.push(Waiting { message, count: 1 }),
            // No room for one more kind; the next of it is to find none either.
            None => {
                places.remove(message);
            }
        }
    }
    waiting
}

/// Looks at a process. With `watch` its handlers are timed from now on, if it is a server.
///
/// # Errors
/// It has ended.
pub(crate) async fn look(app: &App, pid: Pid, watch: bool) -> Result<Process, Gone> {
    let (Some(row), Some(info)) = (source::see(pid), beamish::process::info(pid)) else {
        return Err(gone(app, pid));
    };
    let is_server = row.is_server();
    if watch && is_server {
        app.watches.watch(pid, || trace(app)).await;
    }
    let snapshot = app.sweeps.rows(app.options.interval).await;
    let (status, place) = tokio::join!(
        async {
            if is_server {
                ask_status(app, pid).await
            } else {
                None
            }
        },
        place(&row),
    );
    Ok(page(app, &row, &info, &snapshot, status.as_deref(), place))
}

/// Where a process stands with its supervisor.
struct Place {
    supervisor: Option<Pid>,
    id: Option<String>,
    restarts: u64,
}

async fn place(row: &Row) -> Place {
    let supervisor = row
        .parent
        .filter(|parent| source::see(*parent).is_some_and(|of| of.is_supervisor()));
    let child = match supervisor {
        Some(supervisor) => source::child(supervisor, row.pid, PATIENCE).await,
        None => None,
    };
    Place {
        supervisor,
        restarts: child.as_ref().map_or(0, |child| child.restarts),
        id: child.and_then(|child| child.id).map(|id| short_line(&id)),
    }
}

async fn ask_status(app: &App, pid: Pid) -> Option<Arc<sys::Status>> {
    let question = async move {
        sys::get_status(pid)
            .timeout(GIVE_UP)
            .await
            .ok()
            .map(Arc::new)
    };
    app.statuses.ask(&app.node, pid, question).await
}

fn page(
    app: &App,
    row: &Row,
    info: &ProcessInfo,
    snapshot: &Snapshot,
    status: Option<&sys::Status>,
    place: Place,
) -> Process {
    let pid = row.pid;
    let timed = app.watches.timed(pid, row.handled);
    let children = snapshot.children(pid);
    let children_total = children.len();
    let children: Vec<Pid> = children.take(MAX_REFS).map(|child| child.pid).collect();
    let parent = |pid: &Pid| source::see(*pid)?.parent;
    let ancestors: Vec<Pid> = std::iter::successors(row.parent, parent)
        .take(MAX_REFS)
        .collect();
    let known = app.kin().get(pid).cloned();
    let state = status.and_then(|status| status.state.clone());
    let recent = timed
        .as_ref()
        .map_or_else(Vec::new, |timed| timed.recent.clone());
    Process {
        pid: Id(pid),
        name: row.name.as_ref().map(|name| shown_name(name.as_str())),
        label: row.label.as_deref().map(shown_name),
        type_name: short_type(row.type_name),
        type_full: row.type_name,
        kind: kind(row),
        status: row.status.name(),
        parent: row.parent.map(Ref::of),
        ancestors: Ref::all(&ancestors),
        children: Ref::all(&children),
        children_total,
        links_total: info.links.len(),
        links: Ref::all(&info.links),
        monitors: Ref::all(&info.monitors),
        monitored_by: Ref::all(&info.monitored_by),
        trap_exit: info.trap_exit,
        supervisor: place.supervisor.map(Ref::of),
        child_id: place
            .id
            .or_else(|| known.as_ref().map(|known| known.child.clone())),
        restarts: place.restarts.max(known.map_or(0, |known| known.restarts)),
        mailbox: row.mailbox,
        mailbox_bytes: row.mailbox_bytes,
        waiting: waiting(&beamish::process::messages(pid).unwrap_or_default()),
        handled: row.handled,
        handled_per_s: timed.as_ref().and_then(|timed| timed.handled_per_s),
        current: timed.as_ref().and_then(|timed| timed.current.clone()),
        timed_since: timed.as_ref().map(|timed| timed.since_ms),
        tracing_until: timed.as_ref().and_then(|timed| timed.tracing_until),
        handlers: timed.map_or_else(Vec::new, |timed| timed.handlers),
        state_shown: state.is_some(),
        state: state.map(|state| cut(state, MAX_STATE)),
        answers: status.is_some() || !row.is_server(),
        recent: recent.into_iter().map(ShownRecent::from).collect(),
        crashes: crashes(app, pid),
    }
}

impl From<Recent> for ShownRecent {
    fn from(recent: Recent) -> Self {
        Self {
            at: recent.at,
            kind: recent.kind,
            message: recent.message,
            contents: recent.contents,
            from: recent.from.map(Ref::of),
            took_us: recent.took_us,
        }
    }
}

/// The crashes of a process and of those whose place it has, newest first.
fn crashes(app: &App, pid: Pid) -> Vec<Arc<Event>> {
    let line: std::collections::HashSet<Id> = app.kin().line(pid).map(Id).collect();
    let log = app.log();
    let crashes = log.newest_first().filter(|event| {
        event.kind == Kind::Crash && event.pid.is_some_and(|pid| line.contains(&pid))
    });
    crashes.take(MAX_CRASHES).cloned().collect()
}

fn gone(app: &App, pid: Pid) -> Gone {
    let heir = app.kin().heir(pid);
    Gone {
        last: app.log().last_of(pid),
        replaced_by: heir.map(Ref::of),
    }
}

/// Tells of the messages of a server that is traced.
pub(crate) fn trace(app: &App) -> Trace {
    // Not to keep the observer's state as long as the server lives.
    let app = Arc::downgrade(app);
    Box::new(move |pid, recent| {
        let Some(app) = app.upgrade() else { return };
        let row = source::see(pid);
        let event = Event {
            pid: Some(Id(pid)),
            name: row
                .as_ref()
                .and_then(|row| row.name.as_ref())
                .map(short_line),
            type_name: row.map(|row| short_type(row.type_name)),
            ..Event::new(recent.at, Kind::Trace, short_line(&recent.told()))
        };
        app.log().note(event, tokio::time::Instant::now());
        app.hub.ask_for_flush();
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_messages_are_counted_in_the_order_of_their_first() {
        let counted: Vec<_> = waiting(&["store", "fetch", "store", "store"])
            .into_iter()
            .map(|waiting| (waiting.message, waiting.count))
            .collect();
        assert_eq!(counted, [("store", 3), ("fetch", 1)]);
    }

    #[test]
    fn of_very_many_kinds_the_first_are_told() {
        let mut names: Vec<&'static str> = Vec::new();
        for number in 0..MAX_WAITING + 10 {
            names.push(Box::leak(number.to_string().into_boxed_str()));
        }
        let twice = [&names[..], &names[..]].concat();
        let waiting = waiting(&twice);
        assert_eq!(waiting.len(), MAX_WAITING);
        assert!(waiting.iter().all(|waiting| waiting.count == 2));
    }
}
