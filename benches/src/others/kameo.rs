//! kameo: a type a message, `ask` and `tell`. Its default mailbox is bounded; this one is not.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use kameo::actor::{Actor, ActorId, ActorRef, Spawn, WeakActorRef};
use kameo::error::{ActorStopReason, Infallible};
use kameo::mailbox;
use kameo::message::{Context, Message};
use kameo::supervision::SupervisionStrategy;
use tokio::sync::mpsc;

use super::Sum;
use crate::library::{Countdown, Library, Monitors, Named, OneForAll, Restarts, Sky, Up};

pub struct Store {
    map: HashMap<String, u64>,
    count: u64,
}

impl Actor for Store {
    type Args = HashMap<String, u64>;
    type Error = Infallible;

    async fn on_start(map: Self::Args, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self { map, count: 0 })
    }
}

macro_rules! messages {
    ($actor:ident: $($message:ident $fields:tt -> $reply:ty, $self:ident, $this:ident, $context:ident => $body:expr;)*) => {
        $(
            pub struct $message $fields;

            impl Message<$message> for $actor {
                type Reply = $reply;

                async fn handle(&mut $self, $this: $message, $context: &mut Context<Self, $reply>) -> $reply {
                    $body
                }
            }
        )*
    };
}

messages! {
    Store:
    Empty() -> u64, self, _m, _c => self.count;
    Fetch(String) -> Option<u64>, self, message, _c => self.map.get(&message.0).copied();
    Add(u64) -> (), self, message, _c => self.count += message.0;
    Crash() -> (), self, _m, _c => panic!("crash");
}

#[derive(Clone)]
pub struct Kameo(ActorRef<Store>);

async fn spawn<A: Actor>(args: A::Args) -> ActorRef<A> {
    let actor = A::spawn_with_mailbox(args, mailbox::unbounded());
    actor.wait_for_startup().await;
    actor
}

async fn stop<A: Actor>(actor: &ActorRef<A>) {
    actor.stop_gracefully().await.expect("it lives");
    actor.wait_for_shutdown().await;
}

impl Library for Kameo {
    const NAME: &'static str = "kameo";

    async fn start(map: HashMap<String, u64>) -> Self {
        Self(spawn(map).await)
    }

    async fn empty(&self) -> u64 {
        self.0.ask(Empty()).send().await.expect("an answer")
    }

    async fn empty_within(&self) -> u64 {
        let call = self.0.ask(Empty()).reply_timeout(Duration::from_secs(5));
        call.send().await.expect("an answer")
    }

    async fn fetch(&self, key: String) -> Option<u64> {
        self.0.ask(Fetch(key)).send().await.expect("an answer")
    }

    async fn add(&self, by: u64) {
        self.0.tell(Add(by)).try_send().expect("it lives");
    }

    async fn stop(self) {
        stop(&self.0).await;
    }

    type Node = ActorRef<Node>;

    async fn node(done: mpsc::UnboundedSender<()>) -> Self::Node {
        spawn(done).await
    }

    async fn connect(node: &Self::Node, next: Self::Node) {
        node.tell(Next(next)).try_send().expect("it lives");
    }

    async fn pass(node: &Self::Node, left: u64) {
        node.tell(Left(left)).try_send().expect("it lives");
    }

    async fn end(node: Self::Node) {
        stop(&node).await;
    }

    async fn skynet(leaves: u64) -> u64 {
        let (root, sum) = Sky::root(leaves);
        SkyNode::spawn_with_mailbox(root, mailbox::unbounded());
        sum.await.expect("the sum")
    }
}

pub struct Node {
    next: Option<ActorRef<Self>>,
    done: mpsc::UnboundedSender<()>,
}

impl Actor for Node {
    type Args = mpsc::UnboundedSender<()>;
    type Error = Infallible;

    async fn on_start(done: Self::Args, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self { next: None, done })
    }
}

messages! {
    Node:
    Next(ActorRef<Node>) -> (), self, message, _c => self.next = Some(message.0);
    Left(u64) -> (), self, message, _c => match &self.next {
        Some(next) if message.0 > 0 => next.tell(Left(message.0 - 1)).try_send().expect("it lives"),
        _ => drop(self.done.send(())),
    };
}

struct SkyNode {
    up: Option<Up<ActorRef<Self>>>,
    sum: Sum,
}

impl SkyNode {
    fn report(&mut self, sum: u64) {
        match self.up.take() {
            Some(Up::Node(parent)) => parent.tell(Told(sum)).try_send().expect("it lives"),
            Some(Up::Caller(caller)) => drop(caller.send(sum)),
            None => {}
        }
    }
}

