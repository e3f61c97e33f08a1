//! What the runtime tells of processes, in the observer's own words: the one place that knows `beamish::observe`.

use std::time::Duration;

use beamish::{ChildId, ChildInfo, ChildKind, ChildStatus, Name, Pid, Strategy, observe};

pub(crate) use beamish::observe::{Event, Events, Kind, Status, Totals, What};

/// A process as a sweep sees it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) pid: Pid,
    pub(crate) parent: Option<Pid>,
    pub(crate) name: Option<Name>,
    pub(crate) label: Option<Box<str>>,
    pub(crate) type_name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) status: Status,
    pub(crate) mailbox: usize,
    pub(crate) mailbox_bytes: usize,
    pub(crate) handled: u64,
    pub(crate) ran_here: u64,
    pub(crate) links: usize,
}

impl Row {
    /// Whether it answers system requests: a supervisor does too.
    pub(crate) const fn is_server(&self) -> bool {
        matches!(self.kind, Kind::Server) || self.is_supervisor()
    }

    pub(crate) const fn is_supervisor(&self) -> bool {
        self.kind.is_supervisor()
    }
}

impl From<observe::Seen> for Row {
    fn from(seen: observe::Seen) -> Self {
        Self {
            pid: seen.pid,
            parent: seen.parent,
            name: seen.name,
            label: seen.label.map(String::into_boxed_str),
            type_name: seen.type_name,
            kind: seen.kind,
            status: seen.status,
            mailbox: seen.mailbox,
            mailbox_bytes: seen.mailbox_bytes,
            handled: seen.handled,
            ran_here: seen.ran_here,
            links: seen.links,
        }
    }
}

/// What a supervisor says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// `None` of a dynamic one.
    pub(crate) strategy: Option<Strategy>,
    pub(crate) max_restarts: u32,
    pub(crate) max_seconds: u64,
    /// The first of them, in the order of their start; of a dynamic one in no order.
    pub(crate) children: Vec<ToldChild>,
}

/// What a supervisor says of a child.
#[derive(Clone, Debug)]
pub(crate) struct ToldChild {
    pub(crate) id: Option<ChildId>,
    pub(crate) status: ChildStatus,
    pub(crate) is_supervisor: bool,
    pub(crate) type_name: &'static str,
    pub(crate) restarts: u64,
}

/// The processes of the node of the calling code, a few at a time.
pub(crate) fn processes() -> impl Iterator<Item = Row> + Send {
    observe::snapshot().map(Row::from)
}

/// A process of any node.
pub(crate) fn see(pid: Pid) -> Option<Row> {
    observe::see(pid).map(Row::from)
}

/// What is always counted.
pub(crate) fn totals() -> Totals {
    observe::totals()
}

/// What happens from now on.
pub(crate) fn events(capacity: usize) -> Events {
    observe::events(capacity)
}

/// Asks a supervisor for itself and at most `limit` children; `None` if it is none, or does not answer in time.
pub(crate) async fn supervisor(pid: Pid, limit: usize, timeout: Duration) -> Option<Told> {
    let info = observe::supervisor(pid, limit, timeout).await?;
    Some(Told {
        strategy: info.strategy,
        max_restarts: info.max_restarts,
        max_seconds: info.max_seconds,
        children: info.children.into_iter().map(ToldChild::from).collect(),
    })
}

/// Asks a supervisor for one child.
pub(crate) async fn child(supervisor: Pid, pid: Pid, timeout: Duration) -> Option<ToldChild> {
    observe::child(supervisor, pid, timeout)
        .await
        .map(ToldChild::from)
}

impl From<ChildInfo> for ToldChild {
    fn from(child: ChildInfo) -> Self {
        Self {
            id: child.id,
            status: child.status,
            is_supervisor: child.kind == ChildKind::Supervisor,
            type_name: child.type_name,
            restarts: child.restarts,
        }
    }
}

/// Whom a process is linked to.
pub(crate) fn links(pid: Pid) -> Vec<Pid> {
    beamish::process::info(pid).map_or_else(Vec::new, |info| info.links)
}
