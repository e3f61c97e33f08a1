//! Signals: their order, what they wait for and what not, and how a process picks from its mailbox. The helpers that the
//! tests of processes share are here too.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use beamish::prelude::*;
use beamish::{Info, StopError};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;

/// Makes each of these functions two tests: on a runtime of one thread, and on one with two workers.
macro_rules! on_both_flavors {
    ($($test:ident),* $(,)?) => {$(
        mod $test {
            #[beamish::test]
            async fn current_thread() {
                super::$test().await;
            }

            #[beamish::test(flavor = "multi_thread", worker_threads = 2)]
            async fn multi_thread() {
                super::$test().await;
            }
        }
    )*};
}
pub(super) use on_both_flavors;

/// How long a test waits for what must come. Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

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

/// The next message of a type.
#[track_caller]
pub(super) fn next<T: Send + 'static>() -> impl Future<Output = T> {
    soon(process::receive::<T>())
}

/// Takes a message of a type out of the mailbox, if one is there already.
pub(super) async fn take<T: Send + 'static>() -> Option<T> {
    receive! {
        message: T => Some(message),
        after 0 => None,
    }
}

/// The reason with which a process ends.
#[track_caller]
pub(super) fn end_of(pid: Pid) -> impl Future<Output = ExitReason> {
    soon(process::monitored(pid))
}

/// A process that has ended.
pub(super) async fn corpse() -> Pid {
    let pid = spawn(async {});
    end_of(pid).await;
    pid
}

/// A process that never ends by itself.
pub(super) fn idle() -> Pid {
    spawn(std::future::pending::<()>())
}

/// A process that ends by itself once `set_off` has been called for it.
pub(super) async fn fused() -> Pid {
    let (waits, is_waiting) = oneshot::channel();
    let pid = spawn(async move {
        waits.send(()).unwrap();
        receive! { "end": &str => {} }
    });
    soon(is_waiting).await.unwrap();
    pid
}

/// Lets a process end on another thread, if there is one, while the running process goes on.
pub(super) fn set_off(fused: Pid) {
    // From outside of the runtime, which then wakes another worker for it instead of keeping it for this one.
    std::thread::spawn(move || send(fused, "end"));
}

/// Looks away for a moment, until a process has begun to end, if there is another thread on which it can.
pub(super) fn spin_until_ending(pid: Pid) {
    for _ in 0..5_000 {
        if !process::alive(pid) {
            break;
        }
        std::hint::spin_loop();
    }
}

/// What a puppet is told to do.
struct Do(Box<dyn FnOnce() + Send>);

/// What a puppet says of the `Exit` messages that it gets.
pub(super) struct Trapped(pub(super) Exit);

