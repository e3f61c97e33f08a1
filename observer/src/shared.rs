//! What the parts of one observer share.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use beamish::{Node, node, sys};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::asking::Asking;
use crate::events::Log;
use crate::kin::Kin;
use crate::options::Options;
use crate::sample::History;
use crate::source::Told;
use crate::stream::Hub;
use crate::sweep::Sweeps;
use crate::text::now_ms;
use crate::watch::Watches;

/// Sweeps are made for so long after somebody looked.
const LOOKED: Duration = Duration::from_secs(30);

/// How many connections there are at most.
pub(crate) const CONNECTIONS: usize = 256;

/// How many of them are streams at most, so that there is always room for others.
pub(crate) const STREAMS: usize = 128;

/// How many requests at a time go over all processes.
pub(crate) const HEAVY: usize = 4;

/// How many long answers are written at a time: what clients that read slowly hold in memory is bounded by them.
pub(crate) const ANSWERS: usize = 16;

/// The state of an observer, as its requests see it.
pub(crate) type App = Arc<Shared>;

/// See [`App`].
///
/// Each lock is held for a few statements that neither wait nor take another, but the streams' (in `stream.rs`), which is
/// taken before that of the log.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    /// Where it looks.
    pub(crate) node: Node,
    pub(crate) sweeps: Sweeps,
    pub(crate) watches: Watches,
    pub(crate) supervisors: Asking<Arc<Told>>,
    pub(crate) statuses: Asking<Arc<sys::Status>>,
    pub(crate) hub: Hub,
    pub(crate) connections: Arc<Semaphore>,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) heavy: Semaphore,
    pub(crate) answers: Arc<Semaphore>,
    /// The most messages that were told to be handled: the count must not fall.
    pub(crate) handled: AtomicU64,
    log: Mutex<Log>,
    kin: Mutex<Kin>,
    history: Mutex<History>,
    looks: Mutex<Looks>,
}

#[derive(Debug, Default)]
struct Looks {
    last: Option<Instant>,
    /// Since when sweeps are made, in Unix milliseconds.
    watched_since: Option<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(options: Options) -> App {
        let log = Mutex::new(Log::new(options.event_rate));
        Arc::new(Self {
            options,
            node: node::current(),
            sweeps: Sweeps::default(),
            watches: Watches::default(),
            supervisors: Asking::default(),
            statuses: Asking::default(),
            hub: Hub::new(),
            connections: Arc::new(Semaphore::new(CONNECTIONS)),
            streams: Arc::new(Semaphore::new(STREAMS)),
            heavy: Semaphore::new(HEAVY),
            answers: Arc::new(Semaphore::new(ANSWERS)),
            handled: AtomicU64::new(0),
            log,
            kin: Mutex::default(),
            history: Mutex::default(),
            looks: Mutex::default(),
        })
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    pub(crate) fn kin(&self) -> MutexGuard<'_, Kin> {
        lock(&self.kin)
    }

    pub(crate) fn history(&self) -> MutexGuard<'_, History> {
        lock(&self.history)
    }

    /// Somebody looks.
    pub(crate) fn looked(&self) {
        lock(&self.looks).last = Some(Instant::now());
    }

    /// Whether somebody looked a short while ago, or has a stream open.
    pub(crate) fn is_looked_at(&self) -> bool {
        let last = lock(&self.looks).last;
        last.is_some_and(|last| last.elapsed() < LOOKED) || self.hub.has_clients()
    }

    /// Whether sweeps are made now.
    pub(crate) fn set_watched(&self, is_watched: bool) {
        let mut looks = lock(&self.looks);
        looks.watched_since = is_watched.then(|| looks.watched_since.unwrap_or_else(now_ms));
    }

    pub(crate) fn watched_since(&self) -> Option<u64> {
        lock(&self.looks).watched_since
    }
}
