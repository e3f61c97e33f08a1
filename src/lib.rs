#![doc = include_str!("../README.md")]

#[cfg(feature = "macros")]
pub use beamish_macros::*;
pub use beamish_runtime::*;

/// What most programs use: `use beamish::prelude::*;`.
pub mod prelude {
    #[cfg(feature = "macros")]
    pub use beamish_macros::{application, genserver, receive, supervisor};
    #[cfg(feature = "macros")]
    #[doc(no_inline)]
    pub use beamish_macros::{
        handle_call, handle_cast, handle_continue, handle_info, init, terminate,
    };
    pub use beamish_runtime::{
        App, Application, CallError, ChildSpec, Down, Exit, ExitReason, Info, Init, MonitorRef,
        NoReply, Pid, Reply, ReplyTo, Server, StartError, SupervisorRef, Task, exit, process,
        self_pid, send, send_named, spawn, spawn_link, spawn_monitor,
    };
}

#[doc(hidden)]
pub mod __private {
    pub use beamish_runtime::private::*;
}

#[cfg(all(doctest, feature = "macros"))]
mod edition_2021;

/// The code of these pages is compiled and run.
#[cfg(all(doctest, feature = "macros"))]
mod pages {
    #[doc = include_str!("../docs/dsl.md")]
    mod dsl {}
}
