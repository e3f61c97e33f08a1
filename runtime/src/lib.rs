//! The runtime of [beamish](https://docs.rs/beamish): processes, signals, servers and supervisors, by hand and without
//! macros. Most programs use the facade crate `beamish` instead.
//!
//! ```text
//!   your code:      async { … }        impl GenServer for Counter        Supervisor::new(…).child(…)
//!                        │                        │                                │
//!   this crate:   ┌──────▼───────┐       ┌────────▼────────┐              ┌────────▼────────┐
//!                 │   process    │◄──────│ gen_server loop │◄─────────────│   supervisor    │
//!                 └──────┬───────┘       └─────────────────┘              └─────────────────┘
//!                        │ pid, mailbox, links, monitors, names
//!   tokio:         one task each
//! ```
//!
//! The behaviour is Erlang/OTP's; what is guaranteed is listed, by id, in `docs/semantics.md`.

#[cfg(all(panic = "abort", not(beamish_allow_abort)))]
compile_error!(
    "beamish isolates crashes by unwinding, and `panic = \"abort\"` makes any crash end the program; set `panic = \"unwind\"`, or build with `--cfg beamish_allow_abort` to accept that"
);

mod application;
mod blocking;
mod deadline;
mod entry;
mod exit;
mod few;
mod gen_server;
pub mod global;
mod mailbox;
mod name;
pub mod node;
pub mod observe;
mod panics;
mod parcel;
mod pid;
#[doc(hidden)]
pub mod private;
pub mod process;
mod reference;
mod report;
mod signal;
mod supervisor;
mod sync;
pub mod sys;
mod task;
mod timer;

pub use application::{App, Application, ApplicationError};
pub use deadline::Deadline;
pub use exit::{ExitReason, PanicInfo, Term};
#[doc(hidden)]
pub use gen_server::Named;
pub use gen_server::{
    Bound, BoxFuture, Call, CallError, CallFailed, CallInfo, Caller, Cast, Continue,
    DEFAULT_CALL_TIMEOUT, FlatCall, Full, GenServer, Handler, Init, IntoInit, IntoNext, Next,
    NoReply, NoResponse, OnFull, Reply, ReplyTo, Request, Requests, Server, ServerOptions,
    ServerRef, Show, Start, StartError, StartMonitor, Stop, StopError, WrongServer, handled_now,
    unexpected_info,
};
pub use name::{Address, Name, Via, ViaName};
pub use node::Node;
pub use pid::{ParsePidError, Pid};
pub use process::error::{NoProc, RegisterError};
pub use process::{
    Outcome, Recipient, exit_self as exit, self_pid, send, send_named, spawn, spawn_link,
    spawn_monitor,
};
pub use reference::{Alias, MonitorRef, TimerRef};
pub use signal::{Down, Exit, Info, TaggedDown, Timeout};
pub use supervisor::{
    Again, AutoShutdown, BadChildren, Child, ChildCounts, ChildDefaults, ChildError, ChildId,
    ChildInfo, ChildKind, ChildSpec, ChildStatus, DEFAULT_MAX_RESTARTS, DEFAULT_MAX_SECONDS,
    DynamicChild, DynamicSupervisor, DynamicSupervisorMessage, DynamicSupervisorRef,
    DynamicSupervisorReply, DynamicSupervisorServer, FailedToStartChild, Once, Restart, Shutdown,
    StartChild, StartChildError, StartedChild, Strategy, Supervisor, SupervisorMessage,
    SupervisorRef, SupervisorReply, SupervisorServer,
};
pub use task::{DEFAULT_AWAIT_TIMEOUT, Task, TaskError};
pub use timer::{TimerCancelled, TimerExpired, TimerRead};
