//! Tasks: processes that compute one value.

#![allow(
    clippy::unwrap_used,
    reason = "helpers and servers of tests fail as tests do"
)]

use std::future::Future;
use std::time::Duration;

use beamish::prelude::*;
use beamish::{DEFAULT_AWAIT_TIMEOUT, TaskError};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::calls::support::{DropMark, Gate, assert_mailbox_empty, both_flavors, log, poll_once};

const SECOND: Duration = Duration::from_secs(1);

fn abnormal() -> ExitReason {
    ExitReason::other("abnormal")
}

#[track_caller]
fn ended<T: std::fmt::Debug>(outcome: Result<T, TaskError>) -> ExitReason {
    match outcome {
        Err(TaskError::Exit(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

/// The links of the test's process.
fn links() -> Vec<Pid> {
    process::info(self_pid()).unwrap().links
}

/// The reasons with which tasks end abnormally, and what is seen of them.
fn ends() -> [(ExitReason, ExitReason); 4] {
    let reason = abnormal();
    [
        (reason.clone(), reason),
        (ExitReason::Shutdown, ExitReason::Shutdown),
        (ExitReason::Timeout, ExitReason::Timeout),
        (ExitReason::Kill, ExitReason::Kill),
    ]
}

/// A process that starts a task which waits for a gate, tells its pid, and does what `then` says with it.
async fn owner<F>(gate: Gate, then: impl FnOnce(Task<u64>) -> F + Send + 'static) -> (Pid, Pid)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (tell, told) = oneshot::channel();
    let owner = spawn(async move {
        let task = Task::spawn(async move {
            gate.wait().await;
            7
        });
        tell.send(task.pid()).unwrap();
        then(task).await;
    });
    (owner, told.await.unwrap())
}

// ---- TSK-1 ------------------------------------------------------------------------------------------------------------

both_flavors! {
    /// TSK-1: a task is a process of its own, linked to the caller, who is its parent.
    async fn task_is_a_process_that_is_linked_to_its_owner() {
        let gate = Gate::new();
        let wait = gate.clone();
        let task = Task::spawn(async move {
            wait.wait().await;
            self_pid()
        });
        assert_ne!(task.pid(), self_pid());
        assert_eq!(links(), [task.pid()]);
        let info = process::info(task.pid()).unwrap();
        assert_eq!((info.links, info.parent), (vec![self_pid()], Some(self_pid())));
        gate.open();
        let pid = task.pid();
        assert_eq!(task.await.unwrap(), pid);
    }

    /// TSK-1: it runs beside its owner, whether awaited or not.
    async fn task_runs_without_being_awaited() {
        let (tell, told) = oneshot::channel();
        let task = Task::spawn(async move { tell.send(self_pid()).unwrap() });
        assert_eq!(told.await.unwrap(), task.pid());
        task.await.unwrap();
    }

    /// TSK-1, TSK-2: the value, with nothing left in the owner's mailbox, and no link.
    async fn await_gives_the_value_and_leaves_nothing() {
        for value in 0..20 {
            let task = Task::spawn(async move { value });
            let end = process::monitored(task.pid());
            assert_eq!(task.await.unwrap(), value);
            end.await;
            assert_mailbox_empty().await;
            assert_eq!(links(), []);
            assert_eq!(process::info(self_pid()).unwrap().monitors, []);
        }
    }

    /// TSK-2: the value is there though the task ended long before.
    async fn await_gives_the_value_of_a_task_that_has_ended() {
        let task = Task::spawn(async { String::from("value") });
        process::monitored(task.pid()).await;
        assert_eq!(task.await.unwrap(), "value");
        assert_mailbox_empty().await;
    }

    /// TSK-2: a value that is a `Result` is a value.
    async fn value_that_is_an_error_is_a_value() {
        let task = Task::spawn(async { Err::<u64, &str>("no") });
        let pid = task.pid();
        let end = process::monitored(pid);
        assert_eq!(task.await.unwrap(), Err("no"));
        assert!(matches!(end.await, ExitReason::Normal | ExitReason::NoProc));
    }
}

// ---- TSK-2 ------------------------------------------------------------------------------------------------------------

both_flavors! {
    /// TSK-2: a task that ends without a value: its reason; an owner that traps gets the exit of the link too.
    async fn await_of_a_task_that_ends_gives_its_reason() {
        process::trap_exit(true);
        for (reason, seen) in ends() {
            let task = Task::spawn(async move {
                exit(reason);
                #[allow(unreachable_code, reason = "says what it would have computed")]
                0_u64
            });
            let pid = task.pid();
            assert_eq!(ended(task.await), seen);
            receive! { Exit { from, reason } => assert_eq!((from, reason), (pid, seen)) }
            assert_mailbox_empty().await;
        }
    }

    /// TSK-2: also for `normal`.
    async fn await_of_a_task_that_exits_normally_gives_normal() {
        let task = Task::spawn(async {
            process::yield_now().await;
            exit(ExitReason::Normal);
            #[allow(unreachable_code, reason = "says what it would have computed")]
            0_u64
        });
        assert_eq!(ended(task.await), ExitReason::Normal);
        assert_mailbox_empty().await;
    }

    /// TSK-2: a panic is its reason, with message and place.
    async fn await_of_a_task_that_panics_gives_the_panic() {
        process::trap_exit(true);
        let task = Task::<u64>::spawn(async { panic!("no value for you") });
        let ExitReason::Panic(panic) = ended(task.await) else { panic!("another reason") };
        assert_eq!(panic.message(), "no value for you");
        assert!(panic.file().unwrap().ends_with("tasks.rs"));
    }

    /// TSK-2: a kill.
    async fn await_of_a_task_that_is_killed_gives_killed() {
        process::trap_exit(true);
        let task = Task::spawn(std::future::pending::<u64>());
        process::kill(task.pid());
        assert_eq!(ended(task.await), ExitReason::Killed);
    }

    /// TSK-1, EXI-1: an owner that does not trap ends with its task.
    async fn owner_that_does_not_trap_ends_with_its_task() {
        for (reason, seen) in ends() {
            let gate = Gate::new();
            let opened = gate.clone();
            let owner = spawn(async move {
                let task = Task::<u64>::spawn(async move {
                    gate.wait().await;
                    exit(reason)
                });
                drop(task.await);
                std::future::pending::<()>().await;
            });
            let end = process::monitored(owner);
            opened.open();
            assert_eq!(end.await, seen);
        }
    }
}

/// TSK-2: 5000 ms unless told otherwise; the task lives on and is still linked.
#[beamish::test(start_paused)]
async fn await_times_out_after_five_seconds_and_the_task_lives_on() {
    assert_eq!(DEFAULT_AWAIT_TIMEOUT, Duration::from_secs(5));
    let gate = Gate::new();
    let wait = gate.clone();
    let task = Task::spawn(async move {
        wait.wait().await;
        1
    });
    let pid = task.pid();
    let end = process::monitored(pid);
    let before = Instant::now();
    assert!(matches!(task.await, Err(TaskError::Timeout)));
    assert_eq!(before.elapsed(), 5 * SECOND);
    assert!(process::alive(pid));
    assert_eq!(links(), [pid]);
    // A late value is dropped.
    gate.open();
    assert_eq!(end.await, ExitReason::Normal);
    assert_mailbox_empty().await;
}

/// TSK-2: a task that timed out is still linked, so its crash ends an owner that does not trap.
#[beamish::test(start_paused)]
async fn task_that_timed_out_takes_its_owner_along() {
    let gate = Gate::new();
    let opened = gate.clone();
    let (tell, told) = oneshot::channel();
    let owner = spawn(async move {
        let task = Task::<u64>::spawn(async move {
            gate.wait().await;
            exit(ExitReason::Shutdown)
        });
        assert!(task.timeout(SECOND).await.is_err());
        tell.send(()).unwrap();
        std::future::pending::<()>().await;
    });
    let end = process::monitored(owner);
    told.await.unwrap();
    opened.open();
    assert_eq!(end.await, ExitReason::Shutdown);
}

/// TSK-2: a timeout of one's own, counted from the first poll, and none.
#[beamish::test(start_paused)]
async fn await_times_out_when_it_is_told_to() {
    for timeout in [Duration::ZERO, SECOND, 100 * SECOND] {
        let task = Task::spawn(std::future::pending::<u64>()).timeout(timeout);
        let pid = task.pid();
        process::sleep(SECOND).await;
        let before = Instant::now();
        assert!(matches!(task.await, Err(TaskError::Timeout)));
        assert_eq!(before.elapsed(), timeout);
        process::unlink(pid);
        process::kill(pid);
    }
    let task = Task::spawn(async {
        process::sleep(1_000_000 * SECOND).await;
        1
    });
    assert_eq!(task.infinity().await.unwrap(), 1);
}

/// TSK-2: a value that is there counts, whatever the timeout.
#[beamish::test(start_paused)]
async fn await_with_a_timeout_of_zero_gives_a_value_that_is_there() {
    let task = Task::spawn(async { 1 }).timeout(Duration::ZERO);
    process::monitored(task.pid()).await;
    assert_eq!(task.await.unwrap(), 1);
}

/// TSK-2: cancel safe by reference.
#[beamish::test]
async fn await_by_reference_may_be_dropped_and_begun_again() {
    let gate = Gate::new();
    let wait = gate.clone();
    let mut task = Task::spawn(async move {
        wait.wait().await;
        1
    });
    for _ in 0..3 {
        assert!(poll_once(&mut task).await.is_pending());
    }
    gate.open();
    assert_eq!((&mut task).await.unwrap(), 1);
}

/// TSK-2: several tasks, each awaited.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_give_each_its_own_value() {
    let tasks: Vec<_> = (0..100_u64)
        .map(|value| Task::spawn(async move { value }))
        .collect();
    for (value, task) in (0..100).zip(tasks) {
        assert_eq!(task.await.unwrap(), value);
    }
    assert_mailbox_empty().await;
}

// ---- TSK-3 ------------------------------------------------------------------------------------------------------------

/// TSK-3: OTP `nil` on a timeout, with everything left in place; then the value.
#[beamish::test(start_paused)]
async fn yield_gives_nothing_on_a_timeout_and_the_value_later() {
    let mut task = Task::spawn(async {
        process::sleep(5 * SECOND).await;
        1
    });
    let before = Instant::now();
    for _ in 0..2 {
        assert!(task.yield_for(2 * SECOND).await.is_none());
    }
    assert_eq!(before.elapsed(), 4 * SECOND);
    assert_eq!(links(), [task.pid()]);
    assert_eq!(task.yield_for(2 * SECOND).await.unwrap().unwrap(), 1);
    assert_eq!(before.elapsed(), 5 * SECOND);
    assert_mailbox_empty().await;
}

/// TSK-3: zero only looks.
#[beamish::test]
async fn yield_for_no_time_only_looks() {
    let gate = Gate::new();
    let wait = gate.clone();
    let mut task = Task::spawn(async move {
        wait.wait().await;
        1
    });
    assert!(task.yield_for(Duration::ZERO).await.is_none());
    gate.open();
    process::monitored(task.pid()).await;
    assert_eq!(task.yield_for(Duration::ZERO).await.unwrap().unwrap(), 1);
}

/// TSK-3: after a yield that gave nothing it can be awaited.
#[beamish::test(start_paused)]
async fn task_can_be_awaited_after_a_yield() {
    let mut task = Task::spawn(async {
        process::sleep(5 * SECOND).await;
        1
    });
    assert!(task.yield_for(3 * SECOND).await.is_none());
    assert_eq!(task.await.unwrap(), 1);
}

both_flavors! {
    /// TSK-3: OTP `{exit, Reason}`.
    async fn yield_gives_the_reason_of_a_task_that_ends() {
        process::trap_exit(true);
        for (reason, seen) in ends() {
            let mut task = Task::<u64>::spawn(async move { exit(reason) });
            assert_eq!(task.yield_for(30 * SECOND).await.unwrap().unwrap_err(), seen);
        }
        let mut task = Task::<u64>::spawn(async move { exit(ExitReason::Normal) });
        assert_eq!(task.yield_for(30 * SECOND).await.unwrap().unwrap_err(), ExitReason::Normal);
    }
}

// ---- TSK-4 ------------------------------------------------------------------------------------------------------------

/// A task that traps exits, writes what it gets, and ends as told.
fn stubborn(gate: Gate, end: Option<ExitReason>) -> (Task<u64>, oneshot::Receiver<()>) {
    let (ready, is_ready) = oneshot::channel();
    let task = Task::spawn(async move {
        process::trap_exit(true);
        ready.send(()).unwrap();
        let got: Exit = process::receive().await;
        assert_eq!(got.reason, ExitReason::Shutdown);
        gate.wait().await;
        match end {
            Some(reason) => exit(reason),
            None => 7,
        }
    });
    (task, is_ready)
}

both_flavors! {
    /// TSK-4: the requested end gives nothing; it is unlinked, and nothing arrives.
    async fn shutdown_ends_a_task_and_gives_nothing() {
        process::trap_exit(true);
        let (log, mut seen) = log();
        let mark = DropMark(log);
        let task = Task::<u64>::spawn(async move {
            let _mark = mark;
            std::future::pending().await
        });
        let pid = task.pid();
        let end = process::monitored(pid);
        assert!(task.shutdown(30 * SECOND).await.is_none());
        assert!(!process::alive(pid));
        assert_eq!(seen.rest(), ["dropped"]);
        assert_eq!(end.await, ExitReason::Shutdown);
        assert_eq!(links(), []);
        assert_mailbox_empty().await;
    }

    /// TSK-4: so an owner that does not trap lives on.
    async fn shutdown_spares_an_owner_that_does_not_trap() {
        let task = Task::spawn(std::future::pending::<u64>());
        let pid = task.pid();
        assert!(task.shutdown(30 * SECOND).await.is_none());
        assert!(!process::alive(pid));
        process::yield_now().await;
        assert_mailbox_empty().await;
    }

    /// TSK-4: a value that was there already wins.
    async fn shutdown_gives_a_value_that_was_there() {
        process::trap_exit(true);
        let task = Task::spawn(async { 1 });
        process::monitored(task.pid()).await;
        receive! { Exit { reason, .. } => assert_eq!(reason, ExitReason::Normal) }
        assert_eq!(task.shutdown(30 * SECOND).await.unwrap().unwrap(), 1);
        assert_mailbox_empty().await;
    }

    /// TSK-4: any other reason is told.
    async fn shutdown_gives_another_reason() {
        process::trap_exit(true);
        for reason in [abnormal(), ExitReason::Normal, ExitReason::shutdown_with(1), ExitReason::Killed] {
            let gate = Gate::new();
            gate.open();
            let (task, ready) = stubborn(gate, Some(reason.clone()));
            ready.await.unwrap();
            assert_eq!(task.shutdown(30 * SECOND).await.unwrap().unwrap_err(), reason);
            assert_mailbox_empty().await;
        }
    }

    /// TSK-4: of a task that had crashed before, too.
    async fn shutdown_of_a_task_that_had_crashed_gives_its_reason() {
        process::trap_exit(true);
        let reason = abnormal();
        let sent = reason.clone();
        let task = Task::<u64>::spawn(async move { exit(sent) });
        process::monitored(task.pid()).await;
        receive! { Exit { .. } => {} }
        assert_eq!(task.shutdown(30 * SECOND).await.unwrap().unwrap_err(), reason);
    }

    /// TSK-4: a task that answers the request with its value.
    async fn shutdown_gives_a_value_that_comes_in_time() {
        let gate = Gate::new();
        gate.open();
        let (task, ready) = stubborn(gate, None);
        ready.await.unwrap();
        assert_eq!(task.shutdown(30 * SECOND).await.unwrap().unwrap(), 7);
        assert_mailbox_empty().await;
    }
}

/// TSK-4: after the time it is killed: OTP `{exit, killed}`.
#[beamish::test(start_paused)]
async fn shutdown_kills_a_task_that_does_not_end_in_time() {
    process::trap_exit(true);
    let (task, ready) = stubborn(Gate::new(), None);
    ready.await.unwrap();
    let pid = task.pid();
    let before = Instant::now();
    assert_eq!(
        task.shutdown(3 * SECOND).await.unwrap().unwrap_err(),
        ExitReason::Killed
    );
    assert_eq!(before.elapsed(), 3 * SECOND);
    assert!(!process::alive(pid));
    assert_mailbox_empty().await;
}

/// TSK-4: OTP `{exit, noproc}` once its value was taken.
#[beamish::test]
async fn shutdown_of_a_task_whose_value_was_taken_gives_noproc() {
    let mut task = Task::spawn(async { 1 });
    assert_eq!(task.yield_for(30 * SECOND).await.unwrap().unwrap(), 1);
    assert_eq!(
        task.shutdown(30 * SECOND).await.unwrap().unwrap_err(),
        ExitReason::NoProc
    );
}

// ---- TSK-5 ------------------------------------------------------------------------------------------------------------

both_flavors! {
    /// TSK-5: nothing yet: unlinked, it runs on, and nothing arrives later.
    async fn ignore_lets_a_task_run_on_alone() {
        process::trap_exit(true);
        let gate = Gate::new();
        let wait = gate.clone();
        let reason = abnormal();
        let ended = reason.clone();
        let task = Task::<u64>::spawn(async move {
            wait.wait().await;
            exit(ended)
        });
        let pid = task.pid();
        let end = process::monitored(pid);
        assert!(task.ignore().is_none());
        assert!(process::alive(pid));
        assert_eq!(links(), []);
        gate.open();
        assert_eq!(end.await, reason);
        assert_mailbox_empty().await;
    }

    /// TSK-5: what was there already is given.
    async fn ignore_gives_what_was_there() {
        process::trap_exit(true);
        let task = Task::spawn(async { 1 });
        process::monitored(task.pid()).await;
        assert_eq!(task.ignore().unwrap().unwrap(), 1);

        let task = Task::<u64>::spawn(async { exit(ExitReason::Shutdown) });
        process::monitored(task.pid()).await;
        assert_eq!(task.ignore().unwrap().unwrap_err(), ExitReason::Shutdown);
    }

    /// TSK-5: a task that is ignored survives its owner.
    async fn ignored_task_survives_its_owner() {
        let gate = Gate::new();
        let (owner, task) = owner(gate.clone(), |task| async move {
            assert!(task.ignore().is_none());
            exit(abnormal());
        })
        .await;
        process::monitored(owner).await;
        process::yield_now().await;
        assert!(process::alive(task));
        let end = process::monitored(task);
        gate.open();
        assert_eq!(end.await, ExitReason::Normal);
    }
}

// ---- TSK-7 ------------------------------------------------------------------------------------------------------------

both_flavors! {
    /// TSK-7: tasks end with their owner, with the same reason.
    async fn task_ends_with_its_owner() {
        let reason = abnormal();
        for (sent, seen) in [
            (reason.clone(), reason),
            (ExitReason::Shutdown, ExitReason::Shutdown),
            (ExitReason::Kill, ExitReason::Killed),
        ] {
            // Waiting for the task, or not.
            for awaits in [true, false] {
                let (owner, task) = owner(Gate::new(), move |task| async move {
                    if awaits {
                        drop(task.infinity().await);
                    }
                    std::future::pending::<()>().await;
                })
                .await;
                let end = process::monitored(task);
                process::exit(owner, sent.clone());
                assert_eq!(end.await, seen, "awaits: {awaits}");
            }
        }
    }

    /// TSK-7: unless that is `normal`.
    async fn task_survives_the_normal_end_of_its_owner() {
        let gate = Gate::new();
        let (owner, task) = owner(gate.clone(), |task| async move { drop(task) }).await;
        process::monitored(owner).await;
        process::yield_now().await;
        assert!(process::alive(task));
        let end = process::monitored(task);
        gate.open();
        assert_eq!(end.await, ExitReason::Normal);
    }
}

// ---- Decisions --------------------------------------------------------------------------------------------------------

both_flavors! {
    /// Decision A28: a task that is dropped lives on, linked; its value vanishes.
    async fn task_that_is_dropped_lives_on_linked() {
        let gate = Gate::new();
        let wait = gate.clone();
        let task = Task::spawn(async move {
            wait.wait().await;
            1
        });
        let pid = task.pid();
        drop(task);
        assert!(process::alive(pid));
        assert_eq!(links(), [pid]);
        let end = process::monitored(pid);
        gate.open();
        assert_eq!(end.await, ExitReason::Normal);
        assert_mailbox_empty().await;
    }

    /// Decision A29: by code that is no process: unlinked, and a panic is an error.
    async fn task_of_code_that_is_no_process_is_unlinked() {
        let (value, error, links) = tokio::spawn(async {
            let gate = Gate::new();
            let wait = gate.clone();
            let task = Task::spawn(async move {
                wait.wait().await;
                1
            });
            let links = process::info(task.pid()).unwrap().links;
            gate.open();
            let failed = Task::<u64>::spawn(async { panic!("no value") });
            (task.await, failed.await, links)
        })
        .await
        .unwrap();
        assert_eq!(value.unwrap(), 1);
        assert!(matches!(ended(error), ExitReason::Panic(panic) if panic.message() == "no value"));
        assert_eq!(links, []);
    }

    /// Decision A12: a task lives in its owner's node.
    async fn task_lives_in_the_node_of_its_owner() {
        process::register("owner", self_pid()).unwrap();
        let task = Task::spawn(async { process::whereis("owner") });
        assert_eq!(task.await.unwrap(), Some(self_pid()));
    }
}

both_flavors! {
    /// TSK-9: linked to nobody: neither end is heard of by the other, and its value is dropped, an error too.
    async fn started_task_runs_alone() {
        let gate = Gate::new();
        let (tell, told) = oneshot::channel();
        let starter = spawn({
            let gate = gate.clone();
            async move {
                let task = Task::start(async move {
                    gate.wait().await;
                    Err::<u8, _>("dropped")
                });
                tell.send(task).unwrap();
                exit(abnormal());
            }
        });
        let task = told.await.unwrap();
        process::monitored(starter).await;
        assert!(process::alive(task));
        assert_eq!(process::info(task).unwrap().links, []);
        let end = process::monitored(task);
        gate.open();
        assert_eq!(end.await, ExitReason::Normal);
    }

    /// TSK-9: its crash is its own.
    async fn started_task_crashes_alone() {
        let gate = Gate::new();
        let closed = gate.clone();
        let task = Task::start(async move {
            closed.wait().await;
            panic!("on purpose");
        });
        let end = process::monitored(task);
        gate.open();
        assert!(matches!(end.await, ExitReason::Panic(_)));
        assert_mailbox_empty().await;
    }
}
