//! The loop of a server: takes one message after the other and carries out what the callbacks say.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::time::Instant;

use crate::gen_server::process::{Answer, Carried, Envelope, ServerProcess};
use crate::gen_server::reply::{Caller, Outcome, ReplyCell, Unanswered};
use crate::gen_server::returns::{Next, Then};
use crate::panics::{Unwound, catch, drop_quietly};
use crate::process::context;
use crate::process::control::{Process, bits};
use crate::process::receive::far;
use crate::{Exit, ExitReason, GenServer, Info, Pid, Timeout};

/// After more messages than this without a pause, the memory of the queue is given back.
const BURST: usize = 64;

/// What the loop does next.
enum Step<S: GenServer> {
    Then(Then<S>),
    Stop(ExitReason, Option<Answer<S>>),
}

/// Serves until the server ends by itself; a pending exit drops this future at a suspension.
pub(crate) async fn serve<S: GenServer>(
    process: Arc<ServerProcess<S>>,
    state: Box<S>,
    first: Then<S>,
) -> ExitReason {
    let mut server = Loop {
        process,
        state: Some(state),
        handled: 0,
    };
    let mut step = Step::Then(first);
    loop {
        if !matches!(step, Step::Stop(..) | Step::Then(Then::Stop(_))) {
            server.process.tell_dropped();
        }
        step = match step {
            Step::Then(Then::Wait) => server.wait(None).await,
            Step::Then(Then::Timeout(after)) => server.wait(Some(far(after))).await,
            Step::Then(Then::Hibernate) => {
                server.process.mailbox.shrink();
                server.wait(None).await
            }
            Step::Then(Then::Continue(run)) => {
                let next = match &mut server.state {
                    Some(state) => guarded(None, || run(&mut **state)).await,
                    None => return ExitReason::Normal,
                };
                server.settle(next).await
            }
            Step::Then(Then::Stop(reason)) => Step::Stop(reason, None),
            Step::Stop(reason, answer) => return server.stop(reason, answer).await,
        };
    }
}

struct Loop<S: GenServer> {
    process: Arc<ServerProcess<S>>,
    /// `None` only while it is in the slot, and at the end.
    state: Option<Box<S>>,
    /// Messages handled since it was last idle.
    handled: usize,
}

