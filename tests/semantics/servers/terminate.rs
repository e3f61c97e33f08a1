//! SRV-9: when `terminate` runs.

use super::*;

both_flavors! {
    /// SRV-9: not on a kill, nor on an untrapped signal; idle or in the middle of a handler.
    async fn terminate_does_not_run_when_a_signal_ends_the_server() {
        for (sent, reason) in [(ExitReason::Kill, Some(ExitReason::Killed)), (ExitReason::Shutdown, None), (abnormal(), None)] {
            let reason = reason.unwrap_or(sent.clone());
            for busy in [false, true] {
                for trap in [false, true] {
                    if trap && sent != ExitReason::Kill {
                        continue;
                    }
                    let (mut plan, mut seen) = plan();
                    plan.trap = trap;
                    let machine = machine(plan).await;
                    if busy {
                        machine.block(Gate::new());
                        assert_eq!(seen.next().await, "blocked");
                    } else {
                        machine.count().await.unwrap();
                    }
                    let end = process::monitored(machine.pid().unwrap());
                    process::exit(machine.pid().unwrap(), sent.clone());
                    assert_eq!(end.await, reason);
                    assert_eq!(seen.rest(), ["dropped"]);
                }
            }
        }
    }

    /// SRV-9, EXI-1: an exit signal `normal` from another process does nothing to a server that does not trap.
    async fn normal_signal_does_nothing_to_a_server() {
        let (machine, mut seen) = plain_machine().await;
        process::exit(machine.pid().unwrap(), ExitReason::Normal);
        assert_eq!(machine.count().await.unwrap(), 0);
        assert_eq!(seen.rest(), [] as [&str; 0]);
    }

    /// SRV-9: a crash in terminate takes the place of the reason.
    async fn crash_in_terminate_replaces_the_reason() {
        let other = ExitReason::other("other");
        for act in [Act::Stop(ExitReason::Normal), Act::Panic, Act::Exit(abnormal())] {
            for via in [Via::Call, Via::Cast] {
                let (mut plan, mut seen) = plan();
                plan.end = End::Exit(other.clone());
                let server = machine(plan.clone()).await;
                let end = process::monitored(server.pid().unwrap());
                let _ = via.send(&server, act.clone()).await;
                assert_eq!(end.await, other);
                assert_eq!(the_end(seen.rest()).len(), 2);

                plan.end = End::Panic;
                let server = machine(plan).await;
                let end = process::monitored(server.pid().unwrap());
                let _ = via.send(&server, act.clone()).await;
                let reason = end.await;
                let ExitReason::Panic(panic) = reason else { panic!("{reason:?}") };
                assert_eq!(panic.message(), "terminate panics");
                assert_eq!(the_end(seen.rest()).len(), 2, "terminate runs once");
            }
        }
    }

    /// SRV-9, EXI-7, SRV-2: a caller whose request ends the server hears the reason that terminate left.
    async fn caller_gets_the_reason_that_terminate_left() {
        let other = ExitReason::other("other");
        for via in [Via::Call, Via::CallQueued, Via::CallAwaited, Via::CallLater] {
            let (mut plan, _seen) = plan();
            plan.end = End::Exit(other.clone());
            let machine = machine(plan).await;
            assert_eq!(exited(via.send(&machine, Act::Panic).await), other, "{via:?}");
        }
    }

    /// SRV-9: terminate is optional.
    async fn server_without_terminate_stops() {
        let bystander = Bystander::start().await.unwrap();
        let end = process::monitored(bystander.pid().unwrap());
        bystander.stop().await.unwrap();
        assert_eq!(end.await, ExitReason::Normal);
    }

    /// SRV-9, SIG-3: a signal ends a server in the middle of terminate.
    async fn terminate_that_waits_is_ended_by_a_kill() {
        let (mut plan, mut seen) = plan();
        plan.end = End::Wait(Gate::new());
        let machine = machine(plan).await;
        let end = process::monitored(machine.pid().unwrap());
        machine.cast(Act::Stop(ExitReason::Normal));
        assert!(seen.next().await.starts_with("terminate"));
        process::kill(machine.pid().unwrap());
        let reason = end.await;
        assert_eq!(reason, ExitReason::Killed);
        assert_eq!(seen.rest(), ["dropped"]);
    }

    /// EXI-7: terminate runs, the state is dropped, the name is free, then others are told.
    async fn end_of_a_server_is_told_when_all_of_it_is_gone() {
        process::trap_exit(true);
        for _ in 0..20 {
            let (plan, mut seen) = plan();
            let machine = Machine::start_link(plan).name("machine").await.unwrap();
            let mref = machine.monitor();
            machine.cast(Act::Stop(ExitReason::Shutdown));
            receive! { Exit { from, .. } => assert_eq!(Some(from), machine.pid()) }
            assert_eq!(process::whereis("machine"), None);
            assert_eq!(seen.rest().last().unwrap(), "dropped");
            receive! { Down { mref: which, .. } => assert_eq!(which, mref) }
        }
    }
}
