//! The loop of a server: what its callbacks may say, and how it ends.

#![allow(
    clippy::unwrap_used,
    reason = "helpers and servers of tests fail as tests do"
)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "what a handler takes is moved into it"
)]

use std::sync::Arc;
use std::time::Duration;

use beamish::prelude::*;
use beamish::{CallFailed, StopError, Timeout};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::calls::support::{
    DropMark, Gate, Log, Seen, assert_mailbox_empty, both_flavors, dead_pid, log, poll_once,
};
use crate::listening::Reports;

mod casts;
mod crashes;
mod generic;
mod info;
mod order;
mod outcomes;
mod own_client;
mod parents;
mod replies;
mod results;
mod shown;
mod stops;
mod terminate;
mod timeouts;

/// What a callback is told to do.
#[derive(Clone, Debug)]
enum Act {
    Nothing,
    Stop(ExitReason),
    Panic,
    Exit(ExitReason),
    SignalToItself(ExitReason),
    TimeoutAfter(Duration),
    Hibernate,
    /// Leaves a continuation, which writes the word and acts.
    Continue(&'static str, Box<Self>),
}

impl Act {
    /// What is not a control word, done here; the control words are left.
    fn carry_out(&self) {
        match self {
            Self::Panic => panic!("told to panic"),
            Self::Exit(reason) => exit(reason.clone()),
            Self::SignalToItself(reason) => process::exit(self_pid(), reason.clone()),
            _ => {}
        }
    }
}

fn then(word: &'static str, act: Act) -> Act {
    Act::Continue(word, Box::new(act))
}

struct Step(&'static str, Act);

impl From<Act> for NoReply<Step> {
    fn from(act: Act) -> Self {
        act.carry_out();
        match act {
            Act::Stop(reason) => Self::stop(reason),
            Act::TimeoutAfter(duration) => Self::ok().timeout_after(duration),
            Act::Hibernate => Self::ok().hibernate(),
            Act::Continue(word, act) => Self::ok().continue_with(Step(word, *act)),
            _ => Self::ok(),
        }
    }
}

impl From<Act> for Reply<&'static str, Step> {
    fn from(act: Act) -> Self {
        act.carry_out();
        match act {
            Act::Stop(reason) => Self::stop(reason, "bye"),
            Act::TimeoutAfter(duration) => Self::ok("done").timeout_after(duration),
            Act::Hibernate => Self::ok("done").hibernate(),
            Act::Continue(word, act) => Self::ok("done").continue_with(Step(word, *act)),
            _ => Self::ok("done"),
        }
    }
}

/// What `terminate` does besides writing that it ran.
#[derive(Clone, Debug, Default)]
enum End {
    #[default]
    Quiet,
    Panic,
    Exit(ExitReason),
    Wait(Gate),
    Sleep(Duration),
}

/// How a machine begins.
#[derive(Clone, Debug)]
struct Plan {
    log: Log,
    trap: bool,
    first: Act,
    end: End,
    gate: Gate,
}

fn plan() -> (Plan, Seen) {
    let (log, seen) = log();
    let gate = Gate::new();
    gate.open();
    (
        Plan {
            log,
            trap: false,
            first: Act::Nothing,
            end: End::Quiet,
            gate,
        },
        seen,
    )
}

/// A server that does what it is told and writes what happens.
#[genserver]
struct Machine {
    log: Log,
    /// How many messages changed it.
    count: u64,
    end: End,
    _mark: DropMark,
}

#[genserver]
impl Machine {
    #[init]
    async fn init(plan: Plan) -> Init<Self> {
        let Plan {
            log,
            trap,
            first,
            end,
            gate,
        } = plan;
        process::trap_exit(trap);
        gate.wait().await;
        let state = Init::ok(Self {
            log: log.clone(),
            count: 0,
            end,
            _mark: DropMark(log),
        });
        match first {
            Act::TimeoutAfter(duration) => state.timeout_after(duration),
            Act::Hibernate => state.hibernate(),
            Act::Continue(word, act) => state.continue_with(Step(word, *act)),
            _ => state,
        }
    }

    #[handle_call]
    fn call(&mut self, act: Act) -> Reply<&'static str, Step> {
        self.count += 1;
        act.into()
    }

