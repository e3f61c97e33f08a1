//! ractor: one message type an actor, replies through a port.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use ractor::rpc::CallResult;
use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};
use tokio::sync::mpsc;

use super::Sum;
use crate::library::{Countdown, Library, Monitors, Named, Restarts, Sky, Up};

pub enum Message {
    Empty(RpcReplyPort<u64>),
    Fetch(String, RpcReplyPort<Option<u64>>),
    Add(u64),
    Crash,
}

struct Store;

struct State {
    map: HashMap<String, u64>,
    count: u64,
}

impl Actor for Store {
    type Msg = Message;
    type State = State;
    type Arguments = HashMap<String, u64>;

    async fn pre_start(
        &self,
        _: ActorRef<Message>,
        map: HashMap<String, u64>,
    ) -> Result<State, ActorProcessingErr> {
        Ok(State { map, count: 0 })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Empty(reply) => reply.send(state.count)?,
            Message::Fetch(key, reply) => reply.send(state.map.get(&key).copied())?,
            Message::Add(by) => state.count += by,
            Message::Crash => panic!("crash"),
        }
        Ok(())
    }
}

#[derive(Clone)]
pub struct Ractor(ActorRef<Message>);

async fn call<T: Send + 'static>(
    server: &ActorRef<Message>,
    message: impl FnOnce(RpcReplyPort<T>) -> Message + Send,
    timeout: Option<Duration>,
) -> T {
    match server.call(message, timeout).await {
        Ok(CallResult::Success(answer)) => answer,
        _ => panic!("no answer"),
    }
}

impl Library for Ractor {
    const NAME: &'static str = "ractor";

    async fn start(map: HashMap<String, u64>) -> Self {
        let (server, _) = Actor::spawn(None, Store, map).await.expect("a start");
        Self(server)
    }

    async fn empty(&self) -> u64 {
        call(&self.0, Message::Empty, None).await
    }

    async fn empty_within(&self) -> u64 {
        call(&self.0, Message::Empty, Some(Duration::from_secs(5))).await
    }

    async fn fetch(&self, key: String) -> Option<u64> {
        call(&self.0, |reply| Message::Fetch(key, reply), None).await
    }

    async fn add(&self, by: u64) {
        self.0.cast(Message::Add(by)).expect("it lives");
    }

    async fn stop(self) {
        self.0.stop_and_wait(None, None).await.expect("a stop");
    }

    type Node = ActorRef<Token>;

    async fn node(done: mpsc::UnboundedSender<()>) -> Self::Node {
        Actor::spawn(None, Node, done).await.expect("a start").0
    }

    async fn connect(node: &Self::Node, next: Self::Node) {
        node.cast(Token::Next(next)).expect("it lives");
    }

    async fn pass(node: &Self::Node, left: u64) {
        node.cast(Token::Left(left)).expect("it lives");
    }

    async fn end(node: Self::Node) {
        node.stop_and_wait(None, None).await.expect("a stop");
    }

    async fn skynet(leaves: u64) -> u64 {
        let (root, sum) = Sky::root(leaves);
        Actor::spawn(None, SkyNode, root).await.expect("a start");
        sum.await.expect("the sum")
    }
}

pub enum Token {
    Next(ActorRef<Self>),
    Left(u64),
}

struct Node;

impl Actor for Node {
    type Msg = Token;
    type State = (Option<ActorRef<Token>>, mpsc::UnboundedSender<()>);
    type Arguments = mpsc::UnboundedSender<()>;

    async fn pre_start(
        &self,
        _: ActorRef<Token>,
        done: mpsc::UnboundedSender<()>,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok((None, done))
    }

    async fn handle(
        &self,
        _: ActorRef<Token>,
        token: Token,
        (next, done): &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match (token, next) {
            (Token::Next(node), next) => *next = Some(node),
            (Token::Left(left), Some(next)) if left > 0 => next.cast(Token::Left(left - 1))?,
            (Token::Left(_), _) => done.send(())?,
        }
        Ok(())
    }
}

struct SkyNode;

enum SkyMessage {
    Grow,
    Sum(u64),
}

type SkyRef = ActorRef<SkyMessage>;

fn report(sky: &mut Option<Sky<SkyRef>>, sum: u64) {
    match sky.take().map(|sky| sky.up) {
        Some(Up::Node(parent)) => parent.cast(SkyMessage::Sum(sum)).expect("it lives"),
        Some(Up::Caller(caller)) => drop(caller.send(sum)),
        None => {}
    }
}

