//! Mailboxes that hold a limited number of calls and casts.
//!
//! 1. What counts is a call or cast, from its push until the server's task takes it, it is dropped for a newer one, or the
//!    mailbox closes. Nothing else counts: infos, `Exit`, `Down`, timeouts, stops, system requests; nor answers, which pass
//!    through no mailbox. So none of these is ever refused, dropped or made to wait (decision A9).
//! 2. `room` holds a permit for each message that may still come. Who pushes takes one first, and does not give it back; who
//!    takes a message out of the mailbox adds one. So what counts in the mailbox, the free permits, and the permits of those
//!    who are about to push or have just taken, are the capacity together, and the mailbox never holds more.
//! 3. Who waits for a permit gets it in the order of waiting, and nobody overtakes (tokio's semaphore is fair); it pushes
//!    when it is polled then. A sender that awaits its first cast before it makes the second keeps their order (`SIG-1`).
//! 4. Where the oldest is dropped, who finds no permit pushes in its stead, under both locks of the mailbox; the permits
//!    stay as they are. In `saved` it leaves a gap, since a receive counts places there (rule 4 in `mailbox.rs`), as in `first`;
//!    gaps are never handled nor counted. If there is no oldest, others are about to push or have just taken: a permit is free soon.
//! 5. A call that is run by its caller is in no mailbox and takes no permit. It is run only if the mailbox is empty (rule 2
//!    in `turns.rs`), so it takes nobody's place: who waits for a permit has not sent yet.
//! 6. `room` is closed before the mailbox is: who waits is told, and what it wanted to send is dropped, as is all that is
//!    sent to a dead process.
//! 7. Messages are taken one by one: what is in a batch (rule 9 in `mailbox.rs`) could not give way.
//! 8. `GenServer::MAILBOX` is a constant. Where it is `None` there is no `room`, and nothing here is compiled into the way
//!    of a message.
//! 9. To a server that is to end nothing is sent, as to a dead one: so nobody looks for room that will not come, since only
//!    its task makes any. Who waits for room already is told by rule 6, and a caller of the reason of the end.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::sync::{Semaphore, TryAcquireError};

use crate::gen_server::process::{Envelope, ServerProcess};
use crate::gen_server::reply::Outcome;
use crate::mailbox::{Letter, Taken};
use crate::observe::{self, What};
use crate::panics::drop_quietly;
use crate::process::control::{Place, Process, bits};
use crate::process::{context, death};
use crate::{GenServer, ServerRef, blocking};

/// How many calls and casts wait in the mailbox of a server at most, and what becomes of those that come when it is full.
///
/// Only calls and casts count, and only until the server takes them. Exit signals, [`Down`](crate::Down), other messages,
/// stops, system requests and answers are never refused, nor do they take room away.
///
/// Written by `#[genserver(mailbox = bounded(1024, on_full = refuse))]`; the value of
/// [`GenServer::MAILBOX`].
///
/// # OTP
/// None: mailboxes there have no bound, and `{max_heap_size, …}` kills a process whose mailbox grows too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    capacity: usize,
    on_full: OnFull,
}

impl Bound {
    /// At most `capacity` calls and casts.
    ///
    /// # Panics
    /// If `capacity` is zero, or more than an eighth of `usize`. In a constant, that is a compile error.
    #[must_use]
    pub const fn new(capacity: usize, on_full: OnFull) -> Self {
        assert!(capacity > 0, "a bounded mailbox holds at least one message");
        assert!(
            capacity <= Semaphore::MAX_PERMITS,
            "a mailbox of that size is not bounded; leave the bound out"
        );
        Self { capacity, on_full }
    }

    /// How many calls and casts it holds.
    #[must_use]
    pub const fn capacity(self) -> usize {
        self.capacity
    }

    /// What becomes of more.
    #[must_use]
    pub const fn on_full(self) -> OnFull {
        self.on_full
    }
}

/// What becomes of a call or cast when the mailbox is full.
///
/// | | a cast | what its stub returns | a call |
/// |---|---|---|---|
/// | `wait` | waits for room, in the order of coming | a future, [`Cast`] | waits too, no longer than its timeout |
/// | `refuse` | comes back to its sender | `Result<(), Full<CounterMessage>>` | [`CallError::Full`](crate::CallError::Full) |
/// | `drop_oldest` | takes the place of the oldest call or cast | `()` | as a cast |
/// | `drop_newest` | vanishes | `()` | `CallError::Full` |
///
/// The caller of a call that is dropped as the oldest gets `CallError::Full` at once: a call never just vanishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFull {
    /// Its sender waits until there is room.
    Wait,
    /// Its sender gets it back.
    Refuse,
    /// The oldest call or cast that waits is dropped for it.
    DropOldest,
    /// It is dropped.
    DropNewest,
}

