//! Monitors: being told of an end without sharing it.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::HashSet;

use beamish::Info;
use beamish::prelude::*;
use tokio::sync::oneshot;

use super::signals::{
    ask, corpse, end_of, fused, idle, next, on_both_flavors, puppet, set_off, soon,
    spin_until_ending, take,
};

/// Every monitor of `observer`.
fn monitors(observer: Pid) -> Vec<Pid> {
    process::info(observer).expect("it is alive").monitors
}

/// Who monitors `target`.
fn observers(target: Pid) -> Vec<Pid> {
    process::info(target).expect("it is alive").monitored_by
}

// --- What a monitor tells ---

/// MON-1: the end of a process is told to its monitor, with the reference, the pid and the reason, whatever it is.
async fn end_is_told_with_reference_pid_and_reason() {
    let reasons = [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::Kill,
        ExitReason::Killed,
        ExitReason::NoProc,
        ExitReason::other("anything"),
    ];
    for reason in reasons {
        let raised = reason.clone();
        let pid = spawn(async move {
            receive! { "go": &str => exit(raised) }
        });
        let mref = process::monitor(pid);
        send(pid, "go");
        let down = next::<Down>().await;
        assert_eq!(down.mref, mref);
        assert_eq!(down.from, pid);
        assert_eq!(down.reason, reason);
    }
}

/// MON-1: a panic and a kill are told as any other end.
async fn crash_and_kill_are_told() {
    let (pid, mref) = spawn_monitor(async { panic!("monitored") });
    let down = next::<Down>().await;
    assert_eq!((down.mref, down.from), (mref, pid.into()));
    assert!(matches!(down.reason, ExitReason::Panic(info) if info.message() == "monitored"));

    let pid = idle();
    let mref = process::monitor(pid);
    process::kill(pid);
    let down = next::<Down>().await;
    assert_eq!((down.mref, down.reason), (mref, ExitReason::Killed));
}

/// MON-1: every monitor has a reference of its own, over all processes.
#[beamish::test]
async fn every_monitor_has_a_reference_of_its_own() {
    let target = idle();
    let mut seen = HashSet::new();
    for _ in 0..100 {
        assert!(seen.insert(process::monitor(target)));
    }
    let other = puppet();
    for _ in 0..100 {
        assert!(seen.insert(ask(other, move || process::monitor(target)).await));
        assert!(seen.insert(process::monitor(other)));
    }
}

/// MON-1: several monitors on one process are independent, and each fires once.
async fn several_monitors_on_one_process_are_independent() {
    let pid = idle();
    let first = process::monitor(pid);
    let second = process::monitor(pid);
    let third = process::monitor(pid);
    assert!(process::demonitor(second));
    process::kill(pid);
    let fired = HashSet::from([next::<Down>().await.mref, next::<Down>().await.mref]);
    assert_eq!(fired, HashSet::from([first, third]));
    end_of(pid).await;
    process::kill(pid);
    assert!(take::<Down>().await.is_none());
}

/// MON-1: every observer is told, each of its own monitor.
async fn every_observer_is_told() {
    let target = idle();
    let tester = self_pid();
    for index in 0..50 {
        let (ready, is_ready) = oneshot::channel();
        spawn(async move {
            let mref = process::monitor(target);
            ready.send(()).unwrap();
            let down = next::<Down>().await;
            assert_eq!((down.mref, down.from), (mref, target.into()));
            send(tester, index);
        });
        soon(is_ready).await.unwrap();
    }
    assert_eq!(observers(target).len(), 50);
    process::kill(target);
    let mut told = HashSet::new();
    for _ in 0..50 {
        told.insert(next::<i32>().await);
    }
    assert_eq!(told.len(), 50);
}

/// MON-1: a monitor goes one way: an observer's end is nothing to its target, a target's end does not end the observer.
async fn monitor_goes_one_way() {
    let (observer, target) = (puppet(), puppet());
    ask(observer, move || process::monitor(target)).await;
    process::exit(observer, ExitReason::Shutdown);
    end_of(observer).await;
    assert_eq!(ask(target, || 1).await, 1);
    assert!(observers(target).is_empty());

    let observer = puppet();
    ask(observer, move || process::monitor(target)).await;
    assert_eq!(monitors(observer), [target]);
    process::kill(target);
    end_of(target).await;
    assert_eq!(ask(observer, || 1).await, 1);
    assert!(monitors(observer).is_empty());
}

