//! How long to wait: for a time, until a time, or for ever.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::process::context;
use crate::process::control::timer_at;
use crate::process::receive::{far, far_from};

/// How long something is waited for: a [`Duration`] from now, until an [`Instant`], or without limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Without limit.
    pub const INFINITY: Self = Self(None);

    /// Waits for a future; `None` if the time is over first. Ready futures win.
    pub(crate) async fn wait<F: Future>(self, future: F) -> Option<F::Output> {
        match self.0 {
            None => Some(future.await),
            Some(at) => until(at, None, future).await,
        }
    }
}

/// How long something is still waited for.
///
/// A process waits with its one timer, as its calls do (decision A24): it stays armed from one wait to the next, and arming one
/// each time would cost more than most waits.
pub(crate) struct Patience {
    /// Since when and how long it waits. When that is over is worked out only by a wait that must know.
    limit: Option<(Instant, Duration)>,
    /// Where the process's cannot be used.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    const fn until(at: Instant) -> Self {
        Self {
            limit: Some((at, Duration::ZERO)),
            timer: None,
        }
    }

    /// From now on. Tells what time it is and how long it waits, if that matters.
    #[inline]
    pub(crate) fn begin(timeout: Option<Duration>) -> (Self, Option<(Instant, Duration)>) {
        let limit = timeout.map(|timeout| (Instant::now(), timeout));
        (Self { limit, timer: None }, limit)
    }

    /// Ready when the time is over. `began`: now, and how long the wait is, if that is known.
    pub(crate) fn poll(
        &mut self,
        began: Option<(Instant, Duration)>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let Some((since, after)) = self.limit else {
            return Poll::Pending;
        };
        let deadline = || far_from(since, after);
        if self.timer.is_none() {
            let shared =
                context::with_current(|process| process.head().poll_deadline(deadline, began, cx));
            if let Some(polled) = shared.flatten() {
                return polled;
            }
        }
        self.timer
            .get_or_insert_with(|| timer_at(deadline()))
            .as_mut()
            .poll(cx)
    }
}

/// Waits for a future until `at`; `None` if that comes first. Ready futures win. `now`, if that is known.
pub(crate) async fn until<F: Future>(
    at: Instant,
    now: Option<Instant>,
    future: F,
) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut began = now.map(|now| (now, at.saturating_duration_since(now)));
    let mut patience = Patience::until(at);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => patience.poll(began.take(), cx).map(|()| None),
    })
    .await
}

impl From<Duration> for Deadline {
    fn from(duration: Duration) -> Self {
        Self(Some(far(duration)))
    }
}

impl From<Instant> for Deadline {
    fn from(at: Instant) -> Self {
        Self(Some(at))
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::process;

    /// After how many milliseconds each of these waits was over, one begun after the other.
    async fn waits_in_turn(patiences: &[u64]) -> Vec<u64> {
        let mut ends = Vec::new();
        let began = Instant::now();
        for patience in patiences {
            let at = began + Duration::from_millis(*patience);
            assert_eq!(until(at, None, pending::<()>()).await, None);
            ends.push(u64::try_from(began.elapsed().as_millis()).unwrap());
        }
        ends
    }

    /// In a process, whose one timer they use, and elsewhere.
    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_at_its_time_whatever_the_timer_was_armed_for() {
        // A wait that is over before its time leaves the timer armed: for an earlier and for a later point in time than the
        // next wait's.
        let waits = async || {
            let began = Instant::now();
            for first in [50, 400] {
                let at = began + Duration::from_millis(first);
                let ready = tokio::task::yield_now();
                assert_eq!(until(at, Some(began), ready).await, Some(()));
            }
            waits_in_turn(&[100, 150, 150, 300, 1_000]).await
        };
        let expected = [100, 150, 150, 300, 1_000];
        assert_eq!(waits().await, expected);
        let (sender, in_process) = tokio::sync::oneshot::channel();
        process::spawn(async move { sender.send(waits().await).unwrap() });
        assert_eq!(in_process.await.unwrap(), expected);
    }

    /// Two waits at once of one process.
    #[tokio::test(start_paused = true)]
    async fn waits_side_by_side_end_each_at_its_time() {
        let (sender, ends) = tokio::sync::oneshot::channel();
        process::spawn(async move {
            let (long, short) =
                tokio::join!(waits_in_turn(&[200, 900]), waits_in_turn(&[100, 500]));
            sender.send((long, short)).unwrap();
        });
        assert_eq!(ends.await.unwrap(), (vec![200, 900], vec![100, 500]));
    }
}
