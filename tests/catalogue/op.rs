//! OTP's `process_SUITE`: ends, names, what is known of processes, aliases.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::any::type_name;
use std::collections::HashSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use beamish::prelude::*;
use beamish::process::{AliasMode, MonitorOptions};
use beamish::{Alias, Info, RegisterError, TaggedDown, global};
use tokio::sync::oneshot;

use super::process_kit::{
    Large, act, ask, corpse, end_of, first, fused, idle, known, large, ms, next, nothing_else,
    puppet, set_off, soon, take, tell, value_of,
};

// --- Ends ---

/// OP02: a large reason reaches a linked process that traps as it was.
#[beamish::test]
async fn op02_large_reason_reaches_a_linked_process_unchanged() {
    process::trap_exit(true);
    let pid = spawn_link(async { exit(ExitReason::other(large(20))) });
    let exit = first::<Exit>().await;
    assert_eq!(exit.from, pid);
    assert_eq!(value_of::<Large>(&exit.reason), &large(20));
    nothing_else().await;
}

/// Reasons of all ordinary kinds but `normal`.
fn ordinary_reasons() -> Vec<ExitReason> {
    vec![
        ExitReason::Shutdown,
        ExitReason::shutdown_with(1),
        ExitReason::Killed,
        ExitReason::NoProc,
        ExitReason::NoConnection,
        ExitReason::Timeout,
        ExitReason::other(large(1)),
        ExitReason::from(io::Error::other("an error")),
    ]
}

/// OP03: an exit signal with any ordinary reason ends a process that does not trap, with that reason.
#[beamish::test]
async fn op03_exit_signal_ends_a_process_with_its_reason() {
    for reason in ordinary_reasons() {
        let pid = idle();
        let mref = process::monitor(pid);
        process::exit(pid, reason.clone());
        let down = first::<Down>().await;
        assert_eq!((down.mref, down.reason), (mref, reason));
    }
    nothing_else().await;
}

/// OP04: `normal` from another process does not end one that does not trap, and leaves nothing in its mailbox.
#[beamish::test]
async fn op04_normal_from_another_is_dropped() {
    let pid = puppet();
    for _ in 0..3 {
        process::exit(pid, ExitReason::Normal);
    }
    let by_another = puppet();
    ask(by_another, move || process::exit(pid, ExitReason::Normal)).await;
    assert!(process::alive(pid));
    assert_eq!(ask(pid, || 1).await, 1);
    nothing_else().await;
}

/// OP05: a process that traps and sends itself an exit signal gets it as a message from itself.
#[beamish::test]
async fn op05_exit_signal_to_oneself_is_a_message_when_trapping() {
    process::trap_exit(true);
    let me = self_pid();
    for reason in [ExitReason::Normal].into_iter().chain(ordinary_reasons()) {
        process::exit(me, reason.clone());
        let exit = first::<Exit>().await;
        assert_eq!((exit.from, exit.reason), (me, reason));
    }
    nothing_else().await;
}

/// How a process ends that does not trap and sends itself this reason; what stands behind that is not done.
async fn suicide(reason: ExitReason) -> ExitReason {
    process::trap_exit(true);
    let tester = self_pid();
    let pid = spawn_link(async move {
        process::exit(self_pid(), reason);
        send(tester, "lives on");
    });
    let exit = first::<Exit>().await;
    assert_eq!(exit.from, pid);
    nothing_else().await;
    exit.reason
}

/// OP06: `normal` to oneself ends a process that does not trap, with `normal`.
#[beamish::test]
async fn op06_normal_to_oneself_ends_the_process() {
    assert_eq!(suicide(ExitReason::Normal).await, ExitReason::Normal);
}

/// OP07: any other reason to oneself ends a process that does not trap, with that reason.
#[beamish::test]
async fn op07_other_reason_to_oneself_ends_the_process() {
    for reason in ordinary_reasons() {
        assert_eq!(suicide(reason.clone()).await, reason);
    }
    assert_eq!(suicide(ExitReason::Kill).await, ExitReason::Killed);
}

