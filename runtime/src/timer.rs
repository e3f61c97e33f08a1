//! Timers: messages sent later.
//!
//! One task a tokio runtime sends what is due, in the order of the due times (`TIM-2`). A timer is in its driver's queue
//! until it has fired or is cancelled; whoever takes it out, under the lock, decides which (`TIM-1`).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{self, Handle};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::few::Few;
use crate::panics::catch;
use crate::process::control::{bits, deliver};
use crate::process::receive::far;
use crate::process::{context, suspend_if_exiting, table, this};
use crate::sync::Mutex;
use crate::{Address, Info, TimerRef, node::Node};

/// Sends `message` after `delay`, to a pid or to whoever holds a name then.
///
/// If the process of a pid ends before, the timer is removed. If nobody holds the name when it fires, nothing is sent
/// (`TIM-2`). The timer lives on the tokio runtime it was made on, and ends with it.
///
/// # Panics
/// Outside of a tokio runtime with time enabled.
///
/// # OTP
/// `erlang:send_after/3`.
#[track_caller]
pub fn send_after<M: Send + 'static>(
    target: impl Into<Address>,
    message: M,
    delay: Duration,
) -> TimerRef {
    let message = |_| What::once(message);
    start("send_after", target.into(), far(delay), message)
}

/// Sends `message` at a point in time; one that is over means now. Else as [`send_after`].
///
/// # Panics
/// Outside of a tokio runtime with time enabled.
///
/// # OTP
/// `erlang:send_after/4` with `{abs, true}`.
#[track_caller]
pub fn send_at<M: Send + 'static>(target: impl Into<Address>, message: M, at: Instant) -> TimerRef {
    start("send_at", target.into(), at, |_| What::once(message))
}

/// Sends a [`TimerExpired`] with `message` after `delay`. Else as [`send_after`].
///
/// # Panics
/// Outside of a tokio runtime with time enabled.
///
/// # OTP
/// `erlang:start_timer/3`.
#[track_caller]
pub fn start_timer<M: Send + 'static>(
    target: impl Into<Address>,
    message: M,
    delay: Duration,
) -> TimerRef {
    let expired = |timer| What::once(TimerExpired { timer, message });
    start("start_timer", target.into(), far(delay), expired)
}

/// Sends a [`TimerExpired`] with `message` at a point in time. Else as [`send_after`].
///
/// # Panics
/// Outside of a tokio runtime with time enabled.
///
/// # OTP
/// `erlang:start_timer/4` with `{abs, true}`.
#[track_caller]
pub fn start_timer_at<M: Send + 'static>(
    target: impl Into<Address>,
    message: M,
    at: Instant,
) -> TimerRef {
    let expired = |timer| What::once(TimerExpired { timer, message });
    start("start_timer_at", target.into(), at, expired)
}

/// Sends a clone of `message` again and again: first after `interval`, and then each time when as much has passed since
/// the last one was due. Messages that are late follow at once, so that the rate is kept.
///
/// It ends with the process, with [`cancel_timer`], or with the tokio runtime it was made on; a clone that panics ends
/// it too. A name is looked up now: it is for the process that holds it, not for the next one, and if nobody does
/// nothing is ever sent (`TIM-4`). [`read_timer`] tells the time until the next message.
///
/// # Panics
/// If `interval` is zero, and outside of a tokio runtime with time enabled.
///
/// # OTP
/// `timer:send_interval/3`. Differs: an interval of zero is refused.
#[track_caller]
pub fn send_interval<M: Clone + Send + 'static>(
    target: impl Into<Address>,
    message: M,
    interval: Duration,
) -> TimerRef {
    assert!(
        !interval.is_zero(),
        "the interval of `send_interval` is zero, which would send without end"
    );
    let target = target.into();
    let Some(process) = target.holder(&context::node()) else {
        crate::panics::drop_quietly(message);
        return TimerRef::next();
    };
    let target = Address::Pid(process.head().pid);
    let message = Mutex::new(message);
    let make: Arc<dyn Fn() -> Info + Send + Sync> =
        Arc::new(move || Info::new(message.lock().clone()));
    start("send_interval", target, far(interval), |_| {
        What::Every(interval, make)
    })
}

/// A timer of [`start_timer`] has fired.
///
/// # OTP
/// `{timeout, Timer, Message}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerExpired<M> {
    /// Which one.
    pub timer: TimerRef,
    /// What it was given.
    pub message: M,
}

#[track_caller]
fn start(
    what: &str,
    target: Address,
    due: Instant,
    message: impl FnOnce(TimerRef) -> What,
) -> TimerRef {
    let handle = crate::process::handle(what);
    let timer = TimerRef::next();
    let pid = match &target {
        Address::Pid(pid) => Some(*pid),
        Address::Name(_) | Address::Global(_) | Address::Via(_) => None,
    };
    let message = message(timer);
    if context::has_ended() {
        crate::panics::drop_quietly(message);
        return timer;
    }
    let entry = Entry {
        to: To {
            address: target,
            node: context::node(),
        },
        what: message,
    };
    driver(&handle).insert(timer, due, entry);
    if let Some(pid) = pid {
        tie(timer, pid);
    }
    timer
}

