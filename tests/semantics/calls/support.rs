//! What the tests of servers share.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use beamish::prelude::*;
use tokio::sync::{Semaphore, mpsc};

/// The same test on one thread and on several.
macro_rules! both_flavors {
    ($($(#[$meta:meta])* async fn $name:ident() { $($body:tt)* })*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "not every test names something of the module")]
            use super::*;

            #[beamish::test]
            async fn on_one_thread() { $($body)* }

            #[beamish::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_several_threads() { $($body)* }
        }
    )*};
}
pub(crate) use both_flavors;

/// Polls a future once.
pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
}

/// Fails if there is a message of any kind in the test's mailbox.
pub(crate) async fn assert_mailbox_empty() {
    receive! {
        info: Info => panic!("unexpected message: {info:?}, {:?} {:?}", info.downcast_ref::<Exit>(), info.downcast_ref::<Down>()),
        after 0 => {}
    }
}

/// A door that is closed until it is opened for all.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub(crate) fn open(&self) {
        self.0.close();
    }

    pub(crate) async fn wait(&self) {
        drop(self.0.acquire().await);
    }
}

/// Where a server writes what happens in it.
#[derive(Clone, Debug)]
pub(crate) struct Log(mpsc::UnboundedSender<String>);

impl Log {
    pub(crate) fn write(&self, line: impl Into<String>) {
        let _ = self.0.send(line.into());
    }
}

/// What was written to a [`Log`].
#[derive(Debug)]
pub(crate) struct Seen(mpsc::UnboundedReceiver<String>);

impl Seen {
    /// Waits for the next line.
    pub(crate) async fn next(&mut self) -> String {
        self.0
            .recv()
            .await
            .expect("nobody is left to write to the log")
    }

    /// What was written until now and not read.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }
}

pub(crate) fn log() -> (Log, Seen) {
    let (log, seen) = mpsc::unbounded_channel();
    (Log(log), Seen(seen))
}

/// Writes to the log when it is dropped.
#[derive(Debug)]
pub(crate) struct DropMark(pub(crate) Log);

impl Drop for DropMark {
    fn drop(&mut self) {
        self.0.write("dropped");
    }
}

/// Ends the process after the test's; a name and a pid that nobody has any more.
pub(crate) async fn dead_pid() -> Pid {
    let pid = spawn(async {});
    process::monitored(pid).await;
    pid
}
