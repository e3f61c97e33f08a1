//! Streams as messages.

#![allow(
    clippy::unwrap_used,
    reason = "helpers and servers of tests fail as tests do"
)]

use std::pin::Pin;
use std::task::{Context, Poll};

use beamish::prelude::*;
use beamish::process::{Closed, forward};
use futures_core::Stream;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::signals::{corpse, end_of, idle, next, on_both_flavors, soon, take};

/// What a test sends it.
struct Items(UnboundedReceiver<u32>);

fn items() -> (UnboundedSender<u32>, Items) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, Items(receiver))
}

impl Stream for Items {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
        self.0.poll_recv(cx)
    }
}

/// Is always ready, until its `left` are used up: then it panics.
struct Ready {
    left: u64,
}

impl Stream for Ready {
    type Item = u64;

    fn poll_next(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<u64>> {
        self.left = self.left.checked_sub(1).expect("on purpose");
        Poll::Ready(Some(self.left))
    }
}

#[genserver]
struct Reader {
    read: Vec<u32>,
    witness: Pid,
}

#[genserver]
impl Reader {
    #[init]
    fn init(items: Items, witness: Pid) -> Self {
        forward(items, &ReaderRef::this());
        Self {
            read: Vec::new(),
            witness,
        }
    }

    #[handle_info]
    fn item(&mut self, item: u32) {
        self.read.push(item);
    }

    #[handle_info]
    fn closed(&mut self, _closed: Closed) -> NoReply {
        send(self.witness, std::mem::take(&mut self.read));
        NoReply::stop(ExitReason::Normal)
    }
}

/// FWD-1: each item comes, in order, and then `Closed`; the process that did it has done its work.
async fn items_come_in_order_and_then_that_it_is_over() {
    let (sender, items) = items();
    let from = forward(items, self_pid());
    assert_eq!(process::info(from).unwrap().links, [self_pid()]);
    for number in 0..1_000 {
        sender.send(number).unwrap();
    }
    for number in 0..500 {
        assert_eq!(next::<u32>().await, number);
    }
    assert!(process::alive(from));
    let end = end_of(from);
    drop(sender);
    let closed = next::<Closed>().await;
    assert_eq!(closed.from, from);
    for number in 500..1_000 {
        assert_eq!(take::<u32>().await, Some(number));
    }
    assert_eq!(end.await, ExitReason::Normal);
}

/// FWD-1: a server gets the items in the handler of their type.
async fn server_gets_the_items_of_its_stream() {
    let (sender, items) = items();
    let reader = soon(Reader::start_link(items, self_pid())).await.unwrap();
    for number in [1, 2, 3] {
        sender.send(number).unwrap();
    }
    let end = end_of(reader.pid().unwrap());
    drop(sender);
    assert_eq!(next::<Vec<u32>>().await, [1, 2, 3]);
    assert_eq!(end.await, ExitReason::Normal);
}

/// FWD-2: with the process that the items are for, all is over: the stream is dropped.
async fn stream_ends_with_the_process_it_is_for() {
    let (sender, items) = items();
    let target = idle();
    let from = forward(items, target);
    let end = end_of(from);
    sender.send(1).unwrap();
    process::kill(target);
    assert_eq!(end.await, ExitReason::Normal);
    soon(sender.closed()).await;
}

/// FWD-2: for a process that has ended nothing begins.
async fn stream_for_the_dead_is_dropped() {
    let (sender, items) = items();
    forward(items, corpse().await);
    soon(sender.closed()).await;
}

/// FWD-2: the process that forwards is linked to the one that asked for it, whose end it shares.
async fn stream_ends_with_who_asked_for_it() {
    let (sender, items) = items();
    let target = self_pid();
    spawn(async move {
        forward(items, target);
        exit(ExitReason::Shutdown);
    });
    soon(sender.closed()).await;
    assert_eq!(take::<Closed>().await, None);
}

/// FWD-2: a stream that panics crashes the process that forwards it, and so who asked for it.
async fn stream_that_panics_is_a_crash() {
    process::trap_exit(true);
    let from = forward(Ready { left: 3 }, self_pid());
    let exit = next::<Exit>().await;
    assert_eq!(exit.from, from);
    assert!(
        matches!(exit.reason, ExitReason::Panic(_)),
        "{:?}",
        exit.reason
    );
    for left in [2, 1, 0] {
        assert_eq!(take::<u64>().await, Some(left));
    }
    assert_eq!(take::<Closed>().await, None);
}

/// FWD-2: a stream that is always ready lets others run, and can be ended.
async fn stream_that_is_always_ready_can_be_ended() {
    let sink = spawn(async {
        loop {
            process::receive::<u64>().await;
        }
    });
    process::trap_exit(true);
    let from = forward(Ready { left: u64::MAX }, sink);
    process::yield_now().await;
    process::exit(from, ExitReason::Shutdown);
    let exit = next::<Exit>().await;
    assert_eq!((exit.from, exit.reason), (from, ExitReason::Shutdown));
    process::kill(sink);
}

/// FWD-3: a name is looked up for each item.
async fn items_to_a_name_go_to_who_holds_it() {
    let (sender, items) = items();
    let from = forward(items, "reader");
    let end = end_of(from);
    let first = idle();
    process::register("reader", first).unwrap();
    sender.send(1).unwrap();
    while process::info(first).unwrap().message_queue_len == 0 {
        process::yield_now().await;
    }
    process::kill(first);
    end_of(first).await;
    process::register("reader", self_pid()).unwrap();
    sender.send(2).unwrap();
    assert_eq!(next::<u32>().await, 2);
    drop(sender);
    assert_eq!(next::<Closed>().await.from, from);
    assert_eq!(end.await, ExitReason::Normal);
}

on_both_flavors! {
    items_come_in_order_and_then_that_it_is_over,
    server_gets_the_items_of_its_stream,
    stream_ends_with_the_process_it_is_for,
    stream_for_the_dead_is_dropped,
    stream_ends_with_who_asked_for_it,
    stream_that_panics_is_a_crash,
    stream_that_is_always_ready_can_be_ended,
    items_to_a_name_go_to_who_holds_it,
}
