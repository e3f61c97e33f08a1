//! spawned: a type a message, `request` (with its timeout of 5 s) or `request_raw`, `send`. An actor ends when it says so itself.

use std::collections::HashMap;
use std::time::Duration;

use spawned_concurrency::message::Message;
use spawned_concurrency::registry;
use spawned_concurrency::tasks::{Actor, ActorRef, ActorStart, Context, Handler};
use tokio::sync::mpsc;

use super::Sum;
use crate::library::{Library, Named, Sky, Up};

macro_rules! handlers {
    ($actor:ident: $($message:ident $fields:tt -> $reply:ty, $self:ident, $this:ident, $context:ident => $body:expr;)*) => {
        $(
            pub struct $message $fields;

            impl Message for $message {
                type Result = $reply;
            }

            impl Handler<$message> for $actor {
                async fn handle(&mut $self, $this: $message, $context: &Context<Self>) -> $reply {
                    $body
                }
            }
        )*
    };
}

pub struct Store {
    map: HashMap<String, u64>,
    count: u64,
}

impl Actor for Store {}

handlers! {
    Store:
    Empty() -> u64, self, _m, _c => self.count;
    Fetch(String) -> Option<u64>, self, message, _c => self.map.get(&message.0).copied();
    Add(u64) -> (), self, message, _c => self.count += message.0;
    Stop() -> (), self, _m, context => context.stop();
}

#[derive(Clone)]
pub struct Spawned(ActorRef<Store>);

async fn request<M>(server: &ActorRef<Store>, message: M) -> M::Result
where
    M: Message,
    Store: Handler<M>,
{
    let answer = server.request_raw(message).expect("it lives");
    answer.await.expect("an answer")
}

impl Library for Spawned {
    const NAME: &'static str = "spawned";

    async fn start(map: HashMap<String, u64>) -> Self {
        let server = Self(Store { map, count: 0 }.start());
        server.empty().await;
        server
    }

    async fn empty(&self) -> u64 {
        request(&self.0, Empty()).await
    }

    async fn empty_within(&self) -> u64 {
        let answer = self.0.request_with_timeout(Empty(), Duration::from_secs(5));
        answer.await.expect("an answer")
    }

    async fn fetch(&self, key: String) -> Option<u64> {
        request(&self.0, Fetch(key)).await
    }

    async fn add(&self, by: u64) {
        self.0.send(Add(by)).expect("it lives");
    }

    async fn stop(self) {
        self.0.send(Stop()).expect("it lives");
        self.0.join().await;
    }

    type Node = ActorRef<Node>;

    async fn node(done: mpsc::UnboundedSender<()>) -> Self::Node {
        Node { next: None, done }.start()
    }

    async fn connect(node: &Self::Node, next: Self::Node) {
        node.send(Next(next)).expect("it lives");
    }

    async fn pass(node: &Self::Node, left: u64) {
        node.send(Left(left)).expect("it lives");
    }

    async fn end(node: Self::Node) {
        node.send(End()).expect("it lives");
        node.join().await;
    }

    async fn skynet(leaves: u64) -> u64 {
        let (root, sum) = Sky::root(leaves);
        SkyNode::spawn(root);
        sum.await.expect("the sum")
    }
}

pub struct Node {
    next: Option<ActorRef<Self>>,
    done: mpsc::UnboundedSender<()>,
}

impl Actor for Node {}

handlers! {
    Node:
    Next(ActorRef<Node>) -> (), self, message, _c => self.next = Some(message.0);
    Left(u64) -> (), self, message, _c => match &self.next {
        Some(next) if message.0 > 0 => next.send(Left(message.0 - 1)).expect("it lives"),
        _ => drop(self.done.send(())),
    };
    End() -> (), self, _m, context => {
        self.next = None;
        context.stop();
    };
}

struct SkyNode {
    sky: Option<Sky<ActorRef<Self>>>,
    sum: Sum,
}

impl SkyNode {
    fn spawn(sky: Sky<ActorRef<Self>>) {
        let node = Self {
            sky: Some(sky),
            sum: Sum::default(),
        };
        node.start();
    }

    fn report(&mut self, sum: u64) {
        match self.sky.take().map(|sky| sky.up) {
            Some(Up::Node(parent)) => parent.send(Told(sum)).expect("it lives"),
            Some(Up::Caller(caller)) => drop(caller.send(sum)),
            None => {}
        }
    }
}

impl Actor for SkyNode {
    async fn started(&mut self, context: &Context<Self>) {
        let Some(sky) = &self.sky else { return };
        if sky.leaves == 1 {
            let first = sky.first;
            self.report(first);
            context.stop();
        } else {
            sky.children(&context.actor_ref()).for_each(Self::spawn);
        }
    }
}

handlers! {
    SkyNode:
    Told(u64) -> (), self, message, context => if let Some(sum) = self.sum.hear(message.0) {
        self.report(sum);
        context.stop();
    };
}

const NAME: &str = "bench.store";

impl Named for Spawned {
    async fn start_named(map: HashMap<String, u64>) -> Self {
        let server = Self::start(map).await;
        registry::unregister(NAME);
        registry::register(NAME, server.0.clone()).expect("the name");
        server
    }

    async fn fetch_named(&self, key: String) -> Option<u64> {
        let server: ActorRef<Store> = registry::whereis(NAME).expect("a holder");
        request(&server, Fetch(key)).await
    }
}
