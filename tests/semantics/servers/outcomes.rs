//! SRV-2, SRV-3: what a call gives.

use super::*;

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