/// OP08: an exit signal to oneself is no exception: who catches what unwinds ends nevertheless, with the signal's reason.
#[beamish::test]
async fn op08_exit_signal_to_oneself_cannot_be_caught() {
    process::trap_exit(true);
    let tester = self_pid();
    for returns in [true, false] {
        let reason = ExitReason::other("not caught");
        let sent = reason.clone();
        let pid = spawn_link(async move {
            let caught = catch_unwind(AssertUnwindSafe(|| process::exit(self_pid(), sent)));
            assert!(caught.is_err());
            if returns {
                return;
            }
            process::yield_now().await;
            send(tester, "lives on");
            exit(ExitReason::other("another"))
        });
        let exit = first::<Exit>().await;
        assert_eq!((exit.from, exit.reason), (pid, reason));
        nothing_else().await;
    }
}

/// OP09: an exit signal that has come when the time of a `receive!` is over ends the process with the signal's reason.
#[beamish::test]
async fn op09_exit_signal_wins_over_a_timeout_that_is_due() {
    process::trap_exit(true);
    let tester = self_pid();
    for _ in 0..20 {
        let pid = spawn_link(async move {
            send(tester, "waits");
            receive! { _: () => {}, after 1ms => {} }
            send(tester, "goes on");
            exit(ExitReason::Timeout)
        });
        assert_eq!(first::<&str>().await, "waits");
        // Blocks the only thread, so that the time is over before the process can see it.
        std::thread::sleep(ms(3));
        process::exit(pid, ExitReason::Shutdown);
        let exit = first::<Exit>().await;
        assert_eq!((exit.from, exit.reason), (pid, ExitReason::Shutdown));
        nothing_else().await;
    }
}

/// OP10: of two exit signals the first decides the reason.
#[beamish::test]
async fn op10_first_exit_signal_decides() {
    let (one, other) = (ExitReason::other("first"), ExitReason::other("second"));
    for second in [other, ExitReason::Kill, ExitReason::Normal] {
        for trapped_later in [false, true] {
            let pid = puppet();
            let mref = process::monitor(pid);
            process::exit(pid, one.clone());
            process::exit(pid, second.clone());
            if trapped_later {
                tell(pid, || {
                    process::trap_exit(true);
                });
            }
            let down = first::<Down>().await;
            assert_eq!((down.mref, &down.reason), (mref, &one));
        }
    }
    let pid = idle();
    let mref = process::monitor(pid);
    process::kill(pid);
    process::exit(pid, one);
    let down = first::<Down>().await;
    assert_eq!((down.mref, down.reason), (mref, ExitReason::Killed));
    nothing_else().await;
}

/// OP11: a crash reaches a linked process that traps as what was raised and where, or as the error that was returned.
#[beamish::test]
async fn op11_crash_is_told_with_what_was_raised_and_where() {
    process::trap_exit(true);
    let line = line!() + 3;
    let pid = spawn_link(async {
        process::yield_now().await;
        panic!("raised {}", 11);
    });
    let exit = first::<Exit>().await;
    assert_eq!(exit.from, pid);
    let ExitReason::Panic(info) = exit.reason else {
        panic!("{:?}", exit.reason)
    };
    assert_eq!(info.message(), "raised 11");
    assert_eq!((info.file(), info.line()), (Some(file!()), Some(line)));

    let pid = spawn_link(async {
        let number = "no number".parse::<u8>()?;
        assert_eq!(number, 0);
        Ok::<_, ExitReason>(())
    });
    let exit = first::<Exit>().await;
    assert_eq!(exit.from, pid);
    assert!(
        matches!(&exit.reason, ExitReason::Error(error) if error.is::<std::num::ParseIntError>()),
        "{exit:?}"
    );
    nothing_else().await;
}

async fn crashes_at_once() {
    let none: Vec<u32> = std::hint::black_box(Vec::new());
    send(self_pid(), none[0]);
}

/// OP12: a crash in the very first step of a process is told as any other.
#[beamish::test]
async fn op12_crash_in_the_first_step_is_told() {
    process::trap_exit(true);
    for by_hand in [false, true] {
        let (pid, text) = if by_hand {
            let crash = std::future::poll_fn::<(), _>(|_| panic!("at the first poll"));
            (spawn_link(crash), "at the first poll")
        } else {
            (spawn_link(crashes_at_once()), "index out of bounds")
        };
        let exit = first::<Exit>().await;
        assert_eq!(exit.from, pid);
        assert!(
            matches!(&exit.reason, ExitReason::Panic(info) if info.message().starts_with(text)),
            "{exit:?}"
        );
    }
    nothing_else().await;
}

