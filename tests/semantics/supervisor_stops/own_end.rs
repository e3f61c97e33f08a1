//! SUP-1, SUP-6, SUP-7: the supervisor's own end.

use super::*;

/// The parent of a supervisor, which ends with `reason`; and the supervisor.
async fn with_parent(supervisor: Supervisor) -> (oneshot::Sender<ExitReason>, Pid) {
    let (end, on_end) = oneshot::channel();
    let (tell, told) = oneshot::channel();
    spawn(async move {
        let supervisor = supervisor.start_link().await.unwrap();
        let _ = tell.send(supervisor.pid().unwrap());
        let reason = on_end.await.unwrap();
        exit(reason)
    });
    (end, soon(told).await.unwrap())
}

/// SUP-6: a supervisor ends with its parent's reason, whichever it is; its children before it, with `shutdown`.
#[beamish::test]
async fn a_supervisor_ends_with_its_parents_reason() {
    for reason in [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::shutdown_with("moved"),
        ExitReason::Killed,
        ExitReason::Kill,
        ExitReason::other("boom"),
    ] {
        let stage = Stage::new();
        let (end, supervisor) = with_parent(workers(["a", "b"], &stage)).await;
        let at = SupervisorRef::try_from(supervisor).unwrap();
        let children = [pid_of(&at, "a").await, pid_of(&at, "b").await].map(process::monitored);
        let over = process::monitored(supervisor);
        stage.reset();
        end.send(reason.clone()).unwrap();
        assert_eq!(soon(over).await, reason);
        assert_eq!(stage.log(), "-b -a");
        for child in children {
            assert_eq!(soon(child).await, ExitReason::Shutdown);
        }
    }
}

/// SUP-6: also if the parent was killed.
#[beamish::test]
async fn a_supervisor_ends_with_its_killed_parent() {
    let stage = Stage::new();
    let tree = workers(["a", "b"], &stage);
    let (tell, told) = oneshot::channel();
    let parent = spawn(async move {
        let supervisor = tree.start_link().await.unwrap();
        let _ = tell.send(supervisor.pid().unwrap());
        std::future::pending::<()>().await;
    });
    let over = process::monitored(soon(told).await.unwrap());
    process::kill(parent);
    assert_eq!(soon(over).await, ExitReason::Killed);
    assert_eq!(stage.log(), "+a +b -b -a");
}

/// SUP-6: an exit signal that its living parent sends ends it too.
#[beamish::test]
async fn an_exit_signal_of_the_parent_ends_it() {
    process::trap_exit(true);
    let stage = Stage::new();
    let supervisor = soon(workers(["a"], &stage).start_link()).await.unwrap();
    process::exit(&supervisor, ExitReason::Shutdown);
    receive! {
        Exit { from, reason } if Some(from) == supervisor.pid() => assert_eq!(reason, ExitReason::Shutdown),
    }
    assert_eq!(stage.log(), "+a -a");
}

/// SUP-6, SRV-10: `stop` ends the children first, then the supervisor, with the reason that was asked for.
#[beamish::test]
async fn stop_ends_the_children_and_then_the_supervisor() {
    for reason in [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::other("why not"),
    ] {
        let stage = Stage::new();
        let supervisor = started(workers(["a", "b"], &stage)).await;
        let end = process::monitored(&supervisor);
        soon(supervisor.stop().reason(reason.clone()))
            .await
            .unwrap();
        assert_eq!(soon(end).await, reason);
        assert_eq!(stage.log(), "+a +b -b -a");
        assert!(matches!(
            soon(supervisor.stop()).await,
            Err(StopError::NoProc(_))
        ));
    }
}

/// SUP-6, DYN-1: the same for a dynamic supervisor.
#[beamish::test]
async fn a_dynamic_supervisor_ends_with_its_parent() {
    process::trap_exit(true);
    let stage = Stage::new();
    let supervisor = soon(DynamicSupervisor::new().start_link()).await.unwrap();
    let child = soon(supervisor.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap();
    let end = process::monitored(child);
    process::exit(&supervisor, ExitReason::other("enough"));
    receive! {
        Exit { from, reason } if Some(from) == supervisor.pid() => assert!(matches!(reason, ExitReason::Other(_))),
    }
    assert_eq!(soon(end).await, ExitReason::Shutdown);
}

/// SUP-1, SUP-7: a supervisor traps exits, and ignores those of strangers.
#[beamish::test]
async fn exit_signals_of_strangers_are_ignored() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage).max_restarts(0)).await;
    let a = pid_of(&supervisor, "a").await;
    for reason in [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::Killed,
        ExitReason::other("boom"),
    ] {
        process::exit(&supervisor, reason);
    }
    assert_eq!(pid_of(&supervisor, "a").await, a);
    let dynamic = soon(DynamicSupervisor::new().start()).await.unwrap();
    process::exit(&dynamic, ExitReason::other("boom"));
    assert_eq!(soon(dynamic.count_children()).await.unwrap().specs, 0);
}

/// SUP-7: also those of a process that is linked, but neither parent nor child.
#[beamish::test]
async fn the_end_of_a_linked_stranger_is_ignored() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage).max_restarts(0)).await;
    let above = supervisor.pid().unwrap();
    let a = pid_of(&supervisor, "a").await;
    let (_, mref) = spawn_monitor(async move {
        process::link(above);
        panic!("as planned");
    });
    receive! {
        Down { mref: down, .. } if down == mref => {},
    }
    assert_eq!(pid_of(&supervisor, "a").await, a);
}

/// SUP-7: also those that come from a child that was ended before.
#[beamish::test]
async fn an_exit_message_of_a_former_child_is_ignored() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage).max_restarts(0)).await;
    let before = pid_of(&supervisor, "a").await;
    soon(supervisor.terminate_child("a")).await.unwrap();
    soon(supervisor.restart_child("a")).await.unwrap();
    let a = pid_of(&supervisor, "a").await;
    send(
        supervisor.pid().unwrap(),
        Exit {
            from: before,
            reason: ExitReason::Killed,
        },
    );
    assert_eq!(pid_of(&supervisor, "a").await, a);
    assert_eq!(stage.starts("a"), 2);
}

/// SUP-7: unexpected messages are dropped.
#[beamish::test]
async fn unexpected_messages_are_dropped() {
    let stage = Stage::new();
    let supervisor = started(workers(["a"], &stage)).await;
    let a = pid_of(&supervisor, "a").await;
    send(supervisor.pid().unwrap(), "hello");
    send(supervisor.pid().unwrap(), 7_u64);
    let (gone, mref) = spawn_monitor(async {});
    let down = receive! {
        down: Down if down.mref == mref => down,
    };
    send(supervisor.pid().unwrap(), down);
    assert!(!process::alive(gone));
    assert_eq!(pid_of(&supervisor, "a").await, a);
}
