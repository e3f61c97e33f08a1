//! Mailboxes with a bound: what counts, and what becomes of a call or cast when there is no room.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use beamish::prelude::*;
use beamish::sys;
use tokio::sync::oneshot;

/// A server whose mailbox holds three calls and casts, and that can be held up in a handler.
macro_rules! desk {
    ($desk:ident, $on_full:ident) => {
        #[genserver(trap_exit)]
        struct $desk {
            log: Vec<u64>,
        }

        #[genserver(
                                                    mailbox = bounded(3, on_full = $on_full),
                                                    message(derive(Debug, PartialEq))
                                                )]
        impl $desk {
            #[init]
            fn init() -> Self {
                Self { log: Vec::new() }
            }

            #[handle_cast]
            fn put(&mut self, number: u64) {
                self.log.push(number);
            }

            #[handle_call(queued)]
            fn ask(&mut self, number: u64) -> u64 {
                self.log.push(number);
                number
            }

            #[handle_call]
            fn len(&self) -> usize {
                self.log.len()
            }

            #[handle_info]
            async fn hold(&mut self, Hold { entered, leave }: Hold) {
                let _ = entered.send(());
                let _ = leave.await;
            }

            #[handle_info]
            async fn listen(&mut self, Listen(entered): Listen) {
                let _ = entered.send(());
                self.log.push(receive! { number: u8 => number.into() });
            }

            #[handle_info]
            fn number(&mut self, number: u32) {
                self.log.push(number.into());
            }

            #[handle_info]
            fn exit(&mut self, exit: Exit) {
                self.log.push(exit.reason.is_shutdown().into());
            }
        }

        impl $desk {
            /// What was handled until now, by a system request, which needs no room.
            async fn log(desk: &impl Server<Of = Self>) -> Vec<u64> {
                let log = sys::with_state(desk, |desk: &Self| desk.log.clone());
                log.await.unwrap()
            }
        }
    };
}

struct Hold {
    entered: oneshot::Sender<()>,
    leave: oneshot::Receiver<()>,
}

struct Listen(oneshot::Sender<()>);

desk!(Waits, wait);
desk!(Refuses, refuse);
desk!(DropsOldest, drop_oldest);
desk!(DropsNewest, drop_newest);

/// Holds a server up until what this gives is used or dropped.
async fn hold(server: &impl Server) -> oneshot::Sender<()> {
    let (entered, has_entered) = oneshot::channel();
    let (go, leave) = oneshot::channel();
    send(server.pid().unwrap(), Hold { entered, leave });
    has_entered.await.unwrap();
    go
}

fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[beamish::test]
async fn what_is_refused_comes_back_and_all_else_is_let_in() {
    let desk = Refuses::start().await.unwrap();
    let pid = desk.pid().unwrap();
    // Twice: what is taken out leaves exactly its room behind.
    for _ in 0..2 {
        let go = hold(&desk).await;
        for number in 1..=3 {
            desk.put(number).unwrap();
        }
        let full = desk.put(4).unwrap_err();
        assert_eq!(full.to_string(), "the mailbox of the server is full");
        assert_eq!(full.into_inner(), RefusesMessage::Put { number: 4 });
        let refused = desk.ask(5).await;
        assert!(matches!(refused, Err(CallError::Full(_))), "{refused:?}");
        assert_eq!(
            refused.unwrap_err().to_string(),
            format!("call of `ask` at {pid} failed: the mailbox of the server is full")
        );
        // What does not count: messages of other types, exit signals, system requests, stops.
        send(pid, 6_u32);
        process::exit(pid, ExitReason::Shutdown);
        let mut log = Box::pin(Refuses::log(&desk));
        assert!(poll_once(&mut log).is_pending());
        go.send(()).unwrap();
        let log = log.await;
        assert!(log.ends_with(&[1, 2, 3, 6, 1]), "{log:?}");
    }
    let go = hold(&desk).await;
    for number in 1..=3 {
        desk.put(number).unwrap();
    }
    let mut stop = desk.stop();
    assert!(poll_once(&mut stop).is_pending());
    go.send(()).unwrap();
    stop.await.unwrap();
    // To a dead process nothing is sent, and nothing is refused.
    assert_eq!(desk.put(1), Ok(()));
    assert!(matches!(desk.ask(1).await, Err(CallError::NoProc(_))));
}

#[beamish::test]
async fn the_newest_is_dropped() {
    let desk = DropsNewest::start().await.unwrap();
    let go = hold(&desk).await;
    for number in 1..=5 {
        let () = desk.put(number);
    }
    assert!(matches!(desk.ask(6).await, Err(CallError::Full(_))));
    go.send(()).unwrap();
    assert_eq!(DropsNewest::log(&desk).await, [1, 2, 3]);
}