// --- Names ---

/// OP19: a reserved name, a dead process, a name that is held and a second name of one process are refused, and nothing has
/// changed then; sending to a name that nobody holds is an error.
#[beamish::test]
async fn op19_bad_registrations_are_refused() {
    let pid = idle();
    for name in ["", "nil", "undefined", "true", "false"] {
        let error = process::register(name, pid).unwrap_err();
        assert_eq!(error, RegisterError::Reserved(name.into()));
        assert_eq!(process::whereis(name), None);
    }
    let dead = corpse().await;
    assert_eq!(
        process::register("dead", dead),
        Err(RegisterError::NoProc(dead))
    );
    process::register("first", pid).unwrap();
    assert_eq!(
        process::register("second", pid),
        Err(RegisterError::HasName("first".into()))
    );
    assert_eq!(
        process::register("first", idle()),
        Err(RegisterError::Taken("first".into(), pid))
    );
    assert_eq!(process::registered(), ["first".into()]);
    assert_eq!(process::whereis("first"), Some(pid));
    assert_eq!(known(pid).registered_name.unwrap().as_str(), "first");

    let error = send_named("second", "lost").unwrap_err();
    assert_eq!(*error.address(), "second");
    assert_eq!(send_named("first", "found"), Ok(()));
    assert_eq!(known(pid).message_queue_len, 1);
}

struct Flag(Arc<AtomicBool>);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// OP28: what a process owned (its values, its other names, its aliases, the timers to it) is released by the time at which
/// others see that its name is free.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn op28_all_is_released_when_the_name_is_free() {
    for _ in 0..20 {
        let dropped = Arc::new(AtomicBool::new(false));
        let flag = Flag(Arc::clone(&dropped));
        let pid = fused(async move {
            let _flag = flag;
            process::kill(self_pid());
        })
        .await;
        process::register("owner", pid).unwrap();
        global::register_name("owner everywhere", pid).unwrap();
        let timers: Vec<_> = (0..500)
            .map(|_| process::send_after(pid, "lost", Duration::from_secs(3_600)))
            .collect();
        let end = process::monitored(pid);
        set_off(pid);
        while process::whereis("owner").is_some() {
            std::thread::yield_now();
        }
        assert!(dropped.load(Ordering::SeqCst));
        assert_eq!(global::whereis_name("owner everywhere"), None);
        let left = timers
            .iter()
            .filter(|timer| process::read_timer(**timer).is_some());
        assert_eq!(left.count(), 0);
        soon(end).await;
    }
}

// --- Spawning ---

/// OP31: the `Down` of a child that ends at once comes after the spawn has returned, with the reference that it returned.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn op31_down_of_a_child_that_ends_at_once_comes_after_the_spawn() {
    let reason = ExitReason::other("at once");
    for _ in 0..300 {
        let raised = reason.clone();
        let (pid, mref) = spawn_monitor(async move { exit(raised) });
        let down = first::<Down>().await;
        assert_eq!((down.mref, down.from), (mref, pid.into()));
        assert_eq!(down.reason, reason);
    }
    nothing_else().await;
}

/// OP32: so does the `Exit` of a linked child that ends at once.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn op32_exit_of_a_child_that_ends_at_once_comes_after_the_spawn() {
    process::trap_exit(true);
    let reason = ExitReason::other("at once");
    for _ in 0..300 {
        let raised = reason.clone();
        let pid = spawn_link(async move { exit(raised) });
        let exit = first::<Exit>().await;
        assert_eq!((exit.from, &exit.reason), (pid, &reason));
    }
    nothing_else().await;
}

/// The reason with which a child ends whose parent ends right after the spawn.
async fn child_of_a_parent_that_ends(reason: ExitReason) -> ExitReason {
    let (tells, told) = oneshot::channel();
    spawn(async move {
        let child = spawn_link(std::future::pending::<()>());
        tells.send(process::monitored(child)).unwrap();
        exit(reason)
    });
    soon(soon(told).await.unwrap()).await
}

