//! Runtimes that end.

use super::*;

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
