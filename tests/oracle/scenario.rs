//! What a scenario is: a tree of supervisors and workers with their options, then steps. Plain data; `text.rs` has its
//! text form.
//!
//! 1. A name stands for one place in the tree. Each process started there is an incarnation of it, `name#1`, `name#2` and
//!    so on; a step acts on the latest.
//! 2. The process that runs the steps is `main`: it traps exits, and started the top supervisor.
//! 3. A `spare` node is not started with its supervisor; the step `start` does it. All children of a dynamic supervisor
//!    are spare.
//! 4. A node stands after the one that it is under. Nobody is held or suspended when the steps are over.

use std::time::Duration;

use beamish::{AutoShutdown, Restart, Shutdown, Strategy};

pub(crate) type Name = String;

/// The process that runs the steps.
pub(crate) const MAIN: &str = "main";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scenario {
    pub(crate) name: Name,
    /// What it shows.
    pub(crate) about: String,
    pub(crate) nodes: Vec<Node>,
    pub(crate) steps: Vec<Step>,
}

/// A place in the tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) name: Name,
    /// `None`: it is the top.
    pub(crate) under: Option<Name>,
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
    pub(crate) significant: bool,
    pub(crate) spare: bool,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Worker(Worker),
    Supervisor {
        strategy: Strategy,
        auto: AutoShutdown,
        intensity: Intensity,
    },
    Dynamic {
        max_children: Option<usize>,
        intensity: Intensity,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Intensity {
    pub(crate) restarts: u32,
    pub(crate) seconds: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Worker {
    /// Whether it traps exits, from its `init` on.
    pub(crate) trap: bool,
    /// What `init` does in each incarnation; the last one stands for all that follow.
    pub(crate) inits: Vec<Begin>,
    pub(crate) ending: Ending,
}

impl Worker {
    pub(crate) fn begin(&self, incarnation: usize) -> &Begin {
        &self.inits[(incarnation - 1).min(self.inits.len() - 1)]
    }
}

/// What `init` does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Begin {
    Ok,
    Ignore,
    Stop(Reason),
    Exit(Reason),
    Crash,
}

/// What `terminate` does when the supervisor asks with `shutdown`. It runs in workers that trap exits only.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ending {
    Obey,
    Exit(Reason),
    Crash,
    /// It waits until it is killed.
    Stubborn,
}

/// The reasons that a scenario can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Normal,
    Shutdown,
    ShutdownWith,
    Kill,
    Boom,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// An exit signal from `main`.
    Exit(Name, Reason),
    Call(Name, Op),
    Cast(Name, Op),
    /// `GenServer.stop`.
    Stop(Name, Reason),
    Start(Name),
    Terminate(Name),
    Restart(Name),
    Delete(Name),
    Which(Name),
    Count(Name),
    /// Makes a supervisor start a child whose `init` waits: what is sent to it meanwhile waits too, in order.
    Hold(Name),
    Release(Name),
    /// `sys:suspend`.
    Suspend(Name),
    Resume(Name),
    Wait(Duration),
}

/// What a worker is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    Echo,
    Crash,
    Exit(Reason),
    /// Returns `stop`, after the answer if it is a call.
    Stop(Reason),
    /// Sends an exit signal to itself.
    Signal(Reason),
    /// Does not answer; the caller waits a moment.
    Silent,
    /// Calls another worker, and ends with the call if that fails.
    Relay(Name, Box<Self>),
    /// Sends that many messages, and exits.
    Burst(Name, u32, Reason),
    Link(Name),
    Unlink(Name),
    Monitor(Name),
    Demonitor(Name),
    Trap(bool),
}

impl Op {
    /// The process that it is about besides the one that does it.
    pub(crate) fn other(&self) -> Option<&Name> {
        match self {
            Self::Relay(to, _)
            | Self::Burst(to, ..)
            | Self::Link(to)
            | Self::Unlink(to)
            | Self::Monitor(to)
            | Self::Demonitor(to) => Some(to),
            Self::Echo
            | Self::Crash
            | Self::Exit(_)
            | Self::Stop(_)
            | Self::Signal(_)
            | Self::Silent
            | Self::Trap(_) => None,
        }
    }
}

impl Step {
    /// The processes that it is about.
    pub(crate) fn names(&self) -> Vec<&Name> {
        match self {
            Self::Call(name, op) | Self::Cast(name, op) => {
                std::iter::once(name).chain(op.other()).collect()
            }
            Self::Exit(name, _)
            | Self::Stop(name, _)
            | Self::Start(name)
            | Self::Terminate(name)
            | Self::Restart(name)
            | Self::Delete(name)
            | Self::Which(name)
            | Self::Count(name)
            | Self::Hold(name)
            | Self::Release(name)
            | Self::Suspend(name)
            | Self::Resume(name) => vec![name],
            Self::Wait(_) => Vec::new(),
        }
    }
}

impl Scenario {
    pub(crate) fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// The top supervisor: the first node.
    pub(crate) fn top(&self) -> &Node {
        &self.nodes[0]
    }

    /// What stands under a supervisor and is started with it.
    pub(crate) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.nodes
            .iter()
            .filter(move |node| node.under.as_deref() == Some(name) && !node.spare)
    }

    /// Whether all significant children may be so: they can end for good, and their supervisor minds (`SIG-C3`).
    pub(crate) fn is_valid(&self) -> bool {
        self.nodes
            .iter()
            .filter(|node| node.significant)
            .all(|node| node.restart != Restart::Permanent && self.minds(node.under.as_deref()))
    }

    /// Whether a supervisor ends with significant children.
    pub(crate) fn minds(&self, name: Option<&str>) -> bool {
        name.and_then(|name| self.node(name)).is_some_and(
            |node| matches!(node.kind, Kind::Supervisor { auto, .. } if auto != AutoShutdown::Never),
        )
    }

    pub(crate) fn is_dynamic(&self, name: &str) -> bool {
        self.node(name)
            .is_some_and(|node| matches!(node.kind, Kind::Dynamic { .. }))
    }
}