/// Lets the end of a process remove the timer (`TIM-2`). The timer is queued already: so either the process ends later and
/// finds it among its relations, or it has ended and the timer is removed here.
fn tie(timer: TimerRef, pid: crate::Pid) {
    let tied = table::find(pid).is_some_and(|process| {
        let mut signals = process.head().signals.lock();
        if !signals.ended {
            signals.relations().timers.insert(timer, ());
        }
        !signals.ended
    });
    if !tied {
        drop(take(timer));
    } else if !is_pending(timer) {
        // It fired in between, and looked for itself before it was there.
        untie(timer, pid);
    }
}

fn untie(timer: TimerRef, pid: crate::Pid) {
    if let Some(process) = table::find(pid)
        && let Some(relations) = &mut process.head().signals.lock().relations
    {
        relations.timers.remove(&timer);
    }
}

fn is_pending(timer: TimerRef) -> bool {
    DRIVERS.lock().by_timer.contains_key(&timer)
}

/// Cancels a timer. Returns the time that was left; `None` if it has fired or was cancelled already. After `Some` the
/// message never arrives (`TIM-1`).
///
/// # OTP
/// `erlang:cancel_timer/1`.
pub fn cancel_timer(timer: TimerRef) -> Option<Duration> {
    let (due, entry) = take(timer)?;
    if has_no_target(&entry) {
        return None;
    }
    if let Address::Pid(pid) = entry.to.address {
        untie(timer, pid);
    }
    Some(due.saturating_duration_since(Instant::now()))
}

/// Cancels a timer, and tells the running process how it went with a [`TimerCancelled`].
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `erlang:cancel_timer/2` with `{async, true}`.
#[track_caller]
pub fn cancel_timer_async(timer: TimerRef) {
    let own = this("cancel_timer_async");
    let left = cancel_timer(timer);
    deliver(&*own, Info::new(TimerCancelled { timer, left }));
}

/// The answer to [`cancel_timer_async`].
///
/// # OTP
/// `{cancel_timer, Timer, Result}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerCancelled {
    /// Which one.
    pub timer: TimerRef,
    /// The time that was left; `None` if it had fired or was cancelled already.
    pub left: Option<Duration>,
}

/// Asks how much time is left until a timer fires; the running process is told with a [`TimerRead`].
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `erlang:read_timer/2` with `{async, true}`.
#[track_caller]
pub fn read_timer_async(timer: TimerRef) {
    let own = this("read_timer_async");
    let left = read_timer(timer);
    deliver(&*own, Info::new(TimerRead { timer, left }));
}

/// The answer to [`read_timer_async`].
///
/// # OTP
/// `{read_timer, Timer, Result}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerRead {
    /// Which one.
    pub timer: TimerRef,
    /// The time that is left; `None` if it has fired or was cancelled.
    pub left: Option<Duration>,
}

/// How much time is left until a timer fires; `None` if it has fired or was cancelled.
///
/// # OTP
/// `erlang:read_timer/1`.
#[must_use]
pub fn read_timer(timer: TimerRef) -> Option<Duration> {
    let driver = DRIVERS.lock().by_timer.get(&timer)?.clone();
    let queue = driver.queue.lock();
    let due = *queue.due.get(&timer)?;
    if queue.entries.get(&(due, timer)).is_none_or(has_no_target) {
        return None;
    }
    drop(queue);
    Some(due.saturating_duration_since(Instant::now()))
}

/// Whether the process that a timer is for has ended: then the timer is gone, also before it was taken out (`TIM-2`).
fn has_no_target(entry: &Entry) -> bool {
    match entry.to.address {
        Address::Pid(pid) => table::find(pid).is_none_or(|target| target.head().has(bits::ENDED)),
        Address::Name(_) | Address::Global(_) | Address::Via(_) => false,
    }
}

/// Waits for `duration`; zero returns at once.
///
/// # Cancel safety
/// Cancel safe.
///
/// # OTP
/// `timer:sleep/1`, Elixir's `Process.sleep/1`.
pub async fn sleep(duration: Duration) {
    suspend_if_exiting().await;
    if !duration.is_zero() {
        tokio::time::sleep_until(far(duration)).await;
    }
    suspend_if_exiting().await;
}

/// The target of these timers has ended.
pub(crate) fn forget(timers: Few<TimerRef, ()>) {
    for (timer, ()) in timers {
        drop(take(timer));
    }
}

#[derive(Clone)]
struct To {
    address: Address,
    node: Node,
}

struct Entry {
    to: To,
    what: What,
}

/// What a timer sends.
enum What {
    Once(Info),
    /// A clone, each time when so much has passed.
    Every(Duration, Arc<dyn Fn() -> Info + Send + Sync>),
}

impl What {
    fn once<M: Send + 'static>(message: M) -> Self {
        Self::Once(Info::new(message))
    }
}

