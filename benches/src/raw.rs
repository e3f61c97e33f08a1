//! The actor that an expert writes by hand: one task, an unbounded channel, a oneshot for each answer. No links, no
//! supervision, no names, no timeout.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinSet, yield_now};

use crate::library::{Countdown, Library, Monitors, Named, OneForAll, Restarts};

pub enum Message {
    Empty(oneshot::Sender<u64>),
    Fetch(String, oneshot::Sender<Option<u64>>),
    Add(u64),
    Spin(oneshot::Sender<u64>),
    Crash,
    Stop(oneshot::Sender<()>),
}

#[derive(Clone)]
pub struct Actor(mpsc::UnboundedSender<Message>);

impl Actor {
    /// Tells `ready` once the task has its state.
    fn spawn(map: HashMap<String, u64>, ready: Option<oneshot::Sender<()>>) -> Self {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut count = 0;
            if let Some(ready) = ready {
                let _ = ready.send(());
            }
            while let Some(message) = receiver.recv().await {
                match message {
                    Message::Empty(reply) => drop(reply.send(count)),
                    Message::Fetch(key, reply) => drop(reply.send(map.get(&key).copied())),
                    Message::Add(by) => count += by,
                    Message::Spin(reply) => {
                        crate::call::spin();
                        let _ = reply.send(count);
                    }
                    Message::Crash => panic!("crash"),
                    Message::Stop(reply) => {
                        drop((receiver, map));
                        let _ = reply.send(());
                        break;
                    }
                }
            }
        });
        Self(sender)
    }

    /// Sends the request; the answer is waited for later.
    pub fn spin(&self) -> oneshot::Receiver<u64> {
        let (sender, receiver) = oneshot::channel();
        let _ = self.0.send(Message::Spin(sender));
        receiver
    }
}

impl Library for Actor {
    const NAME: &'static str = "raw";

    async fn start(map: HashMap<String, u64>) -> Self {
        let (ready, is_ready) = oneshot::channel();
        let actor = Self::spawn(map, Some(ready));
        is_ready.await.expect("a start");
        actor
    }

    async fn empty(&self) -> u64 {
        let (sender, receiver) = oneshot::channel();
        let _ = self.0.send(Message::Empty(sender));
        receiver.await.expect("an answer")
    }

    async fn empty_within(&self) -> u64 {
        let answer = tokio::time::timeout(Duration::from_secs(5), self.empty());
        answer.await.expect("an answer in time")
    }

    async fn fetch(&self, key: String) -> Option<u64> {
        let (sender, receiver) = oneshot::channel();
        let _ = self.0.send(Message::Fetch(key, sender));
        receiver.await.expect("an answer")
    }

    async fn add(&self, by: u64) {
        let _ = self.0.send(Message::Add(by));
    }

    async fn stop(self) {
        let (sender, stopped) = oneshot::channel();
        let _ = self.0.send(Message::Stop(sender));
        stopped.await.expect("a stop");
    }

    type Node = mpsc::UnboundedSender<Token>;

    async fn node(done: mpsc::UnboundedSender<()>) -> Self::Node {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut next: Option<Self::Node> = None;
            while let Some(token) = receiver.recv().await {
                match (token, &next) {
                    (Token::Next(node), _) => next = Some(node),
                    (Token::Left(0), _) => drop(done.send(())),
                    (Token::Left(left), Some(next)) => drop(next.send(Token::Left(left - 1))),
                    (Token::Left(_), None) | (Token::End, _) => break,
                }
            }
        });
        sender
    }

    async fn connect(node: &Self::Node, next: Self::Node) {
        let _ = node.send(Token::Next(next));
    }

    async fn pass(node: &Self::Node, left: u64) {
        let _ = node.send(Token::Left(left));
    }

    async fn end(node: Self::Node) {
        let _ = node.send(Token::End);
        node.closed().await;
    }

    async fn skynet(leaves: u64) -> u64 {
        sum(0, leaves).await
    }
}

pub enum Token {
    Next(mpsc::UnboundedSender<Self>),
    Left(u64),
    End,
}

/// The sum of the numbers from `first`, each told by a task.
fn sum(first: u64, leaves: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        let below = leaves / 10;
        let children: [_; 10] = std::array::from_fn(|child| {
            let first = first + child as u64 * below;
            if below == 1 {
                tokio::spawn(async move { first })
            } else {
                tokio::spawn(sum(first, below))
            }
        });
        let mut sum = 0;
        for child in children {
            sum += child.await.expect("the task's sum");
        }
        sum
    })
}

/// Without names: the handle is kept.
impl Named for Actor {
    async fn start_named(map: HashMap<String, u64>) -> Self {
        Self::start(map).await
    }

    async fn fetch_named(&self, key: String) -> Option<u64> {
        self.fetch(key).await
    }
}

impl Restarts for Actor {
    async fn restarts(count: u64) -> Duration {
        let mut actor = Self::spawn(Default::default(), None);
        let began = Instant::now();
        for _ in 0..count {
            let _ = actor.0.send(Message::Crash);
            actor.0.closed().await;
            actor = Self::spawn(Default::default(), None);
            actor.empty().await;
        }
        began.elapsed()
    }
}

impl OneForAll for Actor {
    async fn one_for_all(children: u64, crashes: u64) -> Duration {
        let mut tasks = JoinSet::new();
        let mut first = start_members(&mut tasks, children).await;
        let began = Instant::now();
        for _ in 0..crashes {
            let _ = first.send(());
            let crashed = tasks.join_next().await.expect("a child");
            assert!(crashed.is_err(), "it panics");
            tasks.abort_all();
            let mut ended = 1;
            while tasks.join_next().await.is_some() {
                ended += 1;
            }
            assert_eq!(ended, children);
            first = start_members(&mut tasks, children).await;
        }
        let took = began.elapsed();
        tasks.shutdown().await;
        took
    }
}

/// Starts the children, one after the other; gives the channel of the first.
async fn start_members(tasks: &mut JoinSet<()>, children: u64) -> mpsc::UnboundedSender<()> {
    let mut senders = Vec::with_capacity(children as usize);
    for _ in 0..children {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let (ready, is_ready) = oneshot::channel();
        let keep = sender.clone();
        tasks.spawn(async move {
            let _ = ready.send(());
            // Each has a channel of its own, as any actor.
            let _keep = keep;
            if receiver.recv().await.is_some() {
                panic!("crash");
            }
        });
        is_ready.await.expect("a start");
        senders.push(sender);
    }
    senders.swap_remove(0)
}

impl Monitors for Actor {
    async fn monitors(watchers: u64) -> Duration {
        let target = Self::start(Default::default()).await;
        let (watching, heard) = (Countdown::new(watchers), Countdown::new(watchers));
        for _ in 0..watchers {
            let (target, watching, heard) = (target.clone(), watching.clone(), heard.clone());
            tokio::spawn(async move {
                let closed = target.0.closed();
                watching.arrive();
                closed.await;
                heard.arrive();
                std::future::pending::<()>().await;
            });
        }
        watching.wait(0).await;
        // All have been polled once more, and wait.
        yield_now().await;
        let began = Instant::now();
        let _ = target.0.send(Message::Stop(oneshot::channel().0));
        heard.wait(0).await;
        began.elapsed()
    }
}