#[beamish::test]
async fn the_oldest_is_dropped_and_a_call_among_them_is_told() {
    let desk = DropsOldest::start().await.unwrap();
    let go = hold(&desk).await;
    for number in 1..=5 {
        let () = desk.put(number);
    }
    let mut ask = desk.ask(6);
    assert!(poll_once(&mut ask).is_pending());
    for number in 7..=8 {
        desk.put(number);
    }
    assert!(poll_once(&mut ask).is_pending());
    // Now the call is the oldest.
    desk.put(9);
    let Poll::Ready(Err(CallError::Full(info))) = poll_once(&mut ask) else {
        panic!("the call was not told");
    };
    assert_eq!(info.operation(), "ask");
    go.send(()).unwrap();
    assert_eq!(DropsOldest::log(&desk).await, [7, 8, 9]);
}

/// While a server is suspended or receives by itself, what waits is looked through, and the oldest is there.
#[beamish::test]
async fn the_oldest_is_dropped_where_it_was_looked_at() {
    let desk = DropsOldest::start().await.unwrap();
    let pid = desk.pid().unwrap();
    let waiting = || process::info(pid).unwrap().message_queue_len;
    sys::suspend(&desk).await.unwrap();
    for number in 1..=3 {
        desk.put(number);
    }
    assert!(DropsOldest::log(&desk).await.is_empty());
    for number in 4..=5 {
        desk.put(number);
        assert_eq!(waiting(), 3);
    }
    send(pid, 6_u32);
    assert_eq!(waiting(), 4);
    sys::resume(&desk).await.unwrap();
    assert_eq!(DropsOldest::log(&desk).await, [3, 4, 5, 6]);

    let (entered, has_entered) = oneshot::channel();
    send(pid, Listen(entered));
    has_entered.await.unwrap();
    for number in 7..=9 {
        desk.put(number);
    }
    // It looks through its mailbox for each message that comes.
    send(pid, 10_u32);
    process::yield_now().await;
    desk.put(11);
    desk.put(12);
    send(pid, 13_u8);
    assert_eq!(
        DropsOldest::log(&desk).await,
        [3, 4, 5, 6, 13, 9, 10, 11, 12]
    );

    let go = hold(&desk).await;
    for number in 1..=4 {
        desk.put(number);
    }
    go.send(()).unwrap();
    let log = DropsOldest::log(&desk).await;
    assert!(log.ends_with(&[12, 2, 3, 4]), "{log:?}");
}

#[beamish::test(start_paused)]
async fn a_sender_waits_for_room_in_its_turn() {
    let desk = Waits::start().await.unwrap();
    let go = hold(&desk).await;
    for number in 1..=3 {
        desk.put(number).await;
    }
    let (mut fourth, mut given_up, mut sixth) = (desk.put(4), desk.put(5), desk.ask(6));
    assert!(poll_once(&mut fourth).is_pending());
    assert!(poll_once(&mut given_up).is_pending());
    assert!(poll_once(&mut sixth).is_pending());
    drop(given_up);
    // A call whose time is over before there is room is not sent.
    let late = desk.ask(7).timeout(Duration::from_millis(10)).await;
    assert!(matches!(late, Err(CallError::Timeout(_))), "{late:?}");
    let mut request = desk.ask(8).send_request();
    assert_eq!(request.check_response(), None);
    // A plain cast cannot wait.
    desk.server_ref().cast(WaitsMessage::Put { number: 9 });
    go.send(()).unwrap();
    let ((), sixth, eighth) = tokio::join!(fourth, sixth, request);
    assert_eq!((sixth, eighth), (Ok(6), Ok(8)));
    let mut log = Waits::log(&desk).await;
    // Who got room first is not always who sends first.
    log[3..].sort_unstable();
    assert_eq!(log, [1, 2, 3, 4, 6, 8]);
}

#[beamish::test]
async fn who_waits_for_room_hears_of_the_end() {
    let desk = Waits::start().await.unwrap();
    let _held = hold(&desk).await;
    let mut queued = desk.ask(1);
    assert!(poll_once(&mut queued).is_pending());
    for number in 2..=3 {
        desk.put(number).await;
    }
    let (mut cast, mut call) = (desk.put(4), desk.ask(5));
    assert!(poll_once(&mut cast).is_pending());
    assert!(poll_once(&mut call).is_pending());
    process::kill(desk.pid().unwrap());
    cast.await;
    for told in [queued.await, call.await] {
        let Err(CallError::Exit(info)) = told else {
            panic!("a call was not told: {told:?}");
        };
        assert!(matches!(info.reason(), ExitReason::Killed), "{info}");
    }
    desk.put(6).await;
}

