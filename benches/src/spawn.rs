//! Starting 100,000 servers one after the other, each waited for until its `init` has run, and ending them one after the
//! other, each waited for until it is gone: nanoseconds a server.
//!
//! Ours are linked to the starter. Raw sends a word from its task once it has its state. xtra, actix and spawned have no way
//! to wait for a start, and are called once.

use std::time::{Duration, Instant};

use crate::harness::Bench;
use crate::library::{Library, sides};

async fn servers<L: Library>(count: u64) -> Vec<L> {
    let mut servers = Vec::with_capacity(count as usize);
    for _ in 0..count {
        servers.push(L::start(Default::default()).await);
    }
    servers
}

async fn start<L: Library>(count: u64) -> Duration {
    let began = Instant::now();
    let servers = servers::<L>(count).await;
    assert_eq!(servers.len() as u64, count);
    // They end with the runtime.
    began.elapsed()
}

async fn stop<L: Library>(count: u64) -> Duration {
    let servers = servers::<L>(count).await;
    let began = Instant::now();
    for server in servers {
        server.stop().await;
    }
    began.elapsed()
}

pub fn run(bench: &mut Bench) {
    bench.row("start, linked, init waited for", 100_000, sides!(start));
    bench.row("stop, end waited for", 100_000, sides!(stop));
}
