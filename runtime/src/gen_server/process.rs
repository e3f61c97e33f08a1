//! The control block of a server, and the handlers that callers run on it. Who has its state when, and why nothing is lost:
//! `gen_server/turns.rs`, whose rules are cited.

use std::any::{Any, TypeId, type_name};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::runtime;

use crate::gen_server::bounded::Room;
use crate::gen_server::handler::Handler;
use crate::gen_server::reply::{Caller, ReplyCell};
use crate::gen_server::returns::{Next, Pause, Then};
use crate::gen_server::server::guarded;
use crate::gen_server::turns::{Due, Last, Tell, Turns};
use crate::mailbox::{Letter, Mailbox, Receiver, Seen, Wake};
use crate::node::Node;
use crate::observe::Kind;
use crate::panics::{Unwound, catch, drop_quietly};
use crate::process::control::{Deathwatch, Head, Process, bits};
use crate::process::{context, death};
use crate::supervisor::DynamicSupervisorServer;
use crate::sys::{Refused, System};
use crate::{Exit, ExitReason, GenServer, Info, Pid};

/// What is in the mailbox of a server.
///
/// The content comes first, so that it stands where the whole does: a copy of it reads what a copy of the whole wrote just
/// before, piece for piece, and need not wait.
#[repr(C)]
pub(crate) struct Envelope<S: GenServer> {
    pub(crate) content: Content<S>,
    /// Where the answer to a call goes.
    pub(crate) cell: Option<Arc<ReplyCell<S::Reply>>>,
}

pub(crate) enum Content<S: GenServer> {
    /// A call if there is a cell, else a cast.
    Message(S::Message),
    Info(Info),
    /// A request to stop (`SRV-10`), with `Normal` unless there is a reason, which would make all messages bigger.
    Stop(Option<Box<ExitReason>>),
    System(Box<System>),
    /// Where a message was that was dropped for a newer one.
    Gap,
}

impl<S: GenServer> Content<S> {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Message(message) => S::message_name(message),
            Self::Info(info) => info.type_name(),
            Self::Stop(_) => "stop",
            Self::System(_) => "system request",
            Self::Gap => "gap",
        }
    }
}

impl<S: GenServer> Envelope<S> {
    #[inline]
    pub(crate) const fn cast(message: S::Message) -> Self {
        Self::of(Content::Message(message))
    }

    #[inline]
    pub(crate) const fn of(content: Content<S>) -> Self {
        Self {
            content,
            cell: None,
        }
    }

    /// Whether it counts where the mailbox is bounded.
    pub(crate) const fn is_counted(&self) -> bool {
        matches!(self.content, Content::Message(_))
    }
}

impl<S: GenServer> Letter for Envelope<S> {
    fn from_info(info: Info) -> Self {
        Self::of(Content::Info(info))
    }

    fn into_info(self) -> Result<Info, Self> {
        match self.content {
            Content::Info(info) => Ok(info),
            content => Err(Self { content, ..self }),
        }
    }

    fn as_info(&self) -> Option<&Info> {
        match &self.content {
            Content::Info(info) => Some(info),
            _ => None,
        }
    }

    fn name(&self) -> &'static str {
        self.content.name()
    }

    /// A cast: nobody waits for an answer to it, and no receive can see it.
    #[inline]
    fn is_quiet(&self) -> bool {
        self.cell.is_none() && matches!(self.content, Content::Message(_))
    }

    const HAS_GAPS: bool = ServerProcess::<S>::DROPS_OLDEST;

    fn give_way(&mut self) -> Option<Self> {
        self.is_counted()
            .then(|| std::mem::replace(self, Self::of(Content::Gap)))
    }

    fn is_gap(&self) -> bool {
        matches!(self.content, Content::Gap)
    }
}

/// A caller, and what it is answered.
pub(crate) type Answer<S> = (
    Arc<ReplyCell<<S as GenServer>::Reply>>,
    <S as GenServer>::Reply,
);