/// Does what it is told, one thing after the other; tells its maker of its `Exit` messages.
pub(super) fn puppet() -> Pid {
    let maker = self_pid();
    spawn(async move {
        loop {
            receive! {
                Do(act): Do => act(),
                exit: Exit => send(maker, Trapped(exit)),
            }
        }
    })
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

/// Sends the running process an exit signal from outside; it has arrived when this returns.
pub(super) fn doom(reason: ExitReason) {
    let pid = self_pid();
    std::thread::spawn(move || process::exit(pid, reason))
        .join()
        .expect("sending a signal does not fail");
}

// --- Order ---

/// SIG-1: messages of one sender come in the order of sending.
async fn messages_of_one_sender_keep_their_order() {
    let receiver = self_pid();
    spawn(async move {
        for number in 0..5_000_u32 {
            send(receiver, number);
            if number % 64 == 0 {
                process::yield_now().await;
            }
        }
    });
    for number in 0..5_000 {
        assert_eq!(next::<u32>().await, number);
    }
}

/// SIG-1: the order holds whichever address was used, pid or name, and for messages of several types.
async fn messages_by_pid_and_by_name_keep_their_order() {
    let receiver = self_pid();
    process::register("receiver", receiver).unwrap();
    spawn(async move {
        for number in 0..2_000_u32 {
            if number % 2 == 0 {
                send(receiver, number);
            } else {
                send_named("receiver", u64::from(number)).unwrap();
            }
        }
    });
    for number in 0..2_000 {
        let message = next::<Info>().await;
        let came = match message.downcast::<u32>() {
            Ok(even) => even,
            Err(odd) => odd.downcast::<u64>().unwrap().try_into().unwrap(),
        };
        assert_eq!(came, number);
    }
}

/// SIG-1: a trapped exit signal keeps its place among the messages of its sender.
async fn trapped_exit_signal_keeps_its_place_among_messages() {
    process::trap_exit(true);
    let receiver = self_pid();
    for _ in 0..100 {
        let sender = spawn(async move {
            send(receiver, "before");
            process::exit(receiver, ExitReason::Shutdown);
            send(receiver, "after");
        });
        assert_eq!(next::<Info>().await.downcast::<&str>().unwrap(), "before");
        let exit = next::<Info>().await.downcast::<Exit>().unwrap();
        assert_eq!((exit.from, exit.reason), (sender, ExitReason::Shutdown));
        assert_eq!(next::<Info>().await.downcast::<&str>().unwrap(), "after");
    }
}

/// SIG-1: a link is a signal too: who gets a message that was sent after it is linked already.
async fn link_is_on_before_a_message_sent_later_arrives() {
    for _ in 0..100 {
        let receiver = puppet();
        let (links, come) = oneshot::channel();
        let linker = spawn(async move {
            process::link(receiver);
            tell(receiver, move || {
                drop(links.send(process::info(self_pid()).unwrap().links));
            });
            std::future::pending::<()>().await;
        });
        assert_eq!(soon(come).await.unwrap(), [linker]);
        process::unlink(receiver);
        process::kill(linker);
    }
}

/// Writes down what reaches it.
#[genserver(name = "log")]
struct Log {
    entries: Vec<u32>,
}

#[genserver]
impl Log {
    #[init]
    fn init() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    #[handle_cast]
    fn note(&mut self, number: u32) {
        self.entries.push(number);
    }

    #[handle_info]
    fn info(&mut self, number: u32) {
        self.entries.push(number);
    }

    #[handle_call]
    fn noted(&mut self, number: u32) -> Vec<u32> {
        self.entries.push(number);
        self.entries.clone()
    }

    #[handle_call]
    async fn noted_later(&mut self, number: u32) -> Vec<u32> {
        self.entries.push(number);
        self.entries.clone()
    }
}

/// SIG-1, A1: casts, messages and calls of one sender are handled in order, by pid or by name, also where the caller runs
/// the handler itself.
async fn casts_messages_and_calls_of_one_sender_keep_their_order() {
    let by_pid = Log::start_link().await.unwrap();
    let by_name = LogRef::named();
    let pid = by_pid.pid().unwrap();
    let mut expected = Vec::new();
    for round in 0..200 {
        let first = round * 7;
        expected.extend(first..first + 4);
        by_pid.note(first);
        send(pid, first + 1);
        by_name.note(first + 2);
        let entries = by_pid.noted(first + 3).await.unwrap();
        assert_eq!(entries, expected);
        expected.extend(first + 4..first + 7);
        send_named("log", first + 4).unwrap();
        by_pid.note(first + 5);
        let entries = by_name.noted_later(first + 6).await.unwrap();
        assert_eq!(entries, expected);
    }
}

/// SIG-2: a message that was sent before the exit signal does not come back to life after it, and one sent after it is
/// never handled.
async fn message_sent_after_an_exit_signal_is_never_handled() {
    for reason in [ExitReason::Shutdown, ExitReason::Kill] {
        for _ in 0..200 {
            let handled = Arc::new(AtomicBool::new(false));
            let receiver = spawn({
                let handled = Arc::clone(&handled);
                async move {
                    next::<&str>().await;
                    handled.store(true, Ordering::SeqCst);
                }
            });
            process::exit(receiver, reason.clone());
            send(receiver, "too late");
            let reason = end_of(receiver).await;
            assert!(matches!(
                reason,
                ExitReason::Shutdown | ExitReason::Killed | ExitReason::NoProc
            ));
            assert!(!handled.load(Ordering::SeqCst));
        }
    }
}

/// Counts its requests where the test can see it.
#[genserver]
struct Tally {
    handled: Arc<AtomicUsize>,
}

#[genserver]
impl Tally {
    #[init]
    fn init(handled: Arc<AtomicUsize>) -> Self {
        Self { handled }
    }

    #[handle_call]
    fn call(&self) {
        self.handled.fetch_add(1, Ordering::SeqCst);
    }

    #[handle_cast]
    fn cast(&self) {
        self.handled.fetch_add(1, Ordering::SeqCst);
    }

    #[handle_cast]
    fn keep(&self, _kept: Arc<()>) {
        self.handled.fetch_add(1, Ordering::SeqCst);
    }

    #[handle_info]
    fn info(&self, _message: &'static str) {
        self.handled.fetch_add(1, Ordering::SeqCst);
    }
}

/// SIG-2, A1: no request sent after an exit signal is handled, by the server or by the caller in its place.
async fn request_sent_after_an_exit_signal_is_never_handled() {
    for reason in [ExitReason::Shutdown, ExitReason::Kill] {
        for _ in 0..200 {
            let handled = Arc::new(AtomicUsize::new(0));
            let server = Tally::start(Arc::clone(&handled)).await.unwrap();
            let pid = server.pid().unwrap();
            process::exit(pid, reason.clone());
            server.cast();
            send(pid, "too late");
            let kept = Arc::new(());
            server.keep(Arc::clone(&kept));
            assert_eq!(Arc::strong_count(&kept), 1, "no handler can meet it");
            let error = soon(server.call()).await.unwrap_err();
            assert!(matches!(error, CallError::Exit(_) | CallError::NoProc(_)));
            end_of(pid).await;
            assert_eq!(handled.load(Ordering::SeqCst), 0);
        }
    }
}

/// SIG-2, SRV-2: a server that is to end handles no more calls; their callers hear the reason of its end.
async fn caller_of_a_server_that_is_to_end_hears_its_reason() {
    for reason in [ExitReason::Shutdown, ExitReason::Kill] {
        let server = Tally::start(Arc::default()).await.unwrap();
        let pid = server.pid().unwrap();
        let ended = process::monitored(pid);
        process::exit(pid, reason);
        // It may have ended on another thread meanwhile, and only there.
        let shares_a_thread = Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread;
        match soon(server.call()).await.unwrap_err() {
            CallError::Exit(info) => assert_eq!(*info.reason(), ended.await),
            CallError::NoProc(_) if !shares_a_thread => {}
            error => panic!("{error}"),
        }
    }
}

/// SIG-2: all messages of a process come before the `Down` and the `Exit` that tell of its end.
async fn messages_of_a_process_precede_its_exit_and_down() {
    process::trap_exit(true);
    let receiver = self_pid();
    for _ in 0..100 {
        let linked = spawn_link(async move {
            send(receiver, 1);
            send(receiver, 2);
        });
        assert_eq!(next::<Info>().await.downcast::<i32>().unwrap(), 1);
        assert_eq!(next::<Info>().await.downcast::<i32>().unwrap(), 2);
        assert_eq!(
            next::<Info>().await.downcast::<Exit>().unwrap().from,
            linked
        );
        let (_, mref) = spawn_monitor(async move {
            send(receiver, 1);
            send(receiver, 2);
        });
        assert_eq!(next::<Info>().await.downcast::<i32>().unwrap(), 1);
        assert_eq!(next::<Info>().await.downcast::<i32>().unwrap(), 2);
        assert_eq!(next::<Info>().await.downcast::<Down>().unwrap().mref, mref);
    }
}

/// Replies, and ends in one way or another.
#[genserver]
struct Mortal;

#[genserver]
impl Mortal {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn last_words(&self) -> Reply<u32> {
        Reply::stop(ExitReason::Shutdown, 1)
    }

    #[handle_call]
    fn reply_then_end(&self, reply: ReplyTo<u32>) {
        reply.reply(2);
        process::exit(self_pid(), ExitReason::Shutdown);
    }
}

/// SIG-2: a reply that was sent before the server ended arrives; its `Down` is there no earlier.
async fn reply_sent_before_the_end_arrives() {
    for _ in 0..100 {
        let server = Mortal::start().await.unwrap();
        let mref = server.monitor();
        assert_eq!(soon(server.last_words()).await, Ok(1));
        assert_eq!(next::<Down>().await.mref, mref);

        let server = Mortal::start().await.unwrap();
        let mref = server.monitor();
        assert_eq!(soon(server.reply_then_end()).await, Ok(2));
        assert_eq!(next::<Down>().await.mref, mref);
    }
}

on_both_flavors! {
    messages_of_one_sender_keep_their_order,
    messages_by_pid_and_by_name_keep_their_order,
    trapped_exit_signal_keeps_its_place_among_messages,
    link_is_on_before_a_message_sent_later_arrives,
    casts_messages_and_calls_of_one_sender_keep_their_order,
    message_sent_after_an_exit_signal_is_never_handled,
    request_sent_after_an_exit_signal_is_never_handled,
    caller_of_a_server_that_is_to_end_hears_its_reason,
    messages_of_a_process_precede_its_exit_and_down,
    reply_sent_before_the_end_arrives,
}

// --- What signals do not wait for ---

/// SIG-3: an exit signal ends a process however many messages it has not read.
async fn exit_signal_does_not_wait_behind_unread_messages() {
    for reason in [ExitReason::Shutdown, ExitReason::Kill] {
        let (ready, is_ready) = oneshot::channel();
        let receiver = spawn(async move {
            ready.send(()).unwrap();
            receive! { "never sent": &str => {} }
        });
        soon(is_ready).await.unwrap();
        for number in 0..10_000 {
            send(receiver, number);
        }
        let end = process::monitored(receiver);
        process::exit(receiver, reason.clone());
        let seen = soon(end).await;
        assert!(seen == reason || seen == ExitReason::Killed, "{seen}");
    }
}

/// Hangs in a handler, with more requests in its mailbox.
#[genserver]
struct Stuck {
    started: Option<oneshot::Sender<()>>,
    ended: Arc<AtomicUsize>,
}

#[genserver]
impl Stuck {
    #[init]
    fn init(trap: bool, started: oneshot::Sender<()>, ended: Arc<AtomicUsize>) -> Self {
        process::trap_exit(trap);
        Self {
            started: Some(started),
            ended,
        }
    }

    #[handle_call]
    async fn hang(&mut self) {
        if let Some(started) = self.started.take() {
            started.send(()).unwrap();
        }
        std::future::pending::<()>().await;
    }

    #[handle_cast]
    fn count(&mut self) {
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}

/// SIG-3: a server that waits in a handler is ended there, by a kill also if it traps exits; neither `terminate` nor what
/// was queued is run.
async fn exit_signal_ends_a_server_inside_of_its_handler() {
    for (trap, reason, seen) in [
        (false, ExitReason::Shutdown, ExitReason::Shutdown),
        (false, ExitReason::Kill, ExitReason::Killed),
        (true, ExitReason::Kill, ExitReason::Killed),
    ] {
        let (started, has_started) = oneshot::channel();
        let ended = Arc::new(AtomicUsize::new(0));
        let server = Stuck::start(trap, started, Arc::clone(&ended))
            .await
            .unwrap();
        let pid = server.pid().unwrap();
        let end = process::monitored(pid);
        spawn({
            let server = server.clone();
            async move { drop(server.hang().infinity().await) }
        });
        soon(has_started).await.unwrap();
        server.count();
        process::exit(pid, reason);
        assert_eq!(soon(end).await, seen);
        assert_eq!(ended.load(Ordering::SeqCst), 0);
    }
}

/// SIG-3: a process is ended wherever it can be suspended: in a foreign future, in a sleep, in a call, in a start, in a wait
/// for another's end, in a loop that only yields.
async fn exit_signal_ends_a_process_at_every_kind_of_wait() {
    let (started, _has_started) = oneshot::channel();
    let stuck = Stuck::start(false, started, Arc::default()).await.unwrap();
    let other = idle();
    let (ready, mut is_ready) = tokio::sync::mpsc::unbounded_channel();
    let waits: [(&str, Pid); 8] = [
        ("receive", {
            let ready = ready.clone();
            spawn(async move {
                ready.send(()).unwrap();
                receive! { () : () => {} }
            })
        }),
        ("foreign future", {
            let ready = ready.clone();
            spawn(async move {
                ready.send(()).unwrap();
                std::future::pending::<()>().await;
            })
        }),
        ("foreign sleep", {
            let ready = ready.clone();
            spawn(async move {
                ready.send(()).unwrap();
                tokio::time::sleep(Duration::from_secs(3_600)).await;
            })
        }),
        ("sleep", {
            let ready = ready.clone();
            spawn(async move {
                ready.send(()).unwrap();
                process::sleep(Duration::from_secs(3_600)).await;
            })
        }),
        ("call", {
            let ready = ready.clone();
            spawn(async move {
                ready.send(()).unwrap();
                stuck.hang().infinity().await.unwrap();
            })
        }),
        ("end of another", {
            let ready = ready.clone();
            spawn(async move {
                ready.send(()).unwrap();
                process::monitored(other).await;
            })
        }),
        ("yield_now", {
            let ready = ready.clone();
            spawn(async move {
                ready.send(()).unwrap();
                loop {
                    process::yield_now().await;
                }
            })
        }),
        ("tokio's yield_now", {
            let ready = ready.clone();
            spawn(async move {
                ready.send(()).unwrap();
                loop {
                    tokio::task::yield_now().await;
                }
            })
        }),
    ];
    for _ in &waits {
        soon(is_ready.recv()).await.unwrap();
    }
    for (wait, pid) in waits {
        let end = process::monitored(pid);
        process::exit(pid, ExitReason::Shutdown);
        assert_eq!(soon(end).await, ExitReason::Shutdown, "{wait}");
    }
}

/// SIG-3: an unlink takes effect at once, though the partner is busy and has unread messages.
async fn unlink_does_not_wait_for_a_busy_partner() {
    let partner = idle();
    for number in 0..1_000 {
        send(partner, number);
    }
    process::link(partner);
    process::unlink(partner);
    assert!(process::info(partner).unwrap().links.is_empty());
    process::kill(partner);
    assert_eq!(end_of(partner).await, ExitReason::Killed);
}

on_both_flavors! {
    exit_signal_does_not_wait_behind_unread_messages,
    exit_signal_ends_a_server_inside_of_its_handler,
    exit_signal_ends_a_process_at_every_kind_of_wait,
    unlink_does_not_wait_for_a_busy_partner,
}

// --- Sending to nobody ---

/// SIG-4: what is sent to a dead process vanishes without an error.
#[beamish::test]
async fn sending_to_a_dead_process_is_silent() {
    let dead = corpse().await;
    send(dead, "hello");
    process::exit(dead, ExitReason::Shutdown);
    process::kill(dead);
    process::unlink(dead);
    assert!(!process::alive(dead));
}

/// SIG-4: sending to a name that nobody holds is an error, also after the holder has died, and exit signals to it vanish.
#[beamish::test]
async fn sending_to_a_name_that_nobody_holds_is_an_error() {
    let error = send_named("nobody", "hello").unwrap_err();
    assert_eq!(*error.address(), "nobody");
    process::exit("nobody", ExitReason::Shutdown);
    process::kill("nobody");

    let holder = idle();
    process::register("nobody", holder).unwrap();
    send_named("nobody", "hello").unwrap();
    process::kill(holder);
    end_of(holder).await;
    send_named("nobody", "hello").unwrap_err();
}

/// SIG-4: a cast to a dead server, or to a name that nobody holds, returns as any other.
#[beamish::test]
async fn cast_to_nobody_is_silent() {
    LogRef::named().note(1);
    let server = Log::start().await.unwrap();
    server.stop().await.unwrap();
    server.note(2);
    LogRef::named().note(3);
}

/// Keeps the handle of its caller.
#[genserver]
struct Late {
    reply: Option<ReplyTo<u32>>,
}

#[genserver]
impl Late {
    #[init]
    fn init() -> Self {
        Self { reply: None }
    }

    #[handle_call]
    fn ask(&mut self, reply: ReplyTo<u32>) {
        self.reply = Some(reply);
    }

    #[handle_call]
    fn is_asked(&self) -> bool {
        self.reply.is_some()
    }

    #[handle_call]
    fn answer(&mut self) {
        self.reply.take().expect("somebody asked").reply(1);
    }
}

/// SIG-4: a reply to a caller that is dead vanishes; the server does not notice.
#[beamish::test]
async fn reply_to_a_dead_caller_is_silent() {
    let server = Late::start_link().await.unwrap();
    let caller = spawn({
        let server = server.clone();
        async move { drop(server.ask().infinity().await) }
    });
    while !server.is_asked().await.unwrap() {
        process::yield_now().await;
    }
    process::kill(caller);
    end_of(caller).await;
    server.answer().await.unwrap();
    assert!(server.is_alive());
}

/// SIG-5: a mailbox takes any number of messages, and their sender never waits.
#[beamish::test]
async fn mailbox_is_unbounded() {
    const MANY: usize = 200_000;
    let receiver = puppet();
    for number in 0..MANY {
        send(receiver, number);
    }
    assert_eq!(process::info(receiver).unwrap().message_queue_len, MANY);
    assert_eq!(ask(receiver, || 1).await, 1);
    assert_eq!(process::info(receiver).unwrap().message_queue_len, MANY);
    process::kill(receiver);
    assert_eq!(end_of(receiver).await, ExitReason::Killed);
}

// --- One end ---

/// SIG-6: the first exit signal decides the reason, also against a later kill.
async fn first_exit_signal_decides_the_reason() {
    for later in [
        ExitReason::other("second"),
        ExitReason::Kill,
        ExitReason::Normal,
    ] {
        for _ in 0..50 {
            let pid = idle();
            let end = process::monitored(pid);
            let first = ExitReason::other("first");
            process::exit(pid, first.clone());
            process::exit(pid, later.clone());
            assert_eq!(soon(end).await, first);
        }
    }
}

/// SIG-6: a signal that does nothing is no cause: a `Normal` from another process, then a kill.
async fn dropped_signal_does_not_decide_the_reason() {
    let pid = idle();
    let end = process::monitored(pid);
    process::exit(pid, ExitReason::Normal);
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!(soon(end).await, ExitReason::Shutdown);
}

/// SIG-6: what a process does between an exit signal and its end does not change the reason: not a return, nor an error,
/// a panic, or an `exit` of its own.
async fn exit_signal_decides_against_what_the_process_does_next() {
    type Next = fn() -> Result<(), ExitReason>;
    let nexts: [Next; 4] = [
        || Ok(()),
        || Err(ExitReason::other("an error")),
        || panic!("a panic in a process that is to end"),
        || exit(ExitReason::other("its own exit")),
    ];
    for next in nexts {
        let first = ExitReason::other("signal");
        let reason = first.clone();
        let pid = spawn(async move {
            receive! { "go": &str => {} }
            doom(reason);
            next()
        });
        let end = process::monitored(pid);
        send(pid, "go");
        assert_eq!(soon(end).await, first);
    }
}

/// SIG-6: a process ends once: one `Exit` a link, one `Down` a monitor, however many signals it gets.
async fn end_is_told_once() {
    process::trap_exit(true);
    for _ in 0..100 {
        let pid = spawn_link(std::future::pending::<()>());
        let mref = process::monitor(pid);
        process::exit(pid, ExitReason::Shutdown);
        process::kill(pid);
        process::exit(pid, ExitReason::other("late"));
        assert_eq!(next::<Exit>().await.reason, ExitReason::Shutdown);
        let down = next::<Down>().await;
        assert_eq!((down.mref, down.reason), (mref, ExitReason::Shutdown));
        process::kill(pid);
        assert!(take::<Info>().await.is_none());
    }
}

on_both_flavors! {
    first_exit_signal_decides_the_reason,
    dropped_signal_does_not_decide_the_reason,
    exit_signal_decides_against_what_the_process_does_next,
    end_is_told_once,
}

// --- Identity ---

/// SIG-7, A15: no two processes have the same pid, whether they live at once, one after the other, or in other nodes.
#[beamish::test]
async fn pids_are_never_given_again() {
    let mut seen = std::collections::HashSet::new();
    for _ in 0..1_000 {
        assert!(seen.insert(corpse().await));
    }
    let node = beamish::Node::new();
    for _ in 0..1_000 {
        assert!(seen.insert(idle()));
    }
    let (tester, there) = (self_pid(), node.clone());
    let elsewhere = tokio::spawn(async move {
        there
            .scope(async move {
                for _ in 0..1_000 {
                    send(tester, idle());
                }
            })
            .await;
    });
    soon(elsewhere).await.unwrap();
    for _ in 0..1_000 {
        assert!(seen.insert(next::<Pid>().await));
    }
    node.shutdown().await;
}

/// Counts casts; can be made to hang, so that they queue.
#[genserver(name = "worker")]
struct Worker {
    casts: u32,
}

#[genserver]
impl Worker {
    #[init]
    fn init() -> Self {
        Self { casts: 0 }
    }

    #[handle_cast]
    async fn hang(&mut self, started: oneshot::Sender<()>) {
        started.send(()).unwrap();
        std::future::pending::<()>().await;
    }

    #[handle_cast]
    fn count(&mut self) {
        self.casts += 1;
    }

    #[handle_info]
    fn info(&mut self, _message: &'static str) {
        self.casts += 1;
    }

    #[handle_call]
    fn counted(&self) -> u32 {
        self.casts
    }
}

supervisor! {
    WorkerTree {
        strategy: one_for_one,
        children: [Worker::start_link()],
    }
}

/// SIG-7: a restarted child has another pid and an empty mailbox; what is sent to the old pid does not reach it.
#[beamish::test]
async fn restarted_child_has_a_new_pid_and_an_empty_mailbox() {
    let _tree = WorkerTree::start_link().await.unwrap();
    let worker = WorkerRef::named();
    let old = worker.pid().unwrap();
    let (started, has_started) = oneshot::channel();
    worker.hang(started);
    soon(has_started).await.unwrap();
    for _ in 0..10 {
        worker.count();
        send(old, "unread");
    }
    process::kill(old);
    assert_eq!(end_of(old).await, ExitReason::Killed);
    let new = worker.when_up(PATIENCE).await.unwrap();
    assert_ne!(new, old);
    send(old, "to the dead");
    assert_eq!(worker.counted().await, Ok(0));
    assert!(!process::alive(old));
}

// --- A process that is to end starts nothing more ---

/// Ends its caller at the third call.
#[genserver]
struct Trap {
    calls: u32,
}

#[genserver]
impl Trap {
    #[init]
    fn init() -> Self {
        Self { calls: 0 }
    }

    #[handle_call]
    fn step(&mut self) -> u32 {
        self.calls += 1;
        if self.calls == 3 {
            process::kill(process::caller().expect("the caller is a process"));
        }
        self.calls
    }

    #[handle_call]
    fn calls(&self) -> u32 {
        self.calls
    }
}

/// A20: a process in a loop of calls that never have to wait is ended before it starts the next one.
async fn killed_process_starts_no_further_call() {
    let server = Trap::start_link().await.unwrap();
    let caller = spawn({
        let server = server.clone();
        async move {
            loop {
                server.step().await.unwrap();
            }
        }
    });
    let end = process::monitored(caller);
    assert!(matches!(
        soon(end).await,
        ExitReason::Killed | ExitReason::NoProc
    ));
    assert_eq!(server.calls().await, Ok(3));
}

/// A20: with an exit pending, every future of the library suspends without effect, though it could be ready at once.
async fn futures_of_a_process_that_is_to_end_do_nothing() {
    let tester = self_pid();
    let server = Log::start().await.unwrap();
    let pid = server.pid().unwrap();
    let dead = corpse().await;

    async fn stopped(wait: impl Future<Output = ()> + Send + 'static) {
        let tester = self_pid();
        let pid = spawn(async move {
            receive! { "go": &str => {} }
            send(self_pid(), "unread");
            doom(ExitReason::Shutdown);
            wait.await;
            send(tester, "went on");
        });
        let end = process::monitored(pid);
        send(pid, "go");
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        assert_eq!(take::<&str>().await, None);
    }

    let call = server.clone();
    stopped(async move { drop(call.noted(1).await) }).await;
    let call = server.clone();
    stopped(async move { drop(call.noted_later(2).await) }).await;
    stopped(async {
        receive! { "unread": &str => {} }
    })
    .await;
    stopped(async {
        receive! { "absent": &str => {}, after 0 => {} }
    })
    .await;
    stopped(async { assert_eq!(process::receive::<&str>().await, "unread") }).await;
    stopped(process::sleep(Duration::ZERO)).await;
    stopped(process::yield_now()).await;
    stopped(async move { drop(process::monitored(dead).await) }).await;
    stopped(async { drop(Log::start().unnamed().name("started").await) }).await;
    assert_eq!(process::whereis("started"), None);
    let stop = server.clone();
    stopped(async move { drop::<Result<(), StopError>>(stop.stop().await) }).await;

    assert!(process::alive(pid));
    assert_eq!(server.noted(3).await, Ok(vec![3]));
    assert_eq!(self_pid(), tester);
    server.stop().await.unwrap();
}

on_both_flavors! {
    killed_process_starts_no_further_call,
    futures_of_a_process_that_is_to_end_do_nothing,
}

// --- receive! ---

/// receive!: what no arm takes stays, in its order; the oldest that an arm takes comes first, whatever the order of the
/// arms.
#[beamish::test]
async fn receive_takes_the_oldest_that_fits_and_leaves_the_rest_in_order() {
    let me = self_pid();
    for message in ["one", "two", "three"] {
        send(me, message);
        send(me, message.len());
    }
    send(me, 1.5_f64);
    // Oldest of the two types first, though its arm is the last.
    let first = receive! {
        number: f64 => format!("{number}"),
        length: usize => format!("{length}"),
    };
    assert_eq!(first, "3");
    assert_eq!(take::<&str>().await, Some("one"));
    assert_eq!(take::<f64>().await, Some(1.5));
    assert_eq!(take::<&str>().await, Some("two"));
    assert_eq!(take::<usize>().await, Some(3));
    let rest: [Info; 2] = [next().await, next().await];
    let [text, length] = rest;
    assert_eq!(text.downcast::<&str>().unwrap(), "three");
    assert_eq!(length.downcast::<usize>().unwrap(), 5);
    assert!(take::<Info>().await.is_none());
}

/// receive!: of several arms that fit one message, the first one takes it.
#[beamish::test]
async fn receive_tries_its_arms_in_order() {
    for number in [7_u32, 70] {
        send(self_pid(), number);
        let arm = receive! {
            7: u32 => "exact",
            _: u32 => "any",
            _: Info => "all",
        };
        assert_eq!(arm, if number == 7 { "exact" } else { "any" });
    }
}

/// receive!: a message whose pattern or guard refuses it stays in its place, unharmed, and later arms may take it.
#[beamish::test]
async fn receive_puts_back_what_pattern_or_guard_refuse() {
    struct Parcel(Option<String>);
    let me = self_pid();
    let minimum = 10;
    send(me, 1_u32);
    send(me, 20_u32);
    send(me, Parcel(None));
    send(me, Parcel(Some("text".to_owned())));
    send(me, 2_u32);
    let big = receive! { number: u32 if number > minimum => number };
    assert_eq!(big, 20);
    let text = receive! { Parcel(Some(text)): Parcel => text };
    assert_eq!(text, "text");
    let refused = receive! {
        number: u32 if number > minimum => number,
        after 0 => 0,
    };
    assert_eq!(refused, 0);
    let odd = receive! {
        number: u32 if number > minimum => number,
        number: u32 if number == 2 => number * 100,
    };
    assert_eq!(odd, 200);
    assert_eq!(next::<Info>().await.downcast::<u32>().unwrap(), 1);
    assert!(
        next::<Info>()
            .await
            .downcast::<Parcel>()
            .unwrap()
            .0
            .is_none()
    );
}

/// receive!: messages keep their order while guards refuse them and new ones come.
async fn receive_keeps_the_order_of_what_it_passes_over() {
    let me = self_pid();
    spawn(async move {
        for number in 0..1_000_u32 {
            send(me, number);
            if number % 100 == 99 {
                send(me, "hundred");
                process::yield_now().await;
            }
        }
    });
    for _ in 0..10 {
        receive! {
            number: u32 if number > 1_000 => panic!("{number} was never sent"),
            "hundred": &str => {},
        }
    }
    for number in 0..1_000 {
        assert_eq!(next::<u32>().await, number);
    }
}

/// receive!: a message that comes while a receive waits wakes it only if an arm takes it.
async fn receive_goes_on_waiting_when_nothing_fits() {
    let me = self_pid();
    let (waits, is_waiting) = oneshot::channel();
    let receiver = spawn(async move {
        waits.send(()).unwrap();
        receive! { "right": &str => send(me, "taken") }
        receive! { "wrong": &str => send(me, "left over") }
    });
    soon(is_waiting).await.unwrap();
    send(receiver, "wrong");
    send(receiver, 1);
    assert_eq!(take::<&str>().await, None);
    send(receiver, "right");
    assert_eq!(next::<&str>().await, "taken");
    assert_eq!(next::<&str>().await, "left over");
}

/// receive!: `after` runs when its time is over, not before, and not if a message came.
#[beamish::test(start_paused)]
async fn receive_runs_after_when_its_time_is_over() {
    let before = tokio::time::Instant::now();
    let came = receive! { _: u32 => true, after 250ms => false };
    assert!(!came);
    let waited = before.elapsed();
    assert!(
        waited >= Duration::from_millis(250) && waited < Duration::from_millis(260),
        "{waited:?}"
    );

    process::send_after(self_pid(), 1_u32, Duration::from_millis(249));
    let came = receive! { _: u32 => true, after 250ms => false };
    assert!(came);
}

/// receive!: the time of `after` is counted from the start, however many messages come that no arm takes.
#[beamish::test(start_paused)]
async fn messages_that_do_not_fit_do_not_prolong_after() {
    for step in 1..=20 {
        process::send_after(self_pid(), "noise", Duration::from_millis(20 * step));
    }
    let before = tokio::time::Instant::now();
    receive! { _: u32 => panic!("never sent"), after 250ms => {} }
    let waited = before.elapsed();
    assert!(
        waited >= Duration::from_millis(250) && waited < Duration::from_millis(260),
        "{waited:?}"
    );
    assert_eq!(take::<&str>().await, Some("noise"));
}

/// receive!: `after 0` looks at all that is in the mailbox and waits for nothing.
#[beamish::test]
async fn after_zero_takes_what_is_there_and_does_not_wait() {
    let me = self_pid();
    assert_eq!(receive! { _: u32 => 1, after 0 => 2 }, 2);
    for _ in 0..100 {
        send(me, "noise");
    }
    send(me, 1_u32);
    assert_eq!(receive! { _: u32 => 1, after 0 => 2 }, 1);
    assert_eq!(receive! { _: u32 => 1, after 0 => 2 }, 2);
    assert_eq!(process::info(me).unwrap().message_queue_len, 100);
}

/// receive!: bodies may await, and receive themselves; the message is out of the mailbox by then.
#[beamish::test]
async fn body_of_an_arm_may_await_and_receive() {
    let me = self_pid();
    send(me, "outer");
    send(me, "inner");
    let got = receive! {
        outer: &str => {
            process::yield_now().await;
            let inner = receive! { inner: &str => inner };
            format!("{outer} {inner}")
        }
    };
    assert_eq!(got, "outer inner");
}

/// receive!: a receive that is dropped while it waits has taken nothing.
#[beamish::test]
async fn dropped_receive_loses_no_message() {
    for number in 0..100 {
        tokio::select! {
            biased;
            _ = process::receive::<&str>() => panic!("never sent"),
            () = process::yield_now() => {}
        }
        send(self_pid(), number);
    }
    for number in 0..100 {
        assert_eq!(next::<i32>().await, number);
    }
}

on_both_flavors! {
    receive_keeps_the_order_of_what_it_passes_over,
    receive_goes_on_waiting_when_nothing_fits,
}
