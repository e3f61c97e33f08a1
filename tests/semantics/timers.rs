//! Timers: messages that are sent later. Most run on a clock that stands still and jumps to the next timer when all wait.

use std::collections::HashSet;
use std::time::Duration;

use beamish::Info;
use beamish::prelude::*;
use tokio::time::Instant;

use super::signals::{
    ask, corpse, end_of, fused, idle, next, on_both_flavors, puppet, set_off, soon, take,
};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Asserts that `time` is `due`, or later by what the clock's steps of a millisecond add.
#[track_caller]
fn assert_is(time: Duration, due: Duration) {
    assert!(time >= due && time <= due + ms(2), "{time:?} for {due:?}");
}

// --- Firing, reading, cancelling ---

/// TIM-1: the message comes when the time is over, and not before, once.
#[beamish::test(start_paused)]
async fn message_comes_when_the_time_is_over() {
    let start = Instant::now();
    process::send_after(self_pid(), "due", ms(500));
    let came = receive! { text: &str => text, after 499ms => "too early" };
    assert_eq!(came, "too early");
    assert_eq!(
        receive! { text: &str => text, after 10ms => "too late" },
        "due"
    );
    assert_is(start.elapsed(), ms(500));
    let again = receive! { _: Info => true, after 5s => false };
    assert!(!again);
}

/// TIM-1: a delay of nothing is allowed.
#[beamish::test(start_paused)]
async fn message_without_delay_comes_at_once() {
    let start = Instant::now();
    let timer = process::send_after(self_pid(), "due", Duration::ZERO);
    assert_eq!(process::receive::<&str>().await, "due");
    assert_is(start.elapsed(), Duration::ZERO);
    assert_eq!(process::cancel_timer(timer), None);
}

/// TIM-1: every timer has a reference of its own.
#[beamish::test(start_paused)]
async fn every_timer_has_a_reference_of_its_own() {
    let timers: HashSet<_> = (0..100)
        .map(|number| process::send_after(self_pid(), number, ms(10)))
        .collect();
    assert_eq!(timers.len(), 100);
}

/// TIM-1: reading tells the time that is left, and leaves the timer as it is.
#[beamish::test(start_paused)]
async fn reading_tells_the_time_that_is_left() {
    let timer = process::send_after(self_pid(), "due", ms(1_000));
    assert_is(process::read_timer(timer).unwrap(), ms(1_000));
    process::sleep(ms(400)).await;
    let left = process::read_timer(timer).unwrap();
    assert!(left <= ms(600) && left >= ms(595), "{left:?}");
    assert_eq!(process::receive::<&str>().await, "due");
    assert_eq!(process::read_timer(timer), None);
}

/// TIM-1: cancelling tells the time that was left; the message never comes, and the reference is used up.
#[beamish::test(start_paused)]
async fn cancelled_message_never_comes() {
    let timer = process::send_after(self_pid(), "cancelled", ms(1_000));
    process::sleep(ms(400)).await;
    let left = process::cancel_timer(timer).unwrap();
    assert!(left <= ms(600) && left >= ms(595), "{left:?}");
    assert_eq!(process::cancel_timer(timer), None);
    assert_eq!(process::read_timer(timer), None);
    let came = receive! { _: Info => true, after 10s => false };
    assert!(!came);
}

/// TIM-1: a timer that has fired can be neither cancelled nor read.
#[beamish::test(start_paused)]
async fn fired_timer_is_no_more() {
    let timer = process::send_after(self_pid(), "due", ms(10));
    process::sleep(ms(20)).await;
    assert_eq!(process::read_timer(timer), None);
    assert_eq!(process::cancel_timer(timer), None);
    assert_eq!(take::<&str>().await, Some("due"));
}

/// TIM-1: a timer is cancelled and read by its reference, from any process, and outlives the one that made it.
#[beamish::test(start_paused)]
async fn timer_does_not_depend_on_its_maker() {
    let tester = self_pid();
    let maker = puppet();
    let [kept, cancelled] = ask(maker, move || {
        [
            process::send_after(tester, "kept", ms(100)),
            process::send_after(tester, "cancelled", ms(100)),
        ]
    })
    .await;
    process::kill(maker);
    end_of(maker).await;
    assert!(process::read_timer(kept).is_some());
    assert!(process::cancel_timer(cancelled).is_some());
    assert_eq!(process::receive::<&str>().await, "kept");
    let came = receive! { _: Info => true, after 1s => false };
    assert!(!came);
}

