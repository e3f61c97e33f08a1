//! Who calls, and from where.

use super::*;

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
