//! Calls.
//!
//! 1. A call that is answered at its first poll makes no timer and no cell.
//! 2. The waiting calls of a process, and its other waits with a limit (`deadline.rs`), share one timer, armed for the
//!    earliest of their deadlines, as long as they are polled with the waker of its task: then a wake-up polls them all, each
//!    sees whether its own time is over, and arms it again if not (decision A24). It stays armed when a call is answered, so
//!    that the next call finds it so; it may wake the process once for nothing. Any other waiting call has a timer of its own.

use std::any::type_name;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use crate::blocking;
use crate::deadline::Patience;
use crate::gen_server::bounded::{Queueing, Unqueued};
use crate::gen_server::client::{Resolved, Unresolved};
use crate::gen_server::handler::Way;
use crate::gen_server::process::{Content, Envelope, Here, ServerProcess};
use crate::gen_server::reply::{Outcome, ReplyCell};
use crate::gen_server::request::Request;
use crate::panics::drop_quietly;
use crate::process::control::{Head, Process};
use crate::process::{context, death};
use crate::{CallError, CallFailed, CallInfo, ExitReason, GenServer, Handler, ServerRef};

/// How long a call waits for its answer unless told otherwise.
pub const DEFAULT_CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// A call to a server: a future that sends the request when it is first polled, and gives the answer.
///
/// It waits 5 s unless [`timeout`](Self::timeout) or [`infinity`](Self::infinity) says otherwise. Where the server's mailbox
/// is bounded and callers wait for room ([`OnFull`](crate::OnFull)), that wait is a part of it; a call whose time is over
/// before there was room is not sent.
///
/// # Errors
/// [`CallError`], one case each for: no such process, no answer in time, a call to oneself, the server's end before the
/// answer, a request that was dropped unanswered, a full mailbox, a server of another type.
///
/// # Cancel safety
/// Cancel safe for the caller: dropped before the first poll nothing was sent; later, the request is not recalled, and a
/// late answer vanishes.
///
/// # OTP
/// `gen_server:call/3` (`SRV-2`, `SRV-3`).
// `M` and `R` are never written: they are there for the reason that `Served` gives.
#[must_use = "a call does nothing unless awaited"]
pub struct Call<'a, S: GenServer, T, M = <S as GenServer>::Message, R = <S as GenServer>::Reply> {
    asked: Asked<'a, S, M, R>,
    unwrap: fn(R) -> Option<T>,
}

impl<S: GenServer, T, M, R> Unpin for Call<'_, S, T, M, R> {}

/// A call but for the type of its answer, so that each of those costs little to compile.
struct Asked<'a, S, M, R> {
    terms: Terms<'a, S>,
    message: Option<M>,
    waiting: Option<Waiting<R>>,
}

/// Who is asked what, and how long.
struct Terms<'a, S> {
    server: &'a ServerRef<S>,
    handler: &'static Handler,
    timeout: Option<Duration>,
}

/// What is left of a call when its request was sent: how to read the answer, and what to say if there is none.
pub(crate) struct Unanswered<S: GenServer, T> {
    server: ServerRef<S>,
    handler: &'static Handler,
    unwrap: fn(S::Reply) -> Option<T>,
    timeout: Option<Duration>,
}

impl<S: GenServer, T> Unanswered<S, T> {
    const fn terms(&self) -> Terms<'_, S> {
        Terms {
            server: &self.server,
            handler: self.handler,
            timeout: self.timeout,
        }
    }

    pub(crate) fn outcome(&self, outcome: Outcome<S::Reply>) -> Result<T, CallError> {
        let terms = self.terms();
        terms.answer(terms.outcome(outcome)?, self.unwrap)
    }

    pub(crate) fn too_late(&self) -> CallError {
        self.terms().too_late()
    }
}

/// A request, on its way or queued.
pub(crate) struct Sent<R> {
    pub(crate) cell: Arc<ReplyCell<R>>,
    /// While there is no room for it.
    queueing: Option<Queueing>,
}