/// TIM-1: whether it fires or is cancelled, exactly one of the two holds, also when both are about to happen.
async fn timer_either_fires_or_is_cancelled() {
    let mut cancelled = 0;
    let timers: Vec<_> = (0..1_000_u64)
        .map(|number| process::send_after(self_pid(), number, Duration::from_micros(number * 4)))
        .collect();
    let mut by_number = HashSet::new();
    for (number, timer) in timers.into_iter().enumerate().rev() {
        if process::cancel_timer(timer).is_some() {
            cancelled += 1;
            by_number.insert(number as u64);
        }
        if number % 16 == 0 {
            process::yield_now().await;
        }
    }
    for _ in cancelled..1_000 {
        assert!(by_number.insert(next::<u64>().await));
    }
    process::sleep(ms(20)).await;
    assert!(take::<Info>().await.is_none());
}

on_both_flavors! { timer_either_fires_or_is_cancelled }

// --- Destinations and order ---

/// TIM-2: messages come in the order in which they are due, not in that of their making.
#[beamish::test(start_paused)]
async fn messages_come_in_the_order_of_their_time() {
    let delays = [70, 10, 50, 30, 90, 20, 60, 40, 80, 5_000, 3, 1_000];
    for delay in delays {
        process::send_after(self_pid(), delay, ms(delay));
    }
    let mut sorted = delays;
    sorted.sort_unstable();
    for delay in sorted {
        assert_eq!(process::receive::<u64>().await, delay);
    }
}

/// TIM-2: the order holds for timers that are all due when the runtime looks at them, and over destinations by pid and by
/// name.
#[beamish::test]
async fn messages_that_are_all_late_come_in_the_order_of_their_time() {
    process::register("me", self_pid()).unwrap();
    let delays = [7_u64, 3, 9, 1, 5, 8, 2, 6, 4];
    for delay in delays {
        if delay % 2 == 0 {
            process::send_after("me", delay, ms(delay));
        } else {
            process::send_after(self_pid(), delay, ms(delay));
        }
    }
    // Blocks the only thread, so that all of them are due before any can fire.
    std::thread::sleep(ms(20));
    for delay in 1..=9 {
        assert_eq!(next::<u64>().await, delay);
    }
}

/// TIM-2: a name is looked up when the timer fires: whoever holds it then gets the message.
#[beamish::test(start_paused)]
async fn name_is_looked_up_when_the_timer_fires() {
    let first = idle();
    process::register("seat", first).unwrap();
    process::send_after("seat", "to the next holder", ms(100));
    process::send_after("nobody yet", "to a later holder", ms(200));
    process::sleep(ms(50)).await;
    assert!(process::unregister("seat"));
    process::register("seat", self_pid()).unwrap();
    assert_eq!(process::receive::<&str>().await, "to the next holder");
    assert_eq!(process::info(first).unwrap().message_queue_len, 0);

    assert!(process::unregister("seat"));
    process::register("nobody yet", self_pid()).unwrap();
    assert_eq!(process::receive::<&str>().await, "to a later holder");
}

/// TIM-2: the end of a name's holder does not remove a timer to the name.
#[beamish::test(start_paused)]
async fn timer_to_a_name_outlives_its_holder() {
    let first = idle();
    process::register("seat", first).unwrap();
    let timer = process::send_after("seat", "to the heir", ms(100));
    process::kill(first);
    end_of(first).await;
    assert!(process::read_timer(timer).is_some());
    process::register("seat", self_pid()).unwrap();
    assert_eq!(process::receive::<&str>().await, "to the heir");
}

/// TIM-2: if nobody holds the name when the timer fires, nothing happens.
#[beamish::test(start_paused)]
async fn timer_to_a_name_that_nobody_holds_fires_into_nothing() {
    let timer = process::send_after("nobody", "lost", ms(100));
    assert!(process::read_timer(timer).is_some());
    process::sleep(ms(200)).await;
    assert_eq!(process::read_timer(timer), None);
    process::register("nobody", self_pid()).unwrap();
    let came = receive! { _: Info => true, after 1s => false };
    assert!(!came);
}

/// TIM-2: the end of a process removes the timers to its pid, and only those.
#[beamish::test(start_paused)]
async fn end_of_a_process_removes_the_timers_to_it() {
    let target = idle();
    let removed =
        [10, 1_000, 100_000].map(|delay| process::send_after(target, "removed", ms(delay)));
    let kept = process::send_after(self_pid(), "kept", ms(1_000));
    process::kill(target);
    end_of(target).await;
    for timer in removed {
        assert_eq!(process::read_timer(timer), None);
        assert_eq!(process::cancel_timer(timer), None);
    }
    assert!(process::read_timer(kept).is_some());
    assert_eq!(process::receive::<&str>().await, "kept");
}

