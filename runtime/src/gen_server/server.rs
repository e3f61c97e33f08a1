//! The loop of a server: takes one message after the other and carries out what the callbacks say.

use std::any::Any;
use std::future::Future;
use std::mem::{self, ManuallyDrop};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use crate::gen_server::pause::Waiting;
use crate::gen_server::process::{
    Answer, Content, Envelope, Handled, Running, Said, ServerProcess, handle,
};
use crate::gen_server::reply::{Caller, Outcome, ReplyCell};
use crate::gen_server::returns::{Continuation, Next, Pause, Then};
use crate::gen_server::start::{Inited, Initing};
use crate::gen_server::starting::Ticket;
use crate::gen_server::turns::Carried;
use crate::mailbox::{Batch, Taken};
use crate::panics::{Unwound, catch, catch_any, drop_quietly};
use crate::process::control::{Head, Process, bits};
use crate::process::runner::Body;
use crate::process::{context, death};
use crate::sys::{self, Controlled, Debug, EventKind};
use crate::{Exit, ExitReason, GenServer, Handler, Info, Pid};

/// After more messages than this without a pause, the memory of the queue is given back.
const BURST: usize = 64;

/// After so many messages others run, be they never so many in the queue: tokio's own measure.
const SHARE: usize = 128;

/// What the loop does next.
pub(super) enum Step<S: GenServer> {
    Then(Then<S>),
    Stop(ExitReason, Option<Answer<S>>),
    /// It runs a callback that may await.
    Run(Running<S>),
    /// The reason stands in the process; the runner ends it at this suspension.
    Ended,
}

/// What a server does while it waits.
pub(super) enum Doing<S: GenServer> {
    /// It waits for the next event.
    Rests,
    Goes(Then<S>),
    Runs(Running<S>),
    Continues(Continuation<S>),
    Stops(Stops<S>),
    Ended,
}

/// An `init` that has not come to its end, and what is to be done then.
pub(super) struct Starts<S: GenServer> {
    init: Initing<S>,
    ticket: Ticket,
    /// Told how long it takes, if it does not wait.
    measured: Option<&'static Handler>,
}

impl<S: GenServer> Starts<S> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Inited<S>> {
        let Some(handler) = self.measured.take() else {
            return self.init.as_mut().poll(cx);
        };
        let began = Instant::now();
        let polled = self.init.as_mut().poll(cx);
        match &polled {
            Poll::Ready(_) => handler.took(began.elapsed()),
            Poll::Pending => handler.had_to_wait(None),
        }
        polled
    }
}

/// A `terminate`, and the answer that goes out after it.
pub(super) struct Stops<S: GenServer> {
    terminating: Pin<Box<dyn Future<Output = Terminated<S>> + Send>>,
    #[expect(dead_code, reason = "it is sent when it is dropped")]
    answer: AnswerOnDrop<S::Reply>,
}

/// The state, and the reason with which the server ends.
type Terminated<S> = (Box<S>, Result<ExitReason, Unwound>);

/// The body of a server's task: it serves until the server ends by itself; a pending exit clears it at a suspension.
pub(super) enum Life<S: GenServer> {
    /// Of a server whose state is in its slot, or that has ended.
    Rests,
    /// Of a server whose `init` is to run, or goes on.
    Starts(Box<Starts<S>>),
    /// It is made when there is more to do than to handle calls and casts by plain functions, and kept only if it holds
    /// anything: that of an idle server, whose state is in its slot, does not.
    Serves(Box<Loop<S>>),
}

impl<S: GenServer> Life<S> {
    pub(super) fn starts(
        init: Initing<S>,
        ticket: Ticket,
        measured: Option<&'static Handler>,
    ) -> Self {
        Self::Starts(Box::new(Starts {
            init,
            ticket,
            measured,
        }))
    }

    /// Of a server that was started.
    pub(super) fn goes(state: Box<S>, then: Then<S>, hibernate_after: Option<Duration>) -> Self {
        let mut server = Loop::of(Turn::new());
        server.turn.state = Some(state);
        server.doing = Doing::Goes(then);
        server.hibernate_after = hibernate_after;
        Self::Serves(Box::new(server))
    }

    /// Goes on with an `init`, and then with what comes after it.
    fn start(&mut self, process: &Arc<ServerProcess<S>>, cx: &mut Context<'_>) -> Poll<ExitReason> {
        let Self::Starts(starts) = self else {
            return Poll::Pending;
        };
        let inited = ready!(starts.poll(cx));
        let Self::Starts(starts) = mem::replace(self, Self::Rests) else {
            return Poll::Pending;
        };
        let mut server = Loop::of(Turn::new());
        match server.started(process, *starts, inited) {
            Ok(step) => self.go_on(server, Some(step), process, cx),
            Err(reason) => Poll::Ready(reason),
        }
    }

