//! What happens, for those who asked to be told.
//!
//! 1. Who notes an event never waits for who reads: each reader has a queue of a length that it chose, and what comes when
//!    that is full is counted as missed.
//! 2. An event is made only while somebody reads: one load tells.
//! 3. The lock of the readers, then that of a queue; under them only clones are made and pushed. Readers are woken, and events
//!    dropped, outside of both: reasons hold values of the user's.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Waker};
use std::time::SystemTime;

use crate::node::Node;
use crate::process::context;
use crate::process::control::Process;
use crate::sync::Mutex;
use crate::{ChildId, ExitReason, Name, Pid};

/// Something that happened to a process.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// When, by the clock on the wall.
    pub at: SystemTime,
    /// To which process.
    pub pid: Option<Pid>,
    /// Its local name at that moment.
    pub name: Option<Name>,
    /// Its type: see [`Seen::type_name`](super::Seen::type_name).
    pub type_name: Option<&'static str>,
    /// What happened.
    pub what: What,
}

/// What happened to a process.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum What {
    /// It was started; a server has not run its `init` yet.
    Started {
        /// By whom, if that was a process.
        parent: Option<Pid>,
    },
    /// It ended, without a crash.
    Ended {
        /// Why.
        reason: ExitReason,
    },
    /// It ended by itself, with an abnormal reason.
    Crashed {
        /// Why; a panic has its place and, if that was taken, its backtrace.
        reason: ExitReason,
        /// The last state of a server that shows it.
        state: Option<String>,
    },
    /// It was started by a supervisor in place of another that had ended.
    Restarted {
        /// Its supervisor.
        supervisor: Pid,
        /// Its id there.
        child: ChildId,
        /// The one before.
        before: Option<Pid>,
    },
    /// It is a supervisor that gives up: it would have to restart too often.
    GaveUp {
        /// The child that ended last.
        child: ChildId,
        /// How many restarts are allowed.
        max_restarts: u32,
        /// In how many seconds.
        max_seconds: u64,
    },
    /// A supervisor reported something of it.
    Reported {
        /// The supervisor.
        supervisor: Option<Pid>,
        /// What: `start_error`, `shutdown_error`, `child_terminated`, or `wedged` of a child that outlived its kill.
        context: &'static str,
        /// Its id there, as text.
        child: String,
        /// Why.
        reason: ExitReason,
    },
    /// It got a message that no handler takes.
    Unexpected {
        /// The type of the message.
        message: &'static str,
    },
    /// It got a message when its mailbox was full. Of a flood the first is told: another when more than half of the room was
    /// free in between.
    Full {
        /// The name of its handler.
        message: &'static str,
    },
}

/// Some events, oldest first.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Batch {
    /// What happened.
    pub events: Vec<Event>,
    /// How many events were lost before these, since the reader was too slow.
    pub missed: u64,
}

impl Batch {
    /// Whether nothing happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.missed == 0
    }
}

struct Queue {
    node: Node,
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<Event>,
    missed: u64,
    reader: Option<Waker>,
}

/// How many read (rule 2).
static READERS: AtomicUsize = AtomicUsize::new(0);
static QUEUES: Mutex<Vec<Arc<Queue>>> = Mutex::new(Vec::new());

/// What happens from now on to the processes of the calling code's node. At most `capacity` events wait to be read; of more it
/// is told how many there were.
#[must_use]
pub fn events(capacity: usize) -> Events {
    let queue = Arc::new(Queue {
        node: context::node(),
        capacity,
        inner: Mutex::default(),
    });
    QUEUES.lock().push(Arc::clone(&queue));
    READERS.fetch_add(1, Ordering::SeqCst);
    Events(queue)
}

/// A reader of [`events`]. Dropping it ends the noting.
pub struct Events(Arc<Queue>);

impl Events {
    /// Waits until something has happened, and gives all that waits.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn recv(&mut self) -> Batch {
        poll_fn(|cx| {
            let batch = self.take(Some(cx.waker()));
            if batch.is_empty() {
                return Poll::Pending;
            }
            Poll::Ready(batch)
        })
        .await
    }

    /// What waits; empty if that is nothing.
    pub fn try_recv(&mut self) -> Batch {
        self.take(None)
    }

    fn take(&self, reader: Option<&Waker>) -> Batch {
        let mut inner = self.0.inner.lock();
        let batch = Batch {
            events: std::mem::take(&mut inner.waiting).into(),
            missed: std::mem::take(&mut inner.missed),
        };
        let before = match reader {
            Some(waker) if batch.is_empty() => inner.reader.replace(waker.clone()),
            _ => None,
        };
        drop(inner);
        drop(before);
        batch
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        READERS.fetch_sub(1, Ordering::SeqCst);
        let mut queues = QUEUES.lock();
        let gone = queues
            .iter()
            .position(|queue| Arc::ptr_eq(queue, &self.0))
            .map(|at| queues.swap_remove(at));
        drop(queues);
        drop(gone);
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events")
            .field("capacity", &self.0.capacity)
            .field("waiting", &self.0.inner.lock().waiting.len())
            .finish_non_exhaustive()
    }
}

/// Whether anybody reads (rule 2).
#[inline]
pub(crate) fn is_read() -> bool {
    READERS.load(Ordering::Relaxed) > 0
}

/// Notes what happened to a process, and its name if that is known.
#[inline]
pub(crate) fn note_of(process: &dyn Process, name: Option<&Name>, what: impl FnOnce() -> What) {
    if is_read() {
        let head = process.head();
        let event = Event {
            at: SystemTime::now(),
            pid: Some(head.pid),
            name: name.cloned(),
            type_name: Some(process.type_name()),
            what: what(),
        };
        push(&head.node, &event);
    }
}

/// Notes what happened to a process of the calling code's node. Takes the lock of its signals.
#[inline]
pub(crate) fn note(pid: Option<Pid>, what: impl FnOnce() -> What) {
    if is_read() {
        let process = pid.and_then(crate::process::table::find);
        let event = Event {
            at: SystemTime::now(),
            pid,
            name: process.as_ref().and_then(|process| process.head().name()),
            type_name: process.map(|process| process.type_name()),
            what: what(),
        };
        push(&context::node(), &event);
    }
}

#[cold]
fn push(node: &Node, event: &Event) {
    let mut wakers = Vec::new();
    for queue in QUEUES.lock().iter().filter(|queue| queue.node == *node) {
        let mut inner = queue.inner.lock();
        if inner.waiting.len() < queue.capacity {
            inner.waiting.push_back(event.clone());
        } else {
            inner.missed += 1;
        }
        wakers.extend(inner.reader.take());
    }
    for waker in wakers {
        waker.wake();
    }
}
