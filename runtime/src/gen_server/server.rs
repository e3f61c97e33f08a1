//! The loop of a server: takes one message after the other and carries out what the callbacks say.

use std::any::Any;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use crate::gen_server::process::{Answer, Carried, Envelope, ServerProcess};
use crate::gen_server::reply::{Caller, Outcome, ReplyCell, Unanswered};
use crate::gen_server::returns::{Continuation, Next, Pause, Scheduled, Then};
use crate::mailbox::{Letter, Seen};
use crate::panics::{Unwound, catch, drop_quietly};
use crate::process::context;
use crate::process::control::{Head, Process, bits};
use crate::process::receive::far;
use crate::sys::{Controlled, Debug, Event, EventKind};
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
    hibernate_after: Option<Duration>,
) -> ExitReason {
    let mut server = Loop {
        process,
        state: Some(state),
        handled: 0,
        hibernate_after,
        debug: None,
        is_suspended: false,
        ends: None,
    };
    let mut step = Step::Then(first);
    loop {
        if !matches!(step, Step::Stop(..) | Step::Then(Then::Stop(_))) {
            server.process.tell_dropped();
        }
        step = match step {
            Step::Then(Then::Pause(Pause::Wait)) => server.wait(None).await,
            // What is rare has a place of its own, so that the common way is short.
            Step::Then(Then::Pause(pause)) => Box::pin(server.pause(pause)).await,
            Step::Then(Then::Continue(run)) => server.run(run).await,
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
    /// After so much time without a message, memory is given back.
    hibernate_after: Option<Duration>,
    /// There while its events are looked at: then every message comes through the mailbox (decision A1 f).
    debug: Option<Box<Debug>>,
    is_suspended: bool,
    /// Set by a system request to end.
    ends: Option<ExitReason>,
}

/// A timeout of the server's own.
struct Timer {
    at: Instant,
    message: Info,
}

impl<S: GenServer> Controlled for Loop<S> {
    fn head(&self) -> &Head {
        self.process.head()
    }

    fn mailbox_len(&self) -> usize {
        self.process.mailbox.len()
    }

    fn state(&mut self) -> Option<&mut dyn Any> {
        let state: &mut S = self.state.as_mut()?;
        Some(state)
    }

    fn debug(&mut self) -> &mut Option<Box<Debug>> {
        &mut self.debug
    }

    fn is_suspended(&self) -> bool {
        self.is_suspended
    }

    fn set_suspended(&mut self, suspended: bool) {
        self.is_suspended = suspended;
    }

    fn end(&mut self, reason: ExitReason) {
        self.ends.get_or_insert(reason);
    }
}

impl<S: GenServer> Loop<S> {
    /// Waits as a callback said.
    async fn pause(&mut self, pause: Pause) -> Step<S> {
        match pause {
            Pause::Wait => self.wait(None).await,
            Pause::Timeout(after) => {
                let timer = Timer {
                    at: far(after),
                    message: Info::new(Timeout),
                };
                self.wait(Some(timer)).await
            }
            Pause::Message(scheduled) => self.wait_for(*scheduled).await,
            Pause::Hibernate => {
                self.process.mailbox.shrink();
                self.wait(None).await
            }
        }
    }

    async fn wait_for(&mut self, scheduled: Scheduled) -> Step<S> {
        let Scheduled {
            at,
            message,
            hibernate,
        } = scheduled;
        if hibernate {
            self.process.mailbox.shrink();
        }
        match at {
            Some(at) => self.wait(Some(Timer { at, message })).await,
            None => {
                // A server that does nothing else can be ended, and lets others run.
                tokio::task::coop::consume_budget().await;
                self.timed_out(message).await
            }
        }
    }

    /// Waits for the next message, or for the timer, and handles it. System requests are answered meanwhile.
    async fn wait(&mut self, mut timer: Option<Timer>) -> Step<S> {
        loop {
            // Before a message is taken: one that is taken must reach its handler, whatever ends the server meanwhile.
            tokio::task::coop::consume_budget().await;
            match self.process.next() {
                Some(Envelope::System(system)) => {
                    system.run(self);
                    if let Some(step) = Box::pin(self.after_request()).await {
                        return step;
                    }
                    continue;
                }
                Some(envelope) => return self.handle(envelope).await,
                None => {}
            }
            let Some(at) = timer.as_ref().map(|timer| timer.at) else {
                if let Some(step) = self.idle().await {
                    return step;
                }
                continue;
            };
            // With a timeout armed the state stays here, so that every message comes through the mailbox and cancels it.
            let mail = tokio::time::timeout_at(at, self.process.mail()).await;
            if mail.is_err()
                && let Some(timer) = timer.take()
            {
                return Box::pin(self.timed_out(timer.message)).await;
            }
        }
    }

    /// Gives the state away until there is something to do.
    async fn idle(&mut self) -> Option<Step<S>> {
        if std::mem::take(&mut self.handled) > BURST {
            self.process.mailbox.shrink();
        }
        if self.debug.is_some() {
            hibernating(&*self.process, self.hibernate_after, self.process.mail()).await;
            return None;
        }
        if let Some(state) = self.state.take() {
            self.process.offer(state);
        }
        let process = &self.process;
        let back = poll_fn(|_| process.take_back().map_or(Poll::Pending, Poll::Ready));
        self.state = Some(hibernating(process, self.hibernate_after, back).await);
        let carried = self.process.take_carried();
        if !matches!(carried, Some(Carried::Stop(..))) {
            self.process.tell_dropped();
        }
        carried.map(|carried| match carried {
            Carried::Then(then) => Step::Then(then),
            Carried::Stop(reason, answer) => Step::Stop(reason, answer),
        })
    }

    /// What a system request has left to do: to end, or to handle only system requests and the parent's exit until one
    /// says otherwise (`SYS-2`).
    async fn after_request(&mut self) -> Option<Step<S>> {
        let mut seen = Seen::default();
        loop {
            if let Some(reason) = self.ends.take() {
                return Some(Step::Stop(reason, None));
            }
            if !self.is_suspended {
                return None;
            }
            tokio::task::coop::consume_budget().await;
            match self.process.next_while_suspended(&mut seen) {
                Some(Envelope::System(system)) => system.run(self),
                Some(envelope) => return Some(self.handle(envelope).await),
                None => self.process.mail().await,
            }
        }
    }

    async fn run(&mut self, continuation: Continuation<S>) -> Step<S> {
        // A chain of continuations without an end can be ended, and lets others run.
        tokio::task::coop::consume_budget().await;
        self.note_in(EventKind::Continue, "handle_continue", None);
        let Some(state) = &mut self.state else {
            return Step::Stop(ExitReason::Normal, None);
        };
        let next = guarded(None, || continuation(&mut **state)).await;
        self.settle(next).await
    }

    async fn timed_out(&mut self, message: Info) -> Step<S> {
        self.note_in(EventKind::Timeout, message.type_name(), None);
        self.info(message).await
    }

    async fn handle(&mut self, envelope: Envelope<S>) -> Step<S> {
        self.handled += 1;
        if self.debug.is_some() {
            self.note_arrival(&envelope);
        }
        match envelope {
            Envelope::Call {
                message,
                cell,
                caller,
            } => self.message(message, caller, Some(cell)).await,
            Envelope::Cast(message) => self.message(message, None, None).await,
            Envelope::Info(info) => self.info(info).await,
            Envelope::Stop(reason) => Step::Stop(reason, None),
            Envelope::System(system) => {
                system.run(self);
                Step::Then(Then::Pause(Pause::Wait))
            }
            Envelope::Gap => Step::Then(Then::Pause(Pause::Wait)),
        }
    }

    #[cold]
    fn note_arrival(&mut self, envelope: &Envelope<S>) {
        let (kind, from) = match envelope {
            Envelope::Call { caller, .. } => (EventKind::Call, *caller),
            Envelope::Cast(_) => (EventKind::Cast, None),
            Envelope::Info(_) => (EventKind::Info, None),
            Envelope::Stop(_) | Envelope::System(_) | Envelope::Gap => return,
        };
        self.note_in(kind, envelope.name(), from);
    }

    fn note_in(&mut self, kind: EventKind, message: &'static str, from: Option<Pid>) {
        if self.debug.is_some() {
            self.note(Event::In {
                kind,
                message,
                from,
            });
        }
    }

    fn note_out(&mut self, answered: bool, to: Option<Pid>) {
        if self.debug.is_some() {
            self.note(if answered {
                Event::Out { to }
            } else {
                Event::NoReply
            });
        }
    }

    fn note(&mut self, event: Event) {
        let head = self.process.head();
        if let Some(debug) = &mut self.debug {
            debug.event(head.pid, head.type_name, event);
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
                let answered = next.reply.is_some();
                let step = answer(next, &mut unanswered.cell);
                drop(unanswered);
                self.note_out(answered, pid);
                return step;
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
                let answered = next.reply.is_some() && caller.cell.is_some();
                let step = answer(next, &mut caller.cell);
                self.note_out(answered, pid);
                step
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
                self.note_out(false, None);
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

/// Waits for something to do; after `idle` without it, memory is given back.
async fn hibernating<S: GenServer, F: Future>(
    process: &ServerProcess<S>,
    idle: Option<Duration>,
    busy: F,
) -> F::Output {
    let Some(idle) = idle else {
        return busy.await;
    };
    let mut busy = pin!(busy);
    match tokio::time::timeout(idle, &mut busy).await {
        Ok(done) => done,
        Err(_) => {
            process.mailbox.shrink();
            busy.await
        }
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
