//! The loop of a server: takes one message after the other and carries out what the callbacks say.

use std::any::Any;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::gen_server::pause::Waiting;
use crate::gen_server::process::{
    Answer, Carried, Content, Envelope, Handled, Running, ServerProcess,
};
use crate::gen_server::reply::{Caller, Outcome, ReplyCell, Unanswered};
use crate::gen_server::returns::{Continuation, Next, Pause, Then};
use crate::mailbox::Letter;
use crate::panics::{Unwound, catch, catch_any, drop_quietly};
use crate::process::control::{Head, Process, bits};
use crate::process::{context, death};
use crate::sys::{self, Controlled, Debug, EventKind};
use crate::{Exit, ExitReason, GenServer, Info, Pid};

/// After more messages than this without a pause, the memory of the queue is given back.
const BURST: usize = 64;

/// After so many messages others run, be they never so many in the queue: tokio's own measure.
const SHARE: usize = 128;

/// What the loop does next.
enum Step<S: GenServer> {
    Then(Then<S>),
    Stop(ExitReason, Option<Answer<S>>),
    /// The reason stands in the process; the runner ends it at this suspension.
    Ended,
}

/// What ends a wait: something for a callback that may await.
enum Event<S: GenServer> {
    Message {
        message: S::Message,
        pid: Option<Pid>,
        cell: Option<Arc<ReplyCell<S::Reply>>>,
    },
    Info(Info),
    Timeout(Info),
    Continue(Continuation<S>),
    /// A call that its caller began.
    Running(Running<S>),
    /// There is nothing to handle.
    Step(Step<S>),
}

/// Serves until the server ends by itself; a pending exit drops this future at a suspension.
///
/// There are few futures inside each other here, and what does not need the type of the server is elsewhere: this is
/// compiled for every server.
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
        share: SHARE,
        mail: false,
        hibernate_after,
        debug: None,
        is_suspended: false,
        ends: None,
    };
    let mut step = Step::Then(first);
    let (reason, answer) = loop {
        let event = match step {
            Step::Then(Then::Pause(pause)) => {
                let mut waiting = server.begin(pause);
                poll_fn(|cx| server.poll_event(&mut waiting, cx)).await
            }
            Step::Then(Then::Continue(run)) => {
                server.process.tell_dropped();
                // A chain of continuations without an end can be ended, and lets others run.
                poll_fn(context::proceed).await;
                Event::Continue(run)
            }
            Step::Then(Then::Stop(reason)) => break (reason, None),
            Step::Stop(reason, answer) => break (reason, answer),
            Step::Ended => return pending().await,
        };
        step = match event {
            Event::Step(step) => step,
            event => server.react(event).await,
        };
    };
    server.stop(reason, answer).await
}

struct Loop<S: GenServer> {
    process: Arc<ServerProcess<S>>,
    /// `None` only while it is in the slot, and at the end.
    state: Option<Box<S>>,
    /// Messages handled since it was last idle.
    handled: usize,
    /// How many more it may handle before others run.
    share: usize,
    /// Whether `MAIL` was cleared and the inbox not looked at yet.
    mail: bool,
    /// After so much time without a message, memory is given back.
    hibernate_after: Option<Duration>,
    /// There while its events are looked at: then every message comes through the mailbox (decision A1 f).
    debug: Option<Box<Debug>>,
    is_suspended: bool,
    /// Set by a system request to end.
    ends: Option<ExitReason>,
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

