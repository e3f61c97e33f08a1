//! Buckets of keys and values, and a registry that finds them by name: `KV.Bucket` and `KV.Registry` of Elixir's guide.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use beamish::TaggedDown;
use beamish::prelude::*;
use beamish::process::MonitorOptions;

/// Its state is the entries.
#[genserver]
pub struct Bucket(HashMap<String, i64>);

#[genserver]
impl Bucket {
    #[init]
    fn init() -> Self {
        Self(HashMap::new())
    }

    #[handle_call]
    pub fn get(&self, #[into] key: String) -> Option<i64> {
        self.0.get(&key).copied()
    }

    #[handle_call]
    pub fn put(&mut self, #[into] key: String, value: i64) {
        self.0.insert(key, value);
    }

    /// Returns the value that was there.
    #[handle_call]
    pub fn delete(&mut self, #[into] key: String) -> Option<i64> {
        self.0.remove(&key)
    }
}

/// Its state is the living buckets.
#[genserver]
pub struct Registry(HashMap<String, BucketRef>);

#[genserver]
impl Registry {
    #[init]
    fn init() -> Self {
        Self(HashMap::new())
    }

    #[handle_call]
    pub fn lookup(&self, #[into] name: String) -> Option<BucketRef> {
        self.0.get(&name).cloned()
    }

    /// Sees to it that there is a bucket of that name.
    #[handle_cast]
    pub async fn create(&mut self, #[into] name: String) {
        if let Entry::Vacant(free) = self.0.entry(name) {
            let bucket = Bucket::start_link().await.expect("nothing refuses it");
            let options = MonitorOptions::new().tag(free.key().clone());
            process::monitor_with(&bucket, options);
            free.insert(bucket);
        }
    }

    #[handle_info]
    fn down(&mut self, TaggedDown { tag: name, .. }: TaggedDown<String>) {
        self.0.remove(&name);
    }
}
