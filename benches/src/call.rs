//! Calls of one caller to one server, one after the other: nanoseconds from one answer to the next.
//!
//! Ours have the 5 s timeout in force, links and names available, counters on; raw has none of that.
//! *idle*: nothing else in the mailbox, a plain `fn`. *queued*: the same through the mailbox. *async*: an `async fn`.
//! *scatter*: one caller, `join_all` over 16 servers, each a plain `fn` of 100 µs.

use std::hint::black_box;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::harness::{Bench, KEY, entries, in_process};
use crate::raw::Actor;
use crate::servers::{Store, StoreRef};

macro_rules! ours {
    ($name:ident, $server:ident => $call:expr) => {
        async fn $name(count: u64) -> Duration {
            in_process(async move {
                let $server: StoreRef = Store::start(entries()).await.expect("a start");
                let began = Instant::now();
                for _ in 0..count {
                    black_box($call.await.expect("an answer"));
                }
                began.elapsed()
            })
            .await
        }
    };
}

macro_rules! raw {
    ($name:ident, $actor:ident => $call:expr) => {
        async fn $name(count: u64) -> Duration {
            let $actor = Actor::start(entries());
            let began = Instant::now();
            for _ in 0..count {
                black_box($call.await);
            }
            began.elapsed()
        }
    };
}

ours!(empty, server => server.empty());
ours!(empty_queued, server => server.empty_queued());
ours!(empty_async, server => server.empty_async());
ours!(fetch, server => server.fetch(KEY.to_owned()));
ours!(fetch_queued, server => server.fetch_queued(KEY.to_owned()));
raw!(raw_empty, actor => actor.empty());
raw!(raw_fetch, actor => actor.fetch(KEY.to_owned()));

/// A computation of about 100 µs.
pub fn spin() {
    let began = Instant::now();
    while began.elapsed() < Duration::from_micros(100) {
        std::hint::spin_loop();
    }
}

const SERVERS: usize = 16;

async fn scatter(count: u64) -> Duration {
    in_process(async move {
        let mut servers = Vec::new();
        for _ in 0..SERVERS {
            servers.push(Store::start(entries()).await.expect("a start"));
        }
        let began = Instant::now();
        for _ in 0..count {
            let mut calls: Vec<_> = servers.iter().map(StoreRef::spin).collect();
            join_all(&mut calls).await;
        }
        began.elapsed()
    })
    .await
}

async fn raw_scatter(count: u64) -> Duration {
    let actors: Vec<_> = (0..SERVERS).map(|_| Actor::start(entries())).collect();
    let began = Instant::now();
    for _ in 0..count {
        let mut calls: Vec<_> = actors.iter().map(Actor::spin).collect();
        join_all(&mut calls).await;
    }
    began.elapsed()
}

/// Polls all until all are ready.
async fn join_all<F: Future + Unpin>(calls: &mut Vec<F>) {
    std::future::poll_fn(|cx| {
        calls.retain_mut(|call| Pin::new(call).poll(cx).is_pending());
        if calls.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

pub fn run(bench: &mut Bench) {
    bench.row("call, idle, empty", 1_000_000, empty, raw_empty);
    bench.row("call, idle, fetch", 500_000, fetch, raw_fetch);
    bench.row("call, queued, empty", 200_000, empty_queued, raw_empty);
    bench.row("call, queued, fetch", 200_000, fetch_queued, raw_fetch);
    bench.row("call, async fn, empty", 200_000, empty_async, raw_empty);
    bench.row(
        "scatter: join_all over 16 servers of 100 µs",
        100,
        scatter,
        raw_scatter,
    );
}