    /// Of a server whose state is in its slot: handles what has come, and gives the state back to the slot.
    #[inline]
    fn wake(&mut self, process: &Arc<ServerProcess<S>>, cx: &mut Context<'_>) -> Poll<ExitReason> {
        let word = &process.head().word;
        let mut turn = Turn::new();
        loop {
            if !turn.take_back(process) {
                if word.has(bits::CARRY) {
                    return self.go_on(Loop::of(turn), None, process, cx);
                }
                return Poll::Pending;
            }
            if word.has(bits::CARRY | bits::DROPPED) {
                let step = carried(process);
                return self.go_on(Loop::of(turn), step, process, cx);
            }
            if let Some(event) = turn.handle(process, None) {
                let mut server = Loop::of(turn);
                let step = server.on(process, event);
                return self.go_on(server, step, process, cx);
            }
            if mem::take(&mut turn.handled) > BURST {
                process.mailbox.shrink();
            }
            turn.offer(process);
        }
    }

    /// Begins a loop by `step`.
    fn go_on(
        &mut self,
        mut server: Loop<S>,
        step: Option<Step<S>>,
        process: &Arc<ServerProcess<S>>,
        cx: &mut Context<'_>,
    ) -> Poll<ExitReason> {
        let polled = server.poll(process, step, cx);
        if polled.is_pending() && !server.is_empty() {
            *self = Self::Serves(Box::new(server));
        }
        polled
    }
}

impl<S: GenServer> Body for Life<S> {
    type Process = ServerProcess<S>;

    fn poll(
        mut self: Pin<&mut Self>,
        process: &Arc<ServerProcess<S>>,
        cx: &mut Context<'_>,
    ) -> Poll<ExitReason> {
        let server = match &mut *self {
            Self::Rests => return self.wake(process, cx),
            Self::Starts(_) => return self.start(process, cx),
            Self::Serves(server) => server,
        };
        let polled = server.poll(process, None, cx);
        if polled.is_pending() && server.is_empty() {
            *self = Self::Rests;
        }
        polled
    }

    fn clear(mut self: Pin<&mut Self>) {
        *self = Self::Rests;
    }
}

/// The state while it is with the task, and how far that is.
struct Turn<S: GenServer> {
    /// `None` while it is in the slot, or with a callback, and at the end.
    state: Option<Box<S>>,
    /// Messages handled since it was last idle.
    handled: usize,
    /// How many more it may handle before others run.
    share: usize,
    /// Whether `MAIL` was cleared and the inbox not looked at yet.
    mail: bool,
    /// Whether the last call or cast said nothing but an answer: then the next ones may be taken at once.
    is_plain: bool,
}

/// What is more than calls and casts that say nothing but an answer.
enum Event<S: GenServer> {
    /// There may be more, but others have to run first.
    ShareIsOver,
    Said(Heard<S>),
    /// It is no message, or none that is handled by a plain function.
    Other(Content<S>),
}

/// What the handler of a call or cast said; `Err` in the result: it gave the message back, since it has to await.
struct Heard<S: GenServer> {
    result: Result<Result<Next<S>, S::Message>, Unwound>,
    pid: Option<Pid>,
    cell: Option<Arc<ReplyCell<S::Reply>>>,
}

pub(super) struct Loop<S: GenServer> {
    turn: Turn<S>,
    doing: Doing<S>,
    waiting: Waiting,
    /// After so much time without a message, memory is given back.
    hibernate_after: Option<Duration>,
    /// There while its events are looked at: then every message comes through the mailbox (decision A1 f).
    debug: Option<Box<Debug>>,
    is_suspended: bool,
    /// Set by a system request to end.
    ends: Option<ExitReason>,
}

/// A server as a system request sees it.
struct Control<'a, S: GenServer> {
    process: &'a ServerProcess<S>,
    server: &'a mut Loop<S>,
}

impl<S: GenServer> Controlled for Control<'_, S> {
    fn process(&self) -> &dyn Process {
        self.process
    }

    fn state(&mut self) -> Option<&mut dyn Any> {
        let state: &mut S = self.server.turn.state.as_mut()?;
        Some(state)
    }

    fn shown_state(&self) -> Option<String> {
        self.server.shown_state()
    }

    fn debug(&mut self) -> &mut Option<Box<Debug>> {
        &mut self.server.debug
    }

    fn is_suspended(&self) -> bool {
        self.server.is_suspended
    }

    fn set_suspended(&mut self, suspended: bool) {
        self.server.is_suspended = suspended;
        self.process.head().activity.suspend(suspended);
    }

    fn end(&mut self, reason: ExitReason) {
        self.server.ends.get_or_insert(reason);
    }
}

