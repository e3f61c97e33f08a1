//! Elixir's `process_test`: processes, aliases, timers, labels.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use beamish::prelude::*;
use beamish::process::{AliasMode, MonitorOptions};
use beamish::{Alias, TimerCancelled, TimerRead};
use tokio::time::Instant;

use super::process_kit::{ask, corpse, end_of, first, idle, known, ms, nothing_else, puppet, tell};

/// EP05: a monitored process can answer to the monitor's alias; the answer comes first, the `Down` of the same reference
/// after it.
#[beamish::test]
async fn ep05_answer_to_the_alias_of_a_monitor_precedes_its_down() {
    let server = spawn(async {
        let reply_to = process::receive::<Alias>().await;
        send(reply_to, ("pong", self_pid()));
    });
    let options = MonitorOptions::new().alias(AliasMode::ExplicitUnalias);
    let mref = process::monitor_with(server, options);
    send(server, Alias::from(mref));

    assert_eq!(first::<(&str, Pid)>().await, ("pong", server));
    let down = first::<Down>().await;
    assert_eq!((down.mref, down.from), (mref, server.into()));
    assert_eq!(down.reason, ExitReason::Normal);
    assert!(process::unalias(mref));
    nothing_else().await;
}

/// EP06: a sleep of zero is over at once.
#[beamish::test(start_paused)]
async fn ep06_sleep_of_zero_is_over_at_once() {
    let start = Instant::now();
    {
        let mut sleep = pin!(process::sleep(ms(0)));
        let polled = sleep.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(()));
    }
    process::sleep(ms(0)).await;
    assert_eq!(start.elapsed(), ms(0));
}

/// EP07: a sleep that is longer than 32 bits of milliseconds is no mistake, and lasts as long as it says.
#[beamish::test(start_paused)]
async fn ep07_sleep_may_be_longer_than_32_bits_of_milliseconds() {
    let sleeper = spawn(process::sleep(ms(1 << 32)));
    let (start, end) = (Instant::now(), process::monitored(sleeper));
    process::sleep(ms(u64::from(u32::MAX))).await;
    assert!(process::alive(sleeper));
    assert_eq!(end.await, ExitReason::Normal);
    let slept = start.elapsed();
    assert!(
        slept >= ms(1 << 32) && slept < ms((1 << 32) + 1_000),
        "{slept:?}"
    );
}

/// EP08: what is known of a process is told while it lives, whole and by the item, and no more once it was killed.
#[beamish::test]
async fn ep08_info_is_for_the_living() {
    let pid = idle();
    process::link(pid);
    process::trap_exit(true);
    send(pid, 1_u8);
    let info = process::info(pid).unwrap();
    assert_eq!((info.pid, info.message_queue_len), (pid, 1));
    assert_eq!((info.links, info.trap_exit), (vec![self_pid()], false));
    assert_eq!(process::messages(pid), Some(vec!["u8"]));

    process::kill(pid);
    assert!(process::info(pid).is_none());
    assert!(process::messages(pid).is_none());
    end_of(pid).await;
    assert!(process::info(pid).is_none());
    assert!(process::messages(pid).is_none());
}

/// EP09: a living process has no name until it is registered, and then that one; a dead one has nothing to tell.
#[beamish::test]
async fn ep09_info_has_the_registered_name() {
    let pid = idle();
    assert_eq!(known(pid).registered_name, None);
    process::register("registered", pid).unwrap();
    assert_eq!(known(pid).registered_name.unwrap().as_str(), "registered");
    assert!(process::unregister("registered"));
    assert_eq!(known(pid).registered_name, None);
    assert!(process::info(corpse().await).is_none());
}

/// EP10: a message that is sent with a delay comes when it is over.
#[beamish::test(start_paused)]
async fn ep10_delayed_message_comes_when_the_delay_is_over() {
    let start = Instant::now();
    process::send_after(self_pid(), "hello", ms(10));
    nothing_else().await;
    assert_eq!(first::<&str>().await, "hello");
    let took = start.elapsed();
    assert!(took >= ms(10) && took <= ms(12), "{took:?}");
    process::sleep(ms(1_000)).await;
    nothing_else().await;
}

/// EP11: a message can be sent at a point in time; one that is over means now.
#[beamish::test(start_paused)]
async fn ep11_message_can_be_sent_at_a_point_in_time() {
    let start = Instant::now();
    process::sleep(ms(100)).await;
    process::send_at(self_pid(), "hello", start + ms(130));
    process::sleep(ms(25)).await;
    nothing_else().await;
    assert_eq!(first::<&str>().await, "hello");
    let took = start.elapsed();
    assert!(took >= ms(130) && took <= ms(133), "{took:?}");

    process::send_at(self_pid(), "late", start);
    assert_eq!(first::<&str>().await, "late");
    assert!(start.elapsed() <= took + ms(2));
}

