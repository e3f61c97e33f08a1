//! OTP's `timer_bif_SUITE`: timers. Most run on a clock that stands still and jumps to the next timer when all wait.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::HashSet;
use std::time::Duration;

use beamish::prelude::*;
use beamish::{TimerCancelled, TimerExpired, TimerRead, TimerRef};
use tokio::time::Instant;

use super::process_kit::{
    ask, corpse, end_of, first, fused, idle, known, ms, next, nothing_else, puppet, set_off, soon,
};

/// Asserts that `time` is `due`, or later by what the clock's steps of a millisecond add.
#[track_caller]
fn assert_is(time: Duration, due: Duration) {
    assert!(time >= due && time <= due + ms(2), "{time:?} for {due:?}");
}

/// Asserts that there is about `due` left, and no more.
#[track_caller]
fn assert_left(left: Option<Duration>, due: Duration) {
    let left = left.expect("it is pending");
    assert!(left <= due && left + ms(3) >= due, "{left:?} of {due:?}");
}

/// A timer by hand: set, read, fired, read; set, cancelled twice. `came` takes what it delivers out of the mailbox.
async fn life_of_a_timer<F>(start: impl Fn(u64, Duration) -> TimerRef, came: impl Fn() -> F)
where
    F: Future<Output = (Option<TimerRef>, u64)>,
{
    let begin = Instant::now();
    let timer = start(1, ms(300));
    assert_left(process::read_timer(timer), ms(300));
    process::sleep(ms(100)).await;
    nothing_else().await;
    assert_left(process::read_timer(timer), ms(200));
    let (of, message) = came().await;
    assert_is(begin.elapsed(), ms(300));
    assert!(of.is_none_or(|of| of == timer));
    assert_eq!(message, 1);
    assert_eq!(process::read_timer(timer), None);
    assert_eq!(process::cancel_timer(timer), None);

    let timer = start(2, ms(300));
    process::sleep(ms(100)).await;
    assert_left(process::cancel_timer(timer), ms(200));
    assert_eq!(process::cancel_timer(timer), None);
    assert_eq!(process::read_timer(timer), None);
    process::sleep(ms(1_000)).await;
    nothing_else().await;

    let timer = start(3, ms(0));
    let (of, message) = came().await;
    assert!(of.is_none_or(|of| of == timer));
    assert_eq!(message, 3);
    nothing_else().await;
}

async fn expired() -> (Option<TimerRef>, u64) {
    let TimerExpired { timer, message } = first().await;
    (Some(timer), message)
}

async fn bare() -> (Option<TimerRef>, u64) {
    (None, first().await)
}

/// OT01: a timer that expires delivers its reference with the message; before, the time that is left can be read; after, it
/// can be neither read nor cancelled; one that is cancelled tells the time that was left once, and delivers nothing. The
/// same for a point in time.
#[beamish::test(start_paused)]
async fn ot01_started_timer_delivers_its_reference_and_message() {
    let me = self_pid();
    life_of_a_timer(|n, delay| process::start_timer(me, n, delay), expired).await;
    let at = |n, delay| process::start_timer_at(me, n, Instant::now() + delay);
    life_of_a_timer(at, expired).await;
}

/// OT02: the same with the bare message.
#[beamish::test(start_paused)]
async fn ot02_delayed_message_comes_bare() {
    let me = self_pid();
    life_of_a_timer(|n, delay| process::send_after(me, n, delay), bare).await;
    let at = |n, delay| process::send_at(me, n, Instant::now() + delay);
    life_of_a_timer(at, bare).await;
}