impl<S: GenServer> Loop<S> {
    /// Waits for the next message, or for the deadline, and handles it.
    async fn wait(&mut self, deadline: Option<Instant>) -> Step<S> {
        loop {
            // Before a message is taken: one that is taken must reach its handler, whatever ends the server meanwhile.
            tokio::task::coop::consume_budget().await;
            if let Some(envelope) = self.process.next() {
                return self.handle(envelope).await;
            }
            let Some(deadline) = deadline else {
                let carried = self.idle().await;
                if !matches!(carried, Some(Carried::Stop(..))) {
                    self.process.tell_dropped();
                }
                if let Some(carried) = carried {
                    return match carried {
                        Carried::Then(then) => Step::Then(then),
                        Carried::Stop(reason, answer) => Step::Stop(reason, answer),
                    };
                }
                continue;
            };
            // With a timeout armed the state stays here, so that every message comes through the mailbox and cancels it.
            let process = &self.process;
            let mail = poll_fn(|_| {
                if process.head().has(bits::MAIL) {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            });
            if tokio::time::timeout_at(deadline, mail).await.is_err() {
                return self.info(Info::new(Timeout)).await;
            }
        }
    }

    /// Gives the state away until there is something to do.
    async fn idle(&mut self) -> Option<Carried<S>> {
        if std::mem::take(&mut self.handled) > BURST {
            self.process.mailbox.shrink();
        }
        if let Some(state) = self.state.take() {
            self.process.offer(state);
        }
        let process = &self.process;
        let state = poll_fn(|_| process.take_back().map_or(Poll::Pending, Poll::Ready)).await;
        self.state = Some(state);
        self.process.take_carried()
    }

    async fn handle(&mut self, envelope: Envelope<S>) -> Step<S> {
        self.handled += 1;
        match envelope {
            Envelope::Call {
                message,
                cell,
                caller,
            } => self.message(message, caller, Some(cell)).await,
            Envelope::Cast(message) => self.message(message, None, None).await,
            Envelope::Info(info) => self.info(info).await,
            Envelope::Stop(reason) => Step::Stop(reason, None),
        }
    }

    async fn message(
        &mut self,
        message: S::Message,
        pid: Option<Pid>,
        cell: Option<Arc<ReplyCell<S::Reply>>>,
    ) -> Step<S> {
        let Some(state) = &mut self.state else {
            return Step::Stop(ExitReason::Normal, None);
        };
        context::set_caller(pid);
        let mut unanswered = Unanswered {
            cell,
            process: &*self.process,
        };
        let result = catch(|| state.handle_now(message));
        context::set_caller(None);
        let message = match result {
            Ok(Err(message)) => message,
            Ok(Ok(next)) => {
                self.process.suspend_if_exiting().await;
                return answer(next, &mut unanswered.cell);
            }
            Err(unwound) => return raised(unwound).await,
        };
        let mut caller = Caller {
            pid,
            cell: unanswered.cell.take(),
            process: Arc::clone(&self.process),
        };
        drop(unanswered);
        let result = guarded(pid, || state.handle(message, &mut caller)).await;
        match result {
            Ok(next) => {
                self.process.suspend_if_exiting().await;
                answer(next, &mut caller.cell)
            }
            Err(unwound) => raised(unwound).await,
        }
    }

    async fn info(&mut self, info: Info) -> Step<S> {
        if let Some(exit) = info.downcast_ref::<Exit>()
            && Some(exit.from) == self.process.head().parent
        {
            // SRV-8: it never reaches the handler.
            return Step::Stop(exit.reason.clone(), None);
        }
        let Some(state) = &mut self.state else {
            return Step::Stop(ExitReason::Normal, None);
        };
        let next = guarded(None, || state.handle_info(info)).await;
        self.settle(next).await
    }

    async fn settle(&mut self, result: Result<Next<S>, Unwound>) -> Step<S> {
        match result {
            Ok(next) => {
                self.process.suspend_if_exiting().await;
                answer(next, &mut None)
            }
            Err(unwound) => raised(unwound).await,
        }
    }

    /// Ends in order: terminate, answer, drop the state (`SRV-6`, `SRV-9`).
    async fn stop(&mut self, mut reason: ExitReason, answer: Option<Answer<S>>) -> ExitReason {
        let Some(mut state) = self.state.take() else {
            return reason;
        };
        let answer = AnswerOnDrop(answer);
        match guarded(None, || state.terminate(&reason)).await {
            Ok(()) => {}
            Err(Unwound::Raised(crash)) => reason = crash,
            Err(Unwound::Ended) => pending().await,
        }
        drop(answer);
        self.process.head().conclude(reason.clone(), true);
        drop_quietly(state);
        reason
    }
}

/// The answer of a stop is sent whatever becomes of `terminate` (`SRV-6`).
struct AnswerOnDrop<R>(Option<(Arc<ReplyCell<R>>, R)>);

impl<R> Drop for AnswerOnDrop<R> {
    fn drop(&mut self) {
        if let Some((cell, reply)) = self.0.take() {
            cell.put(Outcome::Reply(reply));
        }
    }
}

impl<S: GenServer> ServerProcess<S> {
    /// Waits to be ended, if an exit is pending: then no reply is sent and nothing more is handled (decision A3).
    async fn suspend_if_exiting(&self) {
        if self.head().has(bits::EXIT) {
            pending::<()>().await;
        }
    }
}

/// Sends the answer, unless the server is to stop: then it goes out after `terminate`, and a caller without one stays in
/// `cell`, to hear of the end.
fn answer<S: GenServer>(
    Next { reply, then }: Next<S>,
    cell: &mut Option<Arc<ReplyCell<S::Reply>>>,
) -> Step<S> {
    match (then, reply) {
        (Then::Stop(reason), None) => Step::Stop(reason, None),
        (Then::Stop(reason), Some(reply)) => {
            Step::Stop(reason, cell.take().map(|cell| (cell, reply)))
        }
        (then, reply) => {
            if let Some(cell) = cell.take() {
                cell.put(reply.map_or(Outcome::NoReply, Outcome::Reply));
            }
            Step::Then(then)
        }
    }
}

async fn raised<S: GenServer>(unwound: Unwound) -> Step<S> {
    match unwound {
        Unwound::Raised(reason) => Step::Stop(reason, None),
        // The reason stands in the process; the runner ends it at this suspension.
        Unwound::Ended => pending().await,
    }
}

/// Runs a callback; a panic in it ends the callback alone.
pub(super) async fn guarded<F: Future>(
    caller: Option<Pid>,
    make: impl FnOnce() -> F,
) -> Result<F::Output, Unwound> {
    context::set_caller(caller);
    let future = catch(make)?;
    let mut future = pin!(future);
    poll_fn(|cx| {
        context::set_caller(caller);
        let polled = catch(|| future.as_mut().poll(cx));
        context::set_caller(None);
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(unwound) => Poll::Ready(Err(unwound)),
        }
    })
    .await
}
