//! Listening to `tracing` on one thread of several.

use std::sync::LazyLock;

use tracing::{Dispatch, Event, Metadata, Subscriber, span};

/// Lets every event be offered to the thread that it happens on.
///
/// While there is one subscriber only, `tracing` asks the thread that meets an event first whether it is wanted, and remembers
/// the answer for all: a thread without a subscriber would turn the event off for one that listens. With more of them it asks
/// the subscribers.
pub(crate) fn offer_every_event() {
    static KEPT: LazyLock<[Dispatch; 2]> =
        LazyLock::new(|| [Dispatch::new(Wants), Dispatch::new(Wants)]);
    LazyLock::force(&KEPT);
}

/// Wants every event, and is the subscriber of no thread.
struct Wants;

impl Subscriber for Wants {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