/// The mailbox of the server is full. The message was not sent and is in here.
#[derive(Clone, PartialEq, Eq)]
pub struct Full<M>(pub(crate) M);

impl<M> Full<M> {
    /// A refusal of `message`, as a stand-in for a server gives it.
    pub const fn new(message: M) -> Self {
        Self(message)
    }

    /// The message that was not sent.
    pub fn into_inner(self) -> M {
        self.0
    }
}

impl<M> fmt::Debug for Full<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Full").finish_non_exhaustive()
    }
}

impl<M> fmt::Display for Full<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the mailbox of the server is full")
    }
}

impl<M> Error for Full<M> {}

/// The wait for room in a full mailbox. Whether the message was pushed.
pub(crate) type Queueing = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Why a message was not queued.
pub(crate) enum Unqueued<S: GenServer> {
    Ended(Envelope<S>),
    Full(Envelope<S>),
}

/// The permits of a server's mailbox (rule 2); a box, so that it costs the unbounded ones a word.
pub(crate) struct Room(Option<Box<Places>>);

struct Places {
    permits: Semaphore,
    /// Whether it was noted that there is no room, and half of it has not become free since: a flood is noted once.
    is_full: AtomicBool,
}

impl Room {
    pub(crate) fn of<S: GenServer>() -> Self {
        Self(S::MAILBOX.map(|bound| {
            Box::new(Places {
                permits: Semaphore::new(bound.capacity),
                is_full: AtomicBool::new(false),
            })
        }))
    }

    /// Rule 6.
    pub(crate) fn close(&self) {
        if let Some(places) = &self.0 {
            places.permits.close();
        }
    }

    fn places(&self) -> &Places {
        let Some(places) = &self.0 else {
            unreachable!("rule 8: only a bounded mailbox is asked for room");
        };
        places
    }

    fn permits(&self) -> &Semaphore {
        &self.places().permits
    }

    /// Whether it is the first time that there is no room, since there was enough.
    fn is_newly_full(&self) -> bool {
        let is_full = &self.places().is_full;
        !is_full.load(Ordering::Relaxed) && !is_full.swap(true, Ordering::Relaxed)
    }

    /// A message was taken of `capacity` at most.
    fn add_permit(&self, capacity: usize) {
        let places = self.places();
        places.permits.add_permits(1);
        if places.is_full.load(Ordering::Relaxed)
            && places.permits.available_permits() > capacity / 2
        {
            places.is_full.store(false, Ordering::Relaxed);
        }
    }
}

impl<S: GenServer> ServerProcess<S> {
    const ON_FULL: Option<OnFull> = match S::MAILBOX {
        Some(bound) => Some(bound.on_full),
        None => None,
    };
    pub(crate) const CALLERS_WAIT: bool = matches!(Self::ON_FULL, Some(OnFull::Wait));
    pub(crate) const DROPS_OLDEST: bool = matches!(Self::ON_FULL, Some(OnFull::DropOldest));

    /// Queues a call or cast.
    #[inline(always)]
    pub(crate) fn queue_counted(&self, envelope: Envelope<S>) -> Result<(), Unqueued<S>> {
        if Self::ON_FULL.is_none() {
            return self.queue(envelope).map_err(Unqueued::Ended);
        }
        self.queue_bounded(envelope)
    }

    #[inline(never)]
    fn queue_bounded(&self, mut envelope: Envelope<S>) -> Result<(), Unqueued<S>> {
        loop {
            // Rule 9.
            if self.head().has(bits::EXIT | bits::ENDED) {
                return Err(Unqueued::Ended(envelope));
            }
            match self.room.permits().try_acquire() {
                Ok(permit) => {
                    let queued = self.queue(envelope).map_err(Unqueued::Ended);
                    if queued.is_ok() {
                        permit.forget();
                    }
                    return queued;
                }
                Err(TryAcquireError::Closed) => return Err(Unqueued::Ended(envelope)),
                Err(TryAcquireError::NoPermits) if self.room.is_newly_full() => {
                    let message = envelope.name();
                    observe::note_of(self, None, || What::Full { message });
                }
                Err(TryAcquireError::NoPermits) if Self::DROPS_OLDEST => {
                    envelope = match self.queue_for_oldest(envelope) {
                        Ok(()) => return Ok(()),
                        Err(envelope) => envelope,
                    };
                    // Rule 4: whoever is between its two steps is quick.
                    std::thread::yield_now();
                }
                Err(TryAcquireError::NoPermits) => return Err(Unqueued::Full(envelope)),
            }
        }
    }

