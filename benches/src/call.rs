//! Calls of one caller to one server, one after the other: nanoseconds from one answer to the next.
//!
//! Ours have the 5 s timeout in force, links and names available, counters on; the others have no timeout except in the rows
//! that say so, and raw has none of the rest. *idle*: nothing else in the mailbox, a plain `fn`. *queued*: the same through
//! the mailbox (for the others there is only one way). *by name*: the name is looked up at each call; raw has no names and
//! uses its handle. *async*: an `async fn`. `fetch` clones a key of 10 bytes and looks it up in a map of 1,024 entries.
//!
//! *64 callers*: as many tasks (ours: processes) call one server, each waiting for its answers; nanoseconds an answer.
//! *scatter*: one caller, `join_all` over 16 servers, each a plain `fn` of 100 µs.

use std::hint::black_box;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use beamish::prelude::*;

use crate::harness::{Bench, KEY, Side, entries};
use crate::library::{Library, Named, sides};
use crate::raw::Actor;
use crate::servers::{Answer, Queued, Store, StoreRef};

macro_rules! calls {
    ($name:ident, $server:ident => $call:expr, $answer:expr) => {
        async fn $name<L: Library>(count: u64) -> Duration {
            let $server = L::start(entries()).await;
            assert_eq!($call.await, $answer);
            let began = Instant::now();
            for _ in 0..count {
                black_box($call.await);
            }
            let took = began.elapsed();
            $server.stop().await;
            took
        }
    };
}

calls!(empty, server => server.empty(), 0);
calls!(empty_within, server => server.empty_within(), 0);
calls!(empty_queued, server => server.empty_queued(), 0);
calls!(empty_within_queued, server => server.empty_within_queued(), 0);
calls!(empty_async, server => server.empty_async(), 0);
calls!(fetch, server => server.fetch(KEY.to_owned()), Some(511));
calls!(fetch_queued, server => server.fetch_queued(KEY.to_owned()), Some(511));

async fn fetch_named<L: Named>(count: u64) -> Duration {
    let server = L::start_named(entries()).await;
    let began = Instant::now();
    for _ in 0..count {
        assert_eq!(
            black_box(server.fetch_named(KEY.to_owned()).await),
            Some(511)
        );
    }
    let took = began.elapsed();
    server.stop().await;
    took
}

/// Ours, of a server of its own.
async fn own_fetch_queued(count: u64) -> Duration {
    let server = Queued::start_link(entries()).await.expect("a start");
    let began = Instant::now();
    for _ in 0..count {
        let answer = Answer(server.fetch(KEY.to_owned())).await;
        assert_eq!(black_box(answer), Some(511));
    }
    let took = began.elapsed();
    server.stop().await.expect("a stop");
    took
}

const CALLERS: u64 = 64;

macro_rules! callers {
    ($name:ident, $server:ident => $call:expr) => {
        async fn $name<L: Library>(count: u64) -> Duration {
            let $server = L::start(entries()).await;
            let began = Instant::now();
            let mut callers = Vec::new();
            for caller in 0..CALLERS {
                let $server = $server.clone();
                let calls = count / CALLERS + u64::from(caller < count % CALLERS);
                callers.push(L::spawn(async move {
                    for _ in 0..calls {
                        assert_eq!(black_box($call.await), 0);
                    }
                }));
            }
            for caller in callers {
                caller.await;
            }
            let took = began.elapsed();
            $server.stop().await;
            took
        }
    };
}

callers!(callers, server => server.empty());
callers!(callers_queued, server => server.empty_queued());

/// A computation of about 100 µs.
pub fn spin() {
    let began = Instant::now();
    while began.elapsed() < Duration::from_micros(100) {
        std::hint::spin_loop();
    }
}

const SERVERS: usize = 16;

async fn scatter(count: u64) -> Duration {
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
}

async fn raw_scatter(count: u64) -> Duration {
    let mut actors = Vec::new();
    for _ in 0..SERVERS {
        actors.push(Actor::start(entries()).await);
    }
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
    bench.row("call, idle, empty", 100_000, sides!(empty));
    bench.row("call, idle, fetch", 50_000, sides!(fetch));
    bench.row(
        "call by name, fetch",
        50_000,
        sides!(fetch_named: Ractor, Kameo, Spawned),
    );
    bench.row(
        "call with a 5 s timeout, empty",
        50_000,
        sides!(empty_within),
    );
    bench.row("call, queued, empty", 50_000, sides!(empty_queued));
    let mut queued = sides!(fetch_queued);
    queued[0] = Side::new::<StoreRef, _>(own_fetch_queued);
    bench.row("call, queued, fetch", 50_000, queued);
    bench.row(
        "call with a 5 s timeout, queued",
        50_000,
        sides!(empty_within_queued),
    );
    bench.row("call, async fn, empty", 50_000, sides!(empty_async));
    bench.row("64 callers, one server", 50_000, sides!(callers));
    bench.row(
        "64 callers, one server, queued",
        50_000,
        sides!(callers_queued),
    );
    bench.row(
        "scatter: join_all over 16 servers of 100 µs",
        20,
        vec![
            Side::new::<StoreRef, _>(scatter),
            Side::new::<Actor, _>(raw_scatter),
        ],
    );
}