impl Actor for SkyNode {
    type Msg = SkyMessage;
    type State = (Option<Sky<SkyRef>>, Sum);
    type Arguments = Sky<SkyRef>;

    async fn pre_start(
        &self,
        myself: SkyRef,
        sky: Sky<SkyRef>,
    ) -> Result<Self::State, ActorProcessingErr> {
        let leaf = sky.leaves == 1;
        let first = sky.first;
        let mut sky = Some(sky);
        if leaf {
            report(&mut sky, first);
            myself.stop(None);
        } else {
            myself.cast(SkyMessage::Grow)?;
        }
        Ok((sky, Sum::default()))
    }

    async fn handle(
        &self,
        myself: SkyRef,
        message: SkyMessage,
        (sky, sum): &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match (message, &*sky) {
            (SkyMessage::Grow, Some(sky)) => {
                for child in sky.children(&myself) {
                    Actor::spawn_linked(None, Self, child, myself.get_cell()).await?;
                }
            }
            (SkyMessage::Sum(one), _) => {
                if let Some(sum) = sum.hear(one) {
                    report(sky, sum);
                    myself.stop(None);
                }
            }
            (SkyMessage::Grow, None) => {}
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: SkyRef,
        _: SupervisionEvent,
        _: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        Ok(())
    }
}

const NAME: &str = "bench.store";

impl Named for Ractor {
    async fn start_named(map: HashMap<String, u64>) -> Self {
        let name = Some(NAME.to_owned());
        Self(Actor::spawn(name, Store, map).await.expect("a start").0)
    }

    async fn fetch_named(&self, key: String) -> Option<u64> {
        let server = ActorRef::where_is(NAME).expect("a holder");
        call(&server, |reply| Message::Fetch(key, reply), None).await
    }
}

/// Starts a store, and another whenever it has failed; hands out each.
struct Supervisor;

async fn start_child(
    myself: ActorRef<()>,
    started: &mpsc::UnboundedSender<ActorRef<Message>>,
) -> Result<(), ActorProcessingErr> {
    let child = Actor::spawn_linked(None, Store, Default::default(), myself.get_cell()).await?;
    Ok(started.send(child.0)?)
}

impl Actor for Supervisor {
    type Msg = ();
    type State = mpsc::UnboundedSender<ActorRef<Message>>;
    type Arguments = Self::State;

    async fn pre_start(
        &self,
        myself: ActorRef<()>,
        started: Self::State,
    ) -> Result<Self::State, ActorProcessingErr> {
        start_child(myself, &started).await?;
        Ok(started)
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<()>,
        event: SupervisionEvent,
        started: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(..) => start_child(myself, started).await,
            _ => Ok(()),
        }
    }
}

impl Restarts for Ractor {
    async fn restarts(count: u64) -> Duration {
        let (sender, mut started) = mpsc::unbounded_channel();
        let (supervisor, _) = Actor::spawn(None, Supervisor, sender)
            .await
            .expect("a start");
        let mut store = started.recv().await.expect("a child");
        let began = Instant::now();
        for _ in 0..count {
            store.cast(Message::Crash).expect("it lives");
            store = started.recv().await.expect("a successor");
            call(&store, Message::Empty, None).await;
        }
        let took = began.elapsed();
        supervisor.stop_and_wait(None, None).await.expect("a stop");
        took
    }
}

struct Watcher;

impl Actor for Watcher {
    type Msg = ();
    type State = Countdown;
    type Arguments = (ActorCell, Countdown);

    async fn pre_start(
        &self,
        myself: ActorRef<()>,
        (target, heard): (ActorCell, Countdown),
    ) -> Result<Countdown, ActorProcessingErr> {
        myself.monitor(target);
        Ok(heard)
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<()>,
        _: SupervisionEvent,
        heard: &mut Countdown,
    ) -> Result<(), ActorProcessingErr> {
        heard.arrive();
        Ok(())
    }
}

impl Monitors for Ractor {
    async fn monitors(watchers: u64) -> Duration {
        let target = Self::start(Default::default()).await;
        let heard = Countdown::new(watchers);
        for _ in 0..watchers {
            let arguments = (target.0.get_cell(), heard.clone());
            Actor::spawn(None, Watcher, arguments)
                .await
                .expect("a start");
        }
        let began = Instant::now();
        target.0.stop(None);
        heard.wait(0).await;
        began.elapsed()
    }
}
