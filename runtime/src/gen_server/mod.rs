//! Servers: a state, and the messages that are handled on it one at a time.
//!
//! ```text
//!   CounterRef::get ──► Call ──► is the server idle?
//!                                  │ yes: the caller runs `handle_now`, or begins `handle` ──► answer
//!                                  │ no                              │ it has to wait
//!                                  ▼                                 ▼
//!                               mailbox ──► the server's task: handle_now, handle, handle_info … ──► reply cell ──► answer
//! ```
//!
//! Write a server with `#[genserver]`, or by hand on [`GenServer`]: the macro writes nothing that a person could not.
//!
//! # When not to use it
//! A server handles one message at a time. What needs no state of its own, or is only computed, wants no server; a
//! function does. For a value that many read and few change, a lock is faster.

pub(crate) mod bounded;
mod call;
mod client;
mod error;
mod handler;
#[cfg(all(test, beamish_model))]
mod model;
mod pause;
pub(crate) mod process;
pub(crate) mod reply;
mod request;
mod returns;
mod server;
mod start;
mod starting;
mod stop;
pub(crate) mod turns;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::time::Duration;

pub use bounded::{Bound, Cast, Full, OnFull};
pub use call::{Call, DEFAULT_CALL_TIMEOUT, FlatCall};
pub use client::{BoxFuture, Named, Server, ServerRef};
pub use error::{CallError, CallFailed, CallInfo, StartError, StopError, WrongServer};
pub use handler::Handler;
pub use reply::{Caller, ReplyTo};
pub use request::{NoResponse, Request, Requests};
pub use returns::{Init, IntoInit, IntoNext, Next, NoReply, Reply};
pub use start::{Start, StartMonitor};
pub use stop::Stop;

use crate::{ExitReason, Info, Restart, Shutdown, report};

/// Writes a `T`: mostly `<T as Debug>::fmt`.
pub type Show<T> = fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result;

/// The options of a server: `use GenServer, restart: …` in Elixir. Written by `#[genserver]` on the struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` lacks the options of a server; write `#[genserver]` on the struct too",
    label = "the struct has no `#[genserver]`",
    note = "by hand, write `impl ServerOptions for {Self} {{}}`"
)]
pub trait ServerOptions: Sized + Send + 'static {
    /// The name that it is registered under when it starts.
    const NAME: Option<&'static str> = None;
    /// When its supervisor restarts it: [`Restart::Permanent`] unless given.
    const RESTART: Restart = Restart::Permanent;
    /// How its supervisor ends it: with `Shutdown`, and after 5 s by killing it, unless given.
    const SHUTDOWN: Shutdown = Shutdown::Timeout(Duration::from_secs(5));
    /// Whether its end may end its supervisor.
    const SIGNIFICANT: bool = false;
    /// Whether it traps exit signals, from before `init` on.
    const TRAP_EXIT: bool = false;
    /// How its state is written where the server is [asked for it](crate::sys::get_status) and where its crash is reported:
    /// not at all, unless `#[genserver(debug)]` stands on the struct. What is secret in there is shown to who asks.
    const DEBUG: Option<Show<Self>> = None;
    #[doc(hidden)]
    const IS_SUPERVISOR: bool = false;
}

/// A server. `#[genserver]` on an `impl` block writes this.
///
/// # OTP
/// The behaviour `gen_server`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a server",
    label = "not a server",
    note = "put `#[genserver]` on the struct and on its `impl` block"
)]
pub trait GenServer: ServerOptions {
    /// What [`init`](Self::init) gets.
    type Args: Send + 'static;
    /// The calls and casts, as data.
    type Message: Send + 'static;
    /// The answers to the calls, as data.
    type Reply: Send + 'static;
    /// The client that a start returns: [`ServerRef<Self>`] or a type around it.
    type Ref: From<ServerRef<Self>> + Send + 'static;

    /// How many calls and casts its mailbox holds: any number, unless written.
    const MAILBOX: Option<Bound> = None;