/// A callback that may await, with the state.
pub(crate) type Running<S> = Pin<Box<dyn Future<Output = Handled<S>> + Send>>;

/// What a callback came to.
pub(crate) struct Handled<S: GenServer> {
    pub(crate) state: Box<S>,
    /// `None` if it was no call, or if the answer comes later.
    pub(crate) cell: Option<Arc<ReplyCell<S::Reply>>>,
    pub(crate) result: Result<Next<S>, Unwound>,
}

/// Handles a call or cast by a callback that may await. It owns the state, also when the callback panics.
pub(crate) async fn handle<S: GenServer>(
    mut state: Box<S>,
    message: S::Message,
    mut caller: Caller<S>,
) -> Handled<S> {
    let pid = caller.pid;
    let result = {
        let running = pin!(async { state.handle(message, &mut caller).await });
        guarded(pid, running).await
    };
    Handled {
        state,
        cell: caller.cell.take(),
        result,
    }
}

/// What a handler that a caller ran said beside its answer.
pub(crate) enum Said<S: GenServer> {
    Then(Then<S>),
    /// The answer of a stop goes out after `terminate` (`SRV-6`).
    Stop(ExitReason, Option<Answer<S>>),
}

/// How a call went that was tried here.
pub(crate) enum Here<S: GenServer> {
    Answered(S::Reply),
    /// The handler ran and gave no answer.
    NoReply,
    /// The server is not idle, or must await: the message is where it was, for the mailbox.
    Queue,
    /// The outcome comes later.
    Wait(Arc<ReplyCell<S::Reply>>),
}

pub(crate) struct ServerProcess<S: GenServer> {
    head: Head,
    pub(crate) mailbox: Mailbox<Envelope<S>>,
    pub(crate) room: Room,
    pub(crate) turns: Turns<S, Running<S>, Said<S>>,
}

impl<S: GenServer> ServerProcess<S> {
    pub(crate) fn new(node: Node, runtime: runtime::Id, parent: Option<Pid>) -> Self {
        Self {
            head: Head::new(node, runtime, parent),
            mailbox: Mailbox::new(),
            room: Room::of::<S>(),
            turns: Turns::new(),
        }
    }

    /// Of a process that nobody has yet.
    pub(crate) const fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    /// Queues a call or cast; gives it back if the process has ended or is to end: who sent the signal that ends it may send
    /// this, and then it must not be handled (`SIG-2`), which the task may be about to do with whatever comes.
    #[inline(always)]
    pub(crate) fn queue(&self, envelope: Envelope<S>) -> Result<(), Envelope<S>> {
        if self.head.has(bits::EXIT | bits::ENDED) {
            return Err(envelope);
        }
        self.push_envelope(envelope)
    }

    /// Queues what is no message, and is looked at for what ends the process before it is handled.
    fn queue_request(&self, content: Content<S>) -> Result<(), Envelope<S>> {
        let envelope = Envelope::of(content);
        if self.head.has(bits::ENDED) {
            return Err(envelope);
        }
        self.push_envelope(envelope)
    }

    #[inline(always)]
    fn push_envelope(&self, envelope: Envelope<S>) -> Result<(), Envelope<S>> {
        let wake = self.mailbox.push(envelope)?;
        self.head.word.mail_came();
        wake.wake(&self.head);
        Ok(())
    }