impl<S: GenServer> Turn<S> {
    const fn new() -> Self {
        Self {
            state: None,
            handled: 0,
            share: SHARE,
            mail: false,
            is_plain: false,
        }
    }

    /// Takes the state out of the slot, if there is anything to do.
    #[inline]
    fn take_back(&mut self, process: &ServerProcess<S>) -> bool {
        let Some((state, mail)) = process.turns.take_back(&process.head().word) else {
            return false;
        };
        self.state = Some(state);
        self.mail |= mail;
        true
    }

    /// Gives the state to the slot.
    #[inline]
    fn offer(&mut self, process: &ServerProcess<S>) {
        if let Some(state) = self.state.take() {
            process.turns.offer(&process.head().word, state);
        }
    }

    /// Handles calls and casts by plain functions, until there is anything else to do; `None`: nothing is.
    #[inline]
    fn handle(
        &mut self,
        process: &ServerProcess<S>,
        mut debug: Option<&mut Debug>,
    ) -> Option<Event<S>> {
        let head = process.head();
        loop {
            // Before a message is taken: one that is taken must reach its handler, whatever ends the server meanwhile.
            if self.share == 0 {
                return Some(Event::ShareIsOver);
            }
            let batches = self.is_plain && debug.is_none();
            let Envelope { content, cell } = match process.next(&mut self.mail, batches)? {
                Taken::One(envelope) => envelope,
                Taken::Batch(batch) => match self.handle_batch(head, batch) {
                    Some(heard) => return Some(Event::Said(heard)),
                    None => continue,
                },
            };
            if let Some(debug) = &mut debug {
                note_arrival(debug, process, &content, cell.as_deref());
            }
            let Content::Message(message) = content else {
                return Some(Event::Other(content));
            };
            let Some(state) = &mut self.state else {
                unreachable!("who has no state handles nothing");
            };
            head.activity.handles();
            self.handled += 1;
            self.share -= 1;
            let pid = cell.as_ref().and_then(|cell| cell.caller);
            if pid.is_some() {
                context::set_caller(pid);
            }
            let result = catch(|| state.handle_now(message));
            if pid.is_some() {
                context::set_caller(None);
            }
            let result = match result {
                Ok(Ok(Next { reply, then })) => {
                    let then = ManuallyDrop::new(then);
                    self.is_plain = matches!(*then, Then::Pause(Pause::Wait));
                    let must_look = debug.is_some() || head.has(bits::EXIT | bits::DROPPED);
                    if self.is_plain && !must_look {
                        // What nearly all messages come to. Nothing is in `then` that would have to be dropped.
                        if let Some(cell) = cell {
                            cell.put(reply.map_or(Outcome::NoReply, Outcome::Reply));
                        }
                        continue;
                    }
                    let then = ManuallyDrop::into_inner(then);
                    Ok(Ok(Next { reply, then }))
                }
                result => {
                    self.is_plain = false;
                    result
                }
            };
            return Some(Event::Said(Heard { result, pid, cell }));
        }
    }

    /// Handles casts that were taken at once. What is left when one says anything is put back.
    fn handle_batch(&mut self, head: &Head, mut batch: Batch<'_, Envelope<S>>) -> Option<Heard<S>> {
        let state = self.state.as_mut()?;
        let share = &mut self.share;
        let before = *share;
        let heard = catch(|| {
            while *share > 0
                && let Some(Envelope {
                    content: Content::Message(message),
                    ..
                }) = batch.next()
            {
                head.activity.handles();
                *share -= 1;
                let Next { reply, then } = match state.handle_now(message) {
                    Ok(next) => next,
                    refused => return Some(refused),
                };
                let then = ManuallyDrop::new(then);
                let is_plain = matches!(*then, Then::Pause(Pause::Wait));
                if !is_plain || head.has(bits::EXIT | bits::DROPPED) {
                    let then = ManuallyDrop::into_inner(then);
                    return Some(Ok(Next { reply, then }));
                }
            }
            None
        });
        self.handled += before - self.share;
        let result = match heard {
            Ok(None) => return None,
            Ok(Some(result)) => Ok(result),
            Err(unwound) => Err(unwound),
        };
        self.is_plain = false;
        Some(Heard {
            result,
            pid: None,
            cell: None,
        })
    }
}

