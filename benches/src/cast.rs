//! Casts of one producer to one server, and one call at the end that waits until all are handled: nanoseconds a cast.

use std::time::{Duration, Instant};

use crate::harness::{Bench, in_process};
use crate::raw::Actor;
use crate::servers::Store;

async fn ours(count: u64) -> Duration {
    in_process(async move {
        let server = Store::start(Default::default()).await.expect("a start");
        let began = Instant::now();
        for _ in 0..count {
            server.add(1);
        }
        assert_eq!(server.empty().infinity().await, Ok(count));
        began.elapsed()
    })
    .await
}

async fn raw(count: u64) -> Duration {
    let actor = Actor::start(Default::default());
    let began = Instant::now();
    for _ in 0..count {
        actor.add(1);
    }
    assert_eq!(actor.empty().await, count);
    began.elapsed()
}

pub fn run(bench: &mut Bench) {
    bench.row("cast, one producer", 1_000_000, ours, raw);
}