    /// Runs a handler here, if the server is idle.
    ///
    /// The message is moved once, and after the state was taken: a copy of what was written just before would stall.
    #[inline]
    pub(crate) fn run_here(&self, handler: &Handler, message: &mut Option<S::Message>) -> Here<S> {
        let Some(mut state) = self.take_idle() else {
            return Here::Queue;
        };
        let sample = handler.sample();
        let inlined = context::inline(self.head.pid);
        let Some(taken) = message.take() else {
            unreachable!("a call is begun with its message");
        };
        let result = catch(|| state.handle_now(taken));
        drop(inlined);
        if let Some(began) = sample {
            handler.took(began.elapsed());
        }
        match result {
            Ok(Ok(Next {
                reply: Some(reply),
                then,
            })) => {
                let then = ManuallyDrop::new(then);
                let is_all = matches!(*then, Then::Pause(Pause::Wait));
                self.head.activity.handles();
                if is_all && !(self.head.has(bits::EXIT) && self.ends_itself()) {
                    // First, for the same reason: the answer is moved when what was written is there. `then` holds nothing
                    // that would have to be dropped.
                    self.give_back(state);
                    return Here::Answered(reply);
                }
                let (reply, then) = (Some(reply), ManuallyDrop::into_inner(then));
                self.leave_result(state, Ok(Next { reply, then }))
            }
            Ok(Err(refused)) => {
                *message = Some(refused);
                handler.must_await();
                self.settle(self.turns.hand_back(&self.head.word, state));
                Here::Queue
            }
            Ok(Ok(next)) => {
                self.head.activity.handles();
                self.leave_result(state, Ok(next))
            }
            Err(unwound) => {
                self.head.activity.handles();
                self.leave_result(state, Err(unwound))
            }
        }
    }

    /// Takes the state, if the server is idle.
    #[inline]
    fn take_idle(&self) -> Option<Box<S>> {
        match self.turns.take_idle(&self.head.word) {
            Ok(state) => Some(state),
            Err(due) => {
                self.settle(due);
                None
            }
        }
    }

    /// Puts the state back.
    #[inline]
    fn give_back(&self, state: Box<S>) {
        self.settle(self.turns.give_back(&self.head.word, state));
    }

    /// Does what is to be done when something was given back.
    #[inline]
    fn settle<T>(&self, due: Due<T>) {
        match due {
            Due::Nothing => {}
            Due::Wake => self.head.wake(),
            Due::Finish(last) => self.finish_with(last),
        }
    }

    #[cold]
    fn finish_with<T>(&self, last: T) {
        let _inlined = context::inline(self.head.pid);
        drop_quietly(last);
        self.head.word.clear(bits::IDLE);
        death::finish(self);
        self.head.wake();
    }

    /// Leaves to the task what is more than an answer, and the end of a server that ended itself.
    #[cold]
    fn leave_result(&self, state: Box<S>, result: Result<Next<S>, Unwound>) -> Here<S> {
        match result {
            Ok(Next {
                reply: Some(reply),
                then: Then::Pause(Pause::Wait),
            }) => {
                drop_quietly(reply);
                self.leave_to_end(state)
            }
            Ok(next) => self.leave(state, next),
            Err(Unwound::Raised(reason)) => self.leave(
                state,
                Next {
                    reply: None,
                    then: Then::Stop(reason),
                },
            ),
            Err(Unwound::Ended) => self.leave_to_end(state),
        }
    }

    /// Begins a handler here that may await, if the server is idle (rule 6).
    pub(crate) fn begin_here(
        process: &Arc<Self>,
        handler: &Handler,
        message: &mut Option<S::Message>,
        waker: &Waker,
    ) -> Here<S> {
        let Some(of_task) = process.head.word.waker() else {
            return Here::Queue;
        };
        let Some(state) = process.take_idle() else {
            return Here::Queue;
        };
        let Some(message) = message.take() else {
            unreachable!("a call is begun with its message");
        };
        let sample = handler.sample();
        let cell = Arc::new(ReplyCell::new(Some(waker.clone())));
        let caller = Caller {
            pid: cell.caller,
            cell: Some(Arc::clone(&cell)),
            process: Arc::clone(process),
        };
        let mut running: Running<S> = Box::pin(handle(state, message, caller));
        process.head.activity.handles();
        let inlined = context::inline(process.head.pid);
        let polled = running.as_mut().poll(&mut Context::from_waker(of_task));
        drop(inlined);
        let Poll::Ready(handled) = polled else {
            handler.had_to_wait(sample.map(|began| began.elapsed()));
            process.settle(process.turns.leave_running(&process.head.word, running));
            return Here::Wait(cell);
        };
        if let Some(began) = sample {
            handler.took(began.elapsed());
        }
        process.handled_here(handled, cell)
    }

