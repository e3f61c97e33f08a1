//! The same actor as a Beamish server.

use std::collections::HashMap;

use beamish::prelude::*;

#[genserver]
pub struct Store {
    map: HashMap<String, u64>,
    count: u64,
}

#[genserver]
impl Store {
    #[init]
    fn init(map: HashMap<String, u64>) -> Self {
        Self { map, count: 0 }
    }

    #[handle_call]
    pub fn empty(&self) -> u64 {
        self.count
    }

    #[handle_call(queued)]
    pub fn empty_queued(&self) -> u64 {
        self.count
    }

    #[handle_call]
    pub async fn empty_async(&self) -> u64 {
        self.count
    }

    #[handle_call]
    pub fn fetch(&self, key: String) -> Option<u64> {
        self.map.get(&key).copied()
    }

    #[handle_call(queued)]
    pub fn fetch_queued(&self, key: String) -> Option<u64> {
        self.map.get(&key).copied()
    }

    #[handle_call]
    pub fn spin(&self) -> u64 {
        crate::call::spin();
        self.count
    }

    #[handle_cast]
    pub fn add(&mut self, by: u64) {
        self.count += by;
    }

    #[handle_cast]
    pub fn crash(&self) {
        panic!("crash");
    }
}
