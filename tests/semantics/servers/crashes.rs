//! SRV-7: panics and exits in handlers.

use super::*;

both_flavors! {
    /// SRV-7, decision A25: a panic: terminate with it and the last state, then the end with that reason; a caller gets it,
    /// and lives on.
    async fn panic_in_every_handler_runs_terminate_and_ends_with_it() {
        for via in ALL {
            let (machine, mut seen) = plain_machine().await;
            let end = process::monitored(machine.pid().unwrap());
            let outcome = via.send(&machine, Act::Panic).await;
            let reason = end.await;
            let ExitReason::Panic(panic) = &reason else { panic!("{via:?}: {reason:?}") };
            assert_eq!(panic.message(), "told to panic");
            assert!(panic.file().unwrap().ends_with("mod.rs"));
            if via.is_call() {
                assert_eq!(exited(outcome), reason, "{via:?}");
            }
            let terminated = format!("terminate {} {reason:?}", via.counted());
            assert_eq!(the_end(seen.rest()), [terminated, "dropped".to_owned()], "{via:?}");
        }
        assert_mailbox_empty().await;
    }

    /// SRV-7, decision A3: OTP `exit(Reason)` in a handler: terminate with the reason, then the end; a caller gets it.
    async fn exit_in_every_handler_runs_terminate_and_ends_with_the_reason() {
        for via in ALL {
            for reason in [ExitReason::Normal, ExitReason::Shutdown, ExitReason::Kill, abnormal()] {
                let (machine, mut seen) = plain_machine().await;
                let end = process::monitored(machine.pid().unwrap());
                let outcome = via.send(&machine, Act::Exit(reason.clone())).await;
                assert_eq!(end.await, reason, "{via:?}");
                if via.is_call() {
                    assert_eq!(exited(outcome), reason, "{via:?}");
                }
                let terminated = format!("terminate {} {reason:?}", via.counted());
                assert_eq!(the_end(seen.rest()), [terminated, "dropped".to_owned()], "{via:?}");
            }
        }
    }

    /// SRV-9, EXI-5, decision A3: an exit signal to itself is no exception: no terminate, and no reply.
    async fn exit_signal_to_itself_in_every_handler_ends_it_without_terminate_or_reply() {
        for via in ALL {
            for (sent, reason) in [
                (ExitReason::Normal, ExitReason::Normal),
                (ExitReason::Kill, ExitReason::Killed),
                (abnormal(), ExitReason::Timeout),
            ] {
                let reason = if reason == ExitReason::Timeout { sent.clone() } else { reason };
                let (machine, mut seen) = plain_machine().await;
                let end = process::monitored(machine.pid().unwrap());
                let outcome = via.send(&machine, Act::SignalToItself(sent)).await;
                assert_eq!(end.await, reason, "{via:?}");
                if via.is_call() {
                    assert_eq!(exited(outcome), reason, "{via:?}");
                }
                assert_eq!(the_end(seen.rest()), ["dropped"], "{via:?}");
            }
        }
    }

    /// EXI-1, decision A3: one that traps exits gets a message, and goes on.
    async fn exit_signal_to_itself_of_a_server_that_traps_is_a_message() {
        for via in [Via::Call, Via::CallQueued, Via::CallAwaited, Via::Cast] {
            let (mut plan, mut seen) = plan();
            plan.trap = true;
            let machine = machine(plan).await;
            let reason = abnormal();
            let outcome = via.send(&machine, Act::SignalToItself(reason.clone())).await;
            assert!(outcome.is_ok(), "{via:?}: {outcome:?}");
            assert_eq!(machine.count().await.unwrap(), 1);
            assert_eq!(seen.rest(), [format!("exit {reason:?}")], "{via:?}");
        }
    }
}

/// SRV-7, EXI-6: which ends are reported as crashes.
#[beamish::test]
async fn only_abnormal_ends_are_reported() {
    let (reports, _listening) = Reports::listen();
    for (act, reported) in [
        (Act::Panic, 1),
        (Act::Exit(abnormal()), 1),
        (Act::Stop(abnormal()), 1),
        (Act::Exit(ExitReason::Shutdown), 0),
        (Act::Stop(ExitReason::Normal), 0),
        (Act::Stop(ExitReason::shutdown_with(1)), 0),
    ] {
        for via in ALL {
            let (machine, _seen) = plain_machine().await;
            let pid = machine.pid().unwrap();
            let end = process::monitored(pid);
            let _ = via.send(&machine, act.clone()).await;
            end.await;
            assert_eq!(reports.crashes(pid).len(), reported, "{act:?} {via:?}");
        }
    }
}
