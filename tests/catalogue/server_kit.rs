//! A server that does as it is told.

use beamish::prelude::*;
use tokio::sync::oneshot;

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
