//! Starting servers, each waited for until its `init` has run and linked to the starter: nanoseconds a server.
//! Raw starts a task with a channel and waits for its first answer.

use std::time::{Duration, Instant};

use crate::harness::{Bench, in_process};
use crate::raw::Actor;
use crate::servers::Store;

async fn ours(count: u64) -> Duration {
    in_process(async move {
        let mut servers = Vec::with_capacity(count as usize);
        let began = Instant::now();
        for _ in 0..count {
            servers.push(
                Store::start_link(Default::default())
                    .await
                    .expect("a start"),
            );
        }
        began.elapsed()
    })
    .await
}

async fn raw(count: u64) -> Duration {
    let mut actors = Vec::with_capacity(count as usize);
    let began = Instant::now();
    for _ in 0..count {
        let actor = Actor::start(Default::default());
        actor.empty().await;
        actors.push(actor);
    }
    began.elapsed()
}

pub fn run(bench: &mut Bench) {
    bench.row("start, linked, init waited for", 20_000, ours, raw);
}
