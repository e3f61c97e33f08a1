//! The runtime under `#[beamish::main]` and `#[beamish::test]`.

use std::future::{Future, poll_fn};
use std::process::{ExitCode, Termination};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::node::Node;
use crate::parcel::Parcel;
use crate::process::control::Deathwatch;
use crate::process::{context, set_label, spawn_task, suspend_if_exiting};
use crate::{ExitReason, Pid, report};

/// How long processes that block their thread may hold up the end of the program.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the body of `#[beamish::main]` and `#[beamish::test]` may return: whatever Rust's own `main` may.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by the body of a program or a test",
    label = "write `()`, `Result<(), E>` where `E` is `Debug`, or `ExitCode`"
)]
pub trait Finish {
    /// Says what went wrong on stderr, if it did.
    fn report(self) -> ExitCode;
}

#[diagnostic::do_not_recommend]
impl<T: Termination> Finish for T {
    fn report(self) -> ExitCode {
        Termination::report(self)
    }
}

/// Builds the tokio runtime that `#[beamish::main]` and `#[beamish::test]` run on, and runs their body as a process.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Entry {
    multi_thread: bool,
    workers: Option<usize>,
    start_paused: bool,
}

impl Default for Entry {
    fn default() -> Self {
        Self::new()
    }
}

impl Entry {
    /// A runtime with one worker a core.
    pub const fn new() -> Self {
        Self {
            multi_thread: true,
            workers: None,
            start_paused: false,
        }
    }

    /// A runtime with `workers` worker threads; one a core if that is `None`.
    pub const fn multi_thread(mut self, workers: Option<usize>) -> Self {
        self.multi_thread = true;
        self.workers = workers;
        self
    }

    /// A runtime on the calling thread.
    pub const fn current_thread(mut self) -> Self {
        self.multi_thread = false;
        self
    }

    /// Starts with time paused: it moves on when nothing else is to do.
    pub const fn start_paused(mut self, start_paused: bool) -> Self {
        self.start_paused = start_paused;
        self
    }

    /// Runs `body` as a process of the default node, with the label `main`. If it ends without a value (a panic, a kill, a link), that is said on
    /// stderr, and the program ends with code 1; if it ends itself with [`exit`](crate::process::exit_self) as planned, nothing
    /// is said, and the code is 0.
    ///
    /// # Panics
    /// If the tokio runtime cannot be built.
    ///
    /// # OTP
    /// The exit code of `elixir script.exs`.
    pub fn run_main<R: Send + 'static>(self, body: impl Future<Output = R> + Send + 'static) -> R {
        let runtime = self.build(Node::default_node());
        let (pid, result) = runtime.block_on(run(async {
            set_label("main");
            body.await
        }));
        runtime.shutdown_timeout(PATIENCE);
        match result {
            Ok(value) => value,
            Err(Ended { reason, by_itself }) => {
                let is_planned = by_itself && reason.is_shutdown();
                if !is_planned {
                    report::main_ended(pid, &reason);
                }
                std::process::exit(i32::from(!is_planned));
            }
        }
    }

    /// Runs `body` as a process of a node of its own. What still runs there afterwards is killed.
    ///
    /// # Panics
    /// If `body` ends without a value, by a link too: with the reason. If the tokio runtime cannot be built.
    #[track_caller]
    pub fn run_test<R: Send + 'static>(self, body: impl Future<Output = R> + Send + 'static) -> R {
        let node = Node::new();
        let runtime = self.build(&node);
        let (pid, result) = runtime.block_on(async {
            let result = run(body).await;
            node.shutdown().await;
            result
        });
        context::set_thread_node(None);
        runtime.shutdown_timeout(PATIENCE);
        match result {
            Ok(value) => value,
            Err(Ended { reason, .. }) => panic!("the test's process {pid} ended: {reason}"),
        }
    }

    fn build(self, node: &Node) -> Runtime {
        let mut builder = if self.multi_thread {
            Builder::new_multi_thread()
        } else {
            Builder::new_current_thread()
        };
        if let Some(workers) = self.workers {
            builder.worker_threads(workers);
        }
        builder.enable_all();
        #[cfg(feature = "test-util")]
        builder.start_paused(self.start_paused);
        context::set_thread_node(Some(node.clone()));
        let node = node.clone();
        builder.on_thread_start(move || {
            context::set_thread_node(Some(node.clone()));
        });
        match builder.build() {
            Ok(runtime) => runtime,
            Err(error) => panic!("the tokio runtime could not be built: {error}"),
        }
    }
}

/// The body ended without a value.
struct Ended {
    reason: ExitReason,
    /// It unwound: by `exit(reason)`, or by a panic.
    by_itself: bool,
}

/// Notes, when it is dropped, whether the body unwinds.
struct Unwinds(Arc<AtomicBool>);

impl Drop for Unwinds {
    fn drop(&mut self) {
        self.0.store(std::thread::panicking(), Ordering::Relaxed);
    }
}

async fn run<F>(body: F) -> (Pid, Result<F::Output, Ended>)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let result = Arc::<Parcel<Result<F::Output, ExitReason>>>::default();
    let put = Arc::clone(&result);
    let waiter: Arc<dyn Deathwatch> = Arc::<Parcel<Result<F::Output, ExitReason>>>::clone(&result);
    let by_itself = Arc::new(AtomicBool::new(false));
    let unwinds = Unwinds(Arc::clone(&by_itself));
    let pid = spawn_task::<F, _>(waiter, async move {
        let _unwinds = unwinds;
        let value = body.await;
        // One that is to end has no value, however far it came.
        suspend_if_exiting().await;
        put.put(Ok(value));
    });
    let result = poll_fn(|cx| result.poll(cx)).await;
    let ended = |reason| Ended {
        reason,
        by_itself: by_itself.load(Ordering::Relaxed),
    };
    (pid, result.map_err(ended))
}