impl<S: GenServer> Loop<S> {
    fn of(turn: Turn<S>) -> Self {
        Self {
            turn,
            doing: Doing::Rests,
            waiting: Waiting::default(),
            hibernate_after: None,
            debug: None,
            is_suspended: false,
            ends: None,
        }
    }

    /// Whether nothing is lost with it: it waits for a message, and the state is elsewhere.
    fn is_empty(&self) -> bool {
        self.turn.state.is_none()
            && matches!(self.doing, Doing::Rests)
            && self.waiting.is_plain()
            && !self.turn.mail
            && self.hibernate_after.is_none()
            && self.debug.is_none()
            && !self.is_suspended
    }

    fn shown_state(&self) -> Option<String> {
        sys::shown(&**self.turn.state.as_ref()?, S::DEBUG)
    }

    /// Serves on until there is nothing to do, beginning with `next` if that is known. Gives the reason when the server has
    /// ended by itself.
    fn poll(
        &mut self,
        process: &Arc<ServerProcess<S>>,
        mut next: Option<Step<S>>,
        cx: &mut Context<'_>,
    ) -> Poll<ExitReason> {
        loop {
            let step = match &mut self.doing {
                _ if next.is_some() => next.take().unwrap_or(Step::Ended),
                Doing::Rests => ready!(self.poll_event(process, cx)),
                Doing::Goes(_) => match mem::replace(&mut self.doing, Doing::Rests) {
                    Doing::Goes(then) => Step::Then(then),
                    _ => Step::Ended,
                },
                Doing::Runs(running) => {
                    let handled = ready!(running.as_mut().poll(cx));
                    self.doing = Doing::Rests;
                    self.handled(process, handled)
                }
                Doing::Continues(_) => {
                    // A chain of continuations without an end can be ended, and lets others run.
                    ready!(context::proceed(cx));
                    self.begin_continuation(process)
                }
                Doing::Stops(stops) => {
                    let terminated = ready!(stops.terminating.as_mut().poll(cx));
                    match self.terminated(process, terminated) {
                        Ok(reason) => return Poll::Ready(reason),
                        Err(step) => step,
                    }
                }
                Doing::Ended => return Poll::Pending,
            };
            match step {
                Step::Then(Then::Pause(pause)) => {
                    process.tell_dropped();
                    self.waiting = Waiting::new(pause);
                }
                Step::Then(Then::Continue(run)) => {
                    process.tell_dropped();
                    self.doing = Doing::Continues(run);
                }
                Step::Then(Then::Stop(reason)) => {
                    if let Some(reason) = self.begin_stop(process, reason, None) {
                        return Poll::Ready(reason);
                    }
                }
                Step::Stop(reason, answer) => {
                    if let Some(reason) = self.begin_stop(process, reason, answer) {
                        return Poll::Ready(reason);
                    }
                }
                Step::Run(running) => self.doing = Doing::Runs(running),
                Step::Ended => self.doing = Doing::Ended,
            }
        }
    }

