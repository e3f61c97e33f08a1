//! What a library has to offer to be measured. The work of each row is written once, over these traits; an adapter says how
//! a library does each step.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::harness::Flavor;

/// A handle of a server that holds a map and a counter; and two kinds of nodes, for the ring and for skynet.
pub trait Library: Clone + Send + Sync + 'static {
    const NAME: &'static str;

    /// Runs a side as a caller of this library would run.
    fn block_on(
        runtime: &Runtime,
        _: Flavor,
        side: impl Future<Output = Duration> + Send + 'static,
    ) -> Duration {
        runtime.block_on(async { tokio::spawn(side).await.expect("the side runs through") })
    }

    /// Runs another caller beside this one.
    fn spawn<T: Send + 'static>(
        caller: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send {
        let caller = tokio::spawn(caller);
        async { caller.await.expect("the caller runs through") }
    }

    /// Starts a server and waits until it has its state; a library without a way to wait for that calls it once.
    fn start(map: HashMap<String, u64>) -> impl Future<Output = Self> + Send;

    /// The counter, without a timeout where one can be left out.
    fn empty(&self) -> impl Future<Output = u64> + Send;

    /// The counter, with a timeout of 5 s.
    fn empty_within(&self) -> impl Future<Output = u64> + Send;

    fn fetch(&self, key: String) -> impl Future<Output = Option<u64>> + Send;

    /// A cast.
    fn add(&self, by: u64) -> impl Future<Output = ()> + Send;

    /// Ends the server and waits for its end.
    fn stop(self) -> impl Future<Output = ()> + Send;

    /// Where calls of an idle server are run by the caller: the same through the mailbox.
    fn empty_queued(&self) -> impl Future<Output = u64> + Send {
        self.empty()
    }
    fn empty_within_queued(&self) -> impl Future<Output = u64> + Send {
        self.empty_within()
    }
    fn fetch_queued(&self, key: String) -> impl Future<Output = Option<u64>> + Send {
        self.fetch(key)
    }
    /// The counter from an `async fn`.
    fn empty_async(&self) -> impl Future<Output = u64> + Send {
        self.empty()
    }

    /// A member of a ring: hands a number, less one, on to the next; the one that gets 0 tells `done`.
    type Node: Clone + Send + Sync + 'static;

    fn node(done: mpsc::UnboundedSender<()>) -> impl Future<Output = Self::Node> + Send;
    fn connect(node: &Self::Node, next: Self::Node) -> impl Future<Output = ()> + Send;
    fn pass(node: &Self::Node, left: u64) -> impl Future<Output = ()> + Send;
    fn end(node: Self::Node) -> impl Future<Output = ()> + Send;

    /// A tree of servers, each with ten below it down to the leaves, which tell their numbers: the sum of these.
    fn skynet(leaves: u64) -> impl Future<Output = u64> + Send;
}

/// Servers that are called by name.
pub trait Named: Library {
    fn start_named(map: HashMap<String, u64>) -> impl Future<Output = Self> + Send;
    fn fetch_named(&self, key: String) -> impl Future<Output = Option<u64>> + Send;
}

pub trait Restarts: Library {
    /// So many times: a server panics, its supervisor restarts it, it answers a call.
    fn restarts(count: u64) -> impl Future<Output = Duration> + Send;
}

pub trait OneForAll: Library {
    /// So many times: one of the children panics, all are restarted and have run their `init`.
    fn one_for_all(children: u64, crashes: u64) -> impl Future<Output = Duration> + Send;
}

pub trait Monitors: Library {
    /// So many processes watch one; from its end until all have heard of it.
    fn monitors(watchers: u64) -> impl Future<Output = Duration> + Send;
}

/// To whom a node of skynet tells its sum. The node has the numbers from `first`, as many as `leaves`.
pub struct Sky<N> {
    pub up: Up<N>,
    pub first: u64,
    pub leaves: u64,
}

pub enum Up<N> {
    Node(N),
    Caller(oneshot::Sender<u64>),
}

impl<N> Sky<N> {
    pub fn root(leaves: u64) -> (Self, oneshot::Receiver<u64>) {
        let (sender, receiver) = oneshot::channel();
        let root = Self {
            up: Up::Caller(sender),
            first: 0,
            leaves,
        };
        (root, receiver)
    }

    /// The ten nodes below.
    pub fn children(&self, node: &N) -> impl Iterator<Item = Self> + use<N>
    where
        N: Clone,
    {
        let (first, leaves, node) = (self.first, self.leaves / 10, node.clone());
        (0..10).map(move |child| Self {
            up: Up::Node(node.clone()),
            first: first + child * leaves,
            leaves,
        })
    }
}

/// Waits until so many have arrived.
#[derive(Clone)]
pub struct Countdown(Arc<(AtomicU64, Notify)>);

impl Countdown {
    pub fn new(count: u64) -> Self {
        Self(Arc::new((AtomicU64::new(count), Notify::new())))
    }

    pub fn arrive(&self) {
        if self.0.0.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.1.notify_one();
        }
    }

    /// By one who waits; then it counts `again`.
    pub async fn wait(&self, again: u64) {
        self.0.1.notified().await;
        self.0.0.store(again, Ordering::Release);
    }
}

/// The sides of a row: its function for each library that has the thing, ours first, then the hand-written one.
macro_rules! sides {
    ($work:ident) => {
        crate::library::sides!($work: Ractor, Kameo, Actix, Xtra, Spawned)
    };
    ($work:ident: $($other:ident),*) => {
        Vec::from([
            crate::harness::Side::new::<crate::servers::StoreRef, _>($work::<crate::servers::StoreRef>),
            crate::harness::Side::new::<crate::raw::Actor, _>($work::<crate::raw::Actor>),
            $(
                #[cfg(feature = "others")]
                crate::harness::Side::new::<crate::others::$other, _>($work::<crate::others::$other>),
            )*
        ])
    };
}
pub(crate) use sides;
