//! OTP's `proc_lib_SUITE`: crash reports, starts that are waited for, hibernation, stops. What OTP does here with plain
//! processes that acknowledge their start, a server does: its `init` is over.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::panic_any;
use std::pin::pin;

use beamish::prelude::*;
use beamish::{Start, StopError};
use tokio::time::Instant;

use crate::kit::{Gate, Plan, SECOND, Stage, Way, Worker, as_planned, nothing_came, soon};
use crate::listening::Reports;
use crate::process_kit::{end_of, first, fused, idle, known, ms, set_off};
use crate::server_kit::{Stack, StackRef, paused};

const CRASH: &str = "beamish::crash";

/// OL01: a planned end of a process or server, by itself or by a signal, makes no crash report.
#[beamish::test]
async fn ol01_planned_end_makes_no_crash_report() {
    let (reports, _guard) = Reports::listen();
    let returns = spawn(async {});
    end_of(returns).await;
    assert!(reports.about(CRASH, returns).is_empty());
    for reason in [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::shutdown_with("moved"),
    ] {
        let own = reason.clone();
        let plain = fused(async move { exit(own) }).await;
        set_off(plain);
        assert_eq!(end_of(plain).await, reason);

        let server = soon(Stack::start(vec![])).await.unwrap();
        let by_itself = server.pid().unwrap();
        let end = end_of(by_itself);
        server.end(reason.clone());
        assert_eq!(end.await, reason);

        for pid in [plain, by_itself] {
            assert_eq!(reports.about(CRASH, pid), [] as [&str; 0], "{reason:?}");
        }
    }
}

/// OL01: any other end of a process or server makes one, with its reason, its label, who started it and who started that,
/// and whom it was linked to.
#[beamish::test]
async fn ol01_other_end_makes_one_crash_report() {
    let (reports, _guard) = Reports::listen();
    let me = self_pid();
    let parent = spawn(async move {
        process::trap_exit(true);
        let plain = spawn_link(async {
            process::set_label("the label");
            let neighbour = idle();
            process::link(neighbour);
            send(
                process::info(self_pid()).unwrap().parent.unwrap(),
                neighbour,
            );
            process::receive::<()>().await;
            exit(ExitReason::other("boom"))
        });
        let neighbour = process::receive::<Pid>().await;
        let server = Stack::start_link(vec![]).await.unwrap();
        send(me, (plain, neighbour));
        send(me, server);
        std::future::pending::<()>().await;
    });
    let (plain, neighbour) = first::<(Pid, Pid)>().await;
    let server = first::<StackRef>().await;

    let end = end_of(plain);
    send(plain, ());
    end.await;
    let [report] = &reports.about(CRASH, plain)[..] else {
        panic!("{:?}", reports.about(CRASH, plain));
    };
    for field in [
        " reason=\"boom\"",
        " label=\"the label\"",
        &format!(" ancestors=[{parent}, {me}]"),
        &format!(" links={{{parent}, {neighbour}}}"),
    ] {
        assert!(report.contains(field), "no{field} in {report}");
    }

    let pid = server.pid().unwrap();
    let end = end_of(pid);
    server.crash();
    end.await;
    let [report] = &reports.about(CRASH, pid)[..] else {
        panic!("{:?}", reports.about(CRASH, pid));
    };
    for field in [
        " reason=panicked with 'as told' at tests/catalogue/server_kit.rs:",
        &format!(" ancestors=[{parent}, {me}]"),
        &format!(" links={{{parent}}}"),
    ] {
        assert!(report.contains(field), "no{field} in {report}");
    }
    assert!(!report.contains(" label="), "{report}");
    // Whom the end reached by the link did not crash.
    end_of(neighbour).await;
    assert!(reports.about(CRASH, neighbour).is_empty());
}

/// OL02: a panic is the reason with its text, its place and, if `RUST_BACKTRACE` asks for it, its backtrace, whatever was
/// thrown with it; `exit` gives the bare reason, and an error that is returned is the reason. (There is no `throw`.)
#[beamish::test]
async fn ol02_exit_reason_by_the_kind_of_failure() {
    let empty: [u8; 0] = [];
    let index = std::hint::black_box(0);
    let line = line!();
    let error = end_of(spawn(async move { assert_eq!(empty[index], 0) })).await;
    let value = end_of(spawn(async { panic_any(7) })).await;
    for (reason, message, line) in [
        (error, "index out of bounds", line + 1),
        (value, "a value that is not text", line + 2),
    ] {
        let ExitReason::Panic(info) = reason else {
            panic!("{reason:?}");
        };
        assert!(info.message().contains(message), "{info}");
        assert_eq!(info.file(), Some(file!()));
        assert_eq!(info.line(), Some(line));
        let wanted = Backtrace::capture().status() == BacktraceStatus::Captured;
        assert_eq!(info.backtrace().is_some(), wanted);
    }

    let bare = ExitReason::other("bare");
    let own = bare.clone();
    assert_eq!(end_of(spawn(async move { exit(own) })).await, bare);

    let returned = end_of(spawn(async { "x".parse::<u8>().map(drop) })).await;
    let ExitReason::Error(error) = returned else {
        panic!("{returned:?}");
    };
    assert!(error.is::<std::num::ParseIntError>());
}