    fn queue_for_oldest(&self, envelope: Envelope<S>) -> Result<(), Envelope<S>> {
        let (wake, oldest) = self.mailbox.push_for_oldest(envelope)?;
        self.head().word.mail_came();
        wake.wake(self.head());
        if let Some(cell) = oldest.cell {
            cell.put(Outcome::Full);
        }
        drop_quietly(oldest.content);
        Ok(())
    }

    /// Waits for room and queues. `false`: it was not queued, since the server ends, and nobody waits for an answer to it.
    pub(crate) fn queue_when_room(process: Arc<Self>, envelope: Envelope<S>) -> Queueing {
        let waiter = envelope.cell.clone();
        let told = Told {
            place: waiter.and_then(|cell| death::add_waiter(&*process, cell)),
            process,
        };
        Box::pin(async move {
            let process = &told.process;
            let unsent = match process.room.permits().acquire().await {
                Ok(permit) => match process.queue(envelope) {
                    Ok(()) => {
                        permit.forget();
                        return true;
                    }
                    Err(envelope) => envelope,
                },
                Err(_) => envelope,
            };
            drop_quietly(unsent);
            told.keep()
        })
    }

    /// The next message, or several if `batches`; what counted leaves room behind. `mail`: what `MAIL` said when it was
    /// cleared.
    #[inline]
    pub(crate) fn next(&self, mail: &mut bool, batches: bool) -> Option<Taken<'_, Envelope<S>>> {
        let has_mail = || mem::take(mail) || self.head().word.look_for_mail();
        if Self::ON_FULL.is_none() {
            return self.mailbox.pop(has_mail, batches);
        }
        let taken = self.mailbox.pop(has_mail, false)?;
        if let Taken::One(envelope) = &taken
            && envelope.is_counted()
        {
            self.room.add_permit(S::MAILBOX.map_or(0, Bound::capacity));
        }
        Some(taken)
    }
}

/// A caller that waits for room hears of the server's end, until its request is queued.
struct Told<P: Process> {
    process: Arc<P>,
    place: Option<Place>,
}

impl<P: Process> Told<P> {
    /// It hears of it also later. Returns whether it does.
    fn keep(mut self) -> bool {
        self.place.take().is_some()
    }
}

impl<P: Process> Drop for Told<P> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            death::forget_waiter(self.process.head(), place);
        }
    }
}

/// A cast that waits for room if the mailbox of the server is full: a future that sends the message when there is, and is
/// ready when the message is sent. What the stubs of a server with `on_full = wait` return.
///
/// A server must not await one to itself: if its mailbox is full, nobody else makes room.
///
/// It never fails: to a dead process or an unheld name nothing is sent, and it is ready at once (`SRV-5`). Where the mailbox
/// has no bound it never waits.
///
/// # Ordering
/// Senders that wait get room in the order in which they began to. Messages of one sender keep their order (`SIG-1`) if it
/// awaits each before it makes the next.
///
/// # Cancel safety
/// Cancel safe: dropped before it is ready, nothing was sent. The place in the order is lost.
#[must_use = "a cast to a bounded mailbox sends nothing unless awaited; write `.await` after it"]
pub struct Cast<'a, S: GenServer> {
    server: &'a ServerRef<S>,
    message: Option<S::Message>,
    queueing: Option<Queueing>,
}

impl<S: GenServer> Unpin for Cast<'_, S> {}

impl<'a, S: GenServer> Cast<'a, S> {
    /// Prepares a cast: what the stubs of `#[genserver]` do.
    pub const fn new(server: &'a ServerRef<S>, message: S::Message) -> Self {
        Self {
            server,
            message: Some(message),
            queueing: None,
        }
    }

    /// Sends it from a plain thread, which waits for room: see [`Call::blocking`](crate::Call::blocking).
    ///
    /// # Panics
    /// On a thread that runs async code.
    #[track_caller]
    pub fn blocking(mut self) {
        blocking::forbid_in_async("a cast that waits for room");
        self.begin();
        if let Some(queueing) = self.queueing {
            blocking::wait(queueing, None);
        }
    }

    fn begin(&mut self) {
        if let Some(message) = self.message.take() {
            self.queueing = self.server.cast_or_wait(message);
        }
    }
}

impl<S: GenServer> Future for Cast<'_, S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if context::is_exiting() {
            return Poll::Pending;
        }
        if this.message.is_some() {
            // A loop of casts for which there is room lets other tasks run.
            ready!(context::proceed(cx));
            this.begin();
        }
        match &mut this.queueing {
            Some(queueing) => queueing.as_mut().poll(cx).map(|_| this.queueing = None),
            None => Poll::Ready(()),
        }
    }
}

impl<S: GenServer> fmt::Debug for Cast<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cast")
            .field("server", &self.server.address())
            .finish_non_exhaustive()
    }
}
