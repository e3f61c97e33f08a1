//! Selective receive.
//!
//! Only the process itself receives, and only in one place at a time: two receives of one process that wait side by side
//! (in `select!`) each look at all messages again.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::Info;
use crate::mailbox::{Receiver, Seen};
use crate::process::{context, not_a_process};

/// Waits for the oldest message that `select` takes; what it gives back stays in the mailbox, in order.
///
/// `after`: how long to wait; zero only looks at what is there. `None` is returned when that time is over.
///
/// # Panics
/// When polled by code that is no process.
///
/// # Cancel safety
/// Cancel safe: a message is taken only when the future is ready with it.
///
/// # OTP
/// `receive … after … end`; what the `receive!` macro expands to.
#[track_caller]
pub fn receive<R>(
    after: Option<Duration>,
    select: impl FnMut(Info) -> Result<R, Info>,
) -> impl Future<Output = Option<R>> + Unpin {
    if !context::in_process() {
        not_a_process("receive!");
    }
    Receive {
        after,
        sleep: None,
        seen: Seen::default(),
        select,
        result: PhantomData,
    }
}

/// Waits for the oldest message of type `T`, for use in `tokio::select!` beside other futures.
///
/// # Panics
/// If the calling code is no process.
///
/// # Cancel safety
/// Cancel safe: a message is taken only when the future is ready with it.
#[track_caller]
pub fn receive_any<T: Send + 'static>() -> impl Future<Output = T> {
    ReceiveAny(receive(None, Info::downcast::<T>))
}

struct ReceiveAny<F>(F);

impl<T, F: Future<Output = Option<T>> + Unpin> Future for ReceiveAny<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match Pin::new(&mut self.0).poll(cx) {
            Poll::Ready(Some(message)) => Poll::Ready(message),
            // Without `after` there is no other end.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

/// A structure and no `async` block, which would hold what it is made of twice.
struct Receive<F, R> {
    after: Option<Duration>,
    sleep: Option<Pin<Box<Sleep>>>,
    seen: Seen,
    select: F,
    result: PhantomData<fn() -> R>,
}

impl<F, R> Unpin for Receive<F, R> {}

impl<R, F: FnMut(Info) -> Result<R, Info>> Future for Receive<F, R> {
    type Output = Option<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        if context::is_exiting() {
            return Poll::Pending;
        }
        let Some(process) = context::current() else {
            not_a_process("receive!")
        };
        let Self {
            after,
            sleep,
            seen,
            select,
            ..
        } = self.get_mut();
        let now_or_never = *after == Some(Duration::ZERO);
        let receiver = if now_or_never {
            Receiver::Nobody
        } else if process.head().is_task_of(cx.waker()) {
            Receiver::Task
        } else {
            Receiver::Other(cx.waker())
        };
        let mut taken = None;
        let found = process.select(seen, receiver, &mut |info| match select(info) {
            Ok(value) => {
                taken = Some(value);
                None
            }
            Err(info) => Some(info),
        });
        if found || now_or_never {
            return Poll::Ready(taken);
        }
        let Some(after) = *after else {
            return Poll::Pending;
        };
        let sleep = sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(far(after))));
        sleep.as_mut().poll(cx).map(|()| None)
    }
}

/// A point in time that cannot overflow (`TIM-3`).
pub(crate) fn far(delay: Duration) -> Instant {
    far_from(Instant::now(), delay)
}

/// The same, where it is known what time it is.
pub(crate) fn far_from(now: Instant, delay: Duration) -> Instant {
    const THIRTY_YEARS: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    now.checked_add(delay).unwrap_or(now + THIRTY_YEARS)
}
