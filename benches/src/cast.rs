//! Casts, and one call at the end that waits until all are handled: nanoseconds a cast.
//!
//! *one producer*, *two producers* (two tasks, ours: processes) to one server; *100 servers*: one producer casts to each in
//! turn, and calls each at the end.

use std::time::{Duration, Instant};

use crate::harness::Bench;
use crate::library::{Library, sides};

async fn one<L: Library>(count: u64) -> Duration {
    let server = L::start(Default::default()).await;
    let began = Instant::now();
    for _ in 0..count {
        server.add(1).await;
    }
    assert_eq!(server.empty_queued().await, count);
    let took = began.elapsed();
    server.stop().await;
    took
}

async fn two<L: Library>(count: u64) -> Duration {
    let server = L::start(Default::default()).await;
    let began = Instant::now();
    let producers = [count / 2, count - count / 2].map(|casts| {
        let server = server.clone();
        L::spawn(async move {
            for _ in 0..casts {
                server.add(1).await;
            }
        })
    });
    for producer in producers {
        producer.await;
    }
    assert_eq!(server.empty_queued().await, count);
    let took = began.elapsed();
    server.stop().await;
    took
}

const SERVERS: u64 = 100;

async fn in_turn<L: Library>(count: u64) -> Duration {
    let mut servers = Vec::new();
    for _ in 0..SERVERS {
        servers.push(L::start(Default::default()).await);
    }
    let began = Instant::now();
    for server in servers.iter().cycle().take(count as usize) {
        server.add(1).await;
    }
    let mut handled = 0;
    for server in &servers {
        handled += server.empty_queued().await;
    }
    let took = began.elapsed();
    assert_eq!(handled, count);
    for server in servers {
        server.stop().await;
    }
    took
}

pub fn run(bench: &mut Bench) {
    bench.row("cast, one producer", 1_000_000, sides!(one));
    bench.row("cast, two producers", 1_000_000, sides!(two));
    bench.row("cast, 100 servers in turn", 1_000_000, sides!(in_turn));
}
