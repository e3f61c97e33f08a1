//! SRV-1: one message at a time, in order.

use super::*;

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
