//! What the tests of processes share.

use std::panic::Location;
use std::time::Duration;

use beamish::Info;
use beamish::prelude::*;
use beamish::process::ProcessInfo;
use tokio::sync::oneshot;

/// How long a test waits for what must come. Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Waits for what must come, and fails at the caller's line if it does not.
#[track_caller]
pub(super) fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let place = Location::caller();
    async move {
        match tokio::time::timeout(PATIENCE, future).await {
            Ok(output) => output,
            Err(_) => panic!("waited in vain at {place}"),
        }
    }
}

/// The next message of a type, whatever else came before it.
#[track_caller]
pub(super) fn next<T: Send + 'static>() -> impl Future<Output = T> {
    soon(process::receive::<T>())
}

/// The oldest message, which must be of this type.
#[track_caller]
pub(super) fn first<T: Send + 'static>() -> impl Future<Output = T> {
    let place = Location::caller();
    let oldest = next::<Info>();
    async move {
        match oldest.await.downcast() {
            Ok(message) => message,
            Err(other) => panic!("{other:?} came first at {place}"),
        }
    }
}

/// Takes a message of a type out of the mailbox, if one is there already.
pub(super) async fn take<T: Send + 'static>() -> Option<T> {
    receive! {
        message: T => Some(message),
        after 0 => None,
    }
}

/// Asserts that the mailbox is empty.
#[track_caller]
pub(super) fn nothing_else() -> impl Future<Output = ()> {
    let place = Location::caller();
    async move {
        if let Some(info) = take::<Info>().await {
            panic!("{info:?} came too, at {place}");
        }
    }
}

/// The reason with which a process ends.
#[track_caller]
pub(super) fn end_of(pid: Pid) -> impl Future<Output = ExitReason> {
    soon(process::monitored(pid))
}

/// What is known of a process that is alive.
#[track_caller]
pub(super) fn known(pid: Pid) -> ProcessInfo {
    process::info(pid).expect("it is alive")
}

/// A process that has ended.
pub(super) async fn corpse() -> Pid {
    let pid = spawn(async {});
    end_of(pid).await;
    pid
}

/// A process that never ends by itself, and reads nothing.
pub(super) fn idle() -> Pid {
    spawn(std::future::pending::<()>())
}

/// A process that waits until `set_off` is called for it, and then runs `end`.
pub(super) async fn fused<F>(end: F) -> Pid
where
    F: Future + Send + 'static,
    F::Output: beamish::Outcome,
{
    let (waits, is_waiting) = oneshot::channel();
    let pid = spawn(async move {
        waits.send(()).expect("the test waits");
        receive! { "end": &str => end.await }
    });
    soon(is_waiting).await.expect("it waits");
    pid
}

/// Lets a fused process go on another thread, if there is one, while the running process goes on.
pub(super) fn set_off(fused: Pid) {
    // From outside of the runtime, which then wakes another worker for it instead of keeping it for this one.
    std::thread::spawn(move || send(fused, "end"));
}

/// Looks away for a while that depends on the round of a race, until a process has begun to end at the latest.
pub(super) fn look_away(round: u32, pid: Pid) {
    for _ in 0..round % 8 * 300 {
        if !process::alive(pid) {
            break;
        }
        std::hint::spin_loop();
    }
}

/// What a puppet is told to do.
struct Do(Box<dyn FnOnce() + Send>);

/// What else a puppet got.
pub(super) struct Seen {
    pub(super) by: Pid,
    pub(super) info: Info,
}

/// What a puppet runs: does what it is told, one thing after the other; passes on to its maker whatever else it gets.
pub(super) async fn act(maker: Pid) {
    let by = self_pid();
    loop {
        receive! {
            Do(act): Do => act(),
            info: Info => send(maker, Seen { by, info }),
        }
    }
}

/// A process that does what it is told.
pub(super) fn puppet() -> Pid {
    spawn(act(self_pid()))
}

/// Tells a puppet what to do.
pub(super) fn tell(puppet: Pid, act: impl FnOnce() + Send + 'static) {
    send(puppet, Do(Box::new(act)));
}

/// Tells a puppet what to do, and waits for the result. It has then handled all that was sent to it before.
#[track_caller]
pub(super) fn ask<R: Send + 'static>(
    puppet: Pid,
    act: impl FnOnce() -> R + Send + 'static,
) -> impl Future<Output = R> {
    let (result, comes) = oneshot::channel();
    tell(puppet, move || drop(result.send(act())));
    let comes = soon(comes);
    async move { comes.await.expect("the puppet lives") }
}

/// The oldest message, which must be one of this type that this puppet got.
#[track_caller]
pub(super) fn seen<T: Send + 'static>(puppet: Pid) -> impl Future<Output = T> {
    let place = Location::caller();
    let oldest = first::<Seen>();
    async move {
        let Seen { by, info } = oldest.await;
        assert_eq!(by, puppet, "{info:?} at {place}");
        match info.downcast() {
            Ok(message) => message,
            Err(other) => panic!("{other:?} came first at {place}"),
        }
    }
}

/// A value as an exit reason may carry it: of many parts, and large.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Large {
    pub(super) name: String,
    pub(super) parts: Vec<(u64, Option<String>)>,
    pub(super) inner: Option<Box<Self>>,
}

pub(super) fn large(depth: u32) -> Large {
    Large {
        name: "large".repeat(100),
        parts: (0..200)
            .map(|number| (number, (number % 3 == 0).then(|| number.to_string())))
            .collect(),
        inner: (depth > 0).then(|| Box::new(large(depth - 1))),
    }
}

/// The value of a reason of one's own.
#[track_caller]
pub(super) fn value_of<T: 'static>(reason: &ExitReason) -> &T {
    match reason {
        ExitReason::Other(term) => term.downcast_ref().expect("a value of this type"),
        other => panic!("{other:?}"),
    }
}
