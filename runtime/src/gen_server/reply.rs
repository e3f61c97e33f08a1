//! The cell in which the answer to one request arrives.

use std::ops::Deref;
use std::sync::Arc;
use std::task::Waker;

use crate::gen_server::process::ServerProcess;
use crate::parcel::Parcel;
use crate::process::control::{Deathwatch, Place, Process, bits};
use crate::process::{context, death};
use crate::{ExitReason, GenServer, Pid};

/// How a request ended. The first outcome counts, later ones vanish (`SRV-4`).
pub(crate) enum Outcome<R> {
    Reply(R),
    /// The handle for the answer was dropped by a server that lives on.
    NoReply,
    /// The server ended first.
    Died(ExitReason),
    /// The server had ended when there was room for the request.
    NoProc,
    /// The request was dropped for a newer one.
    Full,
}

/// What a request waits at.
pub(crate) struct ReplyCell<R> {
    /// Who asked, if that is a process.
    pub(crate) caller: Option<Pid>,
    outcome: Parcel<Outcome<R>>,
}

impl<R> ReplyCell<R> {
    /// The cell of a request of the running code; `waker` waits for its outcome already.
    pub(crate) fn new(waker: Option<Waker>) -> Self {
        Self {
            caller: context::self_pid(),
            outcome: Parcel::awaited_by(waker),
        }
    }
}

impl<R> Deref for ReplyCell<R> {
    type Target = Parcel<Outcome<R>>;

    fn deref(&self) -> &Self::Target {
        &self.outcome
    }
}

impl<R: Send> Deathwatch for Parcel<Outcome<R>> {
    fn died(&self, reason: &ExitReason) {
        self.put(Outcome::Died(reason.clone()));
    }
}

impl<R: Send> Deathwatch for ReplyCell<R> {
    fn died(&self, reason: &ExitReason) {
        self.outcome.died(reason);
    }
}

/// Who made a call, given to [`GenServer::handle`]: the way to answer it later.
pub struct Caller<S: GenServer> {
    pub(crate) pid: Option<Pid>,
    pub(crate) cell: Option<Arc<ReplyCell<S::Reply>>>,
    pub(crate) process: Arc<ServerProcess<S>>,
}

impl<S: GenServer> Caller<S> {
    /// The caller's pid, if it is a process.
    #[must_use]
    pub const fn pid(&self) -> Option<Pid> {
        self.pid
    }

    /// Takes the handle with which to answer later, from anywhere. The handler's own reply is then ignored.
    ///
    /// Taken a second time, or for a cast, it answers nobody.
    pub fn later<T: Send + 'static>(&mut self, wrap: fn(T) -> S::Reply) -> ReplyTo<T> {
        let Some(cell) = self.cell.take() else {
            return ReplyTo {
                pid: self.pid,
                deferred: None,
            };
        };
        let waiter: Arc<dyn Deathwatch> = Arc::<ReplyCell<S::Reply>>::clone(&cell);
        let place = death::add_waiter(&*self.process, waiter);
        let deferred = DeferredCell {
            cell,
            wrap,
            process: Arc::clone(&self.process),
            place,
        };
        ReplyTo {
            pid: self.pid,
            deferred: Some(Box::new(deferred)),
        }
    }
}

impl<S: GenServer> std::fmt::Debug for Caller<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

impl<S: GenServer> Drop for Caller<S> {
    fn drop(&mut self) {
        if let Some(cell) = self.cell.take() {
            death::add_waiter(&*self.process, cell);
        }
    }
}

/// The handle with which a call is answered later, from any process, task or thread (`SRV-4`).
///
/// Dropped without an answer, the caller gets [`CallError::NoReply`](crate::CallError::NoReply) at once; if the server
/// ends first, the caller gets its reason.
///
/// # OTP
/// `from()`, used with `gen_server:reply/2`. Differs: in OTP a caller who is never answered waits for its timeout.
#[doc(alias = "from")]
#[must_use = "dropped without an answer, the caller gets `CallError::NoReply`"]
pub struct ReplyTo<T: Send + 'static> {
    pid: Option<Pid>,
    deferred: Option<Box<dyn Deferred<T>>>,
}

impl<T: Send + 'static> ReplyTo<T> {
    /// Answers. If the caller has given up or is dead, the answer vanishes.
    pub fn reply(mut self, value: T) {
        if let Some(deferred) = self.deferred.take() {
            deferred.reply(value);
        }
    }

    /// Who made the call: `None` if the caller is no process.
    #[must_use]
    pub const fn caller(&self) -> Option<Pid> {
        self.pid
    }
}

impl<T: Send + 'static> Drop for ReplyTo<T> {
    fn drop(&mut self) {
        if let Some(deferred) = self.deferred.take() {
            deferred.forget();
        }
    }
}

impl<T: Send + 'static> std::fmt::Debug for ReplyTo<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplyTo")
            .field("caller", &self.pid)
            .finish_non_exhaustive()
    }
}

trait Deferred<T>: Send + Sync {
    fn reply(self: Box<Self>, value: T);
    fn forget(self: Box<Self>);
}

struct DeferredCell<S: GenServer, T> {
    cell: Arc<ReplyCell<S::Reply>>,
    wrap: fn(T) -> S::Reply,
    process: Arc<ServerProcess<S>>,
    /// The entry by which the caller hears of the server's death.
    place: Option<Place>,
}

impl<S: GenServer, T> DeferredCell<S, T> {
    fn complete(&self, outcome: Outcome<S::Reply>) {
        if let Some(place) = self.place {
            death::forget_waiter(self.process.head(), place);
        }
        self.cell.put(outcome);
    }
}

impl<S: GenServer, T: Send + 'static> Deferred<T> for DeferredCell<S, T> {
    fn reply(self: Box<Self>, value: T) {
        self.complete(Outcome::Reply((self.wrap)(value)));
    }

    /// A handle that the server itself drops may be dropped by the very handler that stops it, and then the caller gets
    /// the reason of the stop: what to tell the caller is decided after the handler.
    fn forget(self: Box<Self>) {
        let head = self.process.head();
        if head.has(bits::EXIT | bits::ENDED) {
            return;
        }
        if context::self_pid() == Some(head.pid) {
            let process = Arc::clone(&self.process);
            process.drop_handle(Box::new(move || self.complete(Outcome::NoReply)));
        } else {
            self.complete(Outcome::NoReply);
        }
    }
}
