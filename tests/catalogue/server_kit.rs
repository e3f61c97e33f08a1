//! A server that does as it is told, and what is reported by `tracing`.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex};

use beamish::prelude::*;
use tokio::sync::oneshot;
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber, field, span};

/// A stack of numbers.
#[genserver]
#[derive(Clone)]
pub(crate) struct Stack {
    items: Vec<u32>,
}

#[genserver]
impl Stack {
    #[init]
    fn init(items: Vec<u32>) -> Self {
        Self { items }
    }

    #[handle_call]
    pub(crate) fn pop(&mut self) -> Option<u32> {
        self.items.pop()
    }

    #[handle_cast]
    pub(crate) fn push(&mut self, item: u32) {
        self.items.push(item);
    }

    /// Handles nothing else until it is told so, and then ends if a reason is given.
    #[handle_cast]
    pub(crate) async fn pause(
        &mut self,
        reached: oneshot::Sender<()>,
        told: oneshot::Receiver<Option<ExitReason>>,
    ) -> NoReply {
        let _ = reached.send(());
        match told.await {
            Ok(Some(reason)) => NoReply::stop(reason),
            _ => NoReply::ok(),
        }
    }

    #[handle_cast]
    pub(crate) fn hibernate(&mut self) -> NoReply {
        NoReply::ok().hibernate()
    }

    #[handle_cast]
    pub(crate) fn end(&mut self, reason: ExitReason) -> NoReply {
        NoReply::stop(reason)
    }

    #[handle_cast]
    pub(crate) fn crash(&mut self) {
        panic!("as told");
    }
}

impl Stack {
    pub(crate) fn items(&self) -> &[u32] {
        &self.items
    }
}

/// Lets a stack pause. It does when this is ready, and goes on when the sender says so.
pub(crate) async fn paused(stack: &StackRef) -> oneshot::Sender<Option<ExitReason>> {
    let (reached, on_reached) = oneshot::channel();
    let (tell, told) = oneshot::channel();
    stack.pause(reached, told);
    crate::kit::soon(on_reached).await.unwrap();
    tell
}

/// What is told to `tracing` by this thread, each as `target field=value …`.
#[derive(Clone, Default)]
pub(crate) struct Reports(Arc<Mutex<Vec<String>>>);

impl Reports {
    /// Listens from now on, as long as the guard lives.
    pub(crate) fn listen() -> (Self, DefaultGuard) {
        let reports = Self::default();
        crate::listening::offer_every_event();
        (reports.clone(), tracing::subscriber::set_default(reports))
    }

    /// The reports with this target about a process.
    pub(crate) fn about(&self, target: &str, pid: Pid) -> Vec<String> {
        let pid = format!(" pid={pid} ");
        let mut all = self.0.lock().unwrap().clone();
        all.retain(|report| report.starts_with(&format!("{target} ")) && report.contains(&pid));
        all
    }
}

struct Fields(String);

impl field::Visit for Fields {
    fn record_debug(&mut self, field: &field::Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Reports {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(event.metadata().target().to_owned());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