/// TIM-2: no timer to a process is left after its end, though it was made while the process was ending.
async fn no_timer_is_left_after_the_end_of_its_target() {
    for _ in 0..200 {
        let target = fused().await;
        let end = process::monitored(target);
        set_off(target);
        let timers: Vec<_> = (0..300)
            .map(|_| process::send_after(target, "removed", Duration::from_secs(3_600)))
            .collect();
        soon(end).await;
        for timer in timers {
            assert_eq!(process::read_timer(timer), None);
        }
    }
}

/// TIM-2, SIG-4: a timer to a dead process is made without complaint, and is no more.
#[beamish::test(start_paused)]
async fn timer_to_a_dead_process_is_silent() {
    let timer = process::send_after(corpse().await, "lost", ms(100));
    assert_eq!(process::read_timer(timer), None);
    assert_eq!(process::cancel_timer(timer), None);
}

/// TIM-2: a timer's message comes as any other message to a server.
#[beamish::test(start_paused)]
async fn timer_reaches_a_server_as_a_message() {
    let server = Alarm::start_link().await.unwrap();
    let start = Instant::now();
    assert_eq!(server.ring_after(ms(300)).await, Ok("rang"));
    assert_is(start.elapsed(), ms(300));
}

/// Answers when a timer of its own fires.
#[genserver]
struct Alarm {
    asked: Option<ReplyTo<&'static str>>,
}

#[genserver]
impl Alarm {
    #[init]
    fn init() -> Self {
        Self { asked: None }
    }

    #[handle_call]
    fn ring_after(&mut self, delay: Duration, reply: ReplyTo<&'static str>) {
        process::send_after(self_pid(), "rang", delay);
        self.asked = Some(reply);
    }

    #[handle_info]
    fn due(&mut self, text: &'static str) {
        if let Some(asked) = self.asked.take() {
            asked.reply(text);
        }
    }
}

/// TIM-1, TIM-2: thousands of timers fire once each, in order.
async fn many_timers_fire_once_each() {
    const MANY: u32 = 5_000;
    let tester = self_pid();
    for number in 0..MANY {
        process::send_after(tester, number, ms(u64::from(number % 50)));
    }
    let mut seen = HashSet::new();
    for _ in 0..MANY {
        assert!(seen.insert(next::<u32>().await));
    }
    assert!(soon(async { take::<Info>().await }).await.is_none());
}

on_both_flavors! {
    no_timer_is_left_after_the_end_of_its_target,
    many_timers_fire_once_each,
}

// --- Long delays ---

/// TIM-3: a delay may be longer than 32 bits of milliseconds; the message comes then, and not before.
#[beamish::test(start_paused)]
async fn delay_may_exceed_32_bits_of_milliseconds() {
    let delay = ms(u64::from(u32::MAX) + 1_000);
    let start = Instant::now();
    let timer = process::send_after(self_pid(), "at last", delay);
    assert_is(process::read_timer(timer).unwrap(), delay);
    process::sleep(ms(u64::from(u32::MAX))).await;
    let left = process::read_timer(timer).unwrap();
    assert!(left <= ms(1_000) && left > ms(900), "{left:?}");
    assert_eq!(process::receive::<&str>().await, "at last");
    assert_is(start.elapsed(), delay);
}

/// TIM-3: the longest delay there is can be asked for, read and cancelled; `receive!` and `sleep` take it too.
#[beamish::test(start_paused)]
async fn longest_delay_is_no_mistake() {
    let timer = process::send_after(self_pid(), "never", Duration::MAX);
    let soon = process::send_after(self_pid(), "soon", ms(10));
    let left = process::read_timer(timer).unwrap();
    assert!(left > Duration::from_secs(365 * 24 * 3_600), "{left:?}");
    let came = receive! { text: &str => text, after (Duration::MAX) => "never" };
    assert_eq!(came, "soon");
    assert_eq!(process::cancel_timer(soon), None);
    assert!(process::cancel_timer(timer).is_some());
    let sleeper = spawn(process::sleep(Duration::MAX));
    process::sleep(ms(1_000)).await;
    assert!(process::alive(sleeper));
}

/// TIM-3: a process sleeps as long as it says.
#[beamish::test(start_paused)]
async fn sleep_lasts_as_long_as_it_says() {
    let start = Instant::now();
    process::sleep(Duration::ZERO).await;
    assert_is(start.elapsed(), Duration::ZERO);
    process::sleep(ms(250)).await;
    assert_is(start.elapsed(), ms(250));
}