/// SIG-2: nothing is sent to a server that is to end, however much of it, and callers hear of the end.
macro_rules! what_comes_for_a_server_that_is_to_end {
    ($($test:ident: $desk:ident, $message:ident;)*) => {$(
        #[beamish::test]
        async fn $test() {
            let desk = $desk::start().await.unwrap();
            let pid = desk.pid().unwrap();
            process::kill(pid);
            // More than it has room for, before it could run.
            for number in 0..10 {
                desk.server_ref().cast($message::Put { number });
            }
            for _ in 0..10 {
                let mut ask = desk.ask(1);
                assert!(poll_once(&mut ask).is_pending());
            }
            let told = desk.ask(1).await;
            let Err(CallError::Exit(info)) = told else {
                panic!("the call was not told: {told:?}");
            };
            assert!(matches!(info.reason(), ExitReason::Killed), "{info}");
        }
    )*};
}

what_comes_for_a_server_that_is_to_end! {
    nothing_waits_for_a_server_that_is_to_end: Waits, WaitsMessage;
    nothing_is_refused_by_a_server_that_is_to_end: Refuses, RefusesMessage;
    nothing_gives_way_at_a_server_that_is_to_end: DropsOldest, DropsOldestMessage;
    nothing_is_full_at_a_server_that_is_to_end: DropsNewest, DropsNewestMessage;
}

#[beamish::test]
async fn a_plain_thread_waits_for_room() {
    let desk = Waits::start().await.unwrap();
    let go = hold(&desk).await;
    for number in 1..=3 {
        desk.put(number).await;
    }
    let client = desk.clone();
    let (sent, is_sent) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        client.put(4).blocking();
        let _ = sent.send(client.ask(5).blocking());
    });
    go.send(()).unwrap();
    assert_eq!(is_sent.await, Ok(Ok(5)));
    thread.join().unwrap();
    assert_eq!(Waits::log(&desk).await, [1, 2, 3, 4, 5]);
}

/// A call that its caller runs is in no mailbox and takes no room.
#[beamish::test]
async fn an_idle_server_is_called_at_once() {
    let desk = Refuses::start().await.unwrap();
    desk.put(1).unwrap();
    assert_eq!(desk.len().await, Ok(1));
    while poll_once(&mut desk.len()).is_pending() {
        process::yield_now().await;
    }
    for _ in 0..10 {
        assert_eq!(poll_once(&mut desk.len()), Poll::Ready(Ok(1)));
    }
    let go = hold(&desk).await;
    for number in 2..=4 {
        desk.put(number).unwrap();
    }
    assert!(desk.put(5).is_err());
    go.send(()).unwrap();
    assert_eq!(Refuses::log(&desk).await, [1, 2, 3, 4]);
}

const PRODUCERS: u64 = 4;
const EACH: u64 = 2_000;

/// Whether the numbers of each producer are in their order.
fn in_order(log: &[u64]) -> bool {
    (0..PRODUCERS).all(|producer| {
        let of_one = log.iter().filter(|number| **number / EACH == producer);
        of_one.is_sorted()
    })
}

#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_where_senders_wait() {
    let desk = Waits::start().await.unwrap();
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let desk = desk.clone();
            tokio::spawn(async move {
                for number in 0..EACH {
                    desk.put(producer * EACH + number).await;
                }
            })
        })
        .collect();
    for producer in producers {
        producer.await.unwrap();
    }
    let log = Waits::log(&desk).await;
    assert_eq!(log.len() as u64, PRODUCERS * EACH);
    assert!(in_order(&log));
}

#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_senders_share_the_room_of_the_oldest() {
    let desk = DropsOldest::start().await.unwrap();
    let pid = desk.pid().unwrap();
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let desk = desk.clone();
            tokio::spawn(async move {
                for number in 0..EACH {
                    desk.put(producer * EACH + number);
                    assert!(process::info(pid).unwrap().message_queue_len <= 3);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for producer in producers {
        producer.await.unwrap();
    }
    let log = DropsOldest::log(&desk).await;
    assert!(in_order(&log));
    // The bound is what it was.
    let go = hold(&desk).await;
    for number in 1..=4 {
        desk.put(number);
    }
    go.send(()).unwrap();
    let log = DropsOldest::log(&desk).await;
    assert_eq!(log[log.len() - 3..], [2, 3, 4]);
    assert_ne!(log.get(log.len().wrapping_sub(4)), Some(&1));
}
