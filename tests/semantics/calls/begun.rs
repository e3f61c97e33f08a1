//! Handlers that may await: the caller of an idle server begins them, and the server's task goes on with those that have to
//! wait (rule 6 of `gen_server/process.rs`).

use super::*;

/// A server of handlers that await, one of which waits.
#[genserver]
struct Slow {
    log: Log,
    handled: u64,
    _mark: DropMark,
}

#[genserver]
impl Slow {
    #[init]
    fn init(log: Log) -> Self {
        Self {
            _mark: DropMark(log.clone()),
            log,
            handled: 0,
        }
    }

    /// Where it runs before and after the gate.
    #[handle_call]
    async fn through(&mut self, gate: Gate) -> (Place, Place) {
        self.log.write("begun");
        self.handled += 1;
        let place = || (thread::current().id(), self_pid(), process::caller());
        let before = place();
        gate.wait().await;
        (before, place())
    }

    #[handle_call]
    async fn handled(&self) -> u64 {
        self.handled
    }

    #[handle_call]
    async fn runtime(&self) -> tokio::runtime::Id {
        tokio::runtime::Handle::current().id()
    }

    #[handle_cast]
    fn note(&mut self, word: &'static str) {
        self.handled += 1;
        self.log.write(word);
    }

    /// Panics, before or behind the gate.
    #[handle_call]
    async fn fall_over(&mut self, gate: Gate) -> u64 {
        self.handled += 1;
        gate.wait().await;
        panic!("fell at {}", self.handled)
    }

    #[handle_call]
    async fn raise(&mut self, gate: Gate, reason: ExitReason) -> u64 {
        self.handled += 1;
        gate.wait().await;
        exit(reason)
    }

    #[handle_call]
    async fn signal_itself(&mut self, gate: Gate, reason: ExitReason) -> u64 {
        gate.wait().await;
        process::exit(self_pid(), reason);
        self.handled
    }

    #[handle_call]
    async fn leave(&mut self, gate: Gate, reason: ExitReason) -> Reply<u64> {
        self.handled += 1;
        gate.wait().await;
        Reply::stop(reason, self.handled)
    }

    /// Hands its caller out, before or behind the gate.
    #[handle_call]
    async fn hand_out(
        &mut self,
        gate: Gate,
        to: oneshot::Sender<ReplyTo<u64>>,
        reply: ReplyTo<u64>,
    ) {
        gate.wait().await;
        to.send(reply).unwrap();
        self.log.write("handed out");
    }

    /// Drops its caller.
    #[handle_call]
    async fn forget(&mut self, gate: Gate, reply: ReplyTo<u64>) {
        gate.wait().await;
        drop(reply);
    }

    /// Calls another server.
    #[handle_call]
    async fn ask(&mut self, other: SlowRef, gate: Gate) -> (Pid, (Place, Place)) {
        (self_pid(), other.through(gate).await.unwrap())
    }

    /// Takes a message out of its own mailbox.
    #[handle_call]
    async fn receive(&mut self) -> u64 {
        receive! {
            number: u64 => number,
        }
    }

    #[terminate]
    async fn terminate(&mut self, reason: &ExitReason) {
        process::yield_now().await;
        self.log
            .write(format!("terminate {} {reason:?}", self.handled));
    }
}

/// The outcome of a call, for which the gate is opened if it has to wait.
async fn through<T>(call: impl Future<Output = T>, gate: &Gate) -> T {
    let mut call = pin!(call);
    match poll_once(&mut call).await {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => {
            gate.open();
            call.await
        }
    }
}

fn open_gate() -> Gate {
    let gate = Gate::new();
    gate.open();
    gate
}

/// An idle server: the call before this was run by its caller.
async fn slow() -> (SlowRef, Seen) {
    let (log, seen) = log();
    let slow = Slow::start(log).await.unwrap();
    let mut attempts = 0;
    while poll_once(&mut slow.handled()).await.is_pending() {
        attempts += 1;
        assert!(attempts < 100_000, "no call is answered at its first poll");
        // Its answer shows that it is idle soon.
        slow.handled().await.unwrap();
    }
    (slow, seen)
}

/// Calls until the caller begins the handler: after one that had to wait, calls are queued for a while. (Tests that run
/// beside this one may change that again; what is asserted holds either way.)
async fn until_begun(slow: &SlowRef, seen: &mut Seen) {
    let mut attempts = 0;
    loop {
        let mut call = slow.through(open_gate());
        match poll_once(&mut call).await {
            Poll::Ready(places) if places.as_ref().unwrap().0.0 == thread::current().id() => break,
            Poll::Ready(_) => {}
            Poll::Pending => drop(call.await.unwrap()),
        }
        attempts += 1;
        assert!(attempts < 100_000, "the caller never begins it");
    }
    seen.rest();
}

