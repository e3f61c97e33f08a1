//! The same actor as a Beamish server.

use std::collections::HashMap;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use beamish::prelude::*;
use beamish::{ChildSpec, Strategy, Supervisor};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

use crate::harness::Flavor;
use crate::library::{Countdown, Library, Monitors, Named, OneForAll, Restarts, Sky, Up};

/// Its messages are as large as raw's: a key in one of them, not in two.
#[genserver]
pub struct Store {
    map: HashMap<String, u64>,
    count: u64,
}

#[genserver]
impl Store {
    #[init]
    fn init(map: HashMap<String, u64>) -> Self {
        Self { map, count: 0 }
    }

    #[handle_call]
    pub fn empty(&self) -> u64 {
        self.count
    }

    #[handle_call(queued)]
    pub fn empty_queued(&self) -> u64 {
        self.count
    }

    #[handle_call]
    pub async fn empty_async(&self) -> u64 {
        self.count
    }

    #[handle_call]
    pub fn fetch(&self, key: String) -> Option<u64> {
        self.map.get(&key).copied()
    }

    #[handle_call]
    pub fn spin(&self) -> u64 {
        crate::call::spin();
        self.count
    }

    #[handle_cast]
    pub fn add(&mut self, by: u64) {
        self.count += by;
    }

    #[handle_cast]
    pub fn crash(&self) {
        panic!("crash");
    }
}

/// The server of one row: what [`Store`] does by plain calls.
#[genserver]
pub struct Queued {
    map: HashMap<String, u64>,
}

#[genserver]
impl Queued {
    #[init]
    fn init(map: HashMap<String, u64>) -> Self {
        Self { map }
    }

    #[handle_call(queued)]
    pub fn fetch(&self, key: String) -> Option<u64> {
        self.map.get(&key).copied()
    }
}

/// A call's answer, without a layer of `async` that would be counted.
pub struct Answer<F>(pub F);

impl<T, F: Future<Output = Result<T, CallError>> + Unpin> Future for Answer<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let answer = Pin::new(&mut self.0).poll(cx);
        answer.map(|answer| answer.expect("an answer"))
    }
}

impl Library for StoreRef {
    const NAME: &'static str = "beamish";

    /// As a process, since that is what calls servers.
    fn block_on(
        runtime: &Runtime,
        _: Flavor,
        side: impl Future<Output = Duration> + Send + 'static,
    ) -> Duration {
        runtime.block_on(async { Self::spawn(side).await })
    }

    fn spawn<T: Send + 'static>(
        caller: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send {
        let (sender, receiver) = oneshot::channel();
        beamish::spawn(async move {
            let _ = sender.send(caller.await);
        });
        async { receiver.await.expect("the process runs through") }
    }

    async fn start(map: HashMap<String, u64>) -> Self {
        Store::start_link(map).await.expect("a start")
    }

    fn empty(&self) -> impl Future<Output = u64> {
        Answer(Self::empty(self))
    }

    /// The timeout is in force in all calls.
    fn empty_within(&self) -> impl Future<Output = u64> {
        Answer(Self::empty(self))
    }

    fn fetch(&self, key: String) -> impl Future<Output = Option<u64>> {
        Answer(Self::fetch(self, key))
    }

    async fn add(&self, by: u64) {
        Self::add(self, by);
    }

    async fn stop(self) {
        Server::stop(&self).await.expect("a stop");
    }

    fn empty_queued(&self) -> impl Future<Output = u64> {
        Answer(Self::empty_queued(self))
    }

    fn empty_within_queued(&self) -> impl Future<Output = u64> {
        Answer(Self::empty_queued(self))
    }

    fn empty_async(&self) -> impl Future<Output = u64> {
        Answer(Self::empty_async(self))
    }

    type Node = NodeRef;

    async fn node(done: mpsc::UnboundedSender<()>) -> NodeRef {
        Node::start(done).await.expect("a start")
    }

    async fn connect(node: &NodeRef, next: NodeRef) {
        node.connect(next);
    }

    async fn pass(node: &NodeRef, left: u64) {
        node.pass(left);
    }

    async fn end(node: NodeRef) {
        node.stop().await.expect("a stop");
    }

    async fn skynet(leaves: u64) -> u64 {
        let (root, sum) = Sky::root(leaves);
        grow(root);
        sum.await.expect("the sum")
    }
}