/// Waits for a start whose `init` waits at a gate. It must not be ready, however long that takes, before the gate opens.
async fn held_up<F: Future>(start: F, mut gate: Gate, plan: Plan) -> F::Output {
    let mut start = pin!(start);
    let hour = async {
        gate.reached().await;
        process::sleep(3_600 * SECOND).await;
    };
    tokio::select! {
        biased;
        _ = &mut start => panic!("the start was ready before its init"),
        () = hour => {}
    }
    gate.open(plan);
    soon(start).await
}

/// OL03: a start waits until `init` is over, however long that takes, and gives what that said; there is no link.
#[beamish::test(start_paused)]
async fn ol03_start_waits_for_what_init_says() {
    process::trap_exit(true);
    let stage = Stage::new();
    let start = || Worker::start("a", stage.clone());
    let worker = held_up(start(), stage.gate("a"), Plan::Start).await;
    let worker = worker.unwrap().pid().unwrap();
    assert_eq!(known(worker).links, []);
    assert_eq!(known(self_pid()).links, []);

    let ignored = held_up(start(), stage.gate("a"), Plan::Ignore).await;
    assert!(matches!(ignored, Err(StartError::Ignored)), "{ignored:?}");
    let failed = held_up(start(), stage.gate("a"), Plan::Fail).await;
    assert!(as_planned(&failed.unwrap_err()));
    Way::Other.end(worker).await;
    nothing_came();
}

/// OL04: the same with a link.
#[beamish::test(start_paused)]
async fn ol04_start_link_waits_for_what_init_says() {
    process::trap_exit(true);
    let stage = Stage::new();
    let start = || Worker::start_link("a", stage.clone());
    let worker = held_up(start(), stage.gate("a"), Plan::Start).await;
    let worker = worker.unwrap().pid().unwrap();
    assert_eq!(known(worker).links, [self_pid()]);

    let ignored = held_up(start(), stage.gate("a"), Plan::Ignore).await;
    assert!(matches!(ignored, Err(StartError::Ignored)), "{ignored:?}");
    let failed = held_up(start(), stage.gate("a"), Plan::Fail).await;
    assert!(as_planned(&failed.unwrap_err()));
    nothing_came();
    let reason = Way::Other.end(worker).await;
    let exit = first::<Exit>().await;
    assert_eq!((exit.from, exit.reason), (worker, reason));
    nothing_came();
}

/// OL05: the same with a monitor: the `Down` comes at the end, and no `Exit`.
#[beamish::test(start_paused)]
async fn ol05_monitored_start_gives_a_down_at_the_end() {
    process::trap_exit(true);
    let stage = Stage::new();
    let start = Worker::start("a", stage.clone()).monitor();
    let started = held_up(start, stage.gate("a"), Plan::Start).await;
    let (worker, mref) = started.unwrap();
    let worker = worker.pid().unwrap();
    assert_eq!(known(worker).links, []);
    assert_eq!(known(worker).monitored_by, [self_pid()]);
    nothing_came();
    let reason = Way::Other.end(worker).await;
    let down = first::<Down>().await;
    assert_eq!((down.mref, down.reason), (mref, reason));
    assert_eq!(down.from, worker);
    nothing_came();
}

/// OL06: the same with both: `Exit` and `Down` come at the end.
#[beamish::test(start_paused)]
async fn ol06_monitored_start_link_gives_an_exit_and_a_down_at_the_end() {
    process::trap_exit(true);
    let stage = Stage::new();
    let start = Worker::start_link("a", stage.clone()).monitor();
    let started = held_up(start, stage.gate("a"), Plan::Start).await;
    let (worker, mref) = started.unwrap();
    let worker = worker.pid().unwrap();
    assert_eq!(known(worker).links, [self_pid()]);
    nothing_came();
    let reason = Way::Other.end(worker).await;
    let exit = first::<Exit>().await;
    assert_eq!((exit.from, &exit.reason), (worker, &reason));
    let down = first::<Down>().await;
    assert_eq!((down.mref, down.reason), (mref, reason));
    nothing_came();
}