impl<R> Sent<R> {
    const fn to(cell: Arc<ReplyCell<R>>) -> Self {
        Self {
            cell,
            queueing: None,
        }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome<R>> {
        if let Some(queueing) = &mut self.queueing {
            let is_sent = ready!(queueing.as_mut().poll(cx));
            self.queueing = None;
            if !is_sent {
                return Poll::Ready(Outcome::NoProc);
            }
        }
        self.cell.poll(cx)
    }
}

struct Waiting<R> {
    sent: Sent<R>,
    patience: Patience,
    is_over: bool,
}

impl<'a, S: GenServer, T> Call<'a, S, T> {
    /// Prepares a call: what the stubs of `#[genserver]` do. `unwrap` takes the answer out of the server's reply; `None`
    /// if it is the answer to another call.
    #[inline]
    pub const fn new(
        server: &'a ServerRef<S>,
        handler: &'static Handler,
        message: S::Message,
        unwrap: fn(S::Reply) -> Option<T>,
    ) -> Self {
        Self {
            asked: Asked {
                terms: Terms {
                    server,
                    handler,
                    timeout: Some(DEFAULT_CALL_TIMEOUT),
                },
                message: Some(message),
                waiting: None,
            },
            unwrap,
        }
    }

    /// Waits at most `timeout` for the answer.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.asked.terms.timeout = Some(timeout);
        self
    }

    /// Waits for the answer as long as the server lives.
    pub const fn infinity(mut self) -> Self {
        self.asked.terms.timeout = None;
        self
    }

    /// Sends the request now, and waits for the answer later: see [`Request`].
    ///
    /// It always goes through the mailbox, so requests to several servers run side by side. The call's timeout does not
    /// count. An error that is known at once (no such process) is the request's answer. Where callers wait for room in a
    /// full mailbox, the request waits for it while its answer is waited for.
    ///
    /// # OTP
    /// `gen_server:send_request/2`.
    pub fn send_request(mut self) -> Request<T>
    where
        T: Send + 'static,
    {
        self.asked.terms.timeout = None;
        let sent = self.asked.queue();
        let call = Unanswered {
            server: self.asked.terms.server.clone(),
            handler: self.asked.terms.handler,
            unwrap: self.unwrap,
            timeout: None,
        };
        Request::new(sent, call)
    }

    /// Makes the call from a plain thread, which waits for the answer. No tokio runtime is needed; the timeout is one of real
    /// time, also where tokio's clock is paused.
    ///
    /// # Errors
    /// As those of the call.
    ///
    /// # Panics
    /// On a thread that runs async code: in a process, a handler, a task, under `block_on`. Await the call there. In
    /// tokio's `spawn_blocking` and `block_in_place` a thread may block.
    ///
    /// # OTP
    /// None: all code there is in a process.
    #[track_caller]
    pub fn blocking(mut self) -> Result<T, CallError> {
        blocking::forbid_in_async("a call");
        let mut sent = self.asked.queue()?;
        let terms = &self.asked.terms;
        let outcome = blocking::wait(poll_fn(|cx| sent.poll(cx)), terms.timeout);
        // SRV-3: one last look for an answer that came meanwhile.
        match outcome.or_else(|| sent.cell.take()) {
            Some(outcome) => terms.answer(terms.outcome(outcome)?, self.unwrap),
            None => {
                sent.cell.abandon();
                Err(terms.too_late())
            }
        }
    }
}

