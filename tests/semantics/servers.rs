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
use super::starts::Reports;

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

// ---- SRV-1 ------------------------------------------------------------------------------------------------------------

both_flavors! {
    /// SRV-1: messages of all kinds are handled in the order in which they were sent.
    async fn messages_are_handled_in_the_order_of_sending() {
        let (machine, mut seen) = plain_machine().await;
        let pid = machine.pid().unwrap();
        for _ in 0..50 {
            machine.note("cast");
            send(pid, "info");
            let call = machine.hold({ let gate = Gate::new(); gate.open(); gate });
            machine.note("before the first poll");
            call.await.unwrap();
            machine.note("after");
            assert_eq!(machine.count().await.unwrap(), 0);
            assert_eq!(seen.rest(), ["cast", "info", "before the first poll", "held", "released", "after"]);
        }
    }

    /// SRV-1: one message at a time: the next one waits while a handler does.
    async fn next_message_waits_until_the_handler_is_done() {
        let (machine, mut seen) = plain_machine().await;
        let gate = Gate::new();
        machine.block(gate.clone());
        assert_eq!(seen.next().await, "blocked");
        machine.note("cast");
        send(machine.pid().unwrap(), "info");
        let mut call = Box::pin(machine.count());
        assert!(poll_once(&mut call).await.is_pending());
        for _ in 0..20 {
            process::yield_now().await;
        }
        assert_eq!(seen.rest(), [] as [&str; 0]);
        gate.open();
        call.await.unwrap();
        assert_eq!(seen.rest(), ["cast", "info"]);
    }

    /// SRV-1: a continuation of `init` runs before messages that came while `init` ran.
    async fn continuation_of_init_runs_before_messages_that_came_meanwhile() {
        let (mut plan, mut seen) = plan();
        plan.first = then("one", then("two", Act::Nothing));
        plan.gate = Gate::new();
        let gate = plan.gate.clone();
        let mut start = Box::pin(Machine::start(plan).name("machine"));
        assert!(poll_once(&mut start).await.is_pending());
        let early = MachineRef::to("machine");
        early.when_up(Duration::from_secs(30)).await.unwrap();
        early.note("three");
        send(early.pid().unwrap(), "four");
        let mut call = Box::pin(early.count());
        assert!(poll_once(&mut call).await.is_pending());
        gate.open();
        start.await.unwrap();
        assert_eq!(call.await.unwrap(), 2);
        assert_eq!(seen.rest(), ["one", "two", "three", "four"]);
    }

    /// SRV-1: a continuation of any handler runs before the next message, and continuations chain.
    async fn continuations_of_every_handler_run_before_the_next_message() {
        for via in ALL {
            let (machine, mut seen) = plain_machine().await;
            // With the message and those behind it in the mailbox together.
            let gate = Gate::new();
            machine.block(gate.clone());
            assert_eq!(seen.next().await, "blocked");
            let mut sent = Box::pin(via.send(&machine, then("one", then("two", then("three", Act::Nothing)))));
            let first = poll_once(&mut sent).await;
            machine.note("four");
            let mut last = Box::pin(machine.count());
            assert!(poll_once(&mut last).await.is_pending());
            gate.open();
            if first.is_pending() {
                let _ = sent.await;
            }
            assert_eq!(last.await.unwrap(), via.counted() + 3, "{via:?}");
            let lines: Vec<_> = seen.rest().into_iter().filter(|line| !line.starts_with("unanswered") && line != "step").collect();
            assert_eq!(lines, ["one", "two", "three", "four"], "{via:?}");
        }
    }

    /// SRV-1: the same for an idle server, which may run its handler elsewhere.
    async fn continuations_of_an_idle_servers_handler_run_before_the_next_message() {
        for via in ALL {
            let (machine, mut seen) = plain_machine().await;
            for _ in 0..30 {
                let _ = via.send(&machine, then("one", then("two", Act::Nothing))).await;
                machine.note("three");
                machine.count().await.unwrap();
                let lines: Vec<_> = seen.rest().into_iter().filter(|line| !line.starts_with("unanswered") && line != "step").collect();
                assert_eq!(lines, ["one", "two", "three"], "{via:?}");
            }
        }
    }

    /// SRV-1: a reply in the same result is sent before the continuation runs.
    async fn reply_is_sent_before_the_continuation_runs() {
        let (log, mut seen) = log();
        let slow = Slow::start(log).await.unwrap();
        for _ in 0..10 {
            let gate = Gate::new();
            assert_eq!(slow.now(gate.clone()).await.unwrap(), "answer");
            assert_eq!(seen.next().await, "begun");
            assert_eq!(seen.rest(), [] as [&str; 0]);
            gate.open();
            assert_eq!(seen.next().await, "ended");

            let gate = Gate::new();
            assert_eq!(slow.awaited(gate.clone()).await.unwrap(), "answer");
            assert_eq!(seen.next().await, "begun");
            gate.open();
            assert_eq!(seen.next().await, "ended");
        }
    }
}

/// A server whose continuations take as long as a gate is shut.
#[genserver]
struct Slow(Log);

struct Work(Gate);

#[genserver]
impl Slow {
    #[init]
    fn init(log: Log) -> Self {
        Self(log)
    }

    #[handle_call]
    fn now(&mut self, gate: Gate) -> Reply<&'static str, Work> {
        Reply::ok("answer").continue_with(Work(gate))
    }

    #[handle_call]
    async fn awaited(&mut self, gate: Gate) -> Reply<&'static str, Work> {
        process::yield_now().await;
        Reply::ok("answer").continue_with(Work(gate))
    }

    #[handle_continue]
    async fn work(&mut self, Work(gate): Work) {
        self.0.write("begun");
        gate.wait().await;
        self.0.write("ended");
    }
}

// ---- SRV-2 ------------------------------------------------------------------------------------------------------------

