//! Tasks: processes that compute one value.

use std::any::type_name;
use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Sleep;

use crate::deadline;
use crate::panics::{self, Unwound};
use crate::parcel::Parcel;
use crate::process::control::Deathwatch;
use crate::process::receive::far;
use crate::process::{context, death, exit_from, spawn_task, start_task, table, unlink_from};
use crate::supervisor::plain_child;
use crate::{ChildSpec, ExitReason, Pid, Restart};

/// How long awaiting a task takes at most unless told otherwise.
pub const DEFAULT_AWAIT_TIMEOUT: Duration = Duration::from_secs(5);

/// A process that computes one value, and the right to wait for it.
///
/// It is linked to the process that spawned it: if the task crashes, so does its owner, unless it traps exits, and the
/// other way round. Spawned by code that is no process it is unlinked, and this handle is its only owner.
///
/// Awaiting it gives the value; it waits 5 s unless [`timeout`](Self::timeout) or [`infinity`](Self::infinity) says
/// otherwise. *Dropping* it does not end the task: its value vanishes (Elixir has no drop).
///
/// # Errors
/// [`TaskError`]: the task ended without a value, or took too long; it lives on then, still linked.
///
/// # Cancel safety
/// Cancel safe by reference: `(&mut task).await` may be dropped and awaited again.
///
/// # OTP
/// Elixir's `Task.async/1` and `Task.await/2` (`TSK-1`, `TSK-2`). Differs: a failed await is returned, not raised.
///
/// # When not to use it
/// A value that is computed right here needs no task; a function does.
#[must_use = "a task that nobody awaits still runs, but its value vanishes; say so with `ignore`"]
pub struct Task<T> {
    pid: Pid,
    result: Arc<Parcel<Result<T, ExitReason>>>,
    timeout: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<T> Unpin for Task<T> {}

impl<T: Send + 'static> Deathwatch for Parcel<Result<T, ExitReason>> {
    fn died(&self, reason: &ExitReason) {
        self.put(Err(reason.clone()));
    }
}

impl Task<()> {
    /// Starts a task for what it does, not for its value: linked to nobody, and nobody waits for it. What it gives is
    /// dropped, an `Err` too; if it panics or exits abnormally that is reported as any crash. Returns its pid.
    ///
    /// A task that must end with the program in order is a child of a supervisor: [`child`](Task::child).
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// # OTP
    /// `Task.start/1`.
    #[track_caller]
    pub fn start<F>(future: F) -> Pid
    where
        F: Future + Send + 'static,
    {
        start_task(future)
    }
}