/// A member of the ring.
#[genserver]
pub struct Node {
    next: Option<NodeRef>,
    done: mpsc::UnboundedSender<()>,
}

#[genserver]
impl Node {
    #[init]
    fn init(done: mpsc::UnboundedSender<()>) -> Self {
        Self { next: None, done }
    }

    #[handle_cast]
    pub fn connect(&mut self, next: NodeRef) {
        self.next = Some(next);
    }

    #[handle_cast]
    pub fn pass(&self, left: u64) {
        match &self.next {
            Some(next) if left > 0 => next.pass(left - 1),
            _ => drop(self.done.send(())),
        }
    }
}

/// Starts a process of skynet, linked to the one that runs.
fn grow(sky: Sky<Pid>) {
    if let (Up::Node(parent), 1) = (&sky.up, sky.leaves) {
        let (parent, number) = (*parent, sky.first);
        beamish::spawn_link(async move { send(parent, number) });
        return;
    }
    beamish::spawn_link(async move {
        sky.children(&self_pid()).for_each(grow);
        let mut sum = 0;
        for _ in 0..10 {
            sum += process::receive::<u64>().await;
        }
        match sky.up {
            Up::Node(parent) => send(parent, sum),
            Up::Caller(caller) => drop(caller.send(sum)),
        }
    });
}

const NAME: &str = "bench.store";

impl Named for StoreRef {
    async fn start_named(map: HashMap<String, u64>) -> Self {
        Store::start_link(map).name(NAME).await.expect("a start");
        Self::to(NAME)
    }

    async fn fetch_named(&self, key: String) -> Option<u64> {
        Self::fetch(self, key).await.expect("an answer")
    }
}

impl Restarts for StoreRef {
    async fn restarts(count: u64) -> Duration {
        let child = ChildSpec::new(|| Store::start_link(Default::default()).name(NAME));
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .max_restarts(u32::MAX)
            .child(child);
        let supervisor = supervisor.start_link().await.expect("a start");
        let store = Self::to(NAME);
        let began = Instant::now();
        for _ in 0..count {
            let pid = store.pid().expect("a holder");
            let ended = process::monitored(pid);
            store.crash();
            ended.await;
            store
                .when_up(Duration::from_secs(5))
                .await
                .expect("a successor");
            store.empty().await.expect("an answer");
        }
        let took = began.elapsed();
        supervisor.stop().await.expect("a stop");
        took
    }
}

/// A child of the supervisor that restarts all.
#[genserver]
pub struct Member {}

#[genserver]
impl Member {
    #[init]
    fn init(started: Countdown) -> Self {
        started.arrive();
        Self {}
    }

    #[handle_cast]
    pub fn crash(&self) {
        panic!("crash");
    }
}

impl OneForAll for StoreRef {
    async fn one_for_all(children: u64, crashes: u64) -> Duration {
        let started = Countdown::new(children);
        let members = (0..children).map(|number| {
            let started = started.clone();
            ChildSpec::new(move || {
                let start = Member::start_link(started.clone());
                match number {
                    0 => start.name("bench.first"),
                    _ => start,
                }
            })
            .id(number)
        });
        let supervisor = Supervisor::new(Strategy::OneForAll)
            .max_restarts(u32::MAX)
            .children(members);
        let supervisor = supervisor.start_link().await.expect("a start");
        started.wait(children).await;
        let first = MemberRef::to("bench.first");
        let began = Instant::now();
        for _ in 0..crashes {
            first.crash();
            started.wait(children).await;
        }
        let took = began.elapsed();
        supervisor.stop().await.expect("a stop");
        took
    }
}

impl Monitors for StoreRef {
    async fn monitors(watchers: u64) -> Duration {
        let target = <Self as Library>::start(Default::default()).await;
        let pid = target.pid().expect("it lives");
        let (watching, heard) = (Countdown::new(watchers), Countdown::new(watchers));
        for _ in 0..watchers {
            let (watching, heard) = (watching.clone(), heard.clone());
            spawn(async move {
                let mref = process::monitor(pid);
                watching.arrive();
                let down = process::receive::<Down>().await;
                assert_eq!(down.mref, mref);
                heard.arrive();
                std::future::pending::<()>().await;
            });
        }
        watching.wait(0).await;
        process::yield_now().await;
        let began = Instant::now();
        Library::stop(target).await;
        heard.wait(0).await;
        began.elapsed()
    }
}