    fn handled_here(
        &self,
        Handled {
            state,
            cell: unanswered,
            result,
        }: Handled<S>,
        cell: Arc<ReplyCell<S::Reply>>,
    ) -> Here<S> {
        let here = match result {
            Ok(Next {
                reply: Some(reply),
                then: Then::Pause(Pause::Wait),
            }) if !(self.head.has(bits::EXIT) && self.ends_itself()) => {
                self.give_back(state);
                Here::Answered(reply)
            }
            result => self.leave_result(state, result),
        };
        match (unanswered, here) {
            // The answer comes later; the handler's own is ignored.
            (None, Here::Answered(reply)) => {
                drop_quietly(reply);
                Here::Wait(cell)
            }
            (None, _) => Here::Wait(cell),
            (Some(_), here) => here,
        }
    }

    /// Leaves to the task what is more than an answer (rule 4).
    #[cold]
    fn leave(&self, state: Box<S>, Next { reply, then }: Next<S>) -> Here<S> {
        let (said, here) = match (then, reply) {
            (Then::Stop(reason), None) => {
                (Said::Stop(reason, None), Here::Wait(self.cell_of_end()))
            }
            (Then::Stop(reason), Some(reply)) => {
                let cell = self.cell_of_end();
                (
                    Said::Stop(reason, Some((Arc::clone(&cell), reply))),
                    Here::Wait(cell),
                )
            }
            (then, Some(reply)) => (Said::Then(then), Here::Answered(reply)),
            (then, None) => (Said::Then(then), Here::NoReply),
        };
        self.settle(self.turns.leave(&self.head.word, state, said));
        here
    }

    /// The server ended itself: its caller hears of the end, for which it waits before the end can come.
    #[cold]
    fn leave_to_end(&self, state: Box<S>) -> Here<S> {
        let here = Here::Wait(self.cell_of_end());
        self.give_back(state);
        here
    }

    /// A cell that hears of the end.
    #[cold]
    fn cell_of_end(&self) -> Arc<ReplyCell<S::Reply>> {
        let cell = Arc::new(ReplyCell::new(None));
        death::add_waiter(self, Arc::<ReplyCell<S::Reply>>::clone(&cell));
        cell
    }

    fn ends_itself(&self) -> bool {
        let signals = self.head.signals.lock();
        signals.pending().is_some() && signals.by_itself
    }

    /// A handler dropped a handle: its caller is told when the handler is through, unless it ends the server.
    pub(crate) fn drop_handle(&self, tell: Tell) {
        self.turns.drop_handle(&self.head.word, tell);
    }

    #[inline]
    pub(crate) fn tell_dropped(&self) {
        if self.head.has(bits::DROPPED) {
            for tell in self.turns.take_dropped(&self.head.word) {
                tell();
            }
        }
    }

    /// The next message that a suspended server handles; others stay where they are. `seen` says which were looked at.
    pub(crate) fn next_while_suspended(&self, seen: &mut Seen) -> Option<Envelope<S>> {
        self.head.word.look_for_mail();
        let parent = self.head.parent;
        self.mailbox
            .pop_wanted(seen, &|envelope| match &envelope.content {
                Content::System(_) | Content::Stop(_) => true,
                Content::Info(info) => info
                    .downcast_ref::<Exit>()
                    .is_some_and(|exit| Some(exit.from) == parent),
                Content::Message(_) | Content::Gap => false,
            })
    }
}

