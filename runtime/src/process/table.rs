//! What is found by its number: all living processes of all nodes by pid, and who has an alias.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use crate::process::control::ProcessRef;
use crate::sync::Mutex;
use crate::{Alias, Pid};

const SHARDS: usize = 64;

/// The numbers are counted up, so they spread by themselves; multiplied, their upper bits do too, which the map looks at.
#[derive(Default)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

/// A map by such numbers.
pub(crate) type ByNumber<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

/// A map that many threads use at once.
struct Table<K, V>([Mutex<ByNumber<K, V>>; SHARDS]);

impl<K: Copy + Eq + Hash, V: Clone> Table<K, V> {
    const fn new() -> Self {
        Self([const { Mutex::new(HashMap::with_hasher(BuildHasherDefault::new())) }; SHARDS])
    }

    fn shard(&self, bits: u64) -> &Mutex<ByNumber<K, V>> {
        let at = (bits % SHARDS as u64) as usize;
        // In bounds: a remainder of SHARDS.
        &self.0[at]
    }

    fn insert(&self, bits: u64, key: K, value: V) {
        self.shard(bits).lock().insert(key, value);
    }

    fn remove(&self, bits: u64, key: K) {
        // Bound, so that what it owns is dropped outside of the lock.
        let _value = self.shard(bits).lock().remove(&key);
    }

    fn find(&self, bits: u64, key: K) -> Option<V> {
        self.shard(bits).lock().get(&key).cloned()
    }
}

static PROCESSES: Table<Pid, ProcessRef> = Table::new();
static ALIASES: Table<Alias, Pid> = Table::new();

pub(crate) fn insert(process: ProcessRef) {
    let pid = process.head().pid;
    PROCESSES.insert(pid.to_bits(), pid, process);
}

pub(crate) fn remove(pid: Pid) {
    PROCESSES.remove(pid.to_bits(), pid);
}

pub(crate) fn find(pid: Pid) -> Option<ProcessRef> {
    PROCESSES.find(pid.to_bits(), pid)
}

pub(crate) fn insert_alias(alias: Alias, owner: Pid) {
    ALIASES.insert(alias.to_bits(), alias, owner);
}

pub(crate) fn remove_alias(alias: Alias) {
    ALIASES.remove(alias.to_bits(), alias);
}

/// Who has an alias, if it is active.
pub(crate) fn alias_owner(alias: Alias) -> Option<Pid> {
    ALIASES.find(alias.to_bits(), alias)
}

/// Every process, oldest first.
pub(crate) fn all() -> Vec<ProcessRef> {
    let mut all: Vec<ProcessRef> = PROCESSES
        .0
        .iter()
        .flat_map(|shard| shard.lock().values().cloned().collect::<Vec<_>>())
        .collect();
    all.sort_unstable_by_key(|process| process.head().pid);
    all
}
