//! System requests: what every server and supervisor answers besides its own calls, between two messages (`SYS-1`).
//!
//! ```
//! # use beamish_runtime::{Address, GenServer, ServerRef, sys};
//! # async fn f<S: GenServer + Clone>(counter: &ServerRef<S>) -> Result<(), sys::SysError> {
//! let state = sys::get_state(counter).await?; // a copy
//! sys::suspend(counter).await?; // from here on only system requests are handled
//! sys::resume(counter).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Each function makes a [`Request`]: a future that sends the request when it is first polled. It stands in the order of the
//! messages; one that does not fit a server's usual work is handled by no other. A plain process, which has no loop of a
//! server, does not answer: [`SysError::NotAServer`].
//!
//! Meant for looking and for mending by hand. A program that needs a state from another process calls it.
//!
//! # OTP
//! The module `sys`.

mod debug;
mod error;
mod request;

use std::fs::File;
use std::time::Duration;

pub use debug::{Event, EventKind, Statistics};
pub use error::SysError;
pub use request::Request;

pub(crate) use debug::{Debug, shown};
pub(crate) use request::{Controlled, Refused, System};

use crate::sys::debug::Look;
use crate::{Address, ExitReason, Name, Pid, Server};

/// A copy of the state of a server.
///
/// # OTP
/// `sys:get_state/1`.
pub fn get_state<C: Server>(server: &C) -> Request<C::Of>
where
    C::Of: Clone,
{
    with_state(server, C::Of::clone)
}

/// What `look` makes of the state of a server; it runs in the server, between two messages.
///
/// If `look` panics, the request fails with [`SysError::Callback`], and the server is not harmed.
pub fn with_state<C, R, F>(server: &C, look: F) -> Request<R>
where
    C: Server,
    R: Send + 'static,
    F: FnOnce(&C::Of) -> R + Send + 'static,
{
    Request::on_state(server.server_ref().address(), |state: &mut C::Of| {
        look(state)
    })
}

/// Replaces the state of a server by what `replace` makes of it. The answer is a copy of the new one.
///
/// If `replace` panics, the state stays as it was, and the request fails with [`SysError::Callback`] (`SYS-3`).
///
/// # OTP
/// `sys:replace_state/2`.
pub fn replace_state<C, F>(server: &C, replace: F) -> Request<C::Of>
where
    C: Server,
    C::Of: Clone,
    F: FnOnce(&C::Of) -> C::Of + Send + 'static,
{
    Request::on_state(server.server_ref().address(), |state: &mut C::Of| {
        let new = replace(state);
        let copy = new.clone();
        *state = new;
        copy
    })
}

/// Lets a server handle nothing but system requests, and its parent's exit, until [`resume`]. What else comes waits, in
/// order (`SYS-2`). A server that is suspended already stays so.
///
/// # OTP
/// `sys:suspend/1`.
pub fn suspend(server: impl Into<Address>) -> Request<()> {
    Request::to(server.into(), |server| server.set_suspended(true))
}

/// Lets a suspended server go on; another is not touched.
///
/// # OTP
/// `sys:resume/1`.
pub fn resume(server: impl Into<Address>) -> Request<()> {
    Request::to(server.into(), |server| server.set_suspended(false))
}

/// Lets a server end with `reason`, after its `terminate`, also if it is suspended. The answer says that it is going to;
/// [`Server::stop`] waits for the end.
///
/// # OTP
/// `sys:terminate/2`.
pub fn terminate(server: impl Into<Address>, reason: impl Into<ExitReason>) -> Request<()> {
    let reason = reason.into();
    Request::to(server.into(), |server| server.end(reason))
}

/// What is known of a server from inside its loop.
///
/// # OTP
/// `sys:get_status/1`. Differs: the state is shown only where the server says so; see also [`with_state`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// Its pid.
    pub pid: Pid,
    /// Who started it, if that was a process.
    pub parent: Option<Pid>,
    /// Its local name.
    pub registered_name: Option<Name>,
    /// The type of the server.
    pub type_name: &'static str,
    /// Whether it handles system requests only.
    pub is_suspended: bool,
    /// How many messages wait.
    pub message_queue_len: usize,
    /// Whether it is traced, counted, logged or looked at by an installed function.
    pub is_debugged: bool,
    /// Its state as text, if it shows it: with `#[genserver(debug)]` on the struct, which is
    /// [`DEBUG`](crate::ServerOptions::DEBUG). `None` also if its `Debug` panicked.
    pub state: Option<String>,
}

