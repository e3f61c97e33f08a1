//! SRV-8: the exit of the parent, and of others.

use super::*;

/// A process that starts a machine, linked, and ends with the reason that it is sent.
async fn child_of_a_process(plan: Plan) -> (MachineRef, Pid) {
    let (tell, told) = oneshot::channel();
    let parent = spawn(async move {
        let machine = Machine::start_link(plan).await.unwrap();
        tell.send(machine).unwrap();
        let reason: ExitReason = process::receive().await;
        exit(reason);
    });
    (told.await.unwrap(), parent)
}

both_flavors! {
    /// SRV-8: a server that traps: its parent's exit does not reach `handle_info`; it terminates and ends with the reason.
    async fn server_that_traps_terminates_when_its_parent_ends() {
        for reason in [ExitReason::Normal, ExitReason::Shutdown, abnormal()] {
            let (mut plan, mut seen) = plan();
            plan.trap = true;
            let (machine, parent) = child_of_a_process(plan).await;
            let end = process::monitored(machine.pid().unwrap());
            send(parent, reason.clone());
            assert_eq!(end.await, reason);
            assert_eq!(seen.rest(), [format!("terminate 0 {reason:?}"), "dropped".to_owned()]);
        }
    }

    /// SRV-8: the same for a parent that is killed, and for a signal that the parent sends.
    async fn server_that_traps_terminates_when_its_parent_says_so() {
        let (mut plan, mut seen) = plan();
        plan.trap = true;
        let (machine, parent) = child_of_a_process(plan.clone()).await;
        let end = process::monitored(machine.pid().unwrap());
        process::kill(parent);
        assert_eq!(end.await, ExitReason::Killed);
        assert_eq!(seen.rest(), [format!("terminate 0 {:?}", ExitReason::Killed), "dropped".to_owned()]);

        let machine = Machine::start_link(plan).await.unwrap();
        process::trap_exit(true);
        let end = process::monitored(machine.pid().unwrap());
        let reason = abnormal();
        process::exit(machine.pid().unwrap(), reason.clone());
        assert_eq!(end.await, reason);
        assert_eq!(seen.rest(), [format!("terminate 0 {reason:?}"), "dropped".to_owned()]);
    }

    /// SRV-8: exits of others are messages.
    async fn server_that_traps_gets_the_exits_of_others_as_messages() {
        let (mut plan, mut seen) = plan();
        plan.trap = true;
        let (machine, _parent) = child_of_a_process(plan).await;
        let pid = machine.pid().unwrap();
        for reason in [ExitReason::Normal, ExitReason::Shutdown, abnormal()] {
            process::exit(pid, reason.clone());
            machine.count().await.unwrap();
            assert_eq!(seen.rest(), [format!("exit {reason:?}")]);
            let ended = reason.clone();
            let linked = spawn(async move {
                process::link(pid);
                exit(ended);
            });
            process::monitored(linked).await;
            machine.count().await.unwrap();
            assert_eq!(seen.rest(), [format!("exit {reason:?}")]);
        }
        assert!(machine.is_alive());
    }

    /// SRV-8: who started it without a link is no parent.
    async fn starter_without_a_link_is_no_parent() {
        let (mut plan, mut seen) = plan();
        plan.trap = true;
        let machine = machine(plan).await;
        let reason = abnormal();
        process::exit(machine.pid().unwrap(), reason.clone());
        machine.count().await.unwrap();
        assert_eq!(seen.rest(), [format!("exit {reason:?}")]);
    }

    /// SRV-8: a server that does not trap survives a parent that ends with `normal`.
    async fn server_that_does_not_trap_survives_its_parents_normal_end() {
        let (plan, mut seen) = plan();
        let (machine, parent) = child_of_a_process(plan).await;
        send(parent, ExitReason::Normal);
        process::monitored(parent).await;
        assert_eq!(machine.call(Act::Nothing).await.unwrap(), "done");
        assert_eq!(seen.rest(), [] as [&str; 0]);
    }

    /// SRV-8: and ends, without terminate, with any other reason.
    async fn server_that_does_not_trap_ends_with_its_parent_without_terminate() {
        for reason in [ExitReason::Shutdown, ExitReason::shutdown_with(1), abnormal()] {
            let (plan, mut seen) = plan();
            let (machine, parent) = child_of_a_process(plan).await;
            let end = process::monitored(machine.pid().unwrap());
            send(parent, reason.clone());
            assert_eq!(end.await, reason);
            assert_eq!(seen.rest(), ["dropped"]);
        }
    }

    /// SRV-8, SRV-1, LNK-5: a trapped exit of the parent has its place in the order of messages.
    async fn parents_exit_waits_behind_the_parents_messages() {
        let (mut plan, mut seen) = plan();
        plan.trap = true;
        let machine = Machine::start_link(plan).await.unwrap();
        process::trap_exit(true);
        let end = process::monitored(machine.pid().unwrap());
        let gate = Gate::new();
        machine.block(gate.clone());
        assert_eq!(seen.next().await, "blocked");
        machine.note("one");
        send(machine.pid().unwrap(), "two");
        process::exit(machine.pid().unwrap(), ExitReason::Shutdown);
        machine.note("three");
        gate.open();
        assert_eq!(end.await, ExitReason::Shutdown);
        assert_eq!(
            seen.rest(),
            ["one".to_owned(), "two".to_owned(), format!("terminate 0 {:?}", ExitReason::Shutdown), "dropped".to_owned()],
        );
    }

    /// Design 3.6: a parent's exit waits for a handler that hangs; a kill does not.
    async fn parents_exit_waits_for_the_handler_but_a_kill_does_not() {
        let (mut plan, mut seen) = plan();
        plan.trap = true;
        let machine = Machine::start_link(plan).await.unwrap();
        process::trap_exit(true);
        let mut end = process::monitored(machine.pid().unwrap());
        machine.block(Gate::new());
        assert_eq!(seen.next().await, "blocked");
        process::exit(machine.pid().unwrap(), ExitReason::Shutdown);
        for _ in 0..20 {
            process::yield_now().await;
            assert!(poll_once(&mut end).await.is_pending());
        }
        assert!(machine.is_alive());
        process::kill(machine.pid().unwrap());
        assert_eq!(end.await, ExitReason::Killed);
        assert_eq!(seen.rest(), ["dropped"]);
    }
}

/// SRV-8: the supervisor of a server is its parent.
#[beamish::test]
async fn supervisor_is_the_parent_of_its_children() {
    let (mut plan, mut seen) = plan();
    plan.trap = true;
    let top = beamish::Supervisor::new(beamish::Strategy::OneForOne)
        .child(beamish::ChildSpec::new(move || {
            Machine::start_link(plan.clone()).name("machine")
        }))
        .start()
        .await
        .unwrap();
    assert_eq!(
        process::info(process::whereis("machine").unwrap())
            .unwrap()
            .parent,
        top.pid()
    );
    top.stop().await.unwrap();
    assert_eq!(
        seen.rest(),
        [
            format!("terminate 0 {:?}", ExitReason::Shutdown),
            "dropped".to_owned()
        ]
    );
}
