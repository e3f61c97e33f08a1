//! actix: a type a message, `send` and `do_send`. Actors live on one thread each: on the caller's, or, in place of two workers,
//! all on another than the caller's. An actor ends when it says so itself.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use actix::prelude::*;
use actix::{Arbiter, ArbiterHandle};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

use super::Sum;
use crate::harness::Flavor;
use crate::library::{Library, Sky, Up};

macro_rules! handlers {
    ($actor:ident: $($message:ident $fields:tt -> $reply:ty, $self:ident, $this:ident, $context:ident => $body:expr;)*) => {
        $(
            pub struct $message $fields;

            impl Message for $message {
                type Result = $reply;
            }

            impl Handler<$message> for $actor {
                type Result = $reply;

                fn handle(&mut $self, $this: $message, $context: &mut Context<Self>) -> $reply {
                    $body
                }
            }
        )*
    };
}

pub struct Store {
    map: HashMap<String, u64>,
    count: u64,
    stopped: Option<oneshot::Sender<()>>,
}

impl Actor for Store {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Context<Self>) {
        if let Some(stopped) = self.stopped.take() {
            let _ = stopped.send(());
        }
    }
}

handlers! {
    Store:
    Empty() -> u64, self, _m, _c => self.count;
    Fetch(String) -> Option<u64>, self, message, _c => self.map.get(&message.0).copied();
    Add(u64) -> (), self, message, _c => self.count += message.0;
    Stop(oneshot::Sender<()>) -> (), self, message, context => {
        self.stopped = Some(message.0);
        context.stop();
    };
}

#[derive(Clone)]
pub struct Actix(Addr<Store>);

tokio::task_local! {
    /// The other thread, where there is one.
    static ACTORS: Option<ArbiterHandle>;
}

fn start<A: Actor<Context = Context<A>> + Send>(actor: A) -> Addr<A> {
    match ACTORS.with(Clone::clone) {
        Some(arbiter) => A::start_in_arbiter(&arbiter, |_| actor),
        None => actor.start(),
    }
}

impl Library for Actix {
    const NAME: &'static str = "actix";

    fn block_on(
        _: &Runtime,
        flavor: Flavor,
        side: impl Future<Output = Duration> + Send + 'static,
    ) -> Duration {
        static OTHER: OnceLock<ArbiterHandle> = OnceLock::new();
        let system = System::new();
        let actors = (flavor == Flavor::TwoWorkers)
            .then(|| OTHER.get_or_init(|| Arbiter::new().handle()).clone());
        system.block_on(ACTORS.scope(actors, side))
    }

    async fn start(map: HashMap<String, u64>) -> Self {
        let server = Self(start(Store {
            map,
            count: 0,
            stopped: None,
        }));
        server.empty().await;
        server
    }

    async fn empty(&self) -> u64 {
        self.0.send(Empty()).await.expect("an answer")
    }

    async fn empty_within(&self) -> u64 {
        let call = self.0.send(Empty()).timeout(Duration::from_secs(5));
        call.await.expect("an answer")
    }

    async fn fetch(&self, key: String) -> Option<u64> {
        self.0.send(Fetch(key)).await.expect("an answer")
    }

    async fn add(&self, by: u64) {
        self.0.do_send(Add(by));
    }

    async fn stop(self) {
        let (sender, stopped) = oneshot::channel();
        self.0.do_send(Stop(sender));
        stopped.await.expect("a stop");
    }

    type Node = Addr<Node>;

    async fn node(done: mpsc::UnboundedSender<()>) -> Self::Node {
        start(Node { next: None, done })
    }

    async fn connect(node: &Self::Node, next: Self::Node) {
        node.send(Next(next)).await.expect("it lives");
    }

    async fn pass(node: &Self::Node, left: u64) {
        node.do_send(Left(left));
    }

    async fn end(node: Self::Node) {
        node.send(End()).await.expect("it lives");
    }

    async fn skynet(leaves: u64) -> u64 {
        let (root, sum) = Sky::root(leaves);
        start(SkyNode::new(root));
        sum.await.expect("the sum")
    }
}

pub struct Node {
    next: Option<Addr<Self>>,
    done: mpsc::UnboundedSender<()>,
}

impl Actor for Node {
    type Context = Context<Self>;
}

handlers! {
    Node:
    Next(Addr<Node>) -> (), self, message, _c => self.next = Some(message.0);
    Left(u64) -> (), self, message, _c => match &self.next {
        Some(next) if message.0 > 0 => next.do_send(Left(message.0 - 1)),
        _ => drop(self.done.send(())),
    };
    End() -> (), self, _m, context => {
        self.next = None;
        context.stop();
    };
}

struct SkyNode {
    sky: Option<Sky<Addr<Self>>>,
    sum: Sum,
}

impl SkyNode {
    fn new(sky: Sky<Addr<Self>>) -> Self {
        Self {
            sky: Some(sky),
            sum: Sum::default(),
        }
    }

    fn report(&mut self, sum: u64) {
        match self.sky.take().map(|sky| sky.up) {
            Some(Up::Node(parent)) => parent.do_send(Told(sum)),
            Some(Up::Caller(caller)) => drop(caller.send(sum)),
            None => {}
        }
    }
}

impl Actor for SkyNode {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        let Some(sky) = &self.sky else { return };
        if sky.leaves == 1 {
            let first = sky.first;
            self.report(first);
            context.stop();
        } else {
            for child in sky.children(&context.address()) {
                Self::new(child).start();
            }
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
