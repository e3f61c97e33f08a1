//! What callbacks return: [`Init`], [`Reply`], [`NoReply`] in the words of OTP, and [`Next`], which the trait speaks.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::exit::Exited;
use crate::process::receive::far;
use crate::{Continue, ExitReason, GenServer, Info};

type NextFuture<'a, S> = Pin<Box<dyn Future<Output = Next<S>> + Send + 'a>>;
pub(crate) type Continuation<S> = Box<dyn for<'a> FnOnce(&'a mut S) -> NextFuture<'a, S> + Send>;

/// What a server does after a callback.
pub(crate) enum Then<S: GenServer> {
    Pause(Pause),
    Continue(Continuation<S>),
    Stop(ExitReason),
}

/// How a server waits for its next message.
#[derive(Debug)]
pub(crate) enum Pause {
    Wait,
    Timeout(Duration),
    Message(Box<Scheduled>),
    Hibernate,
}

/// A message to itself that another one cancels.
#[derive(Debug)]
pub(crate) struct Scheduled {
    /// `None`: at once, before what is queued.
    pub(crate) at: Option<Instant>,
    pub(crate) message: Info,
    pub(crate) hibernate: bool,
}

impl Pause {
    fn hibernating(self) -> Self {
        match self {
            Self::Message(mut scheduled) => {
                scheduled.hibernate = true;
                Self::Message(scheduled)
            }
            Self::Wait | Self::Timeout(_) | Self::Hibernate => Self::Hibernate,
        }
    }

    fn message_after<M: Send + 'static>(self, delay: Duration, message: M) -> Self {
        self.message((!delay.is_zero()).then(|| far(delay)), message)
    }

    fn message_at<M: Send + 'static>(self, at: Instant, message: M) -> Self {
        self.message((at > Instant::now()).then_some(at), message)
    }

    fn message<M: Send + 'static>(self, at: Option<Instant>, message: M) -> Self {
        let hibernate = match self {
            Self::Hibernate => true,
            Self::Message(scheduled) => scheduled.hibernate,
            Self::Wait | Self::Timeout(_) => false,
        };
        Self::Message(Box::new(Scheduled {
            at,
            message: Info::new(message),
            hibernate,
        }))
    }
}

impl<S: GenServer> Then<S> {
    /// What was said last counts, unless both can be done.
    fn pause(self, change: impl FnOnce(Pause) -> Pause) -> Self {
        match self {
            Self::Pause(pause) => Self::Pause(change(pause)),
            Self::Continue(_) | Self::Stop(_) => Self::Pause(change(Pause::Wait)),
        }
    }

    fn continue_with<C: Send + 'static>(value: C) -> Self
    where
        S: Continue<C>,
    {
        Self::Continue(Box::new(move |state: &mut S| -> NextFuture<'_, S> {
            Box::pin(state.handle_continue(value))
        }))
    }
}

/// What a callback of the plain trait returns: the answer, if there is one, and what to do next.
///
/// # OTP
/// `{reply, …}`, `{noreply, …}` and `{stop, …}`, each with its timeout, `hibernate` or `{continue, _}`.
#[must_use]
pub struct Next<S: GenServer> {
    pub(crate) reply: Option<S::Reply>,
    pub(crate) then: Then<S>,
}

impl<S: GenServer> Next<S> {
    /// Answers, and waits for the next message.
    #[inline]
    pub fn reply(reply: S::Reply) -> Self {
        Self {
            reply: Some(reply),
            then: Then::Pause(Pause::Wait),
        }
    }

    /// Waits for the next message. A caller is answered later, or gets [`CallError::NoReply`](crate::CallError::NoReply).
    #[inline]
    pub fn no_reply() -> Self {
        Self {
            reply: None,
            then: Then::Pause(Pause::Wait),
        }
    }

    /// Runs `terminate`, then answers if there is an answer, then ends with `reason` (`SRV-6`).
    pub fn stop(self, reason: impl Into<ExitReason>) -> Self {
        Self {
            then: Then::Stop(reason.into()),
            ..self
        }
    }

    /// If no message comes for `duration`, [`Timeout`](crate::Timeout) arrives in `handle_info` (`SRV-11`).
    pub fn timeout_after(self, duration: Duration) -> Self {
        Self {
            then: self.then.pause(|_| Pause::Timeout(duration)),
            ..self
        }
    }