    /// Waits for the next message, or for the server's own, and answers system requests meanwhile. The state is given away
    /// until there is something to do.
    fn poll_event(
        &mut self,
        process: &Arc<ServerProcess<S>>,
        cx: &mut Context<'_>,
    ) -> Poll<Step<S>> {
        loop {
            if self.turn.state.is_none() {
                if !self.turn.take_back(process) {
                    return match process.turns.take_running(&process.head().word) {
                        Some(running) => Poll::Ready(Step::Run(running)),
                        None => self.rest(process, cx),
                    };
                }
                if let Some(step) = carried(process) {
                    return Poll::Ready(step);
                }
            }
            if self.turn.share == 0 {
                self.turn.share = SHARE;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if let Some(message) = self.waiting.due_at_once() {
                self.turn.share -= 1;
                return Poll::Ready(self.time_out(process, message));
            }
            let event = if self.is_suspended {
                let next = process.next_while_suspended(&mut self.waiting.seen);
                next.map(|envelope| Event::Other(envelope.content))
            } else {
                let handled = self.turn.handled;
                let event = self.turn.handle(process, self.debug.as_deref_mut());
                if self.turn.handled != handled {
                    // A message cancels what was waited for.
                    self.waiting.renew();
                }
                event
            };
            if let Some(event) = event {
                match self.on(process, event) {
                    Some(step) => return Poll::Ready(step),
                    None => continue,
                }
            }
            if mem::take(&mut self.turn.handled) > BURST || self.waiting.hibernates {
                process.mailbox.shrink();
                self.waiting.hibernates = false;
            }
            // From here on a message that comes sets the bit and wakes this task.
            if self.waiting.has_alarm() && !self.is_suspended {
                if let Poll::Ready(message) = self.waiting.poll_alarm(cx) {
                    return Poll::Ready(self.time_out(process, message));
                }
            } else if !self.is_suspended && self.debug.is_none() {
                self.turn.offer(process);
                continue;
            }
            if !process.head().has(bits::MAIL) {
                return self.rest(process, cx);
            }
        }
    }

    /// Nothing is to be done. After so long, memory is given back.
    fn rest(&mut self, process: &ServerProcess<S>, cx: &mut Context<'_>) -> Poll<Step<S>> {
        self.turn.share = SHARE;
        if self.turn.state.is_some() {
            process.head().activity.rests();
        }
        if !self.waiting.has_alarm() && self.waiting.rests(self.hibernate_after, cx) {
            process.mailbox.shrink();
        }
        Poll::Pending
    }

    /// Does what is to be done about an event. What is left to do is given out.
    fn on(&mut self, process: &Arc<ServerProcess<S>>, event: Event<S>) -> Option<Step<S>> {
        match event {
            Event::ShareIsOver => None,
            Event::Said(heard) => self.heard(process, heard),
            Event::Other(content) => {
                self.turn.handled += 1;
                self.turn.share = self.turn.share.saturating_sub(1);
                self.no_message(process, content)
            }
        }
    }

    /// The handler of a call or cast has said more than an answer, or is not the only one who has something to say.
    fn heard(
        &mut self,
        process: &Arc<ServerProcess<S>>,
        Heard {
            result,
            pid,
            mut cell,
        }: Heard<S>,
    ) -> Option<Step<S>> {
        let result = match result {
            Ok(Err(message)) => return Some(self.begin(process, message, pid, cell)),
            Ok(Ok(next)) => Ok(next),
            Err(unwound) => Err(unwound),
        };
        let step = self.settle(process, result, pid, &mut cell);
        let Step::Then(Then::Pause(Pause::Wait)) = step else {
            return Some(step);
        };
        self.waiting.renew();
        process.tell_dropped();
        None
    }

    /// Handles what is neither call nor cast.
    #[inline(never)]
    fn no_message(
        &mut self,
        process: &Arc<ServerProcess<S>>,
        content: Content<S>,
    ) -> Option<Step<S>> {
        let is_to_end = process.head().has(bits::EXIT);
        match content {
            Content::Stop(_) if is_to_end => Some(Step::Ended),
            Content::System(system) if is_to_end => {
                death::add_waiter(&**process, system.into_waiter());
                Some(Step::Ended)
            }
            Content::Info(info) => {
                process.head().activity.handles();
                Some(self.begin_info(process, info))
            }
            Content::Stop(reason) => {
                let reason = reason.map_or(ExitReason::Normal, |reason| *reason);
                Some(Step::Stop(reason, None))
            }
            Content::System(system) => {
                system.run(&mut Control {
                    process,
                    server: self,
                });
                self.waiting.was_busy();
                Some(Step::Stop(self.ends.take()?, None))
            }
            // It is no message: what the server waits for goes on.
            Content::Gap | Content::Message(_) => None,
        }
    }

    /// The callback of a call or cast that may await.
    fn begin(
        &mut self,
        process: &Arc<ServerProcess<S>>,
        message: S::Message,
        pid: Option<Pid>,
        cell: Option<Arc<ReplyCell<S::Reply>>>,
    ) -> Step<S> {
        let caller = Caller {
            pid,
            cell,
            process: Arc::clone(process),
        };
        match self.turn.state.take() {
            Some(state) => Step::Run(Box::pin(handle(state, message, caller))),
            None => Step::Ended,
        }
    }

    fn begin_info(&mut self, process: &ServerProcess<S>, info: Info) -> Step<S> {
        if let Some(exit) = info.downcast_ref::<Exit>()
            && Some(exit.from) == process.head().parent
        {
            // SRV-8: it never reaches the handler.
            return Step::Stop(exit.reason.clone(), None);
        }
        match self.turn.state.take() {
            Some(state) => Step::Run(Box::pin(handle_info(state, info))),
            None => Step::Ended,
        }
    }

    fn begin_continuation(&mut self, process: &ServerProcess<S>) -> Step<S> {
        process.head().activity.runs();
        self.note_own(process, EventKind::Continue, "handle_continue");
        match (
            mem::replace(&mut self.doing, Doing::Rests),
            self.turn.state.take(),
        ) {
            (Doing::Continues(run), Some(state)) => Step::Run(Box::pin(go_on(state, run))),
            _ => Step::Ended,
        }
    }

    fn time_out(&mut self, process: &ServerProcess<S>, message: Info) -> Step<S> {
        process.head().activity.runs();
        self.note_own(process, EventKind::Timeout, message.type_name());
        self.begin_info(process, message)
    }

    /// A callback that could await has come to its end.
    fn handled(
        &mut self,
        process: &ServerProcess<S>,
        Handled {
            state,
            mut cell,
            result,
        }: Handled<S>,
    ) -> Step<S> {
        self.turn.state = Some(state);
        let pid = cell.as_ref().and_then(|cell| cell.caller);
        self.settle(process, result, pid, &mut cell)
    }

    /// `init` has come to its end. `Err`: so has the server.
    fn started(
        &mut self,
        process: &ServerProcess<S>,
        Starts { ticket, .. }: Starts<S>,
        inited: Inited<S>,
    ) -> Result<Step<S>, ExitReason> {
        match inited {
            // The starter is told by the death.
            Inited::Start(state, _) if process.head().has(bits::EXIT) => {
                self.turn.state = Some(state);
                Ok(Step::Ended)
            }
            Inited::Start(state, then) => {
                self.turn.state = Some(state);
                self.hibernate_after = ticket.started();
                Ok(Step::Then(then))
            }
            Inited::Failed(error, reason) => Err(ticket.fail(error, reason)),
            Inited::Ended => Ok(Step::Ended),
        }
    }

    /// Does what a callback said, but for the control words: sends the answer. If an exit is pending, no answer is sent and
    /// nothing more is handled (decision A3). A caller who gets no answer hears of the end.
    fn settle(
        &mut self,
        process: &ServerProcess<S>,
        result: Result<Next<S>, Unwound>,
        pid: Option<Pid>,
        cell: &mut Option<Arc<ReplyCell<S::Reply>>>,
    ) -> Step<S> {
        let step = match result {
            Ok(_) if process.head().has(bits::EXIT) => Step::Ended,
            Ok(next) => {
                if self.debug.is_some() {
                    let event = if next.reply.is_some() && cell.is_some() {
                        sys::Event::Out { to: pid }
                    } else {
                        sys::Event::NoReply
                    };
                    self.note(process, &event);
                }
                answer(next, cell)
            }
            Err(Unwound::Raised(reason)) => Step::Stop(reason, None),
            Err(Unwound::Ended) => Step::Ended,
        };
        if let Some(cell) = cell.take() {
            death::add_waiter(process, cell);
        }
        step
    }

    fn note_own(&mut self, process: &ServerProcess<S>, kind: EventKind, message: &'static str) {
        if self.debug.is_some() {
            let event = sys::Event::In {
                kind,
                message,
                contents: None,
                from: None,
            };
            self.note(process, &event);
        }
    }

    fn note(&mut self, process: &ServerProcess<S>, event: &sys::Event) {
        if let Some(debug) = &mut self.debug {
            debug.event(process.head().pid, process.type_name(), event);
        }
    }

    /// Begins to end in order: terminate, answer, drop the state (`SRV-6`, `SRV-9`). Gives the reason, if that is all.
    fn begin_stop(
        &mut self,
        process: &ServerProcess<S>,
        reason: ExitReason,
        answer: Option<Answer<S>>,
    ) -> Option<ExitReason> {
        if S::DEBUG.is_some()
            && !reason.is_shutdown()
            && let Some(shown) = self.shown_state()
        {
            let mut signals = process.head().signals.lock();
            signals.relations().rare().last_state = Some(shown);
        }
        process.head().activity.runs();
        let answer = AnswerOnDrop(answer);
        let Some(state) = self.turn.state.take() else {
            self.doing = Doing::Ended;
            return None;
        };
        if S::TERMINATES {
            self.doing = Doing::Stops(Stops {
                terminating: Box::pin(terminate(state, reason)),
                answer,
            });
            return None;
        }
        drop(answer);
        Some(end(process, state, reason))
    }

    fn terminated(
        &mut self,
        process: &ServerProcess<S>,
        (state, ended): Terminated<S>,
    ) -> Result<ExitReason, Step<S>> {
        let stops = mem::replace(&mut self.doing, Doing::Ended);
        match ended {
            Ok(reason) | Err(Unwound::Raised(reason)) => {
                // The answer.
                drop(stops);
                Ok(end(process, state, reason))
            }
            Err(Unwound::Ended) => {
                self.turn.state = Some(state);
                Err(Step::Ended)
            }
        }
    }
}

/// What callers who ran handlers left to do.
fn carried<S: GenServer>(process: &ServerProcess<S>) -> Option<Step<S>> {
    let carried = process.turns.take_carried(&process.head().word);
    if !matches!(carried, Some(Carried::Said(Said::Stop(..)))) {
        process.tell_dropped();
    }
    carried.map(|carried| match carried {
        Carried::Running(running) => Step::Run(running),
        Carried::Said(Said::Then(then)) => Step::Then(then),
        Carried::Said(Said::Stop(reason, answer)) => Step::Stop(reason, answer),
    })
}

#[cold]
fn note_arrival<S: GenServer>(
    debug: &mut Debug,
    process: &ServerProcess<S>,
    content: &Content<S>,
    cell: Option<&ReplyCell<S::Reply>>,
) {
    let (kind, message) = match content {
        Content::Message(message) if cell.is_some() => (EventKind::Call, Some(message)),
        Content::Message(message) => (EventKind::Cast, Some(message)),
        Content::Info(_) => (EventKind::Info, None),
        Content::Stop(_) | Content::System(_) | Content::Gap => return,
    };
    let contents = message.and_then(|message| sys::shown(message, S::DEBUG_MESSAGE));
    let event = sys::Event::In {
        kind,
        message: content.name(),
        contents: contents.map(Arc::from),
        from: cell.and_then(|cell| cell.caller),
    };
    debug.event(process.head().pid, process.type_name(), &event);
}

/// The end of a server that has run its `terminate`.
fn end<S: GenServer>(process: &ServerProcess<S>, state: Box<S>, reason: ExitReason) -> ExitReason {
    process.head().conclude(reason.clone(), true);
    drop_quietly(state);
    reason
}

/// Handles any other message.
async fn handle_info<S: GenServer>(mut state: Box<S>, info: Info) -> Handled<S> {
    let result = guarded(None, pin!(async { state.handle_info(info).await })).await;
    Handled {
        state,
        cell: None,
        result,
    }
}

/// Does what a callback left to be done before the next message.
async fn go_on<S: GenServer>(mut state: Box<S>, run: Continuation<S>) -> Handled<S> {
    let result = guarded(None, pin!(async { run(&mut *state).await })).await;
    Handled {
        state,
        cell: None,
        result,
    }
}

async fn terminate<S: GenServer>(mut state: Box<S>, reason: ExitReason) -> Terminated<S> {
    let ended = guarded(None, pin!(async { state.terminate(&reason).await })).await;
    (state, ended.map(|()| reason))
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

/// Runs a callback; a panic in it ends the callback alone.
pub(super) fn guarded<'a, T>(
    caller: Option<Pid>,
    callback: Pin<&'a mut (dyn Future<Output = T> + Send + 'a)>,
) -> Guarded<'a, T> {
    Guarded { caller, callback }
}