#[derive(Default)]
struct Driver {
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Default)]
struct Queue {
    /// Timers are numbered in the order in which they are made, so equal times keep that order.
    entries: BTreeMap<(Instant, TimerRef), Entry>,
    due: HashMap<TimerRef, Instant>,
    /// Its runtime is gone: nothing gets in any more.
    closed: bool,
}

#[derive(Default)]
struct Drivers {
    by_runtime: Vec<(runtime::Id, Arc<Driver>)>,
    by_timer: BTreeMap<TimerRef, Arc<Driver>>,
}

/// Lock order: this one is never held together with a driver's queue.
static DRIVERS: Mutex<Drivers> = Mutex::new(Drivers {
    by_runtime: Vec::new(),
    by_timer: BTreeMap::new(),
});

fn driver(handle: &Handle) -> Arc<Driver> {
    let mut drivers = DRIVERS.lock();
    if let Some((_, driver)) = drivers
        .by_runtime
        .iter()
        .find(|(runtime, _)| *runtime == handle.id())
    {
        return Arc::clone(driver);
    }
    let driver = Arc::new(Driver::default());
    drivers.by_runtime.push((handle.id(), Arc::clone(&driver)));
    drop(drivers);
    let guard = RemoveDriver {
        runtime: handle.id(),
        driver: Arc::clone(&driver),
    };
    drop(handle.spawn(drive(guard)));
    driver
}

impl Driver {
    fn insert(self: &Arc<Self>, timer: TimerRef, due: Instant, entry: Entry) {
        DRIVERS.lock().by_timer.insert(timer, Arc::clone(self));
        let mut queue = self.queue.lock();
        if queue.closed {
            drop(queue);
            DRIVERS.lock().by_timer.remove(&timer);
            return crate::panics::drop_quietly(entry);
        }
        queue.due.insert(timer, due);
        queue.entries.insert((due, timer), entry);
        let is_first = queue
            .entries
            .first_key_value()
            .is_some_and(|((_, first), _)| *first == timer);
        drop(queue);
        if is_first {
            self.changed.notify_one();
        }
    }

    /// Takes out what is due, or says when the next is. What is sent again and again stays, with its next time: whoever
    /// cancels it finds it at any moment.
    fn next(&self) -> Result<(TimerRef, Entry), Option<Instant>> {
        let mut queue = self.queue.lock();
        let Some(first) = queue.entries.first_entry() else {
            return Err(None);
        };
        let (due, timer) = *first.key();
        if due > Instant::now() {
            return Err(Some(due));
        }
        let entry = first.remove();
        if let What::Every(interval, make) = &entry.what {
            let again = Entry {
                to: entry.to.clone(),
                what: What::Every(*interval, Arc::clone(make)),
            };
            let due = due.checked_add(*interval).unwrap_or_else(|| far(*interval));
            queue.due.insert(timer, due);
            queue.entries.insert((due, timer), again);
            return Ok((timer, entry));
        }
        queue.due.remove(&timer);
        drop(queue);
        DRIVERS.lock().by_timer.remove(&timer);
        if let Address::Pid(pid) = entry.to.address {
            untie(timer, pid);
        }
        Ok((timer, entry))
    }
}

fn take(timer: TimerRef) -> Option<(Instant, Entry)> {
    let driver = DRIVERS.lock().by_timer.remove(&timer)?;
    let mut queue = driver.queue.lock();
    let due = queue.due.remove(&timer)?;
    let entry = queue.entries.remove(&(due, timer))?;
    Some((due, entry))
}

async fn drive(guard: RemoveDriver) {
    let driver = &guard.driver;
    loop {
        tokio::task::coop::consume_budget().await;
        match driver.next() {
            Ok((timer, Entry { to, what })) => {
                let info = match what {
                    What::Once(info) => info,
                    What::Every(_, make) => {
                        // `Clone` is the user's.
                        let Ok(info) = catch(|| make()) else {
                            cancel_timer(timer);
                            continue;
                        };
                        info
                    }
                };
                match to.address.holder(&to.node) {
                    Some(process) => deliver(&*process, info),
                    None => crate::panics::drop_quietly(info),
                }
            }
            Err(Some(due)) => {
                // Whichever comes first, the queue is looked at again.
                let _ = tokio::time::timeout_at(due, driver.changed.notified()).await;
            }
            Err(None) => driver.changed.notified().await,
        }
    }
}

/// The runtime shuts down: its timers go with it.
struct RemoveDriver {
    runtime: runtime::Id,
    driver: Arc<Driver>,
}

impl Drop for RemoveDriver {
    fn drop(&mut self) {
        let mut drivers = DRIVERS.lock();
        drivers
            .by_runtime
            .retain(|(runtime, _)| *runtime != self.runtime);
        drivers
            .by_timer
            .retain(|_, driver| !Arc::ptr_eq(driver, &self.driver));
        drop(drivers);
        let closed = Queue {
            closed: true,
            ..Queue::default()
        };
        let queue = std::mem::replace(&mut *self.driver.queue.lock(), closed);
        crate::panics::drop_quietly(queue);
    }
}