/// TIM-1: a process that sleeps keeps its messages for later.
#[beamish::test(start_paused)]
async fn sleep_leaves_messages_in_the_mailbox() {
    process::send_after(self_pid(), "meanwhile", ms(10));
    process::sleep(ms(100)).await;
    assert_eq!(take::<&str>().await, Some("meanwhile"));
}

// --- Again and again ---

/// TIM-4: the message comes each time when the interval is over, without drift, until it is cancelled.
#[beamish::test(start_paused)]
async fn interval_sends_again_and_again_until_it_is_cancelled() {
    let start = Instant::now();
    let timer = process::send_interval(self_pid(), "again", ms(100));
    for number in 1..=10 {
        assert_eq!(process::receive::<&str>().await, "again");
        assert_is(start.elapsed(), number * ms(100));
        assert_is(
            process::read_timer(timer).unwrap() + start.elapsed(),
            (number + 1) * ms(100),
        );
    }
    process::sleep(ms(40)).await;
    let left = process::cancel_timer(timer).unwrap();
    assert!(left <= ms(60) && left >= ms(55), "{left:?}");
    assert_eq!(process::cancel_timer(timer), None);
    assert_eq!(process::read_timer(timer), None);
    let again = receive! { _: Info => true, after 5s => false };
    assert!(!again);
}

/// TIM-4: messages that are late follow at once, so that the rate is kept.
#[beamish::test(start_paused)]
async fn interval_makes_up_for_what_is_late() {
    let timer = process::send_interval(self_pid(), "again", ms(100));
    tokio::time::advance(ms(350)).await;
    for _ in 0..3 {
        assert_eq!(process::receive::<&str>().await, "again");
    }
    assert_eq!(take::<&str>().await, None);
    let left = process::read_timer(timer).unwrap();
    assert!(left <= ms(50), "{left:?}");
}

/// TIM-4: the end of the process is the end of its intervals, also of one to a name: the next holder gets none.
#[beamish::test(start_paused)]
async fn interval_ends_with_the_process() {
    let first = idle();
    process::register("seat", first).unwrap();
    let by_pid = process::send_interval(first, "by pid", ms(100));
    let by_name = process::send_interval("seat", "by name", ms(100));
    process::sleep(ms(250)).await;
    assert_eq!(process::info(first).unwrap().message_queue_len, 4);
    process::kill(first);
    end_of(first).await;
    process::register("seat", self_pid()).unwrap();
    for timer in [by_pid, by_name] {
        assert_eq!(process::read_timer(timer), None);
        assert_eq!(process::cancel_timer(timer), None);
    }
    let came = receive! { _: Info => true, after 1s => false };
    assert!(!came);
}

/// TIM-4: for nobody there is no interval.
#[beamish::test(start_paused)]
async fn interval_to_nobody_is_over_at_once() {
    let for_dead = process::send_interval(corpse().await, "lost", ms(100));
    let for_name = process::send_interval("nobody", "lost", ms(100));
    process::register("nobody", self_pid()).unwrap();
    for timer in [for_dead, for_name] {
        assert_eq!(process::read_timer(timer), None);
    }
    let came = receive! { _: Info => true, after 1s => false };
    assert!(!came);
}

/// TIM-4: a message whose clone panics ends its interval, and no other.
#[beamish::test(start_paused)]
async fn interval_of_a_message_that_cannot_be_cloned_ends() {
    struct Once(u8);
    impl Clone for Once {
        fn clone(&self) -> Self {
            panic!("on purpose, instead of a second {}", self.0)
        }
    }
    let broken = process::send_interval(self_pid(), Once(1), ms(100));
    let sound = process::send_interval(self_pid(), "again", ms(100));
    for _ in 0..3 {
        assert_eq!(process::receive::<&str>().await, "again");
    }
    assert_eq!(process::read_timer(broken), None);
    assert!(process::cancel_timer(sound).is_some());
    assert!(take::<Once>().await.is_none());
}

/// TIM-4: an interval of nothing would send without end, and is refused.
#[beamish::test]
async fn interval_of_nothing_is_refused() {
    let refused =
        std::panic::catch_unwind(|| process::send_interval(self_pid(), 1, Duration::ZERO));
    let message = *refused.unwrap_err().downcast::<&str>().unwrap();
    assert!(
        message.contains("the interval of `send_interval` is zero"),
        "{message}"
    );
}