/// OP33: a parent that ends right after the spawn of a linked child takes it along, always.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn op33_parent_that_ends_takes_its_linked_child_along() {
    for _ in 0..300 {
        let end = child_of_a_parent_that_ends(ExitReason::Shutdown).await;
        assert_eq!(end, ExitReason::Shutdown);
    }
}

/// OP34: the same with a reason of many parts, which the child ends with as it is.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn op34_child_ends_with_the_compound_reason_of_its_parent() {
    let reason = ExitReason::other(large(2));
    for _ in 0..200 {
        let end = child_of_a_parent_that_ends(reason.clone()).await;
        assert_eq!(end, reason);
        assert_eq!(value_of::<Large>(&end), &large(2));
    }
}

// --- What is known of processes ---

/// OP43: a process can ask about itself: it is alive, has no name at first, and the one that it is given then.
#[beamish::test]
async fn op43_own_information() {
    let me = self_pid();
    assert!(process::alive(me));
    let info = known(me);
    assert_eq!((info.pid, info.registered_name), (me, None));
    assert_eq!((info.message_queue_len, info.trap_exit), (0, false));
    assert!(info.links.is_empty());
    process::register("me", me).unwrap();
    assert_eq!(known(me).registered_name.unwrap().as_str(), "me");
}

/// OP44: the list of messages is of those that were sent and not received yet, in order.
#[beamish::test]
async fn op44_list_of_messages_is_of_those_not_received() {
    let me = self_pid();
    let messages = || process::messages(me).unwrap();
    assert!(messages().is_empty());
    send(me, 1_u8);
    send(me, "text");
    send(me, 1_u16);
    let mref = process::monitor(corpse().await);
    let all = ["u8", "&str", "u16", type_name::<Down>()];
    assert_eq!(messages(), all);
    assert_eq!(take::<&str>().await, Some("text"));
    assert_eq!(messages(), ["u8", "u16", type_name::<Down>()]);
    assert_eq!(take::<u32>().await, None);
    send(me, "again");
    assert!(!process::demonitor_flush(mref));
    assert_eq!(messages(), ["u8", "u16", "&str"]);
    for _ in 0..3 {
        take::<Info>().await.unwrap();
    }
    assert!(messages().is_empty());
}

/// OP46: the mailbox of another process shows its messages in the order of arrival, and is empty once it has received them.
#[beamish::test]
async fn op46_mailbox_of_another_is_shown_in_order() {
    let tester = self_pid();
    let pid = spawn(async move {
        receive! { "read": &str => {} }
        for _ in 0..3 {
            process::receive::<Info>().await;
        }
        send(tester, "has read");
        std::future::pending::<()>().await;
    });
    send(pid, 1_u64);
    send(pid, 'a');
    ask(puppet(), move || send(pid, true)).await;
    assert_eq!(process::messages(pid).unwrap(), ["u64", "char", "bool"]);
    process::yield_now().await;
    assert_eq!(process::messages(pid).unwrap(), ["u64", "char", "bool"]);
    send(pid, "read");
    assert_eq!(first::<&str>().await, "has read");
    assert!(process::messages(pid).unwrap().is_empty());
}

/// OP55: the parent of a process is the one that spawned it, in whatever way, also after its end.
#[beamish::test]
async fn op55_parent_is_the_one_that_spawned() {
    let me = self_pid();
    let child = puppet();
    assert_eq!(known(child).parent, Some(me));
    assert_eq!(known(spawn_link(act(me))).parent, Some(me));
    assert_eq!(known(spawn_monitor(act(me)).0).parent, Some(me));
    let grandchild = ask(child, idle).await;
    assert_eq!(known(grandchild).parent, Some(child));
    process::kill(child);
    end_of(child).await;
    assert_eq!(known(grandchild).parent, Some(child));
    let seen_by_itself = ask(puppet(), || known(self_pid()).parent).await;
    assert_eq!(seen_by_itself, Some(me));
    let of_nobody = tokio::spawn(async { idle() });
    assert_eq!(known(soon(of_nobody).await.unwrap()).parent, None);
}

