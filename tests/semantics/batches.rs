//! A server takes casts from its mailbox several at once, and hands them to plain functions: nobody can tell, but for
//! [`process::messages`].

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use beamish::prelude::*;
use beamish::sys;

/// What the server has handled, also when it is dead.
type Log = Arc<Mutex<Vec<u64>>>;

/// A message that says when it was dropped unhandled.
struct Load(Log, u64);

impl Drop for Load {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(self.1);
    }
}

#[genserver]
struct Sink {
    log: Log,
}

#[genserver]
impl Sink {
    #[init]
    fn init(log: Log) -> Self {
        Self { log }
    }

    #[handle_cast]
    fn put(&mut self, number: u64) {
        self.log.lock().unwrap().push(number);
    }

    /// Never handled in these tests.
    #[handle_cast]
    fn load(&mut self, load: Load) {
        drop(load);
    }

    /// How many messages wait, seen from inside.
    #[handle_cast]
    fn look(&mut self) {
        let waiting = process::info(process::self_pid()).unwrap();
        self.put(waiting.message_queue_len as u64);
    }

    #[handle_cast]
    fn forget(&mut self, mref: MonitorRef) {
        self.put(process::demonitor_flush(mref).into());
    }

    #[handle_cast]
    fn watch(&mut self, pid: Pid, told: tokio::sync::oneshot::Sender<MonitorRef>) {
        let _ = told.send(process::monitor(pid));
    }

    #[handle_cast]
    async fn listen(&mut self) {
        let number = receive! { number: u8 => number };
        self.put(number.into());
    }

    #[handle_cast]
    fn crash(&mut self) {
        panic!("told to");
    }

    #[handle_cast]
    fn kill(&mut self) {
        process::kill(process::self_pid());
    }

    #[handle_cast]
    fn leave(&mut self) -> NoReply {
        NoReply::stop(ExitReason::Normal)
    }

    #[handle_call(queued)]
    fn ask(&mut self, number: u64) -> u64 {
        self.put(number);
        number
    }

    #[handle_call]
    fn len(&self) -> usize {
        self.log.lock().unwrap().len()
    }

    #[handle_info]
    fn number(&mut self, number: u32) {
        self.put(number.into());
    }

    #[handle_info]
    fn down(&mut self, _down: Down) {
        self.put(1_000);
    }
}

async fn sink() -> (SinkRef, Pid, Log) {
    let log = Log::default();
    let sink = Sink::start(Arc::clone(&log)).await.unwrap();
    let pid = sink.pid().unwrap();
    (sink, pid, log)
}

fn logged(log: &Log) -> Vec<u64> {
    log.lock().unwrap().clone()
}

fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Of one sender, whatever they are, and however many there are between two that are no casts.
#[beamish::test]
async fn messages_of_all_kinds_keep_their_order_sig_1() {
    let (sink, pid, log) = sink().await;
    let mut requests = Vec::new();
    let mut all = 0..1_500_u64;
    let every = [1, 3, 5, 40, 200];
    for casts in every.iter().cycle() {
        for number in all.by_ref().take(*casts) {
            sink.put(number);
        }
        let (Some(info), Some(call)) = (all.next(), all.next()) else {
            break;
        };
        send(pid, u32::try_from(info).unwrap());
        requests.push(sink.ask(call).send_request());
    }
    for request in requests {
        request.await.unwrap();
    }
    // A call is made after the caller's own casts.
    sink.len().await.unwrap();
    assert_eq!(logged(&log), (0..1_500).collect::<Vec<_>>());
}

#[beamish::test]
async fn what_was_taken_and_not_handled_counts_as_waiting() {
    let (sink, pid, log) = sink().await;
    for _ in 0..300 {
        sink.look();
    }
    assert_eq!(process::info(pid).unwrap().message_queue_len, 300);
    assert_eq!(process::messages(pid).unwrap(), ["look"; 300]);
    assert_eq!(sink.len().await, Ok(300));
    // The call was the last.
    assert_eq!(logged(&log), (1..=300).rev().collect::<Vec<_>>());
    assert_eq!(process::info(pid).unwrap().message_queue_len, 0);
}

#[beamish::test]
async fn a_receive_in_a_handler_sees_what_came_later_and_keeps_the_order() {
    let (sink, pid, log) = sink().await;
    for number in 0..10 {
        sink.put(number);
    }
    sink.listen();
    for number in 20..30 {
        sink.put(number);
    }
    send(pid, 30_u32);
    send(pid, 10_u8);
    for number in 31..40 {
        sink.put(number);
    }
    sink.ask(40).await.unwrap();
    let expected: Vec<_> = (0..=10).chain(20..=40).collect();
    assert_eq!(logged(&log), expected);
}

