//! The task that runs a process.
//!
//! 1. At each poll the process is made the current one, and a pending exit is looked at before anything else runs.
//! 2. Only the task ends the process, on one path: drop what it ran, drop the state, [`death::finish`]. If the task is
//!    dropped instead (its runtime shuts down), a guard walks the same path with `Killed`.
//! 3. If a caller runs a handler at that moment, the state is with the caller: the task waits until it has put it back;
//!    a dropped task cannot wait, then the caller walks the path (`gen_server/process.rs`, rule 5).

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use crate::ExitReason;
use crate::panics::{Unwound, catch};
use crate::process::control::{ProcessRef, bits};
use crate::process::{context, death, table};

/// Starts the task of a process. It is in the table when this returns.
pub(crate) fn launch<F>(process: ProcessRef, handle: &Handle, body: F)
where
    F: Future<Output = ExitReason> + Send + 'static,
{
    crate::panics::install_hook();
    table::insert(ProcessRef::clone(&process));
    let end = EndGuard {
        process: Some(process),
        polled: false,
        finished: false,
    };
    drop(handle.spawn(run(body, end)));
}

/// A task that is dropped before it was polled drops its arguments in this order: the body first.
async fn run<F: Future<Output = ExitReason>>(body: F, mut end: EndGuard) {
    let Some(process) = end.process.clone() else {
        return;
    };
    let mut body = pin!(Some(body));
    // Dropped first, before the body and `end` (rule 2).
    let _enter = EnterOnDrop(ProcessRef::clone(&process));
    let mut phase = Phase::Running;
    poll_fn(|cx| {
        if !end.polled {
            end.polled = true;
            process.head().attach(cx.waker());
        }
        let polled = context::run_as(&mut end.process, || phase.poll(&process, body.as_mut(), cx));
        end.finished = polled.is_ready();
        polled
    })
    .await;
}

#[derive(Clone, Copy)]
enum Phase {
    Running,
    /// What it ran is gone, and its reason decided; the state may still be with a caller (rule 3).
    Ending,
}

impl Phase {
    fn poll<F: Future<Output = ExitReason>>(
        &mut self,
        process: &ProcessRef,
        mut body: Pin<&mut Option<F>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let head = process.head();
        if let Self::Running = self {
            if !head.has(bits::EXIT)
                && let Some(running) = body.as_mut().as_pin_mut()
            {
                match catch(|| running.poll(cx)) {
                    Ok(Poll::Pending) if !head.has(bits::EXIT) => return Poll::Pending,
                    Ok(Poll::Ready(reason)) | Err(Unwound::Raised(reason)) => {
                        head.conclude(reason, true);
                    }
                    // The reason is pending.
                    Ok(Poll::Pending) | Err(Unwound::Ended) => {}
                }
            }
            drop_in_place(body);
            *self = Self::Ending;
        }
        if !process.drop_state() {
            return Poll::Pending;
        }
        death::finish(&**process);
        Poll::Ready(())
    }
}

fn drop_in_place<F>(mut body: Pin<&mut Option<F>>) {
    if let Err(Unwound::Raised(reason)) = catch(|| body.set(None)) {
        crate::report::destructor(&reason);
    }
}

/// Makes the process the current one while its task is dropped, so that destructors of the user's run in it.
struct EnterOnDrop(ProcessRef);

impl Drop for EnterOnDrop {
    fn drop(&mut self) {
        if !self.0.head().has(bits::ENDED) {
            self.0.head().conclude(ExitReason::Killed, false);
            context::push(ProcessRef::clone(&self.0));
        }
    }
}

/// Ends the process if its task is dropped before it ended.
struct EndGuard {
    process: Option<ProcessRef>,
    polled: bool,
    finished: bool,
}

impl Drop for EndGuard {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        if let Some(process) = &self.process {
            // ENDED first: a caller that has the state either put it back before, and `drop_state` finds it, or sees it.
            process.head().conclude(ExitReason::Killed, false);
            context::may_outlive();
            process.head().set(bits::ENDED);
            if process.drop_state() {
                death::finish(&**process);
            }
        }
        if self.polled {
            context::pop();
        }
    }
}