impl<T: Send + 'static> Task<T> {
    /// Starts a task that computes the value of `future`.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// # OTP
    /// `Task.async/1`.
    #[doc(alias = "async")]
    #[track_caller]
    pub fn spawn<F>(future: F) -> Self
    where
        F: Future<Output = T> + Send + 'static,
    {
        let result = Arc::<Parcel<Result<T, ExitReason>>>::default();
        let put = Arc::clone(&result);
        let waiter: Arc<dyn Deathwatch> = Arc::<Parcel<Result<T, ExitReason>>>::clone(&result);
        let pid = spawn_task::<F, _>(waiter, async move { put.put(Ok(future.await)) });
        Self {
            pid,
            result,
            timeout: Some(DEFAULT_AWAIT_TIMEOUT),
            timer: None,
        }
    }

    /// Starts a task that runs code which blocks its thread: on tokio's blocking pool, as the task's process.
    ///
    /// `.blocking()` calls are fine in it. It can be abandoned, not killed: once the task has ended by an exit signal, code that
    /// has begun runs on, and its value vanishes.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// # OTP
    /// `Task.async/1`: any process may block there.
    #[track_caller]
    pub fn blocking<F>(code: F) -> Self
    where
        F: FnOnce() -> T + Send + 'static,
    {
        context::may_outlive();
        Self::spawn(async move {
            let process = context::current();
            let run = move || context::run_as_any(process, || panics::catch(code));
            let mut running = AbortOnDrop(tokio::task::spawn_blocking(run));
            match (&mut running.0).await {
                Ok(Ok(value)) => value,
                Ok(Err(Unwound::Raised(reason))) => panics::raise(reason),
                // It is ended by its own exit signal, or by the end of the runtime.
                Ok(Err(Unwound::Ended)) | Err(_) => std::future::pending().await,
            }
        })
    }

    /// A task as a child of a supervisor: `make` gives the future that it runs. It is temporary, its id is `Task`, unless the
    /// specification says otherwise.
    ///
    /// # OTP
    /// `{Task, fun}`, Elixir's `Task.child_spec/1`.
    pub fn child<F, R>(make: F) -> ChildSpec
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = T> + Send + 'static,
    {
        plain_child("Task", Restart::Temporary, move || {
            let future = make();
            async move { drop(future.await) }
        })
    }

    /// The pid of the task.
    #[must_use]
    pub const fn pid(&self) -> Pid {
        self.pid
    }

    /// Waits at most `timeout`, counted from the first poll.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Waits as long as the task lives.
    pub const fn infinity(mut self) -> Self {
        self.timeout = None;
        self
    }

    /// Waits at most `patience`; `None` if the task is not done by then, and all is left in place (`TSK-3`).
    ///
    /// # Cancel safety
    /// Cancel safe.
    ///
    /// # OTP
    /// `Task.yield/2`.
    #[doc(alias = "yield")]
    pub async fn yield_for(&mut self, patience: Duration) -> Option<Result<T, ExitReason>> {
        let result = poll_fn(|cx| context::poll_unless_exiting(|| self.result.poll(cx)));
        deadline::until(far(patience), None, result).await
    }

    /// Ends the task: unlinks it, asks it to shut down, and kills it if it has not ended after `patience`. A value that was
    /// there already is returned; so is another reason than the one asked for (`TSK-4`).
    ///
    /// # Cancel safety
    /// Dropped midway, the task has been asked to end.
    ///
    /// # OTP
    /// `Task.shutdown/2`.
    pub async fn shutdown(self, patience: Duration) -> Option<Result<T, ExitReason>> {
        self.unlink();
        if let Some(result) = self.result.take() {
            return Some(result);
        }
        let mut asked = ExitReason::Shutdown;
        if let Some(process) = table::find(self.pid) {
            let mut ended = death::watch(&*process);
            exit_from(self.killer(), &*process, ExitReason::Shutdown);
            if deadline::until(far(patience), None, &mut ended)
                .await
                .is_none()
            {
                asked = ExitReason::Killed;
                exit_from(self.killer(), &*process, ExitReason::Kill);
                ended.await;
            }
        }
        match self.result.take() {
            Some(Err(reason)) if reason == asked && asked == ExitReason::Shutdown => None,
            Some(result) => Some(result),
            // It was taken before.
            None => Some(Err(ExitReason::NoProc)),
        }
    }

    /// Lets the task run on alone: unlinks it, and gives the value if it is there already (`TSK-5`).
    ///
    /// # OTP
    /// `Task.ignore/1`.
    pub fn ignore(self) -> Option<Result<T, ExitReason>> {
        self.unlink();
        let result = self.result.take();
        self.result.abandon();
        result
    }

    fn unlink(&self) {
        if let Some(owner) = context::current() {
            unlink_from(&owner, self.pid);
        }
    }

    fn killer(&self) -> Pid {
        context::self_pid().unwrap_or(self.pid)
    }
}

/// Blocking code that has not begun when its task ends never does.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T: Send + 'static> Future for Task<T> {
    type Output = Result<T, TaskError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        context::poll_unless_exiting(|| this.poll_result(cx))
    }
}

impl<T> Task<T> {
    fn poll_result(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, TaskError>> {
        if let Poll::Ready(result) = self.result.poll(cx) {
            return Poll::Ready(result.map_err(TaskError::Exit));
        }
        let Some(timeout) = self.timeout else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(far(timeout))));
        timer.as_mut().poll(cx).map(|()| Err(TaskError::Timeout))
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task<{}>({})", type_name::<T>(), self.pid)
    }
}

/// A task gave no value.
///
/// # OTP
/// The exit of `Task.await/2`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TaskError {
    /// It ended with this reason.
    Exit(ExitReason),
    /// It took too long, and lives on.
    Timeout,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(reason) => write!(f, "the task ended: {reason}"),
            Self::Timeout => f.write_str("the task took too long"),
        }
    }
}

impl Error for TaskError {}