/// MON-1, LNK-4: a child of `spawn_monitor` that ends at once is told with its own reason.
async fn child_that_ends_at_once_is_told() {
    for _ in 0..500 {
        let reason = ExitReason::other("at once");
        let raised = reason.clone();
        let (pid, mref) = spawn_monitor(async move { exit(raised) });
        let down = next::<Down>().await;
        assert_eq!((down.mref, down.from), (mref, pid.into()));
        assert_eq!(down.reason, reason);
    }
    assert!(take::<Info>().await.is_none());
}

on_both_flavors! {
    end_is_told_with_reference_pid_and_reason,
    crash_and_kill_are_told,
    several_monitors_on_one_process_are_independent,
    every_observer_is_told,
    monitor_goes_one_way,
    child_that_ends_at_once_is_told,
}

// --- Monitors of nobody ---

/// MON-2: monitoring a dead process succeeds: a `Down` with `noproc` is there at once.
#[beamish::test]
async fn dead_process_is_down_at_once() {
    let dead = corpse().await;
    let mref = process::monitor(dead);
    let down = take::<Down>().await.expect("it is there at once");
    assert_eq!(down.mref, mref);
    assert_eq!(down.from, dead);
    assert_eq!(down.reason, ExitReason::NoProc);
    assert!(take::<Down>().await.is_none());
    assert!(monitors(self_pid()).is_empty());
}

/// MON-2: monitoring a name that nobody holds succeeds: a `Down` with `noproc` and the name is there at once.
#[beamish::test]
async fn unheld_name_is_down_at_once() {
    let mref = process::monitor("nobody");
    let down = take::<Down>().await.expect("it is there at once");
    assert_eq!(down.mref, mref);
    assert_eq!(down.from, "nobody");
    assert_eq!(down.reason, ExitReason::NoProc);

    process::register("nobody", self_pid()).unwrap();
    assert!(take::<Down>().await.is_none());
}

/// MON-2, A16: the `Down` of a monitor by name has the name as it was given, one by pid has the pid.
#[beamish::test]
async fn down_has_the_address_as_it_was_given() {
    let pid = idle();
    process::register("holder", pid).unwrap();
    let by_name = process::monitor("holder");
    let by_pid = process::monitor(pid);
    process::exit(pid, ExitReason::Shutdown);
    for _ in 0..2 {
        let down = next::<Down>().await;
        if down.mref == by_name {
            assert_eq!(down.from, "holder");
            assert!(down.from != pid);
        } else {
            assert_eq!(down.mref, by_pid);
            assert_eq!(down.from, pid);
            assert!(down.from != "holder");
        }
        assert_eq!(down.reason, ExitReason::Shutdown);
    }
}

/// MON-2: a monitor by name is on the process that held the name then, not on the name.
#[beamish::test]
async fn monitor_by_name_stays_with_the_process() {
    let (first, second) = (idle(), idle());
    process::register("seat", first).unwrap();
    let mref = process::monitor("seat");
    assert!(process::unregister("seat"));
    process::register("seat", second).unwrap();
    process::kill(second);
    end_of(second).await;
    assert!(take::<Down>().await.is_none());
    process::kill(first);
    let down = next::<Down>().await;
    assert_eq!((down.mref, down.reason), (mref, ExitReason::Killed));
    assert_eq!(down.from, "seat");
}

/// MON-2: `monitored` works outside of processes too, for the living, the dead and names.
async fn end_can_be_awaited_outside_of_processes() {
    let (living, dead) = (idle(), corpse().await);
    let watched = idle();
    process::register("watched", watched).unwrap();
    let outside = tokio::spawn(async move {
        assert_eq!(process::try_self_pid(), None);
        assert_eq!(process::monitored(dead).await, ExitReason::NoProc);
        assert_eq!(process::monitored("nobody").await, ExitReason::NoProc);
        let (one, other) = (process::monitored(living), process::monitored("watched"));
        process::exit(living, ExitReason::Shutdown);
        process::kill("watched");
        (one.await, other.await)
    });
    let (one, other) = soon(outside).await.unwrap();
    assert_eq!((one, other), (ExitReason::Shutdown, ExitReason::Killed));
}

/// MON-2: a monitor of a process that is ending at this moment fires once, with its reason or `noproc`.
async fn monitor_of_a_process_that_is_ending_fires_once() {
    for round in 0..300 {
        let pid = spawn(async {
            process::yield_now().await;
            exit(ExitReason::Shutdown)
        });
        for _ in 0..round % 4 {
            process::yield_now().await;
        }
        let mref = process::monitor(pid);
        let down = next::<Down>().await;
        assert_eq!(down.mref, mref);
        assert!(
            matches!(down.reason, ExitReason::Shutdown | ExitReason::NoProc),
            "{down:?}"
        );
        assert!(take::<Down>().await.is_none());
    }
}

