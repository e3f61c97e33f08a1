//! xtra: a type a message, `send`. An actor ends when it says so itself. Its mailbox is a heap, which keeps no order among
//! messages of the same priority: casts have a higher one than calls, so that a call waits until all are handled.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use xtra::{Actor, Address, Context, Handler, Mailbox};

use super::Sum;
use crate::library::{Library, Sky, Up};

macro_rules! handlers {
    ($actor:ident: $($message:ident $fields:tt -> $reply:ty, $self:ident, $this:ident, $context:ident => $body:expr;)*) => {
        $(
            pub struct $message $fields;

            impl Handler<$message> for $actor {
                type Return = $reply;

                async fn handle(&mut $self, $this: $message, $context: &mut Context<Self>) -> $reply {
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

impl Actor for Store {
    type Stop = ();
    async fn stopped(self) {}
}

handlers! {
    Store:
    Empty() -> u64, self, _m, _c => self.count;
    Fetch(String) -> Option<u64>, self, message, _c => self.map.get(&message.0).copied();
    Add(u64) -> (), self, message, _c => self.count += message.0;
    Stop() -> (), self, _m, context => context.stop_self();
}

#[derive(Clone)]
pub struct Xtra(Address<Store>);

impl Library for Xtra {
    const NAME: &'static str = "xtra";

    async fn start(map: HashMap<String, u64>) -> Self {
        let store = Store { map, count: 0 };
        let server = Self(xtra::spawn_tokio(store, Mailbox::unbounded()));
        server.empty().await;
        server
    }

    async fn empty(&self) -> u64 {
        self.0.send(Empty()).await.expect("an answer")
    }

    async fn empty_within(&self) -> u64 {
        let answer = timeout(Duration::from_secs(5), self.0.send(Empty())).await;
        answer.expect("an answer in time").expect("an answer")
    }

    async fn fetch(&self, key: String) -> Option<u64> {
        self.0.send(Fetch(key)).await.expect("an answer")
    }

    async fn add(&self, by: u64) {
        let cast = self.0.send(Add(by)).priority(1);
        drop(cast.detach().await.expect("it lives"));
    }

    async fn stop(self) {
        drop(self.0.send(Stop()).detach().await.expect("it lives"));
        self.0.join().await;
    }

    type Node = Address<Node>;

    async fn node(done: mpsc::UnboundedSender<()>) -> Self::Node {
        let node = Node { next: None, done };
        xtra::spawn_tokio(node, Mailbox::unbounded())
    }

    async fn connect(node: &Self::Node, next: Self::Node) {
        node.send(Next(next)).await.expect("it lives");
    }

    async fn pass(node: &Self::Node, left: u64) {
        drop(node.send(Left(left)).detach().await.expect("it lives"));
    }

    async fn end(node: Self::Node) {
        drop(node.send(End()).detach().await.expect("it lives"));
        node.join().await;
    }

    async fn skynet(leaves: u64) -> u64 {
        let (root, sum) = Sky::root(leaves);
        SkyNode::spawn(root);
        sum.await.expect("the sum")
    }
}

pub struct Node {
    next: Option<Address<Self>>,
    done: mpsc::UnboundedSender<()>,
}

impl Actor for Node {
    type Stop = ();
    async fn stopped(self) {}
}

handlers! {
    Node:
    Next(Address<Node>) -> (), self, message, _c => self.next = Some(message.0);
    Left(u64) -> (), self, message, _c => match &self.next {
        Some(next) if message.0 > 0 => {
            drop(next.send(Left(message.0 - 1)).detach().await.expect("it lives"));
        }
        _ => drop(self.done.send(())),
    };
    End() -> (), self, _m, context => {
        self.next = None;
        context.stop_self();
    };
}

struct SkyNode {
    sky: Option<Sky<Address<Self>>>,
    sum: Sum,
    /// Without an address nobody can send, and it ends.
    myself: Option<Address<Self>>,
}

impl SkyNode {
    fn spawn(sky: Sky<Address<Self>>) {
        let (address, mailbox) = Mailbox::unbounded();
        let node = Self {
            sky: Some(sky),
            sum: Sum::default(),
            myself: Some(address.clone()),
        };
        xtra::spawn_tokio(node, (address, mailbox));
    }

    async fn report(&mut self, sum: u64) {
        match self.sky.take().map(|sky| sky.up) {
            Some(Up::Node(parent)) => {
                drop(parent.send(Told(sum)).detach().await.expect("it lives"));
            }
            Some(Up::Caller(caller)) => drop(caller.send(sum)),
            None => {}
        }
    }
}

impl Actor for SkyNode {
    type Stop = ();

    async fn started(&mut self, _: &Mailbox<Self>) -> Result<(), ()> {
        let (Some(sky), Some(myself)) = (&self.sky, self.myself.take()) else {
            return Err(());
        };
        if sky.leaves == 1 {
            let first = sky.first;
            self.report(first).await;
            return Err(());
        }
        sky.children(&myself).for_each(Self::spawn);
        Ok(())
    }

    async fn stopped(self) {}
}

handlers! {
    SkyNode:
    Told(u64) -> (), self, message, context => if let Some(sum) = self.sum.hear(message.0) {
        self.report(sum).await;
        context.stop_self();
    };
}