    fn shown_state(&self) -> Option<String> {
        sys::shown(&**self.state.as_ref()?, S::DEBUG)
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
    /// Begins to wait as a callback said.
    fn begin(&self, pause: Pause) -> Waiting {
        self.process.tell_dropped();
        Waiting::new(pause)
    }

    /// Waits for the next message, or for the server's own, and answers system requests meanwhile. The state is given away
    /// until there is something to do.
    fn poll_event(&mut self, waiting: &mut Waiting, cx: &mut Context<'_>) -> Poll<Event<S>> {
        loop {
            if self.state.is_none() {
                let Some((state, mail)) = self.process.take_back() else {
                    return match self.process.take_running() {
                        Some(running) => Poll::Ready(Event::Running(running)),
                        None => self.rest(waiting, cx),
                    };
                };
                self.state = Some(state);
                self.mail |= mail;
                if let Some(event) = self.carried() {
                    return Poll::Ready(event);
                }
            }
            // Before a message is taken: one that is taken must reach its handler, whatever ends the server meanwhile.
            if self.share == 0 {
                self.share = SHARE;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if let Some(message) = waiting.due_at_once() {
                self.share -= 1;
                return Poll::Ready(Event::Timeout(message));
            }
            let next = if self.is_suspended {
                self.process.next_while_suspended(&mut waiting.seen)
            } else {
                self.process.next(&mut self.mail)
            };
            if let Some(envelope) = next {
                match self.handle_now(envelope, waiting) {
                    Some(event) => return Poll::Ready(event),
                    None => continue,
                }
            }
            if std::mem::take(&mut self.handled) > BURST || waiting.hibernates {
                self.process.mailbox.shrink();
            }
            // From here on a message that comes sets the bit and wakes this task.
            if waiting.has_alarm() && !self.is_suspended {
                if let Poll::Ready(message) = waiting.poll_alarm(cx) {
                    return Poll::Ready(Event::Timeout(message));
                }
            } else if !self.is_suspended && self.debug.is_none() {
                if let Some(state) = self.state.take() {
                    self.process.offer(state);
                }
                continue;
            }
            if !self.process.head().has(bits::MAIL) {
                return self.rest(waiting, cx);
            }
        }
    }

    /// Nothing is to be done. After so long, memory is given back.
    fn rest(&mut self, waiting: &mut Waiting, cx: &mut Context<'_>) -> Poll<Event<S>> {
        self.share = SHARE;
        if !waiting.has_alarm() && waiting.rests(self.hibernate_after, cx) {
            self.process.mailbox.shrink();
        }
        Poll::Pending
    }

    /// What callers who ran handlers left to do.
    fn carried(&self) -> Option<Event<S>> {
        let carried = self.process.take_carried();
        if !matches!(carried, Some(Carried::Stop(..))) {
            self.process.tell_dropped();
        }
        carried.map(|carried| match carried {
            Carried::Running(running) => Event::Running(running),
            Carried::Then(then) => Event::Step(Step::Then(then)),
            Carried::Stop(reason, answer) => Event::Step(Step::Stop(reason, answer)),
        })
    }

    /// Handles what came here and now, if that needs no awaiting: a loop over such messages is one poll. What is left to do
    /// is given out.
    fn handle_now(&mut self, envelope: Envelope<S>, waiting: &mut Waiting) -> Option<Event<S>> {
        self.handled += 1;
        self.share -= 1;
        if self.debug.is_some() {
            self.note_arrival(&envelope);
        }
        let Envelope { content, cell } = envelope;
        let Content::Message(message) = content else {
            return self.no_message(content, waiting);
        };
        let Some(state) = &mut self.state else {
            return Some(Event::Step(Step::Ended));
        };
        let pid = cell.as_ref().and_then(|cell| cell.caller);
        let mut unanswered = Unanswered {
            cell,
            process: &*self.process,
        };
        if pid.is_some() {
            context::set_caller(pid);
        }
        let result = catch(|| state.handle_now(message));
        if pid.is_some() {
            context::set_caller(None);
        }
        let is_plain = matches!(
            &result,
            Ok(Ok(Next {
                then: Then::Pause(Pause::Wait),
                ..
            }))
        );
        if is_plain && self.debug.is_none() && !self.process.head().has(bits::EXIT | bits::DROPPED)
        {
            // What nearly all messages come to. It cancels what was waited for.
            waiting.renew();
            let cell = unanswered.cell.take()?;
            cell.put(match result {
                Ok(Ok(Next {
                    reply: Some(reply), ..
                })) => Outcome::Reply(reply),
                _ => Outcome::NoReply,
            });
            return None;
        }
        let mut cell = match result {
            Ok(_) => unanswered.cell.take(),
            Err(_) => None,
        };
        drop(unanswered);
        let result = match result {
            Ok(Err(message)) => return Some(Event::Message { message, pid, cell }),
            Ok(Ok(next)) => Ok(next),
            Err(unwound) => Err(unwound),
        };
        let step = self.settle_call(result, pid, &mut cell);
        let Step::Then(Then::Pause(Pause::Wait)) = step else {
            return Some(Event::Step(step));
        };
        waiting.renew();
        self.process.tell_dropped();
        None
    }

    /// Handles what is neither call nor cast.
    #[inline(never)]
    fn no_message(&mut self, content: Content<S>, waiting: &mut Waiting) -> Option<Event<S>> {
        match content {
            Content::Info(info) => Some(Event::Info(info)),
            Content::Stop(reason) => Some(Event::Step(Step::Stop(*reason, None))),
            Content::System(system) => {
                system.run(self);
                waiting.was_busy();
                let ends = self.ends.take()?;
                Some(Event::Step(Step::Stop(ends, None)))
            }
            // It is no message: what the server waits for goes on.
            Content::Gap | Content::Message(_) => None,
        }
    }

    /// Runs the callback for what happened.
    async fn react(&mut self, event: Event<S>) -> Step<S> {
        let (message, pid, cell) = match event {
            Event::Message { message, pid, cell } => (message, pid, cell),
            Event::Info(info) => return self.info(info).await,
            Event::Timeout(message) => {
                self.note_own(EventKind::Timeout, message.type_name());
                return self.info(message).await;
            }
            Event::Continue(run) => {
                self.note_own(EventKind::Continue, "handle_continue");
                let Some(state) = &mut self.state else {
                    return Step::Ended;
                };
                let result = {
                    let running = pin!(async { run(&mut **state).await });
                    guarded(None, running).await
                };
                return self.settle(result, None, &mut None);
            }
            Event::Running(running) => {
                let Handled {
                    state,
                    mut cell,
                    result,
                } = running.await;
                self.state = Some(state);
                let pid = cell.as_ref().and_then(|cell| cell.caller);
                return self.settle_call(result, pid, &mut cell);
            }
            Event::Step(step) => return step,
        };
        let Some(state) = &mut self.state else {
            return Step::Ended;
        };
        let mut caller = Caller {
            pid,
            cell,
            process: Arc::clone(&self.process),
        };
        let result = {
            let running = pin!(async { state.handle(message, &mut caller).await });
            guarded(pid, running).await
        };
        self.settle(result, pid, &mut caller.cell)
    }

    async fn info(&mut self, info: Info) -> Step<S> {
        if let Some(exit) = info.downcast_ref::<Exit>()
            && Some(exit.from) == self.process.head().parent
        {
            // SRV-8: it never reaches the handler.
            return Step::Stop(exit.reason.clone(), None);
        }
        let Some(state) = &mut self.state else {
            return Step::Ended;
        };
        let result = {
            let running = pin!(async { state.handle_info(info).await });
            guarded(None, running).await
        };
        self.settle(result, None, &mut None)
    }

    /// As [`settle`](Self::settle); a caller who gets no answer hears of the end.
    fn settle_call(
        &mut self,
        result: Result<Next<S>, Unwound>,
        pid: Option<Pid>,
        cell: &mut Option<Arc<ReplyCell<S::Reply>>>,
    ) -> Step<S> {
        let step = self.settle(result, pid, cell);
        if let Some(cell) = cell.take() {
            death::add_waiter(&*self.process, cell);
        }
        step
    }

    /// Does what a callback said, but for the control words: sends the answer. If an exit is pending, no answer is sent and
    /// nothing more is handled (decision A3).
    fn settle(
        &mut self,
        result: Result<Next<S>, Unwound>,
        pid: Option<Pid>,
        cell: &mut Option<Arc<ReplyCell<S::Reply>>>,
    ) -> Step<S> {
        match result {
            Ok(_) if self.process.head().has(bits::EXIT) => Step::Ended,
            Ok(next) => {
                if self.debug.is_some() {
                    self.note(&if next.reply.is_some() && cell.is_some() {
                        sys::Event::Out { to: pid }
                    } else {
                        sys::Event::NoReply
                    });
                }
                answer(next, cell)
            }
            Err(Unwound::Raised(reason)) => Step::Stop(reason, None),
            Err(Unwound::Ended) => Step::Ended,
        }
    }

    #[cold]
    fn note_arrival(&mut self, envelope: &Envelope<S>) {
        let (kind, message) = match &envelope.content {
            Content::Message(message) if envelope.cell.is_some() => {
                (EventKind::Call, Some(message))
            }
            Content::Message(message) => (EventKind::Cast, Some(message)),
            Content::Info(_) => (EventKind::Info, None),
            Content::Stop(_) | Content::System(_) | Content::Gap => return,
        };
        let contents = message.and_then(|message| sys::shown(message, S::DEBUG_MESSAGE));
        self.note(&sys::Event::In {
            kind,
            message: envelope.name(),
            contents: contents.map(Arc::from),
            from: envelope.cell.as_ref().and_then(|cell| cell.caller),
        });
    }

    fn note_own(&mut self, kind: EventKind, message: &'static str) {
        if self.debug.is_some() {
            self.note(&sys::Event::In {
                kind,
                message,
                contents: None,
                from: None,
            });
        }
    }

    fn note(&mut self, event: &sys::Event) {
        let head = self.process.head();
        if let Some(debug) = &mut self.debug {
            debug.event(head.pid, head.type_name, event);
        }
    }

    /// Ends in order: terminate, answer, drop the state (`SRV-6`, `SRV-9`).
    async fn stop(&mut self, mut reason: ExitReason, answer: Option<Answer<S>>) -> ExitReason {
        if S::DEBUG.is_some()
            && !reason.is_shutdown()
            && let Some(shown) = self.shown_state()
        {
            let mut signals = self.process.head().signals.lock();
            signals.relations().rare().last_state = Some(shown);
        }
        let Some(mut state) = self.state.take() else {
            return reason;
        };
        let answer = AnswerOnDrop(answer);
        let ended = {
            let running = pin!(async { state.terminate(&reason).await });
            guarded(None, running).await
        };
        match ended {
            Ok(()) => {}
            Err(Unwound::Raised(crash)) => reason = crash,
            Err(Unwound::Ended) => return pending().await,
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

    /// Decision A19, rule 5 of `process.rs`: a server is abandoned before its task was polled after a caller began a handler
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
