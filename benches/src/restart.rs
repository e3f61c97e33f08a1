//! *restart*: a server panics, its supervisor restarts it, and it answers a call (ours: by name): nanoseconds from the panic to
//! the answer. Raw: the task panics, its end is awaited, another is started and answers.
//!
//! *one_for_all*: one of 1,000 children panics, the others are ended, and all are started anew: nanoseconds a child, from the
//! panic until each has run its `init`. Raw: the tasks are aborted, all ends are awaited, then each is started in turn and its
//! word that it runs awaited.
//!
//! Reports of crashes go nowhere on all sides.

use std::time::Duration;

use crate::harness::Bench;
use crate::library::{OneForAll, Restarts, sides};

async fn restart<L: Restarts>(count: u64) -> Duration {
    L::restarts(count).await
}

const CHILDREN: u64 = 1_000;

async fn one_for_all<L: OneForAll>(count: u64) -> Duration {
    L::one_for_all(CHILDREN, count / CHILDREN).await
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
    // All sides crash, and that is not to print; what else panics is a fault of the bench.
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str() != Some("crash") {
            print(panic);
        }
    }));
}

/// Last of all: a subscriber costs each idle call a look at the current span.
pub fn run(bench: &mut Bench) {
    let _ = tracing::subscriber::set_global_default(Silence);
    bench.row(
        "panic, restart, answer",
        2_000,
        sides!(restart: Ractor, Kameo),
    );
    bench.row(
        "one_for_all of 1,000, a child",
        10 * CHILDREN,
        sides!(one_for_all: Kameo),
    );
}