/// OP59: who asks about itself sees the effect of all signals that came before.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn op59_own_information_has_what_earlier_signals_did() {
    process::trap_exit(true);
    let me = self_pid();
    for round in 0..100 {
        let keeps = round % 2 == 0;
        let other = spawn(async move {
            process::link(me);
            let mref = process::monitor(me);
            send(me, 1_u8);
            process::exit(me, ExitReason::Shutdown);
            if !keeps {
                process::unlink(me);
                process::demonitor(mref);
            }
            send(me, "now");
            std::future::pending::<()>().await;
        });
        assert_eq!(next::<&str>().await, "now");
        let info = known(me);
        let expected = if keeps { vec![other] } else { vec![] };
        assert_eq!((&info.links, &info.monitored_by), (&expected, &expected));
        assert_eq!(info.message_queue_len, 2);
        assert_eq!(process::messages(me).unwrap(), ["u8", type_name::<Exit>()]);
        first::<u8>().await;
        assert_eq!(first::<Exit>().await.from, other);
        process::unlink(other);
        process::kill(other);
        end_of(other).await;
        nothing_else().await;
    }
}

/// OP60: the own queue length counts every message that the process has sent itself, by whatever address.
#[beamish::test]
async fn op60_own_queue_length_counts_every_message_to_oneself() {
    let me = self_pid();
    let alias = process::alias();
    process::register("me", me).unwrap();
    for number in 0..300 {
        match number % 3 {
            0 => send(me, number),
            1 => send(alias, number),
            _ => send_named("me", number).unwrap(),
        }
        assert_eq!(known(me).message_queue_len, number + 1);
    }
    for number in 0..300 {
        assert_eq!(first::<usize>().await, number);
        assert_eq!(known(me).message_queue_len, 299 - number);
    }
}

/// OP61: queue length and list of messages agree.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn op61_queue_length_and_list_agree() {
    let me = self_pid();
    let agree = || {
        let len = known(me).message_queue_len;
        let list = process::messages(me).unwrap();
        assert_eq!(list.len(), len);
        len
    };
    for number in 0..100 {
        assert_eq!(agree(), number);
        send(me, number);
    }
    assert_eq!(take::<usize>().await, Some(0));
    assert_eq!(agree(), 99);
    while take::<usize>().await.is_some() {}
    assert_eq!(agree(), 0);

    // Nobody but the process takes messages out, so while others send the later look never sees fewer.
    let sender = fused(async move {
        for number in 0..5_000_u32 {
            send(me, number);
        }
    })
    .await;
    let end = process::monitored(sender);
    set_off(sender);
    loop {
        let list = process::messages(me).unwrap().len();
        let len = known(me).message_queue_len;
        let later = process::messages(me).unwrap().len();
        assert!(list <= len && len <= later, "{list} {len} {later}");
        if later == 5_000 {
            break;
        }
        process::yield_now().await;
    }
    soon(end).await;
    assert_eq!(agree(), 5_000);
}

/// OP63: the queue length of a process is told while others send to it without end, and only grows while it reads nothing.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn op63_queue_length_is_told_under_load() {
    let receiver = idle();
    let stop = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..2)
        .map(|_| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                let mut sent = 0;
                while !stop.load(Ordering::Relaxed) {
                    send(receiver, sent);
                    sent += 1;
                }
                sent
            })
        })
        .collect();
    let mut before = 0;
    for _ in 0..500 {
        let len = known(receiver).message_queue_len;
        assert!(len >= before, "{len} after {before}");
        before = len;
        process::yield_now().await;
    }
    stop.store(true, Ordering::Relaxed);
    let sent: usize = senders
        .into_iter()
        .map(|sender| sender.join().unwrap())
        .sum();
    assert_eq!(known(receiver).message_queue_len, sent);
}

/// OP65: a label that a process gave itself can be read by others, alone and with all else that is known.
#[beamish::test]
async fn op65_label_can_be_read_by_others() {
    let pid = puppet();
    assert_eq!(known(pid).label, None);
    ask(pid, || process::set_label("labelled")).await;
    assert_eq!(known(pid).label.as_deref(), Some("labelled"));
    assert_eq!(process::label(pid).as_deref(), Some("labelled"));
    let by_another = ask(puppet(), move || process::label(pid)).await;
    assert_eq!(by_another.as_deref(), Some("labelled"));
    assert_eq!(process::label(self_pid()), None);
    process::kill(pid);
    end_of(pid).await;
    assert_eq!(process::label(pid), None);
}