impl Actor for SkyNode {
    type Args = Sky<ActorRef<Self>>;
    type Error = Infallible;

    async fn on_start(sky: Self::Args, myself: ActorRef<Self>) -> Result<Self, Infallible> {
        let leaf = sky.leaves == 1;
        if !leaf {
            for child in sky.children(&myself) {
                Self::spawn_with_mailbox(child, mailbox::unbounded());
            }
        }
        let mut node = Self {
            up: Some(sky.up),
            sum: Sum::default(),
        };
        if leaf {
            node.report(sky.first);
            myself.kill();
        }
        Ok(node)
    }
}

messages! {
    SkyNode:
    Told(u64) -> (), self, message, context => if let Some(sum) = self.sum.hear(message.0) {
        self.report(sum);
        context.stop();
    };
}

const NAME: &str = "bench.store";

impl Named for Kameo {
    async fn start_named(map: HashMap<String, u64>) -> Self {
        let server = spawn(map).await;
        kameo::registry::ACTOR_REGISTRY
            .lock()
            .expect("the registry")
            .remove(NAME);
        server.register(NAME).expect("the name");
        Self(server)
    }

    async fn fetch_named(&self, key: String) -> Option<u64> {
        let server = ActorRef::<Store>::lookup(NAME).expect("its type");
        let server = server.expect("a holder");
        server.ask(Fetch(key)).send().await.expect("an answer")
    }
}

struct OneForOne;

impl Actor for OneForOne {
    type Args = ();
    type Error = Infallible;

    async fn on_start((): (), _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

impl Restarts for Kameo {
    async fn restarts(count: u64) -> Duration {
        let supervisor = spawn::<OneForOne>(()).await;
        let store = Store::supervise(&supervisor, HashMap::new())
            .restart_limit(u32::MAX, Duration::from_secs(5))
            .spawn_with_mailbox(mailbox::unbounded())
            .await;
        store.wait_for_startup().await;
        let began = Instant::now();
        for _ in 0..count {
            store.tell(Crash()).try_send().expect("it lives");
            // The mailbox outlives the crash.
            assert_eq!(store.ask(Empty()).send().await.expect("an answer"), 0);
        }
        let took = began.elapsed();
        stop(&supervisor).await;
        took
    }
}

struct OneForAllOf;

impl Actor for OneForAllOf {
    type Args = ();
    type Error = Infallible;

    fn supervision_strategy() -> SupervisionStrategy {
        SupervisionStrategy::OneForAll
    }

    async fn on_start((): (), _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

struct Member;

impl Actor for Member {
    type Args = Countdown;
    type Error = Infallible;

    async fn on_start(started: Countdown, _: ActorRef<Self>) -> Result<Self, Infallible> {
        started.arrive();
        Ok(Self)
    }
}

messages! {
    Member:
    CrashMember() -> (), self, _m, _c => panic!("crash");
}

impl OneForAll for Kameo {
    async fn one_for_all(children: u64, crashes: u64) -> Duration {
        let supervisor = spawn::<OneForAllOf>(()).await;
        let started = Countdown::new(children);
        let mut members = Vec::new();
        for _ in 0..children {
            let member = Member::supervise(&supervisor, started.clone())
                .restart_limit(u32::MAX, Duration::from_secs(5))
                .spawn_with_mailbox(mailbox::unbounded());
            members.push(member.await);
        }
        started.wait(children).await;
        let began = Instant::now();
        for _ in 0..crashes {
            members[0].tell(CrashMember()).try_send().expect("it lives");
            started.wait(children).await;
        }
        let took = began.elapsed();
        stop(&supervisor).await;
        took
    }
}

struct Watcher(Countdown);

impl Actor for Watcher {
    type Args = Countdown;
    type Error = Infallible;

    async fn on_start(heard: Countdown, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self(heard))
    }

    async fn on_link_died(
        &mut self,
        _: WeakActorRef<Self>,
        _: ActorId,
        _: ActorStopReason,
    ) -> Result<ControlFlow<ActorStopReason>, Infallible> {
        self.0.arrive();
        Ok(ControlFlow::Continue(()))
    }
}

impl Monitors for Kameo {
    async fn monitors(watchers: u64) -> Duration {
        let target = Self::start(Default::default()).await;
        let heard = Countdown::new(watchers);
        let mut all = Vec::new();
        for _ in 0..watchers {
            let watcher = spawn::<Watcher>(heard.clone()).await;
            watcher.link(&target.0).await;
            all.push(watcher);
        }
        let began = Instant::now();
        target.0.stop_gracefully().await.expect("it lives");
        heard.wait(0).await;
        began.elapsed()
    }
}
