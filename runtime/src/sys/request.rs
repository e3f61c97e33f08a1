//! The way of a system request: from whoever asks, through the mailbox, into the loop, and back.

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::deadline;
use crate::gen_server::reply::Outcome;
use crate::panics::{Unwound, catch};
use crate::parcel::Parcel;
use crate::process::context;
use crate::process::control::{Deathwatch, Process};
use crate::process::receive::far;
use crate::sys::debug::Debug;
use crate::sys::{DEFAULT_TIMEOUT, SysError};
use crate::{Address, ExitReason, GenServer, Pid};

/// The loop of a server, as a system request sees it.
pub(crate) trait Controlled {
    fn process(&self) -> &dyn Process;
    fn state(&mut self) -> Option<&mut dyn Any>;
    /// The state as text, if the server shows it.
    fn shown_state(&self) -> Option<String>;
    fn debug(&mut self) -> &mut Option<Box<Debug>>;
    fn is_suspended(&self) -> bool;
    fn set_suspended(&mut self, suspended: bool);
    /// Ends it when the request is done.
    fn end(&mut self, reason: ExitReason);
}

type Ask = dyn FnOnce(&mut dyn Controlled) + Send;

/// A request in the mailbox of a server.
pub(crate) struct System {
    run: Box<Ask>,
    waiter: Arc<dyn Deathwatch>,
}

impl System {
    pub(crate) fn run(self, server: &mut dyn Controlled) {
        (self.run)(server);
    }

    /// Who is to hear that the server ended first.
    pub(crate) fn into_waiter(self) -> Arc<dyn Deathwatch> {
        self.waiter
    }
}

/// Why a process does not take a system request.
pub(crate) enum Refused {
    HasEnded,
    IsNoServer,
}

/// Why a request that ran gives no answer.
enum Failure {
    Panicked(ExitReason),
    WrongType(Pid),
}

type Answer<T> = Parcel<Outcome<Result<T, Failure>>>;
type Sending<T> = dyn FnOnce() -> Result<Arc<Answer<T>>, SysError> + Send;
type Waiting<T> = dyn Future<Output = Result<T, SysError>> + Send;

/// A system request: a future that sends it when it is first polled, and gives the answer.
///
/// It waits 5 s unless [`timeout`](Self::timeout) or [`infinity`](Self::infinity) says otherwise.
///
/// # Errors
/// [`SysError`].
///
/// # Cancel safety
/// Cancel safe for who asks: once polled, the request stands.
#[must_use = "a request does nothing unless awaited"]
pub struct Request<T> {
    send: Option<Box<Sending<T>>>,
    timeout: Option<Duration>,
    waiting: Option<Pin<Box<Waiting<T>>>>,
}

impl<T: Send + 'static> Request<T> {
    pub(crate) fn to<F>(server: Address, ask: F) -> Self
    where
        F: FnOnce(&mut dyn Controlled) -> T + Send + 'static,
    {
        Self::new(server, |server| Ok(ask(server)))
    }

    pub(super) fn debug<F>(server: Address, ask: F) -> Self
    where
        F: FnOnce(&mut Debug) -> T + Send + 'static,
    {
        Self::to(server, |server| {
            let debug = server.debug();
            let answer = ask(debug.get_or_insert_default());
            if debug.as_ref().is_some_and(|debug| debug.is_off()) {
                *debug = None;
            }
            answer
        })
    }

    /// Runs the user's function on the state; its panic goes to who asks.
    pub(super) fn on_state<S, F>(server: Address, ask: F) -> Self
    where
        S: GenServer,
        F: FnOnce(&mut S) -> T + Send + 'static,
    {
        Self::new(server, |server| {
            let pid = server.process().head().pid;
            let state = server.state().and_then(|state| state.downcast_mut::<S>());
            let state = state.ok_or(Failure::WrongType(pid))?;
            catch(|| ask(state)).map_err(|unwound| {
                Failure::Panicked(match unwound {
                    Unwound::Raised(reason) => reason,
                    Unwound::Ended => ExitReason::Killed,
                })
            })
        })
    }

    fn new<F>(server: Address, ask: F) -> Self
    where
        F: FnOnce(&mut dyn Controlled) -> Result<T, Failure> + Send + 'static,
    {
        let node = context::node();
        let send = move || {
            let process = server.holder(&node);
            let process = process.ok_or_else(|| SysError::NoProc(server.clone()))?;
            let pid = process.head().pid;
            if context::self_pid() == Some(pid) {
                return Err(SysError::CallingSelf);
            }
            let cell = Arc::<Answer<T>>::default();
            let answer = Arc::clone(&cell);
            let system = System {
                run: Box::new(move |server| answer.put(Outcome::Reply(ask(server)))),
                waiter: Arc::<Answer<T>>::clone(&cell),
            };
            match process.push_system(system) {
                Ok(()) => Ok(cell),
                Err(Refused::HasEnded) => Err(SysError::NoProc(server)),
                Err(Refused::IsNoServer) => Err(SysError::NotAServer(pid)),
            }
        };
        Self {
            send: Some(Box::new(send)),
            timeout: Some(DEFAULT_TIMEOUT),
            waiting: None,
        }
    }

    /// Waits at most `timeout` for the answer.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Waits for the answer as long as the server lives.
    pub const fn infinity(mut self) -> Self {
        self.timeout = None;
        self
    }
}

async fn wait<T>(
    sent: Result<Arc<Answer<T>>, SysError>,
    timeout: Option<Duration>,
) -> Result<T, SysError> {
    let cell = AbandonOnDrop(sent?);
    let answered = poll_fn(|cx| cell.0.poll(cx));
    let outcome = match timeout {
        None => answered.await,
        Some(timeout) => match deadline::until(far(timeout), None, answered).await {
            Some(outcome) => outcome,
            None => return Err(SysError::Timeout(timeout)),
        },
    };
    match outcome {
        Outcome::Reply(Ok(answer)) => Ok(answer),
        Outcome::Reply(Err(Failure::Panicked(reason))) => Err(SysError::Callback(reason)),
        Outcome::Reply(Err(Failure::WrongType(pid))) => Err(SysError::NotAServer(pid)),
        // A system request needs no room (rule 1 in `gen_server/bounded.rs`).
        Outcome::NoReply | Outcome::NoProc | Outcome::Full => {
            Err(SysError::Exit(ExitReason::Normal))
        }
        Outcome::Died(reason) => Err(SysError::Exit(reason)),
    }
}

struct AbandonOnDrop<T>(Arc<Answer<T>>);

impl<T> Drop for AbandonOnDrop<T> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl<T: Send + 'static> Future for Request<T> {
    type Output = Result<T, SysError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        context::poll_unless_exiting(|| {
            if let Some(send) = this.send.take() {
                this.waiting = Some(Box::pin(wait(send(), this.timeout)));
            }
            match &mut this.waiting {
                Some(waiting) => waiting.as_mut().poll(cx),
                None => Poll::Pending,
            }
        })
    }
}

impl<T> fmt::Debug for Request<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