both_flavors! {
    /// One that need not wait is run by the caller, as the server.
    async fn handler_that_need_not_wait_is_run_by_its_caller() {
        let (slow, _seen) = slow().await;
        let (pid, me) = (slow.pid().unwrap(), self_pid());
        let mut attempts = 0;
        loop {
            let mut call = slow.through(open_gate());
            if let Poll::Ready(places) = poll_once(&mut call).await {
                let (before, after) = places.unwrap();
                assert_eq!(before, after);
                assert_eq!((before.1, before.2), (pid, Some(me)));
                if before.0 == thread::current().id() {
                    break;
                }
            } else {
                call.await.unwrap();
            }
            attempts += 1;
            assert!(attempts < 100_000, "the caller never runs it");
        }
        // The caller is itself again.
        assert_eq!((self_pid(), process::caller()), (me, None));
    }

    /// One that has to wait goes on in the server's task: what it did stays done, others wait their turn, and it is the same
    /// process for the same caller.
    async fn handler_that_has_to_wait_goes_on_in_the_server() {
        for _ in 0..20 {
            let (slow, mut seen) = slow().await;
            until_begun(&slow, &mut seen).await;
            let handled = slow.handled().await.unwrap();
            let gate = Gate::new();
            let mut call = slow.through(gate.clone());
            assert!(poll_once(&mut call).await.is_pending());
            assert_eq!(seen.next().await, "begun");
            assert_eq!((self_pid() == slow.pid().unwrap(), process::caller()), (false, None));
            slow.note("cast");
            let mut other = slow.handled();
            assert!(poll_once(&mut other).await.is_pending());
            assert_eq!(seen.rest(), [] as [&str; 0]);
            gate.open();
            let (before, after) = call.await.unwrap();
            let expected = (slow.pid().unwrap(), Some(self_pid()));
            assert_eq!([(before.1, before.2), (after.1, after.2)], [expected; 2]);
            assert_eq!(other.await.unwrap(), handled + 2);
            assert_eq!(seen.rest(), ["cast"]);
        }
    }

    /// SIG-1: what the caller sent before is handled before.
    async fn own_earlier_casts_come_before_a_handler_that_awaits() {
        let (slow, _seen) = slow().await;
        for round in 1..2_000 {
            slow.note("earlier");
            assert_eq!(slow.handled().await.unwrap(), round);
            assert_eq!(slow.handled().await.unwrap(), round);
        }
    }

    /// SRV-7: a panic is the server's, before it had to wait and after.
    async fn panic_ends_the_server_and_not_the_caller() {
        for gate in [open_gate(), Gate::new()] {
            let (slow, mut seen) = slow().await;
            let end = process::monitored(slow.pid().unwrap());
            let outcome = through(slow.fall_over(gate.clone()), &gate).await;
            let reason = exited(outcome);
            let ExitReason::Panic(panic) = &reason else { panic!("{reason:?}") };
            assert_eq!(panic.message(), "fell at 1");
            assert_eq!(end.await, reason);
            assert_eq!(seen.rest(), [format!("terminate 1 {reason:?}"), "dropped".to_owned()]);
        }
    }

    /// Decision A3: `exit(reason)` and a stop run terminate; an exit signal to itself does not; a caller without an answer
    /// hears the reason.
    async fn ends_of_its_own_are_the_same_before_and_after_it_waits() {
        for gate in [open_gate, Gate::new] {
            let reason = abnormal();
            let terminated = [format!("terminate 1 {reason:?}"), "dropped".to_owned()];

            let ((slow, mut seen), gate) = (slow().await, gate());
            let end = process::monitored(slow.pid().unwrap());
            let raised = through(slow.raise(gate.clone(), reason.clone()), &gate).await;
            assert_eq!((exited(raised), end.await), (reason.clone(), reason.clone()));
            assert_eq!(seen.rest(), terminated);
        }
        for gate in [open_gate, Gate::new] {
            let reason = abnormal();
            let terminated = [format!("terminate 1 {reason:?}"), "dropped".to_owned()];
            let ((slow, mut seen), gate) = (slow().await, gate());
            let end = process::monitored(slow.pid().unwrap());
            let left = through(slow.leave(gate.clone(), reason.clone()), &gate).await;
            assert_eq!((left.unwrap(), end.await), (1, reason));
            assert_eq!(seen.next().await, terminated[0]);
            assert_eq!(seen.next().await, terminated[1]);
        }
        for gate in [open_gate, Gate::new] {
            let reason = abnormal();
            let ((slow, mut seen), gate) = (slow().await, gate());
            let end = process::monitored(slow.pid().unwrap());
            let signalled = through(slow.signal_itself(gate.clone(), reason.clone()), &gate).await;
            assert_eq!((exited(signalled), end.await), (reason.clone(), reason));
            assert_eq!(seen.rest(), ["dropped"]);
        }
    }

    /// EXI-5: a kill ends it while it waits; the state goes, the caller hears.
    async fn kill_ends_a_handler_that_waits() {
        for _ in 0..20 {
            let (slow, mut seen) = slow().await;
            until_begun(&slow, &mut seen).await;
            let mut call = slow.through(Gate::new());
            assert!(poll_once(&mut call).await.is_pending());
            assert_eq!(seen.next().await, "begun");
            process::kill(slow.pid().unwrap());
            assert_eq!(exited(call.await), ExitReason::Killed);
            assert_eq!(seen.rest(), ["dropped"]);
        }
    }

    /// SRV-4: an answer that comes later reaches the caller, whenever the handle was handed out; dropped, the caller hears.
    async fn answers_that_come_later_reach_the_caller() {
        for gate in [open_gate(), Gate::new()] {
            let (slow, mut seen) = slow().await;
            let (hand, handed) = oneshot::channel();
            let mut call = slow.hand_out(gate.clone(), hand);
            assert!(poll_once(&mut call).await.is_pending());
            gate.open();
            let reply = handed.await.unwrap();
            assert_eq!(seen.next().await, "handed out");
            assert_eq!(reply.caller(), Some(self_pid()));
            assert_eq!(slow.handled().await.unwrap(), 0);
            assert!(poll_once(&mut call).await.is_pending());
            reply.reply(7);
            assert_eq!(call.await.unwrap(), 7);
            let forgotten = slow.forget(gate).await;
            assert!(matches!(forgotten, Err(CallError::NoReply(_))), "{forgotten:?}");
        }
    }

    /// A handler that calls another server is that server's caller.
    async fn handler_calls_another_server() {
        let (one, _one_seen) = slow().await;
        let (two, _two_seen) = slow().await;
        let (pid, (before, after)) = one.ask(two.clone(), open_gate()).await.unwrap();
        assert_eq!(pid, one.pid().unwrap());
        for place in [before, after] {
            assert_eq!((place.1, place.2), (two.pid().unwrap(), one.pid()));
        }
        let calling = one.ask(one.clone(), open_gate()).await;
        assert!(matches!(calling, Err(CallError::Exit(_))), "{calling:?}");
    }

    /// It receives from the server's mailbox, not its caller's.
    async fn handler_receives_the_servers_messages() {
        let (slow, _seen) = slow().await;
        send(self_pid(), 1_u64);
        let mut call = slow.receive();
        assert!(poll_once(&mut call).await.is_pending());
        send(slow.pid().unwrap(), 2_u64);
        assert_eq!(call.await.unwrap(), 2);
        receive! {
            number: u64 => assert_eq!(number, 1),
        }
    }

    /// A call that is given up leaves the handler running.
    async fn handler_goes_on_when_its_caller_gives_up() {
        let (slow, mut seen) = slow().await;
        until_begun(&slow, &mut seen).await;
        let handled = slow.handled().await.unwrap();
        let gate = Gate::new();
        let late = slow.through(gate.clone()).timeout(Duration::from_millis(1)).await;
        assert!(matches!(late, Err(CallError::Timeout(_))), "{late:?}");
        assert_eq!(seen.next().await, "begun");
        gate.open();
        assert_eq!(slow.handled().await.unwrap(), handled + 1);
    }
}