/// OT03: several timers deliver in the order in which they are due, not in that of their making.
#[beamish::test(start_paused)]
async fn ot03_timers_deliver_in_the_order_of_their_time() {
    let start = Instant::now();
    let delays = [50_u64, 10, 90, 30, 70, 20, 100, 40, 80, 60];
    for delay in delays {
        if delay % 20 == 0 {
            process::send_at(self_pid(), delay, start + ms(delay));
        } else {
            process::send_after(self_pid(), delay, ms(delay));
        }
    }
    for delay in (10..=100).step_by(10) {
        assert_eq!(first::<u64>().await, delay);
        assert_is(start.elapsed(), ms(delay));
    }
    process::sleep(ms(1_000)).await;
    nothing_else().await;
}

/// References of timers that are no more, in each way.
async fn unknown_timers() -> [TimerRef; 4] {
    let me = self_pid();
    let cancelled = process::start_timer(me, "cancelled", ms(10));
    process::cancel_timer(cancelled).unwrap();
    let fired = process::send_after(me, "fired", ms(10));
    assert_eq!(first::<&str>().await, "fired");
    let to_nobody = process::send_after(corpse().await, "lost", ms(10));
    let target = idle();
    let removed = process::send_after(target, "lost", ms(10));
    process::kill(target);
    end_of(target).await;
    [cancelled, fired, to_nobody, removed]
}

/// OT04: cancelling a timer that nothing is known of tells that there is none, and touches no other.
#[beamish::test(start_paused)]
async fn ot04_unknown_timer_cannot_be_cancelled() {
    let kept = process::send_after(self_pid(), "kept", ms(1_000));
    for timer in unknown_timers().await {
        assert_eq!(process::cancel_timer(timer), None);
        assert_ne!(timer, kept);
    }
    assert_eq!(first::<&str>().await, "kept");
    nothing_else().await;
}

/// A delay that needs more than 31 bits, and one that needs more than 32.
const BIG: [Duration; 2] = [ms((1 << 31) + 100), ms((1 << 32) + 100)];

/// OT05: a timer may have a delay of more than 31 bits of milliseconds.
#[beamish::test(start_paused)]
async fn ot05_started_timer_may_have_a_big_delay() {
    for delay in BIG {
        let start = Instant::now();
        let timer = process::start_timer(self_pid(), delay, delay);
        let cancelled = process::start_timer(self_pid(), delay, delay);
        assert_left(process::read_timer(timer), delay);
        assert_left(process::cancel_timer(cancelled), delay);
        process::sleep(delay - ms(100)).await;
        nothing_else().await;
        let message = delay;
        let expired: TimerExpired<Duration> = first().await;
        assert_eq!(expired, TimerExpired { timer, message });
        assert_is(start.elapsed(), delay);
    }
    nothing_else().await;
}

/// OT06: so may a message.
#[beamish::test(start_paused)]
async fn ot06_message_may_have_a_big_delay() {
    for delay in BIG {
        let start = Instant::now();
        let timer = process::send_after(self_pid(), delay, delay);
        let cancelled = process::send_at(self_pid(), delay, start + delay);
        assert_left(process::read_timer(timer), delay);
        assert_left(process::cancel_timer(cancelled), delay);
        process::sleep(delay - ms(100)).await;
        nothing_else().await;
        assert_eq!(first::<Duration>().await, delay);
        assert_is(start.elapsed(), delay);
    }
    nothing_else().await;
}

/// OT10: reading a timer that nothing is known of tells that there is none.
#[beamish::test(start_paused)]
async fn ot10_unknown_timer_cannot_be_read() {
    for timer in unknown_timers().await {
        assert_eq!(process::read_timer(timer), None);
    }
    nothing_else().await;
}

/// OT11: the time that is left goes down from the delay to nothing, and is never more than the delay.
#[beamish::test(start_paused)]
async fn ot11_time_that_is_left_goes_down() {
    let start = Instant::now();
    for timer in [
        process::send_after(self_pid(), "due", ms(1_000)),
        process::start_timer_at(self_pid(), "due", start + ms(2_000)),
    ] {
        let due = process::read_timer(timer).unwrap() + start.elapsed();
        let mut before = due;
        while let Some(left) = process::read_timer(timer) {
            assert!(left <= before, "{left:?} after {before:?}");
            assert_left(Some(left), due.saturating_sub(start.elapsed()));
            before = left;
            process::sleep(ms(7)).await;
        }
        assert!(before <= ms(10), "{before:?}");
        let over = start.elapsed();
        assert!(over + ms(2) >= due && over <= due + ms(10), "{over:?}");
    }
    first::<&str>().await;
    first::<TimerExpired<&str>>().await;
    nothing_else().await;
}

