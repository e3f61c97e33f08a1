//! SRV-6, SRV-10: stopping by a result, and by request.

use super::*;

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