/// The state of a server whose runtime goes while a handler waits is dropped, and its callers are told.
#[beamish::test]
async fn end_of_the_runtime_ends_a_handler_that_waits() {
    for _ in 0..20 {
        let (log, mut seen) = log();
        let other = runtime();
        let node = node::current();
        let handle = other.spawn(async move {
            let scoped = node.scope(async move {
                let slow = Slow::start(log).await.unwrap();
                slow.handled().await.unwrap();
                slow
            });
            let slow = scoped.await;
            let call = slow.clone();
            tokio::spawn(async move { call.through(Gate::new()).await });
            slow
        });
        let slow = handle.await.unwrap();
        assert_eq!(seen.next().await, "begun");
        let end = process::monitored(slow.pid().unwrap());
        on_a_thread(move || drop(other)).await;
        assert_eq!(end.await, ExitReason::Killed);
        assert_eq!(seen.rest(), ["dropped"]);
    }
}

/// Decision A1 a: not where another runtime is entered inside the process.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn handler_is_not_begun_in_another_runtime() {
    let (slow, _seen) = slow().await;
    let own = tokio::runtime::Handle::current().id();
    let elsewhere = slow.clone();
    let (other, seen) = tokio::task::block_in_place(|| {
        let other = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let seen = other.block_on(async { elsewhere.runtime().await.unwrap() });
        (other.handle().id(), seen)
    });
    assert_ne!(own, other);
    assert_eq!(seen, own);
}
