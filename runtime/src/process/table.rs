//! All living processes of all nodes, by pid.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::Pid;
use crate::process::control::ProcessRef;
use crate::sync::Mutex;

const SHARDS: usize = 64;

/// Pids are counted up, so they spread by themselves; multiplied, their upper bits do too, which the map looks at.
#[derive(Default)]
struct PidHasher(u64);

impl Hasher for PidHasher {
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

type Shard = HashMap<Pid, ProcessRef, BuildHasherDefault<PidHasher>>;

static TABLE: [Mutex<Shard>; SHARDS] =
    [const { Mutex::new(HashMap::with_hasher(BuildHasherDefault::new())) }; SHARDS];

fn shard(pid: Pid) -> &'static Mutex<Shard> {
    let at = (pid.to_bits() % SHARDS as u64) as usize;
    // In bounds: a remainder of SHARDS.
    &TABLE[at]
}

pub(crate) fn insert(process: ProcessRef) {
    let pid = process.head().pid;
    shard(pid).lock().insert(pid, process);
}

pub(crate) fn remove(pid: Pid) {
    // Bound, so that what it owns is dropped outside of the lock.
    let _process = shard(pid).lock().remove(&pid);
}

pub(crate) fn find(pid: Pid) -> Option<ProcessRef> {
    shard(pid).lock().get(&pid).cloned()
}

/// Every process, oldest first.
pub(crate) fn all() -> Vec<ProcessRef> {
    let mut all: Vec<ProcessRef> = TABLE
        .iter()
        .flat_map(|shard| shard.lock().values().cloned().collect::<Vec<_>>())
        .collect();
    all.sort_unstable_by_key(|process| process.head().pid);
    all
}