on_both_flavors! {
    end_can_be_awaited_outside_of_processes,
    monitor_of_a_process_that_is_ending_fires_once,
}

// --- Ending a monitor ---

/// MON-3: after `demonitor` no `Down` comes; `true` says that none has come.
async fn no_down_comes_after_demonitor() {
    let pid = idle();
    let mref = process::monitor(pid);
    assert_eq!(observers(pid), [self_pid()]);
    assert!(process::demonitor(mref));
    assert!(observers(pid).is_empty());
    assert!(monitors(self_pid()).is_empty());
    process::kill(pid);
    end_of(pid).await;
    assert!(take::<Down>().await.is_none());
}

/// MON-3: `false` says that the `Down` is in the mailbox, where it stays.
#[beamish::test]
async fn demonitor_leaves_a_down_that_has_come() {
    let pid = idle();
    let mref = process::monitor(pid);
    process::kill(pid);
    end_of(pid).await;
    assert!(!process::demonitor(mref));
    assert_eq!(take::<Down>().await.expect("it stays").mref, mref);
}

/// MON-3: with flush the `Down` of this monitor is taken out of the mailbox, and no other message.
#[beamish::test]
async fn demonitor_with_flush_removes_its_own_down_only() {
    let pid = idle();
    let first = process::monitor(pid);
    let second = process::monitor(pid);
    let third = process::monitor(pid);
    send(self_pid(), "kept");
    process::kill(pid);
    end_of(pid).await;
    assert!(!process::demonitor_flush(second));
    let mut fired = HashSet::new();
    while let Some(down) = take::<Down>().await {
        fired.insert(down.mref);
    }
    assert_eq!(fired, HashSet::from([first, third]));
    assert_eq!(take::<&str>().await, Some("kept"));

    let living = idle();
    let mref = process::monitor(living);
    assert!(process::demonitor_flush(mref));
    process::kill(living);
    end_of(living).await;
    assert!(take::<Down>().await.is_none());
}

/// MON-3: a reference that has fired and was handled, or was used up, does nothing.
#[beamish::test]
async fn demonitor_of_a_used_reference_does_nothing() {
    let pid = idle();
    let (gone, kept) = (process::monitor(pid), process::monitor(pid));
    assert!(process::demonitor(gone));
    assert!(!process::demonitor(gone));
    assert!(!process::demonitor_flush(gone));
    process::kill(pid);
    assert_eq!(next::<Down>().await.mref, kept);
    assert!(!process::demonitor(kept));
    assert!(!process::demonitor_flush(kept));
}

/// MON-3: only the owner ends a monitor: another process has no effect on it.
async fn demonitor_by_another_process_has_no_effect() {
    let target = idle();
    let mref = process::monitor(target);
    let other = puppet();
    assert!(!ask(other, move || process::demonitor(mref)).await);
    assert!(!ask(other, move || process::demonitor_flush(mref)).await);
    // Nor has the target itself.
    let target_too = puppet();
    let on_it = process::monitor(target_too);
    assert!(!ask(target_too, move || process::demonitor(on_it)).await);
    process::kill(target);
    assert_eq!(next::<Down>().await.mref, mref);
    process::kill(target_too);
    assert_eq!(next::<Down>().await.mref, on_it);
}

/// MON-3: what `demonitor` answers is true at that moment, though the process is ending: `true` and no `Down`, or `false`
/// and it is there.
async fn answer_of_demonitor_is_exact_while_the_process_ends() {
    for round in 0..400 {
        let (pid, mref) = spawn_monitor(process::yield_now());
        let end = process::monitored(pid);
        for _ in 0..round % 4 {
            process::yield_now().await;
        }
        if process::demonitor(mref) {
            soon(end).await;
            assert!(take::<Down>().await.is_none());
        } else {
            let down = take::<Down>().await.expect("it is there");
            assert_eq!(down.mref, mref);
            soon(end).await;
        }
    }
}

