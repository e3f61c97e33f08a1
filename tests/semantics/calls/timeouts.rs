//! Timeouts, and calls that are dropped.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

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