/// OT12: reads and cancels without waiting answer by messages, in the order in which they were asked for.
#[beamish::test(start_paused)]
async fn ot12_answers_come_in_the_order_of_asking() {
    let one = process::send_after(self_pid(), "cancelled", ms(1_000));
    let two = process::start_timer(self_pid(), "fires", ms(2_000));
    process::read_timer_async(one);
    process::cancel_timer_async(one);
    process::read_timer_async(one);
    process::read_timer_async(two);
    process::cancel_timer_async(one);
    send(self_pid(), "after all");

    let read = first::<TimerRead>().await;
    assert_eq!(read.timer, one);
    assert_left(read.left, ms(1_000));
    let cancelled = first::<TimerCancelled>().await;
    assert_eq!(cancelled.timer, one);
    assert_left(cancelled.left, ms(1_000));
    let gone = first::<TimerRead>().await;
    assert_eq!((gone.timer, gone.left), (one, None));
    let read = first::<TimerRead>().await;
    assert_eq!(read.timer, two);
    assert_left(read.left, ms(2_000));
    let gone = first::<TimerCancelled>().await;
    assert_eq!((gone.timer, gone.left), (one, None));
    assert_eq!(first::<&str>().await, "after all");
    assert_eq!(first::<TimerExpired<&str>>().await.timer, two);
    process::sleep(ms(5_000)).await;
    nothing_else().await;
}

/// OT13: a timer to a process that is dead or ends is no more.
#[beamish::test(start_paused)]
async fn ot13_timers_to_a_dead_process_are_removed() {
    let target = puppet();
    let me = self_pid();
    let timers = ask(target, move || {
        [
            process::send_after(self_pid(), "removed", ms(1_000)),
            process::start_timer(self_pid(), "removed", ms(2_000)),
            process::send_after(me, "kept", ms(3_000)),
        ]
    })
    .await;
    let by_another = process::send_after(target, "removed", ms(1_000));
    assert!(
        timers
            .iter()
            .all(|timer| process::read_timer(*timer).is_some())
    );
    process::kill(target);
    end_of(target).await;
    let [one, two, kept] = timers;
    for timer in [one, two, by_another] {
        assert_eq!(process::read_timer(timer), None);
        assert_eq!(process::cancel_timer(timer), None);
    }
    assert!(process::read_timer(kept).is_some());
    let late = process::send_after(target, "lost", ms(1_000));
    assert_eq!(process::read_timer(late), None);
    let late = process::start_timer(target, "lost", ms(1_000));
    assert_eq!(process::cancel_timer(late), None);
    assert_eq!(first::<&str>().await, "kept");
    nothing_else().await;
}

/// OT15: a timer to a name finds out when it fires who holds the name, which may be registered after its start.
#[beamish::test(start_paused)]
async fn ot15_name_is_looked_up_when_the_timer_fires() {
    let early = process::send_after("later", "to nobody", ms(100));
    let due = process::send_after("later", "to the holder", ms(200));
    let expires = process::start_timer("later", 1_u8, ms(300));
    let to_the_next = process::send_after("later", "to the next", ms(400));
    process::sleep(ms(150)).await;
    assert_eq!(process::read_timer(early), None);
    assert!(process::read_timer(due).is_some());
    process::register("later", self_pid()).unwrap();
    nothing_else().await;
    assert_eq!(first::<&str>().await, "to the holder");
    assert_eq!(first::<TimerExpired<u8>>().await.timer, expires);

    assert!(process::unregister("later"));
    let next_holder = idle();
    process::register("later", next_holder).unwrap();
    process::sleep(ms(200)).await;
    assert_eq!(process::read_timer(to_the_next), None);
    assert_eq!(known(next_holder).message_queue_len, 1);
    nothing_else().await;
}