/// Asks a server how it is.
///
/// # OTP
/// `sys:get_status/1`.
pub fn get_status(server: impl Into<Address>) -> Request<Status> {
    Request::to(server.into(), |server| {
        let is_suspended = server.is_suspended();
        let message_queue_len = server.process().mailbox_len();
        let is_debugged = server.debug().is_some();
        let state = server.shown_state();
        let process = server.process();
        let head = process.head();
        Status {
            pid: head.pid,
            parent: head.parent,
            registered_name: head.name(),
            type_name: process.type_name(),
            is_suspended,
            message_queue_len,
            is_debugged,
            state,
        }
    })
}

/// Begins to count the messages of a server, from zero, or ends that.
///
/// # OTP
/// `sys:statistics(Name, true)`.
pub fn statistics(server: impl Into<Address>, on: bool) -> Request<()> {
    Request::debug(server.into(), move |debug| debug.count(on))
}

/// What was counted; `None` if nothing is.
///
/// # OTP
/// `sys:statistics(Name, get)`.
pub fn get_statistics(server: impl Into<Address>) -> Request<Option<Statistics>> {
    Request::debug(server.into(), |debug| debug.statistics())
}

/// Keeps the last `keep` events of a server, beginning with none; zero ends that.
///
/// # OTP
/// `sys:log(Name, {true, N})`, `sys:log(Name, false)`.
pub fn log(server: impl Into<Address>, keep: usize) -> Request<()> {
    Request::debug(server.into(), move |debug| debug.keep_log(keep))
}

/// The events that were kept, oldest first.
///
/// # OTP
/// `sys:log(Name, get)`.
pub fn get_log(server: impl Into<Address>) -> Request<Vec<Event>> {
    Request::debug(server.into(), |debug| debug.log())
}

/// Prints the events of a server as they happen, or ends that: one `tracing` event each at level INFO, or a line on stderr if
/// nobody listens to `tracing`.
///
/// # OTP
/// `sys:trace/2`.
pub fn trace(server: impl Into<Address>, on: bool) -> Request<()> {
    Request::debug(server.into(), move |debug| debug.trace(on))
}

/// Writes the events of a server to a file, a line each; `None` ends that. The server writes itself, and waits for the disk.
///
/// # OTP
/// `sys:log_to_file/2`.
pub fn log_to_file(server: impl Into<Address>, file: Option<File>) -> Request<()> {
    Request::debug(server.into(), move |debug| debug.write_to(file))
}

/// Calls `look` with each event of a server, in the server, until [`no_debug`]. One that panics is removed.
///
/// # OTP
/// `sys:install/2`.
pub fn install<F>(server: impl Into<Address>, look: F) -> Request<()>
where
    F: FnMut(&Event) + Send + 'static,
{
    let look = Box::new(look);
    Request::debug(server.into(), |debug| {
        debug.install(Look { id: None, look });
    })
}

/// As [`install`], under an id, by which [`remove`] finds it. If one with that id is there already, that one stays.
///
/// # OTP
/// `sys:install/2` with `{FuncId, Func, State}`.
pub fn install_as<F>(server: impl Into<Address>, id: &'static str, look: F) -> Request<()>
where
    F: FnMut(&Event) + Send + 'static,
{
    let (id, look) = (Some(id), Box::new(look));
    Request::debug(server.into(), move |debug| {
        debug.install(Look { id, look });
    })
}

/// Removes the function that was installed under this id; the others stay.
///
/// # OTP
/// `sys:remove/2`.
pub fn remove(server: impl Into<Address>, id: &'static str) -> Request<()> {
    Request::debug(server.into(), move |debug| debug.remove(id))
}

/// Ends all counting, keeping, printing, writing and looking.
///
/// # OTP
/// `sys:no_debug/1`.
pub fn no_debug(server: impl Into<Address>) -> Request<()> {
    Request::debug(server.into(), |debug| *debug = Debug::default())
}

/// How long a request waits unless told otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
