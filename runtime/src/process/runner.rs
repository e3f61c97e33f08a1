//! The task that runs a process.
//!
//! 1. At each poll the process is made the current one, and a pending exit is looked at before anything else runs.
//! 2. Only the task ends the process (but one whose `init` its starter ran has none before that was successful:
//!    `gen_server/starting.rs`), on one path: drop what it ran, drop the state, [`death::finish`]. If the task is
//!    dropped instead (its runtime shuts down), it walks the same path with `Killed`.
//! 3. If a caller runs a handler at that moment, the state is with the caller: the task waits until it has put it back;
//!    a dropped task cannot wait, then the caller walks the path (`gen_server/turns.rs`, rule 5).
//! 4. The task of an idle server is three words, so that tokio needs no more than 128 bytes for it. A task has nothing to say how
//!    far it is: what it ran is dropped again while it waits for the state, without effect, and it has no process at the end.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::runtime::Handle;

use crate::ExitReason;
use crate::observe::{self, What};
use crate::panics::{Unwound, catch};
use crate::process::control::{Process, ProcessRef, bits};
use crate::process::{context, death, table};

/// What a process runs.
pub(crate) trait Body: Send + 'static {
    type Process: Process + 'static;

    /// Runs on, as the process.
    fn poll(
        self: Pin<&mut Self>,
        process: &Arc<Self::Process>,
        cx: &mut Context<'_>,
    ) -> Poll<ExitReason>;

    /// Drops what it runs.
    fn clear(self: Pin<&mut Self>);
}

/// Starts the task of a process. It is in the table when this returns.
pub(crate) fn launch<B: Body>(process: Arc<B::Process>, handle: &Handle, body: B) {
    enter(Arc::<B::Process>::clone(&process));
    run(process, handle, body);
}

/// Puts a process into the table.
pub(crate) fn enter(process: ProcessRef) {
    crate::panics::install_hook();
    let seen = observe::is_read().then(|| Arc::clone(&process));
    table::insert(process);
    if let Some(process) = seen {
        observe::note_of(&*process, None, || What::Started {
            parent: process.head().parent,
        });
    }
}

/// Starts the task of a process that is in the table.
pub(crate) fn run<B: Body>(process: Arc<B::Process>, handle: &Handle, body: B) {
    drop(handle.spawn(Task {
        process: Some(process),
        body,
    }));
}

pin_project! {
    struct Task<B: Body> {
        // Until the process has ended.
        process: Option<Arc<B::Process>>,
        #[pin]
        body: B,
    }

    impl<B: Body> PinnedDrop for Task<B> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(process) = this.process {
                abandon(process, this.body);
            }
        }
    }
}

impl<B: Body> Future for Task<B> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let Some(process) = this.process else {
            return Poll::Ready(());
        };
        process.head().word.attach(cx.waker());
        let current = Arc::<B::Process>::clone(process);
        let polled = context::run_as(current, || poll_as(process, this.body, cx));
        if polled.is_ready() {
            *this.process = None;
        }
        polled
    }
}

/// Runs on as the process, to its end if that has come.
fn poll_as<B: Body>(
    process: &Arc<B::Process>,
    mut body: Pin<&mut B>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    let head = process.head();
    if !head.has(bits::EXIT) {
        match catch(|| body.as_mut().poll(process, cx)) {
            Ok(Poll::Pending) if !head.has(bits::EXIT) => return Poll::Pending,
            Ok(Poll::Ready(reason)) | Err(Unwound::Raised(reason)) => {
                head.conclude(reason, true);
            }
            // The reason is pending.
            Ok(Poll::Pending) | Err(Unwound::Ended) => {}
        }
    }
    clear(body);
    if !process.drop_state() {
        return Poll::Pending;
    }
    death::finish(&**process);
    Poll::Ready(())
}

/// What a task takes beside what tokio adds (rule 4).
#[cfg(test)]
pub(crate) const fn size_of_task<B: Body>() -> usize {
    size_of::<Task<B>>()
}

fn clear<B: Body>(body: Pin<&mut B>) {
    if let Err(Unwound::Raised(reason)) = catch(|| body.clear()) {
        crate::report::destructor(&reason);
    }
}

/// Ends the process of a task that is dropped, as the process, so that destructors of the user's run in it.
#[cold]
fn abandon<B: Body>(process: &Arc<B::Process>, body: Pin<&mut B>) {
    let head = process.head();
    let current = Arc::<B::Process>::clone(process);
    context::run_as(current, || {
        head.conclude(ExitReason::Killed, false);
        clear(body);
        // First: a caller that has the state either put it back before, and `drop_state` finds it, or sees the bit.
        context::may_outlive();
        head.set(bits::ENDED);
        if process.drop_state() {
            death::finish(&**process);
        }
    });
}
