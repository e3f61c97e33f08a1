//! How long to wait: for a time, until a time, or for ever.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::process::receive::far;

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
            Some(at) => tokio::time::timeout_at(at, future).await.ok(),
        }
    }
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