/// A start whose `init` is not over in a second: the server is killed and gone, its name is free, no message is left, and
/// the next start succeeds.
async fn too_late<F, T>(start: impl Fn(Start<Worker>) -> F, link: bool) -> T
where
    F: Future<Output = Result<T, StartError>>,
{
    let (reports, _guard) = Reports::listen();
    let stage = Stage::new();
    let first = || {
        let worker = if link {
            Worker::start_link("a", stage.clone())
        } else {
            Worker::start("a", stage.clone())
        };
        start(worker.name("late").timeout(SECOND))
    };
    let mut gate = stage.gate("a");
    let began = Instant::now();
    let mut late = pin!(first());
    tokio::select! {
        biased;
        _ = &mut late => panic!("the start was ready before its init"),
        () = gate.reached() => {}
    }
    let pid = process::whereis("late").unwrap();
    let end = process::monitored(pid);
    let error = soon(late).await.err().unwrap();
    assert!(matches!(error, StartError::Timeout), "{error:?}");
    assert!(began.elapsed() >= SECOND && began.elapsed() <= SECOND + ms(2));

    assert!(!process::alive(pid) && process::info(pid).is_none());
    assert_eq!(process::whereis("late"), None);
    assert_eq!(soon(end).await, ExitReason::Killed);
    assert_eq!(known(self_pid()).links, []);
    assert_eq!(known(self_pid()).monitors, []);
    assert!(reports.about(CRASH, pid).is_empty());
    nothing_came();
    soon(first()).await.unwrap()
}

/// OL07: a server whose `init` takes too long is killed, the start says so, and nothing is left of it.
#[beamish::test(start_paused)]
async fn ol07_start_that_takes_too_long_is_killed() {
    process::trap_exit(true);
    too_late(|start| start, false).await;
}

/// OL08: the same with a link: no `Exit` is left for a starter that traps exits, and one that does not lives on.
#[beamish::test(start_paused)]
async fn ol08_start_link_that_takes_too_long_leaves_no_exit() {
    let worker = too_late(|start| start, true).await;
    soon(worker.stop()).await.unwrap();
    process::trap_exit(true);
    too_late(|start| start, true).await;
}

/// OL09: the same with a monitor, and with both. Differs: no `Down` with `Killed` is left either, as none is after
/// `gen_server:start_monitor`; `proc_lib:start_monitor` leaves it.
#[beamish::test(start_paused)]
async fn ol09_monitored_start_that_takes_too_long_leaves_nothing() {
    process::trap_exit(true);
    for link in [false, true] {
        let (worker, mref) = too_late(Start::monitor, link).await;
        let worker = worker.pid().unwrap();
        Way::Killed.end(worker).await;
        if link {
            assert_eq!(first::<Exit>().await.reason, ExitReason::Killed);
        }
        let down = first::<Down>().await;
        assert_eq!((down.mref, down.reason), (mref, ExitReason::Killed));
        nothing_came();
    }
}

/// OL11: a server that hibernates wakes at a call, a cast, a system request; one that crashes after that is reported as
/// any other.
#[beamish::test(start_paused)]
async fn ol11_hibernating_server_wakes_and_its_crash_is_reported() {
    let (reports, _guard) = Reports::listen();
    for after in [None, Some(SECOND)] {
        let start = Stack::start(vec![1]);
        let stack = soon(match after {
            Some(idle) => start.hibernate_after(idle),
            None => start,
        })
        .await
        .unwrap();
        let hibernate = async || {
            if after.is_none() {
                stack.hibernate();
            }
            process::sleep(2 * SECOND).await;
        };
        hibernate().await;
        assert_eq!(soon(stack.pop()).await.unwrap(), Some(1));
        hibernate().await;
        stack.push(2);
        assert_eq!(soon(stack.pop()).await.unwrap(), Some(2));
        hibernate().await;
        soon(beamish::sys::get_state(&stack)).await.unwrap();

        hibernate().await;
        let pid = stack.pid().unwrap();
        let end = end_of(pid);
        stack.crash();
        assert!(matches!(end.await, ExitReason::Panic(_)));
        let crashes = reports.about(CRASH, pid);
        assert!(
            matches!(&crashes[..], [crash] if crash.contains("as told")),
            "{crashes:?}"
        );
    }
}

