//! What once went wrong.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use beamish::prelude::*;
use beamish::{Strategy, Supervisor};

struct A;
struct B;

/// Two receives that wait side by side: what one takes moves the other's place in the mailbox.
#[beamish::test]
async fn receives_side_by_side_lose_no_message() {
    let cx = &mut Context::from_waker(Waker::noop());
    let mut first = pin!(process::receive::<A>());
    let mut second = pin!(process::receive::<B>());
    assert!(first.as_mut().poll(cx).is_pending());
    assert!(second.as_mut().poll(cx).is_pending());
    send(self_pid(), B);
    assert!(first.as_mut().poll(cx).is_pending());
    assert!(second.as_mut().poll(cx).is_ready());
    send(self_pid(), A);
    assert!(first.as_mut().poll(cx).is_ready());
}

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Each of two receives is woken, though each has a waker of its own.
#[beamish::test]
async fn receives_side_by_side_are_each_woken() {
    let counts = [(); 2].map(|()| Arc::new(Count(AtomicUsize::new(0))));
    let wakers = counts.clone().map(Waker::from);
    let mut first = pin!(process::receive::<A>());
    let mut second = pin!(process::receive::<B>());
    assert!(
        first
            .as_mut()
            .poll(&mut Context::from_waker(&wakers[0]))
            .is_pending()
    );
    assert!(
        second
            .as_mut()
            .poll(&mut Context::from_waker(&wakers[1]))
            .is_pending()
    );
    send(self_pid(), A);
    assert_eq!(counts.map(|count| count.0.load(Ordering::Relaxed)), [1, 1]);
    assert!(
        first
            .as_mut()
            .poll(&mut Context::from_waker(&wakers[0]))
            .is_ready()
    );
}

#[genserver]
struct Ready;

#[genserver]
impl Ready {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn stop_with(&self, reason: ExitReason) -> NoReply {
        NoReply::stop(reason)
    }

    #[handle_call]
    fn throw(&self) -> u8 {
        std::panic::panic_any(Bomb)
    }
}

/// A28: a start that is dropped after the server was ready, and before it said so, leaves no server behind.
#[beamish::test]
async fn start_that_is_dropped_when_it_is_ready_leaves_nothing() {
    // With a timeout, its own task runs `init`.
    let start = Ready::start()
        .name("ready")
        .timeout(Duration::from_secs(60));
    let mut start = Box::pin(start);
    let pid = std::future::poll_fn(|cx| {
        assert!(start.as_mut().poll(cx).is_pending());
        Poll::Ready(process::whereis("ready"))
    })
    .await;
    // Its `init` runs now, and nobody polls the start again.
    process::yield_now().await;
    let pid = pid.or_else(|| process::whereis("ready")).unwrap();
    let ended = process::monitored(pid);
    drop(start);
    assert_eq!(ended.await, ExitReason::Killed);
}

struct Unprintable;

impl std::fmt::Debug for Unprintable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("not to be shown")
    }
}

/// A reason that cannot be shown ends nobody but the process that has it.
#[beamish::test]
async fn reason_that_cannot_be_shown_does_not_end_the_supervisor() {
    let child = ChildSpec::new(|| Ready::start_link().name("bad"));
    let supervisor = Supervisor::new(Strategy::OneForOne).child(child);
    let supervisor = supervisor.start_link().await.unwrap();
    let bad = ReadyRef::to("bad");
    let ended = process::monitored(bad.pid().unwrap());
    bad.stop_with(ExitReason::other(Unprintable));
    ended.await;
    bad.when_up(std::time::Duration::from_secs(30))
        .await
        .unwrap();
    assert_eq!(supervisor.count_children().await.unwrap().active, 1);
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("again")
    }
}

/// A panic whose value panics when it is dropped is the server's alone.
#[beamish::test]
async fn panic_that_panics_when_it_is_dropped_ends_the_server_only() {
    let server = Ready::start().await.unwrap();
    assert!(matches!(server.throw().await, Err(CallError::Exit(_))));
    assert!(matches!(server.throw().await, Err(CallError::NoProc(_))));
}