    /// `message` arrives in `handle_info` after `delay`, unless another message comes first; system requests do not count. Zero:
    /// before what is queued already. May be combined with [`hibernate`](Self::hibernate).
    ///
    /// # OTP
    /// `{timeout, Time, Message}` of newer releases (`SRV-11`).
    pub fn timeout_message<M: Send + 'static>(self, delay: Duration, message: M) -> Self {
        Self {
            then: self.then.pause(|pause| pause.message_after(delay, message)),
            ..self
        }
    }

    /// As [`timeout_message`](Self::timeout_message), at a point in time.
    pub fn timeout_message_at<M: Send + 'static>(self, at: Instant, message: M) -> Self {
        Self {
            then: self.then.pause(|pause| pause.message_at(at, message)),
            ..self
        }
    }

    /// Gives back memory while it waits (`SRV-12`).
    pub fn hibernate(self) -> Self {
        Self {
            then: self.then.pause(Pause::hibernating),
            ..self
        }
    }

    /// Runs [`Continue::handle_continue`] before the next message (`SRV-1`).
    pub fn continue_with<C: Send + 'static>(self, value: C) -> Self
    where
        S: Continue<C>,
    {
        Self {
            then: Then::continue_with(value),
            ..self
        }
    }
}

impl<S: GenServer> fmt::Debug for Next<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next")
            .field("has_reply", &self.reply.is_some())
            .finish_non_exhaustive()
    }
}

/// The control word of [`Reply`] and [`NoReply`], which do not know their server.
#[derive(Debug)]
enum After<C> {
    Pause(Pause),
    Continue(C),
    Stop(ExitReason),
}

impl<C> After<C> {
    const WAIT: Self = Self::Pause(Pause::Wait);

    fn pause(self, change: impl FnOnce(Pause) -> Pause) -> Self {
        match self {
            Self::Pause(pause) => Self::Pause(change(pause)),
            Self::Continue(_) | Self::Stop(_) => Self::Pause(change(Pause::Wait)),
        }
    }
}

impl<C: Send + 'static> After<C> {
    fn into_then<S: GenServer + Continue<C>>(self) -> Then<S> {
        match self {
            Self::Pause(pause) => Then::Pause(pause),
            Self::Continue(value) => Then::continue_with(value),
            Self::Stop(reason) => Then::Stop(reason),
        }
    }
}

/// What a `#[handle_call]` returns that has more to say than its answer.
///
/// `C` is the type of the continuation, if there is one: `Reply<u64, Refill>`.
#[derive(Debug)]
#[must_use]
pub struct Reply<T, C = Infallible> {
    value: T,
    after: After<C>,
}

impl<T, C> Reply<T, C> {
    /// Answers, and waits for the next message.
    pub const fn ok(value: T) -> Self {
        Self {
            value,
            after: After::WAIT,
        }
    }

    /// Runs `terminate`, then answers, then ends with `reason` (`SRV-6`).
    pub fn stop(reason: impl Into<ExitReason>, value: T) -> Self {
        Self {
            value,
            after: After::Stop(reason.into()),
        }
    }

    /// If no message comes for `duration` after the answer, [`Timeout`](crate::Timeout) arrives in `#[handle_info]`
    /// (`SRV-11`).
    #[doc(alias = "timeout")]
    pub fn timeout_after(self, duration: Duration) -> Self {
        Self {
            after: self.after.pause(|_| Pause::Timeout(duration)),
            ..self
        }
    }

    /// Gives back memory while it waits (`SRV-12`).
    pub fn hibernate(self) -> Self {
        Self {
            after: self.after.pause(Pause::hibernating),
            ..self
        }
    }

    /// `message` arrives in `#[handle_info]` after `delay`, unless another message comes first; system requests do not count. Zero:
    /// before what is queued already. May be combined with [`hibernate`](Self::hibernate).
    ///
    /// # OTP
    /// `{timeout, Time, Message}` of newer releases (`SRV-11`).
    pub fn timeout_message<M: Send + 'static>(self, delay: Duration, message: M) -> Self {
        Self {
            after: self
                .after
                .pause(|pause| pause.message_after(delay, message)),
            ..self
        }
    }

    /// As [`timeout_message`](Self::timeout_message), at a point in time.
    pub fn timeout_message_at<M: Send + 'static>(self, at: Instant, message: M) -> Self {
        Self {
            after: self.after.pause(|pause| pause.message_at(at, message)),
            ..self
        }
    }

    /// Answers, then runs the `#[handle_continue]` for `C` before the next message (`SRV-1`).
    pub fn continue_with(self, value: C) -> Self {
        Self {
            after: After::Continue(value),
            ..self
        }
    }

    /// In the terms of the plain trait; `wrap` makes the server's reply of the value.
    #[inline]
    pub fn into_next<S: GenServer + Continue<C>>(self, wrap: impl FnOnce(T) -> S::Reply) -> Next<S>
    where
        C: Send + 'static,
    {
        Next {
            reply: Some(wrap(self.value)),
            then: self.after.into_then(),
        }
    }
}

