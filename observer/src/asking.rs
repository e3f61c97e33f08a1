//! Questions to servers, one at a time each: a server that is busy is not sent another until it has answered the last, however
//! often its page is opened; who asks meanwhile waits for the same answer.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use beamish::{Node, Pid};
use tokio::sync::watch;

/// How long a page waits for a server's answer.
pub(crate) const PATIENCE: Duration = Duration::from_millis(300);

/// After so long without an answer a server may be asked once more.
pub(crate) const GIVE_UP: Duration = Duration::from_secs(60);

/// So many servers at most owe an answer.
const MAX_OWED: usize = 1_000;

/// Who has not answered yet, and where the answer will be.
pub(crate) struct Asking<T>(Owing<T>);

type Owing<T> = Arc<Mutex<HashMap<Pid, watch::Receiver<Option<T>>>>>;

fn lock<T>(owing: &Owing<T>) -> MutexGuard<'_, HashMap<Pid, watch::Receiver<Option<T>>>> {
    owing.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One that has not answered; dropped when it has, or will not.
struct Owed<T> {
    owing: Owing<T>,
    pid: Pid,
}

impl<T> Drop for Owed<T> {
    fn drop(&mut self) {
        lock(&self.owing).remove(&self.pid);
    }
}

impl<T: Clone + Send + Sync + 'static> Asking<T> {
    /// The answer of `pid` to `question`, or to the one that it has not answered yet, if it comes in time.
    pub(crate) async fn ask<F>(&self, node: &Node, pid: Pid, question: F) -> Option<T>
    where
        F: Future<Output = Option<T>> + Send + 'static,
    {
        let mut answer = self.answer(node, pid, question)?;
        let answered = answer.wait_for(Option::is_some);
        let answered = tokio::time::timeout(PATIENCE, answered).await.ok()?.ok()?;
        answered.clone()
    }

    /// Where the answer will be.
    fn answer<F>(&self, node: &Node, pid: Pid, question: F) -> Option<watch::Receiver<Option<T>>>
    where
        F: Future<Output = Option<T>> + Send + 'static,
    {
        let mut owing = lock(&self.0);
        if let Some(answer) = owing.get(&pid) {
            return Some(answer.clone());
        }
        if owing.len() >= MAX_OWED {
            return None;
        }
        let (sender, receiver) = watch::channel(None);
        owing.insert(pid, receiver.clone());
        drop(owing);
        let owed = Owed {
            owing: Arc::clone(&self.0),
            pid,
        };
        let node = node.clone();
        // By itself, so that the wait for a late answer goes on after the page has given up.
        tokio::spawn(async move {
            let answer = node.scope(question).await;
            drop(owed);
            sender.send_replace(answer);
        });
        Some(receiver)
    }
}

impl<T> Default for Asking<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> fmt::Debug for Asking<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking")
            .field("owing", &lock(&self.0).len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::pid;
    use beamish::node;
    use tokio::sync::oneshot;

    #[tokio::test(start_paused = true)]
    async fn who_has_not_answered_is_not_asked_again() {
        let (asking, node) = (Asking::<u32>::default(), node::current());
        let (answer, late) = oneshot::channel();
        assert_eq!(
            asking.ask(&node, pid(1), async { late.await.ok() }).await,
            None
        );
        let again = async { panic!("it was asked again") };
        let second = asking.ask(&node, pid(1), again);
        assert_eq!(asking.ask(&node, pid(2), async { Some(2) }).await, Some(2));
        let (second, ()) = tokio::join!(second, async { answer.send(1).unwrap() });
        assert_eq!(second, Some(1));
        assert_eq!(asking.ask(&node, pid(1), async { Some(3) }).await, Some(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_fails_leaves_nothing_behind() {
        let (asking, node) = (Asking::<u32>::default(), node::current());
        assert_eq!(asking.ask(&node, pid(1), async { None }).await, None);
        assert!(lock(&asking.0).is_empty());
    }
}
