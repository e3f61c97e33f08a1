//! A cache of limited size, which forgets what was not used for the longest time.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use beamish::prelude::*;

/// Its state is the entries, each with the time of its last use, and the keys in the order of these.
#[genserver]
pub struct LruCache<K, V> {
    entries: HashMap<K, (u64, V)>,
    by_use: BTreeMap<u64, K>,
    now: u64,
    size: usize,
    evict: fn(K, V),
}

#[genserver]
impl<K: Clone + Eq + Hash + Send + 'static, V: Clone + Send + 'static> LruCache<K, V> {
    /// At most `size` entries; `evict` is told which have been forgotten.
    #[init]
    fn init(size: usize, evict: fn(K, V)) -> Self {
        Self {
            entries: HashMap::new(),
            by_use: BTreeMap::new(),
            now: 0,
            size,
            evict,
        }
    }

    #[handle_call]
    pub fn put(&mut self, key: K, value: V) {
        self.delete(key.clone());
        self.now += 1;
        self.by_use.insert(self.now, key.clone());
        self.entries.insert(key, (self.now, value));
        if self.entries.len() > self.size
            && let Some((_, oldest)) = self.by_use.pop_first()
            && let Some((_, value)) = self.entries.remove(&oldest)
        {
            (self.evict)(oldest, value);
        }
    }

    /// Changes what is there; if `touch`, that is a use.
    #[handle_call]
    pub fn update(&mut self, key: K, value: V, touch: bool) {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.1 = value;
            if touch {
                self.touch(&key);
            }
        }
    }

    /// If `touch`, that is a use.
    #[handle_call]
    pub fn get(&mut self, key: K, touch: bool) -> Option<V> {
        if touch {
            self.touch(&key);
        }
        self.entries.get(&key).map(|(_, value)| value.clone())
    }

    #[handle_call]
    pub fn delete(&mut self, key: K) {
        if let Some((used, _)) = self.entries.remove(&key) {
            self.by_use.remove(&used);
        }
    }

    fn touch(&mut self, key: &K) {
        if let Some((used, _)) = self.entries.get_mut(key) {
            self.by_use.remove(used);
            self.now += 1;
            *used = self.now;
            self.by_use.insert(self.now, key.clone());
        }
    }
}