/// OL12: a stop succeeds if the server ends with the reason that was asked for, at the request or by itself before it.
#[beamish::test]
async fn ol12_stop_succeeds_with_the_asked_reason() {
    let other = ExitReason::other("other");
    for reason in [ExitReason::Normal, ExitReason::Shutdown, other] {
        let stack = soon(Stack::start(vec![])).await.unwrap();
        let end = end_of(stack.pid().unwrap());
        soon(stack.stop().reason(reason.clone())).await.unwrap();
        assert_eq!(end.await, reason);

        let stack = soon(Stack::start(vec![])).await.unwrap();
        let told = paused(&stack).await;
        let stop = stack.stop().reason(reason.clone());
        let by_itself = async {
            assert_eq!(waiting(&stack), ["stop"]);
            told.send(Some(reason.clone())).unwrap();
        };
        let (stopped, ()) = tokio::join!(stop, by_itself);
        stopped.unwrap();
    }
}

/// What waits in the mailbox of a server.
fn waiting(stack: &StackRef) -> Vec<&'static str> {
    process::messages(stack.pid().unwrap()).unwrap()
}

/// OL12: it gives the other reason if the server ends with another, and says so if there is no process.
#[beamish::test]
async fn ol12_stop_gives_another_reason() {
    let (asked, other) = (ExitReason::other("asked"), ExitReason::other("other"));
    for (asked, own) in [
        (ExitReason::Normal, other.clone()),
        (asked.clone(), other),
        (asked, ExitReason::Normal),
    ] {
        let stack = soon(Stack::start(vec![])).await.unwrap();
        let told = paused(&stack).await;
        let stop = stack.stop().reason(asked.clone());
        let by_itself = async {
            assert_eq!(waiting(&stack), ["stop"]);
            told.send(Some(own.clone())).unwrap();
        };
        let (stopped, ()) = tokio::join!(stop, by_itself);
        assert_eq!(stopped, Err(StopError::Exit(own)));

        let no_proc = StopError::NoProc(stack.server_ref().address());
        let stopped = soon(stack.stop().reason(asked)).await;
        assert_eq!(stopped, Err(no_proc));
    }
}

/// OL12: it says so if the server does not end in time; the request stands.
#[beamish::test(start_paused)]
async fn ol12_stop_that_is_not_in_time_stands() {
    let stack = soon(Stack::start(vec![])).await.unwrap();
    let told = paused(&stack).await;
    let began = Instant::now();
    let stopped = stack
        .stop()
        .reason(ExitReason::Shutdown)
        .timeout(SECOND)
        .await;
    assert_eq!(stopped, Err(StopError::Timeout(SECOND)));
    assert!(began.elapsed() >= SECOND && began.elapsed() <= SECOND + ms(2));
    assert!(stack.is_alive());

    let end = end_of(stack.pid().unwrap());
    told.send(None).unwrap();
    assert_eq!(end.await, ExitReason::Shutdown);
    nothing_came();
}

/// OL15: an `init` that crashes, exits, stops or is killed never hangs the starter: each form of a start gives the same
/// error, and leaves nothing.
#[beamish::test]
async fn ol15_failed_init_never_hangs_the_starter() {
    process::trap_exit(true);
    let stage = Stage::new();
    let (stop, exit) = (ExitReason::other("stop"), ExitReason::other("exit"));
    let hour = 3_600 * SECOND;
    for form in 0..6 {
        let start = async || {
            let plain = Worker::start("a", stage.clone());
            let linked = Worker::start_link("a", stage.clone());
            soon(async {
                match form {
                    0 => plain.await,
                    1 => linked.await,
                    2 => plain.timeout(hour).await,
                    3 => linked.timeout(hour).await,
                    4 => plain.monitor().await.map(|(worker, _)| worker),
                    _ => linked
                        .timeout(hour)
                        .monitor()
                        .await
                        .map(|(worker, _)| worker),
                }
            })
            .await
        };
        let reason = async |plan| {
            stage.plan("a", [plan]);
            match start().await {
                Err(StartError::Exit(reason)) => reason,
                other => panic!("{form}: {other:?}"),
            }
        };
        let panicked = reason(Plan::Panic).await;
        assert!(matches!(&panicked, ExitReason::Panic(info) if info.message() == "as planned"));
        assert_eq!(reason(Plan::Stop(stop.clone())).await, stop);
        assert_eq!(reason(Plan::Exit(exit.clone())).await, exit);
        assert_eq!(
            reason(Plan::Exit(ExitReason::Normal)).await,
            ExitReason::Normal
        );

        let mut gate = stage.gate("a");
        let before = process::list();
        let killed = async {
            gate.reached().await;
            let new = process::list()
                .into_iter()
                .find(|pid| !before.contains(pid));
            process::kill(new.unwrap());
        };
        let (started, ()) = tokio::join!(start(), killed);
        assert!(
            matches!(started, Err(StartError::Exit(ExitReason::Killed))),
            "{form}: {started:?}"
        );
        nothing_came();
        assert_eq!(known(self_pid()).links, [], "{form}");
        assert_eq!(known(self_pid()).monitors, [], "{form}");
    }
}
