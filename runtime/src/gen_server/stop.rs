//! Asking a server to stop.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::blocking;
use crate::deadline::Patience;
use crate::gen_server::client::{ServerRef, Whole};
use crate::process::context;
use crate::process::death::{self, Watch};
use crate::{Address, ExitReason, GenServer, StopError};

/// A request to stop, and the wait for the end: the server handles what is in its mailbox, runs `terminate`, and ends with
/// `Normal`, or the [`reason`](Self::reason) given. The wait has no limit unless [`timeout`](Self::timeout) sets one.
///
/// # Errors
/// [`StopError`]: no such process; not in time (it is still asked to stop); by the server itself; ended with another reason.
///
/// # Cancel safety
/// Cancel safe: once polled, the request stands.
///
/// # OTP
/// `gen_server:stop/3` (`SRV-10`).
#[must_use = "a stop does nothing unless awaited"]
pub struct Stop {
    server: Whole,
    reason: ExitReason,
    timeout: Option<Duration>,
    waiting: Option<Waiting>,
}

/// A stop on its way.
struct Waiting {
    end: Watch,
    patience: Patience,
}

impl Stop {
    pub(crate) fn new<S: GenServer>(server: &ServerRef<S>) -> Self {
        Self {
            server: server.whole(),
            reason: ExitReason::Normal,
            timeout: None,
            waiting: None,
        }
    }

    /// Asks it to stop.
    fn send(&self) -> Result<Watch, StopError> {
        let no_proc = |address| Err(StopError::NoProc(address));
        let process = match self.server.resolve() {
            Ok(process) => process,
            Err(address) => return no_proc(address),
        };
        let pid = process.head().pid;
        if context::self_pid() == Some(pid) {
            return Err(StopError::CallingSelf);
        }
        let end = death::watch(&*process);
        if process.push_stop(self.reason.clone()) {
            Ok(end)
        } else {
            no_proc(Address::Pid(pid))
        }
    }

    /// The reason to end with, instead of `Normal`.
    pub fn reason(mut self, reason: impl Into<ExitReason>) -> Self {
        self.reason = reason.into();
        self
    }

    /// Waits at most `timeout`.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Asks and waits on a plain thread: see [`Call::blocking`](crate::Call::blocking).
    ///
    /// # Errors
    /// As those of the stop.
    ///
    /// # Panics
    /// On a thread that runs async code.
    #[track_caller]
    pub fn blocking(self) -> Result<(), StopError> {
        blocking::forbid_in_async("a stop");
        let end = self.send()?;
        match (blocking::wait(end, self.timeout), self.timeout) {
            (Some(reason), _) => as_asked(reason, &self.reason),
            (None, timeout) => Err(StopError::Timeout(timeout.unwrap_or_default())),
        }
    }
}

fn as_asked(reason: ExitReason, asked: &ExitReason) -> Result<(), StopError> {
    if reason == *asked {
        Ok(())
    } else {
        Err(StopError::Exit(reason))
    }
}

impl Future for Stop {
    type Output = Result<(), StopError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if context::is_exiting() {
            return Poll::Pending;
        }
        let waiting = match &mut this.waiting {
            Some(waiting) => waiting,
            None => {
                let end = match this.send() {
                    Ok(end) => end,
                    Err(error) => return Poll::Ready(Err(error)),
                };
                let (patience, _) = Patience::begin(this.timeout);
                this.waiting.insert(Waiting { end, patience })
            }
        };
        if let Poll::Ready(reason) = Pin::new(&mut waiting.end).poll(cx) {
            // What ended it may have ended this process too.
            return context::poll_unless_exiting(|| Poll::Ready(as_asked(reason, &this.reason)));
        }
        let is_over = waiting.patience.poll(None, cx);
        is_over.map(|()| Err(StopError::Timeout(this.timeout.unwrap_or_default())))
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop")
            .field("reason", &self.reason)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