/// EP12: reading and cancelling tell the time that is left, and after the end of the timer that there is none; the answer
/// to a cancel without waiting comes as a message.
#[beamish::test(start_paused)]
async fn ep12_timer_can_be_read_and_cancelled() {
    let timer = process::send_after(self_pid(), "cancelled", ms(1_000));
    process::sleep(ms(100)).await;
    let left = process::read_timer(timer).unwrap();
    assert!(left <= ms(900) && left >= ms(897), "{left:?}");
    let left = process::cancel_timer(timer).unwrap();
    assert!(left <= ms(900) && left >= ms(897), "{left:?}");
    assert_eq!(process::cancel_timer(timer), None);

    let fired = process::send_after(self_pid(), "fired", ms(10));
    assert_eq!(first::<&str>().await, "fired");
    assert_eq!(process::read_timer(fired), None);
    assert_eq!(process::cancel_timer(fired), None);

    let timer = process::send_after(self_pid(), "cancelled", ms(1_000));
    process::cancel_timer_async(timer);
    let answer = first::<TimerCancelled>().await;
    assert_eq!(answer.timer, timer);
    let left = answer.left.unwrap();
    assert!(left <= ms(1_000) && left >= ms(990), "{left:?}");
    process::cancel_timer_async(fired);
    let timer = fired;
    assert_eq!(
        first::<TimerCancelled>().await,
        TimerCancelled { timer, left: None }
    );
    process::read_timer_async(fired);
    assert_eq!(first::<TimerRead>().await, TimerRead { timer, left: None });
    process::sleep(ms(5_000)).await;
    nothing_else().await;
}

/// EP13: `normal` from another process is dropped by one that does not trap; any other reason ends it, and a link partner
/// that traps gets an `Exit` with it.
#[beamish::test]
async fn ep13_normal_from_another_ends_nobody() {
    process::trap_exit(true);
    let pid = puppet();
    process::link(pid);
    process::exit(pid, ExitReason::Normal);
    assert!(process::alive(pid));
    ask(pid, || ()).await;
    nothing_else().await;

    let reason = ExitReason::other("abnormal");
    process::exit(pid, reason.clone());
    let exit = first::<Exit>().await;
    assert_eq!((exit.from, exit.reason), (pid, reason));
    assert!(!process::alive(pid));
    nothing_else().await;
}

/// EP14: `normal` to oneself ends the caller, with `normal`, there and then.
#[beamish::test]
async fn ep14_normal_to_oneself_ends_the_caller() {
    process::trap_exit(true);
    let tester = self_pid();
    let pid = spawn_link(async move {
        process::exit(self_pid(), ExitReason::Normal);
        send(tester, "lives on");
    });
    let exit = first::<Exit>().await;
    assert_eq!((exit.from, exit.reason), (pid, ExitReason::Normal));
    nothing_else().await;
}

/// EP15: what is sent to an alias after `unalias` is dropped, and the sender sees no error.
#[beamish::test]
async fn ep15_unaliased_alias_drops_messages_silently() {
    let alias = process::alias();
    let other = puppet();
    ask(other, move || send(alias, "before")).await;
    assert_eq!(first::<&str>().await, "before");
    tell(other, move || send(alias, "before too"));
    ask(other, || ()).await;
    assert!(process::unalias(alias));
    // It was delivered while the alias was active.
    assert_eq!(first::<&str>().await, "before too");
    ask(other, move || send(alias, "after")).await;
    send(alias, "after, by the owner");
    assert!(process::alive(other));
    nothing_else().await;
}

/// EP16: an alias for a reply takes one message and is off then; the second is lost.
#[beamish::test]
async fn ep16_reply_alias_takes_one_message() {
    let alias = process::reply_alias();
    let other = puppet();
    ask(other, move || {
        send(alias, "first");
        send(alias, "second");
    })
    .await;
    assert_eq!(first::<&str>().await, "first");
    nothing_else().await;
    assert!(!process::unalias(alias));
}

/// EP17: a process can give itself a label of any text, and read it, its own or another's.
#[beamish::test]
async fn ep17_label_is_read_by_its_process_and_by_others() {
    process::set_label("the tester");
    assert_eq!(process::label(self_pid()).as_deref(), Some("the tester"));

    let (pid, tester) = (puppet(), self_pid());
    let own = ask(pid, move || {
        process::set_label(format!("worker {}", 7));
        assert_eq!(process::label(tester).as_deref(), Some("the tester"));
        process::label(self_pid())
    })
    .await;
    assert_eq!(own.as_deref(), Some("worker 7"));
    assert_eq!(process::label(pid).as_deref(), Some("worker 7"));
    assert_eq!(process::label(self_pid()).as_deref(), Some("the tester"));
}

/// EP18: a process that gave itself no label has none, nor has a dead one.
#[beamish::test]
async fn ep18_process_without_a_label_and_a_dead_one_have_none() {
    assert_eq!(process::label(self_pid()), None);
    assert_eq!(process::label(idle()), None);
    let pid = spawn(async {
        process::set_label("mortal");
    });
    end_of(pid).await;
    assert_eq!(process::label(pid), None);
}

/// EP19: setting a label succeeds, again too, and every reader of labels sees the last one.
#[beamish::test]
async fn ep19_last_label_is_seen_by_every_reader() {
    let pid = puppet();
    for label in ["first", "second"] {
        ask(pid, move || process::set_label(label)).await;
        assert_eq!(process::label(pid).as_deref(), Some(label));
        assert_eq!(known(pid).label.as_deref(), Some(label));
        let reader = puppet();
        let read = ask(reader, move || process::label(pid)).await;
        assert_eq!(read.as_deref(), Some(label));
    }
    nothing_else().await;
}
