//! `CashMan.Cache`: keeps values by key, each for some seconds of wall-clock time.
//!
//! The client's functions come first, then the server. They reach it by its name, so they go on working after a restart;
//! only the entries are gone then.

use std::collections::HashMap;
use std::time::UNIX_EPOCH;

use beamish::prelude::*;

/// For how many seconds a value is kept unless told otherwise.
pub const DEFAULT_EXPIRY: i64 = 60;

/// The server. Its state is the entries.
#[genserver(name = "CashMan.Cache")]
pub struct Cache<V> {
    entries: HashMap<String, Entry<V>>,
}

/// A value, the second in which it was stored, and for how many seconds it is kept.
#[derive(Clone)]
pub struct Entry<V> {
    pub value: V,
    pub stored_at: i64,
    pub expiry: i64,
}

/// What is asked for, or the exit that came in its place.
pub type Result<V> = std::result::Result<V, ExitReason>;

/// What can be kept.
pub trait Value: Clone + Send + 'static {}

impl<V: Clone + Send + 'static> Value for V {}

/// What calculates a value.
pub trait Func<V>: FnOnce() -> V + Send + 'static {}

impl<V, F: FnOnce() -> V + Send + 'static> Func<V> for F {}

/// The value of `key`. If it is missing, `func` calculates it in a task, and it is kept for 60 seconds.
pub async fn fetch<V: Value>(key: &str, func: impl Func<V>) -> Result<V> {
    fetch_for(key, func, DEFAULT_EXPIRY).await
}

/// The value of `key`. If it is missing, `func` calculates it in a task, and it is kept for `expiry` seconds.
pub async fn fetch_for<V: Value>(key: &str, func: impl Func<V>, expiry: i64) -> Result<V> {
    match CacheRef::named().fetch(key).await? {
        Some(value) => Ok(value),
        None => {
            let value = Task::spawn(async { func() }).await?;
            store(key, value.clone(), expiry);
            Ok(value)
        }
    }
}

/// A task that does what [`fetch`] does.
pub fn async_fetch<V: Value>(key: &str, func: impl Func<V>) -> Task<Result<V>> {
    async_fetch_for(key, func, DEFAULT_EXPIRY)
}

/// A task that does what [`fetch_for`] does.
pub fn async_fetch_for<V: Value>(key: &str, func: impl Func<V>, expiry: i64) -> Task<Result<V>> {
    let key = key.to_owned();
    Task::spawn(async move { fetch_for(&key, func, expiry).await })
}

/// Keeps `value` under `key` for `expiry` seconds; for -1 it is expired at once.
pub fn store<V: Value>(key: &str, value: V, expiry: i64) {
    CacheRef::named().store(key, value, expiry);
}

/// Drops what is expired.
pub fn prune<V: Value>() {
    CacheRef::<V>::named().prune();
}

/// All entries, expired ones too.
pub async fn current<V: Value>() -> Result<HashMap<String, Entry<V>>> {
    Ok(CacheRef::named().current().await?)
}

#[genserver]
impl<V: Value> Cache<V> {
    #[init]
    fn init() -> Self {
        let entries = HashMap::new();
        Self { entries }
    }

    #[handle_call]
    fn fetch(&mut self, #[into] key: String) -> Option<V> {
        if self.entries.get(&key).is_some_and(is_expired) {
            self.entries.remove(&key);
        }
        self.entries.get(&key).map(|entry| entry.value.clone())
    }

    #[handle_call]
    fn current(&self) -> HashMap<String, Entry<V>> {
        self.entries.clone()
    }

    #[handle_cast]
    fn store(&mut self, #[into] key: String, value: V, expiry: i64) {
        let entry = Entry {
            value,
            stored_at: now(),
            expiry,
        };
        self.entries.insert(key, entry);
    }

    #[handle_cast]
    fn prune(&mut self) {
        self.entries.retain(|_, entry| !is_expired(entry));
    }

    /// Not in the article: the shell's `crash`.
    #[handle_cast]
    pub fn crash(&mut self) {
        panic!("I have failed you.");
    }
}

/// Whether the time of an entry is over.
pub fn is_expired<V>(entry: &Entry<V>) -> bool {
    now() > entry.stored_at.saturating_add(entry.expiry)
}

fn now() -> i64 {
    let since = UNIX_EPOCH.elapsed().unwrap_or_default();
    since.as_secs().cast_signed()
}
