//! A server panics, its supervisor restarts it, and it answers a call by name: nanoseconds from the panic to the answer.
//! Raw: the task panics, its end is awaited, another is started and answers. Reports of crashes go nowhere on both sides.

use std::time::{Duration, Instant};

use beamish::prelude::*;
use beamish::{ChildSpec, Strategy, Supervisor};

use crate::harness::{Bench, in_process};
use crate::raw::Actor;
use crate::servers::{Store, StoreRef};

async fn ours(count: u64) -> Duration {
    in_process(async move {
        let child = ChildSpec::new(|| Store::start_link(Default::default()).name("bench.store"));
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .max_restarts(u32::MAX)
            .child(child);
        let supervisor = supervisor.start_link().await.expect("a start");
        let store = StoreRef::to("bench.store");
        let began = Instant::now();
        for _ in 0..count {
            let pid = store.pid().expect("a holder");
            let ended = process::monitored(pid);
            store.crash();
            ended.await;
            store
                .when_up(Duration::from_secs(5))
                .await
                .expect("a successor");
            store.empty().await.expect("an answer");
        }
        let took = began.elapsed();
        supervisor.stop().await.expect("a stop");
        took
    })
    .await
}

async fn raw(count: u64) -> Duration {
    let mut actor = Actor::start(Default::default());
    let began = Instant::now();
    for _ in 0..count {
        actor.crash();
        actor.closed().await;
        actor = Actor::start(Default::default());
        actor.empty().await;
    }
    began.elapsed()
}

struct Silence;

impl tracing::Subscriber for Silence {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        false
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// Before anything runs, so that our hook is set above this one.
pub fn silence() {
    // Both sides panic, and neither is to print.
    std::panic::set_hook(Box::new(|_| {}));
    let _ = tracing::subscriber::set_global_default(Silence);
}

pub fn run(bench: &mut Bench) {
    bench.row("panic, restart, answer", 2_000, ours, raw);
}