    #[handle_call(queued)]
    fn call_queued(&mut self, act: Act) -> Reply<&'static str, Step> {
        self.count += 1;
        act.into()
    }

    #[handle_call]
    async fn call_awaited(&mut self, act: Act) -> Reply<&'static str, Step> {
        self.count += 1;
        process::yield_now().await;
        act.into()
    }

    #[handle_call]
    fn call_later(&mut self, act: Act, reply: ReplyTo<&'static str>) -> NoReply<Step> {
        self.count += 1;
        self.log
            .write(format!("unanswered {}", reply.caller().is_some()));
        act.into()
    }

    #[handle_cast]
    fn cast(&mut self, act: Act) -> NoReply<Step> {
        self.count += 1;
        act.into()
    }

    #[handle_cast]
    async fn cast_awaited(&mut self, act: Act) -> NoReply<Step> {
        self.count += 1;
        process::yield_now().await;
        act.into()
    }

    #[handle_info]
    async fn told(&mut self, act: Act) -> NoReply<Step> {
        self.count += 1;
        act.into()
    }

    #[handle_info]
    fn exit(&mut self, exit: Exit) {
        self.log.write(format!("exit {:?}", exit.reason));
    }

    #[handle_info]
    fn down(&mut self, down: Down) {
        self.log.write(format!("down {:?}", down.reason));
    }

    #[handle_info]
    fn idle(&mut self, _: Timeout) {
        self.log.write("timeout");
    }

    #[handle_continue]
    fn step(&mut self, Step(word, act): Step) -> NoReply<Step> {
        self.count += 1;
        self.log.write(word);
        act.into()
    }

    /// A message that only writes its word.
    #[handle_cast]
    fn note(&mut self, word: &'static str) {
        self.log.write(word);
    }

    #[handle_info]
    fn noted(&mut self, word: &'static str) {
        self.log.write(word);
    }

    #[handle_call]
    fn count(&self) -> u64 {
        self.count
    }

    /// Waits until the gate is open.
    #[handle_call]
    async fn hold(&mut self, gate: Gate) -> &'static str {
        self.log.write("held");
        gate.wait().await;
        self.log.write("released");
        "held"
    }

    #[handle_cast]
    async fn block(&mut self, gate: Gate) {
        self.log.write("blocked");
        gate.wait().await;
    }

    /// Hands the handle for the answer out.
    #[handle_call]
    fn hand_out(
        &mut self,
        to: oneshot::Sender<ReplyTo<&'static str>>,
        reply: ReplyTo<&'static str>,
    ) {
        to.send(reply).unwrap();
    }

    /// Calls itself.
    #[handle_call]
    async fn call_itself(&self, itself: MachineRef) -> Result<u64, CallError> {
        itself.count().await
    }

    #[handle_call]
    async fn stop_itself(&self, itself: MachineRef) -> Result<(), StopError> {
        Server::stop(&itself).await
    }

    #[handle_call]
    fn answer(&self, value: Result<u64, String>) -> Result<u64, String> {
        value
    }

    #[terminate]
    async fn terminate(&mut self, reason: &ExitReason) {
        self.log
            .write(format!("terminate {} {reason:?}", self.count));
        match self.end.clone() {
            End::Quiet => {}
            End::Panic => panic!("terminate panics"),
            End::Exit(reason) => exit(reason),
            End::Wait(gate) => gate.wait().await,
            End::Sleep(duration) => process::sleep(duration).await,
        }
    }
}

async fn machine(plan: Plan) -> MachineRef {
    Machine::start(plan).await.unwrap()
}

async fn plain_machine() -> (MachineRef, Seen) {
    let (plan, seen) = plan();
    (machine(plan).await, seen)
}

/// A second kind of server.
#[genserver]
struct Bystander;

#[genserver]
impl Bystander {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn hello(&self) -> u64 {
        1
    }

    #[handle_cast]
    fn shout(&mut self) {}
}

/// The ways in which a handler comes to run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Via {
    /// A call of a plain `fn`, by way of the caller.
    Call,
    CallQueued,
    CallAwaited,
    CallLater,
    Cast,
    CastAwaited,
    Info,
    Continue,
}

const ALL: [Via; 8] = [
    Via::Call,
    Via::CallQueued,
    Via::CallAwaited,
    Via::CallLater,
    Via::Cast,
    Via::CastAwaited,
    Via::Info,
    Via::Continue,
];

impl Via {
    const fn is_call(self) -> bool {
        matches!(
            self,
            Self::Call | Self::CallQueued | Self::CallAwaited | Self::CallLater
        )
    }

    /// The outcome of a call; `Ok("")` for what has none.
    async fn send(self, machine: &MachineRef, act: Act) -> Result<&'static str, CallError> {
        match self {
            Self::Call => return machine.call(act).await,
            Self::CallQueued => return machine.call_queued(act).await,
            Self::CallAwaited => return machine.call_awaited(act).await,
            Self::CallLater => return machine.call_later(act).await,
            Self::Cast => machine.cast(act),
            Self::CastAwaited => machine.cast_awaited(act),
            Self::Info => send(machine.pid().unwrap(), act),
            Self::Continue => machine.cast(then("step", act)),
        }
        Ok("")
    }

    /// How many messages the machine has counted when the act is done.
    const fn counted(self) -> u64 {
        match self {
            Self::Continue => 2,
            _ => 1,
        }
    }
}

fn abnormal() -> ExitReason {
    ExitReason::other("abnormal")
}

#[track_caller]
fn exited(outcome: Result<impl std::fmt::Debug, CallError>) -> ExitReason {
    match outcome {
        Err(CallError::Exit(info)) => info.reason().clone(),
        other => panic!("{other:?}"),
    }
}

/// The lines that tell of the end.
fn the_end(lines: Vec<String>) -> Vec<String> {
    lines
        .into_iter()
        .filter(|line| line.starts_with("terminate") || line == "dropped")
        .collect()
}

const SECOND: Duration = Duration::from_secs(1);