/// What a `#[handle_cast]`, `#[handle_info]`, `#[handle_continue]` or a call that is answered later returns if it has
/// something to say.
#[derive(Debug)]
#[must_use]
pub struct NoReply<C = Infallible> {
    after: After<C>,
}

impl<C> NoReply<C> {
    /// Waits for the next message.
    pub const fn ok() -> Self {
        Self { after: After::WAIT }
    }

    /// Runs `terminate`, then ends with `reason` (`SRV-6`).
    pub fn stop(reason: impl Into<ExitReason>) -> Self {
        Self {
            after: After::Stop(reason.into()),
        }
    }

    /// If no message comes for `duration`, [`Timeout`](crate::Timeout) arrives in `#[handle_info]` (`SRV-11`).
    #[doc(alias = "timeout")]
    pub fn timeout_after(self, duration: Duration) -> Self {
        Self {
            after: self.after.pause(|_| Pause::Timeout(duration)),
        }
    }

    /// Gives back memory while it waits (`SRV-12`).
    pub fn hibernate(self) -> Self {
        Self {
            after: self.after.pause(Pause::hibernating),
        }
    }

    /// `message` arrives in `#[handle_info]` after `delay`, unless another message comes first; system requests do not count. Zero:
    /// before what is queued already. May be combined with [`hibernate`](Self::hibernate).
    ///
    /// # OTP
    /// `{timeout, Time, Message}` of newer releases (`SRV-11`).
    pub fn timeout_message<M: Send + 'static>(self, delay: Duration, message: M) -> Self {
        Self {
            after: self
                .after
                .pause(|pause| pause.message_after(delay, message)),
        }
    }

    /// As [`timeout_message`](Self::timeout_message), at a point in time.
    pub fn timeout_message_at<M: Send + 'static>(self, at: Instant, message: M) -> Self {
        Self {
            after: self.after.pause(|pause| pause.message_at(at, message)),
        }
    }

    /// Runs the `#[handle_continue]` for `C` before the next message (`SRV-1`).
    pub fn continue_with(self, value: C) -> Self {
        Self {
            after: After::Continue(value),
        }
    }
}

/// What a handler without an answer may return: `()`, [`NoReply`], or a `Result` of one of them, whose error ends the server
/// with the reason that [`ExitReason::error`] makes of it, as [`NoReply::stop`] does.
#[diagnostic::on_unimplemented(
    message = "a handler without a reply cannot return `{Self}`",
    label = "returns `{Self}`",
    note = "return `()`, `NoReply` to stop, continue or set a timeout, or `Result<(), E>` to stop with an error"
)]
pub trait IntoNext<S: GenServer> {
    /// In the terms of the plain trait.
    fn into_next(self) -> Next<S>;
}

impl<S: GenServer> IntoNext<S> for () {
    #[inline]
    fn into_next(self) -> Next<S> {
        Next::no_reply()
    }
}