/// OP70: while processes are spawned without end, the list has every process that is alive all the while, none that had
/// ended before, and none twice.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn op70_list_has_all_who_live_and_none_who_ended() {
    let spawners: Vec<Pid> = (0..2)
        .map(|_| {
            spawn(async {
                loop {
                    for _ in 0..20 {
                        spawn(process::yield_now());
                    }
                    process::yield_now().await;
                }
            })
        })
        .collect();
    let mut living: Vec<Pid> = (0..50).map(|_| idle()).collect();
    let mut ended = Vec::new();
    for round in 0..100 {
        living.push(idle());
        let mortal = living.swap_remove(round * 7 % living.len());
        let end = process::monitored(mortal);
        process::kill(mortal);
        if round % 2 == 0 {
            soon(end).await;
        }
        ended.push(mortal);
        ended.push(corpse().await);
        let list = process::list();
        let set: HashSet<Pid> = list.iter().copied().collect();
        assert_eq!(list.len(), set.len());
        assert!(set.contains(&self_pid()));
        assert!(spawners.iter().all(|pid| set.contains(pid)));
        assert!(living.iter().all(|pid| set.contains(pid)));
        assert!(!ended.iter().any(|pid| set.contains(pid)));
    }
    for spawner in spawners {
        process::kill(spawner);
        end_of(spawner).await;
    }
}

/// OP75: a message to a process that was spawned just now arrives.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn op75_message_to_an_infant_arrives() {
    let tester = self_pid();
    for number in 0..500_u32 {
        let pid = spawn(async move {
            let number = process::receive::<u32>().await;
            send(tester, (self_pid(), number));
        });
        send(pid, number);
        assert_eq!(first::<(Pid, u32)>().await, (pid, number));
    }
    nothing_else().await;
}

// --- Aliases ---

/// OP90: an alias is active until it is unaliased, which says `true` once; one for a reply until its first message; what is
/// sent to an inactive one vanishes, and only the owner can switch it off.
#[beamish::test]
async fn op90_alias_is_active_until_unaliased() {
    let other = puppet();
    let by_another = |alias: Alias, text: &'static str| ask(other, move || send(alias, text));
    let alias = process::alias();
    for text in ["one", "two", "three"] {
        by_another(alias, text).await;
        assert_eq!(first::<&str>().await, text);
    }
    assert!(!ask(other, move || process::unalias(alias)).await);
    send(alias, "by itself");
    assert_eq!(first::<&str>().await, "by itself");
    assert!(process::unalias(alias));
    assert!(!process::unalias(alias));
    by_another(alias, "vanishes").await;

    let reply = process::reply_alias();
    let unused = process::reply_alias();
    let second = process::alias();
    assert_eq!(HashSet::from([alias, reply, unused, second]).len(), 4);
    by_another(reply, "the reply").await;
    by_another(reply, "vanishes").await;
    assert_eq!(first::<&str>().await, "the reply");
    assert!(!process::unalias(reply));
    assert!(process::unalias(unused));
    by_another(unused, "vanishes").await;
    nothing_else().await;
    by_another(second, "is another").await;
    assert_eq!(first::<&str>().await, "is another");

    // The alias of a dead process is as inactive as any.
    let mortal = puppet();
    let alias = ask(mortal, process::alias).await;
    process::kill(mortal);
    end_of(mortal).await;
    by_another(alias, "vanishes").await;
    assert!(!process::unalias(alias));
    nothing_else().await;
}

/// Whether a message that another process sends to the alias of a monitor arrives.
async fn arrives(mref: MonitorRef) -> bool {
    let sender = puppet();
    ask(sender, move || send(Alias::from(mref), "by alias")).await;
    process::kill(sender);
    let came = take::<&str>().await == Some("by alias");
    nothing_else().await;
    came
}

async fn is_down(mref: MonitorRef, pid: Pid) {
    process::exit(pid, ExitReason::Shutdown);
    let down = first::<Down>().await;
    assert_eq!((down.mref, down.from), (mref, pid.into()));
    assert_eq!(down.reason, ExitReason::Shutdown);
}