pub(super) struct Guarded<'a, T> {
    caller: Option<Pid>,
    callback: Pin<&'a mut (dyn Future<Output = T> + Send + 'a)>,
}

impl<T> Future for Guarded<'_, T> {
    type Output = Result<T, Unwound>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut polled = Poll::Pending;
        context::set_caller(self.caller);
        let caught = catch_any(&mut || polled = self.callback.as_mut().poll(cx));
        context::set_caller(None);
        match caught {
            Ok(()) => polled.map(Ok),
            Err(unwound) => Poll::Ready(Err(unwound)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};

    use super::*;
    use crate::sync::Mutex;
    use crate::{Server, ServerOptions, ServerRef, Start};

    /// Ends each cast as it is told, and answers calls.
    struct Told;

    enum Message {
        Wait,
        Hibernate,
        Ping,
    }

    impl ServerOptions for Told {}

    impl GenServer for Told {
        type Args = ();
        type Message = Message;
        type Reply = ();
        type Ref = ServerRef<Self>;

        async fn init((): ()) -> crate::Init<Self> {
            crate::Init::ok(Self)
        }

        async fn handle(&mut self, message: Message, _: &mut Caller<Self>) -> Next<Self> {
            match message {
                Message::Wait => Next::no_reply(),
                Message::Hibernate => Next::no_reply().hibernate(),
                Message::Ping => Next::reply(()),
            }
        }
    }

    /// The memory that a server's mailbox holds when it has handled a few casts, of which the last said what comes next.
    async fn held_after(start: Start<Told>, last: Message) -> usize {
        static PING: crate::Handler = crate::Handler::queued("ping");
        let server = start.await.unwrap();
        for _ in 0..BURST / 2 {
            server.cast(Message::Wait);
        }
        // It is not idle in between: all are there before it runs.
        server.cast(last);
        crate::sys::get_status(&server).await.unwrap();
        // Idle again, and for longer than it may be without hibernating.
        tokio::time::sleep(Duration::from_secs(10)).await;
        let held = server.resolve().ok().unwrap().mailbox.capacity();
        crate::Call::new(&server, &PING, Message::Ping, Some)
            .await
            .unwrap();
        server.stop().await.unwrap();
        held
    }

    /// SRV-12: hibernating gives memory back, by a result or after an idle time; else the mailbox keeps that of a small
    /// burst.
    #[tokio::test(start_paused = true)]
    async fn a_hibernating_server_holds_no_memory_for_messages() {
        let start = || Start::<Told>::unlinked(());
        assert!(held_after(start(), Message::Wait).await > 0);
        assert_eq!(held_after(start(), Message::Hibernate).await, 0);
        let idle = Duration::from_secs(1);
        assert_eq!(
            held_after(start().hibernate_after(idle), Message::Wait).await,
            0
        );
    }

    /// What an idle server takes, beside its state and its place in the table.
    #[test]
    fn an_idle_server_is_small() {
        assert_eq!(crate::process::runner::size_of_task::<Life<Told>>(), 24);
        let (block, letter) = (
            size_of::<ServerProcess<Told>>(),
            size_of::<Option<Envelope<Told>>>(),
        );
        assert!(
            block - letter <= 200,
            "{block}, of which {letter} a message"
        );
    }

    /// A server that waits in a call, and says as whom its state was dropped.
    struct Waits(Dropped);

    type Dropped = Arc<Mutex<Vec<Option<Pid>>>>;

    impl Drop for Waits {
        fn drop(&mut self) {
            self.0.lock().push(context::self_pid());
        }
    }

    impl ServerOptions for Waits {}

    impl GenServer for Waits {
        type Args = Dropped;
        type Message = ();
        type Reply = ();
        type Ref = ServerRef<Self>;

        async fn init(dropped: Dropped) -> crate::Init<Self> {
            crate::Init::ok(Self(dropped))
        }

        async fn handle(&mut self, (): (), _: &mut Caller<Self>) -> Next<Self> {
            pending().await
        }
    }

    /// Decision A19, rule 5 of `turns.rs`: a server is abandoned before its task was polled after a caller began a handler
    /// and left it. The state is dropped as the server, the caller hears, and neither task nor process is left.
    #[tokio::test]
    async fn an_abandoned_server_leaves_nothing_of_what_a_caller_began() {
        static WAIT: crate::Handler = crate::Handler::awaits("wait");
        let dropped = Dropped::default();
        let server = Start::<Waits>::unlinked(Arc::clone(&dropped))
            .await
            .unwrap();
        let process = server.resolve().ok().unwrap().held();
        while !process.head().has(bits::IDLE) {
            tokio::task::yield_now().await;
        }
        let mut call = Box::pin(crate::Call::new(&server, &WAIT, (), Some));
        assert!(poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx).is_pending())).await);
        assert!(process.head().has(bits::CARRY), "it was begun here");
        let pid = process.head().pid;
        crate::process::kill(pid);
        death::finish(&*process);
        assert_eq!(*dropped.lock(), [Some(pid)]);
        let answer = call.await;
        assert!(
            matches!(&answer, Err(crate::CallError::Exit(info)) if *info.reason() == ExitReason::Killed),
            "{answer:?}"
        );
        drop(server);
        // The task holds it until it has seen its end.
        while Arc::strong_count(&process) > 1 {
            tokio::task::yield_now().await;
        }
    }

    /// Decision A24: the timer that calls share is not taken for an earlier one where clocks differ.
    #[test]
    fn a_short_timeout_holds_after_another_clock() {
        static QUEUED: crate::Handler = crate::Handler::queued("wait");
        async fn second_of(first: Duration, second: Duration) -> Duration {
            let server = Start::<Waits>::unlinked(Dropped::default()).await.unwrap();
            let (done, told) = tokio::sync::oneshot::channel();
            crate::spawn(async move {
                let began = tokio::time::Instant::now();
                let mut one = crate::Call::new(&server, &QUEUED, (), Some).timeout(first);
                assert!(poll_fn(|cx| Poll::Ready(Pin::new(&mut one).poll(cx).is_pending())).await);
                let two = crate::Call::new(&server, &QUEUED, (), Some).timeout(second);
                assert!(matches!(two.await, Err(crate::CallError::Timeout(_))));
                let _ = done.send(began.elapsed());
            });
            told.await.unwrap()
        }
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let (long, short) = (Duration::from_secs(3_600), Duration::from_millis(1));
        for ahead in [Duration::from_secs(3_598), Duration::ZERO] {
            let runtime = runtime.enable_all().start_paused(true).build().unwrap();
            let took = runtime.block_on(async {
                tokio::time::advance(ahead).await;
                second_of(long, short).await
            });
            assert!(took < Duration::from_secs(1), "{took:?}");
        }
    }
}