impl<S: GenServer> Process for ServerProcess<S> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn type_name(&self) -> &'static str {
        type_name::<S>()
    }

    fn kind(&self) -> Kind {
        if TypeId::of::<S>() == TypeId::of::<DynamicSupervisorServer>() {
            Kind::DynamicSupervisor
        } else if S::IS_SUPERVISOR {
            Kind::Supervisor
        } else {
            Kind::Server
        }
    }

    fn push(&self, info: Info) -> Result<Wake, Info> {
        let wake = match self.mailbox.push(Envelope::from_info(info)) {
            Ok(wake) => wake,
            Err(envelope) => match envelope.into_info() {
                Ok(info) => return Err(info),
                Err(_) => unreachable!("what was pushed comes back"),
            },
        };
        self.head.word.mail_came();
        Ok(wake)
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn is_of(&self, block: TypeId) -> bool {
        block == TypeId::of::<Self>()
    }

    fn push_stop(&self, reason: ExitReason) -> bool {
        let reason = (reason != ExitReason::Normal).then(|| Box::new(reason));
        self.queue_request(Content::Stop(reason)).is_ok()
    }

    fn push_system(&self, system: System) -> Result<(), Refused> {
        self.queue_request(Content::System(Box::new(system)))
            .map_err(|_| Refused::HasEnded)
    }

    fn mailbox_len(&self) -> usize {
        self.mailbox.len()
    }

    fn letter_bytes(&self) -> usize {
        size_of::<Envelope<S>>()
    }

    fn mailbox_contents(&self) -> Vec<&'static str> {
        self.mailbox.names()
    }

    fn remove(&self, found: &dyn Fn(&Info) -> bool) -> Option<Info> {
        self.mailbox.remove(found)
    }

    fn remove_all(&self, found: &dyn Fn(&Info) -> bool) -> Vec<Info> {
        self.mailbox.remove_all(found)
    }

    fn select(
        &self,
        seen: &mut Seen,
        receiver: Receiver<'_>,
        select: &mut dyn FnMut(Info) -> Option<Info>,
    ) -> bool {
        let found = self.mailbox.select(seen, receiver, select);
        if found {
            self.head.activity.handles();
        }
        found
    }

    fn close(&self) -> Vec<Arc<dyn Deathwatch>> {
        self.room.close();
        let left: VecDeque<Envelope<S>> = self.mailbox.close();
        let mut unanswered: Vec<Arc<dyn Deathwatch>> = Vec::new();
        for envelope in left {
            if let Some(cell) = envelope.cell {
                unanswered.push(cell);
            }
            match envelope.content {
                Content::System(system) => unanswered.push(system.into_waiter()),
                other => drop_quietly(other),
            }
        }
        if let Some(running) = self.turns.take_running(&self.head.word) {
            // Abandoned before its task could go on with what a caller began.
            let _inlined = context::inline(self.head.pid);
            drop_quietly(running);
        }
        let (said, dropped) = self.turns.close();
        drop_quietly(said);
        drop_quietly(dropped);
        unanswered
    }

    fn drop_state(&self) -> bool {
        match self.turns.take_last(&self.head.word) {
            Last::Task => true,
            Last::State(state) => {
                drop_quietly(state);
                true
            }
            Last::Running(running) => {
                drop_quietly(running);
                true
            }
            Last::Caller => false,
        }
    }
}

/// The process of a server of type `S`, as its clients hold it.
///
/// What stands behind it can be sent whatever `S` is, and `S` need not even be known to be a server. So a client may be kept
/// by any type and in any future: where rustc asks whether a future can be sent, it has forgotten its lifetimes, and could
/// not tell any more that a `Cell<&'static str>` is a server.
pub(crate) trait Served<S>: Process {
    fn typed(&self) -> &ServerProcess<S>
    where
        S: GenServer;

    fn into_typed(self: Arc<Self>) -> Arc<ServerProcess<S>>
    where
        S: GenServer;
}

impl<S: GenServer> Served<S> for ServerProcess<S> {
    #[inline]
    fn typed(&self) -> &Self {
        self
    }

    fn into_typed(self: Arc<Self>) -> Arc<Self> {
        self
    }
}

impl<S: GenServer> fmt::Debug for ServerProcess<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", type_name::<S>(), self.head.pid)
    }
}
