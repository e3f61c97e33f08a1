//! A debouncer: of the callers that come with the same key in a while, one does the work.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::time::Duration;

use beamish::prelude::*;

const PATIENCE: Duration = Duration::from_secs(60);

/// Its state is the callers that wait, the first one first.
#[genserver]
pub struct Debouncer<K>(HashMap<K, Vec<ReplyTo<bool>>>);

struct Deadline<K> {
    key: K,
    timeout: Duration,
}

/// What callers may come with.
pub trait Key: Clone + Eq + Hash + Send + 'static {}

impl<K: Clone + Eq + Hash + Send + 'static> Key for K {}

impl<K: Key> DebouncerRef<K> {
    /// Does `work`; or waits until another who came with `key` may, for `timeout` at a time, and gives `None`.
    pub async fn debounce<F: Future>(
        &self,
        key: K,
        timeout: Duration,
        work: F,
    ) -> Result<Option<F::Output>, CallError> {
        let goes = self.goes(key, timeout).timeout(PATIENCE).await?;
        Ok(if goes { Some(work.await) } else { None })
    }
}

#[genserver]
impl<K: Key> Debouncer<K> {
    #[init]
    fn init() -> Self {
        Self(HashMap::new())
    }

    #[handle_call]
    fn goes(&mut self, key: K, timeout: Duration, caller: ReplyTo<bool>) {
        match self.0.entry(key) {
            Entry::Occupied(waiting) => waiting.into_mut().push(caller),
            Entry::Vacant(free) => {
                send_deadline(free.key().clone(), timeout);
                free.insert(Vec::new());
                caller.reply(true);
            }
        }
    }

    #[handle_info]
    fn deadline(&mut self, Deadline { key, timeout }: Deadline<K>) {
        let waiting = self.0.remove(&key).unwrap_or_default();
        if !waiting.is_empty() {
            self.0.insert(key.clone(), Vec::new());
            send_deadline(key, timeout);
        }
        for (place, caller) in waiting.into_iter().enumerate() {
            caller.reply(place == 0);
        }
    }
}

fn send_deadline<K: Key>(key: K, timeout: Duration) {
    process::send_after(self_pid(), Deadline { key, timeout }, timeout);
}
