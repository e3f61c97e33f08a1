//! What can be seen of all processes while they run: what observers are made of.
//!
//! Looking stops nothing: a [`snapshot`] goes through the processes a few at a time and holds no lock meanwhile, and what
//! happens is noted for those who asked for [`events()`], never waiting for them. When nobody looks, all that is done are a
//! count of messages in each process, one load at each start, and a load and a count at each end.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use beamish_runtime::{observe, spawn};
//!
//! let pid = spawn(std::future::pending::<()>());
//! let seen = observe::see(pid).expect("it lives");
//! assert_eq!((seen.pid, seen.mailbox), (pid, 0));
//! assert!(observe::snapshot().any(|seen| seen.pid == pid));
//! # });
//! ```
//!
//! # OTP
//! What `observer` and `recon` take from `erlang:processes/0`, `process_info/2`, `erlang:trace/3` and `system_monitor/2`.

mod events;
mod tree;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

pub use events::{Batch, Event, Events, What, events};
pub(crate) use events::{is_read, note, note_of};
pub use tree::{SupervisorInfo, child, supervisor};

use crate::node::Node;
use crate::process::control::{Process, bits};
use crate::process::relations::Relations;
use crate::process::{context, table};
use crate::{Name, Pid};

/// What a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A [`GenServer`](crate::GenServer) that is no supervisor.
    Server,
    /// A [`Supervisor`](crate::Supervisor).
    Supervisor,
    /// A [`DynamicSupervisor`](crate::DynamicSupervisor).
    DynamicSupervisor,
    /// What keeps an [`Application`](crate::Application); its type is the application's.
    Application,
    /// A [`Task`](crate::Task).
    Task,
    /// Any other process: what [`spawn`](crate::spawn) and its like start.
    Process,
}

impl Kind {
    /// Its name, in `snake_case`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Supervisor => "supervisor",
            Self::DynamicSupervisor => "dynamic_supervisor",
            Self::Application => "application",
            Self::Task => "task",
            Self::Process => "process",
        }
    }

    /// Whether it starts and restarts children.
    #[must_use]
    pub const fn is_supervisor(self) -> bool {
        matches!(self, Self::Supervisor | Self::DynamicSupervisor)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// A server that waits for a message, or that a caller runs a short handler on.
    Idle,
    /// A server in a callback: it runs, or waits for something there.
    Busy,
    /// A server that was [suspended](crate::sys::suspend).
    Suspended,
    /// A process that is no server. Whether it runs or waits is not known.
    Running,
    /// An exit signal has come, or it ends by itself.
    Exiting,
}

impl Status {
    /// Its name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Busy => "busy",
            Self::Suspended => "suspended",
            Self::Running => "running",
            Self::Exiting => "exiting",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A process at one moment, as a [`snapshot`] sees it. What takes longer to find is in
/// [`process::info`](crate::process::info).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Seen {
    /// Its pid.
    pub pid: Pid,
    /// Who started it, if that was a process; it may have ended.
    pub parent: Option<Pid>,
    /// Its local name.
    pub name: Option<Name>,
    /// What it said of itself with [`set_label`](crate::process::set_label).
    pub label: Option<String>,
    /// The type of the server, the application, or the future that it runs.
    pub type_name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it does.
    pub status: Status,
    /// How many messages wait in its mailbox.
    pub mailbox: usize,
    /// What they take there, in bytes, without what they own elsewhere.
    pub mailbox_bytes: usize,
    /// How many messages it has handled: calls, casts and others; of a process that is no server, those that it received.
    /// System requests are not counted.
    pub handled: u64,
    /// How many of these were calls that their callers ran.
    pub ran_here: u64,
    /// How many processes it is linked to.
    pub links: usize,
}