/// What the modes of an alias mean, however its monitor on a puppet is made.
async fn modes_of_an_alias(monitor: impl Fn(MonitorOptions) -> (Pid, MonitorRef)) {
    let of = |mode| monitor(MonitorOptions::new().alias(mode));

    // Explicit: over messages, demonitor and `Down`.
    for is_ended in [false, true] {
        let (pid, mref) = of(AliasMode::ExplicitUnalias);
        assert!(arrives(mref).await);
        assert_eq!(known(self_pid()).monitors, [pid]);
        if is_ended {
            is_down(mref, pid).await;
        } else {
            assert!(process::demonitor(mref));
        }
        assert!(arrives(mref).await);
        assert!(arrives(mref).await);
        assert!(process::unalias(mref));
        assert!(!process::unalias(mref));
        assert!(!arrives(mref).await);
    }

    // Demonitor: over messages, until demonitor or `Down`.
    for is_ended in [false, true] {
        let (pid, mref) = of(AliasMode::Demonitor);
        assert!(arrives(mref).await);
        assert!(arrives(mref).await);
        if is_ended {
            is_down(mref, pid).await;
        } else {
            assert!(process::demonitor(mref));
        }
        assert!(!arrives(mref).await);
        assert!(!process::unalias(mref));
    }

    // Reply and demonitor: until the first message, which takes the monitor away too.
    let (pid, mref) = of(AliasMode::ReplyDemonitor);
    assert_eq!(known(pid).monitored_by, [self_pid()]);
    assert!(arrives(mref).await);
    assert!(known(self_pid()).monitors.is_empty());
    assert!(known(pid).monitored_by.is_empty());
    assert!(!arrives(mref).await);
    assert!(!process::demonitor(mref));
    assert!(!process::unalias(mref));
    process::kill(pid);
    end_of(pid).await;
    nothing_else().await;

    // Or until demonitor or `Down`.
    for is_ended in [false, true] {
        let (pid, mref) = of(AliasMode::ReplyDemonitor);
        if is_ended {
            is_down(mref, pid).await;
        } else {
            assert!(process::demonitor(mref));
        }
        assert!(!arrives(mref).await);
        assert!(!process::unalias(mref));
    }

    // In every mode `unalias` switches the alias off alone.
    for mode in [
        AliasMode::ExplicitUnalias,
        AliasMode::Demonitor,
        AliasMode::ReplyDemonitor,
    ] {
        let (pid, mref) = of(mode);
        assert!(process::unalias(mref));
        assert!(!arrives(mref).await);
        is_down(mref, pid).await;
    }

    // Without a mode there is no alias.
    let (pid, mref) = monitor(MonitorOptions::new());
    assert!(!arrives(mref).await);
    assert!(!process::unalias(mref));
    is_down(mref, pid).await;
    nothing_else().await;
}

/// OP91: the modes of a monitor's alias: explicit survives `Down` and demonitor; demonitor ends with either; reply and
/// demonitor ends with the first message, which takes the monitor away too.
#[beamish::test]
async fn op91_modes_of_the_alias_of_a_monitor() {
    modes_of_an_alias(|options| {
        let pid = puppet();
        (pid, process::monitor_with(pid, options))
    })
    .await;
}

/// OP92: the same modes, if the monitor is made by a spawn.
#[beamish::test]
async fn op92_modes_of_the_alias_of_a_spawned_monitor() {
    let me = self_pid();
    modes_of_an_alias(|options| process::spawn_monitor_with(options, act(me))).await;

    // A child that answers and ends at once.
    for mode in [AliasMode::ReplyDemonitor, AliasMode::ExplicitUnalias] {
        let answers = async {
            let reply_to = process::receive::<Alias>().await;
            send(reply_to, "answer");
            send(reply_to, "another");
        };
        let (pid, mref) = process::spawn_monitor_with(MonitorOptions::new().alias(mode), answers);
        let end = process::monitored(pid);
        send(pid, Alias::from(mref));
        assert_eq!(first::<&str>().await, "answer");
        soon(end).await;
        if mode == AliasMode::ExplicitUnalias {
            assert_eq!(first::<&str>().await, "another");
            assert_eq!(first::<Down>().await.mref, mref);
        }
        nothing_else().await;
    }
}