impl<S: GenServer + Continue<C>, C: Send + 'static> IntoNext<S> for NoReply<C> {
    fn into_next(self) -> Next<S> {
        Next {
            reply: None,
            then: self.after.into_then(),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<S: GenServer, N: IntoNext<S>, E: Into<Box<dyn Error + Send + Sync>>> IntoNext<S>
    for Result<N, E>
{
    fn into_next(self) -> Next<S> {
        match self {
            Ok(next) => next.into_next(),
            Err(error) => Next::no_reply().stop(ExitReason::error(error)),
        }
    }
}

/// What `init` returns: the state with which the server begins, or why it does not (`STA-3`).
#[must_use]
pub struct Init<S: GenServer>(pub(crate) InitKind<S>);

pub(crate) enum InitKind<S: GenServer> {
    Start(S, Then<S>),
    Ignore,
    Error(Arc<dyn Error + Send + Sync>),
    Stop(ExitReason),
}

impl<S: GenServer> Init<S> {
    /// The server begins with `state`.
    pub const fn ok(state: S) -> Self {
        Self(InitKind::Start(state, Then::Pause(Pause::Wait)))
    }

    /// The server does not start, and that is no error for its supervisor: the starter gets
    /// [`StartError::Ignored`](crate::StartError::Ignored), the process ends with `Normal`.
    pub const fn ignore() -> Self {
        Self(InitKind::Ignore)
    }

    /// The server does not start: the starter gets [`StartError::Init`](crate::StartError::Init), the process ends with
    /// `Normal`, nothing is reported as a crash.
    ///
    /// # OTP
    /// `{error, Reason}`.
    pub fn error(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(InitKind::Error(Arc::from(error.into())))
    }

    /// The server does not start and ends with `reason`: the starter gets
    /// [`StartError::Exit`](crate::StartError::Exit); one that is linked and does not trap exits ends too (`STA-5`).
    ///
    /// # OTP
    /// `{stop, Reason}`.
    pub fn stop(reason: impl Into<ExitReason>) -> Self {
        Self(InitKind::Stop(reason.into()))
    }

    /// If no message comes for `duration`, [`Timeout`](crate::Timeout) arrives in `handle_info` (`SRV-11`).
    #[doc(alias = "timeout")]
    pub fn timeout_after(self, duration: Duration) -> Self {
        self.then(|then| then.pause(|_| Pause::Timeout(duration)))
    }

    /// Gives back memory while it waits (`SRV-12`).
    pub fn hibernate(self) -> Self {
        self.then(|then| then.pause(Pause::hibernating))
    }

    /// `message` arrives in `handle_info` after `delay`, unless another message comes first; system requests do not count. Zero:
    /// before what is queued already. May be combined with [`hibernate`](Self::hibernate).
    ///
    /// # OTP
    /// `{timeout, Time, Message}` of newer releases (`SRV-11`).
    pub fn timeout_message<M: Send + 'static>(self, delay: Duration, message: M) -> Self {
        self.then(|then| then.pause(|pause| pause.message_after(delay, message)))
    }

    /// As [`timeout_message`](Self::timeout_message), at a point in time.
    pub fn timeout_message_at<M: Send + 'static>(self, at: Instant, message: M) -> Self {
        self.then(|then| then.pause(|pause| pause.message_at(at, message)))
    }

    /// Runs the `#[handle_continue]` for `C` before the first message, after the starter was told (`SRV-1`).
    pub fn continue_with<C: Send + 'static>(self, value: C) -> Self
    where
        S: Continue<C>,
    {
        self.then(|_| Then::continue_with(value))
    }

    fn then(self, change: impl FnOnce(Then<S>) -> Then<S>) -> Self {
        match self.0 {
            InitKind::Start(state, then) => Self(InitKind::Start(state, change(then))),
            other => Self(other),
        }
    }
}

impl<S: GenServer> fmt::Debug for Init<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            InitKind::Start(..) => f.write_str("Init::ok(_)"),
            InitKind::Ignore => f.write_str("Init::ignore()"),
            InitKind::Error(error) => write!(f, "Init::error({error:?})"),
            InitKind::Stop(reason) => write!(f, "Init::stop({reason:?})"),
        }
    }
}

/// What `#[init]` may return: the server, [`Init`], or `Result<server, E>`, whose error is that of [`Init::error`]. An
/// [`ExitReason`] as the error is the reason of [`Init::stop`].
#[diagnostic::on_unimplemented(
    message = "`#[init]` cannot return `{Self}`",
    label = "returns `{Self}`",
    note = "return `Self`, `Result<Self, E>` where `E` is an error, or `Init<Self>`"
)]
pub trait IntoInit<S: GenServer> {
    /// In the terms of the plain trait.
    fn into_init(self) -> Init<S>;
}

impl<S: GenServer> IntoInit<S> for S {
    fn into_init(self) -> Init<S> {
        Init::ok(self)
    }
}

impl<S: GenServer, E: Into<Box<dyn Error + Send + Sync>>> IntoInit<S> for Result<S, E> {
    fn into_init(self) -> Init<S> {
        match self.map_err(|error| error.into().downcast::<Exited>()) {
            Ok(state) => Init::ok(state),
            Err(Ok(exited)) => Init::stop(exited.0),
            Err(Err(error)) => Init::error(error),
        }
    }
}

impl<S: GenServer> IntoInit<S> for Init<S> {
    fn into_init(self) -> Self {
        self
    }
}
