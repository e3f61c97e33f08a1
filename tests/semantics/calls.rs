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

/// What the tests of servers share.
pub(crate) mod support {
    use std::future::{Future, poll_fn};
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::Poll;

    use beamish::prelude::*;
    use tokio::sync::{Semaphore, mpsc};

    /// The same test on one thread and on several.
    macro_rules! both_flavors {
        ($($(#[$meta:meta])* async fn $name:ident() { $($body:tt)* })*) => {$(
            $(#[$meta])*
            mod $name {
                #[allow(unused_imports, reason = "not every test names something of the module")]
                use super::*;

                #[beamish::test]
                async fn on_one_thread() { $($body)* }

                #[beamish::test(flavor = "multi_thread", worker_threads = 2)]
                async fn on_several_threads() { $($body)* }
            }
        )*};
    }
    pub(crate) use both_flavors;

    /// Polls a future once.
    pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
        poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
    }

    /// Fails if there is a message of any kind in the test's mailbox.
    pub(crate) async fn assert_mailbox_empty() {
        receive! {
            info: Info => panic!("unexpected message: {info:?}, {:?} {:?}", info.downcast_ref::<Exit>(), info.downcast_ref::<Down>()),
            after 0 => {}
        }
    }

    /// A door that is closed until it is opened for all.
    #[derive(Clone, Debug)]
    pub(crate) struct Gate(Arc<Semaphore>);

    impl Gate {
        pub(crate) fn new() -> Self {
            Self(Arc::new(Semaphore::new(0)))
        }

        pub(crate) fn open(&self) {
            self.0.close();
        }

        pub(crate) async fn wait(&self) {
            drop(self.0.acquire().await);
        }
    }

    /// Where a server writes what happens in it.
    #[derive(Clone, Debug)]
    pub(crate) struct Log(mpsc::UnboundedSender<String>);

    impl Log {
        pub(crate) fn write(&self, line: impl Into<String>) {
            let _ = self.0.send(line.into());
        }
    }

    /// What was written to a [`Log`].
    #[derive(Debug)]
    pub(crate) struct Seen(mpsc::UnboundedReceiver<String>);

    impl Seen {
        /// Waits for the next line.
        pub(crate) async fn next(&mut self) -> String {
            self.0
                .recv()
                .await
                .expect("nobody is left to write to the log")
        }

        /// What was written until now and not read.
        pub(crate) fn rest(&mut self) -> Vec<String> {
            std::iter::from_fn(|| self.0.try_recv().ok()).collect()
        }
    }

    pub(crate) fn log() -> (Log, Seen) {
        let (log, seen) = mpsc::unbounded_channel();
        (Log(log), Seen(seen))
    }

    /// Writes to the log when it is dropped.
    #[derive(Debug)]
    pub(crate) struct DropMark(pub(crate) Log);

    impl Drop for DropMark {
        fn drop(&mut self) {
            self.0.write("dropped");
        }
    }

    /// Ends the process after the test's; a name and a pid that nobody has any more.
    pub(crate) async fn dead_pid() -> Pid {
        let pid = spawn(async {});
        process::monitored(pid).await;
        pid
    }
}

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

// ---- Where a handler runs ---------------------------------------------------------------------------------------------

both_flavors! {
    /// Design 3.2: a call of a plain `fn` to an idle server is answered at its first poll, by the calling thread, as the
    /// server.
    async fn idle_call_is_run_by_the_caller() {
        let counter = counter().await;
        let pid = counter.pid().unwrap();
        // Until the server has come to rest.
        let mut attempts = 0;
        let (place, here) = loop {
            let mut call = counter.place();
            match poll_once(&mut call).await {
                Poll::Ready(Ok(place)) if place.0 == thread::current().id() => break (place, thread::current().id()),
                // The server's own task, on another thread, was faster than the first poll.
                Poll::Ready(place) => drop(place.unwrap()),
                Poll::Pending => drop(call.await.unwrap()),
            }
            attempts += 1;
            assert!(attempts < 100_000, "the call is never answered at its first poll");
        };
        assert_eq!(place, (here, pid, Some(self_pid())));
        // The caller is itself again.
        assert_ne!(self_pid(), pid);
        assert_eq!(process::caller(), None);
    }

    /// Design 3.2: handlers that await, answer later or are `queued` are never run by the caller.
    async fn call_of_a_handler_that_is_queued_is_run_by_the_server() {
        let counter = counter().await;
        let (pid, me) = (counter.pid().unwrap(), self_pid());
        // Answered at the first poll all the same, if the server's task is fast, but then by another thread.
        let check = |polled: Poll<Result<Place, CallError>>| match polled {
            Poll::Ready(place) => assert_ne!(place.unwrap().0, thread::current().id()),
            Poll::Pending => {}
        };
        for _ in 0..50 {
            counter.get().await.unwrap();
            check(poll_once(&mut counter.place_queued()).await);
            counter.get().await.unwrap();
            check(poll_once(&mut counter.place_awaited()).await);
            counter.get().await.unwrap();
            check(poll_once(&mut counter.place_later()).await);
            for place in [
                counter.place_queued().await.unwrap(),
                counter.place_awaited().await.unwrap(),
                counter.place_later().await.unwrap(),
            ] {
                assert_eq!((place.1, place.2), (pid, Some(me)));
            }
        }
    }

    /// Design 3.2, SIG-1: messages that the caller sent earlier are handled first.
    async fn own_earlier_messages_are_handled_before_a_call() {
        let counter = counter().await;
        let pid = counter.pid().unwrap();
        let mut expected = 0;
        for round in 0..2_000_u64 {
            counter.add(1);
            if round % 2 == 0 {
                send(pid, 10_u64);
                expected += 10;
            }
            expected += 1;
            assert_eq!(counter.get().await.unwrap(), expected);
            assert_eq!(counter.get().await.unwrap(), expected);
        }
    }

    /// Decision A1: a call to a server that is busy waits its turn.
    async fn call_to_a_busy_server_is_not_run_by_the_caller() {
        let (log, mut seen) = log();
        let server = Busy::start(log).await.unwrap();
        let gate = Gate::new();
        server.block(gate.clone());
        assert_eq!(seen.next().await, "blocked");
        let mut call = server.ping();
        assert!(poll_once(&mut call).await.is_pending());
        gate.open();
        assert_eq!(call.await.unwrap(), 1);
        assert_eq!(seen.rest(), ["ping"]);
    }

    /// Design 3.2: nobody runs a handler of a server that is still starting.
    async fn call_to_a_server_that_is_starting_waits_for_init() {
        let (log, mut seen) = log();
        let gate = Gate::new();
        let mut start = Box::pin(Late::start(log, gate.clone()).name("late"));
        assert!(poll_once(&mut start).await.is_pending());
        assert_eq!(seen.next().await, "init");
        let late = LateRef::to("late");
        let mut call = late.ping();
        assert!(poll_once(&mut call).await.is_pending());
        process::yield_now().await;
        assert!(poll_once(&mut call).await.is_pending());
        gate.open();
        assert_eq!(call.await.unwrap(), 1);
        start.await.unwrap();
    }
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

#[genserver]
struct Late;

#[genserver]
impl Late {
    #[init]
    async fn init(log: Log, gate: Gate) -> Self {
        log.write("init");
        gate.wait().await;
        Self
    }

    #[handle_call]
    fn ping(&self) -> u64 {
        1
    }
}

// ---- Control words ----------------------------------------------------------------------------------------------------

both_flavors! {
    /// Design 3.6: `continue` from a handler that the caller ran: the server carries it out before anything else.
    async fn continuation_of_an_idle_call_comes_before_the_next_call() {
        let counter = counter().await;
        let mut expected = 0;
        for round in 0..500_u64 {
            expected += 1;
            assert_eq!(counter.settle(1).await.unwrap(), expected);
            expected += 1_000;
            match round % 3 {
                0 => assert_eq!(counter.get().await.unwrap(), expected),
                1 => {
                    counter.add(1);
                    expected += 1;
                    assert_eq!(counter.get().await.unwrap(), expected);
                }
                _ => {}
            }
        }
        assert_eq!(counter.get().await.unwrap(), expected);
    }

    /// Design 3.6: the same with another caller's messages in between.
    async fn continuation_of_an_idle_call_comes_before_the_calls_of_others() {
        let counter = counter().await;
        let callers: Vec<_> = (0..4)
            .map(|_| {
                let counter = counter.clone();
                tokio::spawn(async move {
                    for _ in 0..200 {
                        // Each step adds 1, its continuation 1000: between two handlers both have been added.
                        let value = counter.settle(1).await.unwrap();
                        assert_eq!(value % 1_000, (value / 1_000 + 1) % 1_000, "{value}");
                        let value = counter.get().await.unwrap();
                        assert_eq!(value % 1_000, value / 1_000 % 1_000, "{value}");
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        assert_eq!(counter.get().await.unwrap(), 800 * 1_001);
    }

    /// Design 3.6, SRV-6: a stop with a reply from a handler that the caller ran.
    async fn stop_of_an_idle_call_ends_the_server_with_its_reply() {
        for reason in [ExitReason::Normal, abnormal()] {
            let (log, mut seen) = log();
            let counter = counter().await;
            counter.log_to(log).await.unwrap();
            let pid = counter.pid().unwrap();
            let end = process::monitored(pid);
            assert_eq!(counter.leave(reason.clone()).await.unwrap(), 0);
            assert_eq!(seen.rest(), [format!("terminate 0 {reason:?} {pid}")], "terminate ran before the reply");
            // Whoever heard the reply finds nobody who answers.
            let outcome = counter.get().await;
            assert!(matches!(&outcome, Err(CallError::NoProc(_) | CallError::Exit(_))), "{outcome:?}");
            assert_eq!(end.await, reason);
        }
    }

    /// Design 3.6, SRV-6: calls that came behind a stop get the reason.
    async fn calls_behind_a_stop_of_an_idle_call_get_the_reason() {
        for _ in 0..100 {
            let counter = counter().await;
            let reason = abnormal();
            let (stop, behind, behind_queued) =
                tokio::join!(counter.leave(reason.clone()), counter.get(), counter.place_queued());
            assert_eq!(stop.unwrap(), 0);
            assert_eq!(exited(behind), reason);
            assert_eq!(exited(behind_queued), reason);
        }
    }
}

/// Design 3.6, SRV-11: a timeout asked for by a handler that the caller ran is kept, and cancelled by an idle call.
#[beamish::test(start_paused)]
async fn timeout_of_an_idle_call_is_kept_by_the_server() {
    let (log, mut seen) = log();
    let server = Resting::start(log).await.unwrap();
    let before = Instant::now();
    let mut rest = server.rest(Duration::from_secs(2));
    assert!(poll_once(&mut rest).await.is_ready(), "run by the caller");
    assert_eq!(seen.next().await, "timeout");
    assert_eq!(before.elapsed(), Duration::from_secs(2));

    let mut rest = server.rest(Duration::from_secs(2));
    assert!(poll_once(&mut rest).await.is_ready(), "run by the caller");
    process::sleep(Duration::from_secs(1)).await;
    server.ping().await.unwrap();
    process::sleep(Duration::from_secs(60)).await;
    assert_eq!(seen.rest(), [] as [&str; 0]);
}

#[genserver]
struct Resting(Log);

#[genserver]
impl Resting {
    #[init]
    fn init(log: Log) -> Self {
        Self(log)
    }

    #[handle_call]
    fn rest(&self, duration: Duration) -> Reply<()> {
        Reply::ok(()).timeout_after(duration)
    }

    #[handle_call]
    fn ping(&self) {}

    #[handle_info]
    fn idle(&mut self, _: beamish::Timeout) {
        self.0.write("timeout");
    }
}

// ---- Crashes ----------------------------------------------------------------------------------------------------------

both_flavors! {
    /// Design 3.2, SRV-7: a panic in a handler that the caller runs is the server's: terminate, the end, its reason; the
    /// caller goes on.
    async fn panic_in_an_idle_call_ends_the_server_and_not_the_caller() {
        for _ in 0..20 {
            let (log, mut seen) = log();
            let counter = counter().await;
            counter.log_to(log).await.unwrap();
            let pid = counter.pid().unwrap();
            let end = process::monitored(pid);
            let outcome = counter.fail().await;
            let reason = exited(outcome);
            let ExitReason::Panic(panic) = &reason else { panic!("{reason:?}") };
            assert_eq!(panic.message(), "failed at 1");
            assert!(panic.file().unwrap().ends_with("calls.rs") && panic.line().is_some());
            assert_eq!(end.await, reason);
            assert_eq!(seen.rest(), [format!("terminate 1 {reason:?} {pid}")]);
            assert_ne!(self_pid(), pid);
        }
    }

    /// Design 3.2: the same for a caller that is no process: its task goes on.
    async fn panic_in_an_idle_call_spares_a_plain_task() {
        let counter = counter().await;
        let reason = tokio::spawn({
            let counter = counter.clone();
            async move {
                let reason = exited(counter.fail().await);
                assert_eq!(process::try_self_pid(), None);
                reason
            }
        })
        .await
        .unwrap();
        assert!(matches!(reason, ExitReason::Panic(_)));
        assert!(!counter.is_alive());
    }

    /// SRV-7, decision A3: OTP `exit(Reason)` in a handler that the caller runs is the server's.
    async fn exit_in_an_idle_call_ends_the_server_and_not_the_caller() {
        for reason in [ExitReason::Normal, abnormal()] {
            let (log, mut seen) = log();
            let counter = counter().await;
            counter.log_to(log).await.unwrap();
            let pid = counter.pid().unwrap();
            let end = process::monitored(pid);
            assert_eq!(exited(counter.exit_raising(reason.clone()).await), reason);
            assert_eq!(end.await, reason);
            assert_eq!(seen.rest(), [format!("terminate 1 {reason:?} {pid}")]);
        }
    }

    /// Decision A3, EXI-5: an exit signal to itself in a handler that the caller runs: no reply, no terminate, and a
    /// `catch_unwind` around it changes nothing.
    async fn exit_signal_to_itself_in_an_idle_call_gives_the_caller_the_reason() {
        for (sent, reason) in [(ExitReason::Kill, Some(ExitReason::Killed)), (abnormal(), None), (ExitReason::Normal, None)] {
            let reason = reason.unwrap_or(sent.clone());
            let (log, mut seen) = log();
            let counter = counter().await;
            counter.log_to(log).await.unwrap();
            let end = process::monitored(counter.pid().unwrap());
            assert_eq!(exited(counter.exit_caught(sent).await), reason);
            assert_eq!(end.await, reason);
            assert_eq!(seen.rest(), [] as [&str; 0]);
        }
    }

    /// Design 3.6: a caller that is killed by the handler it runs: the handler completes.
    async fn handler_completes_though_its_caller_is_killed() {
        let counter = counter().await;
        let client = counter.clone();
        let (tell, told) = oneshot::channel::<()>();
        let caller = spawn(async move {
            let _ = told.await;
            let _ = client.kill_caller().await;
            // Decision A20: who is to end starts no further call.
            loop {
                let _ = client.next().await;
            }
        });
        let end = process::monitored(caller);
        tell.send(()).unwrap();
        assert_eq!(end.await, ExitReason::Killed);
        assert_eq!(counter.get().await.unwrap(), 1);
    }

    /// Design 3.1: killed between two calls; callers get an error and no hang.
    async fn call_after_a_kill_is_not_answered() {
        for _ in 0..50 {
            let counter = counter().await;
            assert_eq!(counter.next().await.unwrap(), 1);
            process::kill(counter.pid().unwrap());
            let outcome = counter.next().await;
            match outcome {
                Err(CallError::Exit(info)) => assert_eq!(*info.reason(), ExitReason::Killed),
                Err(CallError::NoProc(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// SIG-3, SRV-9: killed in the middle of a handler's await: no terminate, the state is dropped, all callers hear of it.
    async fn kill_in_the_middle_of_a_handler_ends_all_its_calls() {
        let (log, mut seen) = log();
        let server = Busy::start(log).await.unwrap();
        let pid = server.pid().unwrap();
        let (held, queued, plain, plain_task, ()) = tokio::join!(
            server.hold(Gate::new()),
            server.hold(Gate::new()),
            server.ping(),
            tokio::spawn({ let server = server.clone(); async move { server.ping().await } }),
            async {
                assert_eq!(seen.next().await, "held");
                process::kill(pid);
            },
        );
        for outcome in [held, queued, plain] {
            assert_eq!(exited(outcome), ExitReason::Killed);
        }
        let outcome = plain_task.unwrap();
        assert!(matches!(&outcome, Err(CallError::Exit(_) | CallError::NoProc(_))), "{outcome:?}");
        assert_eq!(seen.rest(), [] as [&str; 0]);
        assert!(!process::alive(pid));
        assert_mailbox_empty().await;
    }
}

// ---- Who calls --------------------------------------------------------------------------------------------------------

both_flavors! {
    /// Decision C1: the caller, in each kind of call handler; nobody in casts and infos.
    async fn caller_is_known_in_call_handlers() {
        let counter = counter().await;
        let (pid, me) = (counter.pid().unwrap(), self_pid());
        for _ in 0..20 {
            for place in [
                counter.place().await.unwrap(),
                counter.place_queued().await.unwrap(),
                counter.place_awaited().await.unwrap(),
                counter.place_later().await.unwrap(),
            ] {
                assert_eq!((place.1, place.2), (pid, Some(me)));
            }
            let (tell, told) = oneshot::channel();
            counter.who_cast(tell);
            assert_eq!(told.await.unwrap(), None);
            let (tell, told) = oneshot::channel::<Option<Pid>>();
            send(pid, tell);
            assert_eq!(told.await.unwrap(), None);
        }
        assert_eq!(process::caller(), None);
    }

    /// Decision C1: a caller that is no process.
    async fn caller_that_is_no_process_is_nobody() {
        let counter = counter().await;
        let pid = counter.pid().unwrap();
        tokio::spawn(async move {
            for _ in 0..20 {
                for place in [
                    counter.place().await.unwrap(),
                    counter.place_queued().await.unwrap(),
                    counter.place_awaited().await.unwrap(),
                    counter.place_later().await.unwrap(),
                ] {
                    assert_eq!((place.1, place.2), (pid, None));
                }
            }
        })
        .await
        .unwrap();
    }

    /// Decision C1: of a server that calls another, the server.
    async fn caller_is_the_server_that_calls() {
        let (counter, relay) = (counter().await, Relay::start().await.unwrap());
        let (_, server, caller) = relay.ask(counter.clone()).await.unwrap().unwrap();
        assert_eq!((Some(server), caller), (counter.pid(), relay.pid()));
        assert_eq!(relay.caller_after(counter).await.unwrap(), Some(self_pid()));
    }
}

/// What came of a call that was polled once inside of a handler.
#[derive(Debug)]
struct Peeked {
    on: ThreadId,
    ready: bool,
}

impl Peeked {
    /// For the answer to a call's first poll: on this thread, the handler was run by its caller. (The server's own task may
    /// do what a caller in its place may not.)
    fn check(&self) {
        assert!(
            !self.ready || self.on != thread::current().id(),
            "a handler ran inside of a handler"
        );
    }
}

/// A server that calls another.
#[genserver]
struct Relay;

#[genserver]
impl Relay {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    async fn ask(&self, counter: CounterRef) -> Result<Place, CallError> {
        counter.place().await
    }

    /// Its own caller, when it has called another.
    #[handle_call]
    async fn caller_after(&self, counter: CounterRef) -> Option<Pid> {
        counter.place().await.unwrap();
        counter.place_queued().await.unwrap();
        process::caller()
    }

    /// Polls a call once, from inside a plain handler.
    #[handle_call]
    fn peek(&mut self, counter: CounterRef) -> Peeked {
        let mut call = counter.next();
        let polled = pin!(&mut call).poll(&mut Context::from_waker(Waker::noop()));
        Peeked {
            on: thread::current().id(),
            ready: polled.is_ready(),
        }
    }

    /// The same, when something is dropped.
    #[handle_call]
    fn peek_in_a_drop(&mut self, counter: CounterRef) -> Peeked {
        struct Peeks<'a>(CounterRef, &'a mut bool);

        impl Drop for Peeks<'_> {
            fn drop(&mut self) {
                let mut call = self.0.next();
                *self.1 = pin!(&mut call)
                    .poll(&mut Context::from_waker(Waker::noop()))
                    .is_ready();
            }
        }

        let mut ready = true;
        drop(Peeks(counter, &mut ready));
        Peeked {
            on: thread::current().id(),
            ready,
        }
    }

    /// Polls a call to itself once.
    #[handle_call]
    fn peek_itself(&mut self, itself: RelayRef) -> Option<bool> {
        let mut call = itself.peek_itself(itself.clone());
        match pin!(&mut call).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => Some(matches!(outcome, Err(CallError::CallingSelf(_)))),
            Poll::Pending => None,
        }
    }

    /// Casts, sends and starts a process from inside a plain handler.
    #[handle_call]
    fn spread(&mut self, counter: CounterRef) -> Pid {
        counter.add(1);
        send(counter.pid().unwrap(), 10_u64);
        spawn_link(async move {
            counter.add(100);
            std::future::pending::<()>().await;
        })
    }
}

both_flavors! {
    /// Decision A1 (e): a call that is polled inside of a handler which a caller runs is queued, so depth is one.
    async fn call_that_is_polled_inside_a_handler_is_queued() {
        let (counter, relay) = (counter().await, Relay::start().await.unwrap());
        for round in 1..=20 {
            counter.get().await.unwrap();
            let mut call = relay.peek(counter.clone());
            match poll_once(&mut call).await {
                Poll::Ready(peeked) => peeked.unwrap().check(),
                Poll::Pending => drop(call.await.unwrap()),
            }
            // The request is not recalled with its future.
            assert_eq!(counter.get().await.unwrap(), round);
        }
        for round in 21..=40 {
            let mut call = relay.peek_in_a_drop(counter.clone());
            match poll_once(&mut call).await {
                Poll::Ready(peeked) => peeked.unwrap().check(),
                Poll::Pending => drop(call.await.unwrap()),
            }
            assert_eq!(counter.get().await.unwrap(), round);
        }
    }

    /// SRV-2: one to itself is refused there too.
    async fn call_to_itself_that_is_polled_inside_a_handler_is_refused() {
        let relay = Relay::start().await.unwrap();
        assert_eq!(relay.peek_itself(relay.clone()).await.unwrap(), Some(true));
        assert!(relay.is_alive());
    }

    /// Design 3.2: what a handler does while the caller runs it, the server does: links and parents too.
    async fn handler_of_an_idle_call_acts_as_the_server() {
        let (counter, relay) = (counter().await, Relay::start().await.unwrap());
        let child = relay.spread(counter.clone()).await.unwrap();
        assert_eq!(process::info(child).unwrap().parent, relay.pid());
        assert_eq!(process::info(relay.pid().unwrap()).unwrap().links, [child]);
        assert_eq!(process::info(self_pid()).unwrap().links, []);
        process::kill(child);
        process::monitored(child).await;
        process::monitored(relay.pid().unwrap()).await;
        let value = counter.get().await.unwrap();
        assert!(value == 11 || value == 111, "{value}");
    }
}

// ---- Callers elsewhere ------------------------------------------------------------------------------------------------

both_flavors! {
    /// Decision A1 (a): a caller on another runtime is answered, and never runs the handler.
    async fn call_from_another_runtime_is_answered_by_the_servers_runtime() {
        let counter = counter().await;
        for _ in 0..3 {
            let counter = counter.clone();
            on_a_thread(move || {
                runtime().block_on(async move {
                    for round in 0..50 {
                        let (handler, _, caller) = counter.place().await.unwrap();
                        assert_ne!(handler, thread::current().id(), "{round}");
                        assert_eq!(caller, None);
                        counter.place_awaited().await.unwrap();
                        counter.add(1);
                        counter.get().await.unwrap();
                    }
                    tokio::spawn(async move {
                        let (handler, ..) = counter.place().await.unwrap();
                        assert_ne!(handler, thread::current().id());
                    })
                    .await
                    .unwrap();
                });
            })
            .await;
        }
        assert_eq!(counter.get().await.unwrap(), 150);
    }

    /// Decision A1 (a): a process of another runtime.
    async fn call_from_a_process_of_another_runtime_is_answered() {
        let counter = counter().await;
        let client = counter.clone();
        let (server, caller, me) = on_a_thread(move || {
            let runtime = runtime();
            let _entered = runtime.enter();
            let (tell, told) = oneshot::channel();
            spawn(async move {
                let (handler, server, caller) = client.place().await.unwrap();
                assert_ne!(handler, thread::current().id());
                tell.send((server, caller, self_pid())).unwrap();
            });
            told.blocking_recv().unwrap()
        })
        .await;
        assert_eq!((Some(server), caller), (counter.pid(), Some(me)));
    }

    /// Decision A1 (a): a thread of its own that blocks on the server's runtime.
    async fn call_from_a_thread_that_blocks_on_the_runtime_is_answered() {
        let (counter, handle) = (counter().await, tokio::runtime::Handle::current());
        let client = counter.clone();
        on_a_thread(move || {
            handle.block_on(async move {
                for _ in 0..50 {
                    let (.., caller) = client.place().await.unwrap();
                    assert_eq!(caller, None);
                    client.add(1);
                    client.place_queued().await.unwrap();
                }
            });
        })
        .await;
        assert_eq!(counter.get().await.unwrap(), 50);
    }

    /// Decisions A1 (a), A24: a thread without any runtime; a handler that needs the runtime has it.
    async fn call_from_a_thread_without_a_runtime_is_answered() {
        let (counter, relay) = (counter().await, Relay::start().await.unwrap());
        let client = counter.clone();
        let child = on_a_thread(move || {
            for _ in 0..50 {
                let (handler, ..) = block_on(client.place().infinity()).unwrap();
                assert_ne!(handler, thread::current().id());
            }
            block_on(relay.spread(client).infinity()).unwrap()
        })
        .await;
        assert!(process::alive(child));
    }

    /// Decision A24: a call with a timeout that has to wait needs a clock, and says what else to do: on a thread without a
    /// runtime, and in a runtime without a clock.
    async fn call_with_a_timeout_where_there_is_no_clock_says_so() {
        let (server, mut seen) = held_up().await;
        let gate = Gate::new();
        server.block(gate.clone());
        assert_eq!(seen.next().await, "blocked");
        for with_a_runtime in [false, true] {
            let client = server.clone();
            let message = on_a_thread(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
                    if with_a_runtime {
                        runtime.block_on(client.ping()).is_ok()
                    } else {
                        block_on(client.ping()).is_ok()
                    }
                }));
                let payload = outcome.expect_err("there is no clock here");
                let text = payload.downcast_ref::<String>().cloned();
                text.or(payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap()
            })
            .await;
            assert!(message.contains("infinity"), "with a runtime: {with_a_runtime}: {message}");
        }
        let client = server.clone();
        let answered = on_a_thread(move || {
            let mut call = Box::pin(async move { client.ping().infinity().await });
            let first = pin!(&mut call).poll(&mut Context::from_waker(Waker::noop()));
            gate.open();
            first.is_pending() && block_on(call).is_ok()
        });
        assert!(answered.await);
    }

    /// Design 3.6: a plain task of the same runtime.
    async fn call_from_a_plain_task_is_answered() {
        let counter = counter().await;
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let counter = counter.clone();
                tokio::spawn(async move {
                    for _ in 0..200 {
                        counter.next().await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(counter.get().await.unwrap(), 1_600);
    }
}

// ---- Slow handlers ----------------------------------------------------------------------------------------------------

/// Threads that wait for each other, for a bounded time.
#[derive(Debug)]
struct Meeting {
    expected: usize,
    arrived: Mutex<usize>,
    changed: Condvar,
}

impl Meeting {
    fn of(expected: usize) -> Arc<Self> {
        Arc::new(Self {
            expected,
            arrived: Mutex::new(0),
            changed: Condvar::new(),
        })
    }

    /// Whether all have come.
    fn join(&self) -> bool {
        let mut arrived = self.arrived.lock().unwrap();
        *arrived += 1;
        self.changed.notify_all();
        let limit = Duration::from_secs(30);
        let (arrived, _) = self
            .changed
            .wait_timeout_while(arrived, limit, |arrived| *arrived < self.expected)
            .unwrap();
        *arrived == self.expected
    }
}

/// Keeps the thread busy.
fn compute() {
    let begin = std::time::Instant::now();
    while begin.elapsed() < Duration::from_micros(300) {
        std::hint::spin_loop();
    }
}

/// Servers with a slow handler of their own; what is learnt of a handler is not forgotten.
macro_rules! slow_server {
    ($($name:ident),*) => {$(
        #[genserver]
        struct $name;

        #[genserver]
        impl $name {
            #[init]
            fn init() -> Self {
                Self
            }

            #[handle_call]
            fn work(&self, meeting: Option<Arc<Meeting>>) -> bool {
                match meeting {
                    Some(meeting) => meeting.join(),
                    None => {
                        compute();
                        true
                    }
                }
            }
        }
    )*};
}
slow_server!(SlowOnce, SlowTogether, SlowTimed);

/// How many calls it may take until a slow handler is noticed.
const SAMPLES: usize = 64 * 4;

/// Decision A1 (b): a handler that was seen to be slow is queued from then on.
#[beamish::test]
async fn slow_handler_is_queued_after_it_was_seen() {
    let server = SlowOnce::start().await.unwrap();
    let mut first = server.work(None);
    assert!(
        poll_once(&mut first).await.is_ready(),
        "nothing is known of it yet"
    );
    for _ in 0..SAMPLES {
        assert!(server.work(None).await.unwrap());
    }
    for _ in 0..10 {
        let mut call = server.work(None);
        assert!(poll_once(&mut call).await.is_pending());
        assert!(call.await.unwrap());
    }
}

/// Decision A1 (b): so the servers of a `join` work side by side.
#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn slow_handlers_of_several_servers_run_side_by_side() {
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(SlowTogether::start().await.unwrap());
    }
    for _ in 0..SAMPLES {
        servers[0].work(None).await.unwrap();
    }
    for _ in 0..5 {
        let meeting = Meeting::of(3);
        let (one, two, three) = tokio::join!(
            servers[0].work(Some(meeting.clone())).infinity(),
            servers[1].work(Some(meeting.clone())).infinity(),
            servers[2].work(Some(meeting)).infinity(),
        );
        assert!(one.unwrap() && two.unwrap() && three.unwrap());
    }
}

/// Decision A1 (b), (c), SRV-2: and its timeout holds.
#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn timeout_of_a_call_to_a_slow_handler_holds() {
    let server = SlowTimed::start().await.unwrap();
    for _ in 0..SAMPLES {
        server.work(None).await.unwrap();
    }
    let meeting = Meeting::of(2);
    let outcome = server
        .work(Some(meeting.clone()))
        .timeout(Duration::from_millis(20))
        .await;
    assert!(matches!(outcome, Err(CallError::Timeout(_))), "{outcome:?}");
    // The handler waits until now.
    assert!(meeting.join());
    assert!(server.work(None).await.unwrap());
}

/// Decision A1 (c), SRV-3: an answer that is there at the first poll counts, whatever the timeout.
#[beamish::test]
async fn idle_call_with_a_timeout_of_zero_is_answered() {
    let counter = counter().await;
    assert_eq!(counter.next().timeout(Duration::ZERO).await.unwrap(), 1);
}

// ---- Fairness ---------------------------------------------------------------------------------------------------------

/// Design 3.2: calls that are run by the caller use up its budget, so a loop of them lets others run.
#[beamish::test]
async fn loop_of_idle_calls_lets_other_tasks_run() {
    let counter = counter().await;
    let ran = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ran);
    tokio::spawn(async move { seen.store(true, Ordering::SeqCst) });
    let mut calls = 0_u32;
    while !ran.load(Ordering::SeqCst) {
        counter.get().await.unwrap();
        calls += 1;
        assert!(calls < 100_000, "nobody else runs");
    }
}

/// Design 3.2, decision A20: so a process that only calls can be killed.
#[beamish::test]
async fn process_that_only_calls_can_be_killed() {
    let counter = counter().await;
    let client = counter.clone();
    let caller = spawn(async move {
        loop {
            client.next().await.unwrap();
        }
    });
    let end = process::monitored(caller);
    process::yield_now().await;
    process::kill(caller);
    assert_eq!(end.await, ExitReason::Killed);
    let count = counter.get().await.unwrap();
    process::yield_now().await;
    assert_eq!(counter.get().await.unwrap(), count);
}

/// Design 3.2: the budget is the caller's: without it the call waits, and nothing has happened.
#[beamish::test]
async fn call_without_budget_waits_and_is_made_once() {
    let counter = counter().await;
    let mut pending = 0;
    for round in 1..=2_000 {
        let mut call = counter.next();
        match poll_once(&mut call).await {
            Poll::Ready(value) => assert_eq!(value.unwrap(), round),
            Poll::Pending => {
                pending += 1;
                assert_eq!(call.await.unwrap(), round);
            }
        }
    }
    assert!(pending > 0, "the budget never ended");
    assert_eq!(counter.get().await.unwrap(), 2_000);
}

// ---- Timeouts ---------------------------------------------------------------------------------------------------------

const SECOND: Duration = Duration::from_secs(1);

/// A server that answers nobody, and one that is held up.
async fn held_up() -> (BusyRef, Seen) {
    let (log, seen) = log();
    (Busy::start(log).await.unwrap(), seen)
}

/// Decision A24: several calls in flight in one process, each with its own deadline, in whatever order they begin.
#[beamish::test(start_paused)]
async fn calls_in_flight_time_out_each_at_its_own_time() {
    for order in [
        [5, 1, 3],
        [1, 3, 5],
        [5, 3, 1],
        [3, 5, 1],
        [1, 5, 3],
        [3, 1, 5],
    ] {
        let (server, _seen) = held_up().await;
        let before = Instant::now();
        let timed = |secs: u64| {
            let call = server
                .hold(Gate::new())
                .timeout(SECOND * u32::try_from(secs).unwrap());
            async move {
                let outcome = call.await;
                assert!(matches!(outcome, Err(CallError::Timeout(_))), "{outcome:?}");
                before.elapsed()
            }
        };
        let (one, two, three) = tokio::join!(timed(order[0]), timed(order[1]), timed(order[2]));
        assert_eq!(
            [one, two, three],
            order.map(Duration::from_secs),
            "{order:?}"
        );
    }
}

/// Decision A24: the same for calls of a plain task.
#[beamish::test(start_paused)]
async fn calls_of_a_plain_task_time_out_each_at_its_own_time() {
    let (server, _seen) = held_up().await;
    let before = Instant::now();
    let task = tokio::spawn(async move {
        let timed = |time: Duration| {
            let call = server.hold(Gate::new()).timeout(time);
            async move { matches!(call.await, Err(CallError::Timeout(_))).then(|| before.elapsed()) }
        };
        tokio::join!(timed(5 * SECOND), timed(SECOND), timed(3 * SECOND))
    });
    assert_eq!(
        task.await.unwrap(),
        (Some(5 * SECOND), Some(SECOND), Some(3 * SECOND))
    );
}

/// Decision A24: a timer that is used again comes earlier if it must, and not too early.
#[beamish::test(start_paused)]
async fn calls_one_after_the_other_time_out_each_at_its_own_time() {
    let (server, _seen) = held_up().await;
    // One that is answered after a while leaves its timer behind.
    for (answered_after, timeout) in [(1, 5), (2, 100), (1, 3), (50, 60)] {
        let (to, handed) = oneshot::channel();
        let (outcome, ()) = tokio::join!(server.hand_out(to).timeout(SECOND * timeout), async {
            let reply = handed.await.unwrap();
            process::sleep(SECOND * answered_after).await;
            reply.reply(7);
        });
        assert_eq!(outcome.unwrap(), 7);
        for timeout in [
            Duration::from_millis(100),
            10 * SECOND,
            SECOND,
            200 * SECOND,
        ] {
            let (to, handed) = oneshot::channel();
            let before = Instant::now();
            let (outcome, reply) = tokio::join!(server.hand_out(to).timeout(timeout), handed);
            assert!(matches!(outcome, Err(CallError::Timeout(_))), "{outcome:?}");
            assert_eq!(before.elapsed(), timeout, "after {answered_after}");
            drop(reply);
        }
    }
}

/// Decision A24: the call that has the timer is dropped while another waits.
#[beamish::test(start_paused)]
async fn call_keeps_its_deadline_when_another_is_dropped() {
    for (first, second) in [(1, 5), (5, 1)] {
        let (server, _seen) = held_up().await;
        let before = Instant::now();
        let mut dropped = Box::pin(server.hold(Gate::new()).timeout(SECOND * first));
        assert!(poll_once(&mut dropped).await.is_pending());
        let mut kept = Box::pin(server.hold(Gate::new()).timeout(SECOND * second));
        assert!(poll_once(&mut kept).await.is_pending());
        drop(dropped);
        let mut third = Box::pin(server.hold(Gate::new()).timeout(SECOND * 3));
        assert!(poll_once(&mut third).await.is_pending());
        let (kept, third) =
            tokio::join!(async { (kept.await.is_err(), before.elapsed()) }, async {
                (third.await.is_err(), before.elapsed())
            },);
        assert_eq!(kept, (true, SECOND * second));
        assert_eq!(third, (true, SECOND * 3));
    }
}

/// Decision A24: a call that another process goes on with keeps its deadline, and is answered there.
#[beamish::test(start_paused)]
async fn call_that_moves_to_another_process_keeps_its_deadline() {
    let (server, _seen) = held_up().await;
    let before = Instant::now();
    let (tell, mut told) = mpsc::unbounded_channel();
    // A borrowing future that owns what it borrows.
    let client = server.clone();
    let mut moved = Box::pin(async move { client.hold(Gate::new()).timeout(2 * SECOND).await });
    assert!(poll_once(&mut moved).await.is_pending());
    spawn(async move { tell.send((moved.await.is_err(), before.elapsed())).unwrap() });
    let mine = server.hold(Gate::new()).timeout(SECOND).await;
    assert!(mine.is_err());
    assert_eq!(before.elapsed(), SECOND);
    assert_eq!(told.recv().await.unwrap(), (true, 2 * SECOND));
}

/// SRV-3: a timeout leaves nothing behind in the caller that would end it later.
#[beamish::test(start_paused)]
async fn call_that_timed_out_does_not_disturb_later_calls() {
    let (server, mut seen) = held_up().await;
    let counter = counter().await;
    let gate = Gate::new();
    assert!(server.hold(gate.clone()).timeout(SECOND).await.is_err());
    for round in 1..=3 {
        assert_eq!(counter.next().await.unwrap(), round);
        counter.place_awaited().await.unwrap();
        process::sleep(SECOND).await;
    }
    gate.open();
    assert_eq!(server.ping().await.unwrap(), 2, "the request was handled");
    assert_eq!(seen.rest(), ["held", "ping"]);
}

// ---- Dropped futures --------------------------------------------------------------------------------------------------

both_flavors! {
    /// Decision A28, design 3.6: dropped before its first poll nothing was sent.
    async fn call_that_is_never_polled_sends_nothing() {
        let counter = counter().await;
        drop(counter.next());
        drop(counter.place_queued());
        assert_eq!(counter.get().await.unwrap(), 0);
    }

    /// Design 3.6: dropped later, the request is not recalled, and its answer vanishes.
    async fn call_that_is_dropped_is_handled_nevertheless() {
        let (server, mut seen) = held_up().await;
        let gate = Gate::new();
        let mut held = Box::pin(server.hold(gate.clone()));
        assert!(poll_once(&mut held).await.is_pending());
        let mut queued = Box::pin(server.ping());
        assert!(poll_once(&mut queued).await.is_pending());
        assert_eq!(seen.next().await, "held");
        drop(held);
        drop(queued);
        gate.open();
        assert_eq!(server.ping().await.unwrap(), 3);
        assert_eq!(seen.rest(), ["ping", "ping"]);
        assert_mailbox_empty().await;
    }

    /// Design 3.6: `select!` drops a call; the process goes on and may call again.
    async fn call_that_loses_a_select_leaves_its_process_whole() {
        let (server, mut seen) = held_up().await;
        for _ in 0..20 {
            let gate = Gate::new();
            tokio::select! {
                biased;
                _ = server.hold(gate.clone()) => unreachable!("it is held"),
                line = seen.next() => assert_eq!(line, "held"),
            }
            gate.open();
            server.ping().await.unwrap();
            assert_eq!(seen.rest(), ["ping"]);
        }
        server.stop().await.unwrap();
        assert_mailbox_empty().await;
    }

    /// Decision A28: a caller that ends while it waits does not disturb the server.
    async fn caller_that_is_killed_while_it_waits_leaves_the_server_whole() {
        let (server, mut seen) = held_up().await;
        let gate = Gate::new();
        let (client, held) = (server.clone(), gate.clone());
        let caller = spawn(async move { drop(client.hold(held).await) });
        assert_eq!(seen.next().await, "held");
        process::kill(caller);
        process::monitored(caller).await;
        gate.open();
        assert_eq!(server.ping().await.unwrap(), 2);
    }

    /// Decision A28: the last client is dropped: the server goes on.
    async fn server_without_clients_goes_on() {
        let pid = counter().await.pid().unwrap();
        process::yield_now().await;
        assert!(process::alive(pid));
        assert_eq!(CounterRef::try_from(pid).unwrap().next().await.unwrap(), 1);
    }
}

// ---- Runtimes that end ------------------------------------------------------------------------------------------------

/// A server on a runtime of its own, in the test's node.
struct Elsewhere {
    runtime: tokio::runtime::Runtime,
    server: FragileRef,
    seen: Seen,
}

#[genserver(name = "fragile")]
struct Fragile {
    log: Log,
    waiting: Vec<ReplyTo<u64>>,
    _mark: DropMark,
}

#[genserver]
impl Fragile {
    #[init]
    fn init(log: Log) -> Self {
        Self {
            log: log.clone(),
            waiting: Vec::new(),
            _mark: DropMark(log),
        }
    }

    #[handle_call]
    fn ping(&self) -> u64 {
        1
    }

    #[handle_call]
    fn keep(&mut self, reply: ReplyTo<u64>) {
        self.waiting.push(reply);
        self.log.write("kept");
    }

    #[handle_call]
    async fn hold(&mut self) -> u64 {
        self.log.write("held");
        std::future::pending().await
    }

    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {
        self.log.write("terminate");
    }
}

async fn elsewhere() -> Elsewhere {
    let node: Node = node::current();
    let (log, seen) = log();
    let runtime = runtime();
    let server = runtime
        .spawn(async move { node.scope(Fragile::start(log)).await })
        .await
        .unwrap()
        .unwrap();
    Elsewhere {
        runtime,
        server,
        seen,
    }
}

both_flavors! {
    /// Design 3.6, decision A23: a runtime that is dropped while its server is idle.
    async fn server_of_a_runtime_that_is_dropped_dies_killed() {
        let Elsewhere { runtime, server, mut seen } = elsewhere().await;
        assert_eq!(FragileRef::named().ping().await.unwrap(), 1);
        let mref = server.monitor();
        let end = process::monitored(server.pid().unwrap());
        on_a_thread(move || drop(runtime)).await;
        assert_eq!(end.await, ExitReason::Killed);
        receive! { Down { mref: which, reason: ExitReason::Killed, .. } if which == mref => {} }
        assert_eq!(process::whereis("fragile"), None);
        assert_eq!(seen.rest(), ["dropped"]);
        assert!(matches!(server.ping().await, Err(CallError::NoProc(_))));
        assert!(matches!(FragileRef::named().ping().await, Err(CallError::NoProc(_))));
        // The name can be taken by a server of this runtime.
        let (log, _seen) = log();
        Fragile::start(log).await.unwrap();
        assert_eq!(FragileRef::named().ping().await.unwrap(), 1);
    }

    /// Design 3.6: callers who wait get an error: in the handler, in the mailbox, and for a later answer.
    async fn callers_of_a_runtime_that_is_dropped_get_its_servers_reason() {
        let Elsewhere { runtime, server, mut seen } = elsewhere().await;
        let (kept, held, queued, plain, ()) = tokio::join!(
            server.keep().infinity(),
            server.hold().infinity(),
            server.hold().infinity(),
            server.ping().infinity(),
            async {
                assert_eq!(seen.next().await, "kept");
                assert_eq!(seen.next().await, "held");
                on_a_thread(move || drop(runtime)).await;
            },
        );
        for outcome in [kept, held, queued, plain] {
            assert_eq!(exited(outcome), ExitReason::Killed);
        }
        assert_eq!(process::whereis("fragile"), None);
        assert_eq!(seen.rest(), ["dropped"]);
    }

    /// Design 3.6: links are told.
    async fn links_of_a_runtime_that_is_dropped_are_told() {
        process::trap_exit(true);
        let Elsewhere { runtime, server, .. } = elsewhere().await;
        process::link(server.pid().unwrap());
        on_a_thread(move || drop(runtime)).await;
        receive! { Exit { from, reason } => assert_eq!((Some(from), reason), (server.pid(), ExitReason::Killed)) }
    }

    /// Design 3.6: a caller whose runtime is dropped leaves the server whole.
    async fn caller_of_a_runtime_that_is_dropped_leaves_the_server_whole() {
        let (server, mut seen) = held_up().await;
        let (gate, other) = (Gate::new(), runtime());
        let (client, held) = (server.clone(), gate.clone());
        other.spawn(async move { drop(client.hold(held).await) });
        assert_eq!(seen.next().await, "held");
        on_a_thread(move || drop(other)).await;
        gate.open();
        assert_eq!(server.ping().await.unwrap(), 2);
    }
}

// ---- Many at once -----------------------------------------------------------------------------------------------------

/// Two callers and one server: each answer is the one to its own call.
#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_reach_the_calls_that_they_belong_to() {
    let echo = Echo::start().await.unwrap();
    let callers: Vec<_> = (0..8_u64)
        .map(|caller| {
            let echo = echo.clone();
            tokio::spawn(async move {
                for round in 0..500_u64 {
                    let text = caller * 1_000 + round;
                    match round % 3 {
                        0 => assert_eq!(echo.plain(text).await.unwrap(), text),
                        1 => assert_eq!(echo.awaited(text).await.unwrap(), text),
                        _ => assert_eq!(echo.later(text).await.unwrap(), text),
                    }
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(echo.handled().await.unwrap(), 4_000);
}

#[genserver]
struct Echo(u64);

#[genserver]
impl Echo {
    #[init]
    fn init() -> Self {
        Self(0)
    }

    #[handle_call]
    fn plain(&mut self, value: u64) -> u64 {
        self.0 += 1;
        value
    }

    #[handle_call]
    async fn awaited(&mut self, value: u64) -> u64 {
        self.0 += 1;
        tokio::task::yield_now().await;
        value
    }

    #[handle_call]
    fn later(&mut self, value: u64, reply: ReplyTo<u64>) {
        self.0 += 1;
        tokio::spawn(async move { reply.reply(value) });
    }

    #[handle_call]
    fn handled(&self) -> u64 {
        self.0
    }
}

/// What happened to the incarnations of the server under stress, from its side.
#[derive(Debug, Default)]
struct Ledger {
    /// Of each incarnation: the increments that were made, by handlers of calls and of casts.
    made: Mutex<Vec<Arc<Made>>>,
}

#[derive(Debug, Default)]
struct Made {
    calls: AtomicU64,
    casts: AtomicU64,
    /// Handlers that run at this moment.
    inside: AtomicUsize,
    /// Whether two of them ever ran at once.
    overlapped: AtomicBool,
    ended: AtomicBool,
}

/// One handler at a time.
struct Inside<'a>(&'a Made);

impl<'a> Inside<'a> {
    fn enter(made: &'a Made) -> Self {
        if made.inside.fetch_add(1, Ordering::SeqCst) != 0 || made.ended.load(Ordering::SeqCst) {
            made.overlapped.store(true, Ordering::SeqCst);
        }
        Self(made)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

#[genserver(name = "stressed")]
struct Stressed {
    incarnation: usize,
    made: Arc<Made>,
    /// Without atomics: wrong if two handlers ever run at once, or one sees an old state.
    calls: u64,
    casts: u64,
    continued: u64,
}

#[genserver]
impl Stressed {
    #[init]
    fn init(ledger: Arc<Ledger>) -> Self {
        let made = Arc::new(Made::default());
        let mut all = ledger.made.lock().unwrap();
        all.push(Arc::clone(&made));
        Self {
            incarnation: all.len() - 1,
            made,
            calls: 0,
            casts: 0,
            continued: 0,
        }
    }

    /// The incarnation, the number of this increment in it, and of casts before it.
    #[handle_call]
    fn increment(&mut self) -> (usize, u64) {
        let _inside = Inside::enter(&self.made);
        self.calls += 1;
        self.made.calls.fetch_add(1, Ordering::SeqCst);
        (self.incarnation, self.calls)
    }

    #[handle_call]
    async fn increment_awaited(&mut self) -> (usize, u64) {
        let _inside = Inside::enter(&self.made);
        tokio::task::yield_now().await;
        self.calls += 1;
        self.made.calls.fetch_add(1, Ordering::SeqCst);
        (self.incarnation, self.calls)
    }

    #[handle_call]
    fn increment_and_continue(&mut self) -> Reply<(usize, u64), Settle> {
        let _inside = Inside::enter(&self.made);
        self.calls += 1;
        self.made.calls.fetch_add(1, Ordering::SeqCst);
        Reply::ok((self.incarnation, self.calls)).continue_with(Settle)
    }

    #[handle_call]
    fn increment_later(&mut self, reply: ReplyTo<(usize, u64)>) {
        let _inside = Inside::enter(&self.made);
        self.calls += 1;
        self.made.calls.fetch_add(1, Ordering::SeqCst);
        let answer = (self.incarnation, self.calls);
        tokio::spawn(async move { reply.reply(answer) });
    }

    #[handle_cast]
    fn cast_increment(&mut self) {
        let _inside = Inside::enter(&self.made);
        self.casts += 1;
        self.made.casts.fetch_add(1, Ordering::SeqCst);
    }

    #[handle_call]
    fn casts(&self) -> (usize, u64) {
        let _inside = Inside::enter(&self.made);
        (self.incarnation, self.casts)
    }

    #[handle_continue]
    fn settled(&mut self, _: Settle) {
        let _inside = Inside::enter(&self.made);
        self.continued += 1;
    }

    #[handle_call]
    fn fall_over(&mut self) -> u64 {
        let _inside = Inside::enter(&self.made);
        panic!("as told")
    }

    #[handle_call]
    fn leave(&mut self) -> Reply<usize> {
        let _inside = Inside::enter(&self.made);
        Reply::stop(ExitReason::Shutdown, self.incarnation)
    }

    #[handle_call]
    fn shoot_itself(&mut self) -> u64 {
        let _inside = Inside::enter(&self.made);
        process::exit(self_pid(), ExitReason::other("by its own hand"));
        unreachable!("it does not trap exits")
    }
}

impl Drop for Stressed {
    fn drop(&mut self) {
        if self.made.inside.load(Ordering::SeqCst) != 0 {
            self.made.overlapped.store(true, Ordering::SeqCst);
        }
        self.made.ended.store(true, Ordering::SeqCst);
    }
}

/// Repeatable chance (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What one caller saw: of each increment that was answered, its incarnation and its number there.
#[derive(Default)]
struct Answers {
    increments: Vec<(usize, u64)>,
    failed: u64,
}

/// How long a call may hang before the test says so.
const HANG: Duration = Duration::from_secs(30);

/// One caller: calls, casts, and now and then ends the server in one of many ways.
async fn stress(seed: u64, rounds: u32, harmful: bool) -> Answers {
    let mut chance = Chance(seed);
    let mut answers = Answers::default();
    let server = StressedRef::named();
    for _ in 0..rounds {
        let dice = chance.below(1_000);
        let bounded = async {
            match dice {
                0..500 => Some(server.increment().infinity().await),
                500..600 => Some(server.increment_awaited().infinity().await),
                600..700 => Some(server.increment_and_continue().infinity().await),
                700..760 => Some(server.increment_later().infinity().await),
                760..770 => {
                    // Given up after one poll, or before an answer.
                    let _ = poll_once(&mut server.increment_awaited()).await;
                    let _ = server.increment_later().timeout(Duration::ZERO).await;
                    None
                }
                770..970 => {
                    server.cast_increment();
                    None
                }
                970..980 => {
                    // Own casts come before own calls, in one incarnation.
                    let before = server.casts().infinity().await;
                    server.cast_increment();
                    let after = server.casts().infinity().await;
                    if let (Ok(before), Ok(after)) = (before, after)
                        && before.0 == after.0
                    {
                        assert!(after.1 > before.1, "a cast was overtaken");
                    }
                    None
                }
                _ if !harmful => None,
                980..985 => {
                    let outcome = server.fall_over().infinity().await;
                    assert!(outcome.is_err(), "{outcome:?}");
                    None
                }
                985..990 => {
                    let outcome = server.shoot_itself().infinity().await;
                    assert!(outcome.is_err(), "{outcome:?}");
                    None
                }
                990..995 => {
                    let _ = server.leave().infinity().await;
                    None
                }
                _ => {
                    if let Some(pid) = server.pid() {
                        process::kill(pid);
                    }
                    None
                }
            }
        };
        match tokio::time::timeout(HANG, bounded)
            .await
            .expect("a call hangs")
        {
            Some(Ok(answer)) => answers.increments.push(answer),
            Some(Err(error)) => {
                answers.failed += 1;
                match error {
                    CallError::Exit(_) => {}
                    CallError::NoProc(_) => drop(server.when_up(HANG).await),
                    other => panic!("{other:?}"),
                }
            }
            None => {}
        }
    }
    answers
}

/// Many callers of every kind, one server that ends all the time and comes back: each call ends, no handler runs beside
/// another, and every increment that was answered was made exactly once, in the incarnation that said so.
async fn stress_one_server(seed: u64, harmful: bool) {
    const ROUNDS: u32 = 400;
    let ledger = Arc::new(Ledger::default());
    let tree = beamish::Supervisor::new(beamish::Strategy::OneForOne)
        .max_restarts(u32::MAX)
        .child({
            let ledger = Arc::clone(&ledger);
            beamish::ChildSpec::new(move || Stressed::start_link(Arc::clone(&ledger)))
        })
        .start()
        .await
        .unwrap();
    let (tell, mut told) = mpsc::unbounded_channel();
    let node = node::current();
    let mut callers = 0;
    let mut next_seed = || {
        callers += 1;
        (seed ^ (callers << 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1
    };
    for _ in 0..6 {
        let (tell, seed) = (tell.clone(), next_seed());
        spawn(async move {
            tell.send(stress(seed, ROUNDS, harmful).await)
                .map_err(|_| ExitReason::Timeout)
        });
    }
    for _ in 0..4 {
        let (tell, seed, node) = (tell.clone(), next_seed(), node.clone());
        tokio::spawn(async move {
            let _ = tell.send(node.scope(stress(seed, ROUNDS, harmful)).await);
        });
    }
    let (other, one_thread) = (
        runtime(),
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap(),
    );
    for _ in 0..3 {
        let (tell, seed, node) = (tell.clone(), next_seed(), node.clone());
        other.spawn(async move {
            let _ = tell.send(node.scope(stress(seed, ROUNDS, harmful)).await);
        });
    }
    for handle in [
        tokio::runtime::Handle::current(),
        one_thread.handle().clone(),
    ] {
        let (tell, seed, node) = (tell.clone(), next_seed(), node.clone());
        thread::spawn(move || {
            let answers = handle.block_on(node.scope(stress(seed, ROUNDS, harmful)));
            let _ = tell.send(answers);
        });
    }
    drop(tell);
    // A runtime of one thread works only while somebody blocks on it.
    let (quit, quits) = oneshot::channel::<()>();
    let driver = thread::spawn(move || one_thread.block_on(async { drop(quits.await) }));

    let mut seen = Vec::new();
    let mut failed = 0;
    for _ in 0..callers {
        let answers = tokio::time::timeout(4 * HANG, told.recv())
            .await
            .expect("a caller hangs")
            .expect("a caller panicked");
        seen.extend(answers.increments);
        failed += answers.failed;
    }
    tree.stop().await.unwrap();
    drop(quit);
    on_a_thread(move || {
        driver.join().unwrap();
        drop(other);
    })
    .await;

    let made = std::mem::take(&mut *ledger.made.lock().unwrap());
    assert!(
        made.iter().all(|made| made.ended.load(Ordering::SeqCst)),
        "a state was not dropped"
    );
    assert!(
        !made
            .iter()
            .any(|made| made.overlapped.load(Ordering::SeqCst)),
        "two handlers ran at once"
    );
    let answered = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(
        seen.len(),
        answered,
        "two calls were given the same increment"
    );
    for (incarnation, number) in &seen {
        let calls = made[*incarnation].calls.load(Ordering::SeqCst);
        assert!(
            *number <= calls,
            "increment {number} of incarnation {incarnation}, which made {calls}"
        );
    }
    let calls: u64 = made
        .iter()
        .map(|made| made.calls.load(Ordering::SeqCst))
        .sum();
    assert!(calls >= answered as u64);
    if harmful {
        assert!(made.len() > 1, "the server was never restarted");
    } else {
        assert_eq!((made.len(), failed), (1, 0));
    }
}

/// Design 3.2, 3.6: the protocol under stress, with a server that goes on.
#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn stress_of_calls_on_one_server() {
    for seed in 1..=5 {
        stress_one_server(seed, false).await;
    }
}

/// Design 3.2, 3.6: and with one that stops, panics, is killed and restarted all the time.
#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn stress_of_calls_on_a_server_that_ends_and_is_restarted() {
    for seed in 1..=15 {
        stress_one_server(seed, true).await;
    }
}
