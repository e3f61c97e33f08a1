//! Asking a server to stop.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::blocking;
use crate::gen_server::client::{ServerRef, Unresolved};
use crate::gen_server::process::{Content, Envelope};
use crate::process::control::Process;
use crate::process::receive::far;
use crate::process::{context, death, suspend_if_exiting};
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
    send: Option<Box<Request>>,
    reason: ExitReason,
    timeout: Option<Duration>,
    stopping: Option<Pin<Box<Stopping>>>,
}

type Request = dyn FnOnce(ExitReason) -> Result<End, StopError> + Send;
type Stopping = dyn Future<Output = Result<(), StopError>> + Send;
type End = Pin<Box<dyn Future<Output = ExitReason> + Send>>;

impl Stop {
    pub(crate) fn new<S: GenServer>(server: &ServerRef<S>) -> Self {
        let server = server.clone();
        let send = move |reason| {
            let process = match server.resolve() {
                Ok(process) => process,
                Err(Unresolved::NoProc | Unresolved::Wrong { .. }) => {
                    return Err(StopError::NoProc(server.address()));
                }
            };
            if context::self_pid() == Some(process.head().pid) {
                return Err(StopError::CallingSelf);
            }
            let end: End = Box::pin(death::watch(&*process));
            match process.queue(Envelope::of(Content::Stop(Box::new(reason)))) {
                Ok(()) => Ok(end),
                Err(_) => Err(StopError::NoProc(Address::Pid(process.head().pid))),
            }
        };
        Self {
            send: Some(Box::new(send)),
            reason: ExitReason::Normal,
            timeout: None,
            stopping: None,
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
    pub fn blocking(mut self) -> Result<(), StopError> {
        blocking::forbid_in_async("a stop");
        let Some(send) = self.send.take() else {
            unreachable!("a stop is sent once");
        };
        let end = send(self.reason.clone())?;
        match (blocking::wait(end, self.timeout), self.timeout) {
            (Some(reason), _) => as_asked(reason, &self.reason),
            (None, timeout) => Err(StopError::Timeout(timeout.unwrap_or_default())),
        }
    }
}

async fn stop(
    end: Result<End, StopError>,
    asked: ExitReason,
    timeout: Option<Duration>,
) -> Result<(), StopError> {
    let end = end?;
    let reason = match timeout {
        None => end.await,
        Some(timeout) => tokio::time::timeout_at(far(timeout), end)
            .await
            .map_err(|_| StopError::Timeout(timeout))?,
    };
    suspend_if_exiting().await;
    as_asked(reason, &asked)
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
        if let Some(send) = this.send.take() {
            let end = send(this.reason.clone());
            this.stopping = Some(Box::pin(stop(end, this.reason.clone(), this.timeout)));
        }
        match &mut this.stopping {
            Some(stopping) => stopping.as_mut().poll(cx),
            None => Poll::Pending,
        }
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