/// OP93: an explicit alias takes messages after its monitor was taken away, in order, until `unalias`.
#[beamish::test]
async fn op93_explicit_alias_takes_messages_after_demonitor() {
    let target = puppet();
    let options = MonitorOptions::new().alias(AliasMode::ExplicitUnalias);
    let mref = process::monitor_with(target, options);
    ask(target, move || send(Alias::from(mref), 0)).await;
    assert!(process::demonitor(mref));
    ask(target, move || {
        for number in 1..10 {
            send(Alias::from(mref), number);
        }
    })
    .await;
    assert!(process::unalias(mref));
    ask(target, move || send(Alias::from(mref), 10)).await;
    process::kill(target);
    end_of(target).await;
    for number in 0..10 {
        assert_eq!(first::<i32>().await, number);
    }
    nothing_else().await;
}

/// OP94: an explicit alias takes messages after its `Down` has come, until `unalias`.
#[beamish::test]
async fn op94_explicit_alias_takes_messages_after_its_down() {
    let (target, sender) = (idle(), puppet());
    let options = MonitorOptions::new().alias(AliasMode::ExplicitUnalias);
    let mref = process::monitor_with(target, options);
    process::kill(target);
    let down = first::<Down>().await;
    assert_eq!((down.mref, down.reason), (mref, ExitReason::Killed));
    ask(sender, move || {
        for number in 0..10 {
            send(Alias::from(mref), number);
        }
    })
    .await;
    for number in 0..10 {
        assert_eq!(first::<i32>().await, number);
    }
    assert!(!process::demonitor(mref));
    send(Alias::from(mref), 10);
    assert_eq!(first::<i32>().await, 10);
    assert!(process::unalias(mref));
    ask(sender, move || send(Alias::from(mref), 11)).await;
    nothing_else().await;
}

/// OP97: the tag of a `Down` can be one's own, also if the target is gone already or the monitor is made by a spawn.
#[beamish::test]
async fn op97_tag_of_a_down_can_be_replaced() {
    let living = idle();
    let mref = process::monitor_with(living, MonitorOptions::new().tag(("conn", 1)));
    process::kill(living);
    let TaggedDown { tag, down } = first::<TaggedDown<(&str, i32)>>().await;
    assert_eq!((tag, down.mref), (("conn", 1), mref));
    assert_eq!(
        (down.from, down.reason),
        (living.into(), ExitReason::Killed)
    );

    let mref = process::monitor_with(living, MonitorOptions::new().tag(("conn", 2)));
    let told = take::<TaggedDown<(&str, i32)>>().await;
    let TaggedDown { tag, down } = told.expect("it is there at once");
    assert_eq!((tag, down.mref), (("conn", 2), mref));
    assert_eq!(
        (down.from, down.reason),
        (living.into(), ExitReason::NoProc)
    );

    let options = MonitorOptions::new().tag('c');
    let (pid, mref) = process::spawn_monitor_with(options, async { exit(ExitReason::Shutdown) });
    let TaggedDown { tag, down } = first::<TaggedDown<char>>().await;
    assert_eq!((tag, down.mref), ('c', mref));
    assert_eq!((down.from, down.reason), (pid.into(), ExitReason::Shutdown));
    nothing_else().await;
}

/// OP98: a pid is given to one process only: those of thousands that lived and ended all differ, and what is sent to one
/// that has ended reaches nobody.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn op98_pid_is_not_given_to_another_process() {
    let mut pids = HashSet::new();
    let first_pid = corpse().await;
    pids.insert(first_pid);
    for _ in 0..20 {
        let spawner = puppet();
        let by_another = ask(spawner, || {
            (0..300).map(|_| spawn(async {})).collect::<Vec<_>>()
        });
        let own: Vec<Pid> = (0..300).map(|_| spawn(async {})).collect();
        for pid in own.into_iter().chain(by_another.await) {
            assert!(pids.insert(pid));
            end_of(pid).await;
        }
        assert!(pids.insert(spawner));
        send(first_pid, "to nobody");
        ask(spawner, || ()).await;
    }
    assert!(!process::alive(first_pid));
    nothing_else().await;
}