fn look(process: &dyn Process) -> Seen {
    let head = process.head();
    let (mailbox, word) = (process.mailbox_len(), head.word.get());
    let kind = process.kind();
    let is_server = !matches!(kind, Kind::Application | Kind::Task | Kind::Process);
    let status = if word & (bits::EXIT | bits::ENDED) != 0 {
        Status::Exiting
    } else if !is_server {
        Status::Running
    } else if head.activity.is_suspended() {
        Status::Suspended
    } else if word & bits::IDLE != 0 || head.activity.is_resting() {
        Status::Idle
    } else {
        Status::Busy
    };
    let signals = head.signals.lock();
    let relations = signals.relations.as_deref();
    Seen {
        pid: head.pid,
        parent: head.parent,
        name: signals.name().cloned(),
        label: relations.and_then(Relations::label).map(str::to_owned),
        type_name: process.type_name(),
        kind,
        status,
        mailbox,
        mailbox_bytes: mailbox * process.letter_bytes(),
        handled: head.activity.handled(),
        ran_here: head.word.count(),
        links: relations.map_or(0, |relations| relations.links.len())
            + usize::from(signals.linked_to_parent),
    }
}

/// One process; `None` if it has ended.
#[must_use]
pub fn see(pid: Pid) -> Option<Seen> {
    let process = table::find(pid)?;
    (!process.head().has(bits::ENDED)).then(|| look(&*process))
}

/// The processes of the calling code's node, in no order.
///
/// Each is looked at when the iterator comes to it: those that start or end meanwhile may be among them or not, all others
/// are, once. Between two items nothing is held: whoever has many to look at may wait there and let others run.
pub fn snapshot() -> Snapshot {
    Snapshot {
        node: context::node(),
        walk: table::Walk::new(),
    }
}

/// See [`snapshot`].
#[derive(Debug)]
#[must_use = "it does nothing unless iterated over"]
pub struct Snapshot {
    node: Node,
    walk: table::Walk,
}

impl Iterator for Snapshot {
    type Item = Seen;

    fn next(&mut self) -> Option<Seen> {
        loop {
            let process = self.walk.next()?;
            let head = process.head();
            if head.node == self.node && !head.has(bits::ENDED) {
                return Some(look(&*process));
            }
        }
    }
}

/// What is counted of all processes together, whoever looks. But for the names, of all nodes of this program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// How many live.
    pub processes: usize,
    /// How many local names are held, on the calling code's node.
    pub names: usize,
    /// How many were started.
    pub started: u64,
    /// How many have ended.
    pub exited: u64,
    /// How many of these crashed: ended by themselves with an abnormal reason.
    pub crashed: u64,
    /// How many children supervisors have restarted.
    pub restarts: u64,
    /// How many messages those handled that have ended.
    pub handled_by_ended: u64,
}

/// How many there are and were. Takes the same time however many there are.
#[must_use]
pub fn totals() -> Totals {
    let processes = table::len();
    let started = Pid::made();
    Totals {
        processes,
        names: context::node().names().len(),
        started,
        exited: ENDED
            .iter()
            .map(|part| part.exited.load(Ordering::Relaxed))
            .sum(),
        crashed: CRASHED.load(Ordering::Relaxed),
        restarts: RESTARTS.load(Ordering::Relaxed),
        handled_by_ended: ENDED
            .iter()
            .map(|part| part.handled.load(Ordering::Relaxed))
            .sum(),
    }
}

static CRASHED: AtomicU64 = AtomicU64::new(0);
static RESTARTS: AtomicU64 = AtomicU64::new(0);

/// In parts, since processes end on all threads at once.
static ENDED: [CachePadded<Ended>; 8] = [const { CachePadded::new(Ended::new()) }; 8];

/// Processes that have ended.
struct Ended {
    exited: AtomicU64,
    handled: AtomicU64,
}

impl Ended {
    const fn new() -> Self {
        Self {
            exited: AtomicU64::new(0),
            handled: AtomicU64::new(0),
        }
    }
}

pub(crate) fn count_crash() {
    CRASHED.fetch_add(1, Ordering::Relaxed);
}

pub(crate) fn count_restart() {
    RESTARTS.fetch_add(1, Ordering::Relaxed);
}

/// A process has ended.
pub(crate) fn count_end(process: &dyn Process) {
    let head = process.head();
    let handled = head.activity.handled();
    // Eight that follow each other have the same part: they mostly end on the same thread.
    let part = &ENDED[(head.pid.to_bits() / 8) as usize % ENDED.len()];
    part.exited.fetch_add(1, Ordering::Relaxed);
    if handled > 0 {
        part.handled.fetch_add(handled, Ordering::Relaxed);
    }
}