both_flavors! {
    /// SRV-2: the reply.
    async fn call_gives_the_reply() {
        let (machine, _seen) = plain_machine().await;
        for via in [Via::Call, Via::CallQueued, Via::CallAwaited] {
            for act in [Act::Nothing, Act::Hibernate, Act::TimeoutAfter(Duration::from_secs(60))] {
                assert_eq!(via.send(&machine, act).await.unwrap(), "done");
            }
        }
        assert_eq!(machine.count().await.unwrap(), 9);
        assert_mailbox_empty().await;
    }

    /// SRV-2: a server that ends before it answered: its reason, with what was called; the caller lives on.
    async fn call_to_a_server_that_ends_gives_its_reason() {
        let (machine, mut seen) = plain_machine().await;
        let pid = machine.pid().unwrap();
        let gate = Gate::new();
        let call = machine.hold(gate.clone());
        let reason = abnormal();
        let (outcome, ()) = tokio::join!(call, async {
            assert_eq!(seen.next().await, "held");
            process::exit(pid, reason.clone());
        });
        let Err(CallError::Exit(info)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(*info.reason(), reason);
        assert_eq!(*info.server(), pid);
        assert_eq!(info.operation(), "hold");
        assert_eq!(info.timeout(), Some(Duration::from_secs(5)));
        process::yield_now().await;
        assert_mailbox_empty().await;
    }

    /// SRV-2: also a call that waits in the mailbox when the server ends.
    async fn call_that_waits_in_the_mailbox_of_a_server_that_ends_gives_its_reason() {
        for (sent, expected) in [(abnormal(), None), (ExitReason::Kill, Some(ExitReason::Killed)), (ExitReason::Shutdown, None)] {
            let expected = expected.unwrap_or(sent.clone());
            let (machine, mut seen) = plain_machine().await;
            machine.block(Gate::new());
            assert_eq!(seen.next().await, "blocked");
            let (one, two) = (machine.call(Act::Nothing), machine.call_awaited(Act::Nothing));
            let three = machine.hold(Gate::new());
            let (one, two, three, ()) = tokio::join!(one, two, three, async {
                process::exit(machine.pid().unwrap(), sent);
            });
            assert_eq!(exited(one), expected);
            assert_eq!(exited(two), expected);
            assert_eq!(exited(three), expected);
            assert_eq!(seen.rest(), ["dropped"]);
        }
    }

    /// SRV-2: the server stops by itself, with calls behind.
    async fn call_behind_a_stop_gives_the_servers_reason() {
        for reason in [ExitReason::Normal, abnormal()] {
            let (machine, mut seen) = plain_machine().await;
            let gate = Gate::new();
            machine.block(gate.clone());
            assert_eq!(seen.next().await, "blocked");
            machine.cast(Act::Stop(reason.clone()));
            let (one, two, ()) = tokio::join!(machine.call(Act::Nothing), machine.hold(Gate::new()), async { gate.open() });
            assert_eq!(exited(one), reason);
            assert_eq!(exited(two), reason);
        }
    }

    /// SRV-2: OTP `noproc`, for a dead process and for a name that nobody holds.
    async fn call_to_nobody_gives_noproc() {
        let (machine, _seen) = plain_machine().await;
        let pid = machine.pid().unwrap();
        machine.stop().await.unwrap();
        let outcome = machine.call(Act::Nothing).await;
        let Err(CallError::NoProc(info)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(*info.reason(), ExitReason::NoProc);
        assert_eq!(*info.server(), pid);
        assert_eq!(info.operation(), "call");

        let outcome = MachineRef::to("nobody").call_awaited(Act::Nothing).await;
        let Err(CallError::NoProc(info)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(*info.server(), "nobody");
        assert_eq!(info.operation(), "call_awaited");
        assert_mailbox_empty().await;
    }
}

/// SRV-2: 5000 ms unless told otherwise.
#[beamish::test(start_paused)]
async fn call_times_out_after_five_seconds() {
    let (machine, _seen) = plain_machine().await;
    let before = Instant::now();
    let outcome = machine.hold(Gate::new()).await;
    assert_eq!(before.elapsed(), Duration::from_secs(5));
    let Err(CallError::Timeout(info)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(*info.reason(), ExitReason::Timeout);
    assert_eq!(*info.server(), machine.pid().unwrap());
    assert_eq!(info.operation(), "hold");
    assert_eq!(info.timeout(), Some(Duration::from_secs(5)));
}

/// SRV-2: a timeout of one's own, and none.
#[beamish::test(start_paused)]
async fn call_times_out_when_it_is_told_to() {
    let (machine, _seen) = plain_machine().await;
    for timeout in [
        Duration::ZERO,
        Duration::from_millis(1),
        Duration::from_secs(7),
        Duration::from_secs(100_000),
    ] {
        let before = Instant::now();
        let outcome = machine.hold(Gate::new()).timeout(timeout).await;
        assert_eq!(before.elapsed(), timeout);
        let Err(CallError::Timeout(info)) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(info.timeout(), Some(timeout));
    }
    let gate = Gate::new();
    let (slow, _slow_seen) = plain_machine().await;
    let before = Instant::now();
    let (outcome, ()) = tokio::join!(slow.hold(gate.clone()).infinity(), async {
        process::sleep(Duration::from_secs(1_000_000)).await;
        gate.open();
    });
    assert_eq!(outcome.unwrap(), "held");
    assert!(before.elapsed() >= Duration::from_secs(1_000_000));
}

/// SRV-2: an infinite call still hears of the server's end, and says that its timeout was none.
#[beamish::test]
async fn infinite_call_gives_the_reason_of_a_server_that_ends() {
    let (machine, mut seen) = plain_machine().await;
    let (outcome, ()) = tokio::join!(machine.hold(Gate::new()).infinity(), async {
        assert_eq!(seen.next().await, "held");
        process::kill(machine.pid().unwrap());
    });
    let Err(CallError::Exit(info)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((info.reason(), info.timeout()), (&ExitReason::Killed, None));
}

/// SRV-2: OTP `calling_self`, by pid and by name.
#[beamish::test]
async fn server_that_calls_itself_gets_calling_self() {
    let (plan, _seen) = plan();
    let machine = Machine::start(plan).name("machine").await.unwrap();
    for itself in [
        machine.clone(),
        MachineRef::to("machine"),
        MachineRef::try_from(machine.pid().unwrap()).unwrap(),
    ] {
        let outcome = machine.call_itself(itself).await.unwrap();
        let Err(CallError::CallingSelf(info)) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(info.operation(), "count");
    }
    assert_eq!(machine.count().await.unwrap(), 0);
}

/// SRV-2, decision C3: a name that another kind of server holds.
#[beamish::test]
async fn call_to_a_server_of_another_type_is_refused() {
    Bystander::start().name("bystander").await.unwrap();
    let wrong = MachineRef::to("bystander");
    for outcome in [
        wrong.call(Act::Nothing).await,
        wrong.hold(Gate::new()).await,
    ] {
        let Err(CallError::WrongServer {
            expected, found, ..
        }) = outcome
        else {
            panic!("{outcome:?}")
        };
        assert!(
            expected.ends_with("Machine") && found.ends_with("Bystander"),
            "{expected} {found}"
        );
    }
    let plain = spawn(std::future::pending::<()>());
    process::register("plain", plain).unwrap();
    assert!(matches!(
        MachineRef::to("plain").count().await,
        Err(CallError::WrongServer { .. })
    ));
    assert_eq!(BystanderRef::to("bystander").hello().await.unwrap(), 1);
    assert!(process::alive(plain));
}

/// SRV-2: with `?` a failed call ends the caller as in OTP: with the call's reason and what was called.
#[beamish::test]
async fn failed_call_becomes_the_exit_reason_of_a_process_that_passes_it_on() {
    let nobody = MachineRef::to("nobody");
    let (tell, told) = oneshot::channel::<()>();
    let caller = spawn(async move {
        let _ = told.await;
        nobody.call(Act::Nothing).await?;
        Ok::<_, CallError>(())
    });
    let end = process::monitored(caller);
    tell.send(()).unwrap();
    let reason = end.await;
    let ExitReason::Call(info) = &reason else {
        panic!("{reason:?}")
    };
    assert_eq!(
        (info.reason(), info.operation()),
        (&ExitReason::NoProc, "call")
    );
    assert_eq!(*info.server(), "nobody");
}

/// Design 3.6: `Result` is an ordinary reply; `flat` makes one error of both.
#[beamish::test]
async fn reply_that_is_a_result_arrives_as_it_was_given() {
    let (machine, _seen) = plain_machine().await;
    assert_eq!(machine.answer(Ok(1)).await.unwrap(), Ok(1));
    assert_eq!(
        machine.answer(Err("no".to_owned())).await.unwrap(),
        Err("no".to_owned())
    );
    assert_eq!(machine.answer(Ok(1)).flat().await.unwrap(), 1);
    assert!(
        matches!(machine.answer(Err("no".to_owned())).flat().await, Err(CallFailed::Server(text)) if text == "no")
    );
    let nobody = MachineRef::to("nobody").answer(Ok(1)).flat().await;
    assert!(matches!(
        nobody,
        Err(CallFailed::Call(CallError::NoProc(_)))
    ));
}

// ---- SRV-3 ------------------------------------------------------------------------------------------------------------

/// SRV-3: a reply after the timeout never reaches the mailbox; the server is not told and handles the request.
#[beamish::test(start_paused)]
async fn late_reply_vanishes() {
    process::trap_exit(true);
    let (machine, mut seen) = plain_machine().await;
    let gate = Gate::new();
    let call = machine.hold(gate.clone()).timeout(Duration::from_secs(1));
    assert!(matches!(call.await, Err(CallError::Timeout(_))));
    assert_eq!(seen.rest(), ["held"]);
    gate.open();
    machine.count().await.unwrap();
    assert_eq!(seen.rest(), ["released"]);
    assert_mailbox_empty().await;
    // The monitor is gone too.
    process::kill(machine.pid().unwrap());
    process::monitored(machine.pid().unwrap()).await;
    assert_mailbox_empty().await;
    assert_eq!(process::info(self_pid()).unwrap().monitors, []);
}

/// SRV-3: a request that is still in the mailbox when its call times out is handled nevertheless.
#[beamish::test(start_paused)]
async fn request_whose_call_timed_out_is_handled_nevertheless() {
    let (machine, mut seen) = plain_machine().await;
    let gate = Gate::new();
    machine.block(gate.clone());
    assert_eq!(seen.next().await, "blocked");
    let outcome = machine
        .call(Act::Nothing)
        .timeout(Duration::from_secs(1))
        .await;
    assert!(matches!(outcome, Err(CallError::Timeout(_))));
    gate.open();
    assert_eq!(machine.count().await.unwrap(), 1);
}

/// SRV-3: "looks once more": a reply that came before the caller looked is returned, though the time is over.
#[beamish::test(start_paused)]
async fn reply_that_has_come_is_returned_though_the_time_is_over() {
    let (machine, mut seen) = plain_machine().await;
    let gate = Gate::new();
    let mut call = Box::pin(
        machine
            .hold(gate.clone())
            .timeout(Duration::from_millis(100)),
    );
    assert!(poll_once(&mut call).await.is_pending());
    assert_eq!(seen.next().await, "held");
    gate.open();
    machine.count().await.unwrap();
    assert_eq!(seen.rest(), ["released"]);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(call.await.unwrap(), "held");
}

// ---- SRV-4 ------------------------------------------------------------------------------------------------------------

both_flavors! {
    /// SRV-4: a reply from another process, a plain task and a thread, after the handler has returned.
    async fn reply_may_come_later_from_anywhere() {
        let (machine, _seen) = plain_machine().await;
        for answer in ["process", "task", "thread", "server"] {
            let (to, handed) = oneshot::channel();
            let elsewhere = async {
                let reply: ReplyTo<&'static str> = handed.await.unwrap();
                assert_eq!(reply.caller(), Some(self_pid()));
                assert_eq!(machine.count().await.unwrap(), 0, "the server goes on");
                match answer {
                    "process" => drop(spawn(async move { reply.reply(answer) })),
                    "task" => drop(tokio::spawn(async move { reply.reply(answer) })),
                    "thread" => std::thread::spawn(move || reply.reply(answer)).join().unwrap(),
                    _ => reply.reply(answer),
                }
            };
            let (outcome, ()) = tokio::join!(machine.hand_out(to), elsewhere);
            assert_eq!(outcome.unwrap(), answer);
        }
        assert_mailbox_empty().await;
    }

    /// SRV-4: a reply to a caller who has given up, or is dead, vanishes.
    async fn reply_to_who_does_not_wait_vanishes() {
        let (machine, _seen) = plain_machine().await;
        let (to, handed) = oneshot::channel();
        let mut call = Box::pin(machine.hand_out(to));
        assert!(poll_once(&mut call).await.is_pending());
        let reply = handed.await.unwrap();
        drop(call);
        reply.reply("nobody listens");

        let (to, handed) = oneshot::channel();
        let client = machine.clone();
        let caller = spawn(async move { drop(client.hand_out(to).await) });
        let reply = handed.await.unwrap();
        assert_eq!(reply.caller(), Some(caller));
        process::kill(caller);
        process::monitored(caller).await;
        reply.reply("nobody is there");
        assert_eq!(machine.count().await.unwrap(), 0);
        assert_mailbox_empty().await;
    }

    /// SRV-4, SRV-2: a server that ends before the reply comes: its reason; the reply vanishes.
    async fn call_to_be_answered_later_gives_the_reason_of_a_server_that_ends() {
        for reason in [ExitReason::Normal, abnormal()] {
            let (machine, _seen) = plain_machine().await;
            let (to, handed) = oneshot::channel();
            let (outcome, reply) = tokio::join!(machine.hand_out(to), async {
                let reply = handed.await.unwrap();
                machine.cast(Act::Stop(reason.clone()));
                reply
            });
            assert_eq!(exited(outcome), reason);
            reply.reply("too late");
            assert_mailbox_empty().await;
        }
    }

    /// SRV-4, SRV-2: the same for handles that are kept in the state, however the server ends.
    async fn call_whose_handle_is_in_the_state_gives_the_reason_of_a_server_that_ends() {
        for reason in [ExitReason::Normal, ExitReason::Shutdown, abnormal()] {
            for end in ["stop", "cast", "exit", "signal", "signal to itself", "stop in a call"] {
                let keeper = Keeper::start().await.unwrap();
                let pid = keeper.pid().unwrap();
                let mut calls = [Box::pin(keeper.keep()), Box::pin(keeper.keep()), Box::pin(keeper.keep())];
                for call in &mut calls {
                    assert!(poll_once(call).await.is_pending());
                }
                assert_eq!(keeper.kept().await.unwrap(), 3);
                match end {
                    "stop" => keeper.stop().reason(reason.clone()).await.unwrap(),
                    "cast" => keeper.end_with(Act::Stop(reason.clone())),
                    "exit" => keeper.end_with(Act::Exit(reason.clone())),
                    "signal" if reason == ExitReason::Normal => continue,
                    "signal" => process::exit(pid, reason.clone()),
                    "signal to itself" => keeper.end_with(Act::SignalToItself(reason.clone())),
                    _ => assert_eq!(keeper.end(reason.clone()).await.unwrap(), "bye"),
                }
                for call in calls {
                    assert_eq!(exited(call.await), reason, "{end}");
                }
            }
        }
        let keeper = Keeper::start().await.unwrap();
        let (one, two, ()) = tokio::join!(keeper.keep(), keeper.keep(), async { keeper.end_with(Act::Panic) });
        assert!(matches!(exited(one), ExitReason::Panic(_)));
        assert!(matches!(exited(two), ExitReason::Panic(_)));
    }

    /// SRV-4, decision A28: a handle that is dropped: OTP's caller would wait for its timeout.
    async fn call_whose_handle_is_dropped_gives_no_reply_at_once() {
        let (machine, _seen) = plain_machine().await;
        let outcome = machine.call_later(Act::Nothing).infinity().await;
        let Err(CallError::NoReply(info)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(info.operation(), "call_later");
        let (to, handed) = oneshot::channel();
        let (outcome, ()) = tokio::join!(machine.hand_out(to).infinity(), async { drop(handed.await.unwrap()) });
        assert!(matches!(outcome, Err(CallError::NoReply(_))));
        assert!(machine.is_alive());
    }
}

/// A server that keeps the handles of its callers.
#[genserver]
struct Keeper(Vec<ReplyTo<u64>>);

#[genserver]
impl Keeper {
    #[init]
    fn init() -> Self {
        Self(Vec::new())
    }

    #[handle_call]
    fn keep(&mut self, reply: ReplyTo<u64>) {
        self.0.push(reply);
    }

    #[handle_call]
    fn kept(&self) -> usize {
        self.0.len()
    }

    #[handle_cast]
    fn end_with(&mut self, act: Act) -> NoReply {
        act.carry_out();
        match act {
            Act::Stop(reason) => NoReply::stop(reason),
            _ => NoReply::ok(),
        }
    }

    #[handle_call]
    fn end(&mut self, reason: ExitReason) -> Reply<&'static str> {
        Reply::stop(reason, "bye")
    }
}

// ---- SRV-5 ------------------------------------------------------------------------------------------------------------

/// SRV-5: to a dead process, an unheld name, another kind of server: nothing happens.
#[beamish::test]
async fn cast_to_nobody_does_nothing() {
    let (reports, _listening) = Reports::listen();
    let (machine, _seen) = plain_machine().await;
    machine.stop().await.unwrap();
    machine.cast(Act::Panic);
    MachineRef::to("nobody").cast(Act::Panic);
    assert_eq!(reports.at(tracing::Level::WARN), [] as [&str; 0]);
    let bystander = Bystander::start().name("bystander").await.unwrap();
    MachineRef::to("bystander").cast(Act::Panic);
    assert_eq!(
        reports.at(tracing::Level::WARN).len(),
        1,
        "a cast to a server of another type is logged"
    );
    assert_eq!(bystander.hello().await.unwrap(), 1);
    bystander.shout();
    assert_eq!(bystander.hello().await.unwrap(), 1);
}

/// SRV-5: a cast returns while the server is busy, and is handled later.
#[beamish::test]
async fn cast_returns_at_once() {
    let (machine, mut seen) = plain_machine().await;
    let gate = Gate::new();
    machine.block(gate.clone());
    assert_eq!(seen.next().await, "blocked");
    for _ in 0..10_000 {
        machine.cast(Act::Nothing);
    }
    gate.open();
    assert_eq!(machine.count().await.unwrap(), 10_001 - 1);
}

/// SRV-5, design 3.2: a cast is never run by who sends it.
#[beamish::test]
async fn cast_to_an_idle_server_is_not_run_by_the_sender() {
    let (machine, mut seen) = plain_machine().await;
    machine.count().await.unwrap();
    machine.note("cast");
    assert_eq!(seen.rest(), [] as [&str; 0]);
    machine.count().await.unwrap();
    assert_eq!(seen.rest(), ["cast"]);
}

// ---- SRV-6 ------------------------------------------------------------------------------------------------------------

both_flavors! {
    /// SRV-6: OTP `{stop, Reason, Reply, State}`: terminate, then the reply, then the end.
    async fn stop_with_a_reply_runs_terminate_then_replies_then_ends() {
        for via in [Via::Call, Via::CallQueued, Via::CallAwaited] {
            for reason in [ExitReason::Normal, ExitReason::Shutdown, abnormal()] {
                let (mut plan, mut seen) = plan();
                let gate = Gate::new();
                plan.end = End::Wait(gate.clone());
                let machine = machine(plan).await;
                let end = process::monitored(machine.pid().unwrap());
                let mut call = Box::pin(via.send(&machine, Act::Stop(reason.clone())));
                assert!(poll_once(&mut call).await.is_pending(), "{via:?}: the reply waits for terminate");
                assert_eq!(seen.next().await, format!("terminate 1 {reason:?}"));
                for _ in 0..20 {
                    process::yield_now().await;
                    assert!(poll_once(&mut call).await.is_pending(), "{via:?}: the reply waits for terminate");
                }
                gate.open();
                assert_eq!(call.await.unwrap(), "bye", "{via:?}");
                assert_eq!(end.await, reason, "{via:?}");
                assert_eq!(seen.rest(), ["dropped"]);
            }
        }
    }

    /// SRV-6: the reply is sent even if terminate crashes.
    async fn stop_with_a_reply_replies_even_if_terminate_crashes() {
        for via in [Via::Call, Via::CallQueued, Via::CallAwaited] {
            for end in [End::Panic, End::Exit(abnormal())] {
                let (mut plan, _seen) = plan();
                plan.end = end;
                let machine = machine(plan).await;
                let end = process::monitored(machine.pid().unwrap());
                assert_eq!(via.send(&machine, Act::Stop(ExitReason::Normal)).await.unwrap(), "bye", "{via:?}");
                assert_ne!(end.await, ExitReason::Normal, "{via:?}");
            }
        }
    }

    /// SRV-6: OTP `{stop, Reason, State}`: without a reply the caller gets the reason.
    async fn stop_without_a_reply_gives_the_caller_the_reason() {
        for reason in [ExitReason::Normal, abnormal()] {
            let (machine, mut seen) = plain_machine().await;
            let end = process::monitored(machine.pid().unwrap());
            assert_eq!(exited(machine.call_later(Act::Stop(reason.clone())).await), reason);
            assert_eq!(end.await, reason);
            assert_eq!(seen.rest(), ["unanswered true".to_owned(), format!("terminate 1 {reason:?}"), "dropped".to_owned()]);
        }
    }

    /// SRV-6, SRV-9: stop from each kind of handler.
    async fn stop_from_every_handler_runs_terminate_and_ends_with_the_reason() {
        for via in ALL {
            for reason in [ExitReason::Normal, ExitReason::Shutdown, abnormal()] {
                let (machine, mut seen) = plain_machine().await;
                let end = process::monitored(machine.pid().unwrap());
                let outcome = via.send(&machine, Act::Stop(reason.clone())).await;
                assert_eq!(outcome.is_ok(), via != Via::CallLater);
                assert_eq!(end.await, reason, "{via:?}");
                let terminated = format!("terminate {} {reason:?}", via.counted());
                assert_eq!(the_end(seen.rest()), [terminated, "dropped".to_owned()], "{via:?}");
            }
        }
    }

    /// SRV-6: nothing is handled after a stop.
    async fn messages_behind_a_stop_are_not_handled() {
        for via in ALL {
            let (machine, mut seen) = plain_machine().await;
            let end = process::monitored(machine.pid().unwrap());
            let gate = Gate::new();
            machine.block(gate.clone());
            assert_eq!(seen.next().await, "blocked");
            let mut sent = Box::pin(via.send(&machine, Act::Stop(abnormal())));
            let _ = poll_once(&mut sent).await;
            machine.note("too late");
            gate.open();
            end.await;
            assert!(!seen.rest().contains(&"too late".to_owned()), "{via:?}");
        }
    }
}

// ---- SRV-7 ------------------------------------------------------------------------------------------------------------

both_flavors! {
    /// SRV-7, decision A25: a panic: terminate with it and the last state, then the end with that reason; a caller gets it,
    /// and lives on.
    async fn panic_in_every_handler_runs_terminate_and_ends_with_it() {
        for via in ALL {
            let (machine, mut seen) = plain_machine().await;
            let end = process::monitored(machine.pid().unwrap());
            let outcome = via.send(&machine, Act::Panic).await;
            let reason = end.await;
            let ExitReason::Panic(panic) = &reason else { panic!("{via:?}: {reason:?}") };
            assert_eq!(panic.message(), "told to panic");
            assert!(panic.file().unwrap().ends_with("servers.rs"));
            if via.is_call() {
                assert_eq!(exited(outcome), reason, "{via:?}");
            }
            let terminated = format!("terminate {} {reason:?}", via.counted());
            assert_eq!(the_end(seen.rest()), [terminated, "dropped".to_owned()], "{via:?}");
        }
        assert_mailbox_empty().await;
    }

    /// SRV-7, decision A3: OTP `exit(Reason)` in a handler: terminate with the reason, then the end; a caller gets it.
    async fn exit_in_every_handler_runs_terminate_and_ends_with_the_reason() {
        for via in ALL {
            for reason in [ExitReason::Normal, ExitReason::Shutdown, ExitReason::Kill, abnormal()] {
                let (machine, mut seen) = plain_machine().await;
                let end = process::monitored(machine.pid().unwrap());
                let outcome = via.send(&machine, Act::Exit(reason.clone())).await;
                assert_eq!(end.await, reason, "{via:?}");
                if via.is_call() {
                    assert_eq!(exited(outcome), reason, "{via:?}");
                }
                let terminated = format!("terminate {} {reason:?}", via.counted());
                assert_eq!(the_end(seen.rest()), [terminated, "dropped".to_owned()], "{via:?}");
            }
        }
    }

    /// SRV-9, EXI-5, decision A3: an exit signal to itself is no exception: no terminate, and no reply.
    async fn exit_signal_to_itself_in_every_handler_ends_it_without_terminate_or_reply() {
        for via in ALL {
            for (sent, reason) in [
                (ExitReason::Normal, ExitReason::Normal),
                (ExitReason::Kill, ExitReason::Killed),
                (abnormal(), ExitReason::Timeout),
            ] {
                let reason = if reason == ExitReason::Timeout { sent.clone() } else { reason };
                let (machine, mut seen) = plain_machine().await;
                let end = process::monitored(machine.pid().unwrap());
                let outcome = via.send(&machine, Act::SignalToItself(sent)).await;
                assert_eq!(end.await, reason, "{via:?}");
                if via.is_call() {
                    assert_eq!(exited(outcome), reason, "{via:?}");
                }
                assert_eq!(the_end(seen.rest()), ["dropped"], "{via:?}");
            }
        }
    }

    /// EXI-1, decision A3: one that traps exits gets a message, and goes on.
    async fn exit_signal_to_itself_of_a_server_that_traps_is_a_message() {
        for via in [Via::Call, Via::CallQueued, Via::CallAwaited, Via::Cast] {
            let (mut plan, mut seen) = plan();
            plan.trap = true;
            let machine = machine(plan).await;
            let reason = abnormal();
            let outcome = via.send(&machine, Act::SignalToItself(reason.clone())).await;
            assert!(outcome.is_ok(), "{via:?}: {outcome:?}");
            assert_eq!(machine.count().await.unwrap(), 1);
            assert_eq!(seen.rest(), [format!("exit {reason:?}")], "{via:?}");
        }
    }
}

/// SRV-7, EXI-6: which ends are reported as crashes.
#[beamish::test]
async fn only_abnormal_ends_are_reported() {
    let (reports, _listening) = Reports::listen();
    for (act, reported) in [
        (Act::Panic, 1),
        (Act::Exit(abnormal()), 1),
        (Act::Stop(abnormal()), 1),
        (Act::Exit(ExitReason::Shutdown), 0),
        (Act::Stop(ExitReason::Normal), 0),
        (Act::Stop(ExitReason::shutdown_with(1)), 0),
    ] {
        for via in ALL {
            let (machine, _seen) = plain_machine().await;
            let pid = machine.pid().unwrap();
            let end = process::monitored(pid);
            let _ = via.send(&machine, act.clone()).await;
            end.await;
            assert_eq!(reports.crashes(pid).len(), reported, "{act:?} {via:?}");
        }
    }
}

// ---- SRV-8 ------------------------------------------------------------------------------------------------------------

/// A process that starts a machine, linked, and ends with the reason that it is sent.
async fn child_of_a_process(plan: Plan) -> (MachineRef, Pid) {
    let (tell, told) = oneshot::channel();
    let parent = spawn(async move {
        let machine = Machine::start_link(plan).await.unwrap();
        tell.send(machine).unwrap();
        let reason: ExitReason = process::receive().await;
        exit(reason);
    });
    (told.await.unwrap(), parent)
}

both_flavors! {
    /// SRV-8: a server that traps: its parent's exit does not reach `handle_info`; it terminates and ends with the reason.
    async fn server_that_traps_terminates_when_its_parent_ends() {
        for reason in [ExitReason::Normal, ExitReason::Shutdown, abnormal()] {
            let (mut plan, mut seen) = plan();
            plan.trap = true;
            let (machine, parent) = child_of_a_process(plan).await;
            let end = process::monitored(machine.pid().unwrap());
            send(parent, reason.clone());
            assert_eq!(end.await, reason);
            assert_eq!(seen.rest(), [format!("terminate 0 {reason:?}"), "dropped".to_owned()]);
        }
    }

    /// SRV-8: the same for a parent that is killed, and for a signal that the parent sends.
    async fn server_that_traps_terminates_when_its_parent_says_so() {
        let (mut plan, mut seen) = plan();
        plan.trap = true;
        let (machine, parent) = child_of_a_process(plan.clone()).await;
        let end = process::monitored(machine.pid().unwrap());
        process::kill(parent);
        assert_eq!(end.await, ExitReason::Killed);
        assert_eq!(seen.rest(), [format!("terminate 0 {:?}", ExitReason::Killed), "dropped".to_owned()]);

        let machine = Machine::start_link(plan).await.unwrap();
        process::trap_exit(true);
        let end = process::monitored(machine.pid().unwrap());
        let reason = abnormal();
        process::exit(machine.pid().unwrap(), reason.clone());
        assert_eq!(end.await, reason);
        assert_eq!(seen.rest(), [format!("terminate 0 {reason:?}"), "dropped".to_owned()]);
    }

    /// SRV-8: exits of others are messages.
    async fn server_that_traps_gets_the_exits_of_others_as_messages() {
        let (mut plan, mut seen) = plan();
        plan.trap = true;
        let (machine, _parent) = child_of_a_process(plan).await;
        let pid = machine.pid().unwrap();
        for reason in [ExitReason::Normal, ExitReason::Shutdown, abnormal()] {
            process::exit(pid, reason.clone());
            machine.count().await.unwrap();
            assert_eq!(seen.rest(), [format!("exit {reason:?}")]);
            let ended = reason.clone();
            let linked = spawn(async move {
                process::link(pid);
                exit(ended);
            });
            process::monitored(linked).await;
            machine.count().await.unwrap();
            assert_eq!(seen.rest(), [format!("exit {reason:?}")]);
        }
        assert!(machine.is_alive());
    }

    /// SRV-8: who started it without a link is no parent.
    async fn starter_without_a_link_is_no_parent() {
        let (mut plan, mut seen) = plan();
        plan.trap = true;
        let machine = machine(plan).await;
        let reason = abnormal();
        process::exit(machine.pid().unwrap(), reason.clone());
        machine.count().await.unwrap();
        assert_eq!(seen.rest(), [format!("exit {reason:?}")]);
    }

    /// SRV-8: a server that does not trap survives a parent that ends with `normal`.
    async fn server_that_does_not_trap_survives_its_parents_normal_end() {
        let (plan, mut seen) = plan();
        let (machine, parent) = child_of_a_process(plan).await;
        send(parent, ExitReason::Normal);
        process::monitored(parent).await;
        assert_eq!(machine.call(Act::Nothing).await.unwrap(), "done");
        assert_eq!(seen.rest(), [] as [&str; 0]);
    }

    /// SRV-8: and ends, without terminate, with any other reason.
    async fn server_that_does_not_trap_ends_with_its_parent_without_terminate() {
        for reason in [ExitReason::Shutdown, ExitReason::shutdown_with(1), abnormal()] {
            let (plan, mut seen) = plan();
            let (machine, parent) = child_of_a_process(plan).await;
            let end = process::monitored(machine.pid().unwrap());
            send(parent, reason.clone());
            assert_eq!(end.await, reason);
            assert_eq!(seen.rest(), ["dropped"]);
        }
    }

    /// SRV-8, SRV-1, LNK-5: a trapped exit of the parent has its place in the order of messages.
    async fn parents_exit_waits_behind_the_parents_messages() {
        let (mut plan, mut seen) = plan();
        plan.trap = true;
        let machine = Machine::start_link(plan).await.unwrap();
        process::trap_exit(true);
        let end = process::monitored(machine.pid().unwrap());
        let gate = Gate::new();
        machine.block(gate.clone());
        assert_eq!(seen.next().await, "blocked");
        machine.note("one");
        send(machine.pid().unwrap(), "two");
        process::exit(machine.pid().unwrap(), ExitReason::Shutdown);
        machine.note("three");
        gate.open();
        assert_eq!(end.await, ExitReason::Shutdown);
        assert_eq!(
            seen.rest(),
            ["one".to_owned(), "two".to_owned(), format!("terminate 0 {:?}", ExitReason::Shutdown), "dropped".to_owned()],
        );
    }

    /// Design 3.6: a parent's exit waits for a handler that hangs; a kill does not.
    async fn parents_exit_waits_for_the_handler_but_a_kill_does_not() {
        let (mut plan, mut seen) = plan();
        plan.trap = true;
        let machine = Machine::start_link(plan).await.unwrap();
        process::trap_exit(true);
        let mut end = process::monitored(machine.pid().unwrap());
        machine.block(Gate::new());
        assert_eq!(seen.next().await, "blocked");
        process::exit(machine.pid().unwrap(), ExitReason::Shutdown);
        for _ in 0..20 {
            process::yield_now().await;
            assert!(poll_once(&mut end).await.is_pending());
        }
        assert!(machine.is_alive());
        process::kill(machine.pid().unwrap());
        assert_eq!(end.await, ExitReason::Killed);
        assert_eq!(seen.rest(), ["dropped"]);
    }
}

/// SRV-8: the supervisor of a server is its parent.
#[beamish::test]
async fn supervisor_is_the_parent_of_its_children() {
    let (mut plan, mut seen) = plan();
    plan.trap = true;
    let top = beamish::Supervisor::new(beamish::Strategy::OneForOne)
        .child(beamish::ChildSpec::new(move || {
            Machine::start_link(plan.clone()).name("machine")
        }))
        .start()
        .await
        .unwrap();
    assert_eq!(
        process::info(process::whereis("machine").unwrap())
            .unwrap()
            .parent,
        top.pid()
    );
    top.stop().await.unwrap();
    assert_eq!(
        seen.rest(),
        [
            format!("terminate 0 {:?}", ExitReason::Shutdown),
            "dropped".to_owned()
        ]
    );
}

// ---- SRV-9 ------------------------------------------------------------------------------------------------------------

both_flavors! {
    /// SRV-9: not on a kill, nor on an untrapped signal; idle or in the middle of a handler.
    async fn terminate_does_not_run_when_a_signal_ends_the_server() {
        for (sent, reason) in [(ExitReason::Kill, Some(ExitReason::Killed)), (ExitReason::Shutdown, None), (abnormal(), None)] {
            let reason = reason.unwrap_or(sent.clone());
            for busy in [false, true] {
                for trap in [false, true] {
                    if trap && sent != ExitReason::Kill {
                        continue;
                    }
                    let (mut plan, mut seen) = plan();
                    plan.trap = trap;
                    let machine = machine(plan).await;
                    if busy {
                        machine.block(Gate::new());
                        assert_eq!(seen.next().await, "blocked");
                    } else {
                        machine.count().await.unwrap();
                    }
                    let end = process::monitored(machine.pid().unwrap());
                    process::exit(machine.pid().unwrap(), sent.clone());
                    assert_eq!(end.await, reason);
                    assert_eq!(seen.rest(), ["dropped"]);
                }
            }
        }
    }

    /// SRV-9, EXI-1: an exit signal `normal` from another process does nothing to a server that does not trap.
    async fn normal_signal_does_nothing_to_a_server() {
        let (machine, mut seen) = plain_machine().await;
        process::exit(machine.pid().unwrap(), ExitReason::Normal);
        assert_eq!(machine.count().await.unwrap(), 0);
        assert_eq!(seen.rest(), [] as [&str; 0]);
    }

    /// SRV-9: a crash in terminate takes the place of the reason.
    async fn crash_in_terminate_replaces_the_reason() {
        let other = ExitReason::other("other");
        for act in [Act::Stop(ExitReason::Normal), Act::Panic, Act::Exit(abnormal())] {
            for via in [Via::Call, Via::Cast] {
                let (mut plan, mut seen) = plan();
                plan.end = End::Exit(other.clone());
                let server = machine(plan.clone()).await;
                let end = process::monitored(server.pid().unwrap());
                let _ = via.send(&server, act.clone()).await;
                assert_eq!(end.await, other);
                assert_eq!(the_end(seen.rest()).len(), 2);

                plan.end = End::Panic;
                let server = machine(plan).await;
                let end = process::monitored(server.pid().unwrap());
                let _ = via.send(&server, act.clone()).await;
                let reason = end.await;
                let ExitReason::Panic(panic) = reason else { panic!("{reason:?}") };
                assert_eq!(panic.message(), "terminate panics");
                assert_eq!(the_end(seen.rest()).len(), 2, "terminate runs once");
            }
        }
    }

    /// SRV-9, EXI-7, SRV-2: a caller whose request ends the server hears the reason that terminate left.
    async fn caller_gets_the_reason_that_terminate_left() {
        let other = ExitReason::other("other");
        for via in [Via::Call, Via::CallQueued, Via::CallAwaited, Via::CallLater] {
            let (mut plan, _seen) = plan();
            plan.end = End::Exit(other.clone());
            let machine = machine(plan).await;
            assert_eq!(exited(via.send(&machine, Act::Panic).await), other, "{via:?}");
        }
    }

    /// SRV-9: terminate is optional.
    async fn server_without_terminate_stops() {
        let bystander = Bystander::start().await.unwrap();
        let end = process::monitored(bystander.pid().unwrap());
        bystander.stop().await.unwrap();
        assert_eq!(end.await, ExitReason::Normal);
    }

    /// SRV-9, SIG-3: a signal ends a server in the middle of terminate.
    async fn terminate_that_waits_is_ended_by_a_kill() {
        let (mut plan, mut seen) = plan();
        plan.end = End::Wait(Gate::new());
        let machine = machine(plan).await;
        let end = process::monitored(machine.pid().unwrap());
        machine.cast(Act::Stop(ExitReason::Normal));
        assert!(seen.next().await.starts_with("terminate"));
        process::kill(machine.pid().unwrap());
        let reason = end.await;
        assert_eq!(reason, ExitReason::Killed);
        assert_eq!(seen.rest(), ["dropped"]);
    }

    /// EXI-7: terminate runs, the state is dropped, the name is free, then others are told.
    async fn end_of_a_server_is_told_when_all_of_it_is_gone() {
        process::trap_exit(true);
        for _ in 0..20 {
            let (plan, mut seen) = plan();
            let machine = Machine::start_link(plan).name("machine").await.unwrap();
            let mref = machine.monitor();
            machine.cast(Act::Stop(ExitReason::Shutdown));
            receive! { Exit { from, .. } => assert_eq!(Some(from), machine.pid()) }
            assert_eq!(process::whereis("machine"), None);
            assert_eq!(seen.rest().last().unwrap(), "dropped");
            receive! { Down { mref: which, .. } => assert_eq!(which, mref) }
        }
    }
}

// ---- SRV-10 -----------------------------------------------------------------------------------------------------------

both_flavors! {
    /// SRV-10: `:ok` if it ended with exactly the reason, by default `normal`; terminate runs, trapping or not.
    async fn stop_runs_terminate_and_waits_for_the_end() {
        for trap in [false, true] {
            for reason in [None, Some(ExitReason::Shutdown), Some(abnormal())] {
                let (mut plan, mut seen) = plan();
                plan.trap = trap;
                let machine = machine(plan).await;
                let end = process::monitored(machine.pid().unwrap());
                let stop = machine.stop();
                match reason.clone() {
                    Some(reason) => stop.reason(reason).await.unwrap(),
                    None => stop.await.unwrap(),
                }
                let reason = reason.unwrap_or(ExitReason::Normal);
                assert!(!machine.is_alive());
                assert_eq!(seen.rest(), [format!("terminate 0 {reason:?}"), "dropped".to_owned()]);
                assert_eq!(end.await, reason);
            }
        }
        assert_mailbox_empty().await;
    }

    /// SRV-10: messages that came before the request are handled first, those after it never.
    async fn stop_has_its_place_in_the_order_of_messages() {
        let (machine, mut seen) = plain_machine().await;
        let gate = Gate::new();
        machine.block(gate.clone());
        assert_eq!(seen.next().await, "blocked");
        machine.note("one");
        let mut stop = Box::pin(machine.stop());
        assert!(poll_once(&mut stop).await.is_pending());
        machine.note("two");
        gate.open();
        stop.await.unwrap();
        assert_eq!(seen.rest(), ["one".to_owned(), format!("terminate 0 {:?}", ExitReason::Normal), "dropped".to_owned()]);
    }

    /// SRV-10: it ended with another reason.
    async fn stop_of_a_server_that_ends_otherwise_gives_that_reason() {
        let (mut plan, mut seen) = plan();
        let reason = abnormal();
        plan.end = End::Exit(reason.clone());
        let server = machine(plan).await;
        let outcome = server.stop().await;
        assert!(matches!(&outcome, Err(StopError::Exit(other)) if *other == reason), "{outcome:?}");

        seen.rest();
        let (server, mut seen) = plain_machine().await;
        server.block(Gate::new());
        assert_eq!(seen.next().await, "blocked");
        let (outcome, ()) = tokio::join!(server.stop().reason(ExitReason::Shutdown), async { process::kill(server.pid().unwrap()) });
        assert!(matches!(outcome, Err(StopError::Exit(ExitReason::Killed))), "{outcome:?}");
    }

    /// SRV-10: OTP `noproc`.
    async fn stop_of_nobody_gives_noproc() {
        let (machine, _seen) = plain_machine().await;
        machine.stop().await.unwrap();
        let outcome = machine.stop().await;
        assert!(matches!(&outcome, Err(StopError::NoProc(who)) if *who == machine.pid().unwrap()), "{outcome:?}");
        let outcome = MachineRef::to("nobody").stop().await;
        assert!(matches!(&outcome, Err(StopError::NoProc(who)) if *who == "nobody"), "{outcome:?}");
        assert!(MachineRef::try_from(dead_pid().await).is_err());
    }

    /// SRV-10: several who ask are all told.
    async fn stop_may_be_asked_for_by_many() {
        let (mut plan, mut seen) = plan();
        let gate = Gate::new();
        plan.end = End::Wait(gate.clone());
        let machine = machine(plan).await;
        let stops: Vec<_> = (0..5).map(|_| Box::pin(machine.stop())).collect();
        let mut waiting = Vec::new();
        for mut stop in stops {
            assert!(poll_once(&mut stop).await.is_pending());
            waiting.push(stop);
        }
        assert!(seen.next().await.starts_with("terminate"));
        gate.open();
        for stop in waiting {
            stop.await.unwrap();
        }
        assert_eq!(seen.rest(), ["dropped"]);
    }
}

/// SRV-10: OTP `calling_self`.
#[beamish::test]
async fn server_cannot_wait_for_its_own_end() {
    let (machine, _seen) = plain_machine().await;
    let outcome = machine.stop_itself(machine.clone()).await.unwrap();
    assert!(
        matches!(outcome, Err(StopError::CallingSelf)),
        "{outcome:?}"
    );
    assert_eq!(machine.count().await.unwrap(), 0);
}

/// SRV-10: the time is over; the request still stands.
#[beamish::test(start_paused)]
async fn stop_that_times_out_still_stands() {
    let (machine, mut seen) = plain_machine().await;
    let gate = Gate::new();
    machine.block(gate.clone());
    assert_eq!(seen.next().await, "blocked");
    let before = Instant::now();
    let outcome = machine.stop().timeout(Duration::from_secs(3)).await;
    assert!(
        matches!(outcome, Err(StopError::Timeout(t)) if t == Duration::from_secs(3)),
        "{outcome:?}"
    );
    assert_eq!(before.elapsed(), Duration::from_secs(3));
    assert!(machine.is_alive());
    let end = process::monitored(machine.pid().unwrap());
    gate.open();
    assert_eq!(end.await, ExitReason::Normal);
    assert_eq!(
        seen.rest(),
        [
            format!("terminate 0 {:?}", ExitReason::Normal),
            "dropped".to_owned()
        ]
    );
    assert_mailbox_empty().await;
}

/// SRV-10: the default timeout is infinity.
#[beamish::test(start_paused)]
async fn stop_waits_without_limit() {
    let (mut plan, _seen) = plan();
    plan.end = End::Sleep(Duration::from_secs(1_000_000));
    let machine = machine(plan).await;
    let before = Instant::now();
    machine.stop().await.unwrap();
    assert!(before.elapsed() >= Duration::from_secs(1_000_000));
}

/// SRV-10: dropped after its first poll, the request stands; before it, nothing was asked.
#[beamish::test]
async fn stop_that_is_dropped_stands_once_it_was_polled() {
    let (machine, _seen) = plain_machine().await;
    drop(machine.stop());
    assert_eq!(machine.count().await.unwrap(), 0);
    let end = process::monitored(machine.pid().unwrap());
    let mut stop = Box::pin(machine.stop());
    assert!(poll_once(&mut stop).await.is_pending());
    drop(stop);
    assert_eq!(end.await, ExitReason::Normal);
}

// ---- SRV-11 -----------------------------------------------------------------------------------------------------------

const SECOND: Duration = Duration::from_secs(1);

/// SRV-11: if no message comes for that long, `Timeout` does, once; from each kind of handler.
#[beamish::test(start_paused)]
async fn timeout_after_every_handler_arrives_once() {
    for via in ALL {
        let (machine, mut seen) = plain_machine().await;
        let before = Instant::now();
        let _ = via.send(&machine, Act::TimeoutAfter(SECOND)).await;
        loop {
            let line = seen.next().await;
            if line == "timeout" {
                break;
            }
            assert!(line == "step" || line.starts_with("unanswered"), "{line}");
        }
        assert_eq!(before.elapsed(), SECOND, "{via:?}");
        process::sleep(10 * SECOND).await;
        assert_eq!(seen.rest(), [] as [&str; 0], "{via:?}: it arrives once");
    }
}

/// SRV-11: of `init` too.
#[beamish::test(start_paused)]
async fn timeout_after_init_arrives_once() {
    let (mut plan, mut seen) = plan();
    plan.first = Act::TimeoutAfter(SECOND);
    let before = Instant::now();
    let machine = machine(plan).await;
    assert_eq!(seen.next().await, "timeout");
    assert_eq!(before.elapsed(), SECOND);
    process::sleep(10 * SECOND).await;
    assert_eq!(seen.rest(), [] as [&str; 0]);
    assert!(machine.is_alive());
}

/// SRV-11: any ordinary message cancels it: of each kind, those that are run by the caller among them.
#[beamish::test(start_paused)]
async fn any_message_cancels_the_timeout() {
    let cancel = |via: &'static str, machine: MachineRef| async move {
        match via {
            "call of &self" => assert!(machine.count().await.is_ok()),
            "call" => assert!(machine.call(Act::Nothing).await.is_ok()),
            "queued call" => assert!(machine.call_queued(Act::Nothing).await.is_ok()),
            "awaited call" => assert!(machine.call_awaited(Act::Nothing).await.is_ok()),
            "cast" => machine.note("cast"),
            "info" => send(machine.pid().unwrap(), "info"),
            "unexpected info" => send(machine.pid().unwrap(), 7_u128),
            _ => unreachable!(),
        }
    };
    for via in [
        "call of &self",
        "call",
        "queued call",
        "awaited call",
        "cast",
        "info",
        "unexpected info",
    ] {
        for armed_by in [Via::Call, Via::CallAwaited, Via::Cast] {
            let (machine, mut seen) = plain_machine().await;
            armed_by
                .send(&machine, Act::TimeoutAfter(SECOND))
                .await
                .unwrap();
            process::sleep(SECOND / 2).await;
            cancel(via, machine.clone()).await;
            process::sleep(10 * SECOND).await;
            assert!(
                !seen.rest().contains(&"timeout".to_owned()),
                "{via} after {armed_by:?}"
            );
        }
    }
}

/// SRV-11: a message that arms it again begins the time anew.
#[beamish::test(start_paused)]
async fn timeout_counts_from_the_last_message() {
    let (machine, mut seen) = plain_machine().await;
    let before = Instant::now();
    for via in [
        Via::Call,
        Via::CallQueued,
        Via::CallAwaited,
        Via::Cast,
        Via::Info,
    ] {
        via.send(&machine, Act::TimeoutAfter(SECOND)).await.unwrap();
        process::sleep(SECOND * 3 / 4).await;
        assert_eq!(seen.rest(), [] as [&str; 0], "{via:?}");
    }
    machine.call(Act::TimeoutAfter(3 * SECOND)).await.unwrap();
    let last = Instant::now();
    assert_eq!(seen.next().await, "timeout");
    assert_eq!(last.elapsed(), 3 * SECOND);
    assert_eq!(before.elapsed(), SECOND * 15 / 4 + 3 * SECOND);
    // To a shorter time.
    machine.call(Act::TimeoutAfter(100 * SECOND)).await.unwrap();
    machine.call(Act::TimeoutAfter(SECOND)).await.unwrap();
    let last = Instant::now();
    assert_eq!(seen.next().await, "timeout");
    assert_eq!(last.elapsed(), SECOND);
}

/// SRV-11: zero loses against messages that are already queued, and wins if there are none.
#[beamish::test(start_paused)]
async fn timeout_of_zero_loses_against_queued_messages() {
    for via in ALL {
        let (machine, mut seen) = plain_machine().await;
        let gate = Gate::new();
        machine.block(gate.clone());
        assert_eq!(seen.next().await, "blocked");
        let mut sent = Box::pin(via.send(&machine, Act::TimeoutAfter(Duration::ZERO)));
        let _ = poll_once(&mut sent).await;
        machine.note("queued");
        gate.open();
        machine.count().await.unwrap();
        process::sleep(SECOND).await;
        let lines = seen.rest();
        assert!(
            lines.contains(&"queued".to_owned()) && !lines.contains(&"timeout".to_owned()),
            "{via:?}: {lines:?}"
        );

        let _ = via.send(&machine, Act::TimeoutAfter(Duration::ZERO)).await;
        process::sleep(Duration::from_millis(1)).await;
        assert!(seen.rest().contains(&"timeout".to_owned()), "{via:?}");
    }
}

/// SRV-11: a timeout may stop the server, as idle servers do.
#[beamish::test(start_paused)]
async fn timeout_may_stop_the_server() {
    let server = Idler::start().await.unwrap();
    let end = process::monitored(server.pid().unwrap());
    let before = Instant::now();
    server.touch().await.unwrap();
    process::sleep(SECOND / 2).await;
    server.touch().await.unwrap();
    assert_eq!(end.await, ExitReason::Shutdown);
    assert_eq!(before.elapsed(), SECOND * 3 / 2);
}

#[genserver]
struct Idler;

#[genserver]
impl Idler {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn touch(&self) -> Reply<()> {
        Reply::ok(()).timeout_after(SECOND)
    }

    #[handle_info]
    fn idle(&mut self, _: Timeout) -> NoReply {
        NoReply::stop(ExitReason::Shutdown)
    }
}

// ---- SRV-12 -----------------------------------------------------------------------------------------------------------

both_flavors! {
    /// SRV-12: nothing is seen of hibernation, from any handler.
    async fn hibernate_changes_nothing_that_can_be_seen() {
        for via in ALL {
            let (mut plan, mut seen) = plan();
            plan.first = Act::Hibernate;
            let machine = machine(plan).await;
            for round in 1..=3 {
                let _ = via.send(&machine, Act::Hibernate).await;
                machine.note("after");
                assert_eq!(machine.count().await.unwrap(), round * via.counted(), "{via:?}");
                assert_eq!(seen.rest().last().unwrap(), "after");
            }
            machine.stop().await.unwrap();
        }
    }
}

// ---- SRV-13 -----------------------------------------------------------------------------------------------------------

/// SRV-13: no `handle_info`, or none for that type: the message is logged and dropped.
#[beamish::test]
async fn message_that_no_handler_takes_is_logged_and_dropped() {
    let (reports, _listening) = Reports::listen();
    let bystander = Bystander::start().await.unwrap();
    send(bystander.pid().unwrap(), String::from("hello"));
    assert_eq!(bystander.hello().await.unwrap(), 1);
    let said = reports.at(tracing::Level::WARN);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("Bystander") && said[0].contains("String"),
        "{said:?}"
    );

    let (machine, mut seen) = plain_machine().await;
    send(machine.pid().unwrap(), 7_u128);
    assert_eq!(machine.count().await.unwrap(), 0);
    let said = reports.at(tracing::Level::WARN);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[1].contains("Machine") && said[1].contains("u128"),
        "{said:?}"
    );
    assert_eq!(seen.rest(), [] as [&str; 0]);
}

/// SRV-13, SRV-8: nor do `Exit`, `Down` and `Timeout` harm a server without handlers for them.
#[beamish::test(start_paused)]
async fn system_messages_that_no_handler_takes_are_dropped() {
    let deaf = Deaf::start().await.unwrap();
    let pid = deaf.pid().unwrap();
    process::exit(pid, abnormal());
    deaf.watch(dead_pid().await).await.unwrap();
    deaf.wait().await.unwrap();
    process::sleep(2 * SECOND).await;
    deaf.wait().await.unwrap();
    assert!(deaf.is_alive());
}

#[genserver(trap_exit)]
struct Deaf;

#[genserver]
impl Deaf {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn watch(&self, pid: Pid) {
        process::monitor(pid);
    }

    #[handle_call]
    fn wait(&self) -> Reply<()> {
        Reply::ok(()).timeout_after(SECOND)
    }
}

/// A server that takes everything.
#[genserver]
struct CatchAll(Log);

#[genserver]
impl CatchAll {
    #[init]
    fn init(log: Log) -> Self {
        Self(log)
    }

    #[handle_info]
    fn number(&mut self, number: u64) {
        assert_ne!(number, 13, "thirteen is refused");
        self.0.write(format!("number {number}"));
    }

    #[handle_info]
    fn anything(&mut self, info: beamish::Info) {
        self.0.write(format!(
            "anything {}",
            info.downcast_ref::<&str>().unwrap_or(&"?")
        ));
    }

    #[handle_call]
    fn flush(&self) {}
}

/// SRV-13: what a typed handler does not take goes to the catch-all; an error inside a handler is not mistaken for a
/// missing one.
#[beamish::test]
async fn error_inside_a_handler_is_not_taken_for_a_missing_handler() {
    let (log, mut seen) = log();
    let server = CatchAll::start(log).await.unwrap();
    let pid = server.pid().unwrap();
    send(pid, 1_u64);
    send(pid, "text");
    send(pid, 1_u8);
    server.flush().await.unwrap();
    assert_eq!(seen.rest(), ["number 1", "anything text", "anything ?"]);
    let end = process::monitored(pid);
    send(pid, 13_u64);
    let reason = end.await;
    let ExitReason::Panic(panic) = reason else {
        panic!("{reason:?}")
    };
    assert!(panic.message().contains("thirteen is refused"));
    assert_eq!(seen.rest(), [] as [&str; 0]);
}

/// Monitors and `Down` in a server.
#[beamish::test]
async fn down_arrives_in_the_handler_for_it() {
    let (machine, mut seen) = plain_machine().await;
    let watched = spawn(std::future::pending::<()>());
    let pid = machine.pid().unwrap();
    let watching = Watcher::start(Arc::new(machine)).await.unwrap();
    watching.watch(watched).await.unwrap();
    process::kill(watched);
    assert_eq!(seen.next().await, "down");
    assert!(process::alive(pid));
}

#[genserver]
struct Watcher(Arc<MachineRef>);

#[genserver]
impl Watcher {
    #[init]
    fn init(machine: Arc<MachineRef>) -> Self {
        Self(machine)
    }

    #[handle_call]
    fn watch(&self, pid: Pid) {
        process::monitor(pid);
    }

    #[handle_info]
    fn down(&mut self, down: Down) {
        assert_eq!(down.reason, ExitReason::Killed);
        self.0.note("down");
    }
}