impl<S: GenServer> Asked<'_, S, S::Message, S::Reply> {
    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<S::Reply, CallError>> {
        if context::is_exiting() {
            return Poll::Pending;
        }
        if self.message.is_none() {
            return self.wait(cx);
        }
        // A loop of calls that are answered at once lets other tasks run, as a loop of channel receives does.
        ready!(context::proceed(cx));
        self.begin(cx)
    }

    /// Puts the request into the mailbox of the server. What waits for the answer is not known yet.
    fn queue(&mut self) -> Result<Sent<S::Reply>, CallError> {
        let process = self
            .terms
            .server
            .resolve()
            .map_err(|unresolved| self.terms.unresolved(&unresolved))?;
        self.terms.check_self(process.head())?;
        self.queue_to(&process, None)
    }

    fn queue_to(
        &mut self,
        process: &Resolved<'_, S>,
        waker: Option<Waker>,
    ) -> Result<Sent<S::Reply>, CallError> {
        let Some(message) = self.message.take() else {
            unreachable!("a call is sent once");
        };
        let cell = Arc::new(ReplyCell::new(waker));
        let envelope = Envelope {
            content: Content::Message(message),
            cell: Some(Arc::clone(&cell)),
        };
        match process.queue_counted(envelope) {
            Ok(()) => Ok(Sent::to(cell)),
            Err(Unqueued::Ended(envelope)) => {
                drop_quietly(envelope);
                // It may be about to end: then the caller hears of the end.
                let waiter = Arc::<ReplyCell<S::Reply>>::clone(&cell);
                match death::add_waiter(&**process, waiter) {
                    Some(_) => Ok(Sent::to(cell)),
                    None => Err(CallError::NoProc(self.terms.info(ExitReason::NoProc))),
                }
            }
            Err(Unqueued::Full(envelope)) if ServerProcess::<S>::CALLERS_WAIT => Ok(Sent {
                cell,
                queueing: Some(ServerProcess::queue_when_room(process.held(), envelope)),
            }),
            Err(Unqueued::Full(envelope)) => {
                drop_quietly(envelope);
                Err(self.terms.full())
            }
        }
    }

    #[inline]
    fn begin(&mut self, cx: &mut Context<'_>) -> Poll<Result<S::Reply, CallError>> {
        let process = match self.terms.server.resolve() {
            Ok(process) => process,
            Err(unresolved) => return Poll::Ready(Err(self.terms.unresolved(&unresolved))),
        };
        let head = process.head();
        if let Err(error) = self.terms.check_self(head) {
            return Poll::Ready(Err(error));
        }
        let mut is_awaited = false;
        let (handler, message) = (self.terms.handler, &mut self.message);
        let here = match handler.way() {
            Way::Run if context::may_inline(head.runtime) => process.run_here(handler, message),
            Way::Begin
                if context::may_inline(head.runtime) && context::is_entered(head.runtime) =>
            {
                ServerProcess::begin_here(&process.held(), handler, message, cx.waker())
            }
            _ => Here::Queue,
        };
        let sent = match here {
            Here::Answered(reply) => return Poll::Ready(Ok(reply)),
            Here::NoReply => {
                return Poll::Ready(Err(self.terms.no_reply()));
            }
            Here::Wait(cell) => Sent::to(cell),
            Here::Queue => {
                if self.terms.timeout.is_some() {
                    context::needs_clock();
                }
                match self.queue_to(&process, Some(cx.waker().clone())) {
                    Ok(sent) => {
                        is_awaited = sent.queueing.is_none();
                        sent
                    }
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
        };
        drop(process);
        let (mut patience, began) = Patience::begin(self.terms.timeout);
        let waits = is_awaited && patience.poll(began, cx).is_pending();
        self.waiting = Some(Waiting {
            sent,
            patience,
            is_over: false,
        });
        if waits { Poll::Pending } else { self.wait(cx) }
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<S::Reply, CallError>> {
        let Some(waiting) = &mut self.waiting else {
            return Poll::Pending;
        };
        if let Poll::Ready(outcome) = waiting.sent.poll(cx) {
            if context::is_exiting() {
                // What ended the server may have ended its caller, by a link that is told first.
                return Poll::Pending;
            }
            waiting.is_over = true;
            self.waiting = None;
            return Poll::Ready(self.terms.outcome(outcome));
        }
        if waiting.patience.poll(None, cx).is_pending() {
            return Poll::Pending;
        }
        // SRV-3: one last look for an answer that came meanwhile.
        let late = waiting.sent.cell.take();
        self.waiting = None;
        Poll::Ready(match late {
            Some(outcome) => self.terms.outcome(outcome),
            None => Err(self.terms.too_late()),
        })
    }
}

impl<S> Terms<'_, S> {
    fn check_self(&self, head: &Head) -> Result<(), CallError> {
        if context::self_pid() == Some(head.pid) {
            let reason = ExitReason::other("calling_self");
            return Err(CallError::CallingSelf(self.info(reason)));
        }
        Ok(())
    }

    fn outcome<R>(&self, outcome: Outcome<R>) -> Result<R, CallError> {
        match outcome {
            Outcome::Reply(reply) => Ok(reply),
            Outcome::NoReply => Err(self.no_reply()),
            Outcome::Died(reason) => Err(CallError::Exit(self.info(reason))),
            Outcome::NoProc => Err(CallError::NoProc(self.info(ExitReason::NoProc))),
            Outcome::Full => Err(self.full()),
        }
    }

    /// What `unwrap` takes out of the reply.
    #[inline]
    fn answer<R, T>(&self, reply: R, unwrap: fn(R) -> Option<T>) -> Result<T, CallError> {
        // `None` is the answer to another call: a hand-written server's mistake.
        unwrap(reply).ok_or_else(|| self.no_reply())
    }

    #[cold]
    fn no_reply(&self) -> CallError {
        CallError::NoReply(self.info(ExitReason::Normal))
    }

    #[cold]
    fn too_late(&self) -> CallError {
        CallError::Timeout(self.info(ExitReason::Timeout))
    }

    #[cold]
    fn full(&self) -> CallError {
        CallError::Full(self.info(ExitReason::other("full")))
    }

    #[cold]
    fn unresolved(&self, unresolved: &Unresolved) -> CallError {
        let info = self.info(ExitReason::NoProc);
        match *unresolved {
            Unresolved::NoProc => CallError::NoProc(info),
            Unresolved::Wrong { found } => CallError::WrongServer {
                expected: type_name::<S>(),
                found,
                info,
            },
        }
    }

    #[cold]
    fn info(&self, reason: ExitReason) -> Box<CallInfo> {
        let operation = self.handler.name();
        Box::new(CallInfo {
            reason,
            server: self.server.address(),
            operation,
            timeout: self.timeout,
        })
    }
}

impl<'a, S: GenServer, T, E> Call<'a, S, Result<T, E>> {
    /// Makes one error of the two: that of the call, and that which the server answered with.
    pub const fn flat(self) -> FlatCall<'a, S, T, E> {
        FlatCall(self)
    }
}

