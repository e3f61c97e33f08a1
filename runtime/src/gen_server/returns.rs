//! What callbacks return: [`Init`], [`Reply`], [`NoReply`] in the words of OTP, and [`Next`], which the trait speaks.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::{Continue, ExitReason, GenServer};

type NextFuture<'a, S> = Pin<Box<dyn Future<Output = Next<S>> + Send + 'a>>;
type Continuation<S> = Box<dyn for<'a> FnOnce(&'a mut S) -> NextFuture<'a, S> + Send>;

/// What a server does after a callback.
pub(crate) enum Then<S: GenServer> {
    Wait,
    Timeout(Duration),
    Hibernate,
    Continue(Continuation<S>),
    Stop(ExitReason),
}

impl<S: GenServer> Then<S> {
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
            then: Then::Wait,
        }
    }

    /// Waits for the next message. A caller is answered later, or gets [`CallError::NoReply`](crate::CallError::NoReply).
    #[inline]
    pub fn no_reply() -> Self {
        Self {
            reply: None,
            then: Then::Wait,
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
            then: Then::Timeout(duration),
            ..self
        }
    }

    /// Gives back memory while it waits (`SRV-12`).
    pub fn hibernate(self) -> Self {
        Self {
            then: Then::Hibernate,
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
    Wait,
    Timeout(Duration),
    Hibernate,
    Continue(C),
    Stop(ExitReason),
}

impl<C: Send + 'static> After<C> {
    fn into_then<S: GenServer + Continue<C>>(self) -> Then<S> {
        match self {
            Self::Wait => Then::Wait,
            Self::Timeout(duration) => Then::Timeout(duration),
            Self::Hibernate => Then::Hibernate,
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
            after: After::Wait,
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
            after: After::Timeout(duration),
            ..self
        }
    }

    /// Gives back memory while it waits (`SRV-12`).
    pub fn hibernate(self) -> Self {
        Self {
            after: After::Hibernate,
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
        Self { after: After::Wait }
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
            after: After::Timeout(duration),
        }
    }

    /// Gives back memory while it waits (`SRV-12`).
    pub fn hibernate(self) -> Self {
        Self {
            after: After::Hibernate,
        }
    }

    /// Runs the `#[handle_continue]` for `C` before the next message (`SRV-1`).
    pub fn continue_with(self, value: C) -> Self {
        Self {
            after: After::Continue(value),
        }
    }
}

/// What a handler without an answer may return: `()` or [`NoReply`].
#[diagnostic::on_unimplemented(
    message = "a handler without a reply cannot return `{Self}`",
    label = "returns `{Self}`",
    note = "return `()`, or `NoReply` to stop, continue or set a timeout"
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
        Self(InitKind::Start(state, Then::Wait))
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
        self.then(Then::Timeout(duration))
    }

    /// Gives back memory while it waits (`SRV-12`).
    pub fn hibernate(self) -> Self {
        self.then(Then::Hibernate)
    }

    /// Runs the `#[handle_continue]` for `C` before the first message, after the starter was told (`SRV-1`).
    pub fn continue_with<C: Send + 'static>(self, value: C) -> Self
    where
        S: Continue<C>,
    {
        self.then(Then::continue_with(value))
    }

    fn then(self, then: Then<S>) -> Self {
        match self.0 {
            InitKind::Start(state, _) => Self(InitKind::Start(state, then)),
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

/// What `#[init]` may return: the server, `Result<server, E>`, or [`Init`].
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
        self.map_or_else(Init::error, Init::ok)
    }
}

impl<S: GenServer> IntoInit<S> for Init<S> {
    fn into_init(self) -> Self {
        self
    }
}
