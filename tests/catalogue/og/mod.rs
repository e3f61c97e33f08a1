//! OG: `gen_server_SUITE`.

use std::fmt;
use std::time::Duration;

use beamish::prelude::*;
use beamish::{Address, CallError, Start, StopError, Timeout};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::kit::{Directory, SECOND};
use super::process_kit::{end_of, first, ms, nothing_else, soon};
use crate::listening::Reports;

mod calls;
mod requests;
mod start;
mod stop;
mod sys;
mod timeouts;

type OnInit = Box<dyn FnOnce(Actor) -> Init<Actor> + Send>;
type OnCall = Box<dyn FnOnce() -> Reply<&'static str, Step> + Send>;
type OnEnd = Box<dyn FnOnce(&ExitReason) + Send>;
type OnCast = Box<dyn FnOnce() -> NoReply<Step> + Send>;

/// A continuation: its word, and what it returns.
struct Step(&'static str, OnCast);

/// A plain message: its word, and what the handler returns.
struct Told(&'static str, OnCast);

/// A message that a server sends to itself later.
#[derive(Debug)]
struct Scheduled(&'static str);

/// A server that is told what its callbacks return, and writes down which of them ran.
#[genserver]
struct Actor {
    log: mpsc::UnboundedSender<String>,
    owed: Option<ReplyTo<&'static str>>,
    at_end: Option<OnEnd>,
}

#[genserver]
impl Actor {
    #[init]
    async fn init(log: mpsc::UnboundedSender<String>, begin: OnInit) -> Init<Self> {
        process::yield_now().await;
        begin(Self {
            log,
            owed: None,
            at_end: None,
        })
    }

    #[handle_call]
    fn call(&mut self, act: OnCall) -> Reply<&'static str, Step> {
        act()
    }

    #[handle_call]
    async fn call_awaited(&mut self, act: OnCall) -> Reply<&'static str, Step> {
        process::yield_now().await;
        act()
    }

    /// Answers when it is told to.
    #[handle_call]
    async fn wait(&mut self, told: oneshot::Receiver<&'static str>) -> &'static str {
        told.await.unwrap_or("nothing")
    }

    /// Leaves the answer to others.
    #[handle_call]
    fn leave(
        &mut self,
        to: oneshot::Sender<ReplyTo<&'static str>>,
        act: OnCast,
        reply: ReplyTo<&'static str>,
    ) -> NoReply<Step> {
        drop(to.send(reply));
        act()
    }

    /// Answers at its next timeout.
    #[handle_call]
    fn delay(&mut self, after: Duration, reply: ReplyTo<&'static str>) -> NoReply {
        self.owed = Some(reply);
        NoReply::ok().timeout_after(after)
    }

    #[handle_call]
    fn ping(&self) -> &'static str {
        "pong"
    }

    #[handle_call]
    async fn ping_itself(&mut self, timeout: Option<Duration>) -> Result<&'static str, CallError> {
        let itself = ActorRef::try_from(self_pid()).expect("it is one");
        match timeout {
            Some(timeout) => itself.ping().timeout(timeout).await,
            None => itself.ping().infinity().await,
        }
    }

    #[handle_cast]
    fn cast(&mut self, act: OnCast) -> NoReply<Step> {
        act()
    }

    /// Does nothing else until it is told to go on.
    #[handle_cast]
    async fn block(&mut self, until: oneshot::Receiver<()>) {
        self.note("blocked");
        let _ = until.await;
    }

    #[handle_cast]
    fn at_end(&mut self, act: OnEnd) {
        self.at_end = Some(act);
    }

    #[handle_info]
    fn told(&mut self, Told(word, act): Told) -> NoReply<Step> {
        self.note(word);
        act()
    }

    #[handle_info]
    fn scheduled(&mut self, Scheduled(word): Scheduled) {
        self.note(word);
    }

    #[handle_info]
    fn timeout(&mut self, _: Timeout) {
        self.note("timeout");
        if let Some(owed) = self.owed.take() {
            owed.reply("delayed");
        }
    }

    #[handle_continue]
    fn go_on(&mut self, Step(word, act): Step) -> NoReply<Step> {
        self.note(word);
        act()
    }

    #[terminate]
    fn terminate(&mut self, reason: &ExitReason) {
        self.note(format_args!("terminate: {reason}"));
        if let Some(act) = self.at_end.take() {
            act(reason);
        }
    }
}

impl Actor {
    fn note(&self, what: impl fmt::Display) {
        let _ = self.log.send(what.to_string());
    }
}

/// What an actor wrote down.
struct Seen(mpsc::UnboundedReceiver<String>);

impl Seen {
    async fn next(&mut self) -> String {
        soon(self.0.recv()).await.expect("the actor lives")
    }

    fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }
}

fn begin(then: impl FnOnce(Actor) -> Init<Actor> + Send + 'static) -> OnInit {
    Box::new(then)
}

/// The start of an actor whose `init` ends like this, and what it writes.
fn starting(then: impl FnOnce(Actor) -> Init<Actor> + Send + 'static) -> (Start<Actor>, Seen) {
    let (log, seen) = mpsc::unbounded_channel();
    (Actor::start(log, begin(then)), Seen(seen))
}

async fn actor() -> (ActorRef, Seen) {
    actor_after(Init::ok).await
}

async fn actor_after(then: impl FnOnce(Actor) -> Init<Actor> + Send + 'static) -> (ActorRef, Seen) {
    let (start, seen) = starting(then);
    (soon(start).await.expect("it starts"), seen)
}

async fn linked_actor() -> ActorRef {
    let (log, _) = mpsc::unbounded_channel();
    soon(Actor::start_link(log, begin(Init::ok)))
        .await
        .expect("it starts")
}

fn pid_of(actor: &ActorRef) -> Pid {
    actor.pid().expect("it is known")
}

/// A reply that waits for the next message.
fn reply(word: &'static str) -> OnCall {
    Box::new(move || Reply::ok(word))
}

/// A result that waits for the next message.
fn nothing() -> OnCast {
    Box::new(NoReply::ok)
}

/// Makes an actor busy; what comes meanwhile waits in its mailbox until the result is dropped or told to.
async fn busy(actor: &ActorRef, seen: &mut Seen) -> oneshot::Sender<()> {
    let (go_on, until) = oneshot::channel();
    actor.block(until);
    assert_eq!(seen.next().await, "blocked");
    go_on
}

fn boom() -> ExitReason {
    ExitReason::other("boom")
}

/// Whether it is the reason that [`boom`] makes.
fn is_boom(reason: &ExitReason) -> bool {
    matches!(reason, ExitReason::Other(term) if term.downcast_ref() == Some(&"boom"))
}

/// The forms of a name.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    None,
    Local,
    Global,
    Via,
}

impl Form {
    const ALL: [Self; 4] = [Self::None, Self::Local, Self::Global, Self::Via];
    const NAMES: [Self; 3] = [Self::Local, Self::Global, Self::Via];

    /// The start under the name of this form.
    fn name(self, start: Start<Actor>, directory: &Directory) -> Start<Actor> {
        match self {
            Self::None => start,
            Self::Local => start.name("actor"),
            Self::Global => start.global("actor"),
            Self::Via => start.via(directory, ("actor", 1)),
        }
    }

    /// The client of whoever holds the name.
    fn client(self, directory: &Directory) -> ActorRef {
        match self {
            Self::None => unreachable!("there is no name"),
            Self::Local => ActorRef::to("actor"),
            Self::Global => ActorRef::global("actor"),
            Self::Via => ActorRef::via(directory, ("actor", 1)),
        }
    }
}