impl<S: GenServer, T> Future for Call<'_, S, T> {
    type Output = Result<T, CallError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let reply = match ready!(this.asked.poll(cx)) {
            Ok(reply) => reply,
            Err(error) => return Poll::Ready(Err(error)),
        };
        Poll::Ready(this.asked.terms.answer(reply, this.unwrap))
    }
}

impl<R> Drop for Waiting<R> {
    fn drop(&mut self) {
        if !self.is_over {
            self.sent.cell.abandon();
        }
    }
}

impl<S: GenServer, T, M, R> fmt::Debug for Call<'_, S, T, M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("server", &self.asked.terms.server.address())
            .field("operation", &self.asked.terms.handler.name())
            .field("timeout", &self.asked.terms.timeout)
            .finish_non_exhaustive()
    }
}

/// A call whose two errors are made one; made by [`Call::flat`].
#[must_use = "a call does nothing unless awaited"]
pub struct FlatCall<
    'a,
    S: GenServer,
    T,
    E,
    M = <S as GenServer>::Message,
    R = <S as GenServer>::Reply,
>(Call<'a, S, Result<T, E>, M, R>);

impl<S: GenServer, T, E> FlatCall<'_, S, T, E> {
    /// Makes the call from a plain thread: see [`Call::blocking`].
    ///
    /// # Errors
    /// As those of the call, and the error that the server answered with.
    ///
    /// # Panics
    /// On a thread that runs async code.
    #[track_caller]
    pub fn blocking(self) -> Result<T, CallFailed<E>> {
        flat(self.0.blocking())
    }
}

fn flat<T, E>(answer: Result<Result<T, E>, CallError>) -> Result<T, CallFailed<E>> {
    match answer {
        Ok(answer) => answer.map_err(CallFailed::Server),
        Err(error) => Err(CallFailed::Call(error)),
    }
}

impl<S: GenServer, T, E> Future for FlatCall<'_, S, T, E> {
    type Output = Result<T, CallFailed<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(flat)
    }
}

impl<S: GenServer, T, E, M, R> fmt::Debug for FlatCall<'_, S, T, E, M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FlatCall").field(&self.0).finish()
    }
}
