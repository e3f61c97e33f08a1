//! Where a handler runs.

use super::*;

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

    /// Design 3.2: handlers that are `queued` are never run by the caller.
    async fn call_of_a_handler_that_is_queued_is_run_by_the_server() {
        let counter = counter().await;
        let (pid, me) = (counter.pid().unwrap(), self_pid());
        for _ in 0..50 {
            counter.get().await.unwrap();
            // Answered at the first poll all the same, if the server's task is fast, but then by another thread.
            match poll_once(&mut counter.place_queued()).await {
                Poll::Ready(place) => assert_ne!(place.unwrap().0, thread::current().id()),
                Poll::Pending => {}
            }
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