const MANY: usize = 4_000;

/// Many timers, all due at one instant, `ahead` from now.
fn due_together(target: Pid, ahead: Duration) -> Vec<TimerRef> {
    let at = Instant::now() + ahead;
    (0..MANY)
        .map(|number| process::send_at(target, number, at))
        .collect()
}

/// OT16: very many timers that are due at one instant all fire, each once.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn ot16_many_timers_of_one_instant_all_fire() {
    let timers = due_together(self_pid(), ms(30));
    let mut fired = HashSet::new();
    for _ in 0..MANY {
        assert!(fired.insert(first::<usize>().await));
    }
    assert_eq!(fired.len(), MANY);
    assert!(fired.iter().all(|number| *number < MANY));
    for timer in timers {
        assert_eq!(process::read_timer(timer), None);
        assert_eq!(process::cancel_timer(timer), None);
    }
    nothing_else().await;
}

/// Each timer either tells that it was cancelled or delivers its number, never both or neither.
async fn is_fired_or_cancelled(cancelled: Vec<usize>) {
    let mut seen: HashSet<usize> = cancelled.into_iter().collect();
    for _ in seen.len()..MANY {
        assert!(seen.insert(next().await));
    }
    assert_eq!(seen.len(), MANY);
    nothing_else().await;
}

/// The numbers of those that could be cancelled, the latest first.
fn cancel_all(timers: Vec<TimerRef>) -> Vec<usize> {
    let mut cancelled = Vec::new();
    for (number, timer) in timers.into_iter().enumerate().rev() {
        if process::cancel_timer(timer).is_some() {
            cancelled.push(number);
        }
        assert_eq!(process::read_timer(timer), None);
    }
    cancelled
}

/// OT17: while very many timers fire and are cancelled, each is either delivered or cancelled.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn ot17_timer_is_either_delivered_or_cancelled() {
    for _ in 0..4 {
        let timers = due_together(self_pid(), ms(25));
        while known(self_pid()).message_queue_len == 0 {
            process::yield_now().await;
        }
        let cancelled = cancel_all(timers);
        is_fired_or_cancelled(cancelled).await;
    }
}

/// OT18: the same, if another process cancels.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn ot18_timer_is_either_delivered_or_cancelled_by_another() {
    let other = puppet();
    for _ in 0..4 {
        let timers = due_together(self_pid(), ms(25));
        let first_number = first::<usize>().await;
        let mut cancelled = ask(other, move || cancel_all(timers)).await;
        assert!(!cancelled.contains(&first_number));
        // It was delivered, and is counted with the rest here.
        cancelled.push(first_number);
        is_fired_or_cancelled(cancelled).await;
    }
}

/// OT19: very many timers to a process that ends are all dropped, those too that are due just then.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn ot19_timers_of_a_dying_process_are_all_dropped() {
    for round in 0..6 {
        let owner = fused(async {}).await;
        let ahead = if round % 2 == 0 {
            ms(15)
        } else {
            Duration::from_secs(3_600)
        };
        let mut timers = due_together(owner, ahead);
        let kept = process::send_after(self_pid(), "kept", Duration::from_secs(3_600));
        let end = process::monitored(owner);
        set_off(owner);
        timers.extend(due_together(owner, Duration::from_secs(3_600)));
        soon(end).await;
        for timer in timers {
            assert_eq!(process::read_timer(timer), None);
            assert_eq!(process::cancel_timer(timer), None);
        }
        assert!(process::cancel_timer(kept).is_some());
    }
    nothing_else().await;
}