    /// How a call or cast is written where its [events](crate::sys::Event) are looked at: by its name alone, unless
    /// `#[genserver(debug)]` stands on the `impl` block.
    const DEBUG_MESSAGE: Option<Show<Self::Message>> = None;

    /// Whether there is a `terminate` to be run.
    #[doc(hidden)]
    const TERMINATES: bool = true;

    /// What a message is called where messages are counted, traced and listed: the name of its handler.
    ///
    /// Unless written, the name of the type.
    fn message_name(message: &Self::Message) -> &'static str {
        let _ = message;
        std::any::type_name::<Self::Message>()
    }

    /// What is known of `init`: then the starter runs it, as the new process, as far as it does not wait. Without, the new
    /// process's task runs it.
    #[doc(hidden)]
    fn init_handler() -> Option<&'static Handler> {
        None
    }

    /// Makes the state, as the new process. The starter waits for it.
    fn init(args: Self::Args) -> impl Future<Output = Init<Self>> + Send;

    /// Handles a call or cast without awaiting. To an idle server the caller itself runs this.
    ///
    /// # Errors
    /// Gives a message back that has to be awaited, or whose answer comes later: it goes to [`handle`](Self::handle).
    fn handle_now(&mut self, message: Self::Message) -> Result<Next<Self>, Self::Message> {
        Err(message)
    }

    /// Handles a call or cast that [`handle_now`](Self::handle_now) gave back, or a call whose [`Handler`] says that it awaits.
    /// To an idle server the caller begins it, and the server's task goes on if it has to wait.
    fn handle(
        &mut self,
        message: Self::Message,
        caller: &mut Caller<Self>,
    ) -> impl Future<Output = Next<Self>> + Send {
        drop(message);
        let _ = caller;
        async { unreachable!("`handle_now` gave a message back, and there is no `handle` for it") }
    }

    /// Handles any other message. Unless written, it is logged and dropped (`SRV-13`).
    fn handle_info(&mut self, info: Info) -> impl Future<Output = Next<Self>> + Send {
        unexpected_info::<Self>(&info);
        async { Next::no_reply() }
    }

    /// Runs before the process ends by itself or by its parent, not when it is killed or ended by an untrapped exit signal
    /// (`SRV-9`). At a supervisor's shutdown it runs only with [`TRAP_EXIT`](ServerOptions::TRAP_EXIT). What must always
    /// run belongs in `Drop`.
    ///
    /// After a panic in a handler it sees the state as the panic left it.
    fn terminate(&mut self, reason: &ExitReason) -> impl Future<Output = ()> + Send {
        let _ = reason;
        async {}
    }
}

/// Continuations of type `C`: work that a callback leaves to be done before the next message (`SRV-1`).
/// `#[handle_continue]` writes this.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no continuation for `{C}`",
    label = "nothing handles `{C}`",
    note = "write `#[handle_continue] fn name(&mut self, value: {C})` in the `#[genserver]` impl of `{Self}`"
)]
pub trait Continue<C>: GenServer {
    /// Handles the continuation.
    fn handle_continue(&mut self, value: C) -> impl Future<Output = Next<Self>> + Send;
}

/// Callbacks without a continuation.
impl<S: GenServer> Continue<Infallible> for S {
    async fn handle_continue(&mut self, value: Infallible) -> Next<Self> {
        match value {}
    }
}

/// Handles in [`handle`](GenServer::handle) a message that need not be awaited.
#[doc(hidden)]
#[inline]
pub fn handled_now<S: GenServer>(state: &mut S, message: S::Message) -> Next<S> {
    state
        .handle_now(message)
        .unwrap_or_else(|_| Next::no_reply())
}

/// Logs a message that no handler takes, as Elixir does.
pub fn unexpected_info<S: GenServer>(info: &Info) {
    report::unexpected(
        std::any::type_name::<S>(),
        crate::process::try_self_pid(),
        info.type_name(),
    );
}