/// MON-3: of many monitors that are ended while their target ends too, each has told the truth: the `Down`s of those that
/// said `false` are there, and no others.
async fn answers_of_demonitor_are_exact_for_many_monitors() {
    for _ in 0..50 {
        let target = fused().await;
        let mrefs: Vec<_> = (0..500).map(|_| process::monitor(target)).collect();
        let end = process::monitored(target);
        set_off(target);
        spin_until_ending(target);
        let mut fired = HashSet::new();
        for mref in mrefs.into_iter().rev() {
            if !process::demonitor(mref) {
                fired.insert(mref);
            }
        }
        soon(end).await;
        while let Some(down) = take::<Down>().await {
            assert!(fired.remove(&down.mref), "a monitor that was ended fired");
        }
        assert!(fired.is_empty(), "a monitor was neither ended nor fired");
    }
}

/// MON-3: after a flush no `Down` is there and none comes, though the process is ending.
async fn no_down_comes_after_a_flush_while_the_process_ends() {
    for round in 0..400 {
        let (pid, mref) = spawn_monitor(process::yield_now());
        let end = process::monitored(pid);
        for _ in 0..round % 4 {
            process::yield_now().await;
        }
        process::demonitor_flush(mref);
        assert!(take::<Down>().await.is_none());
        soon(end).await;
        assert!(take::<Down>().await.is_none());
    }
}

on_both_flavors! {
    no_down_comes_after_demonitor,
    demonitor_by_another_process_has_no_effect,
    answer_of_demonitor_is_exact_while_the_process_ends,
    answers_of_demonitor_are_exact_for_many_monitors,
    no_down_comes_after_a_flush_while_the_process_ends,
}

// --- Oneself ---

/// MON-4: a process that monitors itself, by pid or by name, hears nothing of it, and ends as ever.
#[beamish::test]
async fn monitor_of_oneself_never_fires() {
    let tester = self_pid();
    let pid = spawn(async move {
        process::register("me", self_pid()).unwrap();
        let by_pid = process::monitor(self_pid());
        let by_name = process::monitor("me");
        assert_ne!(by_pid, by_name);
        process::yield_now().await;
        assert!(take::<Info>().await.is_none());
        process::demonitor(by_pid);
        assert!(take::<Info>().await.is_none());
        // At the very end there is nobody left to hear it.
        send(tester, "never fired");
        exit(ExitReason::Shutdown)
    });
    assert_eq!(end_of(pid).await, ExitReason::Shutdown);
    assert_eq!(take::<&str>().await, Some("never fired"));
}

// --- Servers ---

/// Monitors whom it is told to, and tells what it hears.
#[genserver(name = "watcher")]
struct Watcher {
    tell: Pid,
}

#[genserver]
impl Watcher {
    #[init]
    fn init(tell: Pid) -> Self {
        Self { tell }
    }

    #[handle_call]
    fn watch(&self, target: Pid) -> MonitorRef {
        process::monitor(target)
    }

    #[handle_call]
    fn unwatch(&self, mref: MonitorRef) -> bool {
        process::demonitor(mref)
    }

    #[handle_info]
    fn down(&self, down: Down) {
        send(self.tell, down);
    }
}

/// MON-1: a monitor that a server makes in a handler is the server's, also where its caller runs the handler.
async fn monitor_made_in_a_handler_is_the_servers() {
    let server = Watcher::start_link(self_pid()).await.unwrap();
    let (target, other) = (idle(), idle());
    let mref = server.watch(target).await.unwrap();
    assert_eq!(observers(target), [server.pid().unwrap()]);
    assert!(!process::demonitor(mref));
    process::kill(target);
    let down = next::<Down>().await;
    assert_eq!((down.mref, down.from), (mref, target.into()));

    let mref = server.watch(other).await.unwrap();
    assert!(server.unwatch(mref).await.unwrap());
    process::kill(other);
    end_of(other).await;
    assert!(take::<Down>().await.is_none());
}

/// MON-2: a server is monitored through its client, by pid or by name, as the client reaches it.
#[beamish::test]
async fn client_monitors_as_it_reaches_its_server() {
    let by_name = WatcherRef::named();
    by_name.monitor();
    let down = next::<Down>().await;
    assert_eq!(down.from, "watcher");
    assert_eq!(down.reason, ExitReason::NoProc);

    let by_pid = Watcher::start(self_pid()).await.unwrap();
    let pid = by_pid.pid().unwrap();
    let (one, other) = (by_pid.monitor(), by_name.monitor());
    by_pid.stop().await.unwrap();
    for _ in 0..2 {
        let down = next::<Down>().await;
        assert_eq!(down.reason, ExitReason::Normal);
        assert_eq!(down.from == "watcher", down.mref == other);
        assert_eq!(down.from == pid, down.mref == one);
    }
}

on_both_flavors! { monitor_made_in_a_handler_is_the_servers }
