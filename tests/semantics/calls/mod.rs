//! The way of a call: run by its caller where that is possible, queued where it is not, with the same outcome.

#![allow(
    clippy::unwrap_used,
    reason = "helpers and servers of tests fail as tests do"
)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "what a handler takes is moved into it"
)]

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

use beamish::prelude::*;
use beamish::{Node, node};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::support::{
    DropMark, Gate, Log, Seen, assert_mailbox_empty, both_flavors, log, poll_once,
};

mod begun;
mod blocking;
mod callers;
mod control;
mod crashes;
mod place;
mod runtimes;
mod slow;
mod stress;
mod timeouts;

pub(crate) mod support;

/// Where a handler ran: on which thread, as which process, for which caller.
type Place = (ThreadId, Pid, Option<Pid>);

/// A server of plain handlers that are short.
#[genserver]
struct Counter {
    count: u64,
    log: Option<Log>,
}

struct Settle;

#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self {
            count: 0,
            log: None,
        }
    }

    #[handle_call]
    fn get(&self) -> u64 {
        self.count
    }

    #[handle_call]
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    #[handle_cast]
    fn add(&mut self, by: u64) {
        self.count += by;
    }

    #[handle_info]
    fn added(&mut self, by: u64) {
        self.count += by;
    }

    #[handle_call]
    fn log_to(&mut self, log: Log) {
        self.log = Some(log);
    }

    /// Where the handler runs, and as whom.
    #[handle_call]
    fn place(&self) -> Place {
        (thread::current().id(), self_pid(), process::caller())
    }

    #[handle_call(queued)]
    fn place_queued(&self) -> Place {
        (thread::current().id(), self_pid(), process::caller())
    }

    #[handle_call]
    async fn place_awaited(&self) -> Place {
        let before = process::caller();
        process::yield_now().await;
        assert_eq!(process::caller(), before);
        (thread::current().id(), self_pid(), process::caller())
    }

    #[handle_call]
    fn place_later(&self, reply: ReplyTo<Place>) {
        assert_eq!(reply.caller(), process::caller());
        let caller = reply.caller();
        reply.reply((thread::current().id(), self_pid(), caller));
    }

    #[handle_cast]
    fn who_cast(&self, tell: oneshot::Sender<Option<Pid>>) {
        tell.send(process::caller()).unwrap();
    }

    #[handle_info]
    fn who_sent(&mut self, tell: oneshot::Sender<Option<Pid>>) {
        tell.send(process::caller()).unwrap();
    }

    #[handle_call]
    fn settle(&mut self, by: u64) -> Reply<u64, Settle> {
        self.count += by;
        Reply::ok(self.count).continue_with(Settle)
    }

    #[handle_continue]
    fn settled(&mut self, _: Settle) {
        self.count += 1_000;
    }

    #[handle_call]
    fn leave(&mut self, reason: ExitReason) -> Reply<u64> {
        Reply::stop(reason, self.count)
    }

    #[handle_call]
    fn fail(&mut self) -> u64 {
        self.count += 1;
        panic!("failed at {}", self.count)
    }

    #[handle_call]
    fn exit_raising(&mut self, reason: ExitReason) -> u64 {
        self.count += 1;
        exit(reason)
    }

    /// Sends itself an exit signal, and catches what may unwind.
    #[handle_call]
    fn exit_caught(&mut self, reason: ExitReason) -> u64 {
        self.count += 1;
        let caught =
            std::panic::catch_unwind(AssertUnwindSafe(move || process::exit(self_pid(), reason)));
        drop(caught);
        self.count
    }

    /// Kills its caller, and goes on.
    #[handle_call]
    fn kill_caller(&mut self) -> u64 {
        process::kill(process::caller().expect("a process calls"));
        self.count += 1;
        self.count
    }

    #[terminate]
    fn terminate(&mut self, reason: &ExitReason) {
        if let Some(log) = &self.log {
            log.write(format!(
                "terminate {} {reason:?} {}",
                self.count,
                self_pid()
            ));
        }
    }
}

async fn counter() -> CounterRef {
    Counter::start().await.unwrap()
}

#[track_caller]
fn exited<T: std::fmt::Debug>(outcome: Result<T, CallError>) -> ExitReason {
    match outcome {
        Err(CallError::Exit(info)) => info.reason().clone(),
        other => panic!("{other:?}"),
    }
}

fn abnormal() -> ExitReason {
    ExitReason::other("abnormal")
}

/// Runs a future on a thread without tokio.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// What a thread returns, awaited.
async fn on_a_thread<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = oneshot::channel();
    thread::spawn(move || drop(tell.send(body())));
    told.await.expect("the thread panicked")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// A server that can be held up.
#[genserver]
struct Busy(Log, u64);

#[genserver]
impl Busy {
    #[init]
    fn init(log: Log) -> Self {
        Self(log, 0)
    }

    #[handle_cast]
    async fn block(&mut self, gate: Gate) {
        self.0.write("blocked");
        gate.wait().await;
    }

    #[handle_call]
    async fn hold(&mut self, gate: Gate) -> u64 {
        self.0.write("held");
        gate.wait().await;
        self.1 += 1;
        self.1
    }

    #[handle_call]
    fn hand_out(&mut self, to: oneshot::Sender<ReplyTo<u64>>, reply: ReplyTo<u64>) {
        to.send(reply).unwrap();
    }

    #[handle_call]
    fn ping(&mut self) -> u64 {
        self.0.write("ping");
        self.1 += 1;
        self.1
    }

    #[handle_cast]
    fn note(&mut self, word: &'static str) {
        self.0.write(word);
    }

    #[terminate]
    fn terminate(&mut self, reason: &ExitReason) {
        self.0.write(format!("terminate {reason:?}"));
    }
}

/// A server that answers nobody, and one that is held up.
async fn held_up() -> (BusyRef, Seen) {
    let (log, seen) = log();
    (Busy::start(log).await.unwrap(), seen)
}
