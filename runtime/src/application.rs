//! Applications: a supervision tree that is started and stopped as one.

use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::Arc;

use crate::parcel::Parcel;
use crate::process::receive::receive;
use crate::process::{
    death, exit_from, self_pid, spawn_master, suspend_if_exiting, table, trap_exit,
    unlink_and_flush,
};
use crate::sync::Mutex;
use crate::{ExitReason, Info, Pid, Server, StartError, SupervisorRef, send};

/// An application: how its supervision tree is started. `#[application]` writes this.
///
/// # OTP
/// The behaviour `application`.
pub trait Application: Sized {
    /// What [`start_tree`](Self::start_tree) gets.
    type Args: Send + 'static;

    /// Starts the tree and returns its top supervisor. Runs in a process of the application's own, which the top
    /// supervisor is linked to.
    fn start_tree(
        args: Self::Args,
    ) -> impl Future<Output = Result<SupervisorRef, StartError>> + Send;

    /// Starts the application, from anywhere.
    ///
    /// # Errors
    /// [`StartError`] of the tree; nothing of it is left then.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the tree starts nevertheless.
    ///
    /// # OTP
    /// `application:start/1`.
    fn start(args: Self::Args) -> impl Future<Output = Result<App, StartError>> + Send
    where
        Self: 'static,
    {
        async move {
            let started = Arc::new(Parcel::default());
            let told = Arc::clone(&started);
            let end = Arc::<Mutex<Option<ExitReason>>>::default();
            let record = Arc::clone(&end);
            let go = Arc::new(Parcel::default());
            let gone = Arc::clone(&go);
            let master = spawn_master::<Self, _>(async move {
                // Not before its end is watched: a worker may run all of it at once.
                poll_fn(|cx| gone.poll(cx)).await;
                if let Some(reason) = keep(Self::start_tree(args), &told).await {
                    *record.lock() = Some(reason);
                }
            });
            let Some(process) = table::find(master) else {
                return Err(StartError::Exit(ExitReason::NoProc));
            };
            let ended = death::watch(&*process);
            drop(process);
            go.put(());
            tokio::pin!(ended);
            let result = tokio::select! {
                biased;
                result = poll_fn(|cx| started.poll(cx)) => {
                    if result.is_err() {
                        ended.await;
                    }
                    result
                }
                // It may have told the result and ended since that was looked for.
                reason = &mut ended => started.take().unwrap_or(Err(StartError::Exit(reason))),
            };
            result.map(|top| App { master, top, end })
        }
    }

    /// Runs the application: starts it, waits for ctrl-c, SIGTERM or its end, and stops it in order. A second ctrl-c ends
    /// the program at once, with exit code 130.
    ///
    /// Returned from `main`, the result is the exit code: 0 after an ordered stop, 1 if the start failed or the top
    /// supervisor ended by itself.
    ///
    /// # Errors
    /// [`ApplicationError`]: the start failed; the top supervisor ended.
    ///
    /// # Panics
    /// Outside of a tokio runtime with signals enabled.
    ///
    /// # Cancel safety
    /// Dropped, the application runs on.
    #[cfg(feature = "application")]
    fn run(args: Self::Args) -> impl Future<Output = Result<(), ApplicationError>> + Send
    where
        Self: 'static,
    {
        async move {
            let app = Self::start(args).await.map_err(ApplicationError::Start)?;
            tokio::select! {
                reason = app.ended() => return Err(ApplicationError::Ended(reason)),
                () = signals::asked_to_stop() => {}
            }
            tokio::select! {
                biased;
                () = app.stop() => Ok(()),
                () = signals::interrupted() => std::process::exit(signals::INTERRUPTED),
            }
        }
    }
}

/// Asks the master to stop.
struct Stop;

/// The process that keeps an application; gives the reason of its top supervisor's end, if it started.
async fn keep(
    tree: impl Future<Output = Result<SupervisorRef, StartError>>,
    told: &Parcel<Result<SupervisorRef, StartError>>,
) -> Option<ExitReason> {
    trap_exit(true);
    let started = tree.await.and_then(|top| {
        let process = top.server_ref().process();
        process
            .map(|process| (top, process))
            .ok_or(StartError::Exit(ExitReason::NoProc))
    });
    let (top, process) = match started {
        Ok(started) => started,
        Err(error) => {
            told.put(Err(error));
            return None;
        }
    };
    // The `Exit` of the link says more, if the tree had ended before it could be watched.
    let top_pid = process.head().pid;
    let ended = death::watch(&*process);
    let ended = async move {
        let reason = ended.await;
        unlink_and_flush(top_pid).unwrap_or(reason)
    };
    told.put(Ok(top));
    let asked = receive(None, Info::downcast::<Stop>);
    tokio::pin!(ended);
    tokio::select! {
        reason = &mut ended => return Some(reason),
        _ = asked => {}
    }
    exit_from(self_pid(), &*process, ExitReason::Shutdown);
    Some(ended.await)
}

/// A running application. Dropping it does nothing to the application.
#[derive(Clone, Debug)]
pub struct App {
    master: Pid,
    top: SupervisorRef,
    end: Arc<Mutex<Option<ExitReason>>>,
}

impl App {
    /// The top supervisor.
    #[must_use]
    pub const fn supervisor(&self) -> &SupervisorRef {
        &self.top
    }

    /// Stops the application: its top supervisor ends its children in reverse order and then itself, and is waited for
    /// without limit (`APP-3`). Done at once if it has ended already.
    ///
    /// # Cancel safety
    /// Once polled, the application stops nevertheless.
    ///
    /// # OTP
    /// `application:stop/1`.
    pub async fn stop(&self) {
        suspend_if_exiting().await;
        let Some(master) = table::find(self.master) else {
            return;
        };
        let ended = death::watch(&*master);
        drop(master);
        send(self.master, Stop);
        ended.await;
    }

    /// Waits until the application has ended, by [`stop`](Self::stop) or by itself, and gives the reason of the top
    /// supervisor.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn ended(&self) -> ExitReason {
        suspend_if_exiting().await;
        let killed = match table::find(self.master) {
            Some(master) => death::watch(&*master).await,
            None => ExitReason::NoProc,
        };
        self.end.lock().clone().unwrap_or(killed)
    }
}

/// An application did not run to an ordered stop.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ApplicationError {
    /// It did not start.
    Start(StartError),
    /// Its top supervisor ended by itself, with this reason.
    Ended(ExitReason),
}

impl fmt::Display for ApplicationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => write!(f, "the application did not start: {error}"),
            Self::Ended(reason) => write!(f, "the application ended: {reason}"),
        }
    }
}

impl Error for ApplicationError {}

#[cfg(feature = "application")]
mod signals {
    /// What a shell reports of a program that ctrl-c ended.
    pub(super) const INTERRUPTED: i32 = 130;

    /// Waits for ctrl-c or SIGTERM.
    pub(super) async fn asked_to_stop() {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            match signal(SignalKind::terminate()) {
                Ok(mut terminate) => tokio::select! {
                    () = interrupted() => {}
                    _ = terminate.recv() => {}
                },
                Err(_) => interrupted().await,
            }
        }
        #[cfg(not(unix))]
        interrupted().await;
    }

    /// Waits for ctrl-c; for ever where that cannot be listened to.
    pub(super) async fn interrupted() {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
