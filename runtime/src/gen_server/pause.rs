//! What a server waits for between two callbacks, beside messages. Nothing here knows the type of the server, so that each
//! server costs little to compile.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::gen_server::returns::{Pause, Scheduled};
use crate::mailbox::Seen;
use crate::process::receive::far;
use crate::{Info, Timeout};

/// One wait, from the result of a callback to the next event.
#[derive(Default)]
pub(super) struct Waiting {
    alarm: Option<Box<Alarm>>,
    /// When memory is given back, if nothing happens before.
    rest: Option<Pin<Box<Sleep>>>,
    has_rested: bool,
    /// Whether memory is given back whenever there is nothing to do.
    pub(super) hibernates: bool,
    /// Which messages a suspended server has looked at.
    pub(super) seen: Seen,
}

/// A message of the server to itself, which any other message cancels.
struct Alarm {
    /// `None`: it comes at once.
    timer: Option<Pin<Box<Sleep>>>,
    message: Info,
}

impl Waiting {
    /// The wait that a callback asked for.
    pub(super) fn new(pause: Pause) -> Self {
        let (at, message, hibernates) = match pause {
            Pause::Wait => return Self::default(),
            Pause::Hibernate => {
                return Self {
                    hibernates: true,
                    ..Self::default()
                };
            }
            Pause::Timeout(after) => (Some(far(after)), Info::new(Timeout), false),
            Pause::Message(scheduled) => {
                let Scheduled {
                    at,
                    message,
                    hibernate,
                } = *scheduled;
                (at, message, hibernate)
            }
        };
        let timer = at.map(|at: Instant| Box::pin(tokio::time::sleep_until(at)));
        Self {
            alarm: Some(Box::new(Alarm { timer, message })),
            hibernates,
            ..Self::default()
        }
    }

    /// Begins to wait anew, for nothing but messages.
    #[inline]
    pub(super) fn renew(&mut self) {
        if !self.is_plain() {
            *self = Self::default();
        }
    }

    /// Whether it waits for nothing but messages, and has begun nothing.
    pub(super) const fn is_plain(&self) -> bool {
        self.alarm.is_none() && self.rest.is_none() && !self.has_rested && !self.hibernates
    }

    /// Whether a message of its own is awaited: then the server keeps its state, so that every message comes through the
    /// mailbox and cancels it.
    pub(super) const fn has_alarm(&self) -> bool {
        self.alarm.is_some()
    }

    /// The message that comes at once, before what is queued.
    #[inline]
    pub(super) fn due_at_once(&mut self) -> Option<Info> {
        self.alarm.as_ref()?;
        let alarm = self.alarm.take_if(|alarm| alarm.timer.is_none())?;
        Some(alarm.message)
    }

    /// The message whose time has come.
    pub(super) fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<Info> {
        let Some(Alarm {
            timer: Some(timer), ..
        }) = self.alarm.as_deref_mut()
        else {
            return Poll::Pending;
        };
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        match self.alarm.take() {
            Some(alarm) => Poll::Ready(alarm.message),
            None => Poll::Pending,
        }
    }

    /// Whether it is time to give back memory: once, after so long without anything to do.
    pub(super) fn rests(&mut self, after: Option<Duration>, cx: &mut Context<'_>) -> bool {
        let Some(after) = after else {
            return false;
        };
        if self.has_rested {
            return false;
        }
        let rest = self
            .rest
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(far(after))));
        self.has_rested = rest.as_mut().poll(cx).is_ready();
        self.has_rested
    }

    /// Something happened that is no message: the time until it gives back memory begins anew.
    pub(super) fn was_busy(&mut self) {
        self.rest = None;
        self.has_rested = false;
        self.seen = Seen::default();
    }
}