/// What a plain function removes from the mailbox stands behind casts that were taken already.
#[beamish::test]
async fn a_handler_removes_a_down_that_came_later_mon_3() {
    let (sink, _, log) = sink().await;
    let other = process::spawn(std::future::pending::<()>());
    let (told, mref) = tokio::sync::oneshot::channel();
    sink.watch(other, told);
    let mref = mref.await.unwrap();
    // It ends after the casts were made and before the server runs: its `Down` comes last.
    process::kill(other);
    for number in 0..10 {
        sink.put(number);
    }
    sink.forget(mref);
    for number in 20..30 {
        sink.put(number);
    }
    sink.ask(30).await.unwrap();
    sink.ask(31).await.unwrap();
    // The monitor was off, and nothing is left of it.
    let expected: Vec<_> = (0..10).chain([0]).chain(20..=31).collect();
    assert_eq!(logged(&log), expected);
}

/// Casts, what ends the server, a call that is queued and more casts: nothing after the end is handled, all is dropped, and
/// the caller hears the reason.
async fn ends_in_the_middle(end: impl Fn(&SinkRef)) -> CallError {
    let (sink, pid, log) = sink().await;
    for number in 0..10 {
        sink.put(number);
    }
    end(&sink);
    for number in 100..110 {
        sink.load(Load(Arc::clone(&log), number));
    }
    let mut ask = sink.ask(1);
    assert!(poll_once(&mut ask).is_pending());
    for number in 110..120 {
        sink.load(Load(Arc::clone(&log), number));
    }
    let end = process::monitored(pid);
    let error = ask.await.unwrap_err();
    end.await;
    assert_eq!(logged(&log), (0..10).chain(100..120).collect::<Vec<_>>());
    error
}

#[beamish::test]
async fn a_panic_drops_what_was_taken_with_it_srv_7() {
    let CallError::Exit(info) = ends_in_the_middle(SinkRef::crash).await else {
        panic!("the caller heard nothing");
    };
    assert!(matches!(info.reason(), ExitReason::Panic(_)), "{info}");
}

#[beamish::test]
async fn a_kill_drops_what_was_taken_with_it() {
    let CallError::Exit(info) = ends_in_the_middle(SinkRef::kill).await else {
        panic!("the caller heard nothing");
    };
    assert!(matches!(info.reason(), ExitReason::Killed), "{info}");
}

#[beamish::test]
async fn a_stop_drops_what_was_taken_with_it() {
    let CallError::Exit(info) = ends_in_the_middle(SinkRef::leave).await else {
        panic!("the caller heard nothing");
    };
    assert!(matches!(info.reason(), ExitReason::Normal), "{info}");
}

#[beamish::test]
async fn a_server_that_is_suspended_between_casts_handles_no_more() {
    let (sink, pid, log) = sink().await;
    for number in 0..10 {
        sink.put(number);
    }
    let mut suspended = Box::pin(sys::suspend(&sink));
    assert!(poll_once(&mut suspended).is_pending());
    for number in 10..20 {
        sink.put(number);
    }
    suspended.await.unwrap();
    process::yield_now().await;
    assert_eq!(logged(&log), (0..10).collect::<Vec<_>>());
    assert_eq!(process::info(pid).unwrap().message_queue_len, 10);
    assert_eq!(process::messages(pid).unwrap(), ["put"; 10]);
    sys::resume(&sink).await.unwrap();
    sink.ask(20).await.unwrap();
    assert_eq!(logged(&log), (0..=20).collect::<Vec<_>>());
}

/// Others run in between, and then the server goes on where it was.
#[beamish::test]
async fn a_flood_lets_others_run() {
    let (sink, pid, log) = sink().await;
    for number in 0..1_000 {
        sink.put(number);
    }
    let (tell, looked) = tokio::sync::oneshot::channel();
    let seen = Arc::clone(&log);
    process::spawn(async move {
        let waiting = process::info(pid).unwrap().message_queue_len;
        let names = process::messages(pid).unwrap().len();
        let _ = tell.send((logged(&seen).len(), waiting, names));
    });
    let (handled, waiting, names) = looked.await.unwrap();
    assert!((1..1_000).contains(&handled), "{handled}");
    assert_eq!((handled + waiting, names), (1_000, waiting));
    sink.ask(1_000).await.unwrap();
    assert_eq!(logged(&log), (0..=1_000).collect::<Vec<_>>());
}

#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn casts_of_many_senders_keep_their_order_and_none_is_lost() {
    const SENDERS: u64 = 4;
    const EACH: u64 = 5_000;
    let (sink, pid, log) = sink().await;
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let sink = sink.clone();
            tokio::spawn(async move {
                for number in sender * EACH..(sender + 1) * EACH {
                    sink.put(number);
                    if number % 64 == 0 {
                        let waiting = process::info(pid).unwrap().message_queue_len;
                        assert!(waiting as u64 <= SENDERS * EACH);
                        assert!(sink.len().await.unwrap() as u64 <= SENDERS * EACH);
                    }
                }
                sink.len().await.unwrap();
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let log = logged(&log);
    assert_eq!(log.len() as u64, SENDERS * EACH);
    for sender in 0..SENDERS {
        let of_one = log.iter().filter(|number| **number / EACH == sender);
        assert!(of_one.is_sorted());
    }
}
