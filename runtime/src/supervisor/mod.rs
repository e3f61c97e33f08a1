//! Supervisors: processes that start others, restart them when they end, and end them in order.
//!
//! A supervisor *is* a [`GenServer`](crate::GenServer). What it does is decided by pure functions over plain data
//! (`intensity.rs`, `plan.rs`); `server.rs` carries it out.
//!
//! Declare a tree with `supervisor!`, or build one with [`Supervisor`], for trees that are known only at run time.

mod children;
mod client;
mod dynamic;
mod ends;
mod error;
mod intensity;
mod plan;
mod server;
pub(crate) mod spec;

use std::any::type_name;
use std::fmt;

pub use client::SupervisorRef;
pub use dynamic::{
    DynamicChild, DynamicSupervisor, DynamicSupervisorMessage, DynamicSupervisorRef,
    DynamicSupervisorReply, DynamicSupervisorServer, StartChild, StartedChild,
};
pub use error::{BadChildren, ChildError, FailedToStartChild, StartChildError};
pub use server::{SupervisorMessage, SupervisorReply, SupervisorServer};
pub(crate) use spec::plain_child;
pub use spec::{
    Again, AutoShutdown, Child, ChildCounts, ChildDefaults, ChildId, ChildInfo, ChildKind,
    ChildSpec, ChildStatus, Once, Restart, Shutdown, Strategy, child,
};

use crate::name::ServerName;
use crate::{Name, Start, Via};

/// How often children may be restarted unless told otherwise: 3 times in 5 s, as in Elixir. (Erlang's default is 1.)
pub const DEFAULT_MAX_RESTARTS: u32 = 3;
/// See [`DEFAULT_MAX_RESTARTS`].
pub const DEFAULT_MAX_SECONDS: u64 = 5;

/// Builds a supervisor.
///
/// ```
/// # use beamish_runtime::{ChildSpec, Strategy, Supervisor};
/// # fn children() -> Vec<ChildSpec> { Vec::new() }
/// let supervisor = Supervisor::new(Strategy::OneForOne).max_restarts(10).max_seconds(60).children(children());
/// ```
///
/// # OTP
/// `supervisor:init/1`, Elixir's `Supervisor.start_link(children, opts)`.
#[derive(Clone)]
#[must_use = "a supervisor runs when it is started"]
pub struct Supervisor {
    pub(crate) strategy: Strategy,
    pub(crate) max_restarts: u32,
    pub(crate) max_seconds: u64,
    pub(crate) auto_shutdown: AutoShutdown,
    pub(crate) children: Vec<ChildSpec>,
    name: Option<ServerName>,
    pub(crate) tree: Option<&'static str>,
}

impl Supervisor {
    /// A supervisor without children.
    pub const fn new(strategy: Strategy) -> Self {
        Self {
            strategy,
            max_restarts: DEFAULT_MAX_RESTARTS,
            max_seconds: DEFAULT_MAX_SECONDS,
            auto_shutdown: AutoShutdown::Never,
            children: Vec::new(),
            name: None,
            tree: None,
        }
    }

    /// Says which declared tree this is: one that contains itself, through whatever other trees, fails at its start with the
    /// path of their names. What `supervisor!` declares has its name; it is also the [label](crate::process::label) of the
    /// process.
    pub const fn tree(mut self, tree: &'static str) -> Self {
        self.tree = Some(tree);
        self
    }

    /// Registers it under `name`.
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(ServerName::Local(name.into()));
        self
    }

    /// Registers it under a [global](crate::global) name.
    pub fn global(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(ServerName::Global(name.into()));
        self
    }

    /// Enters it in `registry` under `key`.
    pub fn via<R: Via>(mut self, registry: &R, key: R::Key) -> Self {
        self.name = Some(ServerName::via(registry, key));
        self
    }

    /// How many restarts are allowed in [`max_seconds`](Self::max_seconds), of all children together; one more ends the
    /// supervisor (`RST-2`).
    #[doc(alias = "intensity")]
    pub const fn max_restarts(mut self, max_restarts: u32) -> Self {
        self.max_restarts = max_restarts;
        self
    }

    /// The time, in whole seconds, in which [`max_restarts`](Self::max_restarts) are allowed.
    #[doc(alias = "period")]
    pub const fn max_seconds(mut self, max_seconds: u64) -> Self {
        self.max_seconds = max_seconds;
        self
    }

    /// Whether the end of significant children ends the supervisor.
    pub const fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.auto_shutdown = auto_shutdown;
        self
    }

    /// Adds a child, started after those before it.
    pub fn child(mut self, child: impl Into<ChildSpec>) -> Self {
        self.children.push(child.into());
        self
    }

    /// Adds children, in order.
    pub fn children(mut self, children: impl IntoIterator<Item = ChildSpec>) -> Self {
        self.children.extend(children);
        self
    }

    /// Starts it, linked to the process that awaits this.
    ///
    /// Ready when all children have started. If one fails, those before it are ended in reverse order and the start fails
    /// with [`StartError::Exit`](crate::StartError::Exit), whose reason holds a [`FailedToStartChild`] (`SUP-1`).
    #[track_caller]
    pub fn start_link(self) -> Start<SupervisorServer> {
        let name = self.name.clone();
        Start::link(self).named(name)
    }

    /// Starts it without a link, from anywhere; see [`start_link`](Self::start_link).
    #[track_caller]
    pub fn start(self) -> Start<SupervisorServer> {
        let name = self.name.clone();
        Start::unlinked(self).named(name)
    }

    /// Its specification as a child of another supervisor.
    pub fn child_spec(self) -> ChildSpec {
        let id = self.name.as_ref().map_or_else(
            || ChildId::from("Supervisor"),
            |name| ChildId::from(name.id()),
        );
        ChildSpec::new(move || self.clone().start_link()).id(id)
    }
}

impl From<Supervisor> for ChildSpec {
    fn from(supervisor: Supervisor) -> Self {
        supervisor.child_spec()
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(type_name::<Self>())
            .field("strategy", &self.strategy)
            .field("max_restarts", &self.max_restarts)
            .field("max_seconds", &self.max_seconds)
            .field("children", &self.children)
            .finish_non_exhaustive()
    }
}
